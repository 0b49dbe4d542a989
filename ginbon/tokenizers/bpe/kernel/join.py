"""What merging a pair does, compiled: every pair knows where it occurs, and every place knows which pair begins there.

The types lie one after another as *nodes*, a sentinel before, between and behind them. A token of several base tokens
keeps its first node; its span stands at its first and at its last node, so that both neighbours are one step away.

What makes it fast: a pair's occurrences all come to be in the step that makes its newer token, so they are written
once, in ascending order, and its count only falls from then on. So an occurrence holds while its node still names the
pair, and a falling count needs no search.
"""

from __future__ import annotations

from typing import Any

from ginbon.engine.compiling import helper
from ginbon.tokenizers.bpe.kernel.layout import (
    BYTES,
    COUNT,
    FOUND,
    FROM,
    LEARNED,
    LEFT,
    LENGTH,
    MAX_BYTES,
    MIN_COUNT,
    NEED_BYTES,
    NEED_POOL,
    NEED_RECORDS,
    NEXT,
    OWNER,
    PAIR,
    POOL,
    RECORDS,
    RIGHT,
    SIZE,
    SPAN,
    STATE,
    SYMBOL,
)
from ginbon.tokenizers.bpe.kernel.tokens import is_allowed, remember, spell, walk


@helper
def apart(nodes: Any, counts: Any, pool: Any, record: Any, first: Any, last: Any) -> Any:
    """How often a pair can be joined, in a part of the pool: of a token three times in a row only two are."""
    total = 0
    taken = -1
    for i in range(first, last):
        at = pool[i]
        if nodes[at, PAIR] == record and at != taken:
            total += counts[nodes[at, OWNER]]
            taken = at + nodes[at, SPAN]
    return total


@helper
def unpair(nodes: Any, records: Any, at: Any, weight: Any) -> None:
    """The pair that begins at a node is no more."""
    record = nodes[at, PAIR]
    if record >= 0:
        records[record, COUNT] -= weight
        nodes[at, PAIR] = -1


@helper
def tally(records: Any, slots: Any, side: Any, other: Any, token: Any, weight: Any, end: Any) -> Any:
    """Count an occurrence of the new token beside another; gives where records end."""
    record = slots[side, other]
    if record < 0:
        record = end
        end += 1
        slots[side, other] = record
        records[record, LEFT] = other if side == LEFT else token
        records[record, RIGHT] = token if side == LEFT else other
        records[record, COUNT] = 0
        records[record, SIZE] = 0
    records[record, COUNT] += weight
    records[record, SIZE] += 1
    return end


@helper
def count_beside(nodes: Any, counts: Any, records: Any, slots: Any, at: Any, token: Any, end: Any) -> Any:
    """Count the pairs that a new token makes with its neighbours; gives where records end."""
    weight = counts[nodes[at, OWNER]]
    other = nodes[at - nodes[at - 1, SPAN], SYMBOL]
    if other >= 0 and other != token:  # a pair of new tokens is counted at the left one
        end = tally(records, slots, LEFT, other, token, weight, end)
    other = nodes[at + nodes[at, SPAN], SYMBOL]
    if other >= 0:
        end = tally(records, slots, RIGHT, other, token, weight, end)
    return end


@helper
def join(nodes: Any, counts: Any, records: Any, pool: Any, slots: Any, record: Any, token: Any, state: Any) -> Any:
    """Join a pair wherever it occurs, from left to right, and count the pairs that this makes in new records.

    The places are left in the pair's part of the pool; gives how many. What a token stands beside is known when the
    next is joined, while its nodes are still at hand.
    """
    first, end = records[record, FROM], state[RECORDS]
    joined = 0
    for i in range(first, first + records[record, SIZE]):
        at = pool[i]
        if nodes[at, PAIR] != record:
            continue
        after = at + nodes[at, SPAN]
        behind = after + nodes[after, SPAN]
        weight = counts[nodes[at, OWNER]]
        unpair(nodes, records, at - nodes[at - 1, SPAN], weight)
        nodes[at, PAIR] = -1
        unpair(nodes, records, after, weight)
        nodes[at, SYMBOL] = token
        nodes[at, SPAN] = nodes[behind - 1, SPAN] = behind - at
        if joined:
            end = count_beside(nodes, counts, records, slots, pool[first + joined - 1], token, end)
        pool[first + joined] = at
        joined += 1
    if joined:
        end = count_beside(nodes, counts, records, slots, pool[first + joined - 1], token, end)
    state[FOUND] = end
    return joined


