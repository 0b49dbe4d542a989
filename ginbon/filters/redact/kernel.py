"""The compiled scan for what may be personal data: places in the text, found by shape alone.

Only they meet regular expressions and libraries. ``table`` gives each code point's role, made by ``roles``.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from ginbon.engine.compiling import helper, kernel, read, types, write

EMAIL, NUMBER, MIXED, COLONS = range(4)
KINDS: Final = ("email", "number", "mixed", "colons")
"""Kinds of candidates: around an at sign; a cluster of digits; digits and letters in one word; hexadecimal groups
with colons.
"""

DIGIT, SPACE, DASH, DOT, SLASH, PARENTHESIS, LETTER, AT, COLON, EDGE = range(1, 11)
"""Roles of code points; 0 is none, ``EDGE`` ends an address (white space, brackets, quotes, controls)."""

MIN_DIGITS: Final = 7  # shortest telephone number that is looked for
MAX_FIGURE: Final = 15  # longest telephone number
FULL_DIGITS: Final = 36  # a cluster of so many digits ends at its next space: what follows is one of its own
MAX_DIGITS: Final = 80  # longer ones hold no spaces: they are data
MIN_MIXED, MAX_MIXED, MIXED_DIGITS = 8, 34, 5  # a word with letters: from NIE to IBAN
LOCAL_BYTES, DOMAIN_BYTES = 256, 256


_int: Any = np.int64
_U8, _I64 = read(types.uint8), read(types.int64)
_PLACES: Final = write(types.int64)


@helper
def _role(data: Any, at: int, stop: int, table: Any) -> Any:
    """The role of the code point at ``at`` times 8 plus its length in bytes; role 0 and length 1 for what is no
    UTF-8.
    """
    lead = _int(data[at])
    if lead < 0x80:
        return _int(table[lead]) * 8 + 1
    if lead < 0xC2 or lead > 0xF4:
        return 1
    length = 2 if lead < 0xE0 else 3 if lead < 0xF0 else 4
    if at + length > stop:
        return 1
    code = lead & (0x7F >> length)
    for n in range(1, length):
        byte = _int(data[at + n])
        if byte & 0xC0 != 0x80:
            return 1
        code = (code << 6) | (byte & 0x3F)
    if code > 0x10FFFF:
        return 1
    return _int(table[code]) * 8 + length


@helper
def _cluster(data: Any, at: int, stop: int, table: Any) -> Any:
    """Digits with at most three separators between them: (end of the last digit, whether to look closer).

    A cluster is closed at a space once it has ``FULL_DIGITS``. Worth a closer look are 7 to 15 digits; more where
    something tells numbers from figures (a dash, a bracket, a leading zero, groups of four, no groups); dotted quads.
    """
    digits = dots = between = spaces = groups = fours = 0
    group = 1  # so that the first digit opens no group
    slash = dot = telling = False
    end = at
    while at < stop:
        found = _role(data, at, stop, table)
        role = found >> 3
        if role == DIGIT:
            if between > 0 or digits == 0:
                telling |= data[at] == 48 or data[at] > 127
                dots += 1 if between == 1 and dot else 0
                fours += 1 if group == 4 else 0
                groups += 1
                group = 0
            group += 1
            digits += 1
            between = spaces = 0
            slash = dot = False
            end = at + (found & 7)
        elif SPACE <= role <= PARENTHESIS:
            between += 1
            spaces += 1 if role == SPACE else 0
            slash |= role == SLASH
            dot = role == DOT
            telling |= role in (DASH, PARENTHESIS)
            if between > 3 or spaces > 2 or (slash and spaces > 0) or (spaces > 1 and between < 3):
                break
            if spaces > 0 and digits >= FULL_DIGITS:
                break
        else:
            break
        at += found & 7
    fours += 1 if group == 4 else 0
    worth = MIN_DIGITS <= digits <= MAX_FIGURE or dots >= 3
    if digits > MAX_FIGURE:
        worth = worth or telling or fours >= 3 or groups == 1
    return end, worth and digits <= MAX_DIGITS


@helper
def _address(data: Any, start: int, at: int, stop: int, table: Any) -> Any:
    """The reach of what may be an e-mail address around the at sign at ``at``; an empty one where there is none."""
    found = _role(data, at, stop, table)
    right = at + (found & 7)
    last = min(stop, right + DOMAIN_BYTES)
    dot = _int(-1)
    begin = right
    while right < last:
        found = _role(data, right, stop, table)
        role = found >> 3
        if role in (EDGE, SPACE, AT, SLASH):
            break
        if role == DOT and dot < 0 and right > begin:
            dot = right
        right += found & 7
    right = min(right, stop)
    left = at
    first = max(start, at - LOCAL_BYTES)
    while left > first:
        before = left - 1
        while before > first and data[before] & 0xC0 == 0x80:
            before -= 1
        role = _role(data, before, stop, table) >> 3
        if role in (EDGE, SPACE, AT):
            break
        left = before
    if dot < 0 or dot + 2 > right or left == at:
        return at, at
    return left, right


@helper
def _is_hex(byte: Any) -> Any:
    lower = byte | 32
    return 48 <= byte <= 57 or 97 <= lower <= 102


@helper
def _colons(data: Any, start: int, at: int, stop: int) -> Any:
    """Hexadecimal groups around the colon at ``at``: (where they begin, where they end, whether an address may be
    one).
    """
    low, high, colons = at, at, 0
    while low > start and at - low < 4 and _is_hex(data[low - 1]):
        low -= 1
    while high < stop and high - at < 60 and (_is_hex(data[high]) or data[high] == 58 or data[high] == 46):
        colons += 1 if data[high] == 58 else 0
        high += 1
    return low, high, 2 <= colons <= 7


@helper
def _word(data: Any, start: int, at: int, stop: int, table: Any) -> Any:
    """The ASCII word around the digit at ``at``: (where it begins, where it ends, its digits).

    It begins behind ``start``, where what was found before ends.
    """
    low, high, digits = at, at, 0
    while low > start and data[low - 1] < 0x80 and table[data[low - 1]] == LETTER:
        low -= 1
    while high < stop and data[high] < 0x80 and (table[data[high]] == DIGIT or table[data[high]] == LETTER):
        digits += 1 if table[data[high]] == DIGIT else 0
        high += 1
    return low, high, digits


@kernel(types.int64, _U8, _I64, _U8, read(types.boolean), _PLACES, _PLACES, _PLACES, write(types.uint8))
def find(data: Any, offsets: Any, table: Any, telling: Any, texts: Any, starts: Any, ends: Any, kinds: Any) -> Any:
    """Writes the candidates of all texts in order and returns how many there are (those past the arrays' end are only
    counted).

    ``telling`` has the bytes with which a digit, an at sign or a colon begins: nothing else is looked at.
    """
    count = 0
    room = len(texts)
    for text in range(len(offsets) - 1):
        start, stop = offsets[text], offsets[text + 1]
        at = free = start
        while True:
            while at < stop and not telling[data[at]]:
                at += 1
            if at >= stop:
                break
            found = _role(data, at, stop, table)
            role = found >> 3
            low, high, kind, ahead = at, at, EMAIL, at + (found & 7)
            if role == DIGIT:
                word, ahead, digits = (at, at, 0) if data[at] > 0x7F else _word(data, free, at, stop, table)
                if digits == ahead - word:
                    end, worth = _cluster(data, at, stop, table)
                    high, kind, ahead = end if worth else low, NUMBER, max(end, ahead)
                elif digits >= MIXED_DIGITS and MIN_MIXED <= ahead - word <= MAX_MIXED:
                    low, high, kind = word, ahead, MIXED
                free = ahead
            elif role == AT:
                low, high = _address(data, start, at, stop, table)
            elif role == COLON:
                low, ahead, likely = _colons(data, start, at, stop)
                high, kind, free = ahead if likely else low, COLONS, ahead
            if high > low:
                if count < room:
                    texts[count], starts[count], ends[count], kinds[count] = text, low - start, high - start, kind
                count += 1
            at = ahead
    return count
