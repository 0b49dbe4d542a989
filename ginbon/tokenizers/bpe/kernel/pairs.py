"""The corpus as it is given, compiled: its types as nodes, its pairs, and where each occurs."""

from __future__ import annotations

from typing import Any

from ginbon.engine.compiling import kernel, read, types, write
from ginbon.tokenizers.bpe.kernel.heap import push
from ginbon.tokenizers.bpe.kernel.layout import (
    COUNT,
    FROM,
    LEFT,
    LENGTH,
    MAX_BYTES,
    MIN_COUNT,
    OWNER,
    PAIR,
    POOL,
    RECORDS,
    RIGHT,
    SIZE,
    SPAN,
    STATE,
    SYMBOL,
)
from ginbon.tokenizers.bpe.kernel.tokens import is_allowed, remember, walk

_i32 = write(types.int32)
_i64 = write(types.int64)
_i32x2 = write(types.int32, 2)
_i64x2 = write(types.int64, 2)
_u8 = write(types.uint8)
_given_i32 = read(types.int32)
_given_i64 = read(types.int64)
_given_i32x2 = read(types.int32, 2)
_given_bool = read(types.boolean)


@kernel(types.void, _i64x2, _u8, _i32, _given_i32x2, types.int64)
def know(pieces: Any, data: Any, table: Any, automaton: Any, base: Any) -> None:
    """Enter the base tokens, whose START and LENGTH are given. One without bytes stands for nothing."""
    for token in range(base):
        if pieces[token, LENGTH]:
            remember(pieces, data, table, token)
            pieces[token, STATE] = walk(pieces, data, automaton, 0, token)


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
