"""Reading characters: code points out of UTF-8, whether a word goes on, whether a text may not be NFC; mixing hashes.

Helpers that the kernels of this folder are compiled with. They may stand in a file of their own, since the folder that
compiled code is kept in is named by the hash of all of them.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from ginbon.engine.compiling import helper, inlined
from ginbon.filters.kernel import classes as c

CITATION_BYTES: Final = 5
"""Digits of a citation such as ``[12]``, at most."""

# MurmurHash3's constants.
_P3 = np.uint64(0xFF51AFD7ED558CCD)
_P4 = np.uint64(0xC4CEB9FE1A85EC53)
_S21 = np.uint64(21)
_S33 = np.uint64(33)
_ONE = np.uint64(1)
_MASK = np.uint16(c.CLASS_MASK)


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


@helper
def is_blank(data: Any, i: Any, end: Any, table: Any) -> Any:
    """Whether nothing but white space stands from byte ``i`` to ``end``."""
    while i < end:
        cp, size = decode(data, i, end)
        if table[cp] & _MASK != c.SPACE:
            return False
        i += size
    return True


@helper
def is_citation(data: Any, first: Any, last: Any) -> Any:
    """Whether the bytes between an opening square bracket and the closing one are digits, and few."""
    if first < 0 or last - first > CITATION_BYTES:
        return False
    for i in range(first, last):
        if data[i] < 48 or data[i] > 57:
            return False
    return last >= first


@helper
def is_address(data: Any, i: Any, end: Any, first: Any) -> Any:
    """Whether the word from byte ``i`` to ``end`` begins with ``www.``, and no slash stands before it."""
    return (
        i + 3 < end
        and data[i] | 32 == 119
        and data[i + 1] | 32 == 119
        and data[i + 2] | 32 == 119
        and data[i + 3] == 46
        and not (i > first and data[i - 1] == 47)
    )
