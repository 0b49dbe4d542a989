"""Learning merges again from other counts of the same types, compiled.

What a first learning made of the types is taken as a guess. All that its tokens stand beside is kept as *rows*: two
tokens that met at last, either to become a token (a row for each merge) or to stay apart (a row for each such pair). A
row is all the places where they met; its weight is how often these occur. Its *ends* are what stands at these places
so far: the token at the left grows from the last leaf of the row's left token along its right side, the one at the
right along its left side, each when the new learning makes the next of them. In what order it does is all the same.

Where the new learning merges two ends that met to become something else, the types that hold such places part from the
guess: they are laid out as nodes, as they are by then, and merged there as in a first learning. Every count is the sum
over rows and nodes, so that merges are those of a first learning. Types that hold something three times in a row part
before the first merge: of a pair that overlaps itself a row does not know how often it can be joined.
"""

from __future__ import annotations

from typing import Any

from ginbon.engine.compiling import helper, kernel, types, write
from ginbon.tokenizers.bpe.kernel.growing import has_room, make_token, merge_pair, recount
from ginbon.tokenizers.bpe.kernel.guess import AGAIN, CELLS_OF, IN_ROWS, TAUGHT
from ginbon.tokenizers.bpe.kernel.heap import pop, push, sink
from ginbon.tokenizers.bpe.kernel.layout import (
    COUNT,
    HEAP,
    LEARNED,
    LEFT,
    MIN_COUNT,
    NODES,
    PAIRS,
    RECORDS,
    RIGHT,
    SENTINEL,
)
from ginbon.tokenizers.bpe.kernel.listing import choose, enter, find, list_nodes, new_record
from ginbon.tokenizers.bpe.kernel.parting import keep_rows, own_row

_i32 = write(types.int32)
_i64 = write(types.int64)
_i32x2 = write(types.int32, 2)


@kernel(types.void, AGAIN)
def index(again: Any) -> None:
    """Enter all records into an empty table."""
    for record in range(again.state[RECORDS]):
        if again.records[record, LEFT] >= 0:
            enter(again, record)


@kernel(types.void, TAUGHT, _i64, _i64, _i64)
def weigh(taught: Any, counts: Any, often: Any, weights: Any) -> None:
    """How often the places of each row occur, where no type has parted but those that do before the first merge.

    A token is made wherever a type has it at last, and wherever one that it is a part of is made: ``often``.
    """
    for row in range(taught.type_offsets.shape[0] - 1):
        weight = counts[row]
        for i in range(taught.type_offsets[row], taught.type_offsets[row + 1]):
            often[taught.type_ids[i]] += weight
            if taught.type_rows[i] >= 0:
                weights[taught.type_rows[i]] += weight
    leaves = often.shape[0] - taught.pairs.shape[0]
    for merge in range(taught.pairs.shape[0] - 1, -1, -1):
        weight = often[leaves + merge]
        often[taught.pairs[merge, 0]] += weight
        often[taught.pairs[merge, 1]] += weight
        weights[taught.row_of[merge]] = weight


@helper
def tally_first(again: Any, left: Any, right: Any, weight: Any, in_rows: Any) -> Any:
    """Count a pair of leaves; gives its record."""
    record = find(again, left, right)
    if record < 0:
        record = again.state[RECORDS]
        again.state[RECORDS] += 1
        new_record(again, record, left, right)
        enter(again, record)
    again.records[record, COUNT] += weight
    again.records[record, IN_ROWS] += in_rows
    return record


@helper
def lay_leaves(again: Any, owner: Any, ids: Any, first: Any, end: Any) -> None:
    """Lay out a type as nodes, and count its pairs."""
    again.parted[owner] = 1
    node = again.state[NODES]
    again.symbols[node] = SENTINEL
    for i in range(first, end):
        node += 1
        again.symbols[node] = ids[i]
        if i > first:
            tally_first(again, ids[i - 1], ids[i], again.counts[owner], 0)
    again.symbols[node + 1] = SENTINEL
    again.state[NODES] = node + 1


@kernel(types.boolean, TAUGHT, AGAIN, _i32x2, _i32, _i32)
def begin(taught: Any, again: Any, ends: Any, parting: Any, ids: Any) -> bool:
    """List the pairs of leaves, at the ``ends`` of rows and in ``parting`` types; false where records are too few."""
    most = again.records.shape[0] - 1
    for row in range(again.rows.shape[0]):
        again.rows[row] = -1
        weight = again.weights[row]
        if weight > 0:
            if again.state[RECORDS] >= most:
                return False
            again.rows[row] = tally_first(again, ends[row, 0], ends[row, 1], weight, weight)
    for i in range(parting.shape[0]):
        owner = parting[i]
        first, end = taught.offsets[owner], taught.offsets[owner + 1]
        if again.state[RECORDS] + end - first > most:
            return False
        lay_leaves(again, owner, ids, first, end)
    for record in range(again.state[RECORDS]):
        again.fates[record] = record if choose(again, record) else -1
    again.state[PAIRS] = again.state[RECORDS]
    node = 0
    for i in range(parting.shape[0]):
        list_nodes(again, node, parting[i])
        node += taught.offsets[parting[i] + 1] - taught.offsets[parting[i]] + 1
    return True


@kernel(types.boolean, TAUGHT, AGAIN, _i32x2)
def merge_given(taught: Any, again: Any, pairs: Any) -> bool:
    """Merge pairs that were chosen before, in their order: true when all are merged, false to grow."""
    while again.state[LEARNED] < pairs.shape[0]:
        left, right = pairs[again.state[LEARNED], 0], pairs[again.state[LEARNED], 1]
        record = find(again, left, right)
        row = own_row(taught, again, record) if record >= 0 else -1
        if record >= 0 and not keep_rows(taught, again, record, row):
            return False
        if not has_room(again, left, right, again.records[record, CELLS_OF] if record >= 0 else 0):
            return False
        if record < 0:
            make_token(again, left, right, 0)
        else:
            merge_pair(taught, again, record, row, recount(again, record))
            again.records[record, LEFT] = -1
    return True


@kernel(types.void, AGAIN)
def heap_up(again: Any) -> None:
    """Put the pairs that are frequent enough into the heap."""
    for record in range(again.state[RECORDS]):
        if again.records[record, LEFT] >= 0:
            if again.records[record, COUNT] >= again.state[MIN_COUNT]:
                push(again.heap, again.state, again.records, record)
            else:
                again.records[record, LEFT] = -1


@kernel(types.boolean, TAUGHT, AGAIN)
def merge(taught: Any, again: Any) -> bool:
    """Merge the most frequent pair again and again: true when there are enough or none is left, false to grow."""
    records, heap, state = again.records, again.heap, again.state
    while state[LEARNED] < again.out.shape[0] and state[HEAP] > 0:
        record = heap[0, 1]
        count = recount(again, record)
        if count < state[MIN_COUNT]:
            pop(heap, state, records)
            records[record, LEFT] = -1
        elif count < heap[0, 0]:
            heap[0, 0] = count
            sink(heap, state[HEAP], records)
        else:
            row = own_row(taught, again, record)
            if not keep_rows(taught, again, record, row):
                return False
            if not has_room(again, records[record, LEFT], records[record, RIGHT], records[record, CELLS_OF]):
                return False
            pop(heap, state, records)
            old = state[RECORDS]
            merge_pair(taught, again, record, row, count)
            for new in range(old, state[RECORDS]):
                push(heap, state, records, new)
            records[record, LEFT] = -1
    return True
