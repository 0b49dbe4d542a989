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

from typing import Any, Final, NamedTuple

from ginbon.engine.compiling import helper, kernel, types, unsigned, write
from ginbon.tokenizers.bpe.kernel.apply import rank_of
from ginbon.tokenizers.bpe.kernel.heap import pop, push, sink
from ginbon.tokenizers.bpe.kernel.layout import (
    BYTES,
    CELLS,
    COUNT,
    FOUND,
    FROM,
    HEAP,
    HOLE,
    LEARNED,
    LEFT,
    LENGTH,
    MIN_COUNT,
    NEED_BYTES,
    NEED_CELLS,
    NEED_RECORDS,
    NEXT,
    POOL,
    RECORDS,
    RIGHT,
    SEARCHES,
    SENTINEL,
    SIZE,
)
from ginbon.tokenizers.bpe.kernel.tokens import remember, spell

FIRST_CELL: Final = 5
CELLS_OF: Final = 6
IN_ROWS: Final = 7
RECORD_SIZE: Final = 8
"""Columns of ``records`` beside those of a first learning: the pair's first place in nodes (-1: none), how many there
are, and how often it occurs in rows. FROM and SIZE are its rows in the pool."""

RECORD: Final = 0
WEIGHT: Final = 1
"""Columns of ``rows``: the record of what stands left and right at its places so far (-1: none that matters any more,
and never will; -2 and below: the new records from the first on, not chosen from yet), and how often these occur in
types that did not part."""

NODE: Final = 0
TYPE: Final = 1
BEHIND: Final = 2
"""Columns of ``cells``, one for each place of a pair in nodes: its first node, the type, the next cell (-1: none)."""


class Taught(NamedTuple):
    """What a first learning left; tokens have its ids. Nothing of it depends on counts."""

    pairs: Any
    """What each merge joined; tokens below ``tokens - merges`` are leaves."""
    reach: Any
    """Of each token the rows whose left token has it at its right side (from, to), and the places in ``by_right`` of
    those whose right token has it at its left side (from, to)."""
    by_right: Any
    """Rows by their right tokens."""
    merge_of: Any
    """The token that a row's two become; -1: they stay apart."""
    right_at: Any
    """Where each row stands in ``by_right``."""
    row_of: Any
    """The row of each merge."""
    keys: Any
    ranks: Any
    """The merges by their pair."""
    row_offsets: Any
    row_types: Any
    """The types that have the two of a row that stay apart."""
    token_offsets: Any
    token_types: Any
    """The types that have a token at last."""
    parent_offsets: Any
    parents: Any
    """The tokens that are made of a token."""
    type_offsets: Any
    type_ids: Any
    """The tokens that each type became; none of those that part before the first merge."""
    type_rows: Any
    """The row of each of these tokens and the next one of its type; -1 for the last."""
    nodes: Any
    """The node before each type's first."""


class Again(NamedTuple):
    """How far learning again has come; tokens have its own ids."""

    rows: Any
    made: Any
    """The token that each of the first learning's has become, or -1."""
    old: Any
    """Which of the first learning's each token is, or -1."""
    counts: Any
    parted: Any
    """Of types: how often each occurs, whether it parted."""
    symbols: Any
    spans: Any
    records: Any
    heap: Any
    pool: Any
    table: Any
    """Records by their pair."""
    cells: Any
    joined: Any
    slots: Any
    fates: Any
    """Of the new records: what each is among those that are kept, or -1."""
    stack: Any
    queue: Any
    seen: Any
    pieces: Any
    data: Any
    known: Any
    """The table of pieces."""
    out: Any
    gains: Any
    state: Any


_i32 = write(types.int32)
_i64 = write(types.int64)
_u32 = write(types.uint32)
_i32x2 = write(types.int32, 2)
_i64x2 = write(types.int64, 2)
_u8 = write(types.uint8)
_taught = types.NamedTuple(
    (
        *(_i32x2, _i32x2, _i32, _i32, _i32, _i32, _i64, _i32),
        *(_i64, _i32, _i64, _i32, _i64, _i32, _i64, _i32, _i32, _i64),
    ),
    Taught,
)
_again = types.NamedTuple(
    (
        *(_i64x2, _i32, _i32, _i64, _u8, _i32, _i64),
        *(_i64x2, _i64x2, _i32, _i32, _i32x2, _i32x2, _i32x2, _i32, _i32, _i32, _i64),
        *(_i64x2, _u8, _i32, _i32x2, _i64, _i64),
    ),
    Again,
)


