"""Types that part from what the first learning made of them."""

from __future__ import annotations

from typing import Any

from ginbon.engine.compiling import helper
from ginbon.tokenizers.bpe.kernel.guess import IN_ROWS, RECORD, WEIGHT
from ginbon.tokenizers.bpe.kernel.layout import (
    CELLS,
    FROM,
    HOLE,
    LEFT,
    NEED_CELLS,
    RIGHT,
    SEARCHES,
    SENTINEL,
    SIZE,
)
from ginbon.tokenizers.bpe.kernel.listing import list_nodes
from ginbon.tokenizers.bpe.kernel.ranks import rank_of


@helper
def take_out(again: Any, row: Any, weight: Any) -> None:
    """The places of a row occur less often."""
    again.rows[row, WEIGHT] -= weight
    record = again.rows[row, RECORD]
    if record >= 0:
        again.records[record, IN_ROWS] -= weight


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
