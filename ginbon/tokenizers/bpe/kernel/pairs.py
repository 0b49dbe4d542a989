"""The corpus as it is given, or as merges left it, compiled: its types as nodes, and its frequent pairs, with where
each occurs.

Most distinct pairs are rare, and no table of all of them would stay at hand. So pairs are first added up in *buckets*
that many share: what is in a bucket that counts too little need not be looked at.
"""

from __future__ import annotations

from typing import Any

from ginbon.engine.compiling import inlined, kernel, read, types, unsigned, write
from ginbon.tokenizers.bpe.kernel.heap import push
from ginbon.tokenizers.bpe.kernel.layout import (
    AT,
    COUNT,
    FROM,
    LEFT,
    LENGTH,
    MAX_BYTES,
    MIN_COUNT,
    OWNER,
    POOL,
    RARE,
    RECORDS,
    RIGHT,
    SENTINEL,
    SIZE,
    STATE,
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
    at = unsigned(0)
    for row in range(offsets.shape[0] - 1):
        symbols[at] = SENTINEL
        at += unsigned(1)
        for i in range(unsigned(offsets[row]), unsigned(offsets[row + 1])):
            symbols[at] = ids[i]
            at += unsigned(1)
    symbols[at] = SENTINEL


@kernel(types.void, _given_i64, _given_i32, _given_i64, _i64)
def count_ids(offsets: Any, ids: Any, counts: Any, often: Any) -> None:
    """Add up how often each id occurs in the types."""
    for row in range(offsets.shape[0] - 1):
        for i in range(unsigned(offsets[row]), unsigned(offsets[row + 1])):
            often[unsigned(ids[i])] += counts[row]


@kernel(types.int64, _i32, _given_u32, _i64, _i32, _i32)
def close_up(symbols: Any, spans: Any, counts: Any, owners: Any, alone: Any) -> int:
    """Leave each token one node, and no type that has no pair; gives how many nodes that makes.

    ``owners`` are the types of those that are left; ``alone`` gets the one token of a type that is not.
    """
    end, at, row, kept = unsigned(1), unsigned(1), unsigned(0), unsigned(0)
    while at < unsigned(symbols.shape[0]):
        begin = end
        while symbols[at] >= 0:
            token = symbols[at]
            symbols[end] = token
            end += unsigned(1)
            at += unsigned(spans[unsigned(token)])
        at += unsigned(1)
        if end - begin < unsigned(2):
            if end > begin:
                alone[unsigned(owners[row])] = symbols[begin]
            end = begin
        else:
            symbols[end] = SENTINEL
            end += unsigned(1)
            counts[kept] = counts[row]
            owners[kept] = owners[row]
            kept += unsigned(1)
        row += unsigned(1)
    return int(end)


@inlined
def bucket_of(left: Any, right: Any, mask: Any) -> Any:
    """The bucket of a pair."""
    return (unsigned(left) * unsigned(0x9E3779B1) + unsigned(right) * unsigned(0x85EBCA77) >> unsigned(7)) & mask


@kernel(types.void, _given_i32, _given_i64, _i64)
def sum_pairs(symbols: Any, counts: Any, sums: Any) -> None:
    """Add up the pairs in buckets, of which there are a power of two."""
    mask = unsigned(sums.shape[0] - 1)
    row, left = unsigned(0), SENTINEL
    for at in range(unsigned(1), unsigned(symbols.shape[0])):
        right = symbols[at]
        if right < 0:
            row += unsigned(1)
        elif left >= 0:
            sums[bucket_of(left, right, mask)] += counts[row]
        left = right


@kernel(types.int64, _given_i32, _given_i64, _i32, _i64x2, _i32)
def find_pairs(symbols: Any, counts: Any, heads: Any, records: Any, here: Any) -> int:
    """Number and count the distinct pairs, and write to each node which begins there (-1: none).

    ``heads`` has -1 for a bucket whose pairs are wanted, ``RARE`` for others. Gives how many pairs there are; -1 where
    records are too few. FROM of a record is the one before it in its bucket.
    """
    mask = unsigned(heads.shape[0] - 1)
    row, found, left = unsigned(0), 0, SENTINEL
    for at in range(unsigned(1), unsigned(symbols.shape[0])):
        right = symbols[at]
        here[at - unsigned(1)] = -1
        if right < 0:
            row += unsigned(1)
        elif left >= 0 and heads[bucket_of(left, right, mask)] != RARE:
            bucket = bucket_of(left, right, mask)
            record = heads[bucket]
            while record >= 0 and (
                records[unsigned(record), LEFT] != left or records[unsigned(record), RIGHT] != right
            ):
                record = records[unsigned(record), FROM]
            if record < 0:
                if found == records.shape[0]:
                    return -1
                record = found
                found += 1
                records[unsigned(record), LEFT] = left
                records[unsigned(record), RIGHT] = right
                records[unsigned(record), COUNT] = 0
                records[unsigned(record), SIZE] = 0
                records[unsigned(record), FROM] = heads[bucket]
                heads[bucket] = record
            records[unsigned(record), COUNT] += counts[row]
            records[unsigned(record), SIZE] += 1
            here[at - unsigned(1)] = record
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
    row = unsigned(0)
    for at in range(unsigned(1), unsigned(symbols.shape[0] - 1)):
        record = here[at]
        if record >= 0 and records[unsigned(record), LEFT] >= 0:
            end = unsigned(records[unsigned(record), FROM] + records[unsigned(record), SIZE])
            pool[end, AT] = at
            pool[end, OWNER] = row
            records[unsigned(record), SIZE] += 1
        if symbols[at] < 0:
            row += unsigned(1)
