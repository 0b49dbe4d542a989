"""Learning merges for the language that pays most, compiled.

All corpora lie one after another in the same nodes: what each language is trained on, then what each pays for. So a
pair has one record, whatever languages have it, and merging it is as for one corpus; a language's part of a pair's
occurrences is the part of the pool between two nodes. How often a pair occurs in a language is counted only when it
comes to the top of the language's heap: what it counted there before can only have fallen.
"""

from __future__ import annotations

from typing import Any, Final

from ginbon.engine.compiling import helper, kernel, read, types, write
from ginbon.tokenizers.bpe.kernel.forest import single, together, without_top
from ginbon.tokenizers.bpe.kernel.join import apart, has_room, make_token
from ginbon.tokenizers.bpe.kernel.layout import (
    AT,
    ENTERED,
    FROM,
    HEAP,
    LEARNED,
    LEFT,
    LIMIT,
    MIN_COUNT,
    NEED_HEAP,
    OWNER,
    RECORDS,
    SIZE,
    WINDOW,
)

BEGIN: Final = 0
END: Final = 1
TOP: Final = 2
RECENT: Final = 3
VOTER_SIZE: Final = 4
"""Columns of ``voters``, one for each language: its nodes (one language's behind another's), the top of its heap, and
how many of the merges in the window it chose."""

TOKENS: Final = 2
PAYER_SIZE: Final = 3
"""The third column of ``payers``, one for each language, whose nodes ascend too: what it pays, in tokens."""

_i32 = write(types.int32)
_i64 = write(types.int64)
_u32 = write(types.uint32)
_i32x2 = write(types.int32, 2)
_u32x2 = write(types.uint32, 2)
_i64x2 = write(types.int64, 2)
_u8 = write(types.uint8)
_given_i64 = read(types.int64)
_given_f64 = read(types.float64)
_given_i32x2 = read(types.int32, 2)
_given_bool = read(types.boolean)


@helper
def place(pool: Any, first: Any, last: Any, node: Any) -> Any:
    """The first place of a part of the pool whose node is not before another."""
    while first < last:
        middle = (first + last) // 2
        if pool[middle, AT] < node:
            first = middle + 1
        else:
            last = middle
    return first


@helper
def count_in(symbols: Any, spans: Any, counts: Any, records: Any, pool: Any, record: Any, begin: Any, end: Any) -> Any:
    """How often a pair can be joined between two nodes."""
    first = records[record, FROM]
    last = first + records[record, SIZE]
    first = place(pool, first, last, begin)
    return apart(symbols, spans, counts, records, pool, record, first, place(pool, first, last, end))


@helper
def voter_of(voters: Any, node: Any) -> Any:
    """The first language whose nodes do not end before a node; as many as there are where all do."""
    first, last = 0, voters.shape[0]
    while first < last:
        middle = (first + last) // 2
        if voters[middle, END] <= node:
            first = middle + 1
        else:
            last = middle
    return first


@helper
def enter(
    symbols: Any,
    spans: Any,
    counts: Any,
    records: Any,
    heap: Any,
    links: Any,
    pool: Any,
    voters: Any,
    record: Any,
    state: Any,
) -> None:
    """Put a pair into the heap of each language in which it is frequent."""
    first = records[record, FROM]
    last = first + records[record, SIZE]
    while first < last:
        voter = voter_of(voters, pool[first, AT])
        if voter == voters.shape[0]:
            return
        end = place(pool, first, last, voters[voter, END])
        count = apart(symbols, spans, counts, records, pool, record, first, end)
        first = end
        if count >= state[MIN_COUNT]:
            entry = state[HEAP]
            state[HEAP] += 1
            heap[entry, 0] = count
            heap[entry, 1] = record
            single(links, entry)
            voters[voter, TOP] = together(heap, links, records, voters[voter, TOP], entry)


@helper
def enter_new(
    symbols: Any, spans: Any, counts: Any, records: Any, heap: Any, links: Any, pool: Any, voters: Any, state: Any
) -> Any:
    """Put the pairs that are not in heaps yet into them; false where there is too little room."""
    while state[ENTERED] < state[RECORDS]:
        state[NEED_HEAP] = state[HEAP] + voters.shape[0]
        if state[NEED_HEAP] > heap.shape[0]:
            return False
        if records[state[ENTERED], LEFT] >= 0:
            enter(symbols, spans, counts, records, heap, links, pool, voters, state[ENTERED], state)
        state[ENTERED] += 1
    return True


