"""The walk: one pass over the text of a batch that counts, and writes out words, lines and hashes.

Nothing after it reads the text again: repetition and shingles work on the hashes of words and lines.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from ginbon.engine.compiling import helper, inlined, kernel, read, types, write
from ginbon.filters.kernel import classes as c
from ginbon.filters.kernel.columns import REPEAT_LIMIT, SHORT_LINE_CHARS, Count

_u8 = read(types.uint8)
_u16 = read(types.uint16)
_i32 = read(types.int32)
_i64 = read(types.int64)
_u64 = read(types.uint64)
_u64x2 = read(types.uint64, 2)
_out_i32 = write(types.int32)
_out_i64 = write(types.int64)
_out_i64x2 = write(types.int64, 2)
_out_u64 = write(types.uint64)
_out_u64x2 = write(types.uint64, 2)

# Odd constants with well spread bits (golden ratio, xxHash's and MurmurHash3's).
_SEED = np.uint64(0x9E3779B97F4A7C15)
_P1 = np.uint64(0x9E3779B185EBCA87)
_P2 = np.uint64(0xC2B2AE3D27D4EB4F)
_P3 = np.uint64(0xFF51AFD7ED558CCD)
_P4 = np.uint64(0xC4CEB9FE1A85EC53)
_S21 = np.uint64(21)
_S29 = np.uint64(29)
_S33 = np.uint64(33)
_S35 = np.uint64(35)
_ONE = np.uint64(1)
_LOW6 = np.uint64(63)

LOREM_IPSUM: Final = 1
JAVASCRIPT: Final = 2
POLICY: Final = 4
PHRASE_WORDS: Final = 4

_MASK = np.uint16(c.CLASS_MASK)
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


@inlined
def finish(h: Any) -> Any:
    """MurmurHash3's finaliser: every bit of the state reaches every bit of the result."""
    h ^= h >> _S33
    h *= _P3
    h ^= h >> _S33
    h *= _P4
    return h ^ (h >> _S33)


@inlined
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


@helper
def next_class(data: Any, i: Any, end: Any, table: Any) -> Any:
    """Word-break class of the next character that is neither a mark nor a joiner; ``OTHER`` at the end."""
    while i < end:
        cp, size = decode(data, i, end)
        kind = table[cp] & _MASK
        if kind != c.EXTEND and kind != c.FORMAT:
            return np.int64(kind)
        i += size
    return np.int64(c.OTHER)


@helper
def goes_on(kind: Any, last: Any, cp: Any, data: Any, i: Any, after: Any, end: Any, table: Any, starts: Any) -> Any:
    """Whether the character at byte ``i`` belongs to the word before it, whose last character is of class ``last``."""
    if kind == c.LETTER or kind == c.NUMERIC or kind == c.HEBREW or kind == c.JOINER:
        return last != c.DICTIONARY and last != c.SYLLABLE
    if kind == c.EXTEND or kind == c.FORMAT:
        return True
    if kind == c.DICTIONARY:
        return last == c.DICTIONARY and starts.shape[0] > 0 and starts[i] == 0
    if last == c.LETTER or last == c.HEBREW:
        if kind == c.MID_LETTER or kind == c.MID_BOTH:
            ahead = next_class(data, after, end, table)
            return ahead == c.LETTER or ahead == c.HEBREW or (last == c.HEBREW and cp == 39)
        if kind == c.DOUBLE_QUOTE and last == c.HEBREW:
            return next_class(data, after, end, table) == c.HEBREW
    elif last == c.NUMERIC and (kind == c.MID_NUMBER or kind == c.MID_BOTH):
        return next_class(data, after, end, table) == c.NUMERIC
    return False


@helper
def count_stop_word(word: Any, row: Any, stops: Any, seen: Any, out: Any) -> None:
    """Look the word up among the stop words; ``seen`` holds the last row in which each was met."""
    mask = np.uint64(stops.shape[0] - 1)
    slot = word & mask
    while stops[slot] != 0:
        if stops[slot] == word:
            out[Count.STOP_WORDS] += 1
            if seen[slot] != row:
                seen[slot] = row
                out[Count.DISTINCT_STOP_WORDS] += 1
            return
        slot = (slot + _ONE) & mask


@helper
def phrases_ending(h0: Any, h1: Any, h2: Any, h3: Any, phrases: Any, kinds: Any) -> Any:
    """Kinds (bits) of the phrases that end with the word ``h0`` behind ``h3 h2 h1``."""
    found = 0
    for k in range(phrases.shape[0]):
        if (
            phrases[k, 0] == h0
            and (phrases[k, 1] == 0 or phrases[k, 1] == h1)
            and (phrases[k, 2] == 0 or phrases[k, 2] == h2)
            and (phrases[k, 3] == 0 or phrases[k, 3] == h3)
        ):
            found |= kinds[k]
    return found


@helper
def is_not_normal(prop: Any, cp: Any, starter: Any, before: Any, combining: Any, pairs: Any) -> Any:
    """Whether this character may keep the text from being NFC: on the safe side where a mark stands between.

    ``starter`` is the last code point of combining class 0, ``before`` the combining class of the one before this.
    """
    if prop & c.NEVER:
        return True
    if prop & c.REORDERS and before > combining[cp]:
        return True
    if not prop & c.MAYBE:
        return False
    if 0x1160 <= cp < 0x1200:  # Hangul vowels and finals compose by arithmetic
        return 0x1100 <= starter < 0x1160 or 0xAC00 <= starter < 0xD7A4
    key = np.uint64(starter) << _S21 | np.uint64(cp)
    mask = np.uint64(pairs.shape[0] - 1)
    slot = finish(key) & mask
    while pairs[slot] != 0:
        if pairs[slot] == key:
            return True
        slot = (slot + _ONE) & mask
    return False


