"""The words of texts and no signals: a third of the walk's time, for those who want nothing else.

Of every text it writes what ``scan`` writes of it: hashes and places of words, the hash of the whole, whether it may
not be in NFC. The two are held together by a test over all of Unicode.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ginbon.engine.compiling import kernel, read, types, write
from ginbon.filters.kernel import classes as c
from ginbon.filters.kernel.reading import decode, finish, goes_on, is_not_normal

_u8 = read(types.uint8)
_u16 = read(types.uint16)
_u32 = read(types.uint32)
_i32 = read(types.int32)
_i64 = read(types.int64)
_u64 = read(types.uint64)
_out_i64 = write(types.int64)
_out_u64 = write(types.uint64)
_out_u64x2 = write(types.uint64, 2)
_out_bool = write(types.boolean)

# As in ``scan``.
_SEED = np.uint64(0x9E3779B97F4A7C15)
_P1 = np.uint64(0x9E3779B185EBCA87)
_P2 = np.uint64(0xC2B2AE3D27D4EB4F)
_S29 = np.uint64(29)
_S35 = np.uint64(35)
_MASK = np.uint16(c.CLASS_MASK)
_FOLDED = np.int32(c.FOLDED)
_FOLDS = np.uint16(c.FOLDS)
_MIND = np.uint16(c.MAYBE | c.REORDERS | c.NEVER)

_LIMIT = np.int64(c.FOLD_LIMIT)
_NOTHING = np.uint32(0)
_CODE = np.uint32(c.FOLDED)
_COMBINING = np.uint32(c.COMBINING_SHIFT)
_COMBINING_MASK = np.uint32(255)
_LETTER = np.uint32(c.PLAIN_LETTER)


@kernel(
    types.void,
    _u8,  # data: the text buffer
    _i64,  # offsets: rows + 1
    _u16,  # table: properties of code points
    _i32,  # casing: simple case folding
    _u32,  # plain: letters and marks with nothing special
    _u8,  # combining: canonical combining classes
    _u64,  # pairs: code points that compose, an open-addressing table
    _u8,  # starts: words of dictionary runs, as long as data, or empty where there are none
    _out_i64,  # word_ends: rows + 1
    _out_u64,  # words: hashes, in order
    _out_i64,  # spans: start and end of every word, or empty if nobody asks
    _out_u64x2,  # exact: rows x 2
    _out_bool,  # loose: which rows may not be in NFC
)
def find_words(
    data: Any,
    offsets: Any,
    table: Any,
    casing: Any,
    plain: Any,
    combining: Any,
    pairs: Any,
    starts: Any,
    word_ends: Any,
    words: Any,
    spans: Any,
    exact: Any,
    loose: Any,
) -> None:
    """Fill the arrays, row by row; names are those of ``scan``, which says more."""
    n_words = 0
    want_spans = spans.shape[0] > 0
    for row in range(offsets.shape[0] - 1):
        i = offsets[row]
        end = offsets[row + 1]
        not_normal = False
        in_word = False
        counts = False  # the open word has a letter or a digit
        h = _SEED
        w_start = i
        last = np.int64(c.OTHER)
        run = _SEED
        in_run = False
        a = _SEED
        b = _P2
        starter = np.int64(0)
        before = _NOTHING
        while True:
            if i < end:
                cp, size = decode(data, i, end)
                prop = table[cp]
                kind = np.int64(prop & _MASK)
            else:  # the end closes a word as a line feed does
                cp, size = np.int64(10), np.int64(0)
                prop = np.uint16(c.NEWLINE)
                kind = np.int64(c.NEWLINE)
            # 1. Does the open word go on? If not, close it.
            inside = in_word and kind > c.NEWLINE and goes_on(kind, last, cp, data, i, i + size, end, table, starts)
            if in_word and not inside:
                in_word = False
                if counts:
                    words[n_words] = finish(h)
                    if want_spans:
                        spans[2 * n_words] = w_start
                        spans[2 * n_words + 1] = i
                    n_words += 1
            # 2. White space closes the visible run.
            if kind == c.SPACE or kind == c.NEWLINE:
                if in_run:
                    f = finish(run)
                    a = (a ^ f) * _P1
                    b = (b ^ (f >> _S29) ^ (f << _S35)) * _P2
                    run = _SEED
                    in_run = False
                starter = cp
                before = _NOTHING
                if size == 0:
                    break
                i += size
                continue
            # 3. A visible character (or an invisible one that is no white space).
            folded = np.int64(casing[cp] & _FOLDED) if prop & _FOLDS else cp
            run = (run ^ np.uint64(folded)) * _P1
            in_run = True
            if prop & _MIND:
                not_normal |= is_not_normal(prop, cp, starter, before, combining, pairs)
                before = np.uint32(combining[cp])
            else:
                before = _NOTHING
            if before == 0:
                starter = cp
            i += size
            if kind == c.EXTEND or kind == c.FORMAT:
                if inside and kind == c.EXTEND:
                    h = (h ^ np.uint64(cp)) * _P1
                continue
            if not (
                inside
                or kind == c.LETTER
                or kind == c.NUMERIC
                or kind == c.DICTIONARY
                or kind == c.SYLLABLE
                or kind == c.HEBREW
                or kind == c.JOINER
            ):
                continue
            if not inside:
                in_word = True
                w_start = i - size
                counts = False
                h = _SEED
            h = (h ^ np.uint64(folded)) * _P1
            if kind == c.JOINER:
                last = kind
            elif kind < c.JOINER or (kind > c.MID_BOTH and kind != c.DOUBLE_QUOTE):
                counts = True
                last = kind
            # 4. Most characters follow here: words of letters and their marks with nothing special, a space between.
            while kind == c.LETTER:
                while i < end:
                    lead = data[i]
                    if lead < 0x80:
                        known = plain[lead]
                        if known == 0:
                            break
                        run = (run ^ np.uint64(known & _CODE)) * _P1
                        h = (h ^ np.uint64(known & _CODE)) * _P1
                        starter = np.int64(lead)
                        before = _NOTHING
                        i += 1
                        continue
                    if lead & 0xF0 == 0xE0 and i + 2 < end:  # as ``decode`` does it, but with no value to wait for
                        cp = np.int64(lead & 15) << 12 | np.int64(data[i + 1] & 63) << 6 | np.int64(data[i + 2] & 63)
                        known = plain[cp]
                        size = np.int64(3)
                    else:
                        cp, size = decode(data, i, end)
                        known = plain[cp] if cp < _LIMIT else _NOTHING
                    if known == 0:
                        break
                    run = (run ^ np.uint64(known & _CODE)) * _P1
                    h = (h ^ np.uint64(known & _CODE)) * _P1
                    own = known >> _COMBINING & _COMBINING_MASK
                    not_normal |= (own != 0) & (before > own)
                    starter = cp if own == 0 else starter
                    before = own
                    i += size
                if i + 1 >= end or data[i] != 32:
                    break
                cp, size = decode(data, i + 1, end)
                known = plain[cp] if cp < _LIMIT else _NOTHING
                if known & _LETTER == 0:
                    break
                word = finish(h)
                words[n_words] = word
                if want_spans:
                    spans[2 * n_words] = w_start
                    spans[2 * n_words + 1] = i
                n_words += 1
                f = word if run == h else finish(run)  # most runs are a word and nothing else
                a = (a ^ f) * _P1
                b = (b ^ (f >> _S29) ^ (f << _S35)) * _P2
                w_start = i + 1
                i += 1 + size
                h = (_SEED ^ np.uint64(known & _CODE)) * _P1
                run = h
                starter = cp
                before = _NOTHING
        word_ends[row + 1] = n_words
        exact[row, 0] = finish(a)
        exact[row, 1] = finish(b)
        loose[row] = not_normal
