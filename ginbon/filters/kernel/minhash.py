"""Band hashes of a document's word shingles: documents that share one are candidates for near-duplicates.

Shingles are runs of ``ngram`` words (case folded, marks and digits kept, punctuation left out). Each of bands x rows
permutations keeps the smallest 32-bit value over all shingles; the rows of a band are hashed to 64 bits.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ginbon.engine.compiling import helper, inlined, kernel, read, types, write

_i64 = read(types.int64)
_u32 = read(types.uint32)
_u64 = read(types.uint64)
_out_i64 = write(types.int64)
_out_u64 = write(types.uint64)
_out_u64x2 = write(types.uint64, 2)
_out_u32 = write(types.uint32)
_out_bool = write(types.boolean)

_MIX = np.uint64(0x9E3779B97F4A7C15)
_P3 = np.uint64(0xFF51AFD7ED558CCD)
_P4 = np.uint64(0xC4CEB9FE1A85EC53)
_S33 = np.uint64(33)
_S32 = np.uint64(32)
_LOW = np.uint64(0xFFFFFFFF)
_MURMUR = np.uint32(0x85EBCA6B)


@inlined
def spread(h: Any) -> Any:
    """MurmurHash3's finaliser."""
    h ^= h >> _S33
    h *= _P3
    h ^= h >> _S33
    h *= _P4
    return h ^ (h >> _S33)


@inlined
def permuted(low: Any, high: Any, x: Any, factor: Any) -> Any:
    """A permutation's value for one shingle."""
    x = np.uint32((low ^ x) * factor)
    x = np.uint32(x ^ (x >> np.uint32(15)))
    x = np.uint32((x ^ high) * _MURMUR)
    return np.uint32(x ^ (x >> np.uint32(13)))


@helper
def lower(smallest: Any, xors: Any, factors: Any, one: Any, other: Any) -> None:
    """Keep the smallest of each permutation's value and what it gives for two shingles (compiled to vector code)."""
    low, high = np.uint32(one & _LOW), np.uint32(one >> _S32)
    low_, high_ = np.uint32(other & _LOW), np.uint32(other >> _S32)
    for k in range(smallest.shape[0]):
        value = permuted(low, high, xors[k], factors[k])
        smallest[k] = min(smallest[k], value, permuted(low_, high_, xors[k], factors[k]))


@kernel(types.void, _i64, _u64, types.int64, types.int64, _u32, _u32, _out_u32, _out_u64x2, _out_bool)
def band_hashes(
    word_ends: Any, words: Any, ngram: int, rows: int, xors: Any, factors: Any, smallest: Any, bands: Any, present: Any
) -> None:
    """Fill ``bands`` (documents x bands); ``present`` is false where a document has fewer words than ``ngram``.

    ``smallest`` is scratch, one a permutation.
    """
    leaving = np.uint64(1)  # what the first word of a shingle was multiplied by
    for _ in range(ngram - 1):
        leaving *= _MIX
    for row in range(bands.shape[0]):
        first = word_ends[row]
        last = word_ends[row + 1]
        present[row] = last - first >= ngram
        if not present[row]:
            for band in range(bands.shape[1]):
                bands[row, band] = 0
            continue
        for k in range(smallest.shape[0]):
            smallest[k] = np.uint32(0xFFFFFFFF)
        rolling = np.uint64(0)
        waiting = np.uint64(0)  # a shingle that is done with the next one
        waits = False
        for i in range(first, last):
            if i - first >= ngram:
                rolling -= words[i - ngram] * leaving
            rolling = rolling * _MIX + words[i]
            if i - first >= ngram - 1:
                shingle = spread(rolling)
                if waits:
                    lower(smallest, xors, factors, waiting, shingle)
                waiting = shingle
                waits = not waits
        if waits:
            lower(smallest, xors, factors, waiting, waiting)
        for band in range(bands.shape[1]):
            h = np.uint64(band + 1) * _MIX
            for r in range(rows):
                h = spread(h ^ np.uint64(smallest[band * rows + r])) * _MIX
            bands[row, band] = spread(h)


@kernel(types.void, _i64, _u64, types.int64, _out_i64, _out_u64, allocates=True)
def shingle_sets(word_ends: Any, words: Any, ngram: int, ends: Any, shingles: Any) -> None:
    """The shingles that ``band_hashes`` sees of every document, sorted, each once.

    Those of a row are ``shingles[ends[row]:ends[row + 1]]``; ``shingles`` has room for as many as there are words.
    """
    leaving = np.uint64(1)
    for _ in range(ngram - 1):
        leaving *= _MIX
    n = np.int64(0)
    for row in range(word_ends.shape[0] - 1):
        first = word_ends[row]
        last = word_ends[row + 1]
        stop = n
        rolling = np.uint64(0)
        for i in range(first, last):
            if i - first >= ngram:
                rolling -= words[i - ngram] * leaving
            rolling = rolling * _MIX + words[i]
            if i - first >= ngram - 1:
                shingles[stop] = spread(rolling)
                stop += 1
        shingles[n:stop].sort()
        for i in range(n, stop):
            if i == n or shingles[i] != shingles[i - 1]:
                ends[row + 1] += 1
                shingles[n + ends[row + 1] - 1] = shingles[i]
        n += ends[row + 1]
        ends[row + 1] = n
