"""What learning again needs to know of the merges and types of a first learning, compiled."""

from __future__ import annotations

from typing import Any, Final

from ginbon.engine.compiling import helper, kernel, read, types, write

LONGEST: Final = 256
"""Tokens of a type in which repeats are looked for; of a longer one it is taken for granted that it has some."""

_i32 = write(types.int32)
_i64 = write(types.int64)
_given_i32 = read(types.int32)
_given_i64 = read(types.int64)
_given_i32x2 = read(types.int32, 2)


@kernel(types.void, _given_i32x2, types.int64, _i32, _i32, _i32, _i32)
def number(pairs: Any, side: Any, places: Any, sizes: Any, leaf: Any, free: Any) -> None:
    """Number tokens so that behind each follow those that have it at one side, at once or inside their part there.

    So ``sizes[token]`` of them, itself the first, stand from ``places[token]`` on; ``leaf[place]`` is the one at that
    side of the token there. All, ``free`` too, are of one length.
    """
    leaves = places.shape[0] - pairs.shape[0]
    sizes[:] = 1
    for merge in range(pairs.shape[0] - 1, -1, -1):
        sizes[pairs[merge, side]] += sizes[leaves + merge]
    place = 0
    for token in range(leaves):
        places[token] = place
        leaf[place] = token
        free[token] = place + 1
        place += sizes[token]
    for merge in range(pairs.shape[0]):
        part, token = pairs[merge, side], leaves + merge
        places[token] = free[part]
        leaf[free[part]] = leaf[places[part]]
        free[token] = free[part] + 1
        free[part] += sizes[token]


@kernel(types.void, _given_i32, _given_i32, _i64, _i32)
def sort(items: Any, numbers: Any, offsets: Any, ordered: Any) -> None:
    """Items in the order of their numbers, and as they came where these are the same.

    Those of number ``n`` stand from ``offsets[n]`` to ``offsets[n + 1]``. ``offsets`` begin as zeros, one more than
    there are numbers, and one more behind them.
    """
    for i in range(items.shape[0]):
        offsets[numbers[items[i]] + 2] += 1
    for number in range(2, offsets.shape[0]):
        offsets[number] += offsets[number - 1]
    for i in range(items.shape[0]):
        at = numbers[items[i]] + 1
        ordered[offsets[at]] = items[i]
        offsets[at] += 1


@kernel(types.void, _given_i32x2, _given_i64, _given_i32, _given_i32, _given_i32, _i32, _i32, _i32, _i32)
def list_meetings(
    pairs: Any, offsets: Any, ids: Any, by_left: Any, by_right: Any, owners: Any, at: Any, lefts: Any, rights: Any
) -> None:
    """Wherever two tokens met: in each merge, then in each type between two of its tokens (where: ``at``).

    ``lefts`` and ``rights`` are the numbers of the tokens (``by_left``, ``by_right``), ``owners`` the type of each id.
    """
    found = pairs.shape[0]
    for merge in range(found):
        lefts[merge] = by_left[pairs[merge, 0]]
        rights[merge] = by_right[pairs[merge, 1]]
    for owner in range(offsets.shape[0] - 1):
        for i in range(offsets[owner], offsets[owner + 1]):
            owners[i] = owner
            if i > offsets[owner]:
                at[found] = i - 1
                lefts[found] = by_left[ids[i - 1]]
                rights[found] = by_right[ids[i]]
                found += 1


@kernel(types.int64, *[_given_i32] * 5, _i32, _i32, _i32, _i64, _i32, _i32)
def make_rows(
    ordered: Any,
    lefts: Any,
    rights: Any,
    at: Any,
    owners: Any,
    first: Any,
    row_of: Any,
    type_rows: Any,
    row_offsets: Any,
    row_types: Any,
    row_rights: Any,
) -> int:
    """Make one row of the meetings of the same two tokens that became one, and one of those that did not.

    ``ordered`` are the meetings by left and right number, merges first. Gives how many rows there are; ``first`` is a
    meeting of each, ``row_rights`` the number of its right token.
    """
    row, apart, merges = -1, 0, row_of.shape[0]
    for i in range(ordered.shape[0]):
        one = ordered[i]
        if row < 0 or first[row] < merges or lefts[one] != lefts[first[row]] or rights[one] != row_rights[row]:
            row += 1
            first[row] = one
            row_offsets[row] = apart
            row_rights[row] = rights[one]
        if one < merges:
            row_of[one] = row
        else:
            type_rows[at[one]] = row
            row_types[apart] = owners[at[one]]
            apart += 1
    row_offsets[row + 1] = apart
    return row + 1


@helper
def repeats(ids: Any, first: Any, end: Any) -> Any:
    """Whether something stands three times in a row: as many places as twice its size are the same one size on.

    One in that many is looked at, and where it is the same those around it.
    """
    for period in range(1, (end - first) // 3 + 1):
        last = end - period
        for i in range(first + 2 * period - 1, last, 2 * period):
            if ids[i] == ids[i + period]:
                begin = i
                while begin > first and ids[begin - 1] == ids[begin - 1 + period]:
                    begin -= 1
                beyond = i + 1
                while beyond < last and ids[beyond] == ids[beyond + period]:
                    beyond += 1
                if beyond - begin >= 2 * period:
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
