"""Learn merges from counts of types: byte-pair encoding (Gage 1994; Sennrich et al. 2016), from bytes or going on
from a base vocabulary.

The pair that saves most tokens is merged, again and again. Between pairs that save as many, the one whose left token
has the smaller id, then whose right token has: what was learned earlier goes first, as with Hugging Face's trainer. (By
the bytes instead, held-out text took a quarter of a percent more tokens where counts were small and ties many.) So the
result depends on nothing but the counts, not on the order of the types.

How we differ from others: of a token that stands three times in a row one pair is counted, as one can be joined, not
two; and a pair whose bytes are a token already is never merged, so that a token is made in one way only (from bytes
this does not happen).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ginbon.errors import UserError
from ginbon.tokenizers.bpe.allowed import Allowed
from ginbon.tokenizers.bpe.kernel import layout, merge, pairs
from ginbon.tokenizers.bpe.types import BYTES, Int32s, Int64s, Merges, Types

_MAX_NODES = 2**31 - 1


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
    pairs, gains = np.zeros((merges, 2), np.int32), np.zeros(merges, np.int64)
    while not work.merge(types.counts, pairs, gains):
        work.grow()
    n = int(work.state[layout.LEARNED])
    return Merges(first_id, pairs[:n].copy(), gains[:n].copy(), work.pieces.of_tokens(first_id, n), types.tokens)


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
        table = np.full(_power_of_two(2 * size), -1, np.int32)
        return cls(
            rows, np.concatenate([data, np.zeros(16 * (size - len(base)), np.uint8)]), table, len(base), len(data)
        )

    def of_tokens(self, first: int, n: int) -> tuple[bytes, ...]:
        """The bytes of ``n`` tokens."""
        rows = self.rows[first : first + n, : layout.HASH].tolist()
        return tuple(self.data[start : start + size].tobytes() for start, size in rows)


@dataclass
class Work:
    """The arrays that the kernel works in; what each holds is said there."""

    nodes: Int32s
    pieces: Pieces
    allowed: Allowed
    slots: Int32s
    state: Int64s
    records: Int64s = field(default_factory=lambda: np.zeros((0, 5), np.int64))
    heap: Int64s = field(default_factory=lambda: np.zeros((0, 2), np.int64))
    pool: Int32s = field(default_factory=lambda: np.zeros(0, np.int32))

    @classmethod
    def of(cls, types: Types, pieces: Pieces, min_count: int, first_id: int, allowed: Allowed) -> Work:
        """With the types as they are given. Raises ``UserError`` where they are too many."""
        if len(types.ids) + len(types.offsets) > _MAX_NODES:
            raise UserError(
                f"{len(types):,} types of {len(types.ids):,} tokens are too many for one trainer (2**31 tokens); drop "
                "the rarest types with a threshold"
            )
        nodes = np.empty((len(types.ids) + len(types.offsets), 4), np.int32)
        pairs.lay(types.offsets, types.ids, nodes)
        pairs.know(pieces.rows, pieces.data, pieces.table, allowed.automaton, pieces.base)
        state = np.zeros(layout.STATE_SIZE, np.int64)
        state[layout.BYTES], state[layout.NEXT] = pieces.used, first_id
        state[layout.MIN_COUNT], state[layout.MAX_BYTES] = min_count, allowed.max_bytes
        work = cls(nodes, pieces, allowed, np.full((2, len(pieces.rows)), -1, np.int32), state)
        work.list_pairs(types)
        return work

    def list_pairs(self, types: Types) -> None:
        """Find and count the pairs of the types as they are given."""
        used = len(np.unique(types.ids))
        size = _power_of_two(2 * min(len(types.ids), used * used) + 2)
        found = pairs.find_pairs(self.nodes, np.zeros(size, np.int64), np.full(size, -1, np.int32))
        self.records = np.zeros((2 * found + 1024, 5), np.int64)
        self.heap = np.zeros((len(self.records), 2), np.int64)
        self.pool = np.zeros(len(types.ids) + len(types.ids) // 4 + 1024, np.int32)
        pairs.list_pairs(
            self.nodes,
            types.counts,
            self.records,
            self.heap,
            self.pool,
            self.pieces.rows,
            self.pieces.data,
            self.allowed.automaton,
            self.allowed.accepts,
            found,
            self.state,
        )

    def merge(self, counts: Int64s, pairs: Int32s, gains: Int64s) -> bool:
        """Merge until there are enough, or none is left (true), or an array is full."""
        return bool(
            merge.merge(
                self.nodes,
                counts,
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
            )
        )

    def grow(self) -> None:
        """Make room for what the kernel said it needs, and as much again."""
        state = self.state
        if state[layout.NEED_POOL] > len(self.pool):
            asked = state[layout.NEED_POOL] - state[layout.POOL]
            merge.tidy(self.nodes, self.records, self.pool, state)
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


def _power_of_two(size: int) -> int:
    return 1 << max(size - 1, 1).bit_length()
