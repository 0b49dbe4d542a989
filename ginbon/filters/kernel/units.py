"""Lines and sentences of texts as units that can be taken out: where each stands, its hash, and what is left after.

A unit is a line, or a sentence of one; white space between two units is the later one's gap. What ``outline`` wrote is
enough for ``take_out`` to say which bytes go and what is left of a text, without the text.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from ginbon.engine.compiling import helper, kernel, read, types, write
from ginbon.filters.kernel import classes as c
from ginbon.filters.kernel.columns import REPEAT_LIMIT, SHORT_LINE_CHARS
from ginbon.filters.kernel.reading import decode, finish, is_blank
from ginbon.filters.kernel.tally import PROSE_LINE, TERMINAL_LINE

# Flags of a unit, as bits.
NEW_LINE: Final = 1  # the first of its line
BLANK: Final = 2  # behind a blank line, or several
TERMINAL: Final = 4  # a line that ends with a terminal mark
PROSE: Final = 8  # a line that does, or is running text

# What is left of a text: columns of ``take_out``'s ``left``.
LEFT_BYTES: Final = 0
LEFT_WORDS: Final = 1
LEFT_UNITS: Final = 2
LEFT_CHARS: Final = 3
LEFT_SHORT: Final = 4
LEFT_TERMINAL: Final = 5
LEFT_PROSE: Final = 6
LEFT_REPEATED_CHARS: Final = 7
LEFT_COLUMNS: Final = 8

_u8 = read(types.uint8)
_u16 = read(types.uint16)
_u32 = read(types.uint32)
_i32 = read(types.int32)
_i64 = read(types.int64)
_u64 = read(types.uint64)
_out_u8 = write(types.uint8)
_out_u32 = write(types.uint32)
_out_i64 = write(types.int64)
_out_i64x2 = write(types.int64, 2)
_out_u64 = write(types.uint64)

# As in ``scan``: the hash of a line here is the hash of that line there.
_SEED = np.uint64(0x9E3779B97F4A7C15)
_P1 = np.uint64(0x9E3779B185EBCA87)
_ONE = np.uint64(1)
_S29 = np.uint64(29)
_MASK = np.uint16(c.CLASS_MASK)
_ENDS = np.uint16(c.TERMINAL | c.FULL_STOP)
_FOLDED = np.int32(c.FOLDED)


@helper
def fold(data: Any, i: Any, end: Any, table: Any, casing: Any) -> Any:
    """Hash of what stands from byte ``i`` to ``end``, case folded and white space squeezed, and its chars without outer
    white space.
    """
    line = _SEED
    run = _SEED
    in_run = False
    first = -1
    last = -1
    chars = 0
    while i < end:
        cp, size = decode(data, i, end)
        prop = table[cp]
        if prop & _MASK == c.SPACE:
            if in_run:
                line = (line ^ finish(run)) * _P1
                run = _SEED
                in_run = False
        else:
            folded = np.int64(casing[cp] & _FOLDED) if prop & c.FOLDS else cp
            run = (run ^ np.uint64(folded)) * _P1
            in_run = True
            if first < 0:
                first = chars
            last = chars
        chars += 1
        i += size
    if in_run:
        line = (line ^ finish(run)) * _P1
    return finish(line), last - first + 1 if first >= 0 else 0


@helper
def find_sentence(data: Any, i: Any, end: Any, table: Any, spans: Any, word: Any, last_word: Any) -> Any:
    """Where the sentence that begins at byte ``i`` of a line ends, closing marks included: as the walk counts them,
    but that closing marks behind a full stop of scripts without spaces belong to the sentence.

    ``word`` is the first word that may stand in it: a sentence has one.
    """
    ending = False  # a terminal mark was seen, and white space must follow
    full = False  # a full stop was seen
    previous = np.int64(-1)
    while i < end:
        cp, size = decode(data, i, end)
        prop = table[cp]
        kind = prop & _MASK
        ends = prop & _ENDS
        if cp == c.WORDSPACE and previous == cp:
            ends = np.uint16(c.FULL_STOP)
        if kind != c.EXTEND and kind != c.FORMAT:
            previous = cp
        if ends:
            full = full or (ends & c.FULL_STOP) != 0
            ending = True
        elif not (prop & c.CLOSER) and kind != c.EXTEND and kind != c.FORMAT:
            if (full or (ending and kind == c.SPACE)) and word < last_word and spans[2 * word] < i:
                return i
            ending = False
            full = False
        i += size
    return end


@kernel(
    types.int64,
    _u8,  # data
    _i64,  # offsets: rows + 1
    _u16,  # table: properties of code points
    _i32,  # casing
    _i64,  # word_ends: rows + 1
    _i64,  # spans: start and end byte of every word
    _u8,  # line_left: what ``end_line`` said of each non-blank line
    types.boolean,  # whether units are sentences
    _out_i64,  # ends: rows + 1
    _out_u64,  # hashes
    _out_u32,  # gaps: bytes between the unit before, or the text's start, and this one
    _out_u32,  # sizes: bytes
    _out_u32,  # words
    _out_u32,  # chars
    _out_u8,  # flags
)
def outline(
    data: Any,
    offsets: Any,
    table: Any,
    casing: Any,
    word_ends: Any,
    spans: Any,
    line_left: Any,
    sentences: bool,
    ends: Any,
    hashes: Any,
    gaps: Any,
    sizes: Any,
    words: Any,
    chars: Any,
    flags: Any,
) -> int:
    """Write the units of each text; return how many. A text of more than ``REPEAT_LIMIT`` lines has none.

    A line goes from line feed to line feed, white space at its ends included; so do the first and the last sentence of
    a line.
    """
    n = 0
    line = 0
    for row in range(offsets.shape[0] - 1):
        end = offsets[row + 1]
        first = n
        first_line = line
        word = word_ends[row]
        last_word = word_ends[row + 1]
        behind = offsets[row]  # end of the unit before
        blank = False
        i = offsets[row]
        while i < end:
            stop = i
            while stop < end and data[stop] != 10:
                stop += 1
            if is_blank(data, i, stop, table):
                blank = True
                i = stop + 1
                continue
            said = line_left[line]
            line += 1
            new = NEW_LINE | (BLANK if blank else 0)
            if not sentences:
                new |= (TERMINAL if said & TERMINAL_LINE else 0) | (PROSE if said & PROSE_LINE else 0)
            blank = False
            while i < stop:
                after = find_sentence(data, i, stop, table, spans, word, last_word) if sentences else stop
                follows = after  # where the next sentence begins; white space at the line's end belongs to the last one
                while follows < stop:
                    cp, size = decode(data, follows, stop)
                    if table[cp] & _MASK != c.SPACE:
                        break
                    follows += size
                if follows == stop:
                    after = stop
                held = word
                while word < last_word and spans[2 * word] < after:
                    word += 1
                if line - first_line <= REPEAT_LIMIT:
                    hashes[n], chars[n] = fold(data, i, after, table, casing)
                    gaps[n] = i - behind
                    sizes[n] = after - i
                    words[n] = word - held
                    flags[n] = new
                    n += 1
                behind = after
                new = 0
                i = follows
            i = stop + 1
        if line - first_line > REPEAT_LIMIT:
            n = first
        ends[row + 1] = n
    return n


@helper
def take(spans: Any, n: Any, first: Any, start: Any, stop: Any) -> Any:
    """Note that bytes ``start`` to ``stop`` go; they may touch those noted before."""
    if stop <= start:
        return n
    if n > first and spans[2 * n - 2] + spans[2 * n - 1] == start:
        spans[2 * n - 1] += stop - start
        return n
    spans[2 * n] = start
    spans[2 * n + 1] = stop - start
    return n + 1


@helper
def count_left(u: Any, hashes: Any, words: Any, chars: Any, flags: Any, keys: Any, mask: Any, out: Any) -> None:
    """Add unit ``u`` to what is left of its text."""
    out[LEFT_WORDS] += np.int64(words[u])
    out[LEFT_UNITS] += 1
    out[LEFT_CHARS] += np.int64(chars[u])
    out[LEFT_SHORT] += chars[u] <= SHORT_LINE_CHARS
    out[LEFT_TERMINAL] += (flags[u] & TERMINAL) != 0
    out[LEFT_PROSE] += (flags[u] & PROSE) != 0
    key = hashes[u] | _ONE
    slot = (key >> _S29) & mask
    while keys[slot] != 0 and keys[slot] != key:
        slot = (slot + _ONE) & mask
    if keys[slot] == key:
        out[LEFT_REPEATED_CHARS] += np.int64(chars[u])
    keys[slot] = key


@kernel(
    types.int64,
    _i64,  # ends: units of texts, rows + 1
    _u64,  # hashes
    _u32,  # gaps
    _u32,  # sizes
    _u32,  # words
    _u32,  # chars
    _u8,  # flags
    _u8,  # goes: which units are taken out
    _i64,  # text_bytes: of each text
    _out_u64,  # keys: a power of two that is at least twice as many as the units of any text
    _out_i64,  # spans: position and length of what goes
    _out_i64,  # span_ends: rows + 1
    _out_i64x2,  # left: rows x LEFT_COLUMNS, zeros
)
def take_out(
    ends: Any,
    hashes: Any,
    gaps: Any,
    sizes: Any,
    words: Any,
    chars: Any,
    flags: Any,
    goes: Any,
    text_bytes: Any,
    keys: Any,
    spans: Any,
    span_ends: Any,
    left: Any,
) -> int:
    """Say which bytes of each text go with the units taken out, and what is left; return how many spans there are.

    The text without these bytes is the text without these units: lines that are left keep one line feed between them
    where lines between them go, two if a blank line was there; sentences keep the white space behind the one before.
    Nothing is said of a text that loses nothing.
    """
    n = 0
    for row in range(ends.shape[0] - 1):
        first = n
        loses = False
        for u in range(ends[row], ends[row + 1]):
            loses = loses or goes[u] != 0
        if loses:
            mask = np.uint64(15)
            while np.int64(mask) + 1 < 2 * (ends[row + 1] - ends[row]):
                mask = mask * np.uint64(2) + _ONE
            for k in range(np.int64(mask) + 1):
                keys[k] = 0
            out = left[row]
            kept_end = np.int64(-1)  # end of the last line of which something is left
            dirty = False  # whole lines went since
            blank = False  # a blank line was there since
            position = np.int64(0)
            u = ends[row]
            while u < ends[row + 1]:
                last = u + 1  # behind the line's last unit
                whole = goes[u] != 0
                while last < ends[row + 1] and not flags[last] & NEW_LINE:
                    whole = whole and goes[last] != 0
                    last += 1
                line_start = position + np.int64(gaps[u])
                blank = blank or (flags[u] & BLANK) != 0
                start = line_start
                going = np.int64(-1)  # where the sentences that go begin
                if dirty and not whole:
                    n = take(spans, n, first, kept_end + 1 if kept_end >= 0 else 0,
                             line_start - (1 if blank and kept_end >= 0 else 0))  # fmt: skip
                stop = line_start
                left_end = line_start  # end of the last sentence of the line that is left
                for v in range(u, last):
                    start = stop + (np.int64(gaps[v]) if v > u else 0)
                    stop = start + np.int64(sizes[v])
                    if goes[v]:
                        if going < 0:
                            going = start
                    else:
                        if going >= 0:
                            n = take(spans, n, first, going, start)
                            going = np.int64(-1)
                        left_end = stop
                        count_left(v, hashes, words, chars, flags, keys, mask, out)
                position = stop
                if whole:
                    dirty = True
                else:
                    if going >= 0:
                        n = take(spans, n, first, left_end, stop)
                    kept_end = stop
                    dirty = False
                    blank = False
                u = last
            if dirty:
                n = take(spans, n, first, kept_end if kept_end >= 0 else 0, text_bytes[row])
            out[LEFT_BYTES] = text_bytes[row]
            for k in range(first, n):
                out[LEFT_BYTES] -= spans[2 * k + 1]
        span_ends[row + 1] = n
    return n


@kernel(types.int64, _u8, _i64, _i64, _i64, _i64, _out_u8, _out_i64)
def remove(data: Any, offsets: Any, span_ends: Any, positions: Any, lengths: Any, out: Any, ends: Any) -> int:
    """Copy the texts without the bytes of each one's spans (ascending, apart); return the bytes written."""
    n = 0
    for row in range(offsets.shape[0] - 1):
        i = offsets[row]
        for k in range(span_ends[row], span_ends[row + 1]):
            while i < offsets[row] + positions[k]:
                out[n] = data[i]
                n += 1
                i += 1
            i += lengths[k]
        while i < offsets[row + 1]:
            out[n] = data[i]
            n += 1
            i += 1
        ends[row + 1] = n
    return n
