"""Pairs and where they occur, in rows and in nodes, where merges are learned again."""

from __future__ import annotations

from typing import Any

from ginbon.engine.compiling import helper, unsigned
from ginbon.tokenizers.bpe.kernel.guess import BEHIND, CELLS_OF, FIRST_CELL, IN_ROWS, NODE, TYPE
from ginbon.tokenizers.bpe.kernel.layout import CELLS, COUNT, LEFT, MIN_COUNT, RIGHT


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
        record = again.table[slot]
        if again.records[record, LEFT] == left and again.records[record, RIGHT] == right:
            return int(record)
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


@helper
def choose(again: Any, record: Any) -> Any:
    """Whether a pair is frequent enough; where it is not, it is none."""
    if again.records[record, COUNT] < again.state[MIN_COUNT]:
        again.records[record, LEFT] = -1
        return False
    return True


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
