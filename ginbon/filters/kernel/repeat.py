"""Repetition, out of the hashes that the walk wrote: n-grams of words, lines and paragraphs.

An n-gram can only repeat where the (n-1)-grams at its place and at the next one repeat. So each round looks only at the
places that the round before left over: real text has few after n = 3, and the cost is little more than one look-up per
word instead of one per word and n.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from ginbon.engine.compiling import helper, kernel, read, types, write
from ginbon.filters.kernel.columns import BIT, REPEAT_LIMIT, Count
from ginbon.filters.kernel.tally import BY_FINEWEB

TOP: Final = (2, 4)
"""First and last n of the most frequent n-gram."""

TWIN_PARTS: Final = 1_024
"""Pairs of equal 2-grams are counted in these parts, and one is added, so that short texts give a ratio near 1."""

REPEATED: Final = (5, 10)
"""First and last n of the n-grams that occurred before."""

_u8 = read(types.uint8)
_i32 = read(types.int32)
_i64 = read(types.int64)
_u64 = read(types.uint64)
_out_i64 = write(types.int64)
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
def repeats(hashes: Any, first: Any, last: Any, keys: Any, again: Any) -> None:
    """Say in ``again`` which of ``hashes[first:last]`` occurred before."""
    mask = np.uint64(table_size(last - first) - 1)
    for k in range(np.int64(mask) + 1):
        keys[k] = 0
    for i in range(first, last):
        key = hashes[i] | np.uint64(1)
        slot = (key >> _SHIFT) & mask
        while keys[slot] != 0 and keys[slot] != key:
            slot = (slot + np.uint64(1)) & mask
        again[i - first] = keys[slot] == key
        keys[slot] = key


@helper
def log2(n: Any) -> Any:
    """Logarithm of ``n``, 1 to 2^31, in parts of a bit (``BIT``), by whole numbers: every machine agrees."""
    whole: Any = 0
    while n >> (whole + 1):
        whole += 1
    x = np.uint64(n) << np.uint64(31 - whole)  # 1 to 2, with 31 bits behind the point; each squaring gives a bit
    result: Any = whole * BIT
    part = BIT
    while part > 1:
        part >>= 1
        x = x * x >> np.uint64(31)
        if x >> np.uint64(32):
            x >>= np.uint64(1)
            result += part
    return result


@kernel(types.void, _out_i64)
def fill_gains(gains: Any) -> None:
    """What ``c log2 c`` grows by from ``c`` to ``c + 1``, in parts of a bit: what one more of the same word takes off
    a text's information.
    """
    for c in range(1, gains.shape[0]):
        gains[c] = (c + 1) * log2(c + 1) - c * log2(c)


@helper
def insert(grams: Any, places: Any, m: Any, slots: Any, keys: Any, counts: Any, firsts: Any) -> Any:
    """Count the first ``m`` grams; ``slots[j]`` says where the j-th is counted.

    Returns how many pairs of equal ones there are, the highest count, and the place of the first gram that has it. Ties
    go to the gram that was inserted first, as Python's ``Counter.most_common`` does.
    """
    mask = np.uint64(table_size(m) - 1)
    for k in range(np.int64(mask) + 1):
        keys[k] = 0
    twins = 0
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
        twins += counts[slot]
        counts[slot] += 1
        if counts[slot] > best or (counts[slot] == best and firsts[slot] < best_place):
            best = counts[slot]
            best_place = firsts[slot]
        slots[j] = slot
    return twins, best, best_place


@helper
def insert_words(words: Any, slots: Any, keys: Any, counts: Any, gains: Any, out: Any) -> None:
    """Count single words as ``insert`` does grams, and fill the columns of ``out`` about how varied they are."""
    m = words.shape[0]
    mask = np.uint64(table_size(m) - 1)
    for k in range(np.int64(mask) + 1):
        keys[k] = 0
    distinct = 0
    singles = 0
    twins = 0
    spent = 0
    for j in range(m):
        key = words[j] | np.uint64(1)
        slot = (key >> _SHIFT) & mask
        while keys[slot] != 0 and keys[slot] != key:
            slot = (slot + np.uint64(1)) & mask
        if keys[slot] == 0:
            keys[slot] = key
            counts[slot] = 1
            distinct += 1
            singles += 1
        else:
            known: Any = np.int64(counts[slot])
            singles -= known == 1
            twins += known
            if known < gains.shape[0]:
                spent += gains[known]
            else:
                spent += (known + 1) * log2(known + 1) - known * log2(known)
            counts[slot] = known + 1
        slots[j] = slot
    full = m * log2(m) if m else 0
    out[Count.COMPARED_WORDS] = m
    out[Count.DISTINCT_WORDS] = distinct
    out[Count.SINGLE_WORDS] = singles
    out[Count.WORD_INFORMATION] = full - spent
    out[Count.FULL_INFORMATION] = full
    out[Count.WORD_TWINS] = twins


@helper
def expected_pair_twins(words: Any, twins: Any) -> Any:
    """Pairs of equal 2-grams that so many words with so many pairs of equal words have in random order, on average."""
    if words < 3:
        return 0.0
    equal = 2.0 * twins / (words * (words - 1.0))  # how likely two words are equal
    return 0.5 * (words - 1.0) * (words - 2.0) * equal * equal


@helper
def narrow_words(words: Any, slots: Any, counts: Any, grams: Any, places: Any) -> Any:
    """Find the places where a word and the one after it repeat, and begin their grams; return how many there are."""
    left = 0
    again = words.shape[0] > 0 and counts[slots[0]] > 1
    for j in range(words.shape[0] - 1):
        next_again = counts[slots[j + 1]] > 1
        places[left] = j
        left += again & next_again
        again = next_again
        grams[j] = words[j] * _MIX
    return left


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


@kernel(types.void, _i64, _u64, _i32, _i64, _u64, _i32, _u8, _i64, _u64, _i32, _i64, _out_i64x2, allocates=True)
def measure_repetition(
    word_ends: Any,
    words: Any,
    word_chars: Any,
    line_ends: Any,
    lines: Any,
    line_chars: Any,
    line_left: Any,
    paragraph_ends: Any,
    paragraphs: Any,
    paragraph_chars: Any,
    gains: Any,
    counts: Any,
) -> None:
    """Fill the columns of ``counts`` about repetition; the first ``REPEAT_LIMIT`` words of each document count.

    ``gains`` is what ``fill_gains`` made.
    """
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
    again = np.empty(most, np.bool_)
    all_lines = 0
    for row in range(counts.shape[0]):
        out = counts[row]
        first = line_ends[row]
        repeats(lines, first, line_ends[row + 1], keys, again)
        for i in range(first, line_ends[row + 1]):
            if again[i - first]:
                out[Count.REPEATED_LINES] += 1
                out[Count.REPEATED_LINE_CHARS] += line_chars[i]
                # A line is cut wherever it stands, so what repeats here repeats among the lines left.
                if line_left[all_lines + i - first] & BY_FINEWEB:
                    out[Count.FINEWEB_REPEATED_CHARS] += line_chars[i]
        all_lines += out[Count.LINES]
        first = paragraph_ends[row]
        repeats(paragraphs, first, paragraph_ends[row + 1], keys, again)
        for i in range(first, paragraph_ends[row + 1]):
            if again[i - first]:
                out[Count.REPEATED_PARAGRAPHS] += 1
                out[Count.REPEATED_PARAGRAPH_CHARS] += paragraph_chars[i]
        start = word_ends[row]
        n_words = min(word_ends[row + 1] - start, REPEAT_LIMIT)
        chars = word_chars[start : start + n_words]
        mine = words[start : start + n_words]
        insert_words(mine, slots, keys, tally, gains, out)
        out[Count.PAIR_TWINS] = TWIN_PARTS
        out[Count.EXPECTED_PAIR_TWINS] = TWIN_PARTS * (1.0 + expected_pair_twins(n_words, out[Count.WORD_TWINS]))
        left = narrow_words(mine, slots, tally, grams, places)
        for n in range(2, REPEATED[1] + 1):
            if left == 0:
                break
            for j in range(left):
                p = places[j]
                grams[p] = (grams[p] ^ mine[p + n - 1]) * _MIX
            twins, best, best_place = insert(grams, places, left, slots, keys, tally, firsts)
            if n == 2:
                out[Count.PAIR_TWINS] += TWIN_PARTS * twins
            if n <= TOP[1]:
                if best < 2:  # nothing repeats, and longer runs do not either
                    break
                length = n - 1  # the spaces between its words
                for k in range(best_place, best_place + n):
                    length += chars[k]
                out[Count.TOP_2_GRAM_CHARS + n - TOP[0]] = length * best
            else:
                out[Count.REPEATED_5_GRAM_CHARS + n - REPEATED[0]] = chars_seen_before(
                    places, left, n, slots, tally, firsts, chars
                )
            left = narrow(places, left, slots, tally)
