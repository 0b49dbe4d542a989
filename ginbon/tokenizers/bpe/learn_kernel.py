"""Learning merges, compiled: every pair knows where it occurs, and every place knows which pair begins there.

The types lie one after another as *nodes*, a sentinel before, between and behind them. A token of several base tokens
keeps its first node; its span stands at its first and at its last node, so that both neighbours are one step away.

What makes it fast: a pair's occurrences all come to be in the step that makes its newer token, so they are written
once, in ascending order, and its count only falls from then on. So an occurrence holds while its node still names the
pair, a falling count needs no search, and a heap whose counts are out of date only ever promises too much.

Kernels take all memory from their caller. ``merge`` stops where it has too little, and goes on when called again.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from ginbon.engine.compiling import helper, inlined, kernel, read, types, write

SYMBOL: Final = 0
PAIR: Final = 1
SPAN: Final = 2
OWNER: Final = 3
"""Columns of ``nodes``: the token (-1 in a sentinel), the record of the pair that begins here (-1: none), base tokens
that the token spans, the type."""

LEFT: Final = 0
RIGHT: Final = 1
COUNT: Final = 2
FROM: Final = 3
SIZE: Final = 4
"""Columns of ``records``, one for each pair: its tokens (-1: no longer a pair), how often it occurs in the corpus (for
a token with itself: how often it stands beside itself), and its occurrences in ``pool``."""

START: Final = 0
LENGTH: Final = 1
HASH: Final = 2
STATE: Final = 3
"""Columns of ``pieces``, one for each token: its bytes in ``piece_data``, their hash, where they lead the automaton."""

RECORDS: Final = 0
HEAP: Final = 1
POOL: Final = 2
BYTES: Final = 3
LEARNED: Final = 4
NEXT: Final = 5
MIN_COUNT: Final = 6
MAX_BYTES: Final = 7
NEED_RECORDS: Final = 8
NEED_POOL: Final = 9
NEED_BYTES: Final = 10
FOUND: Final = 11
STATE_SIZE: Final = 12
"""Places in ``state``: how much is used of each array, merges learned, the next new token, limits, what ``merge``
needs to go on, and where the records of new pairs end before they are chosen from."""

_i32 = write(types.int32)
_i64 = write(types.int64)
_i32x2 = write(types.int32, 2)
_i64x2 = write(types.int64, 2)
_u8 = write(types.uint8)
_given_i32 = read(types.int32)
_given_i64 = read(types.int64)
_given_i32x2 = read(types.int32, 2)
_given_bool = read(types.boolean)


# ---- pieces ------------------------------------------------------------------------------------------------------


@inlined
def step(value: Any, byte: Any) -> Any:
    """The hash of some bytes and one more."""
    value = (value ^ byte) * 1099511628211
    return value ^ (value >> 29 & 0x7FFFFFFFF)


@helper
def spell(pieces: Any, data: Any, left: Any, right: Any, token: Any, at: Any) -> Any:
    """Write the bytes of a pair to ``at`` on, as those of ``token``."""
    size = 0
    for part in (left, right):
        start = pieces[part, START]
        for i in range(pieces[part, LENGTH]):
            data[at + size] = data[start + i]
            size += 1
    pieces[token, START] = at
    pieces[token, LENGTH] = size


@helper
def remember(pieces: Any, data: Any, table: Any, token: Any) -> Any:
    """Put a token into the table of pieces; false where its bytes are another token's."""
    value = 1469598103934665603
    start, size = pieces[token, START], pieces[token, LENGTH]
    for i in range(size):
        value = step(value, np.int64(data[start + i]))
    pieces[token, HASH] = value
    mask = table.shape[0] - 1
    slot = value & mask
    while table[slot] >= 0:
        other = table[slot]
        if pieces[other, HASH] == value and pieces[other, LENGTH] == size:
            same = True
            for i in range(size):
                if data[pieces[other, START] + i] != data[start + i]:
                    same = False
                    break
            if same:
                return False
        slot = (slot + 1) & mask
    table[slot] = token
    return True


@helper
def walk(pieces: Any, data: Any, automaton: Any, state: Any, token: Any) -> Any:
    """The automaton's state after a token's bytes."""
    start = pieces[token, START]
    for i in range(start, start + pieces[token, LENGTH]):
        state = automaton[state, data[i]]
    return state


@helper
def is_allowed(pieces: Any, data: Any, automaton: Any, accepts: Any, left: Any, right: Any, max_bytes: Any) -> Any:
    """Whether a pair may become a token."""
    if pieces[left, LENGTH] + pieces[right, LENGTH] > max_bytes:
        return False
    return accepts[walk(pieces, data, automaton, pieces[left, STATE], right)]


