"""Learn merges from counts of types: byte-pair encoding (Gage 1994; Sennrich et al. 2016), from bytes or going on
from a base vocabulary.

The pair that saves most tokens is merged, again and again. Between pairs that save as many, the one whose left token
has the smaller id, then whose right token has: what was learned earlier goes first, as with Hugging Face's trainer. (By
the bytes instead, held-out text took a quarter of a percent more tokens where counts were small and ties many.) So the
result depends on nothing but the counts, not on the order of the types.

How we differ from others: of a token that stands three times in a row one pair is counted, as one can be joined, not
two; and a pair whose bytes are a token already is never merged, so that a token is made in one way only (from bytes
this does not happen).

Pairs are listed in rounds. A round lists only those that count much, and ends when none of them is left: no other
counts as much, so the merges are the same. What has been merged is one node in the next round, most pairs never have
to be listed, and all that is looked at often is small.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from ginbon.errors import UserError
from ginbon.tokenizers.bpe.allowed import Allowed
from ginbon.tokenizers.bpe.applying import Merged
from ginbon.tokenizers.bpe.kernel import layout, merge, pairs
from ginbon.tokenizers.bpe.types import BYTES, MAX_TOKENS, Int32s, Int64s, Merges, Types

UInt32s = NDArray[np.uint32]

_MAX_NODES: Final = 2**31 - 1

_ROUND: Final = 64
"""How many times what it lists at least a round's most frequent pair counts: of 8 to 128 the fastest."""


def learn(
    types: Types,
    merges: int,
    *,
    base: Sequence[bytes] = BYTES,
    first_id: int | None = None,
    min_count: int = 2,
    allowed: Allowed | None = None,
) -> Merges:
    """The first ``merges`` merges; fewer where no pair that may be merged occurs ``min_count`` times.

    ``base[id]`` are the bytes of each token that ``types`` use (empty: none of text). New tokens get the ids from
    ``first_id`` on, which is behind ``base`` unless said otherwise. Takes some 25 bytes of memory for each token of
    the types.
    """
    first_id = len(base) if first_id is None else first_id
    if first_id < len(base):
        raise ValueError(f"first_id {first_id}; expected {len(base)} or more, which is behind the base vocabulary")
    work = Work.of(types, Pieces.of(base, first_id + merges), max(min_count, 1), first_id, allowed or Allowed())
    return work.learn(merges, start_tokens=types.tokens)


@dataclass
class Pieces:
    """The bytes of every token, and the table of those that are taken."""

    rows: Int64s
    data: NDArray[np.uint8]
    table: Int32s
    base: int
    used: int

    @classmethod
    def of(cls, base: Sequence[bytes], size: int) -> Pieces:
        rows = np.zeros((size, 4), np.int64)
        rows[: len(base), layout.LENGTH] = [len(piece) for piece in base]
        ends = np.cumsum(rows[: len(base), layout.LENGTH])
        rows[1 : len(base), layout.START] = ends[:-1]
        data = np.frombuffer(b"".join(base), np.uint8)
        table = np.full(power_of_two(2 * size), -1, np.int32)
        return cls(
            rows, np.concatenate([data, np.zeros(16 * (size - len(base)), np.uint8)]), table, len(base), len(data)
        )

    def of_tokens(self, first: int, n: int) -> tuple[bytes, ...]:
        """The bytes of ``n`` tokens."""
        starts, sizes = self.rows[first : first + n, [layout.START, layout.LENGTH]].T
        data = self.data[: int((starts + sizes).max(initial=0))].tobytes()
        return tuple(data[start:end] for start, end in zip(starts.tolist(), (starts + sizes).tolist(), strict=True))