# ---- records by their pair ----------------------------------------------------------------------------------------


@helper
def slot_of(left: Any, right: Any, mask: Any) -> Any:
    """Where a pair is looked for first."""
    value = unsigned(left) * unsigned(0x9E3779B97F4A7C15) + unsigned(right) * unsigned(0xC2B2AE3D27D4EB4F)
    return (value ^ value >> unsigned(29)) & mask


@helper
def find(again: Any, left: Any, right: Any) -> Any:
    """The record of a pair; -1 where there is none."""
    mask = unsigned(again.table.shape[0] - 1)
    slot = slot_of(left, right, mask)
    while again.table[slot] >= 0:
        record = unsigned(again.table[slot])
        if again.records[record, LEFT] == left and again.records[record, RIGHT] == right:
            return int(again.table[slot])
        slot = slot + unsigned(1) & mask
    return -1


@helper
def enter(again: Any, record: Any) -> None:
    """Make a record be found."""
    mask = unsigned(again.table.shape[0] - 1)
    slot = slot_of(again.records[record, LEFT], again.records[record, RIGHT], mask)
    while again.table[slot] >= 0:
        slot = slot + unsigned(1) & mask
    again.table[slot] = record


@helper
def new_record(again: Any, record: Any, left: Any, right: Any) -> None:
    """A record of a pair that occurs nowhere yet."""
    again.records[record, LEFT] = left
    again.records[record, RIGHT] = right
    again.records[record, COUNT] = 0
    again.records[record, SIZE] = 0
    again.records[record, FIRST_CELL] = -1
    again.records[record, CELLS_OF] = 0
    again.records[record, IN_ROWS] = 0


@helper
def add_cell(again: Any, record: Any, at: Any, owner: Any) -> None:
    """A pair occurs at a node."""
    cell = again.state[CELLS]
    again.state[CELLS] = cell + 1
    again.cells[cell, NODE] = at
    again.cells[cell, TYPE] = owner
    again.cells[cell, BEHIND] = again.records[record, FIRST_CELL]
    again.records[record, FIRST_CELL] = cell
    again.records[record, CELLS_OF] += 1


@kernel(types.void, _again)
def index(again: Any) -> None:
    """Enter all records into an empty table."""
    for record in range(again.state[RECORDS]):
        if again.records[record, LEFT] >= 0:
            enter(again, record)


# ---- the beginning ------------------------------------------------------------------------------------------------


@kernel(types.void, _taught, _i64, _i64, _i64)
def weigh(taught: Any, counts: Any, often: Any, weights: Any) -> None:
    """How often the places of each row occur, where no type has parted but those that do before the first merge.

    A token is made wherever a type has it at last, and wherever one that it is a part of is made: ``often``.
    """
    for row in range(taught.type_offsets.shape[0] - 1):
        weight = counts[row]
        for i in range(unsigned(taught.type_offsets[row]), unsigned(taught.type_offsets[row + 1])):
            often[unsigned(taught.type_ids[i])] += weight
            if taught.type_rows[i] >= 0:
                weights[unsigned(taught.type_rows[i])] += weight
    leaves = often.shape[0] - taught.pairs.shape[0]
    for merge in range(taught.pairs.shape[0] - 1, -1, -1):
        weight = often[leaves + merge]
        often[taught.pairs[merge, 0]] += weight
        often[taught.pairs[merge, 1]] += weight
        weights[taught.row_of[merge]] = weight


@helper
def tally_first(again: Any, left: Any, right: Any, weight: Any, rows: Any) -> Any:
    """Count a pair of leaves; gives its record."""
    record = find(again, left, right)
    if record < 0:
        record = again.state[RECORDS]
        again.state[RECORDS] += 1
        new_record(again, record, left, right)
        enter(again, record)
    again.records[record, COUNT] += weight
    again.records[record, SIZE] += rows
    again.records[record, IN_ROWS] += weight * rows
    return record


