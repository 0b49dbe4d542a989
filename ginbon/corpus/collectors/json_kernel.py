"""The compiled pass over a block of JSON lines: where each line is, and whether it must be read alone.

One pass at memory speed; searching for each of these things by itself took longer than parsing.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from ginbon.engine.compiling import helper, kernel, read, types, write

USUAL, EMPTY, DOUBTFUL = range(3)

_LINE_END, _OPENER, _LETTER, _NUL = 1, 2, 3, 4

TABLE: Final = np.zeros(256, np.uint8)
"""What each byte is to the loop; 0 is passed over."""
TABLE[ord("\n")] = _LINE_END
TABLE[[ord("{"), ord("[")]] = _OPENER
TABLE[[ord("N"), ord("I")]] = _LETTER
TABLE[0] = _NUL

_READ: Final = read(types.uint8)
_PLACES: Final = write(types.int64)


@helper
def _is_constant(data: Any, at: int) -> bool:
    """Whether ``NaN``, ``Inf`` or ``Infinity`` stands at ``at`` as a value could, not as text usually does."""
    size = data.size
    if at and data[at - 1] not in (58, 44, 91, 45, 32, 9, 13, 10):  # : , [ - and white space
        return False
    if at + 3 > size:
        return False
    end = at + 3
    if data[at] == 78:
        if data[at + 1] != 97 or data[at + 2] != 78:
            return False
    else:
        if data[at + 1] != 110 or data[at + 2] != 102:
            return False
        if end + 5 <= size and data[end] == 105 and data[end + 1] == 110 and data[end + 4] == 121:
            end += 5
    return end >= size or not (65 <= data[end] <= 90 or 97 <= data[end] <= 122)


@kernel(types.int64, _READ, _READ, types.int64, types.int64, types.int64, _PLACES, _PLACES, _PLACES, write(types.uint8))
def survey(
    data: Any, table: Any, begin: int, limit: int, depth: int, starts: Any, stops: Any, ends: Any, states: Any
) -> int:
    """Fill in each line's start, stop (before its end), end (behind it) and state; gives the number of lines.

    ``begin`` is where the first line starts (behind a byte-order mark). A line is doubtful if it does not begin with
    ``{`` and end with ``}``, is longer than ``limit``, or has more than ``depth`` openers, a NUL, or what could be
    ``NaN``.
    """
    size = data.size
    line, start, openers = 0, begin, 0
    doubtful = False
    for at in range(begin, size + 1):
        kind = table[data[at]] if at < size else np.uint8(_LINE_END)
        if kind == 0:
            continue
        if kind == _OPENER:
            openers += 1
        elif kind == _LETTER:
            doubtful = doubtful or _is_constant(data, at)
        elif kind == _NUL:
            doubtful = True
        elif at < size or start < size or line == 0:
            stop = at
            if at < size and stop > start and data[stop - 1] == 13:
                stop -= 1
            starts[line] = start
            stops[line] = stop
            ends[line] = min(at + 1, size)
            if stop == start:
                states[line] = EMPTY
            elif doubtful or openers > depth or stop - start > limit or data[start] != 123 or data[stop - 1] != 125:
                states[line] = DOUBTFUL
            else:
                states[line] = USUAL
            line += 1
            start, openers, doubtful = at + 1, 0, False
    return line
