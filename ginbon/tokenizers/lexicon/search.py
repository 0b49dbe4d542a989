"""Where terms stand in texts: at word boundaries, never inside a longer word.

An occurrence begins where the term's first word begins and ends where its last word ends, and every byte between (and
what the term has before and behind its words: ``C++``) is the term's. Case and marks count. Texts are compared in NFC.

Each stretch of text between two word boundaries that is as long as a term is looked up by a hash of 64 bits, all
stretches of a batch at once; what is found is compared byte by byte.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from ginbon.filters import words
from ginbon.tokenizers.protocol import Bytes, Int64s, TextColumn

Hashes = NDArray[np.uint64]

_BASE: Final = 0x9E3779B97F4A7C15
_INVERSE: Final = pow(_BASE, -1, 2**64)
"""Odd, so that it can be divided by modulo 2**64."""


@dataclass(frozen=True)
class Occurrences:
    """Each place where a target stands: which target, in which text, and its bytes from the batch's beginning.

    In the order of the texts, then of their bytes.
    """

    target: Int64s
    text: Int64s
    start: Int64s
    stop: Int64s


class Targets:
    """Texts to look for, each with at least one word; no text is there twice."""

    def __init__(self, texts: Sequence[str]) -> None:
        self.texts = tuple(texts)
        column = TextColumn(pa.array(self.texts, pa.large_string()))
        self._raw = [text.encode() for text in self.texts]
        found = words.boundaries(column.column)
        first, last = found.ends[:-1], found.ends[1:] - 1
        if len(texts) and bool((last < first).any()):
            raise ValueError(f"{self.texts[int(np.argmax(last < first))]!r} has no word")
        sizes = np.diff(column.offsets)
        inverse = _powers(_INVERSE, len(column.data) + 1)
        hashes = _spans(_prefix(column.data), column.offsets[:-1], sizes, inverse)
        shapes: dict[tuple[int, int, int], list[int]] = {}
        for n in range(len(texts)):
            shape = (int(found.starts[first[n]]), int(found.stops[last[n]]), int(sizes[n]))
            shapes.setdefault(shape, []).append(n)
        self._shapes = [(shape, *_sorted(hashes, np.array(rows, np.int64))) for shape, rows in sorted(shapes.items())]

    def find(self, texts: TextColumn, found: words.Boundaries) -> Occurrences:
        """Every place where a target stands in these texts, whose words ``found`` are."""
        row = np.repeat(np.arange(len(texts)), np.diff(found.ends))
        begins, stops = found.starts + texts.offsets[row], found.stops + texts.offsets[row]
        is_stop = np.zeros(len(texts.data) + 1, np.bool_)
        is_stop[stops] = True
        batch = _Batch(texts, row, begins, is_stop, _prefix(texts.data), _powers(_INVERSE, len(texts.data) + 1))
        hits = [self._of_shape(*shape, batch) for shape in self._shapes]
        held = np.concatenate(hits, axis=1) if hits else np.zeros((4, 0), np.int64)
        return Occurrences(*held[:, np.lexsort((held[0], held[3], held[2]))])

    def _of_shape(self, shape: tuple[int, int, int], hashes: Hashes, targets: Int64s, batch: _Batch) -> Int64s:
        """Occurrences of the targets that have their first word, and the end of their last word, at the same bytes."""
        first, last, size = shape
        start, offsets = batch.begins - first, batch.texts.offsets
        at = np.flatnonzero((start >= offsets[batch.row]) & (start + size <= offsets[batch.row + 1]))
        at = at[batch.is_stop[start[at] + last]]
        wanted = _spans(batch.prefix, start[at], size, batch.inverse)
        place = np.searchsorted(hashes, wanted)
        alike = hashes[np.minimum(place, len(hashes) - 1)] == wanted
        at, target = at[alike], targets[place[alike]]
        data = batch.texts.data
        pairs = zip(start[at].tolist(), target.tolist(), strict=True)
        same = np.array([data[a : a + size].tobytes() == self._raw[t] for a, t in pairs], np.bool_)
        at, target = at[same], target[same]
        return np.stack([target, batch.row[at], start[at], start[at] + size])


@dataclass(frozen=True)
class _Batch:
    """Texts with their words: ``row`` and ``begins`` of each, ``is_stop`` of each byte; what hashes are made of."""

    texts: TextColumn
    row: Int64s
    begins: Int64s
    is_stop: NDArray[np.bool_]
    prefix: Hashes
    inverse: Hashes


def _sorted(hashes: Hashes, rows: Int64s) -> tuple[Hashes, Int64s]:
    order = rows[np.argsort(hashes[rows], kind="stable")]
    return hashes[order], order


def _prefix(data: Bytes) -> Hashes:
    """For each place the hash of all bytes before it: the sum of (byte + 1) * base**place, modulo 2**64."""
    with np.errstate(over="ignore"):
        weighted = (data.astype(np.uint64) + np.uint64(1)) * _powers(_BASE, len(data))
        sums: Hashes = np.concatenate([np.zeros(1, np.uint64), np.cumsum(weighted, dtype=np.uint64)])
    return sums


def _spans(prefix: Hashes, starts: Int64s, sizes: Int64s | int, inverse: Hashes) -> Hashes:
    """The hash of each stretch, wherever it stands."""
    with np.errstate(over="ignore"):
        said: Hashes = (prefix[starts + sizes] - prefix[starts]) * inverse[starts]
    return said


def _powers(base: int, count: int) -> Hashes:
    """1, base, base**2 ... modulo 2**64."""
    powers = np.full(count, base, np.uint64)
    powers[:1] = 1
    with np.errstate(over="ignore"):
        return np.cumprod(powers, dtype=np.uint64)
