"""Runs of words as hashes, and looking up which runs of a document are in a table of them.

A run's hash is a polynomial of the hashes of its words (case folded, marks and digits kept, punctuation left out), its
size added, mixed by MurmurHash3's finaliser. Runs of several sizes are looked for by their first words, as many as the
shortest may have: a Bloom filter of two bits, both in one word of memory, tells nearly all of what is nowhere.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ginbon.engine.compiling import helper, inlined, kernel, read, types, write
from ginbon.filters.kernel.reading import finish

_i64 = read(types.int64)
_u64 = read(types.uint64)
_out_u64 = write(types.uint64)
_out_i64 = write(types.int64)
_out_i64x2 = write(types.int64, 2)

_MIX = np.uint64(0x9E3779B97F4A7C15)
_ONE = np.uint64(1)
_SIX = np.uint64(6)
_TWELVE = np.uint64(12)
_LOW = np.uint64(63)


@helper
def run_hash(words: Any, first: Any, size: Any) -> Any:
    """The hash of ``size`` words from ``first`` on; never 0, which is a free slot of a table."""
    h = np.uint64(0)
    for i in range(first, first + size):
        h = h * _MIX + words[i]
    return finish(h + np.uint64(size)) | _ONE


@inlined
def marked(h: Any) -> Any:
    """The two bits of a run in its word of the filter."""
    return _ONE << (h >> _SIX & _LOW) | _ONE << (h >> np.uint64(58))


@kernel(types.void, _i64, _u64, _i64, _i64, types.int64, _out_u64, _out_u64, _out_u64)
def hash_runs(
    word_ends: Any, words: Any, sizes: Any, ends: Any, anchor: Any, runs: Any, anchors: Any, whole: Any
) -> None:
    """Hash every run of ``sizes[row]`` words of each row, its first ``anchor`` words, and the row as a whole.

    Runs of a row are written to ``ends[row]`` up to ``ends[row + 1]``.
    """
    for row in range(sizes.shape[0]):
        whole[row] = run_hash(words, word_ends[row], word_ends[row + 1] - word_ends[row])
        for k in range(ends[row], ends[row + 1]):
            at = word_ends[row] + k - ends[row]
            runs[k] = run_hash(words, at, sizes[row])
            anchors[k] = run_hash(words, at, anchor)


@kernel(types.void, _u64, _out_u64)
def fill_filter(anchors: Any, bits: Any) -> None:
    """Mark the runs in the filter, whose size is a power of two."""
    mask = np.uint64(bits.shape[0] - 1)
    for k in range(anchors.shape[0]):
        bits[anchors[k] >> _TWELVE & mask] |= marked(anchors[k])


@kernel(types.void, _u64, _out_u64, _out_i64)
def fill_table(runs: Any, keys: Any, values: Any) -> None:
    """Put distinct runs into an open-addressing table (its size a power of two), each with its number."""
    mask = np.uint64(keys.shape[0] - 1)
    for k in range(runs.shape[0]):
        slot = runs[k] >> _ONE & mask
        while keys[slot] != 0:
            slot = (slot + _ONE) & mask
        keys[slot] = runs[k]
        values[slot] = k


@kernel(types.int64, _i64, _u64, types.int64, _i64, _u64, _u64, _i64, _out_i64x2)
def find_runs(word_ends: Any, words: Any, anchor: Any, sizes: Any, bits: Any, keys: Any, values: Any, hits: Any) -> Any:
    """Write the place (index of its first word) and number of every run found, in the order of places; how many.

    ``sizes`` are those that runs have, ascending, none below ``anchor``. What has no room in ``hits`` is counted, and
    not written.
    """
    in_filter = np.uint64(bits.shape[0] - 1)
    in_table = np.uint64(keys.shape[0] - 1)
    leaving = _ONE  # what the first word of a run was multiplied by
    for _ in range(anchor - 1):
        leaving *= _MIX
    found = 0
    for row in range(word_ends.shape[0] - 1):
        first = word_ends[row]
        last = word_ends[row + 1]
        rolling = np.uint64(0)
        for i in range(first, last):
            if i - first >= anchor:
                rolling -= words[i - anchor] * leaving
            rolling = rolling * _MIX + words[i]
            at = i - anchor + 1
            if at < first:
                continue
            h = finish(rolling + np.uint64(anchor)) | _ONE
            both = marked(h)
            if bits[h >> _TWELVE & in_filter] & both != both:
                continue
            for k in range(sizes.shape[0]):
                if at + sizes[k] > last:
                    break
                run = run_hash(words, at, sizes[k])
                slot = run >> _ONE & in_table
                while keys[slot] != 0 and keys[slot] != run:
                    slot = (slot + _ONE) & in_table
                if keys[slot] == run:
                    if found < hits.shape[0]:
                        hits[found, 0] = at
                        hits[found, 1] = values[slot]
                    found += 1
    return found
