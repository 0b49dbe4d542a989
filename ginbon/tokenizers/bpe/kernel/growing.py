"""What merging a pair does in rows and nodes, where merges are learned again."""

from __future__ import annotations

from typing import Any

from ginbon.engine.compiling import helper
from ginbon.tokenizers.bpe.kernel.guess import BEHIND, FIRST_CELL, IN_ROWS, NODE, RECORD_SIZE, TYPE
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
    NEED_PAIRS,
    NEED_RECORDS,
    NEXT,
    PAIRS,
    RECORDS,
    RIGHT,
)
from ginbon.tokenizers.bpe.kernel.listing import add_cell, choose, enter, new_record
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
    """How often a pair can be joined. Cells of places where it is no more are forgotten.

    Nothing here branches on what a cell holds, so that the next ones are read meanwhile: the first cell is none, and
    stands before the pair's first.
    """
    left, right = again.records[record, LEFT], again.records[record, RIGHT]
    total = again.records[record, IN_ROWS]
    cell = again.records[record, FIRST_CELL]
    if cell < 0:
        return total
    span = again.spans[left]
    before = 0
    while cell >= 0:
        at = again.cells[cell, NODE]
        here = int(again.symbols[at] == left) & int(again.symbols[at + span] == right)
        times = run_from(again, at, left, span) // 2 if left == right else 1
        total += again.counts[again.cells[cell, TYPE]] * times * here
        again.cells[before, BEHIND] = cell
        before += (cell - before) * here
        cell = again.cells[cell, BEHIND]
    again.cells[before, BEHIND] = -1
    again.records[record, FIRST_CELL] = again.cells[0, BEHIND]
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
def tally(again: Any, side: Any, other: Any, token: Any, weight: Any) -> Any:
    """Count places where the new token stands beside another; gives the record of the two."""
    record = int(again.slots[side, other])
    if record < 0:
        record = again.state[FOUND]
        again.state[FOUND] = record + 1
        again.slots[side, other] = record
        new_record(again, record, other if side == LEFT else token, token if side == LEFT else other)
    again.records[record, COUNT] += weight
    return record


@helper
def move(again: Any, record: Any, new: Any, weight: Any) -> None:
    """Places of a pair in rows become those of a new one."""
    if weight > 0:
        again.records[record, IN_ROWS] -= weight
        again.records[new, IN_ROWS] += weight
        again.records[new, COUNT] += weight


@helper
def grow_side(taught: Any, again: Any, side: Any, token: Any, part: Any, first: Any, end: Any) -> None:
    """Let one end of some rows grow to a new token, ``side`` being the other one, and count the pairs this makes.

    Rows that follow each other mostly have the same pair, so what becomes of it is looked up once. Where it is
    ``part`` that stands at the other end, that may grow as well.
    """
    news, number = again.state[PAIRS], again.state[PAIRS] - again.state[RECORDS]
    begin, beyond = taught.reach[again.old[token], 2], taught.reach[again.old[token], 3]
    last, record, new, moved, other = -1, -1, -1, 0, -1
    for i in range(first, end):
        row = i if side == RIGHT else taught.by_right[i]
        pair = int(again.rows[row])
        if pair < 0 or pair >= news:
            continue
        if pair != last:
            move(again, record, new, moved)
            last, moved, record = pair, 0, int(again.fates[pair])
            if record >= 0 and again.records[record, LEFT] < 0:
                record = -1
            if record >= 0:
                other = again.records[record, side]
                new = tally(again, side, other, token, 0)
        weight = again.weights[row]
        if record < 0 or weight == 0:
            again.rows[row] = -1
        elif other == part and begin <= taught.right_at[row] < beyond:
            both = tally(again, side, token, token, 0)
            move(again, record, both, weight)
            again.rows[row] = number + both
        else:
            moved += weight
            again.rows[row] = number + new
    move(again, record, new, moved)


@helper
def grow_rows(taught: Any, again: Any, merge: Any, token: Any) -> None:
    """Let the ends of rows grow to a new token that the first learning made too, and count the pairs this makes."""
    old = again.old[token]
    part = again.made[taught.pairs[merge, 0]]
    grow_side(taught, again, RIGHT, token, part, taught.reach[old, 0], taught.reach[old, 1])
    grow_side(taught, again, LEFT, token, -1, taught.reach[old, 2], taught.reach[old, 3])


@helper
def beside(again: Any, joined: Any, token: Any, placing: Any) -> None:
    """Count the pairs that the new token makes in nodes, or (``placing``) list them."""
    span = again.spans[token]
    for i in range(joined):
        at, owner = again.joined[i, NODE], again.joined[i, TYPE]
        other = again.symbols[at - 1]
        if other >= 0 and other != token:  # a pair of new tokens is counted at the left one
            if not placing:
                tally(again, LEFT, other, token, again.counts[owner])
            elif again.slots[LEFT, other] >= 0:
                add_cell(again, again.slots[LEFT, other], at - again.spans[other], owner)
        other = again.symbols[at + span]
        if other >= 0:
            if not placing:
                tally(again, RIGHT, other, token, again.counts[owner])
            elif again.slots[RIGHT, other] >= 0:
                add_cell(again, again.slots[RIGHT, other], at, owner)


@helper
def choose_pairs(again: Any, token: Any) -> None:
    """Keep those of the new pairs that are frequent enough."""
    kept, number = again.state[RECORDS], again.state[PAIRS] - again.state[RECORDS]
    for record in range(kept, again.state[FOUND]):
        left, right = again.records[record, LEFT], again.records[record, RIGHT]
        side, other = (LEFT, left) if left != token else (RIGHT, right)
        again.slots[side, other] = -1
        again.fates[number + record] = -1
        if choose(again, record):
            again.slots[side, other] = kept
            again.fates[number + record] = kept
            for column in range(RECORD_SIZE):
                again.records[kept, column] = again.records[record, column]
            enter(again, kept)
            kept += 1
    again.state[PAIRS] = number + again.state[FOUND]
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
        again.rows[row] = -1
        grow_rows(taught, again, old - (again.made.shape[0] - taught.pairs.shape[0]), token)
    joined = join(again, record, token)
    beside(again, joined, token, False)
    choose_pairs(again, token)
    beside(again, joined, token, True)
    for new in range(first, again.state[RECORDS]):
        left = again.records[new, LEFT]
        side, other = (LEFT, left) if left != token else (RIGHT, again.records[new, RIGHT])
        again.slots[side, other] = -1


@helper
def has_room(again: Any, left: Any, right: Any, cells: Any) -> Any:
    """Whether the arrays can take what a merge may add; what they need is written to ``state``."""
    again.state[NEED_RECORDS] = again.state[RECORDS] + 2 * (again.state[NEXT] + 1)
    again.state[NEED_PAIRS] = again.state[PAIRS] + 2 * (again.state[NEXT] + 1)
    again.state[NEED_CELLS] = again.state[CELLS] + 2 * cells
    again.state[NEED_BYTES] = again.state[BYTES] + again.pieces[left, LENGTH] + again.pieces[right, LENGTH]
    return (
        again.state[NEED_RECORDS] <= again.records.shape[0]
        and again.state[NEED_PAIRS] <= again.fates.shape[0]
        and again.state[NEED_CELLS] <= again.cells.shape[0]
        and again.state[NEED_BYTES] <= again.data.shape[0]
    )