@helper
def choose_pairs(
    records: Any, slots: Any, token: Any, pieces: Any, data: Any, automaton: Any, accepts: Any, state: Any
) -> None:
    """Keep, of the new pairs, those that may be merged, and give each its part of the pool."""
    kept = state[RECORDS]
    for record in range(kept, state[FOUND]):
        left, right = records[record, LEFT], records[record, RIGHT]
        side, other = (LEFT, left) if right == token and left != token else (RIGHT, right)
        frequent = records[record, COUNT] >= state[MIN_COUNT]
        if frequent and is_allowed(pieces, data, automaton, accepts, left, right, state[MAX_BYTES]):
            slots[side, other] = kept
            records[kept, LEFT] = left
            records[kept, RIGHT] = right
            records[kept, COUNT] = records[record, COUNT]
            records[kept, FROM] = state[POOL]
            state[POOL] += records[record, SIZE]
            records[kept, SIZE] = 0
            kept += 1
        else:
            slots[side, other] = -1
    state[RECORDS] = kept


@helper
def note(nodes: Any, records: Any, pool: Any, record: Any, at: Any) -> None:
    """A pair occurs at a node."""
    if record >= 0:
        nodes[at, PAIR] = record
        pool[records[record, FROM] + records[record, SIZE]] = at
        records[record, SIZE] += 1


@helper
def place_pairs(nodes: Any, records: Any, pool: Any, slots: Any, first: Any, joined: Any, token: Any) -> None:
    """Write where the new pairs occur."""
    for i in range(first, first + joined):
        at = pool[i]
        before = at - nodes[at - 1, SPAN]
        other = nodes[before, SYMBOL]
        if other >= 0 and other != token:
            note(nodes, records, pool, slots[LEFT, other], before)
        other = nodes[at + nodes[at, SPAN], SYMBOL]
        if other >= 0:
            note(nodes, records, pool, slots[RIGHT, other], at)


@helper
def has_room(records: Any, pool: Any, data: Any, pieces: Any, record: Any, state: Any) -> Any:
    """Whether the arrays can take what a merge may add; what they need is written to ``state``."""
    twice = 2 * records[record, SIZE]
    state[NEED_RECORDS] = state[RECORDS] + min(twice, 2 * (state[NEXT] + 1))
    state[NEED_POOL] = state[POOL] + twice
    size = pieces[records[record, LEFT], LENGTH] + pieces[records[record, RIGHT], LENGTH]
    state[NEED_BYTES] = state[BYTES] + size
    return (
        state[NEED_RECORDS] <= records.shape[0]
        and state[NEED_POOL] <= pool.shape[0]
        and state[NEED_BYTES] <= data.shape[0]
    )


@helper
def make_token(
    nodes: Any,
    counts: Any,
    records: Any,
    pool: Any,
    pieces: Any,
    data: Any,
    table: Any,
    automaton: Any,
    accepts: Any,
    slots: Any,
    pairs: Any,
    record: Any,
    state: Any,
) -> Any:
    """Merge a pair into a new token, and list the pairs that this makes; gives in how many places.

    These places are left in the pair's part of the pool. None where the pair's bytes are a token already: then nothing
    is merged.
    """
    left, right = records[record, LEFT], records[record, RIGHT]
    token, old = state[NEXT], state[RECORDS]
    spell(pieces, data, left, right, token, state[BYTES])
    if not remember(pieces, data, table, token):
        return 0
    pieces[token, STATE] = walk(pieces, data, automaton, pieces[left, STATE], right)
    pairs[state[LEARNED], 0] = left
    pairs[state[LEARNED], 1] = right
    state[LEARNED] += 1
    state[NEXT] += 1
    state[BYTES] += pieces[token, LENGTH]
    joined = join(nodes, counts, records, pool, slots, record, token, state)
    choose_pairs(records, slots, token, pieces, data, automaton, accepts, state)
    place_pairs(nodes, records, pool, slots, records[record, FROM], joined, token)
    for new in range(old, state[RECORDS]):
        slots[LEFT, records[new, LEFT]] = -1
        slots[RIGHT, records[new, RIGHT]] = -1
    return joined