@helper
def choose(voters: Any, payers: Any, scale: Any, state: Any) -> Any:
    """The language that pays most, of those that have a pair left (-1: none) and did not choose too often of late,
    where there is one of these."""
    for limit in (state[LIMIT], state[WINDOW]):
        best = -1
        for voter in range(voters.shape[0]):
            if voters[voter, TOP] < 0 or voters[voter, RECENT] > limit:
                continue
            if best < 0 or payers[voter, TOKENS] * scale[voter] > payers[best, TOKENS] * scale[best]:
                best = voter
        if best >= 0:
            return best
    return -1


@helper
def note_choice(voters: Any, choices: Any, choice: Any, at: Any, window: Any) -> None:
    """Remember who chose a merge, and forget who chose the one that the window leaves behind."""
    choices[at] = choice
    voters[choice, RECENT] += 1
    if at >= window and choices[at - window] >= 0:
        voters[choices[at - window], RECENT] -= 1


@helper
def pay(counts: Any, pool: Any, first: Any, joined: Any, voters: Any, payers: Any) -> Any:
    """Take what was joined from what languages pay; gives how many tokens all of training saved."""
    gain = 0
    payer = 0
    for i in range(first, first + joined):
        at = pool[i, AT]
        weight = counts[pool[i, OWNER]]
        if at < voters[voters.shape[0] - 1, END]:
            gain += weight
        while payer < payers.shape[0] and at >= payers[payer, END]:
            payer += 1
        if payer < payers.shape[0] and at >= payers[payer, BEGIN]:
            payers[payer, TOKENS] -= weight
    return gain


@kernel(
    types.boolean,
    _i32,
    _u32,
    _given_i64,
    _i64x2,
    _i64x2,
    _i32x2,
    _u32x2,
    _i64x2,
    _u8,
    _i32,
    _given_i32x2,
    _given_bool,
    _i32x2,
    _i64x2,
    _i64x2,
    _given_f64,
    _i32x2,
    _i64,
    _i32,
    _i64x2,
    _i64,
)
def merge(
    symbols: Any,
    spans: Any,
    counts: Any,
    records: Any,
    heap: Any,
    links: Any,
    pool: Any,
    pieces: Any,
    data: Any,
    table: Any,
    automaton: Any,
    accepts: Any,
    slots: Any,
    voters: Any,
    payers: Any,
    scale: Any,
    pairs: Any,
    gains: Any,
    choices: Any,
    curve: Any,
    state: Any,
) -> bool:
    """Merge the most frequent pair of the language that pays most again and again: true when there are enough or none
    is left, false to grow."""
    while True:
        if not enter_new(symbols, spans, counts, records, heap, links, pool, voters, state):
            return False
        voter = choose(voters, payers, scale, state)
        at = state[LEARNED]
        if voter < 0 or at == pairs.shape[0]:
            return True
        top = voters[voter, TOP]
        record = heap[top, 1]
        count = count_in(symbols, spans, counts, records, pool, record, voters[voter, BEGIN], voters[voter, END])
        if count >= state[MIN_COUNT] and count == heap[top, 0]:
            if not has_room(records, pool, data, pieces, record, state):
                return False
            joined = make_token(
                symbols,
                spans,
                counts,
                records,
                pool,
                pieces,
                data,
                table,
                automaton,
                accepts,
                slots,
                pairs,
                record,
                state,
            )
            if joined:
                gains[at] = pay(counts, pool, records[record, FROM], joined, voters, payers)
                note_choice(voters, choices, voter, at, state[WINDOW])
                for payer in range(payers.shape[0]):
                    curve[at, payer] = payers[payer, TOKENS]
            records[record, SIZE] = 0
            count = 0
        voters[voter, TOP] = without_top(heap, links, records, top)
        if count >= state[MIN_COUNT]:
            heap[top, 0] = count
            voters[voter, TOP] = together(heap, links, records, voters[voter, TOP], top)
