"""What learning again needs to know of the merges and types of a first learning, compiled."""

from __future__ import annotations

from typing import Any, Final

from ginbon.engine.compiling import helper, kernel, read, types, unsigned, write

LONGEST: Final = 256
"""Tokens of a type in which repeats are looked for, since that takes the square of them."""

_i32 = write(types.int32)
_i64 = write(types.int64)
_u8 = write(types.uint8)
_given_i32 = read(types.int32)
_given_i64 = read(types.int64)
_given_i32x2 = read(types.int32, 2)


@kernel(types.void, _given_i32x2, types.int64, _i64, _i64, _i64)
def number(pairs: Any, side: Any, places: Any, sizes: Any, free: Any) -> None:
    """Number tokens so that behind each follow those that have it at one side, at once or inside their part there.

    So ``sizes[token]`` of them, itself the first, stand from ``places[token]`` on. ``free`` is of the same length.
    """
    leaves = places.shape[0] - pairs.shape[0]
    sizes[:] = 1
    for merge in range(pairs.shape[0] - 1, -1, -1):
        sizes[pairs[merge, side]] += sizes[leaves + merge]
    place = 0
    for leaf in range(leaves):
        places[leaf] = place
        free[leaf] = place + 1
        place += sizes[leaf]
    for merge in range(pairs.shape[0]):
        part, token = pairs[merge, side], leaves + merge
        places[token] = free[part]
        free[token] = free[part] + 1
        free[part] += sizes[token]


@helper
def repeats(ids: Any, first: Any, end: Any) -> Any:
    """Whether something stands three times in a row."""
    for period in range(1, (end - first) // 3 + 1):
        same = 0
        for i in range(unsigned(first), unsigned(end - period)):
            same = same + 1 if ids[i] == ids[i + unsigned(period)] else 0
            if same == 2 * period:
                return True
    return False


@kernel(types.int64, _given_i64, _given_i32, _i32)
def find_repeats(offsets: Any, ids: Any, found: Any) -> int:
    """The types that hold something three times in a row, or may; gives how many."""
    number = 0
    for row in range(offsets.shape[0] - 1):
        size = offsets[row + 1] - offsets[row]
        if size > LONGEST or repeats(ids, offsets[row], offsets[row + 1]):
            found[number] = row
            number += 1
    return number
