"""The heap of pairs: most frequent first; its counts may be out of date, and then are too large."""

from __future__ import annotations

from typing import Any

from ginbon.engine.compiling import helper
from ginbon.tokenizers.bpe.kernel.layout import COUNT, HEAP, LEFT, RIGHT


@helper
def comes_first(heap: Any, records: Any, one: Any, other: Any) -> Any:
    """Whether an entry of the heap goes before another: by count, then the left token, then the right one."""
    if heap[one, 0] != heap[other, 0]:
        return heap[one, 0] > heap[other, 0]
    a, b = heap[one, 1], heap[other, 1]
    if records[a, LEFT] != records[b, LEFT]:
        return records[a, LEFT] < records[b, LEFT]
    return records[a, RIGHT] < records[b, RIGHT]


@helper
def swap(heap: Any, one: Any, other: Any) -> None:
    """Exchange two entries."""
    for column in (0, 1):
        kept = heap[one, column]
        heap[one, column] = heap[other, column]
        heap[other, column] = kept


@helper
def sink(heap: Any, size: Any, records: Any) -> None:
    """Move the top entry down to where it belongs."""
    at = 0
    while True:
        child = 2 * at + 1
        if child >= size:
            return
        if child + 1 < size and comes_first(heap, records, child + 1, child):
            child += 1
        if not comes_first(heap, records, child, at):
            return
        swap(heap, at, child)
        at = child


@helper
def push(heap: Any, state: Any, records: Any, record: Any) -> None:
    """Add a pair."""
    at = state[HEAP]
    state[HEAP] = at + 1
    heap[at, 0] = records[record, COUNT]
    heap[at, 1] = record
    while at > 0:
        parent = (at - 1) // 2
        if not comes_first(heap, records, at, parent):
            return
        swap(heap, at, parent)
        at = parent


@helper
def pop(heap: Any, state: Any, records: Any) -> None:
    """Take the top entry away."""
    state[HEAP] -= 1
    swap(heap, 0, state[HEAP])
    sink(heap, state[HEAP], records)
