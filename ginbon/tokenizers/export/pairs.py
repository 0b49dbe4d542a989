"""Every pair of pieces that spells a piece: what merging by rank amounts to, written as merges.

A list with one merge a token is silently another tokenizer: tokens are also reached by other ways than the one on the
list (65 of 15,300 lines differ for Llama 3).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ginbon.errors import UserError
from ginbon.tokenizers.protocol import Int64s

_MULTIPLIERS: Final = (0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9)
Hashes = NDArray[np.uint64]


def split_pairs(pieces: Sequence[bytes]) -> NDArray[np.int32]:
    """Ranks (left, right) of all pairs, by the rank of what they spell, then by left and right; shape (pairs, 2).

    Pieces are distinct and not empty. Time grows with the bytes of all pieces: parts are found by a rolling hash modulo
    2**64 and then compared byte by byte, so that no collision can put a pair in; one that could hide a pair is refused.
    """
    data = np.frombuffer(b"".join(pieces), np.uint8)
    sizes = np.fromiter(map(len, pieces), np.int64, len(pieces))
    begins = np.cumsum(sizes) - sizes
    whole = np.repeat(np.arange(len(pieces)), np.maximum(sizes - 1, 0))  # one row for each place to cut
    first = np.cumsum(sizes - 1) - (sizes - 1)
    cut = np.arange(len(whole)) - first[whole] + 1
    at, end = begins[whole], begins[whole] + sizes[whole]
    text = _Hashed(data, begins, sizes)
    left = text.find(at, at + cut)
    kept = np.flatnonzero(left >= 0)
    right = np.full(len(whole), -1)
    right[kept] = text.find((at + cut)[kept], end[kept])
    rows = np.flatnonzero((left >= 0) & (right >= 0))
    rows = rows[np.lexsort((right[rows], left[rows], whole[rows]))]
    return np.column_stack([left[rows], right[rows]]).astype(np.int32)


class _Hashed:
    """Pieces that are found by their bytes: a polynomial hash of any stretch from sums over all bytes."""

    def __init__(self, data: NDArray[np.uint8], begins: Int64s, sizes: Int64s) -> None:
        self._data, self._begins, self._sizes = data, begins, sizes
        for multiplier in _MULTIPLIERS:
            inverse = pow(multiplier, -1, 2**64)
            self._powers = _powers(multiplier, len(data) + 1)
            terms = (data.astype(np.uint64) + np.uint64(1)) * _powers(inverse, len(data))
            self._sums = np.concatenate([np.zeros(1, np.uint64), np.cumsum(terms, dtype=np.uint64)])
            hashes = self._hash(begins, begins + sizes)
            self._order = np.argsort(hashes, kind="stable")
            self._hashes = hashes[self._order]
            if not (self._hashes[1:] == self._hashes[:-1]).any():
                return
        raise UserError("two of the tokens are alike to every hash that was tried; no real vocabulary is like that")

    def find(self, begins: Int64s, ends: Int64s) -> Int64s:
        """The piece that each stretch of the bytes spells, or -1."""
        wanted = self._hash(begins, ends)
        place = np.minimum(np.searchsorted(self._hashes, wanted), len(self._hashes) - 1)
        found = self._order[place]
        found[(self._hashes[place] != wanted) | (self._sizes[found] != ends - begins)] = -1
        rows = np.flatnonzero(found >= 0)
        sizes = (ends - begins)[rows]
        row = np.repeat(rows, sizes)
        inside = np.arange(len(row)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
        differs = self._data[begins[row] + inside] != self._data[self._begins[found[row]] + inside]
        found[row[differs]] = -1
        return found.astype(np.int64)

    def _hash(self, begins: Int64s, ends: Int64s) -> Hashes:
        """Sum of (byte + 1) * multiplier ** (bytes behind it) over a stretch that is not empty."""
        hashes: Hashes = (self._sums[ends] - self._sums[begins]) * self._powers[ends - 1]
        return hashes


def _powers(multiplier: int, size: int) -> Hashes:
    factors = np.full(size, multiplier, np.uint64)
    factors[:1] = 1
    powers: Hashes = np.cumprod(factors, dtype=np.uint64)
    return powers
