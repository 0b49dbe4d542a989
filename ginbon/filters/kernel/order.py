"""A text as a row of classes: its frequent words, the last letters of the others, and the marks between them."""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from ginbon.engine.compiling import kernel, read, types, write
from ginbon.filters.kernel import classes as c
from ginbon.filters.kernel.reading import decode

END: Final = 0
CLAUSE: Final = 1
OTHER: Final = 2
FIRST_WORD: Final = 3
"""Classes: an end of a sentence, another mark between clauses, a word of no class of its own; then the words'."""

BREAK: Final = -1
"""What stands between two things that do not follow each other: lines and texts."""

_SPACE = np.uint8(32)
_MASK = np.uint16(c.CLASS_MASK)
_ENDS = np.uint16(c.TERMINAL | c.FULL_STOP)
_LINE = np.uint16(c.NEWLINE)
_CLAUSE_SIGN = np.uint8(c.CLAUSE)


@kernel(
    types.void,
    read(types.uint8),
    read(types.int64),
    read(types.int64),
    read(types.uint64),
    read(types.int64),
    read(types.uint16),
    read(types.uint8),
    read(types.uint64),
    read(types.int16),
    read(types.int16),
    write(types.int16),
    write(types.int64),
)
def classify(
    data: Any,
    offsets: Any,
    word_ends: Any,
    words: Any,
    spans: Any,
    table: Any,
    signs: Any,
    known: Any,
    known_classes: Any,
    letter_classes: Any,
    out: Any,
    out_ends: Any,
) -> None:
    """Write each text's classes; those of text ``row`` are ``out[out_ends[row]:out_ends[row + 1]]``.

    ``known`` holds the hashes of frequent words (open addressing, 0 is free), ``letter_classes`` the class of words
    that end with each code point, up to the last that has one. ``out`` takes at most three entries a word.
    """
    n = 0
    slots = np.uint64(len(known) - 1)
    for row in range(len(offsets) - 1):
        last = word_ends[row + 1]
        for word in range(word_ends[row], last):
            start, stop = spans[2 * word], spans[2 * word + 1]
            slot = words[word] & slots
            while known[slot] != 0 and known[slot] != words[word]:
                slot = (slot + np.uint64(1)) & slots
            if known[slot] != 0:
                out[n] = known_classes[slot]
            else:
                at = stop - 1
                while at > start and data[at] & 0xC0 == 0x80:
                    at -= 1
                letter, _ = decode(data, at, stop)
                out[n] = letter_classes[letter] if letter < len(letter_classes) else OTHER
            n += 1
            at = stop
            until = spans[2 * word + 2] if word + 1 < last else offsets[row + 1]
            if word + 1 < last and until == at + 1 and data[at] == _SPACE:  # most words stand so
                continue
            mark, line = BREAK, False
            while at < until:
                point, size = decode(data, at, until)
                if table[point] & _ENDS != 0:
                    mark = END
                elif mark == BREAK and signs[point] & _CLAUSE_SIGN != 0:
                    mark = CLAUSE
                if table[point] & _MASK == _LINE:
                    line = True
                at += size
            if mark != BREAK:
                out[n] = mark
                n += 1
            if line or word + 1 == last:
                out[n] = BREAK
                n += 1
        out_ends[row + 1] = n


@kernel(types.void, read(types.int16), read(types.int64), read(types.int16, 2), write(types.int64), write(types.int64))
def add_gains(classes: Any, ends: Any, gains: Any, sums: Any, pairs: Any) -> None:
    """Sum the gains of each text's pairs of neighbours, and count them."""
    for row in range(len(ends) - 1):
        total = 0
        count = 0
        for k in range(ends[row], ends[row + 1] - 1):
            first, second = classes[k], classes[k + 1]
            if first >= 0 and second >= 0:
                total += gains[first, second]
                count += 1
        sums[row] = total
        pairs[row] = count