@helper
def lay_leaves(again: Any, node: Any, owner: Any, ids: Any, first: Any, end: Any) -> None:
    """Lay out a type as nodes, and count its pairs."""
    again.parted[owner] = 1
    again.symbols[node] = SENTINEL
    for i in range(first, end):
        node += 1
        again.symbols[node] = ids[i]
        if i > first:
            tally_first(again, ids[i - 1], ids[i], again.counts[owner], 0)
    again.symbols[node + 1] = SENTINEL


@helper
def choose(again: Any, record: Any) -> Any:
    """Give a pair its part of the pool; false where it is too rare, and then it is none."""
    if again.records[record, COUNT] < again.state[MIN_COUNT]:
        again.records[record, LEFT] = -1
        return False
    again.records[record, FROM] = again.state[POOL]
    again.state[POOL] += again.records[record, SIZE]
    again.records[record, SIZE] = 0
    return True


@helper
def place_row(again: Any, row: Any, record: Any) -> None:
    """A row has a pair at its ends. Where it is too rare (-1), so is every other that its ends can become."""
    again.rows[row, RECORD] = record
    if record >= 0:
        again.pool[unsigned(again.records[unsigned(record), FROM] + again.records[unsigned(record), SIZE])] = row
        again.records[unsigned(record), SIZE] += 1


@helper
def list_nodes(again: Any, node: Any, owner: Any) -> None:
    """List the pairs of a type that was laid out as nodes."""
    at = node + 1
    left = again.symbols[at]
    while left >= 0:
        beyond = at + again.spans[left]
        right = again.symbols[beyond]
        if right >= 0:
            record = find(again, left, right)
            if record >= 0:
                add_cell(again, record, at, owner)
        at, left = beyond, right


@kernel(types.boolean, _taught, _again, _i32x2, _i32, _i64, _i32)
def begin(taught: Any, again: Any, ends: Any, parting: Any, offsets: Any, ids: Any) -> bool:
    """List the pairs of leaves, at the ``ends`` of rows and in ``parting`` types; false where records are too few."""
    most = again.records.shape[0] - 1
    for row in range(again.rows.shape[0]):
        again.rows[row, RECORD] = -1
        if again.rows[row, WEIGHT] > 0:
            if again.state[RECORDS] >= most:
                return False
            again.rows[row, RECORD] = tally_first(again, ends[row, 0], ends[row, 1], again.rows[row, WEIGHT], 1)
    for i in range(parting.shape[0]):
        owner = parting[i]
        if again.state[RECORDS] + offsets[owner + 1] - offsets[owner] > most:
            return False
        lay_leaves(again, taught.nodes[owner], owner, ids, offsets[owner], offsets[owner + 1])
    for record in range(again.state[RECORDS]):
        choose(again, record)
    for row in range(again.rows.shape[0]):
        record = again.rows[row, RECORD]
        if record >= 0:
            place_row(again, row, record if again.records[record, LEFT] >= 0 else -1)
    for i in range(parting.shape[0] - 1, -1, -1):
        list_nodes(again, taught.nodes[parting[i]], parting[i])
    return True


# ---- types that part ----------------------------------------------------------------------------------------------


@helper
def take_out(again: Any, row: Any, weight: Any) -> None:
    """The places of a row occur less often."""
    again.rows[row, WEIGHT] -= weight
    record = again.rows[row, RECORD]
    if record >= 0:
        again.records[record, IN_ROWS] -= weight


@helper
def part(taught: Any, again: Any, owner: Any) -> None:
    """Lay out a type as what it is by now, and take it out of the rows."""
    again.parted[owner] = 1
    weight = again.counts[owner]
    if weight == 0:
        return
    leaves = again.made.shape[0] - taught.pairs.shape[0]
    at = taught.nodes[owner]
    again.symbols[at] = SENTINEL
    at += 1
    for i in range(taught.type_offsets[owner], taught.type_offsets[owner + 1]):
        if taught.type_rows[i] >= 0:
            take_out(again, taught.type_rows[i], weight)
        again.stack[0] = taught.type_ids[i]
        top = 1
        while top > 0:
            top -= 1
            token = again.stack[top]
            if again.made[token] >= 0:
                at = put(again, at, again.made[token])
            else:
                merge = token - leaves
                take_out(again, taught.row_of[merge], weight)
                again.stack[top] = taught.pairs[merge, 1]
                again.stack[top + 1] = taught.pairs[merge, 0]
                top += 2
    again.symbols[at] = SENTINEL
    list_nodes(again, taught.nodes[owner], owner)


