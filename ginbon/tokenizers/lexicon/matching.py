"""Common words to compare terms with: as frequent in the same corpus, and as long.

A word matches a term when both have the same number of graphemes and the same whole number of doublings
(floor(log2(occurrences))). Words that are terms themselves, and those without a letter, match none. Up to ``MATCHES``
words are taken for a term, in the order of a hash, so that terms of one bin get different ones.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ginbon.filters import words
from ginbon.tokenizers.protocol import Int64s
from ginbon.tokenizers.sample import identity_hashes

MATCHES: Final = 5

_LONGEST: Final = 2**20


@dataclass(frozen=True)
class Matched:
    """The words to measure, and for each term which of them it is compared with (none where there is no like)."""

    words: tuple[str, ...]
    of: tuple[tuple[int, ...], ...]


def graphemes(texts: Sequence[str]) -> Int64s:
    """Graphemes of each text (UAX #29)."""
    counts: Int64s = np.diff(words.grapheme_boundaries(pa.array(list(texts), pa.large_string())).ends)
    return counts


def match(texts: Sequence[str], occurrences: Int64s, counted: Any, *, seed: int) -> Matched:
    """Words for each text that occurs; ``counted`` is the table of the corpus' words."""
    own = pc.is_in(counted["word"], pa.array(list(texts), pa.large_string()))
    usable = pc.and_(pc.invert(own), pc.match_substring_regex(counted["word"], r"\p{L}"))
    table = counted.filter(usable).combine_chunks()
    column = table["word"].combine_chunks() if table.num_rows else pa.array([], pa.large_string())
    counts = table["count"].to_numpy()
    lengths = np.diff(words.grapheme_boundaries(column).ends)
    wanted = {_bin(int(n), int(g)) for n, g in zip(occurrences, graphemes(texts), strict=True) if n}
    keys = np.log2(np.maximum(counts, 1)).astype(np.int64) * _LONGEST + lengths
    rows = np.flatnonzero(np.isin(keys, np.array(sorted(wanted), np.int64)) & (lengths < _LONGEST))
    hashes = identity_hashes(column.take(pa.array(rows)), seed)
    bins: dict[int, list[int]] = {}
    for row in rows[np.argsort(hashes, kind="stable")].tolist():
        bins.setdefault(int(keys[row]), []).append(row)
    return _dealt(texts, occurrences, bins, column)


def _bin(occurrences: int, length: int) -> int:
    return (occurrences.bit_length() - 1) * _LONGEST + min(length, _LONGEST - 1)


def _dealt(texts: Sequence[str], occurrences: Int64s, bins: dict[int, list[int]], column: Any) -> Matched:
    """Words of a bin are given out in turn."""
    number: dict[int, int] = {}
    turn: dict[int, int] = {}
    of = []
    for count, length in zip(occurrences.tolist(), graphemes(texts).tolist(), strict=True):
        key = _bin(count, length) if count else -1
        held = bins.get(key, [])
        first = turn.get(key, 0)
        turn[key] = first + MATCHES
        rows = [held[(first + n) % len(held)] for n in range(min(MATCHES, len(held)))]
        of.append(tuple(number.setdefault(row, len(number)) for row in rows))
    return Matched(tuple(column.take(pa.array(list(number), pa.int64())).to_pylist()), tuple(of))
