"""What the kernels of scripts that are written without spaces share: what code points are to them, how they are read
out of UTF-8, and what a slot of a dictionary holds.

Like ``reading``, a file that no kernel stands in: whoever imports a kernel's module compiles it.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from ginbon.engine.compiling import helper

# Roles of a code point in a run: bits 0-2 are the engine that cuts it.
THAI, LAO, KHMER, BURMESE, CJK, NO_ENGINE = range(1, 7)
ENGINES: Final = 7
# Bits 3-4: how it joins what stands before it.
JOIN_SHIFT: Final = 3
SPACELESS, KATAKANA, IDEOGRAPH = range(1, 4)
JOINS: Final = 3
EXTENDS: Final = 1 << 5  # marks, joiners and format controls: never alone
BEGINS: Final = 1 << 6  # may begin a word that no dictionary has
ENDS: Final = 1 << 7  # may end one
NOT_ALONE: Final = 1 << 8  # a mark of one of the four scripts: no word begins with it
SUFFIX: Final = 1 << 9  # Thai abbreviation and repetition signs
COMMON: Final = 1 << 10  # of no script of its own
COMPOSED: Final = 1 << 11  # has another form under NFKC

# Code points with a part of their own.
PAIYANNOI: Final = 0x0E2F
MAIYAMOK: Final = 0x0E46
VOICED, HALF_VOICED = 0x3099, 0x309A

# A slot of a dictionary (``dictionary`` makes them, ``cut`` reads them).
NODE_BITS: Final = 23
VALUE_BITS: Final = 17
"""A slot: its parent's slot + 1, the base of its own children, and its word's cost + 1 (0: no word ends here)."""


@helper
def letter(data: Any, i: Any) -> Any:
    """The code point of three bytes at byte ``i``, as all letters of the four scripts have."""
    return (np.int64(data[i]) & 15) << 12 | (np.int64(data[i + 1]) & 63) << 6 | (np.int64(data[i + 2]) & 63)


@helper
def decode(data: Any, i: Any, end: Any) -> Any:
    """Code point at byte ``i`` and its size in bytes; 0 where the bytes are no UTF-8."""
    lead = np.int64(data[i])
    if lead < 0x80:
        return lead, np.int64(1)
    if lead < 0xE0:
        return ((lead & 31) << 6 | (np.int64(data[i + 1]) & 63) if i + 1 < end else np.int64(0)), np.int64(2)
    if lead < 0xF0:
        return (letter(data, i) if i + 2 < end else np.int64(0)), np.int64(3)
    if i + 3 < end:
        cp = (lead & 7) << 18 | (np.int64(data[i + 1]) & 63) << 12
        cp |= (np.int64(data[i + 2]) & 63) << 6 | (np.int64(data[i + 3]) & 63)
        return (cp if cp < 0x110000 else np.int64(0)), np.int64(4)
    return np.int64(0), np.int64(4)