@helper
def put(again: Any, at: Any, token: Any) -> Any:
    """Write a token to its nodes; gives the node behind it."""
    end = at + again.spans[token]
    for i in range(at + 1, end - 1):
        again.symbols[i] = HOLE
    again.symbols[at] = token
    again.symbols[end - 1] = token
    return end


@helper
def part_all(taught: Any, again: Any, some: Any, first: Any, end: Any) -> Any:
    """Part those of some types that did not; false where there is too little room for cells."""
    for i in range(first, end):
        owner = some[i]
        if again.parted[owner]:
            continue
        again.state[NEED_CELLS] = again.state[CELLS] + taught.nodes[owner + 1] - taught.nodes[owner]
        if again.state[NEED_CELLS] > again.cells.shape[0]:
            return False
        part(taught, again, owner)
    return True


@helper
def part_with(taught: Any, again: Any, token: Any) -> Any:
    """Part all types that hold a token of the first learning; false where there is too little room."""
    again.state[SEARCHES] += 1
    search = again.state[SEARCHES]
    again.queue[0] = token
    again.seen[token] = search
    found = 1
    done = 0
    while done < found:
        one = again.queue[done]
        done += 1
        if not part_all(taught, again, taught.token_types, taught.token_offsets[one], taught.token_offsets[one + 1]):
            return False
        for i in range(taught.parent_offsets[one], taught.parent_offsets[one + 1]):
            whole = taught.parents[i]
            if again.seen[whole] != search:
                again.seen[whole] = search
                again.queue[found] = whole
                found += 1
    return True


@helper
def own_row(taught: Any, again: Any, record: Any) -> Any:
    """The row of the pair, where the first learning merged it; -1 where it did not, or no type is left that did."""
    left, right = again.old[again.records[record, LEFT]], again.old[again.records[record, RIGHT]]
    merge = rank_of(taught.keys, taught.ranks, left, right) if left >= 0 and right >= 0 else -1
    row = taught.row_of[merge] if merge >= 0 else -1
    return row if row >= 0 and again.rows[row, RECORD] == record and again.rows[row, WEIGHT] > 0 else -1


@helper
def keep_rows(taught: Any, again: Any, record: Any, own: Any) -> Any:
    """Part the types in which a pair's tokens were not merged; false where there is too little room."""
    if again.records[record, IN_ROWS] == (again.rows[own, WEIGHT] if own >= 0 else 0):
        return True
    first = again.records[record, FROM]
    for i in range(first, first + again.records[record, SIZE]):
        row = again.pool[i]
        if row == own or again.rows[row, RECORD] != record or again.rows[row, WEIGHT] == 0:
            continue
        token = taught.merge_of[row]
        if token >= 0:
            if not part_with(taught, again, token):
                return False
        elif not part_all(taught, again, taught.row_types, taught.row_offsets[row], taught.row_offsets[row + 1]):
            return False
    return True


# ---- merging ------------------------------------------------------------------------------------------------------


@helper
def run_from(again: Any, at: Any, token: Any, span: Any) -> Any:
    """How many of a token stand in a row from a node on; 0 where the row begins before."""
    if again.symbols[at] != token or again.symbols[at - 1] == token:
        return 0
    size = 0
    while again.symbols[at] == token:
        size += 1
        at += span
    return size


@helper
def recount(again: Any, record: Any) -> Any:
    """How often a pair can be joined. Cells of places where it is no more are forgotten."""
    left, right = again.records[record, LEFT], again.records[record, RIGHT]
    total = again.records[record, IN_ROWS]
    cell = again.records[record, FIRST_CELL]
    span = again.spans[left]
    before = -1
    while cell >= 0:
        at = again.cells[unsigned(cell), NODE]
        behind = again.cells[unsigned(cell), BEHIND]
        if again.symbols[unsigned(at)] == left and again.symbols[unsigned(at + span)] == right:
            times = run_from(again, at, left, span) // 2 if left == right else 1
            total += again.counts[unsigned(again.cells[unsigned(cell), TYPE])] * times
            before = cell
        elif before < 0:
            again.records[record, FIRST_CELL] = behind
        else:
            again.cells[unsigned(before), BEHIND] = behind
        cell = behind
    return total


