"""Learning merges, compiled: the pair that saves most tokens is merged, again and again.

A heap whose counts are out of date only ever promises too much, since the count of a pair only falls. So the pair at
its top is counted anew, and merged where it keeps the promise.

Kernels take all memory from their caller. ``merge`` stops where it has too little, and goes on when called again.
"""

from __future__ import annotations

from typing import Any

from ginbon.engine.compiling import kernel, read, types, unsigned, write
from ginbon.tokenizers.bpe.kernel.heap import pop, push, sink
from ginbon.tokenizers.bpe.kernel.join import apart, has_room, make_token
from ginbon.tokenizers.bpe.kernel.layout import (
    AT,
    FROM,
    HEAP,
    LEARNED,
    LEFT,
    MIN_COUNT,
    OWNER,
    POOL,
    RECORDS,
    RIGHT,
    SIZE,
)

_i32 = write(types.int32)
_i64 = write(types.int64)
_u32 = write(types.uint32)
_i32x2 = write(types.int32, 2)
_u32x2 = write(types.uint32, 2)
_i64x2 = write(types.int64, 2)
_u8 = write(types.uint8)
_given_i32 = read(types.int32)
_given_u32 = read(types.uint32)
_given_i64 = read(types.int64)
_given_i32x2 = read(types.int32, 2)
_given_bool = read(types.boolean)


@kernel(
    types.boolean,
    _i32,
    _u32,
    _given_i64,
    _i64x2,
    _i64x2,
    _u32x2,
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
    symbols: Any,
    spans: Any,
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
        first = records[record, FROM]
        last = first + records[record, SIZE]
        count = apart(symbols, spans, counts, records, pool, record, first, last)
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
                symbols,
                spans,
                counts,
                records,
                pool,
                pieces,
                data,
                table,
                automaton,
                accepts,
                slots,
                pairs,
                record,
                state,
            )
            for new in range(old, state[RECORDS]):
                push(heap, state, records, new)
            records[record, LEFT] = -1
    return True


@kernel(types.void, _given_i32, _given_u32, _i64x2, _u32x2, _i64)
def tidy(symbols: Any, spans: Any, records: Any, pool: Any, state: Any) -> None:
    """Forget occurrences that are no more, so that the pool has room again."""
    end = unsigned(0)
    for record in range(state[RECORDS]):
        left, right = records[record, LEFT], records[record, RIGHT]
        first, size = unsigned(records[record, FROM]), unsigned(records[record, SIZE])
        begin = end
        if left >= 0:
            span = unsigned(spans[left])
            for i in range(first, first + size):
                at = unsigned(pool[i, AT])
                if symbols[at] == left and symbols[at + span] == right:
                    pool[end, AT] = pool[i, AT]
                    pool[end, OWNER] = pool[i, OWNER]
                    end += unsigned(1)
        records[record, FROM] = begin
        records[record, SIZE] = end - begin
    state[POOL] = end
