"""Which strings occur how often in the types, compiled: positions sorted by what follows, one symbol after another.

A three-way radix quicksort (Bentley and Sedgewick 1997) that leaves alone what is too rare: a group of positions that
share their first symbols is divided by the next one only while it weighs enough. What is left at a position is the
longest string found there; the shorter ones are its parents.
"""

from __future__ import annotations

from typing import Any, Final

from ginbon.engine.compiling import helper, kernel, read, types, write

INSIDE: Final = 1
OPEN: Final = 2
"""Flags of symbols: no string of several begins with it, none ends with it."""

FIRST: Final = 0
LAST: Final = 1
DEPTH: Final = 2
PARENT: Final = 3
SPLIT: Final = 4
"""Columns of ``stack``: a range of positions, how many symbols they share, the string that they are of, and whether the
next symbol is in ``keys`` already."""

FOUND_PARENT: Final = 0
FOUND_SIZE: Final = 1
FOUND_PLACE: Final = 2
FOUND_WEIGHT: Final = 3
"""Columns of ``found``."""

_SHIFT: Final = 40

_u16 = read(types.uint16)
_u8 = read(types.uint8)
_i64 = read(types.int64)
_out_i64 = write(types.int64)
_out_i32 = write(types.int32)
_out_i64x2 = write(types.int64, 2)
_out_i32x2 = write(types.int32, 2)


@kernel(types.int64, _u16, _i64, _i64, types.int64, types.int64, _u8, _out_i32, _out_i64, _out_i64)
def gather(
    text: Any, ends: Any, counts: Any, first: Any, last: Any, flags: Any, node: Any, keys: Any, weights: Any
) -> Any:
    """The positions of symbols from ``first`` up to ``last`` and their weights; gives how many there are.

    Every position's string is its symbol alone for now; those where no longer one may begin are left out.
    """
    n = 0
    at = 0
    for row in range(ends.shape[0]):
        while at < ends[row]:
            symbol = text[at]
            if first <= symbol < last:
                node[at] = symbol - 1
                if at + 1 < ends[row] and not flags[symbol] & INSIDE:
                    keys[n] = at
                    weights[n] = counts[row]
                    n += 1
            at += 1
        at += 1
    return n


@helper
def swap(keys: Any, weights: Any, i: Any, j: Any) -> None:
    """Exchange two positions."""
    keys[i], keys[j] = keys[j], keys[i]
    weights[i], weights[j] = weights[j], weights[i]


@helper
def push(stack: Any, top: Any, first: Any, last: Any, depth: Any, parent: Any, split: Any) -> Any:
    """Put a range onto the stack; gives its new size."""
    stack[top, FIRST] = first
    stack[top, LAST] = last
    stack[top, DEPTH] = depth
    stack[top, PARENT] = parent
    stack[top, SPLIT] = split
    return top + 1


@helper
def look(text: Any, keys: Any, first: Any, last: Any, depth: Any) -> Any:
    """Put the next symbol of each position into its key; whether all have the same, and go on."""
    mask = (1 << _SHIFT) - 1
    one = text[(keys[first] & mask) + depth]
    same = one != 0
    for i in range(first, last):
        at = keys[i] & mask
        symbol = text[at + depth]
        keys[i] = int(symbol) << _SHIFT | at
        same &= symbol == one
    return same


@helper
def settle(keys: Any, node: Any, first: Any, last: Any, found: Any) -> None:
    """What was found at the positions of a range; -1: nothing but the symbol there."""
    for i in range(first, last if found >= 0 else first):
        node[keys[i] & ((1 << _SHIFT) - 1)] = found


@helper
def weigh(weights: Any, first: Any, last: Any) -> Any:
    """How often a range occurs."""
    total = 0
    for i in range(first, last):
        total += weights[i]
    return total


@helper
def part(keys: Any, weights: Any, node: Any, stack: Any, top: Any, least: Any) -> Any:
    """Divide the range on top of the stack by its next symbol: smaller, equal, greater; gives the stack's new size.

    Those with the same symbol are left alone where they weigh less than ``least``.
    """
    first, last = stack[top, FIRST], stack[top, LAST]
    depth, parent = stack[top, DEPTH], stack[top, PARENT]
    a, b, c = keys[first] >> _SHIFT, keys[(first + last) // 2] >> _SHIFT, keys[last - 1] >> _SHIFT
    pivot = max(min(a, b), min(max(a, b), c))
    low, i, high = first, first, last
    while i < high:
        symbol = keys[i] >> _SHIFT
        if symbol < pivot:
            swap(keys, weights, low, i)
            low += 1
            i += 1
        elif symbol > pivot:
            high -= 1
            swap(keys, weights, i, high)
        else:
            i += 1
    if high < last:
        top = push(stack, top, high, last, depth, parent, 1)
    if pivot != 0 and weigh(weights, low, high) >= least:
        top = push(stack, top, low, high, depth + 1, parent, 0)
    else:
        settle(keys, node, low, high, parent)
    if first < low:
        top = push(stack, top, first, low, depth, parent, 1)
    return top


@kernel(
    types.int64,
    _u16,
    _u8,
    types.int64,
    types.int64,
    types.int64,
    _out_i64,
    _out_i64,
    _out_i32,
    _out_i64x2,
    types.int64,
    _out_i32x2,
)
def count(
    text: Any,
    flags: Any,
    longest: Any,
    worth: Any,
    n: Any,
    keys: Any,
    weights: Any,
    node: Any,
    found: Any,
    first_id: Any,
    stack: Any,
) -> Any:
    """Find the strings of 2 to ``longest`` symbols that ``n`` positions begin with and that occur twice or more.

    Each is a row of ``found``: its parent, its symbols, where it stands and how often it occurs; gives how many there
    are. A string that is always followed by the same symbol is left out, and one whose length times count is less than
    ``worth``. ``node`` gets the longest string at each position.
    """
    least = max(2, (worth + longest - 1) // longest)
    ids = 0
    top = push(stack, 0, 0, n, 0, -1, 0) if n else 0
    while top:
        top -= 1
        first, last, depth, parent = stack[top, FIRST], stack[top, LAST], stack[top, DEPTH], stack[top, PARENT]
        if not stack[top, SPLIT]:
            if depth == 1:
                parent = node[keys[first] & ((1 << _SHIFT) - 1)]
            while look(text, keys, first, last, depth) and 0 < depth < longest:
                depth += 1
            place = keys[first] & ((1 << _SHIFT) - 1)
            weight = weigh(weights, first, last)
            if depth > 1 and weight * depth >= worth and not flags[text[place + depth - 1]] & OPEN:
                found[ids, FOUND_PARENT] = parent
                found[ids, FOUND_SIZE] = depth
                found[ids, FOUND_PLACE] = place
                found[ids, FOUND_WEIGHT] = weight
                parent = first_id + ids
                ids += 1
            if depth >= longest:
                settle(keys, node, first, last, parent)
                continue
            stack[top, DEPTH] = depth
            stack[top, PARENT] = parent
        top = part(keys, weights, node, stack, top, least)
    return ids