@dataclass
class Work:
    """The arrays that the kernels work in; what each holds is said there."""

    symbols: Int32s
    here: Int32s
    spans: UInt32s
    counts: Int64s
    pieces: Pieces
    allowed: Allowed
    min_count: int
    slots: Int32s
    state: Int64s
    owners: Int32s
    alone: Int32s
    records: Int64s = field(default_factory=lambda: np.zeros((0, 5), np.int64))
    heap: Int64s = field(default_factory=lambda: np.zeros((0, 2), np.int64))
    pool: UInt32s = field(default_factory=lambda: np.zeros((0, 2), np.uint32))

    @classmethod
    def of(cls, types: Types, pieces: Pieces, min_count: int, first_id: int, allowed: Allowed) -> Work:
        """With the types as they are given. Raises ``UserError`` where they are too many."""
        nodes, tokens = len(types.ids) + len(types.offsets), len(pieces.rows)
        if nodes > _MAX_NODES:
            raise UserError(
                f"{len(types):,} types of {len(types.ids):,} tokens are too many for one trainer (2**31 tokens); drop "
                "the rarest types with a threshold"
            )
        symbols = np.empty(nodes, np.int32)
        pairs.lay(types.offsets, types.ids, symbols)
        pairs.know(pieces.rows, pieces.data, pieces.table, allowed.automaton, pieces.base)
        state = np.zeros(layout.STATE_SIZE, np.int64)
        state[layout.BYTES], state[layout.NEXT] = pieces.used, first_id
        state[layout.MIN_COUNT], state[layout.MAX_BYTES] = MAX_TOKENS, allowed.max_bytes
        spans, slots = np.ones(tokens, np.uint32), np.full((2, tokens), -1, np.int32)
        here = np.empty(nodes, np.int32)
        owners, alone = np.arange(len(types), dtype=np.int32), np.full(len(types), -1, np.int32)
        counts = types.counts.copy()
        return cls(symbols, here, spans, counts, pieces, allowed, min_count, slots, state, owners, alone)

    def learn(self, merges: int, *, start_tokens: int) -> Merges:
        """Learn in rounds."""
        pairs, gains = np.zeros((merges, 2), np.int32), np.zeros(merges, np.int64)
        first_id = int(self.state[layout.NEXT])
        self.list_pairs(wanted=merges)
        while not self.merge(pairs, gains):
            self.close_up()
            self.list_pairs(wanted=merges - int(self.state[layout.LEARNED]))
        n = int(self.state[layout.LEARNED])
        return Merges(first_id, pairs[:n].copy(), gains[:n].copy(), self.pieces.of_tokens(first_id, n), start_tokens)

    def became(self) -> Merged:
        """What has become of the types; nothing can be learned behind it."""
        self.close_up()
        sizes = (self.alone >= 0).astype(np.int64)
        kept = np.flatnonzero(self.symbols == layout.SENTINEL)
        owners = self.owners[: len(kept) - 1]
        sizes[owners] = np.diff(kept) - 1
        offsets = np.append(0, np.cumsum(sizes))
        ids = np.empty(offsets[-1], np.int32)
        alone = self.alone >= 0
        ids[offsets[:-1][alone]] = self.alone[alone]
        ids[np.repeat(~alone, sizes)] = self.symbols[self.symbols >= 0]
        return Merged(offsets, ids)

    def list_pairs(self, *, wanted: int | None = None) -> None:
        """List the pairs, and where each occurs: all, or those that the next of ``wanted`` merges will be among."""
        distinct = min(len(self.symbols) // 16, int(self.state[layout.NEXT]) ** 2)  # at most, or on a guess
        sums = np.zeros(power_of_two(max(distinct, 256)), np.int64)
        pairs.sum_pairs(self.symbols, self.counts, sums)
        least = self.min_count if wanted is None else self._least(sums, wanted)
        found = self._find_pairs(np.where(sums < least, layout.RARE, -1).astype(np.int32))
        self.state[layout.MIN_COUNT], self.state[layout.HEAP] = least, 0
        self.heap = np.empty((len(self.records), 2), np.int64)
        pairs.choose_pairs(
            self.records,
            self.heap,
            self.pieces.rows,
            self.pieces.data,
            self.allowed.automaton,
            self.allowed.accepts,
            found,
            self.state,
        )
        room = int(self.state[layout.POOL]) + len(self.symbols)
        if len(self.pool) < room:
            self.pool = np.empty((room, 2), np.uint32)
        pairs.place_pairs(self.symbols, self.here, self.records, self.pool)

    def _least(self, sums: Int64s, wanted: int) -> int:
        """What a pair must count in the next round: less than in the one before, and not much less than the merges
        that are still wanted."""
        most = min(int(sums.max()), int(self.state[layout.MIN_COUNT]))
        enough = int(np.partition(sums, -wanted)[-wanted]) if 0 < wanted <= len(sums) else 0
        return max(most // _ROUND, min(enough, most // 4), self.min_count)

    def _find_pairs(self, heads: Int32s) -> int:
        """Find the distinct pairs in wanted buckets, and which begins at each node; gives how many there are."""
        room = 4 * int(np.count_nonzero(heads == -1)) + 2 * len(self.spans) + 1024
        while True:
            self.records = np.empty((room, 5), np.int64)
            found = int(pairs.find_pairs(self.symbols, self.counts, heads.copy(), self.records, self.here))
            if found >= 0:
                return found
            room *= 4

    def close_up(self) -> None:
        """Leave each token one node."""
        self.symbols = self.symbols[: pairs.close_up(self.symbols, self.spans, self.counts, self.owners, self.alone)]
        self.spans[:] = 1

    def merge(self, pairs: Int32s, gains: Int64s) -> bool:
        """Merge until there are enough, or no pair is left (true), or none that is listed."""
        while not merge.merge(
            self.symbols,
            self.spans,
            self.counts,
            self.records,
            self.heap,
            self.pool,
            self.pieces.rows,
            self.pieces.data,
            self.pieces.table,
            self.allowed.automaton,
            self.allowed.accepts,
            self.slots,
            pairs,
            gains,
            self.state,
        ):
            self.grow()
        return bool(self.state[layout.LEARNED] == len(pairs) or self.state[layout.MIN_COUNT] == self.min_count)

    def grow(self) -> None:
        """Make room for what the kernel said it needs, and as much again."""
        state = self.state
        if state[layout.NEED_POOL] > len(self.pool):
            asked = state[layout.NEED_POOL] - state[layout.POOL]
            merge.tidy(self.symbols, self.spans, self.records, self.pool, state)
            if state[layout.POOL] + asked > len(self.pool) * 3 // 4:
                self.pool = longer(self.pool, 2 * (state[layout.POOL] + asked))
        if state[layout.NEED_RECORDS] > len(self.records):
            self.records = longer(self.records, 2 * state[layout.NEED_RECORDS])
        if max(len(self.records), state[layout.NEED_HEAP]) > len(self.heap):
            self.heap = longer(self.heap, max(len(self.records), 2 * state[layout.NEED_HEAP]))
        if state[layout.NEED_BYTES] > len(self.pieces.data):
            self.pieces.data = longer(self.pieces.data, 2 * state[layout.NEED_BYTES])


def longer(array: NDArray[Any], size: int) -> NDArray[Any]:
    """The same array with zeros behind it."""
    longer = np.zeros((int(size), *array.shape[1:]), array.dtype)
    longer[: len(array)] = array
    return longer


def power_of_two(size: int) -> int:
    """The least power of two, from 2 on, that is not smaller."""
    return 1 << max(size - 1, 1).bit_length()