@kernel(types.void, _i64x2, _u8, _i32, _given_i32x2, types.int64)
def know(pieces: Any, data: Any, table: Any, automaton: Any, base: Any) -> None:
    """Enter the base tokens, whose START and LENGTH are given. One without bytes stands for nothing."""
    for token in range(base):
        if pieces[token, LENGTH]:
            remember(pieces, data, table, token)
            pieces[token, STATE] = walk(pieces, data, automaton, 0, token)


# ---- the heap ----------------------------------------------------------------------------------------------------


@helper
def comes_first(heap: Any, records: Any, one: Any, other: Any) -> Any:
    """Whether an entry of the heap goes before another: by count, then the left token, then the right one."""
    if heap[one, 0] != heap[other, 0]:
        return heap[one, 0] > heap[other, 0]
    a, b = heap[one, 1], heap[other, 1]
    if records[a, LEFT] != records[b, LEFT]:
        return records[a, LEFT] < records[b, LEFT]
    return records[a, RIGHT] < records[b, RIGHT]


@helper
def swap(heap: Any, one: Any, other: Any) -> None:
    """Exchange two entries."""
    for column in (0, 1):
        kept = heap[one, column]
        heap[one, column] = heap[other, column]
        heap[other, column] = kept


@helper
def sink(heap: Any, size: Any, records: Any) -> None:
    """Move the top entry down to where it belongs."""
    at = 0
    while True:
        child = 2 * at + 1
        if child >= size:
            return
        if child + 1 < size and comes_first(heap, records, child + 1, child):
            child += 1
        if not comes_first(heap, records, child, at):
            return
        swap(heap, at, child)
        at = child


@helper
def push(heap: Any, state: Any, records: Any, record: Any) -> None:
    """Add a pair."""
    at = state[HEAP]
    state[HEAP] = at + 1
    heap[at, 0] = records[record, COUNT]
    heap[at, 1] = record
    while at > 0:
        parent = (at - 1) // 2
        if not comes_first(heap, records, at, parent):
            return
        swap(heap, at, parent)
        at = parent


@helper
def pop(heap: Any, state: Any, records: Any) -> None:
    """Take the top entry away."""
    state[HEAP] -= 1
    swap(heap, 0, state[HEAP])
    sink(heap, state[HEAP], records)


# ---- the pairs of the corpus as it is given ----------------------------------------------------------------------


@kernel(types.void, _given_i64, _given_i32, _i32x2)
def lay(offsets: Any, ids: Any, nodes: Any) -> None:
    """Lay the types out as nodes: ``len(ids) + len(offsets)`` of them."""
    at = 0
    for row in range(offsets.shape[0]):
        end = offsets[row + 1] if row + 1 < offsets.shape[0] else offsets[row]
        nodes[at, SYMBOL] = nodes[at, PAIR] = -1
        nodes[at, SPAN] = 1
        nodes[at, OWNER] = row
        at += 1
        for i in range(offsets[row], end):
            nodes[at, SYMBOL] = ids[i]
            nodes[at, PAIR] = -1
            nodes[at, SPAN] = 1
            nodes[at, OWNER] = row
            at += 1


@kernel(types.int64, _i32x2, _i64, _i32)
def find_pairs(nodes: Any, keys: Any, numbers: Any) -> int:
    """Number the distinct pairs, and write to each node which begins there; the table's size is a power of two."""
    mask = keys.shape[0] - 1
    found = 0
    for at in range(nodes.shape[0] - 1):
        left, right = int(nodes[at, SYMBOL]), int(nodes[at + 1, SYMBOL])
        if left < 0 or right < 0:
            continue
        key = left << 32 | right
        slot = (key * 0x9E3779B97F4A7C1 ^ key >> 7) & mask
        while numbers[slot] >= 0 and keys[slot] != key:
            slot = (slot + 1) & mask
        if numbers[slot] < 0:
            numbers[slot] = found
            keys[slot] = key
            found += 1
        nodes[at, PAIR] = numbers[slot]
    return found


@kernel(types.void, _i32x2, _given_i64, _i64x2, _i64x2, _i32, _i64x2, _u8, _given_i32x2, _given_bool, types.int64, _i64)
def list_pairs(
    nodes: Any,
    counts: Any,
    records: Any,
    heap: Any,
    pool: Any,
    pieces: Any,
    data: Any,
    automaton: Any,
    accepts: Any,
    found: Any,
    state: Any,
) -> None:
    """Count the numbered pairs, list where each occurs, and put those that may be merged into the heap."""
    for at in range(nodes.shape[0]):
        record = nodes[at, PAIR]
        if record >= 0:
            records[record, LEFT] = nodes[at, SYMBOL]
            records[record, RIGHT] = nodes[at + 1, SYMBOL]
            records[record, COUNT] += counts[nodes[at, OWNER]]
            records[record, SIZE] += 1
    end = 0
    for record in range(found):
        left, right = records[record, LEFT], records[record, RIGHT]
        frequent = records[record, COUNT] >= state[MIN_COUNT]
        if frequent and is_allowed(pieces, data, automaton, accepts, left, right, state[MAX_BYTES]):
            push(heap, state, records, record)
            records[record, FROM] = end
            end += records[record, SIZE]
        else:
            records[record, LEFT] = -1
        records[record, SIZE] = 0
    for at in range(nodes.shape[0]):
        record = nodes[at, PAIR]
        if record >= 0:
            if records[record, LEFT] < 0:
                nodes[at, PAIR] = -1
            else:
                pool[records[record, FROM] + records[record, SIZE]] = at
                records[record, SIZE] += 1
    state[RECORDS] = found
    state[POOL] = end


