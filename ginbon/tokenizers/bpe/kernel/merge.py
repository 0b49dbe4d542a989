"""Learning merges, compiled: the pair that saves most tokens is merged, again and again.

A heap whose counts are out of date only ever promises too much, since the count of a pair only falls.

Kernels take all memory from their caller. ``merge`` stops where it has too little, and goes on when called again.
"""

from __future__ import annotations

from typing import Any

from ginbon.engine.compiling import kernel, read, types, write
from ginbon.tokenizers.bpe.kernel.heap import pop, push, sink
from ginbon.tokenizers.bpe.kernel.join import apart, has_room, make_token
from ginbon.tokenizers.bpe.kernel.layout import (
    COUNT,
    FROM,
    HEAP,
    LEARNED,
    LEFT,
    MIN_COUNT,
    PAIR,
    POOL,
    RECORDS,
    RIGHT,
    SIZE,
)

_i32 = write(types.int32)
_i64 = write(types.int64)
_i32x2 = write(types.int32, 2)
_i64x2 = write(types.int64, 2)
_u8 = write(types.uint8)
_given_i64 = read(types.int64)
_given_i32x2 = read(types.int32, 2)
_given_bool = read(types.boolean)


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
        count = records[record, COUNT]
        if records[record, LEFT] == records[record, RIGHT]:
            first = records[record, FROM]
            count = apart(nodes, counts, pool, record, first, first + records[record, SIZE])
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
            old = state[RECORDS]
            gains[state[LEARNED]] = count
            make_token(
                nodes, counts, records, pool, pieces, data, table, automaton, accepts, slots, pairs, record, state
            )
            for new in range(old, state[RECORDS]):
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
