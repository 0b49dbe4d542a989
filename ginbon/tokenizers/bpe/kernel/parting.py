"""Types that part from what the first learning made of them."""

from __future__ import annotations

from typing import Any

from ginbon.engine.compiling import helper
from ginbon.tokenizers.bpe.kernel.guess import IN_ROWS
from ginbon.tokenizers.bpe.kernel.layout import (
    CELLS,
    LEFT,
    NEED_CELLS,
    NODES,
    RIGHT,
    SEARCHES,
    SENTINEL,
)
from ginbon.tokenizers.bpe.kernel.listing import list_nodes
from ginbon.tokenizers.bpe.kernel.ranks import rank_of


@helper
def record_of(again: Any, row: Any) -> Any:
    """The record of what stands at the ends of a row; -1 where it has none."""
    pair = again.rows[row]
    return int(again.fates[pair]) if pair >= 0 else -1


@helper
def take_out(again: Any, row: Any, weight: Any) -> None:
    """The places of a row occur less often."""
    again.weights[row] -= weight
    record = record_of(again, row)
    if record >= 0:
        again.records[record, IN_ROWS] -= weight


@helper
def put(again: Any, at: Any, token: Any) -> Any:
    """Write a token to its nodes, of which the first and the last are ever looked at; gives the node behind it."""
    end = at + again.spans[token]
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
    first = again.state[NODES]
    again.symbols[first] = SENTINEL
    at = first + 1
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
    again.state[NODES] = at
    list_nodes(again, first, owner)


@helper
def part_all(taught: Any, again: Any, some: Any, first: Any, end: Any) -> Any:
    """Part those of some types that did not; false where there is too little room for cells."""
    for i in range(first, end):
        owner = some[i]
        if again.parted[owner]:
            continue
        again.state[NEED_CELLS] = again.state[CELLS] + taught.offsets[owner + 1] - taught.offsets[owner]
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
    return row if row >= 0 and record_of(again, row) == record and again.weights[row] > 0 else -1


@helper
def part_row(taught: Any, again: Any, row: Any) -> Any:
    """Part the types that have the places of a row; false where there is too little room."""
    token = taught.merge_of[row]
    if token >= 0:
        return part_with(taught, again, token)
    return part_all(taught, again, taught.row_types, taught.row_offsets[row], taught.row_offsets[row + 1])


@helper
def keep_rows(taught: Any, again: Any, record: Any, own: Any) -> Any:
    """Part the types in which a pair's tokens were not merged; false where there is too little room.

    Which rows have the pair is seldom asked, so it is not kept: they are looked for among those of one of its tokens.
    """
    left, right = again.old[again.records[record, LEFT]], again.old[again.records[record, RIGHT]]
    if left < 0 or right < 0:
        return True
    by_left = taught.reach[left, 1] - taught.reach[left, 0] <= taught.reach[right, 3] - taught.reach[right, 2]
    at = taught.reach[left, 0] if by_left else taught.reach[right, 2]
    while again.records[record, IN_ROWS] > (again.weights[own] if own >= 0 else 0):
        row = at if by_left else taught.by_right[at]
        at += 1
        has_it = row != own and record_of(again, row) == record and again.weights[row] > 0
        if has_it and not part_row(taught, again, row):
            return False
    return True
