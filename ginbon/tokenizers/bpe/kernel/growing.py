"""What merging a pair does in rows and nodes, where merges are learned again."""

from __future__ import annotations

from typing import Any

from ginbon.engine.compiling import helper, unsigned
from ginbon.tokenizers.bpe.kernel.guess import BEHIND, FIRST_CELL, IN_ROWS, NODE, RECORD, RECORD_SIZE, TYPE, WEIGHT
from ginbon.tokenizers.bpe.kernel.layout import (
    BYTES,
    CELLS,
    COUNT,
    FOUND,
    HOLE,
    LEARNED,
    LEFT,
    LENGTH,
    NEED_BYTES,
    NEED_CELLS,
    NEED_RECORDS,
    NEXT,
    RECORDS,
    RIGHT,
    SIZE,
)
from ginbon.tokenizers.bpe.kernel.listing import add_cell, choose, enter, new_record, place_row
from ginbon.tokenizers.bpe.kernel.tokens import remember, spell


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
        row = taught.by_right[i]
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
        row = taught.by_right[i]
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
