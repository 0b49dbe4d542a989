"""Where sentences, lines and paragraphs begin and stop, by the same rules by which the walk counts them."""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from ginbon.engine.compiling import helper, kernel, read, types, write
from ginbon.filters.kernel import classes as c
from ginbon.filters.kernel.roles import decode

OPENING_QUOTES: Final = (0xAB, 0x2018, 0x201B, 0x201C, 0x201F, 0x2039, 0x2E02, 0x2E04, 0x2E09, 0x2E0C, 0x2E1C, 0x2E20)
"""Closing marks in some languages (German), but never behind a full stop that nothing need follow."""

_u8 = read(types.uint8)
_u16 = read(types.uint16)
_i64 = read(types.int64)
_out_i64 = write(types.int64)
_out_i64x2 = write(types.int64, 2)

_MASK = np.uint16(c.CLASS_MASK)
_ENDS = np.uint16(c.TERMINAL | c.FULL_STOP)
_TAIL = np.uint16(c.TERMINAL | c.FULL_STOP | c.CLOSER)


@kernel(types.void, _u8, _i64, _u16, _out_i64, _out_i64x2, _out_i64, _out_i64x2)
def find_lines(
    data: Any, offsets: Any, table: Any, line_ends: Any, lines: Any, paragraph_ends: Any, paragraphs: Any
) -> None:
    """Write first and last byte (+ 1) of every line and paragraph, counted from the beginning of their text.

    Lines of text ``row`` are ``line_ends[row]`` to ``line_ends[row + 1]``; there is room for one in two bytes, and one
    a text.
    """
    n_lines = 0
    n_paragraphs = 0
    for row in range(offsets.shape[0] - 1):
        begin = offsets[row]
        end = offsets[row + 1]
        i = begin
        first = np.int64(-1)
        last = i
        in_paragraph: Any = False
        while i <= end:
            cp, size = decode(data, i, end) if i < end else (np.int64(10), np.int64(1))
            kind = table[cp] & _MASK
            if kind == c.NEWLINE:
                if first >= 0:
                    lines[n_lines, 0] = first - begin
                    lines[n_lines, 1] = last - begin
                    n_lines += 1
                    if not in_paragraph:
                        paragraphs[n_paragraphs, 0] = first - begin
                        n_paragraphs += 1
                    paragraphs[n_paragraphs - 1, 1] = last - begin
                in_paragraph = first >= 0
                first = np.int64(-1)
            elif kind != c.SPACE:
                if first < 0:
                    first = i
                last = min(i + size, end)
            i += size
        line_ends[row + 1] = n_lines
        paragraph_ends[row + 1] = n_paragraphs


@helper
def put(out: Any, n: Any, first: Any, last: Any) -> Any:
    """Write a sentence; how many there are then."""
    out[n, 0] = first
    out[n, 1] = last
    return n + 1


@kernel(types.void, _u8, _i64, _u16, _i64, _i64, _i64, _out_i64, _out_i64x2)
def find_sentences(
    data: Any, offsets: Any, table: Any, word_ends: Any, starts: Any, stops: Any, sentence_ends: Any, sentences: Any
) -> None:
    """Write first and last byte (+ 1) of every sentence, counted from the beginning of its text.

    ``starts`` and ``stops`` are the words'. What has no word belongs to the sentence behind it in the same line, or to
    none; terminal and closing marks behind a full stop belong to the sentence that it ends.
    """
    n = 0
    for row in range(offsets.shape[0] - 1):
        begin = offsets[row]
        end = offsets[row + 1]
        word = word_ends[row]
        i = begin
        first = np.int64(-1)  # where the sentence begins that is open
        last = i
        in_it = False  # it has a word
        ending = False
        tail = False  # behind a full stop
        previous = np.int64(-1)
        while i <= end:
            if word < word_ends[row + 1] and i == begin + starts[word]:
                first = i if first < 0 else first
                i = begin + stops[word]
                last = i
                word += 1
                in_it = True
                ending = tail = False
                previous = np.int64(-1)
                continue
            cp, size = decode(data, i, end) if i < end else (np.int64(10), np.int64(1))
            prop = table[cp]
            kind = prop & _MASK
            i += size
            if kind == c.SPACE or kind == c.NEWLINE:
                if in_it and (ending or kind == c.NEWLINE):
                    n = put(sentences, n, first - begin, last - begin)
                    first = np.int64(-1)
                    in_it = False
                if kind == c.NEWLINE:
                    first = np.int64(-1)
                ending = tail = False
                previous = np.int64(-1)
                continue
            extends = kind == c.EXTEND or kind == c.FORMAT
            if tail and (extends or (prop & _TAIL and cp not in OPENING_QUOTES)):
                sentences[n - 1, 1] = min(i, end) - begin
            else:
                tail = False
                first = i - size if first < 0 else first
                last = min(i, end)
            if extends:
                continue
            ends = prop & _ENDS
            if cp == c.WORDSPACE and previous == cp:  # as in the walk: two for a full stop
                ends = np.uint16(c.FULL_STOP)
            previous = cp
            if kind == c.JOINER:
                ending = False
                previous = np.int64(-1)
            elif ends and not ends & c.FULL_STOP:
                ending = True
            elif ends:
                if in_it:
                    n = put(sentences, n, first - begin, last - begin)
                    first = np.int64(-1)
                    in_it = False
                    tail = True
            elif not prop & c.CLOSER:
                ending = False
        sentence_ends[row + 1] = n