@helper
def join(again: Any, record: Any, token: Any) -> Any:
    """Join a pair wherever it occurs in nodes; gives how many places there are, which are in ``joined``."""
    left, right = again.records[record, LEFT], again.records[record, RIGHT]
    left_span = again.spans[left]
    cell = again.records[record, FIRST_CELL]
    found = 0
    while cell >= 0:
        at = again.cells[cell, NODE]
        if left == right:
            times = run_from(again, at, left, left_span) // 2
        else:
            times = int(again.symbols[at] == left and again.symbols[at + left_span] == right)
        for _ in range(times):
            again.symbols[at + left_span] = HOLE
            again.symbols[at] = token
            again.symbols[at + again.spans[token] - 1] = token
            again.joined[found, NODE] = at
            again.joined[found, TYPE] = again.cells[cell, TYPE]
            found += 1
            at += again.spans[token]
        cell = again.cells[cell, BEHIND]
    return found


@helper
def tally(again: Any, side: Any, other: Any, token: Any, weight: Any, rows: Any) -> Any:
    """Count places where the new token stands beside another; gives the record of the two."""
    record = int(again.slots[side, unsigned(other)])
    if record < 0:
        record = again.state[FOUND]
        again.state[FOUND] = record + 1
        again.slots[side, unsigned(other)] = record
        new_record(again, unsigned(record), other if side == LEFT else token, token if side == LEFT else other)
    again.records[unsigned(record), COUNT] += weight
    again.records[unsigned(record), SIZE] += rows
    again.records[unsigned(record), IN_ROWS] += weight * rows
    return record


@helper
def leave(again: Any, row: Any) -> Any:
    """Take a row out of its pair; gives the pair's record, or -1 where nothing at its places matters any more."""
    record = again.rows[row, RECORD]
    if record >= 0:
        weight = again.rows[row, WEIGHT]
        if weight > 0 and again.records[unsigned(record), LEFT] >= 0:
            again.records[unsigned(record), IN_ROWS] -= weight
            return record
        again.rows[row, RECORD] = -1
    return -1


@helper
def grow_rows(taught: Any, again: Any, merge: Any, token: Any) -> None:
    """Let the ends of rows grow to a new token that the first learning made too, and count the pairs this makes."""
    rows, records, base = again.rows, again.records, again.state[RECORDS]
    old = again.old[token]
    begin, end = taught.reach[old, 2], taught.reach[old, 3]
    left_part = again.made[taught.pairs[merge, 0]]
    for row in range(unsigned(taught.reach[old, 0]), unsigned(taught.reach[old, 1])):
        record = leave(again, row)
        if record >= 0:
            right = records[unsigned(record), RIGHT]
            if right == left_part and begin <= taught.right_at[row] < end:  # it grows at both ends
                right = token
            rows[row, RECORD] = base - 2 - tally(again, RIGHT, right, token, rows[row, WEIGHT], 1)
    for i in range(unsigned(begin), unsigned(end)):
        row = unsigned(taught.by_right[i])
        record = leave(again, row)
        if record >= 0:
            left = records[unsigned(record), LEFT]
            rows[row, RECORD] = base - 2 - tally(again, LEFT, left, token, rows[row, WEIGHT], 1)


@helper
def place_rows(taught: Any, again: Any, old: Any) -> None:
    """Write which rows have the new pairs."""
    for row in range(unsigned(taught.reach[old, 0]), unsigned(taught.reach[old, 1])):
        if again.rows[row, RECORD] < -1:
            place_row(again, row, again.fates[unsigned(-2 - again.rows[row, RECORD])])
    for i in range(unsigned(taught.reach[old, 2]), unsigned(taught.reach[old, 3])):
        row = unsigned(taught.by_right[i])
        if again.rows[row, RECORD] < -1:
            place_row(again, row, again.fates[unsigned(-2 - again.rows[row, RECORD])])


