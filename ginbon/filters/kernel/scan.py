"""The walk: one pass over the text of a batch that counts, and writes out words, lines and hashes.

Nothing after it reads the text again: repetition and shingles work on the hashes of words and lines.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ginbon.engine.compiling import kernel, read, types, write
from ginbon.filters.kernel import classes as c
from ginbon.filters.kernel.columns import LONG_RUN_WORDS, REPEAT_LIMIT, Count
from ginbon.filters.kernel.reading import (
    decode,
    finish,
    goes_on,
    is_address,
    is_citation,
    is_not_normal,
    next_class,
)
from ginbon.filters.kernel.tally import (
    CURLY,
    ELLIPSIS,
    LOREM_IPSUM,
    MARK,
    QUOTE,
    count_stop_word,
    end_line,
    end_sentence,
    phrases_ending,
)

_u8 = read(types.uint8)
_u16 = read(types.uint16)
_i32 = read(types.int32)
_i64 = read(types.int64)
_u64 = read(types.uint64)
_u64x2 = read(types.uint64, 2)
_out_u8 = write(types.uint8)
_out_i32 = write(types.int32)
_out_i64 = write(types.int64)
_out_i64x2 = write(types.int64, 2)
_out_u64 = write(types.uint64)
_out_u64x2 = write(types.uint64, 2)

# Odd constants with well spread bits (golden ratio and xxHash's).
_SEED = np.uint64(0x9E3779B97F4A7C15)
_P1 = np.uint64(0x9E3779B185EBCA87)
_P2 = np.uint64(0xC2B2AE3D27D4EB4F)
_S29 = np.uint64(29)
_S35 = np.uint64(35)
_ONE = np.uint64(1)
_LOW6 = np.uint64(63)

_MASK = np.uint16(c.CLASS_MASK)
_FOLDED = np.int32(c.FOLDED)
_CATEGORY = np.uint16(7)
_SHIFT = np.uint16(c.CATEGORY_SHIFT)
_ENDS = np.uint16(c.TERMINAL | c.FULL_STOP)
_MIND = np.uint16(c.MAYBE | c.REORDERS | c.NEVER)
_OWN_SHIFT = np.uint16(14)
# A letter and nothing else: folding and the own script are minded, all other bits must be clear.
_PLAIN_MASK = np.uint16(0xFFFF ^ (c.FOLDS | c.OWN))
_PLAIN = np.uint16(c.LETTER | c.LETTERS << c.CATEGORY_SHIFT)
_PLAIN_MARK = np.uint16(c.EXTEND | c.MARKS << c.CATEGORY_SHIFT)
_REORDERING_MARK = np.uint16(_PLAIN_MARK | c.REORDERS)


@kernel(
    types.void,
    _u8,  # data: the text buffer
    _i64,  # offsets: rows + 1
    _u16,  # table: properties of code points
    _i32,  # casing: simple case folding, and which letters are upper case
    _u8,  # signs: clause marks, brackets, quotation marks
    _u8,  # combining: canonical combining classes
    _u64,  # pairs: code points that compose, an open-addressing table
    _u8,  # starts: words of dictionary runs, as long as data, or empty where there are none
    _u64,  # stops: hashes of stop words, an open-addressing table; 0 is free
    _u64x2,  # phrases: hashes of their words, the last word first, 0 where shorter
    _i64,  # kinds of the phrases
    _out_i64,  # scratch: 8 + slots of stops, -1
    _out_i64x2,  # counts: rows x COUNTED
    _out_u64x2,  # exact: rows x 2
    _out_i64,  # word_ends: rows + 1
    _out_u64,  # words: hashes, in order
    _out_i32,  # word_chars
    _out_i64,  # spans: start and end of every word, or empty if nobody asks
    _out_i64,  # line_ends: rows + 1
    _out_u64,  # lines: hashes of non-blank lines, the first REPEAT_LIMIT of a row
    _out_i32,  # line_chars
    _out_u8,  # line_left: what ``end_line`` says of each non-blank line, all of a row's
    _out_i64,  # paragraph_ends: rows + 1
    _out_u64,  # paragraphs, as many
    _out_i32,  # paragraph_chars
)
def scan(
    data: Any,
    offsets: Any,
    table: Any,
    casing: Any,
    signs: Any,
    combining: Any,
    pairs: Any,
    starts: Any,
    stops: Any,
    phrases: Any,
    kinds: Any,
    scratch: Any,
    counts: Any,
    exact: Any,
    word_ends: Any,
    words: Any,
    word_chars: Any,
    spans: Any,
    line_ends: Any,
    lines: Any,
    line_chars: Any,
    line_left: Any,
    paragraph_ends: Any,
    paragraphs: Any,
    paragraph_chars: Any,
) -> None:
    """Fill the arrays, row by row. One long loop: its state lives in registers, and would not in smaller functions."""
    n_words = 0
    n_lines = 0
    all_lines = 0
    n_paragraphs = 0
    hist = scratch[:8]  # chars by category
    seen = scratch[8:]  # by slot of the stop words: the last row that has it
    want_spans = spans.shape[0] > 0
    last_words = np.uint64(0)  # low six bits of the last words of phrases, as a set
    for k in range(phrases.shape[0]):
        last_words |= _ONE << (phrases[k, 0] & _LOW6)
    for row in range(offsets.shape[0] - 1):
        out = counts[row]
        i = offsets[row]
        end = offsets[row + 1]
        out[Count.BYTES] = end - i
        for k in range(8):
            hist[k] = 0
        row_words = n_words
        chars = 0
        own_letters: Any = 0
        all_word_chars = 0
        letter_words = 0
        digit_words = 0
        capitalised = 0
        capitals = 0
        echoed = 0
        symbol_tokens = 0
        runs = 0
        unpunctuated = 0  # words since the last clause mark
        stopless = 0  # words since the last stop word
        # the word that is open
        in_word = False
        h = _SEED
        w_start = i
        w_chars = 0
        w_letter = False
        w_digit = False
        w_first_upper = False
        w_upper = 0
        w_hash = finish(h)  # of the last word, or what looked like one
        w_end = i - 1  # byte where the last word ended
        last = np.int64(c.OTHER)  # class of its last character that is no mark
        h1 = np.uint64(0)  # hashes of the words before
        h2 = np.uint64(0)
        h3 = np.uint64(0)
        # the visible run, the line, the paragraph, the document
        run = _SEED
        in_run = False
        line = _SEED
        line_first = -1
        line_last = 0
        line_words = n_words  # where its words begin
        line_stops = 0  # stop words before it
        line_sentences = 0  # sentences before it
        line_longest = 0
        tail = 0  # MARK, ELLIPSIS, QUOTE
        holds = 0  # phrases, CURLY
        dots = 0
        bracket = np.int64(-1)  # byte behind the last opening square bracket
        bracket_tail = 0  # what the line ended with before it
        paragraph = _SEED
        paragraph_length = 0
        paragraph_lines = 0
        a = _SEED
        b = _P2
        sentence_words = n_words
        ending = False  # a terminal mark was seen, what follows decides
        previous = np.int64(-1)
        starter = np.int64(0)
        before = np.uint8(0)
        while True:
            if i < end:
                cp, size = decode(data, i, end)
                prop = table[cp]
                kind = np.int64(prop & _MASK)
            else:  # the end closes word and line as a line feed does
                cp, size = np.int64(10), np.int64(0)
                prop = np.uint16(c.NEWLINE)
                kind = np.int64(c.NEWLINE)
            # 1. Does the open word go on? If not, close it.
            inside = in_word and kind > c.NEWLINE and goes_on(kind, last, cp, data, i, i + size, end, table, starts)
            if in_word and not inside:
                in_word = False
                if w_letter or w_digit:
                    word = finish(h)
                    w_hash = word
                    words[n_words] = word
                    word_chars[n_words] = w_chars
                    if want_spans:
                        spans[2 * n_words] = w_start
                        spans[2 * n_words + 1] = i
                    n_words += 1
                    all_word_chars += w_chars
                    letter_words += w_letter
                    digit_words += w_digit
                    capitalised += w_first_upper
                    capitals += w_upper == w_chars and w_chars > 1
                    line_longest = max(line_longest, w_chars)
                    echoed += word == h1
                    w_end = i
                    unpunctuated += 1
                    stopless += 1
                    is_stop = count_stop_word(word, row, stops, seen, out)
                    if is_stop & (stopless > LONG_RUN_WORDS):
                        out[Count.STOPLESS_WORDS] += stopless - 1
                    stopless = 0 if is_stop else stopless
                    if data[w_start] | 32 == 119 and is_address(data, w_start, i, offsets[row]):
                        out[Count.URLS] += 1
                    if (last_words >> (word & _LOW6)) & _ONE:
                        found = phrases_ending(word, h1, h2, h3, phrases, kinds)
                        holds |= found
                        out[Count.LOREM_IPSUM] += found & LOREM_IPSUM
                    h3 = h2
                    h2 = h1
                    h1 = word
                else:
                    symbol_tokens += 1
                    w_hash = finish(h)
            # 2. White space closes the visible run, and a line feed or the end closes the line.
            if kind == c.SPACE or kind == c.NEWLINE:
                if in_run:
                    f = w_hash if run == h else finish(run)  # most runs are a word and nothing else
                    line = (line ^ f) * _P1
                    a = (a ^ f) * _P1
                    b = (b ^ (f >> _S29) ^ (f << _S35)) * _P2
                    run = _SEED
                    in_run = False
                    runs += 1
                if (ending or kind == c.NEWLINE) and n_words > sentence_words:
                    end_sentence(out, n_words - sentence_words)
                    sentence_words = n_words
                ending = False
                previous = np.int64(-1)
                dots = 0
                starter = cp
                before = np.uint8(0)
                if kind == c.NEWLINE:
                    if line_first >= 0:
                        length = line_last - line_first + 1
                        f = finish(line)
                        known = out[Count.LINES] < REPEAT_LIMIT
                        left = end_line(
                            out,
                            length,
                            n_words - line_words,
                            out[Count.STOP_WORDS] - line_stops,
                            out[Count.SENTENCES] - line_sentences,
                            line_longest,
                            tail,
                            holds,
                        )
                        if known:
                            lines[n_lines] = f
                            line_chars[n_lines] = length
                            n_lines += 1
                        line_left[all_lines] = left
                        all_lines += 1
                        paragraph = (paragraph ^ f) * _P1
                        paragraph_length += length + (paragraph_lines > 0)
                        paragraph_lines += 1
                    if paragraph_lines > 0 and (line_first < 0 or size == 0):
                        if out[Count.PARAGRAPHS] < REPEAT_LIMIT:
                            paragraphs[n_paragraphs] = finish(paragraph)
                            paragraph_chars[n_paragraphs] = paragraph_length
                            n_paragraphs += 1
                        out[Count.PARAGRAPHS] += 1
                        paragraph = _SEED
                        paragraph_length = 0
                        paragraph_lines = 0
                    line = _SEED
                    line_first = -1
                    line_words = n_words
                    line_stops = out[Count.STOP_WORDS]
                    line_sentences = out[Count.SENTENCES]
                    line_longest = 0
                    tail = 0
                    holds = 0
                    bracket = np.int64(-1)
                    h1 = h2 = h3 = np.uint64(0)  # a phrase stands in one line
                    if size == 0:
                        break
                    out[Count.NEWLINES] += 1
                hist[c.SEPARATORS] += 1
                chars += 1
                i += size
                continue
            # 3. A visible character (or an invisible one that is no white space).
            category = (prop >> _SHIFT) & _CATEGORY
            hist[category] += 1
            own_letters += np.int64(prop >> _OWN_SHIFT) & 1
            folded = cp
            upper = 0
            if prop & c.FOLDS:
                folded = np.int64(casing[cp] & _FOLDED)
                upper = casing[cp] >> c.UPPER_SHIFT
            run = (run ^ np.uint64(folded)) * _P1
            in_run = True
            if line_first < 0:
                line_first = chars
                out[Count.BULLET_LINES] += (prop & c.BULLET) != 0
            line_last = chars
            chars += 1
            dots = dots + 1 if cp == 46 else 0
            if prop & _MIND:
                if is_not_normal(prop, cp, starter, before, combining, pairs):
                    out[Count.NOT_NORMAL] = 1
                before = combining[cp]
            else:
                before = np.uint8(0)
            if before == 0:
                starter = cp
            i += size
            if kind == c.EXTEND or kind == c.FORMAT:
                if inside and kind == c.EXTEND:
                    h = (h ^ np.uint64(cp)) * _P1
                    w_chars += 1
                continue
            if (
                inside
                or kind == c.LETTER
                or kind == c.NUMERIC
                or kind == c.DICTIONARY
                or kind == c.SYLLABLE
                or kind == c.HEBREW
                or kind == c.JOINER
            ):
                tail = 0
                ending = False
                previous = np.int64(-1)
                if not inside:
                    in_word = True
                    w_start = i - size
                    w_chars = 0
                    w_letter = False
                    w_digit = False
                    w_first_upper = upper > 0
                    w_upper = 0
                    h = _SEED
                w_upper += upper
                h = (h ^ np.uint64(folded)) * _P1
                w_chars += 1
                if kind == c.NUMERIC:
                    w_digit = True
                    last = kind
                elif kind == c.JOINER:
                    last = kind
                elif kind < c.JOINER or (kind > c.MID_BOTH and kind != c.DOUBLE_QUOTE):
                    w_letter = True
                    last = kind
                if kind == c.LETTER:  # most characters follow here: letters and their marks, with nothing special
                    first = chars
                    marks = 0
                    while i < end:
                        cp, size = decode(data, i, end)
                        prop = table[cp]
                        if prop & _PLAIN_MASK == _PLAIN:
                            starter = cp
                            folded = cp
                            if prop & c.FOLDS:
                                folded = np.int64(casing[cp] & _FOLDED)
                                w_upper += casing[cp] >> c.UPPER_SHIFT
                            run = (run ^ np.uint64(folded)) * _P1
                            h = (h ^ np.uint64(folded)) * _P1
                            own_letters += np.int64(prop >> _OWN_SHIFT)
                            before = np.uint8(0)
                        elif prop == _PLAIN_MARK or (prop == _REORDERING_MARK and before == 0):
                            run = (run ^ np.uint64(cp)) * _P1
                            h = (h ^ np.uint64(cp)) * _P1
                            marks += 1
                            before = combining[cp]
                            starter = cp if before == 0 else starter
                        else:
                            break
                        chars += 1
                        i += size
                    hist[c.LETTERS] += chars - first - marks
                    hist[c.MARKS] += marks
                    w_chars += chars - first
                    line_last = chars - 1
                continue
            # 4. A mark between words.
            ends = prop & _ENDS
            if cp == c.WORDSPACE and previous == cp:  # typed twice, for want of a key for the Ethiopic full stop
                ends = np.uint16(c.FULL_STOP)
            sign = signs[cp]
            if category == c.PUNCTUATION or category == c.SYMBOLS or category == c.DIGITS:
                symbol_tokens += cp != previous
                out[Count.HASHES] += cp == 35
                out[Count.CURLY_BRACKETS] += cp == 123 or cp == 125
                out[Count.BRACKETS] += (sign & c.BRACKET) != 0
                if sign & c.CLAUSE:
                    out[Count.CLAUSE_MARKS] += 1
                    if unpunctuated >= LONG_RUN_WORDS:
                        out[Count.UNPUNCTUATED_WORDS] += unpunctuated
                    unpunctuated = 0
                if cp == 123:
                    holds |= CURLY
                elif cp == 47 and i - 3 >= offsets[row] and data[i - 2] == 47 and data[i - 3] == 58:
                    out[Count.URLS] += 1
                elif cp == 64 and w_end == i - 1:
                    behind = next_class(data, i, end, table)
                    out[Count.EMAILS] += behind == c.LETTER or behind == c.NUMERIC
            out[Count.ELLIPSES] += cp == 0x2026 or (dots > 0 and dots % 3 == 0)
            previous = cp
            if ends:
                tail = MARK | ELLIPSIS if cp == 0x2026 or dots >= 3 else MARK
                if not ends & c.FULL_STOP:
                    ending = True
                elif n_words > sentence_words:
                    end_sentence(out, n_words - sentence_words)
                    sentence_words = n_words
            elif prop & c.CLOSER:
                if cp == 93 and is_citation(data, bracket, i - 1):
                    tail = bracket_tail
                else:
                    tail = tail & (MARK | ELLIPSIS) | (QUOTE if sign & c.QUOTE else 0)
            else:
                if cp == 91:
                    bracket = i
                    bracket_tail = tail
                tail = 0
                ending = False
        if unpunctuated >= LONG_RUN_WORDS:
            out[Count.UNPUNCTUATED_WORDS] += unpunctuated
        if stopless >= LONG_RUN_WORDS:
            out[Count.STOPLESS_WORDS] += stopless
        out[Count.FINEWEB_NEWLINES] = max(out[Count.FINEWEB_LINES] - 1, 0)
        out[Count.CHARS] = chars
        out[Count.LETTERS] = hist[c.LETTERS]
        out[Count.MARKS] = hist[c.MARKS]
        out[Count.DIGITS] = hist[c.DIGITS]
        out[Count.PUNCTUATION] = hist[c.PUNCTUATION]
        out[Count.SYMBOLS] = hist[c.SYMBOLS]
        out[Count.SEPARATORS] = hist[c.SEPARATORS]
        out[Count.OWN_LETTERS] = own_letters
        out[Count.WORD_CHARS] = all_word_chars
        out[Count.LETTER_WORDS] = letter_words
        out[Count.DIGIT_WORDS] = digit_words
        out[Count.CAPITALISED_WORDS] = capitalised
        out[Count.CAPITAL_WORDS] = capitals
        out[Count.ECHOED_WORDS] = echoed
        out[Count.VISIBLE_RUNS] = runs
        out[Count.SYMBOL_TOKENS] = symbol_tokens
        out[Count.WORDS] = n_words - row_words
        exact[row, 0] = finish(a)
        exact[row, 1] = finish(b)
        word_ends[row + 1] = n_words
        line_ends[row + 1] = n_lines
        paragraph_ends[row + 1] = n_paragraphs
