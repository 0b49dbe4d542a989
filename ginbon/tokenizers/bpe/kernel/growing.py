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
    """How often a pair can be joined. Cells of places where it is no more are forgotten."""
    left, right = again.records[record, LEFT], again.records[record, RIGHT]
    total = again.records[record, IN_ROWS]
    cell = again.records[record, FIRST_CELL]
    span = again.spans[left]
    before = -1
    while cell >= 0:
        at = again.cells[cell, NODE]
        behind = again.cells[cell, BEHIND]
        if again.symbols[at] == left and again.symbols[at + span] == right:
            times = run_from(again, at, left, span) // 2 if left == right else 1
            total += again.counts[again.cells[cell, TYPE]] * times
            before = cell
        elif before < 0:
            again.records[record, FIRST_CELL] = behind
        else:
            again.cells[before, BEHIND] = behind
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
def tally(again: Any, side: Any, other: Any, token: Any, weight: Any, in_rows: Any) -> Any:
    """Count places where the new token stands beside another; gives the record of the two."""
    record = int(again.slots[side, other])
    if record < 0:
        record = again.state[FOUND]
        again.state[FOUND] = record + 1
        again.slots[side, other] = record
        new_record(again, record, other if side == LEFT else token, token if side == LEFT else other)
    again.records[record, COUNT] += weight
    again.records[record, IN_ROWS] += in_rows
    return record


@helper
def leave(again: Any, row: Any, news: Any) -> Any:
    """Take a row out of its pair; gives the pair's record, or -1 where nothing at its places matters any more, or
    where its pair is one of the ``news``, which have this number and higher ones."""
    pair = again.rows[row]
    if pair < 0 or pair >= news:
        return -1
    record = int(again.fates[pair])
    if record >= 0 and again.records[record, LEFT] >= 0 and again.weights[row] > 0:
        again.records[record, IN_ROWS] -= again.weights[row]
        return record
    again.rows[row] = -1
    return -1


@helper
def grow_rows(taught: Any, again: Any, merge: Any, token: Any) -> None:
    """Let the ends of rows grow to a new token that the first learning made too, and count the pairs this makes."""
    news = again.state[PAIRS]
    number = news - again.state[RECORDS]
    old = again.old[token]
    begin, end = taught.reach[old, 2], taught.reach[old, 3]
    left_part = again.made[taught.pairs[merge, 0]]
    for row in range(taught.reach[old, 0], taught.reach[old, 1]):
        record = leave(again, row, news)
        if record >= 0:
            right = again.records[record, RIGHT]
            if right == left_part and begin <= taught.right_at[row] < end:  # it grows at both ends
                right = token
            weight = again.weights[row]
            again.rows[row] = number + tally(again, RIGHT, right, token, weight, weight)
    for i in range(begin, end):
        row = taught.by_right[i]
        record = leave(again, row, news)
        if record >= 0:
            weight = again.weights[row]
            again.rows[row] = number + tally(again, LEFT, again.records[record, LEFT], token, weight, weight)


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
