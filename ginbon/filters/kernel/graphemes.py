"""Where graphemes end: UAX #29's extended grapheme clusters of Unicode 16, what readers take for one character."""

from __future__ import annotations

from functools import cache
from typing import Any, Final

import numpy as np

from ginbon.engine.compiling import helper, kernel, read, types, write
from ginbon.filters.kernel.roles import decode
from ginbon.languages import scripts

# Grapheme_Cluster_Break: bits 0-3.
OTHER, CR, LF, CONTROL, EXTEND, JOINER, REGIONAL, PREPEND, SPACING, L, V, T, LV, LVT = range(14)
CLASS_MASK: Final = 15
PICTURE: Final = 1 << 4  # Extended_Pictographic
# Indic_Conjunct_Break: bits 5-6.
CONJUNCT_SHIFT: Final = 5
CONSONANT, CONJUNCT_EXTEND, LINKER = range(1, 4)

# What the cluster that is open ends with, beside the class of its last character.
PLAIN, PICTURE_OPEN, PICTURE_JOINED, CONSONANT_OPEN, CONSONANT_LINKED = range(5)

_u8 = read(types.uint8)
_i64 = read(types.int64)
_out_i64 = write(types.int64)


@cache
def properties() -> Any:
    """uint8 per code point: its classes, from the data of the installed ICU."""
    table = np.zeros(0x110000, np.uint8)
    names = ("CR", "LF", "Control", "Extend", "ZWJ", "Regional_Indicator", "Prepend", "SpacingMark")
    for value, name in enumerate((*names, "L", "V", "T", "LV", "LVT"), start=1):
        table[scripts.members(f"[:GCB={name}:]")] = value
    table[scripts.members("[:ExtPict:]")] |= PICTURE
    for value, name in enumerate(("Consonant", "Extend", "Linker"), start=1):
        table[scripts.members(f"[:InCB={name}:]")] |= value << CONJUNCT_SHIFT
    table.setflags(write=False)
    return table


@helper
def goes_on(last: Any, kind: Any, state: Any, prop: Any, regionals: Any) -> Any:
    """Whether a character of class ``kind`` belongs to the cluster whose last one is of class ``last`` (GB3-GB13)."""
    if last == CR:
        return kind == LF
    if last in (LF, CONTROL) or kind in (CR, LF, CONTROL):
        return False
    if kind in (EXTEND, JOINER, SPACING) or last == PREPEND:
        return True
    if last == L:
        return kind in (L, V, LV, LVT)
    if last in (LV, V):
        return kind in (V, T)
    if last in (LVT, T):
        return kind == T
    if state == PICTURE_JOINED and prop & PICTURE:
        return True
    if state == CONSONANT_LINKED and (prop >> CONJUNCT_SHIFT) == CONSONANT:
        return True
    return kind == REGIONAL and last == REGIONAL and regionals & 1 == 1


@helper
def state_behind(state: Any, kind: Any, prop: Any) -> Any:
    """What a cluster ends with once this character is in it."""
    conjunct = prop >> CONJUNCT_SHIFT
    if prop & PICTURE:
        return PICTURE_OPEN
    if conjunct == CONSONANT:
        return CONSONANT_OPEN
    if state == PICTURE_OPEN and kind in (EXTEND, JOINER):
        return PICTURE_OPEN if kind == EXTEND else PICTURE_JOINED
    if state in (CONSONANT_OPEN, CONSONANT_LINKED) and conjunct != 0:
        return CONSONANT_LINKED if conjunct == LINKER else state
    return PLAIN


@kernel(types.void, _u8, _i64, _u8, _out_i64, _out_i64)
def find_graphemes(data: Any, offsets: Any, table: Any, ends: Any, stops: Any) -> None:
    """Write the byte at which every grapheme ends, counted from the beginning of its text.

    Those of text ``row`` are ``ends[row]`` to ``ends[row + 1]``; ``stops`` has room for one a byte.
    """
    found = 0
    for row in range(offsets.shape[0] - 1):
        start = offsets[row]
        end = offsets[row + 1]
        i = start
        last = np.int64(OTHER)
        state = np.int64(PLAIN)
        regionals = 0
        while i < end:
            cp, size = decode(data, i, end)
            prop = np.int64(table[cp])
            kind = prop & CLASS_MASK
            # Where neither this character nor what stands before it has a class, nothing holds them together.
            if i > start and prop | last | state != 0 and goes_on(last, kind, state, prop, regionals):
                found -= 1
            regionals = regionals + 1 if kind == REGIONAL else 0
            state = np.int64(state_behind(state, kind, prop)) if prop | state else np.int64(PLAIN)
            last = kind
            i = min(i + size, end)
            stops[found] = i - start
            found += 1
        ends[row + 1] = found