@kernel(
    types.void,
    _u8,  # data: the text buffer
    _i64,  # offsets: rows + 1
    _u16,  # table: properties of code points
    _i32,  # folding
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
    _out_i64,  # paragraph_ends: rows + 1
    _out_u64,  # paragraphs, as many
    _out_i32,  # paragraph_chars
)
def scan(
    data: Any,
    offsets: Any,
    table: Any,
    folding: Any,
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
    paragraph_ends: Any,
    paragraphs: Any,
    paragraph_chars: Any,
) -> None:
    """Fill the arrays, row by row. One long loop: its state lives in registers, and would not in smaller functions."""
    n_words = 0
    n_lines = 0
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
        longest = 0
        symbol_tokens = 0
        # the word that is open
        in_word = False
        h = _SEED
        w_start = i
        w_chars = 0
        w_letter = False
        w_digit = False
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
        tail_mark = False  # the last visible character, closing marks aside, ends a sentence
        tail_ellipsis = False
        line_phrases = 0
        dots = 0
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
            inside = in_word and goes_on(kind, last, cp, data, i, i + size, end, table, starts)
            if in_word and not inside:
                in_word = False
                if w_letter or w_digit:
                    word = finish(h)
                    words[n_words] = word
                    word_chars[n_words] = w_chars
                    if want_spans:
                        spans[2 * n_words] = w_start
                        spans[2 * n_words + 1] = i
                    n_words += 1
                    all_word_chars += w_chars
                    letter_words += w_letter
                    longest = max(longest, w_chars)
                    count_stop_word(word, row, stops, seen, out)
                    if (last_words >> (word & _LOW6)) & _ONE:
                        found = phrases_ending(word, h1, h2, h3, phrases, kinds)
                        line_phrases |= found
                        out[Count.LOREM_IPSUM] += found & LOREM_IPSUM
                    h3 = h2
                    h2 = h1
                    h1 = word
                else:
                    symbol_tokens += 1
            # 2. White space closes the visible run, and a line feed or the end closes the line.
            if kind == c.SPACE or kind == c.NEWLINE:
                if in_run:
                    f = finish(run)
                    line = (line ^ f) * _P1
                    a = (a ^ f) * _P1
                    b = (b ^ (f >> _S29) ^ (f << _S35)) * _P2
                    run = _SEED
                    in_run = False
                if (ending or kind == c.NEWLINE) and n_words > sentence_words:
                    out[Count.SENTENCES] += 1
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
                        if out[Count.LINES] < REPEAT_LIMIT:
                            lines[n_lines] = f
                            line_chars[n_lines] = length
                            n_lines += 1
                        out[Count.LINES] += 1
                        out[Count.LINE_CHARS] += length
                        out[Count.SHORT_LINES] += length <= SHORT_LINE_CHARS
                        out[Count.TERMINAL_LINES] += tail_mark
                        out[Count.ELLIPSIS_LINES] += tail_ellipsis
                        out[Count.JAVASCRIPT_LINES] += (line_phrases & JAVASCRIPT) != 0
                        out[Count.POLICY_LINES] += (line_phrases & POLICY) != 0
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
                    tail_mark = False
                    tail_ellipsis = False
                    line_phrases = 0
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
            folded = np.int64(folding[cp]) if prop & c.FOLDS else cp
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
                tail_mark = False
                tail_ellipsis = False
                ending = False
                previous = np.int64(-1)
                if not inside:
                    in_word = True
                    w_start = i - size
                    w_chars = 0
                    w_letter = False
                    w_digit = False
                    h = _SEED
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
                            folded = np.int64(folding[cp]) if prop & c.FOLDS else cp
                            run = (run ^ np.uint64(folded)) * _P1
                            h = (h ^ np.uint64(folded)) * _P1
                            own_letters += np.int64(prop >> _OWN_SHIFT)
                            before = np.uint8(0)
                        elif prop == _PLAIN_MARK or (prop == _REORDERING_MARK and before == 0):
                            run = (run ^ np.uint64(cp)) * _P1
                            h = (h ^ np.uint64(cp)) * _P1
                            marks += 1
                            before = combining[cp]
                        else:
                            break
                        if before == 0:
                            starter = cp
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
            if category == c.PUNCTUATION or category == c.SYMBOLS or category == c.DIGITS:
                symbol_tokens += cp != previous
                out[Count.HASHES] += cp == 35
                out[Count.CURLY_BRACKETS] += cp == 123 or cp == 125
            out[Count.ELLIPSES] += cp == 0x2026 or (dots > 0 and dots % 3 == 0)
            previous = cp
            if ends:
                tail_mark = True
                tail_ellipsis = cp == 0x2026 or dots >= 3
                if not ends & c.FULL_STOP:
                    ending = True
                elif n_words > sentence_words:
                    out[Count.SENTENCES] += 1
                    sentence_words = n_words
            elif not prop & c.CLOSER:
                tail_mark = False
                tail_ellipsis = False
                ending = False
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
        out[Count.LONGEST_WORD] = longest
        out[Count.SYMBOL_TOKENS] = symbol_tokens
        out[Count.WORDS] = n_words - row_words
        exact[row, 0] = finish(a)
        exact[row, 1] = finish(b)
        word_ends[row + 1] = n_words
        line_ends[row + 1] = n_lines
        paragraph_ends[row + 1] = n_paragraphs