# ---- merging -----------------------------------------------------------------------------------------------------


@helper
def apart(nodes: Any, counts: Any, records: Any, pool: Any, record: Any) -> Any:
    """How often a token and itself can be joined: of three in a row only two are."""
    total = 0
    taken = -1
    for i in range(records[record, FROM], records[record, FROM] + records[record, SIZE]):
        at = pool[i]
        if nodes[at, PAIR] == record and at != taken:
            total += counts[nodes[at, OWNER]]
            taken = at + nodes[at, SPAN]
    return total


@helper
def unpair(nodes: Any, records: Any, at: Any, weight: Any) -> None:
    """The pair that begins at a node is no more."""
    record = nodes[at, PAIR]
    if record >= 0:
        records[record, COUNT] -= weight
        nodes[at, PAIR] = -1


@helper
def tally(records: Any, slots: Any, side: Any, other: Any, token: Any, weight: Any, end: Any) -> Any:
    """Count an occurrence of the new token beside another; gives where records end."""
    record = slots[side, other]
    if record < 0:
        record = end
        end += 1
        slots[side, other] = record
        records[record, LEFT] = other if side == LEFT else token
        records[record, RIGHT] = token if side == LEFT else other
        records[record, COUNT] = 0
        records[record, SIZE] = 0
    records[record, COUNT] += weight
    records[record, SIZE] += 1
    return end


@helper
def count_beside(nodes: Any, counts: Any, records: Any, slots: Any, at: Any, token: Any, end: Any) -> Any:
    """Count the pairs that a new token makes with its neighbours; gives where records end."""
    weight = counts[nodes[at, OWNER]]
    other = nodes[at - nodes[at - 1, SPAN], SYMBOL]
    if other >= 0 and other != token:  # a pair of new tokens is counted at the left one
        end = tally(records, slots, LEFT, other, token, weight, end)
    other = nodes[at + nodes[at, SPAN], SYMBOL]
    if other >= 0:
        end = tally(records, slots, RIGHT, other, token, weight, end)
    return end


@helper
def join(nodes: Any, counts: Any, records: Any, pool: Any, slots: Any, record: Any, token: Any, state: Any) -> Any:
    """Join a pair wherever it occurs, from left to right, and count the pairs that this makes in new records.

    The places are left in the pair's part of the pool; gives how many. What a token stands beside is known when the
    next is joined, while its nodes are still at hand.
    """
    first, end = records[record, FROM], state[RECORDS]
    joined = 0
    for i in range(first, first + records[record, SIZE]):
        at = pool[i]
        if nodes[at, PAIR] != record:
            continue
        after = at + nodes[at, SPAN]
        behind = after + nodes[after, SPAN]
        weight = counts[nodes[at, OWNER]]
        unpair(nodes, records, at - nodes[at - 1, SPAN], weight)
        nodes[at, PAIR] = -1
        unpair(nodes, records, after, weight)
        nodes[at, SYMBOL] = token
        nodes[at, SPAN] = nodes[behind - 1, SPAN] = behind - at
        if joined:
            end = count_beside(nodes, counts, records, slots, pool[first + joined - 1], token, end)
        pool[first + joined] = at
        joined += 1
    if joined:
        end = count_beside(nodes, counts, records, slots, pool[first + joined - 1], token, end)
    state[FOUND] = end
    return joined


@helper
def choose_pairs(
    records: Any, slots: Any, token: Any, pieces: Any, data: Any, automaton: Any, accepts: Any, state: Any
) -> None:
    """Keep, of the new pairs, those that may be merged, and give each its part of the pool."""
    kept = state[RECORDS]
    for record in range(kept, state[FOUND]):
        left, right = records[record, LEFT], records[record, RIGHT]
        side, other = (LEFT, left) if right == token and left != token else (RIGHT, right)
        frequent = records[record, COUNT] >= state[MIN_COUNT]
        if frequent and is_allowed(pieces, data, automaton, accepts, left, right, state[MAX_BYTES]):
            slots[side, other] = kept
            records[kept, LEFT] = left
            records[kept, RIGHT] = right
            records[kept, COUNT] = records[record, COUNT]
            records[kept, FROM] = state[POOL]
            state[POOL] += records[record, SIZE]
            records[kept, SIZE] = 0
            kept += 1
        else:
            slots[side, other] = -1
    state[RECORDS] = kept


