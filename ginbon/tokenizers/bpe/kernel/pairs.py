"""The corpus as it is given, or as merges left it, compiled: its types as nodes, and its frequent pairs, with where
each occurs.

Most distinct pairs are rare, and no table of all of them would stay at hand. So pairs are first added up in *buckets*
that many share: what is in a bucket that counts too little need not be looked at.
"""

from __future__ import annotations

from typing import Any

from ginbon.engine.compiling import inlined, kernel, read, types, write
from ginbon.tokenizers.bpe.kernel.heap import push
from ginbon.tokenizers.bpe.kernel.layout import (
    AT,
    COUNT,
    FROM,
    LEFT,
    LENGTH,
    MAX_BYTES,
    MIN_COUNT,
    ONE,
    OWNER,
    POOL,
    RARE,
    RECORDS,
    RIGHT,
    SENTINEL,
    SIZE,
    STATE,
    index,
)
from ginbon.tokenizers.bpe.kernel.tokens import is_allowed, remember, walk

_i32 = write(types.int32)
_i64 = write(types.int64)
_i64x2 = write(types.int64, 2)
_u32x2 = write(types.uint32, 2)
_u8 = write(types.uint8)
_given_i32 = read(types.int32)
_given_u32 = read(types.uint32)
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


@kernel(types.void, _given_i64, _given_i32, _i32)
def lay(offsets: Any, ids: Any, symbols: Any) -> None:
    """Lay the types out as nodes: ``len(ids) + len(offsets)`` of them."""
    at = index(0)
    for row in range(offsets.shape[0] - 1):
        symbols[at] = SENTINEL
        at += ONE
        for i in range(index(offsets[row]), index(offsets[row + 1])):
            symbols[at] = ids[i]
            at += ONE
    symbols[at] = SENTINEL


@kernel(types.int64, _i32, _given_u32, _i64)
def close_up(symbols: Any, spans: Any, counts: Any) -> int:
    """Leave each token one node, and no type that has no pair; gives how many nodes that makes."""
    end, at, row, kept = ONE, ONE, index(0), index(0)
    while at < index(symbols.shape[0]):
        begin = end
        while symbols[at] >= 0:
            token = symbols[at]
            symbols[end] = token
            end += ONE
            at += index(spans[index(token)])
        at += ONE
        if end - begin < index(2):
            end = begin
        else:
            symbols[end] = SENTINEL
            end += ONE
            counts[kept] = counts[row]
            kept += ONE
        row += ONE
    return int(end)


@inlined
def bucket_of(left: Any, right: Any, mask: Any) -> Any:
    """The bucket of a pair."""
    return (index(left) * index(0x9E3779B1) + index(right) * index(0x85EBCA77) >> index(7)) & mask


@kernel(types.void, _given_i32, _given_i64, _i64)
def sum_pairs(symbols: Any, counts: Any, sums: Any) -> None:
    """Add up the pairs in buckets, of which there are a power of two."""
    mask = index(sums.shape[0] - 1)
    row, left = index(0), SENTINEL
    for at in range(ONE, index(symbols.shape[0])):
        right = symbols[at]
        if right < 0:
            row += ONE
        elif left >= 0:
            sums[bucket_of(left, right, mask)] += counts[row]
        left = right


@kernel(types.int64, _given_i32, _given_i64, _i32, _i64x2, _i32)
def find_pairs(symbols: Any, counts: Any, heads: Any, records: Any, here: Any) -> int:
    """Number and count the distinct pairs, and write to each node which begins there (-1: none).

    ``heads`` has -1 for a bucket whose pairs are wanted, ``RARE`` for others. Gives how many pairs there are; -1 where
    records are too few. FROM of a record is the one before it in its bucket.
    """
    mask = index(heads.shape[0] - 1)
    row, found, left = index(0), 0, SENTINEL
    for at in range(ONE, index(symbols.shape[0])):
        right = symbols[at]
        here[at - ONE] = -1
        if right < 0:
            row += ONE
        elif left >= 0 and heads[bucket_of(left, right, mask)] != RARE:
            bucket = bucket_of(left, right, mask)
            record = heads[bucket]
            while record >= 0 and (records[index(record), LEFT] != left or records[index(record), RIGHT] != right):
                record = records[index(record), FROM]
            if record < 0:
                if found == records.shape[0]:
                    return -1
                record = found
                found += 1
                records[index(record), LEFT] = left
                records[index(record), RIGHT] = right
                records[index(record), COUNT] = 0
                records[index(record), SIZE] = 0
                records[index(record), FROM] = heads[bucket]
                heads[bucket] = record
            records[index(record), COUNT] += counts[row]
            records[index(record), SIZE] += 1
            here[at - ONE] = record
        left = right
    return found


@kernel(types.void, _i64x2, _i64x2, _i64x2, _u8, _given_i32x2, _given_bool, types.int64, _i64)
def choose_pairs(
    records: Any, heap: Any, pieces: Any, data: Any, automaton: Any, accepts: Any, found: Any, state: Any
) -> None:
    """Put the pairs that were found and may be merged into the heap, and give each its part of the pool."""
    state[POOL] = 0
    for record in range(found):
        left, right = records[record, LEFT], records[record, RIGHT]
        frequent = records[record, COUNT] >= state[MIN_COUNT]
        if frequent and is_allowed(pieces, data, automaton, accepts, left, right, state[MAX_BYTES]):
            push(heap, state, records, record)
            records[record, FROM] = state[POOL]
            state[POOL] += records[record, SIZE]
        else:
            records[record, LEFT] = -1
        records[record, SIZE] = 0
    state[RECORDS] = found


@kernel(types.void, _given_i32, _given_i32, _i64x2, _u32x2)
def place_pairs(symbols: Any, here: Any, records: Any, pool: Any) -> None:
    """Write where the pairs that were chosen occur."""
    row = index(0)
    for at in range(ONE, index(symbols.shape[0] - 1)):
        record = here[at]
        if record >= 0 and records[index(record), LEFT] >= 0:
            end = index(records[index(record), FROM] + records[index(record), SIZE])
            pool[end, AT] = at
            pool[end, OWNER] = row
            records[index(record), SIZE] += 1
        if symbols[at] < 0:
            row += ONE
