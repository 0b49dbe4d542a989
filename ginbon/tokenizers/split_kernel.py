"""Our split pattern as compiled code over UTF-8: where each pre-token begins, exactly as the regular expression has it.

The branches of ``patterns.GINBON`` need one character of look-ahead, and none goes back over what it took, but for
white space; so a pre-token is found in one walk, with a table of what each code point is.
"""

from __future__ import annotations

from typing import Any, Final

from ginbon.engine.compiling import helper, inlined, kernel, read, types, write

LETTER: Final = 1
NUMBER: Final = 2
NEWLINE: Final = 4  # CR and LF
BLANK: Final = 8  # other white space
SIGN: Final = 16  # anything else: punctuation, symbols, marks, joiners, controls, what is not assigned
BEFORE_WORD: Final = 32  # may stand before a word as a part of it
TAIL: Final = 64  # hangs on the character before it
IN_WORD: Final = 128  # goes on a word
"""Bits of a code point's class; the first five exclude each other."""

SPACE: Final = NEWLINE | BLANK

_u8 = read(types.uint8)
_i64 = read(types.int64)
_out_i64 = write(types.int64)


@inlined
def size_of(lead: Any) -> Any:
    """Bytes of a character, by its first."""
    return 1 + (lead >= 0xC0) + (lead >= 0xE0) + (lead >= 0xF0)


@inlined
def class_of(data: Any, at: Any, classes: Any) -> Any:
    """The class of the character at a byte."""
    lead = int(data[at])
    if lead < 0x80:
        return classes[lead]
    if lead < 0xE0:
        return classes[(lead & 0x1F) << 6 | (data[at + 1] & 0x3F)]
    if lead < 0xF0:
        return classes[(lead & 0x0F) << 12 | (int(data[at + 1]) & 0x3F) << 6 | (data[at + 2] & 0x3F)]
    return classes[
        (lead & 0x07) << 18 | (int(data[at + 1]) & 0x3F) << 12 | (int(data[at + 2]) & 0x3F) << 6 | (data[at + 3] & 0x3F)
    ]


@helper
def run_end(data: Any, at: Any, end: Any, classes: Any, wanted: Any) -> Any:
    """Where a run of characters of some classes ends."""
    while at < end and class_of(data, at, classes) & wanted:
        at += size_of(data[at])
    return at


@helper
def space_end(data: Any, at: Any, end: Any, classes: Any) -> Any:
    """Where a pre-token of white space ends: after the run's last line end; else before its last character, which
    belongs to what follows, unless nothing does or it is the only one.
    """
    first, last, line_end = at, at, -1
    while at < end:
        found = class_of(data, at, classes)
        if not found & SPACE:
            break
        last = at
        at += size_of(data[at])
        if found & NEWLINE:
            line_end = at
    if line_end >= 0:
        return line_end
    return last if at < end and last > first else at


@helper
def pre_token_end(data: Any, at: Any, end: Any, classes: Any) -> Any:
    """Where the pre-token ends that begins at a byte."""
    found = class_of(data, at, classes)
    behind = at + size_of(data[at])
    if found & LETTER:
        return run_end(data, behind, end, classes, IN_WORD)
    if found & NUMBER:
        return run_end(data, behind, end, classes, TAIL)
    following = class_of(data, behind, classes) if behind < end else 0
    if found & BEFORE_WORD and following & LETTER:
        return run_end(data, behind, end, classes, IN_WORD)
    if found & SIGN or (found & BLANK and following & SIGN):
        signs = run_end(data, behind, end, classes, SIGN)
        return run_end(data, signs, end, classes, NEWLINE)
    return space_end(data, at, end, classes)


@kernel(types.void, _u8, _i64, _u8, _out_i64, _out_i64)
def split(data: Any, offsets: Any, classes: Any, starts: Any, numbers: Any) -> None:
    """Write where each pre-token begins, and, as ``offsets`` has it for bytes, which are those of each text."""
    n = 0
    numbers[0] = 0
    for row in range(offsets.shape[0] - 1):
        at, end = offsets[row], offsets[row + 1]
        while at < end:
            starts[n] = at
            n += 1
            at = pre_token_end(data, at, end, classes)
        numbers[row + 1] = n
