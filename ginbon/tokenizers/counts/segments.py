"""The text of counts as SentencePiece sees it: symbols for characters, in segments that no piece reaches over."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from ginbon.errors import UserError
from ginbon.languages import scripts
from ginbon.tokenizers.counts import Counts
from ginbon.tokenizers.counts.table import Table
from ginbon.tokenizers.protocol import Int64s

MAX_SYMBOLS: Final = 2**16 - 1

MAX_BYTES: Final = 2**50
"""Beyond, the fractions of a count that pieces share would be rounded too much."""

_BLOCK: Final = 1 << 16
"""Types that are looked at together, so that what is made on the way stays small."""

_NEVER: Final = "\0\N{LOWER ONE EIGHTH BLOCK}"
"""Characters that get no piece: SentencePiece cannot tell U+2581 from a space, and its tables end at a NUL."""


@dataclass(frozen=True, eq=False)
class Segments:
    """Runs of characters that may become pieces.

    Segment ``i`` ends before ``ends[i]`` in ``text``, which holds a 0 there; it occurs ``counts[i]`` times. Symbol
    ``s`` is the character ``alphabet[s - 1]`` (they ascend), which occurs ``used[s - 1]`` times. ``wanted`` is how many
    characters there would be if there were room for all that were asked for.
    """

    text: NDArray[np.uint16]
    ends: Int64s
    counts: Int64s
    alphabet: str
    used: Int64s
    wanted: int

    def spell(self, place: int, size: int) -> str:
        """The characters of some symbols."""
        return "".join(self.alphabet[symbol - 1] for symbol in self.text[place : place + size].tolist())


@dataclass(frozen=True, eq=False)
class _Types:
    """Distinct pre-tokens in the order of their bytes, and a space, which must be a piece: SentencePiece writes one
    that is none in the bytes of U+2581, and does not read it back."""

    column: pa.LargeBinaryArray
    counts: Int64s

    @classmethod
    def of(cls, counts: Counts) -> _Types:
        if sum(counts.bytes.values()) >= MAX_BYTES:
            raise UserError("these counts stand for 2**50 bytes of text or more; divide them by a constant first")
        table = Table()
        table.add(counts.data, counts.offsets[1:], np.zeros(len(counts), np.int32), counts.counts)
        table.add(np.frombuffer(b" ", np.uint8), np.ones(1, np.int64), np.zeros(1, np.int32), np.ones(1, np.uint64))
        buffers = [None, pa.py_buffer(table.offsets), pa.py_buffer(table.data)]
        column = pa.LargeBinaryArray.from_buffers(pa.large_binary(), len(table), buffers)
        order = pc.sort_indices(column)
        return cls(column.take(order), table.counts.astype(np.int64)[order.to_numpy()])

    def blocks(self) -> Iterator[tuple[NDArray[np.uint32], Int64s, Int64s]]:
        """Code points of some types at a time, how many each has, and how often each occurs."""
        for first in range(0, len(self.counts), _BLOCK):
            part = self.column.slice(first, _BLOCK)
            try:
                text = pc.cast(part, pa.large_string())
            except pa.ArrowInvalid as error:
                raise UserError(f"these counts hold bytes that are no text (UTF-8): {error}") from error
            sizes = pc.utf8_length(text).to_numpy().astype(np.int64)
            joined = b"".join(part.to_pylist()).decode()
            yield np.frombuffer(joined.encode("utf-32-le"), np.uint32), sizes, self.counts[first : first + _BLOCK]


def segments(counts: Counts, *, character_coverage: float, most: int, never: Sequence[str] = ()) -> Segments:
    """Cut the pre-tokens of counts at characters that get no piece, and around digits.

    The most frequent characters get pieces until they cover a share of ``character_coverage`` of all, at most
    ``most``; of equally frequent ones the first by code point; those in ``never`` get none.
    """
    types = _Types.of(counts)
    weights = np.zeros(0x110000, np.int64)
    for points, sizes, times in types.blocks():
        np.add.at(weights, points, np.repeat(times, sizes))
    weights[[*map(ord, (*_NEVER, *never))]] = 0
    wanted = _wanted(weights, character_coverage)
    alphabet = np.sort(wanted[: min(most, MAX_SYMBOLS)])
    symbols = np.zeros(0x110000, np.uint16)
    symbols[alphabet] = np.arange(1, len(alphabet) + 1)
    parts = [_segment(symbols, points, sizes, times) for points, sizes, times in types.blocks()]
    texts, lengths, occurrences = zip(*parts, strict=True)
    return Segments(
        np.concatenate(texts),
        np.cumsum(np.concatenate(lengths) + 1) - 1,
        np.concatenate(occurrences),
        "".join(map(chr, alphabet.tolist())),
        weights[alphabet],
        len(wanted),
    )


def _wanted(weights: Int64s, coverage: float) -> Int64s:
    """The code points that are to get symbols, the most frequent first, but the space before all."""
    seen = np.flatnonzero(weights)
    order = seen[np.argsort(-weights[seen], kind="stable")]
    order = np.append(ord(" "), order[order != ord(" ")])
    covered = np.cumsum(weights[order])
    enough = int(np.searchsorted(covered, coverage * covered[-1])) + 1
    return order[:enough]


def _segment(
    symbols: NDArray[np.uint16], points: NDArray[np.uint32], sizes: Int64s, times: Int64s
) -> tuple[NDArray[np.uint16], Int64s, Int64s]:
    """Symbols with a 0 behind each segment, the sizes of segments, and how often each occurs."""
    symbol = symbols[points]
    alone = (symbol == 0) | _digits()[points]
    begins = np.zeros(len(points) + 1, np.bool_)
    starts = np.cumsum(sizes) - sizes
    begins[starts] = True
    begins[:-1] |= alone
    begins[1:] |= alone
    kept = np.flatnonzero(symbol)
    first = np.flatnonzero(begins[kept])
    text = np.zeros(len(kept) + len(first), np.uint16)
    text[np.arange(len(kept)) + np.cumsum(begins[kept]) - 1] = symbol[kept]
    owner = np.repeat(times, sizes)
    return text, np.diff(np.append(first, len(kept))), owner[kept[first]]


@cache
def _digits() -> Any:
    """Whether each code point is a decimal digit."""
    flags = np.zeros(0x110000, np.bool_)
    flags[scripts.members("[:Nd:]")] = True
    return flags