@helper
def beside(again: Any, joined: Any, token: Any, placing: Any) -> None:
    """Count the pairs that the new token makes in nodes, or (``placing``) list them."""
    span = again.spans[token]
    for i in range(joined):
        at, owner = again.joined[i, NODE], again.joined[i, TYPE]
        other = again.symbols[at - 1]
        if other >= 0 and other != token:  # a pair of new tokens is counted at the left one
            if not placing:
                tally(again, LEFT, other, token, again.counts[owner], 0)
            elif again.slots[LEFT, other] >= 0:
                add_cell(again, again.slots[LEFT, other], at - again.spans[other], owner)
        other = again.symbols[at + span]
        if other >= 0:
            if not placing:
                tally(again, RIGHT, other, token, again.counts[owner], 0)
            elif again.slots[RIGHT, other] >= 0:
                add_cell(again, again.slots[RIGHT, other], at, owner)


@helper
def choose_pairs(again: Any, token: Any) -> None:
    """Keep those of the new pairs that are frequent enough."""
    kept = again.state[RECORDS]
    for record in range(kept, again.state[FOUND]):
        left, right = again.records[record, LEFT], again.records[record, RIGHT]
        side, other = (LEFT, left) if left != token else (RIGHT, right)
        again.slots[side, other] = -1
        again.fates[record - again.state[RECORDS]] = -1
        if choose(again, record):
            again.slots[side, other] = kept
            again.fates[record - again.state[RECORDS]] = kept
            for column in range(RECORD_SIZE):
                again.records[kept, column] = again.records[record, column]
            enter(again, kept)
            kept += 1
    again.state[RECORDS] = kept


@helper
def make_token(again: Any, left: Any, right: Any, count: Any) -> Any:
    """A new token; false where its bytes are one already."""
    token, at = again.state[NEXT], again.state[LEARNED]
    spell(again.pieces, again.data, left, right, token, again.state[BYTES])
    if not remember(again.pieces, again.data, again.known, token):
        return False
    again.spans[token] = again.spans[left] + again.spans[right]
    again.out[at, 0] = left
    again.out[at, 1] = right
    again.gains[at] = count
    again.state[LEARNED] += 1
    again.state[NEXT] += 1
    again.state[BYTES] += again.pieces[token, LENGTH]
    return True


@helper
def merge_pair(taught: Any, again: Any, record: Any, row: Any, count: Any) -> None:
    """Merge a pair in rows and nodes, and list the pairs that this makes. ``row`` is the one that is merged, or -1."""
    token = again.state[NEXT]
    if not make_token(again, again.records[record, LEFT], again.records[record, RIGHT], count):
        return
    again.state[FOUND] = again.state[RECORDS]
    first, old = again.state[RECORDS], -1
    if row >= 0:
        old = taught.merge_of[row]
        again.made[old] = token
        again.old[token] = old
        again.rows[row, RECORD] = -1
        grow_rows(taught, again, old - (again.made.shape[0] - taught.pairs.shape[0]), token)
    joined = join(again, record, token)
    beside(again, joined, token, False)
    choose_pairs(again, token)
    if old >= 0:
        place_rows(taught, again, old)
    beside(again, joined, token, True)
    for new in range(first, again.state[RECORDS]):
        left = again.records[new, LEFT]
        side, other = (LEFT, left) if left != token else (RIGHT, again.records[new, RIGHT])
        again.slots[side, other] = -1


@helper
def has_room(again: Any, left: Any, right: Any, cells: Any) -> Any:
    """Whether the arrays can take what a merge may add; what they need is written to ``state``."""
    again.state[NEED_RECORDS] = again.state[RECORDS] + 2 * (again.state[NEXT] + 1)
    again.state[NEED_CELLS] = again.state[CELLS] + 2 * cells
    again.state[NEED_BYTES] = again.state[BYTES] + again.pieces[left, LENGTH] + again.pieces[right, LENGTH]
    return (
        again.state[NEED_RECORDS] <= again.records.shape[0]
        and again.state[NEED_CELLS] <= again.cells.shape[0]
        and again.state[NEED_BYTES] <= again.data.shape[0]
    )


@kernel(types.boolean, _taught, _again, _i32x2)
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


@kernel(types.void, _again)
def heap_up(again: Any) -> None:
    """Put the pairs that are frequent enough into the heap."""
    for record in range(again.state[RECORDS]):
        if again.records[record, LEFT] >= 0:
            if again.records[record, COUNT] >= again.state[MIN_COUNT]:
                push(again.heap, again.state, again.records, record)
            else:
                again.records[record, LEFT] = -1


@kernel(types.boolean, _taught, _again)
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