@helper
def note(nodes: Any, records: Any, pool: Any, record: Any, at: Any) -> None:
    """A pair occurs at a node."""
    if record >= 0:
        nodes[at, PAIR] = record
        pool[records[record, FROM] + records[record, SIZE]] = at
        records[record, SIZE] += 1


@helper
def place_pairs(nodes: Any, records: Any, pool: Any, slots: Any, first: Any, joined: Any, token: Any) -> None:
    """Write where the new pairs occur."""
    for i in range(first, first + joined):
        at = pool[i]
        before = at - nodes[at - 1, SPAN]
        other = nodes[before, SYMBOL]
        if other >= 0 and other != token:
            note(nodes, records, pool, slots[LEFT, other], before)
        other = nodes[at + nodes[at, SPAN], SYMBOL]
        if other >= 0:
            note(nodes, records, pool, slots[RIGHT, other], at)


@helper
def has_room(records: Any, pool: Any, data: Any, pieces: Any, record: Any, state: Any) -> Any:
    """Whether the arrays can take what a merge may add; what they need is written to ``state``."""
    twice = 2 * records[record, SIZE]
    state[NEED_RECORDS] = state[RECORDS] + min(twice, 2 * (state[NEXT] + 1))
    state[NEED_POOL] = state[POOL] + twice
    size = pieces[records[record, LEFT], LENGTH] + pieces[records[record, RIGHT], LENGTH]
    state[NEED_BYTES] = state[BYTES] + size
    return (
        state[NEED_RECORDS] <= records.shape[0]
        and state[NEED_POOL] <= pool.shape[0]
        and state[NEED_BYTES] <= data.shape[0]
    )


@kernel(
    types.boolean,
    _i32x2,
    _given_i64,
    _i64x2,
    _i64x2,
    _i32,
    _i64x2,
    _u8,
    _i32,
    _given_i32x2,
    _given_bool,
    _i32x2,
    _i32x2,
    _i64,
    _i64,
)
def merge(
    nodes: Any,
    counts: Any,
    records: Any,
    heap: Any,
    pool: Any,
    pieces: Any,
    data: Any,
    table: Any,
    automaton: Any,
    accepts: Any,
    slots: Any,
    pairs: Any,
    gains: Any,
    state: Any,
) -> bool:
    """Merge the most frequent pair again and again: true when there are enough or none is left, false to grow."""
    while state[LEARNED] < pairs.shape[0] and state[HEAP] > 0:
        record = heap[0, 1]
        left, right = records[record, LEFT], records[record, RIGHT]
        count = records[record, COUNT]
        if left == right:
            count = apart(nodes, counts, records, pool, record)
        if count < state[MIN_COUNT]:
            pop(heap, state, records)
            records[record, LEFT] = -1
        elif count < heap[0, 0]:
            heap[0, 0] = count
            sink(heap, state[HEAP], records)
        elif not has_room(records, pool, data, pieces, record, state):
            return False
        else:
            pop(heap, state, records)
            token = state[NEXT]
            spell(pieces, data, left, right, token, state[BYTES])
            if remember(pieces, data, table, token):
                pieces[token, STATE] = walk(pieces, data, automaton, pieces[left, STATE], right)
                pairs[state[LEARNED], 0] = left
                pairs[state[LEARNED], 1] = right
                gains[state[LEARNED]] = count
                state[LEARNED] += 1
                state[NEXT] += 1
                state[BYTES] += pieces[token, LENGTH]
                old = state[RECORDS]
                joined = join(nodes, counts, records, pool, slots, record, token, state)
                choose_pairs(records, slots, token, pieces, data, automaton, accepts, state)
                place_pairs(nodes, records, pool, slots, records[record, FROM], joined, token)
                for new in range(old, state[RECORDS]):
                    slots[LEFT, records[new, LEFT]] = -1
                    slots[RIGHT, records[new, RIGHT]] = -1
                    push(heap, state, records, new)
            records[record, LEFT] = -1
    return True


@kernel(types.void, _i32x2, _i64x2, _i32, _i64)
def tidy(nodes: Any, records: Any, pool: Any, state: Any) -> None:
    """Forget occurrences that are no more, so that the pool has room again."""
    end = 0
    for record in range(state[RECORDS]):
        first, size = records[record, FROM], records[record, SIZE]
        records[record, FROM] = end
        if records[record, LEFT] >= 0:
            for i in range(first, first + size):
                if nodes[pool[i], PAIR] == record:
                    pool[end] = pool[i]
                    end += 1
        records[record, SIZE] = end - records[record, FROM]
    state[POOL] = end
