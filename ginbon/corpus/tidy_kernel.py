"""The compiled loop of tidying: one pass over a batch's UTF-8 that writes tidied bytes and finds what is not NFC.

``table`` holds a word of bits for each code point, made by ``tidy.tidy_table``; the constants below are its layout.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from ginbon.engine.compiling import helper, kernel, read, types, write

# What a code point is to the loop (the low four bits).
PLAIN, REMOVE, NEWLINE, RETURN, SPACE, TAB, WIDE, NARROW, JOINER, WORD_BREAK, DIRECTION, VARIATION, TAG = range(13)
KIND: Final = 15
QUICK_NO: Final = 1 << 4  # never in NFC
QUICK_MAYBE: Final = 1 << 5  # composes with what may stand before it
PAIRED: Final = 1 << 6  # its pairs are listed; a MAYBE without them counts as "not NFC"
CLASS_SHIFT: Final = 7  # canonical combining class, eight bits
MARK: Final = 1 << 15  # a mark: what it stands on stays the base
JOINS: Final = 1 << 16  # of a script that needs joiners
EMOJI: Final = 1 << 17  # may be joined to another by ZWJ, or followed by tags
VARIES: Final = 1 << 18  # may be followed by a variation selector
BREAKS: Final = 1 << 19  # of a script that is written without spaces and may mark words by ZWSP
MONGOLIAN: Final = 1 << 20
COMPOSED: Final = 1 << 21  # has a canonical decomposition: a mark may belong before the mark that it holds

NOT_SIMPLE: Final = KIND | QUICK_NO | QUICK_MAYBE | 255 << CLASS_SHIFT

MAX_MARKS: Final = 30
"""Marks on one base before a combining grapheme joiner is put in (UAX #15, stream-safe text): bounds the work of
sorting them.
"""

MAX_INVISIBLE: Final = 2
MAX_TAGS: Final = 32
_int: Any = np.int64
_bits32: Any = np.uint32

_ZWNJ: Final = 0x200C
_GRAPHEME_JOINER: Final = 0x34F


_BYTES: Final = read(types.uint8)
_OUT: Final = write(types.uint8)


@helper
def _decode(data: Any, at: int, stop: int) -> Any:
    """The code point at ``at`` times 8 plus its length in bytes; -1 where the byte is no part of valid UTF-8."""
    lead = _int(data[at])
    if lead < 0x80:
        return lead * 8 + 1
    if lead < 0xC2 or lead > 0xF4:
        return -1
    length = 2 if lead < 0xE0 else 3 if lead < 0xF0 else 4
    if at + length > stop:
        return -1
    code = lead & (0x7F >> length)
    for n in range(1, length):
        byte = _int(data[at + n])
        if byte & 0xC0 != 0x80:
            return -1
        code = (code << 6) | (byte & 0x3F)
    if (
        code > 0x10FFFF
        or (length == 3 and (code < 0x800 or 0xD800 <= code <= 0xDFFF))
        or (length == 4 and code < 0x10000)
    ):
        return -1
    return code * 8 + length


@helper
def _bits(data: Any, at: int, stop: int, table: Any) -> Any:
    """The bits of the code point at ``at``; 0 where the text ends or is damaged."""
    if at >= stop:
        return _bits32(0)
    found = _decode(data, at, stop)
    return _bits32(0) if found < 0 else table[found >> 3]


@helper
def _composes(pairs: Any, first: int, second: int) -> Any:
    key = np.uint64((first << 21) | second)
    low, high = 0, len(pairs)
    while low < high:
        middle = (low + high) >> 1
        if pairs[middle] < key:
            low = middle + 1
        else:
            high = middle
    return low < len(pairs) and pairs[low] == key


@helper
def _emit_spaces(data: Any, at: int, stop: int, table: Any, whole: bool, out: Any, end: int) -> Any:
    """Writes a run of spaces: each in its plain form, or one for all (a tab if there is one, else like the first)."""
    first = end
    tab = False
    while at < stop:
        found = _decode(data, at, stop)
        length = 1 if found < 0 else found & 7
        kind = _bits32(REMOVE) if found < 0 else table[found >> 3] & KIND
        if kind == TAB:
            out[end] = 9
            tab = True
            end += 1
        elif kind == WIDE:
            out[end], out[end + 1], out[end + 2] = 0xE3, 0x80, 0x80
            end += 3
        elif kind in (SPACE, NARROW):
            out[end] = 32
            end += 1
        at += length
    if whole or end == first:
        return end
    if tab:
        out[first] = 9
        return first + 1
    return first + (3 if out[first] == 0xE3 else 1)


@helper
def _class(data: Any, at: int, stop: int, table: Any) -> Any:
    """The canonical combining class of the code point at ``at``."""
    return _int((_bits(data, at, stop, table) >> CLASS_SHIFT) & 255)


@helper
def _sort_in(data: Any, at: int, length: int, table: Any, out: Any, first: int, end: int) -> None:
    """Writes the mark at ``at`` before the marks at the end of ``out[first:end]`` whose class is higher."""
    rank = _class(data, at, at + length, table)
    place = end
    while place > first:
        low = place - 1
        while low > first and out[low] & 0xC0 == 0x80:
            low -= 1
        if _class(out, low, place, table) <= rank:  # what marks stand on has none: it is 0
            break
        place = low
    for n in range(end - 1, place - 1, -1):
        out[n + length] = out[n]
    for n in range(length):
        out[place + n] = data[at + n]


LOOSE, SORTED = 1, 2
"""Of a text: it may not be NFC yet; marks were put in canonical order, which made it another."""


@kernel(
    types.void, _BYTES, read(types.int64), read(types.uint32), read(types.uint64), types.boolean, _OUT,
    write(types.int64), write(types.int32), write(types.int32), _OUT,
)  # fmt: skip
def tidy(
    data: Any,
    offsets: Any,
    table: Any,
    pairs: Any,
    sort: bool,
    out: Any,
    out_offsets: Any,
    removed: Any,
    replaced: Any,
    normal: Any,
) -> None:
    """Tidies each text into ``out``; ``normal`` says of its normal form what ``LOOSE`` and ``SORTED`` stand for.

    With ``sort``, marks that compose with nothing are put in order on the way: that is all that vocalised Arabic and
    Hebrew need, and hardly any of it is in order.
    ``removed`` counts code points (and bytes that are no UTF-8) that are gone, ``replaced`` those that another stands
    for. ``out`` must hold ``bytes * 31 / 30 + 8`` for all texts together.
    """
    end: Any = _int(0)
    for text in range(len(offsets) - 1):
        at: Any = offsets[text]
        stop: Any = offsets[text + 1]
        first = end
        gone = other = 0
        newlines = 0  # since the last visible character
        in_line = preformatted = False
        run_start = _int(-1)  # where the spaces before the present character began
        run_count = 0
        run_tab = False
        base = _bits32(0)  # bits of what marks, joiners and selectors stand on; 0 after white space
        invisible = tags = marks = 0
        varied: Any = False
        loose: Any = False
        resorted: Any = False
        previous = _int(0)
        starter = _int(0)
        level = _int(0)
        while at < stop:
            lead = data[at]
            if 32 < lead < 127 and in_line and run_start < 0:
                out[end] = lead
                end += 1
                at += 1
                starter = _int(lead)
                base = table[lead]
                level = 0
                invisible = marks = tags = 0
                varied = False
                previous = _int(0)
                continue
            if lead == 32 and in_line and run_start < 0 and at + 1 < stop and 32 < data[at + 1] < 127:
                out[end] = 32
                end += 1
                at += 1
                continue  # what follows a space is set by the letter behind it
            found = _decode(data, at, stop)
            if found < 0:
                gone += 1
                at += 1
                continue
            code, length = found >> 3, found & 7
            bits = table[code]
            if bits & NOT_SIMPLE == 0 and in_line and run_start < 0:
                for n in range(length):
                    out[end + n] = data[at + n]
                end += length
                at += length
                starter = code
                level = 0
                invisible = marks = 0
                previous = _int(0)
                if not bits & MARK:
                    base = bits
                    varied = False
                    tags = 0
                continue
            kind = bits & KIND
            if kind == NARROW:  # U+202F joins a suffix to its word in Mongolian
                kind = _bits32(PLAIN) if base & MONGOLIAN else _bits32(SPACE)
            if kind in (NEWLINE, RETURN):
                if kind == RETURN and at + 1 < stop and data[at + 1] == 10:
                    gone += 1
                else:
                    newlines += 1
                    other += 1 if code != 10 else 0
                if run_start >= 0:
                    gone += run_count
                in_line = False
                run_start = -1
                base = _bits32(0)
                at += length
                continue
            if kind in (SPACE, TAB, WIDE):
                if run_start < 0:
                    run_start, run_count, run_tab = at, 0, False
                run_count += 1
                run_tab |= kind == TAB
                other += 1 if kind == SPACE and code != 32 else 0
                base = _bits32(0)
                at += length
                continue
            keep = True
            if kind == REMOVE:
                keep = False
            elif kind == JOINER:
                near = base | (_bits(data, at + length, stop, table) if in_line and run_start < 0 else _bits32(0))
                keep = near & JOINS != 0 or (code != _ZWNJ and base & EMOJI != 0)
            elif kind == WORD_BREAK:
                near = base | (_bits(data, at + length, stop, table) if in_line and run_start < 0 else _bits32(0))
                keep = near & BREAKS != 0
            elif kind == DIRECTION:
                keep = in_line and run_start < 0
            elif kind == VARIATION:
                keep = base & VARIES != 0 and not varied
                varied |= keep
            elif kind == TAG:
                keep = base & EMOJI != 0 and tags < MAX_TAGS
                tags += 1
            if kind in (JOINER, WORD_BREAK, DIRECTION):
                keep = keep and invisible < MAX_INVISIBLE and previous != code
                invisible += 1 if keep else 0
            elif keep and kind == PLAIN:
                invisible = 0
                if not bits & MARK:
                    base = bits
                    varied = False
                    tags = 0
            if not keep:
                gone += 1
                at += length
                continue
            if not in_line:
                if end > first:
                    out[end] = 10
                    end += 1
                    if newlines > 1:
                        out[end] = 10
                        end += 1
                        newlines -= 1
                    newlines -= 1
                    preformatted = run_start >= 0 and (run_tab or run_count >= 4)
                    if run_start >= 0:
                        end = _emit_spaces(data, run_start, at, table, True, out, end)
                else:
                    preformatted = False
                    gone += run_count if run_start >= 0 else 0
                gone += newlines
                newlines = 0
                in_line = True
                starter, level, marks = _int(10), _int(0), 0
            elif run_start >= 0:
                if at - run_start == 1 and data[run_start] == 32:
                    out[end] = 32
                    end += 1
                else:
                    end = _emit_spaces(data, run_start, at, table, preformatted, out, end)
                    gone += 0 if preformatted else run_count - 1
                starter, level, marks = _int(32), _int(0), 0
            run_start = -1
            rank = _int((bits >> CLASS_SHIFT) & 255)
            if rank > 0:
                marks += 1
                if marks > MAX_MARKS:
                    out[end], out[end + 1] = 0xCD, 0x8F
                    end += 2
                    starter, level, marks = _int(_GRAPHEME_JOINER), _int(0), 1
            else:
                marks = 0
            visible = table[starter] & KIND == PLAIN  # whether a joiner stays depends on what comes to stand behind it
            if sort and 0 < rank < level and visible and not bits & (QUICK_NO | QUICK_MAYBE):
                resorted = True
                _sort_in(data, at, length, table, out, first, end)
                previous = code
                end += length
                at += length
                continue
            if bits & QUICK_NO or 0 < rank < level:
                loose = True
            elif bits & QUICK_MAYBE and not loose:
                open_ = level < rank or level == 0
                loose = (
                    not bits & PAIRED or table[starter] & COMPOSED != 0 or (open_ and _composes(pairs, starter, code))
                )
            if rank == 0:
                starter = code
            level = rank
            previous = code
            for n in range(length):
                out[end + n] = data[at + n]
            end += length
            at += length
        if run_start >= 0:
            gone += run_count
        out_offsets[text + 1] = end
        removed[text] = gone + newlines
        replaced[text] = other
        normal[text] = (LOOSE if loose else 0) | (SORTED if resorted else 0)


@kernel(types.void, _BYTES, read(types.int64), read(types.uint32), _OUT)
def suspect(data: Any, offsets: Any, table: Any, suspects: Any) -> None:
    """1 for each text in which a character that is a lead byte in a wrong encoding is followed by one that is a later
    byte.
    """
    for text in range(len(offsets) - 1):
        at, stop = offsets[text], offsets[text + 1]
        lead = _bits32(0)
        while at < stop:
            if data[at] < 0x80:
                lead = _bits32(0)
                at += 1
                continue
            found = _decode(data, at, stop)
            if found < 0:
                lead = _bits32(0)
                at += 1
                continue
            bits = table[found >> 3]
            if bits == _bits32(0xFFFFFFFF) or (lead & (bits >> 16)) != 0:
                suspects[text] = 1
                break
            lead = bits & _bits32(0xFFFF)
            at += found & 7
