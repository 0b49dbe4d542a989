"""Repetition, out of the hashes that the walk wrote: n-grams of words, lines and paragraphs.

An n-gram can only repeat where the (n-1)-grams at its place and at the next one repeat. So each round looks only at the
places that the round before left over: real text has few after n = 3, and the cost is little more than one look-up per
word instead of one per word and n.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from ginbon.engine.compiling import helper, kernel, read, types, write
from ginbon.filters.kernel.columns import REPEAT_LIMIT, Count

TOP: Final = (2, 4)
"""First and last n of the most frequent n-gram."""

REPEATED: Final = (5, 10)
"""First and last n of the n-grams that occurred before."""

_i32 = read(types.int32)
_i64 = read(types.int64)
_u64 = read(types.uint64)
_out_i64x2 = write(types.int64, 2)

_MIX = np.uint64(0x9E3779B185EBCA87)
_SHIFT = np.uint64(29)


@helper
def table_size(entries: Any) -> Any:
    """The power of two that is at least twice as large."""
    size = 16
    while size < 2 * entries:
        size *= 2
    return size


@helper
def repeats(hashes: Any, chars: Any, first: Any, last: Any, keys: Any) -> Any:
    """How many of ``hashes[first:last]`` occurred before, and the sum of their ``chars``."""
    mask = np.uint64(table_size(last - first) - 1)
    for k in range(np.int64(mask) + 1):
        keys[k] = 0
    items = 0
    size = 0
    for i in range(first, last):
        key = hashes[i] | np.uint64(1)
        slot = (key >> _SHIFT) & mask
        while keys[slot] != 0 and keys[slot] != key:
            slot = (slot + np.uint64(1)) & mask
        if keys[slot] == key:
            items += 1
            size += chars[i]
        else:
            keys[slot] = key
    return items, size


@helper
def insert(grams: Any, places: Any, m: Any, slots: Any, keys: Any, counts: Any, firsts: Any) -> Any:
    """Count the first ``m`` grams; ``slots[j]`` says where the j-th is counted.

    Returns the distinct ones, the highest count, and the place of the first gram that has it. Ties go to the gram that
    was inserted first, as Python's ``Counter.most_common`` does.
    """
    mask = np.uint64(table_size(m) - 1)
    for k in range(np.int64(mask) + 1):
        keys[k] = 0
    distinct = 0
    best = 0
    best_place = 0
    for j in range(m):
        place = places[j]
        key = grams[place] | np.uint64(1)
        slot = (key >> _SHIFT) & mask
        while keys[slot] != 0 and keys[slot] != key:
            slot = (slot + np.uint64(1)) & mask
        if keys[slot] == 0:
            keys[slot] = key
            counts[slot] = 0
            firsts[slot] = place
            distinct += 1
        counts[slot] += 1
        if counts[slot] > best or (counts[slot] == best and firsts[slot] < best_place):
            best = counts[slot]
            best_place = firsts[slot]
        slots[j] = slot
    return distinct, best, best_place


@helper
def narrow(places: Any, m: Any, slots: Any, counts: Any) -> Any:
    """Keep the places where this gram and the one after it repeat; return how many are left."""
    left = 0
    for j in range(m - 1):
        if counts[slots[j]] > 1 and places[j + 1] == places[j] + 1 and counts[slots[j + 1]] > 1:
            places[left] = places[j]
            left += 1
    return left


@helper
def chars_seen_before(places: Any, m: Any, n: Any, slots: Any, counts: Any, firsts: Any, word_chars: Any) -> Any:
    """Chars of the n-grams that occurred before, read from left to right; a repeated one is stepped over whole."""
    total = 0
    free = 0
    for j in range(m):
        slot = slots[j]
        if counts[slot] > 1 and places[j] >= free:
            if firsts[slot] < 0:
                for k in range(places[j], places[j] + n):
                    total += word_chars[k]
                free = places[j] + n
            else:
                firsts[slot] = -1
    return total


@kernel(types.void, _i64, _u64, _i32, _i64, _u64, _i32, _i64, _u64, _i32, _out_i64x2, allocates=True)
def measure_repetition(
    word_ends: Any,
    words: Any,
    word_chars: Any,
    line_ends: Any,
    lines: Any,
    line_chars: Any,
    paragraph_ends: Any,
    paragraphs: Any,
    paragraph_chars: Any,
    counts: Any,
) -> None:
    """Fill the columns of ``counts`` about repetition; the first ``REPEAT_LIMIT`` words of each document count."""
    most = 0
    for row in range(counts.shape[0]):
        most = max(most, word_ends[row + 1] - word_ends[row], line_ends[row + 1] - line_ends[row])
    most = min(most, REPEAT_LIMIT)
    size = table_size(most)
    keys = np.empty(size, np.uint64)
    tally = np.empty(size, np.int32)
    firsts = np.empty(size, np.int32)
    grams = np.empty(most, np.uint64)
    places = np.empty(most, np.int32)
    slots = np.empty(most, np.int32)
    for row in range(counts.shape[0]):
        out = counts[row]
        out[Count.REPEATED_LINES], out[Count.REPEATED_LINE_CHARS] = repeats(
            lines, line_chars, line_ends[row], line_ends[row + 1], keys
        )
        out[Count.REPEATED_PARAGRAPHS], out[Count.REPEATED_PARAGRAPH_CHARS] = repeats(
            paragraphs, paragraph_chars, paragraph_ends[row], paragraph_ends[row + 1], keys
        )
        start = word_ends[row]
        n_words = min(word_ends[row + 1] - start, REPEAT_LIMIT)
        chars = word_chars[start : start + n_words]
        for p in range(n_words):
            grams[p] = words[start + p] * _MIX
            places[p] = p
        out[Count.DISTINCT_WORDS], _, _ = insert(grams, places, n_words, slots, keys, tally, firsts)
        left = narrow(places, n_words, slots, tally)
        for n in range(2, REPEATED[1] + 1):
            if n > n_words or (left == 0 and n > TOP[1]):
                break
            for j in range(left):
                p = places[j]
                grams[p] = (grams[p] ^ words[start + p + n - 1]) * _MIX
            _, best, best_place = insert(grams, places, left, slots, keys, tally, firsts)
            if n <= TOP[1]:
                if best < 2:  # nothing repeats: the first n-gram is the most frequent, once
                    best = 1
                    best_place = 0
                length = n - 1  # the spaces between its words
                for k in range(best_place, best_place + n):
                    length += chars[k]
                out[Count.TOP_2_GRAM_CHARS + n - TOP[0]] = length * best
            else:
                out[Count.REPEATED_5_GRAM_CHARS + n - REPEATED[0]] = chars_seen_before(
                    places, left, n, slots, tally, firsts, chars
                )
            left = narrow(places, left, slots, tally)
