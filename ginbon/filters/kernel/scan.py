"""The walk: one pass over the text of a batch that counts, and writes out words, lines and hashes.

Nothing after it reads the text again: repetition and shingles work on the hashes of words and lines.
"""

from __future__ import annotations

from typing import Any, Final

from ginbon.filters.kernel.cache import prepare

prepare()

import numpy as np  # noqa: E402
from numba import njit, types  # noqa: E402

from ginbon.filters.kernel import classes as c  # noqa: E402
from ginbon.filters.kernel.columns import SHORT_LINE_CHARS, Count  # noqa: E402

_u8 = types.Array(types.uint8, 1, "C", readonly=True)
_u16 = types.Array(types.uint16, 1, "C", readonly=True)
_i32 = types.Array(types.int32, 1, "C", readonly=True)
_i64 = types.Array(types.int64, 1, "C", readonly=True)
_u64 = types.Array(types.uint64, 1, "C", readonly=True)
_u64x2 = types.Array(types.uint64, 2, "C", readonly=True)
_bool = types.Array(types.boolean, 1, "C", readonly=True)
_out_i32 = types.Array(types.int32, 1, "C")
_out_i64 = types.Array(types.int64, 1, "C")
_out_i64x2 = types.Array(types.int64, 2, "C")
_out_u64 = types.Array(types.uint64, 1, "C")
_out_u64x2 = types.Array(types.uint64, 2, "C")

# Odd constants with well spread bits (golden ratio, xxHash's and MurmurHash3's primes).
_SEED = np.uint64(0x9E3779B97F4A7C15)
_P1 = np.uint64(0x9E3779B185EBCA87)
_P2 = np.uint64(0xC2B2AE3D27D4EB4F)
_P3 = np.uint64(0xFF51AFD7ED558CCD)
_P4 = np.uint64(0xC4CEB9FE1A85EC53)
_S33 = np.uint64(33)
_S29 = np.uint64(29)

LOREM_IPSUM: Final = 0
JAVASCRIPT: Final = 1
POLICY: Final = 2
PHRASE_WORDS: Final = 4

_MASK = np.uint16(c.CLASS_MASK)
_CATEGORY = np.uint16(7)
_SHIFT = np.uint16(c.CATEGORY_SHIFT)
_ENDS = np.uint16(c.TERMINAL | c.FULL_STOP)


@njit(inline="always", nogil=True, error_model="numpy")
def finish(h: Any) -> Any:
    """MurmurHash3's finaliser: every bit of the state reaches every bit of the result."""
    h ^= h >> _S33
    h *= _P3
    h ^= h >> _S33
    h *= _P4
    return h ^ (h >> _S33)


@njit(inline="always", nogil=True, error_model="numpy")
def decode(data: Any, i: Any, end: Any) -> Any:
    """Code point at byte ``i`` and its size in bytes; U+FFFD of one byte where the bytes are no UTF-8."""
    lead = np.int64(data[i])
    if lead < 0x80:
        return lead, np.int64(1)
    if lead < 0xE0:
        if i + 1 < end and lead >= 0xC2:
            return (lead & 31) << 6 | np.int64(data[i + 1] & 63), np.int64(2)
    elif lead < 0xF0:
        if i + 2 < end:
            return (lead & 15) << 12 | np.int64(data[i + 1] & 63) << 6 | np.int64(data[i + 2] & 63), np.int64(3)
    elif i + 3 < end and lead < 0xF5:
        cp = (
            (lead & 7) << 18
            | np.int64(data[i + 1] & 63) << 12
            | np.int64(data[i + 2] & 63) << 6
            | np.int64(data[i + 3] & 63)
        )
        if cp < 0x110000:
            return cp, np.int64(4)
    return np.int64(0xFFFD), np.int64(1)


@njit(nogil=True, error_model="numpy")
def next_class(data: Any, i: Any, end: Any, table: Any) -> Any:
    """Word-break class of the next character that is neither a mark nor a joiner; ``OTHER`` at the end."""
    while i < end:
        cp, size = decode(data, i, end)
        kind = table[cp] & _MASK
        if kind != c.EXTEND and kind != c.FORMAT:
            return kind
        i += size
    return np.uint16(c.OTHER)


