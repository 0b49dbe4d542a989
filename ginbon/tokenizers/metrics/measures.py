"""What is counted for each document when a tokenizer meets a text; every metric is a fraction of these counts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ginbon.filters import words
from ginbon.tokenizers.backends.base import spell
from ginbon.tokenizers.protocol import Encoded, Flags, Int64s, TextColumn, Tokenizer
from ginbon.tokenizers.units import UNITS, sums_of_units, weights

COLUMNS: Final = {
    "documents": "1 for each document",
    "bytes": "bytes of UTF-8",
    "chars": "code points",
    "words": "words (UAX #29; dictionaries for Thai, Lao, Khmer, Burmese, Chinese and Japanese)",
    "tokens": "tokens, without special tokens",
    "unknown": "unknown tokens",
    "lone_bytes": "tokens that are one byte of a character of several bytes",
    "placed_words": "words of documents in which it is known where tokens begin",
    "cut_words": "of those, words inside which a token begins",
    "solid_bytes": "bytes that are not space, tab or line end",
    "lost_bytes": "of those, how many the tokens do not spell",
    "exact": "1 where decoding gives the very text",
}
"""Counts of a document."""

_BLANK: Final = np.isin(np.arange(256), [0x09, 0x0A, 0x0D, 0x20])


@dataclass(frozen=True)
class Measures:
    """Counts of some documents in one language under one tokenizer.

    ``used`` has a row (document, id) for each token id that occurs in a document; ``vocabulary`` is how many ids there
    are. ``seed`` gives the bootstrap its draws: the same for every tokenizer, so that they can be compared in pairs.
    """

    columns: Mapping[str, Int64s]
    used: NDArray[np.uint32]
    vocabulary: int
    seed: int = 1

    @property
    def documents(self) -> int:
        """How many documents."""
        return len(self.columns["documents"])

    def total(self, column: str) -> int:
        """The sum of a count over all documents."""
        return int(self.columns[column].sum())

    @cached_property
    def weights(self) -> NDArray[np.float64]:
        """How often each unit of documents is drawn in each replicate."""
        return weights(min(self.documents, UNITS), self.seed)

    def replicates(self, column: str) -> NDArray[np.float64]:
        """The sum of a count in each replicate."""
        drawn: NDArray[np.float64] = self.weights @ sums_of_units(self.columns[column])
        return drawn


def measure(tokenizer: Tokenizer, texts: TextColumn, language: str, *, seed: int = 1) -> Measures:
    """Count one batch of documents in one language."""
    encoded = tokenizer.encode_batch(texts)
    ids = encoded.ids
    vocabulary = tokenizer.vocabulary
    found = words.boundaries(texts.column, language)
    placed, cut = _cut_words(texts, encoded, tokenizer.starts(texts, encoded), found)
    solid = _per_text(~_BLANK[texts.data], texts.offsets)
    spelled = spell(vocabulary, encoded)
    spelled_offsets = np.concatenate([np.zeros(1, np.int64), np.cumsum(vocabulary.lengths[ids])])[encoded.offsets]
    lost = np.maximum(solid - _per_text(~_BLANK[spelled], spelled_offsets), 0)
    decoded = tokenizer.decode_batch(encoded)
    columns = {
        "documents": np.ones(len(texts), np.int64),
        "bytes": np.diff(texts.offsets),
        "chars": _per_text((texts.data & 0xC0) != 0x80, texts.offsets),
        "words": np.diff(np.asarray(found.ends, np.int64)),
        "tokens": encoded.counts,
        "unknown": _per_text(vocabulary.unknown_flags[ids], encoded.offsets),
        "lone_bytes": _per_text(vocabulary.lone_byte_flags[ids], encoded.offsets),
        "placed_words": placed,
        "cut_words": cut,
        "solid_bytes": solid,
        "lost_bytes": lost,
        "exact": np.fromiter((a == b for a, b in zip(texts.strings, decoded, strict=True)), np.int64, len(texts)),
    }
    return Measures(columns, _used(encoded), vocabulary.size, seed)


def join(parts: Iterable[Measures]) -> Measures:
    """The measures of several batches, as one; at least one is needed."""
    held = list(parts)
    columns = {name: np.concatenate([p.columns[name] for p in held]) for name in COLUMNS}
    used, before = [], 0
    for part in held:
        used.append(part.used + np.array([before, 0], np.uint32))
        before += part.documents
    return Measures(columns, np.concatenate(used), held[0].vocabulary, held[0].seed)


def _per_text(flags: Flags, offsets: Int64s) -> Int64s:
    """How many flags are set in each text."""
    before = np.concatenate([np.zeros(1, np.int64), np.cumsum(flags, dtype=np.int64)])
    counts: Int64s = np.diff(before[offsets])
    return counts


def _cut_words(texts: TextColumn, encoded: Encoded, starts: Int64s, found: words.Boundaries) -> tuple[Int64s, Int64s]:
    """For each text the words of which it is known where tokens begin, and those inside which one begins."""
    ends = np.asarray(found.ends, np.int64)
    row = np.repeat(np.arange(len(texts)), np.diff(ends))
    begin, end = found.starts + texts.offsets[row], found.stops + texts.offsets[row]
    first = np.minimum(encoded.offsets[:-1], max(len(starts) - 1, 0))
    known = (encoded.counts == 0) | (starts[first] >= 0) if len(starts) else np.ones(len(texts), np.bool_)
    places = starts[starts >= 0]
    inside = np.searchsorted(places, end, "left") > np.searchsorted(places, begin, "right")
    return _per_text(known[row], ends), _per_text(inside & known[row], ends)


def _used(encoded: Encoded) -> NDArray[np.uint32]:
    """Each (document, id) that occurs, once."""
    rows = np.repeat(np.arange(len(encoded.counts)), encoded.counts)
    pairs = np.unique(rows * 2**32 + encoded.ids.astype(np.int64))
    return np.stack([pairs >> 32, pairs & 0xFFFFFFFF], axis=1).astype(np.uint32)
