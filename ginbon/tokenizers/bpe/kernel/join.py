"""What merging a pair does, compiled: every pair knows where it occurs.

The types lie one after another as *nodes*, a sentinel before, between and behind them. A token of several nodes stands
in its first and in its last one. All tokens of one kind have as many nodes, so both neighbours are one step away.

What makes it fast: a pair's occurrences all come to be in the step that makes its newer token, so they are written
once, in ascending order, and its count only falls from then on. An occurrence holds while both its tokens begin where
they did: what was merged into another token begins nowhere. So nothing is kept up to date; a count is found anew when
it matters.
"""

from __future__ import annotations

from typing import Any

from ginbon.engine.compiling import helper, unsigned
from ginbon.tokenizers.bpe.kernel.layout import (
    AT,
    BYTES,
    COUNT,
    FOUND,
    FROM,
    HOLE,
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
    POOL,
    RECORDS,
    RIGHT,
    SIZE,
    STATE,
)
from ginbon.tokenizers.bpe.kernel.tokens import is_allowed, remember, spell, walk


@helper
def apart(symbols: Any, spans: Any, counts: Any, records: Any, pool: Any, record: Any, first: Any, last: Any) -> Any:
    """How often a pair can be joined, in a part of the pool: of a token three times in a row only two are."""
    left, right = records[record, LEFT], records[record, RIGHT]
    span = unsigned(spans[left])
    total = 0
    taken = unsigned(0)
    for i in range(unsigned(first), unsigned(last)):
        at = unsigned(pool[i, AT])
        if symbols[at] == left and symbols[at + span] == right and at != taken:
            total += counts[pool[i, OWNER]]
            taken = at + span
    return total


@helper
def tally(records: Any, slots: Any, side: Any, other: Any, token: Any, weight: Any, end: Any) -> Any:
    """Count an occurrence of the new token beside another; gives where records end."""
    record = slots[side, unsigned(other)]
    if record < 0:
        record = end
        end += 1
        slots[side, unsigned(other)] = record
        records[unsigned(record), LEFT] = other if side == LEFT else token
        records[unsigned(record), RIGHT] = token if side == LEFT else other
        records[unsigned(record), COUNT] = 0
        records[unsigned(record), SIZE] = 0
    records[unsigned(record), COUNT] += weight
    records[unsigned(record), SIZE] += 1
    return end


@helper
def count_beside(
    symbols: Any, counts: Any, records: Any, pool: Any, slots: Any, i: Any, span: Any, token: Any, end: Any
) -> Any:
    """Count the pairs that a new token makes with its neighbours; gives where records end."""
    at = unsigned(pool[i, AT])
    weight = counts[pool[i, OWNER]]
    other = symbols[at - unsigned(1)]
    if other >= 0 and other != token:  # a pair of new tokens is counted at the left one
        end = tally(records, slots, LEFT, other, token, weight, end)
    other = symbols[at + span]
    if other >= 0:
        end = tally(records, slots, RIGHT, other, token, weight, end)
    return end


@helper
def join(
    symbols: Any, spans: Any, counts: Any, records: Any, pool: Any, slots: Any, record: Any, token: Any, state: Any
) -> Any:
    """Join a pair wherever it occurs, from left to right, and count the pairs that this makes in new records.

    The places are left in the pair's part of the pool; gives how many. What a token stands beside is known when the
    next is joined, while its nodes are still at hand.
    """
    left, right = records[record, LEFT], records[record, RIGHT]
    left_span = unsigned(spans[left])
    span = left_span + unsigned(spans[right])
    spans[token] = span
    end = state[RECORDS]
    first = unsigned(records[record, FROM])
    joined = first
    for i in range(first, first + unsigned(records[record, SIZE])):
        at = unsigned(pool[i, AT])
        if symbols[at] != left or symbols[at + left_span] != right:
            continue
        symbols[at] = token
        symbols[at + left_span] = HOLE
        symbols[at + span - unsigned(1)] = token
        if joined > first:
            end = count_beside(symbols, counts, records, pool, slots, joined - unsigned(1), span, token, end)
        pool[joined, AT] = at
        pool[joined, OWNER] = pool[i, OWNER]
        joined += unsigned(1)
    if joined > first:
        end = count_beside(symbols, counts, records, pool, slots, joined - unsigned(1), span, token, end)
    state[FOUND] = end
    return int(joined - first)


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
def note(records: Any, pool: Any, record: Any, at: Any, owner: Any) -> None:
    """A pair occurs at a node."""
    if record >= 0:
        end = unsigned(records[unsigned(record), FROM] + records[unsigned(record), SIZE])
        pool[end, AT] = at
        pool[end, OWNER] = owner
        records[unsigned(record), SIZE] += 1


@helper
def place_pairs(
    symbols: Any, spans: Any, records: Any, pool: Any, slots: Any, first: Any, joined: Any, token: Any
) -> None:
    """Write where the new pairs occur."""
    span = unsigned(spans[token])
    for i in range(unsigned(first), unsigned(first + joined)):
        at = unsigned(pool[i, AT])
        owner = pool[i, OWNER]
        other = symbols[at - unsigned(1)]
        if other >= 0 and other != token:
            note(records, pool, slots[LEFT, unsigned(other)], at - unsigned(spans[unsigned(other)]), owner)
        other = symbols[at + span]
        if other >= 0:
            note(records, pool, slots[RIGHT, unsigned(other)], at, owner)


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
    symbols: Any,
    spans: Any,
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
    joined = join(symbols, spans, counts, records, pool, slots, record, token, state)
    choose_pairs(records, slots, token, pieces, data, automaton, accepts, state)
    if state[RECORDS] > old:
        place_pairs(symbols, spans, records, pool, slots, records[record, FROM], joined, token)
    for new in range(old, state[RECORDS]):
        slots[LEFT, records[new, LEFT]] = -1
        slots[RIGHT, records[new, RIGHT]] = -1
    return joined