@njit(
    types.void(
        _u8,  # data: the text buffer
        _i64,  # offsets: rows + 1
        _u16,  # table: properties of code points
        _i32,  # folding
        types.Array(types.uint8, 1, "C", readonly=True),  # scripts
        _bool,  # own: per script
        _u8,  # starts: words of dictionary runs, as long as data, or empty where there are none
        _u64,  # stops: open-addressing table of hashes of stop words, 0 = free; a power of two long
        _u64x2,  # phrases: hashes of their words, the last word first, 0 where shorter
        _i64,  # kinds of the phrases
        _out_i64x2,  # counts: rows x COUNTED
        _out_u64x2,  # exact: rows x 2
        _out_i64,  # word_ends: rows + 1
        _out_u64,  # words: hashes, in order
        _out_i32,  # word_chars
        _out_i64,  # spans: start and end of every word, or empty if nobody asks
        _out_i64,  # line_ends: rows + 1
        _out_u64,  # lines: hashes of non-blank lines
        _out_i32,  # line_chars
        _out_i64,  # paragraph_ends: rows + 1
        _out_u64,  # paragraphs
        _out_i32,  # paragraph_chars
    ),
    cache=True,
    nogil=True,
    error_model="numpy",
)
def scan(
    data: Any,
    offsets: Any,
    table: Any,
    folding: Any,
    scripts: Any,
    own: Any,
    starts: Any,
    stops: Any,
    phrases: Any,
    kinds: Any,
    counts: Any,
    exact: Any,
    word_ends: Any,
    words: Any,
    word_chars: Any,
    spans: Any,
    line_ends: Any,
    lines: Any,
    line_chars: Any,
    paragraph_ends: Any,
    paragraphs: Any,
    paragraph_chars: Any,
) -> None:
    """Fill the arrays, row by row."""
    n_words = 0
    n_lines = 0
    n_paragraphs = 0
    hist = np.zeros(8, np.int64)
    stop_mask = np.uint64(stops.shape[0] - 1)
    stop_seen = np.full(stops.shape[0], -1, np.int64)
    want_spans = spans.shape[0] > 0
    has_starts = starts.shape[0] > 0
    phrase_mask = np.uint64(0)
    for k in range(phrases.shape[0]):
        phrase_mask |= np.uint64(1) << (phrases[k, 0] & np.uint64(63))
    for row in range(offsets.shape[0] - 1):
        out = counts[row]
        i = offsets[row]
        end = offsets[row + 1]
        out[Count.BYTES] = end - i
        hist[:] = 0
        row_words = n_words
        chars = 0
        # the word that is open
        in_word = False
        h = _SEED
        w_start = i
        w_chars = 0
        w_letter = False
        w_digit = False
        last = np.uint16(c.OTHER)  # class of its last character that is no mark
        h1 = np.uint64(0)  # hashes of the words before
        h2 = np.uint64(0)
        h3 = np.uint64(0)
        # the visible run, the line, the paragraph, the document
        run = _SEED
        in_run = False
        line = _SEED
        line_first = -1
        line_last = 0
        line_tail_mark = False
        line_tail_ellipsis = False
        line_javascript = False
        line_policy = False
        dots = 0
        paragraph = _SEED
        paragraph_length = 0
        paragraph_lines = 0
        a = _SEED
        b = _P2
        sentence_words = n_words
        ending = False  # a terminal mark was seen, what follows decides
        previous = np.int64(-1)
        last_reorders = False
        while True:
            if i < end:
                cp, size = decode(data, i, end)
                prop = table[cp]
                kind = prop & _MASK
            else:
                cp = np.int64(10)  # the end closes word and line as a line feed does
                size = np.int64(0)
                prop = np.uint16(c.NEWLINE)
                kind = np.uint16(c.NEWLINE)
            # 1. does the open word go on?
            goes_on = False
            if in_word:
                if kind == c.LETTER or kind == c.NUMERIC or kind == c.HEBREW or kind == c.JOINER:
                    goes_on = last != c.DICTIONARY and last != c.SYLLABLE
                elif kind == c.EXTEND or kind == c.FORMAT:
                    goes_on = True
                elif kind == c.DICTIONARY:
                    goes_on = last == c.DICTIONARY and has_starts and starts[i] == 0
                elif kind >= c.MID_LETTER and kind <= c.MID_BOTH:
                    if last == c.LETTER or last == c.HEBREW:
                        if kind != c.MID_NUMBER:
                            ahead = next_class(data, i + size, end, table)
                            goes_on = ahead == c.LETTER or ahead == c.HEBREW or (last == c.HEBREW and cp == 39)
                    elif last == c.NUMERIC and kind != c.MID_LETTER:
                        goes_on = next_class(data, i + size, end, table) == c.NUMERIC
                elif kind == c.DOUBLE_QUOTE:
                    goes_on = last == c.HEBREW and next_class(data, i + size, end, table) == c.HEBREW
                if not goes_on:
                    if w_letter or w_digit:
                        hashed = finish(h)
                        words[n_words] = hashed
                        word_chars[n_words] = w_chars
                        if want_spans:
                            spans[2 * n_words] = w_start
                            spans[2 * n_words + 1] = i
                        n_words += 1
                        out[Count.WORD_CHARS] += w_chars
                        if w_letter:
                            out[Count.LETTER_WORDS] += 1
                        if w_chars > out[Count.LONGEST_WORD]:
                            out[Count.LONGEST_WORD] = w_chars
                        slot = hashed & stop_mask
                        while stops[slot] != 0:
                            if stops[slot] == hashed:
                                out[Count.STOP_WORDS] += 1
                                if stop_seen[slot] != row:
                                    stop_seen[slot] = row
                                    out[Count.DISTINCT_STOP_WORDS] += 1
                                break
                            slot = (slot + np.uint64(1)) & stop_mask
                        if (phrase_mask >> (hashed & np.uint64(63))) & np.uint64(1):
                            for k in range(phrases.shape[0]):
                                if (
                                    phrases[k, 0] == hashed
                                    and (phrases[k, 1] == 0 or phrases[k, 1] == h1)
                                    and (phrases[k, 2] == 0 or phrases[k, 2] == h2)
                                    and (phrases[k, 3] == 0 or phrases[k, 3] == h3)
                                ):
                                    if kinds[k] == LOREM_IPSUM:
                                        out[Count.LOREM_IPSUM] += 1
                                    elif kinds[k] == JAVASCRIPT:
                                        line_javascript = True
                                    else:
                                        line_policy = True
                        h3 = h2
                        h2 = h1
                        h1 = hashed
                    else:
                        out[Count.SYMBOL_TOKENS] += 1
                    in_word = False
            # 2. white space and ends of lines close what is open
            if kind == c.SPACE or kind == c.NEWLINE:
                if in_run:
                    f = finish(run)
                    line = (line ^ f) * _P1
                    a = (a ^ f) * _P1
                    b = (b ^ (f >> _S29) ^ (f << np.uint64(35))) * _P2
                    run = _SEED
                    in_run = False
                if ending:
                    ending = False
                    if n_words > sentence_words:
                        out[Count.SENTENCES] += 1
                        sentence_words = n_words
                previous = np.int64(-1)
                dots = 0
                if kind == c.NEWLINE:
                    if line_first >= 0:
                        length = line_last - line_first + 1
                        hashed = finish(line)
                        lines[n_lines] = hashed
                        line_chars[n_lines] = length
                        n_lines += 1
                        out[Count.LINE_CHARS] += length
                        out[Count.SHORT_LINES] += length <= SHORT_LINE_CHARS
                        out[Count.TERMINAL_LINES] += line_tail_mark
                        out[Count.ELLIPSIS_LINES] += line_tail_ellipsis
                        out[Count.JAVASCRIPT_LINES] += line_javascript
                        out[Count.POLICY_LINES] += line_policy
                        paragraph = (paragraph ^ hashed) * _P1
                        paragraph_length += length + (paragraph_lines > 0)
                        paragraph_lines += 1
                    if n_words > sentence_words:
                        out[Count.SENTENCES] += 1
                        sentence_words = n_words
                    if paragraph_lines > 0 and (line_first < 0 or size == 0):
                        paragraphs[n_paragraphs] = finish(paragraph)
                        paragraph_chars[n_paragraphs] = paragraph_length
                        n_paragraphs += 1
                        paragraph = _SEED
                        paragraph_length = 0
                        paragraph_lines = 0
                    line = _SEED
                    line_first = -1
                    line_tail_mark = False
                    line_tail_ellipsis = False
                    line_javascript = False
                    line_policy = False
                    if size == 0:
                        break
                    out[Count.NEWLINES] += 1
                hist[c.SEPARATORS] += 1
                chars += 1
                i += size
                last_reorders = False
                continue
            # 3. a visible character (or an invisible one that is no white space)
            category = (prop >> _SHIFT) & _CATEGORY
            hist[category] += 1
            folded = cp
            if prop & c.FOLDS:
                folded = np.int64(folding[cp])
            run = (run ^ np.uint64(folded)) * _P1
            in_run = True
            if line_first < 0:
                line_first = chars
                if prop & c.BULLET:
                    out[Count.BULLET_LINES] += 1
            line_last = chars
            chars += 1
            if prop & (c.UNSURE | c.REORDERS):
                # conservative: two marks that reorder, or any character that may compose, send the text to NFC
                if prop & c.UNSURE or last_reorders:
                    out[Count.NOT_NORMAL] = 1
                last_reorders = (prop & c.REORDERS) != 0
            else:
                last_reorders = False
            if category == c.LETTERS and own[scripts[cp]]:
                out[Count.OWN_LETTERS] += 1
            dots = dots + 1 if cp == 46 else 0
            if goes_on:
                if kind == c.EXTEND:
                    h = (h ^ np.uint64(cp)) * _P1
                    w_chars += 1
                elif kind != c.FORMAT:
                    h = (h ^ np.uint64(folded)) * _P1
                    w_chars += 1
                    if kind <= c.NUMERIC or kind == c.HEBREW:
                        last = kind
                        if kind == c.NUMERIC:
                            w_digit = True
                        else:
                            w_letter = True
                    elif kind == c.JOINER:
                        last = kind
            elif (
                kind == c.LETTER
                or kind == c.NUMERIC
                or kind == c.DICTIONARY
                or kind == c.SYLLABLE
                or kind == c.HEBREW
                or kind == c.JOINER
            ):
                in_word = True
                w_start = i
                h = (_SEED ^ np.uint64(folded)) * _P1
                w_chars = 1
                last = kind
                w_digit = kind == c.NUMERIC
                w_letter = not w_digit and kind != c.JOINER
            elif kind != c.EXTEND and kind != c.FORMAT:
                # 4. a mark between words
                if category == c.PUNCTUATION or category == c.SYMBOLS or category == c.DIGITS:
                    if cp != previous:
                        out[Count.SYMBOL_TOKENS] += 1
                    previous = cp
                    if cp == 35:
                        out[Count.HASHES] += 1
                    elif cp == 123 or cp == 125:
                        out[Count.CURLY_BRACKETS] += 1
                if cp == 0x2026 or (dots > 0 and dots % 3 == 0):
                    out[Count.ELLIPSES] += 1
                if not prop & c.CLOSER:
                    line_tail_ellipsis = cp == 0x2026 or dots >= 3
                if prop & _ENDS:
                    line_tail_mark = True
                    if prop & c.FULL_STOP:
                        if n_words > sentence_words:
                            out[Count.SENTENCES] += 1
                            sentence_words = n_words
                    else:
                        ending = True
                elif not prop & c.CLOSER:
                    line_tail_mark = False
                    ending = False
                i += size
                continue
            if kind != c.EXTEND and kind != c.FORMAT:
                line_tail_mark = False
                line_tail_ellipsis = False
                ending = False
                previous = np.int64(-1)
            i += size
        out[Count.CHARS] = chars
        out[Count.LETTERS] = hist[c.LETTERS]
        out[Count.MARKS] = hist[c.MARKS]
        out[Count.DIGITS] = hist[c.DIGITS]
        out[Count.PUNCTUATION] = hist[c.PUNCTUATION]
        out[Count.SYMBOLS] = hist[c.SYMBOLS]
        out[Count.SEPARATORS] = hist[c.SEPARATORS]
        out[Count.WORDS] = n_words - row_words
        out[Count.LINES] = n_lines - line_ends[row]
        out[Count.PARAGRAPHS] = n_paragraphs - paragraph_ends[row]
        exact[row, 0] = finish(a)
        exact[row, 1] = finish(b)
        word_ends[row + 1] = n_words
        line_ends[row + 1] = n_lines
        paragraph_ends[row + 1] = n_paragraphs
