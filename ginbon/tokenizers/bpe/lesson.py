"""Learn merges from counts of types, then again from other counts of the same types in a fraction of the time.

Other weights of languages change which pair comes before which, and seldom what becomes of a type: of a text in six
languages as it is, and with each weighing the same, four types of five end in the same tokens, and most of the others
differ only in their last merges. So what a first learning made of the types is taken as a guess for all others. Their
merges are those that ``learn`` gives, whatever the guess: a bad one costs time.

lesson = study(types, 64_000)
lesson.merges                         # those of learn(types, 64_000)
lesson.again(other_counts, 64_000)    # those of learn(Types(types.offsets, types.ids, other_counts), 64_000)
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np

from ginbon.tokenizers.bpe.allowed import Allowed
from ginbon.tokenizers.bpe.applying import Merged, by_pair
from ginbon.tokenizers.bpe.kernel import again as kernel
from ginbon.tokenizers.bpe.kernel import layout
from ginbon.tokenizers.bpe.kernel import taught as numbering
from ginbon.tokenizers.bpe.kernel.guess import RECORD_SIZE, Again, Taught
from ginbon.tokenizers.bpe.kernel.pairs import know
from ginbon.tokenizers.bpe.learning import Pieces, Work, longer, power_of_two
from ginbon.tokenizers.bpe.types import BYTES, Int32s, Int64s, Merges, Types

_RARER: Final = 2
"""How much rarer than seven in ten merges of the guess a pair may be to be listed at first."""

_FURTHER: Final = 1.25
"""How many times the merges of the first learning may be learned again: what is beyond takes long."""


@dataclass(frozen=True, eq=False)
class Lesson:
    """What a first learning left: the tokens that each type became, and those (``base``) that it began as."""

    types: Types
    merges: Merges
    became: Merged
    base: Sequence[bytes] = BYTES
    asked: int = 0
    """How many merges were wanted: there are fewer where no pair was left."""

    def knows(self, types: Types, merges: int) -> bool:
        """Whether it can be gone through again with the counts of these types, for so many merges."""
        same = types.offsets is self.types.offsets and types.ids is self.types.ids
        return same and merges <= _FURTHER * self.asked

    def again(self, counts: Int64s, merges: int, *, given: Merges | None = None, min_count: int = 2) -> Merges:
        """The merges that ``learn`` gives where the types occur ``counts`` times.

        ``given`` are merged first, whatever they save; behind them ``merges`` are learned.
        """
        taught = self.taught.arrays
        types = Types(self.types.offsets, self.types.ids, counts)
        weights, often = np.zeros(len(taught.merge_of), np.int64), np.zeros(len(taught.reach), np.int64)
        kernel.weigh(taught, counts, often, weights)
        least, min_count = self._least(weights, merges), max(min_count, 1)
        while True:
            least = max(least, min_count)
            work = _Work(self, types, weights.copy(), merges + (len(given) if given else 0))
            learned = work.learn(given, least)
            if least == min_count or len(learned) == len(work.again.gains):
                return learned
            least //= 4

    def _least(self, weights: Int64s, merges: int) -> int:
        """What every pair that is merged will count, on a guess that is rather too low."""
        saved = np.sort(weights[self.taught.arrays.row_of])[::-1]
        return int(saved[min(merges, len(saved)) * 7 // 10]) // _RARER if len(saved) and merges else 1

    @cached_property
    def taught(self) -> _Rows:
        """The rows of the guess."""
        return _Rows.of(self)


def study(types: Types, merges: int, *, base: Sequence[bytes] = BYTES, min_count: int = 2) -> Lesson:
    """Learn as ``learn`` does, so that it can be done again."""
    work = Work.of(types, Pieces.of(base, len(base) + merges), max(min_count, 1), len(base), Allowed())
    learned = work.learn(merges, start_tokens=types.tokens)
    return Lesson(types, learned, work.became(), base, merges)


@dataclass(frozen=True, eq=False)
class _Rows:
    """The guess as kernels read it, the types of which there is none, and what the rows' ends are at first."""

    arrays: Taught
    parting: Int32s
    ends: Int32s

    @classmethod
    def of(cls, lesson: Lesson) -> _Rows:
        types, pairs, leaves = lesson.types, np.ascontiguousarray(lesson.merges.pairs), lesson.merges.first_id
        parting = np.empty(len(types), np.int32)
        parting = parting[: numbering.find_repeats(types.offsets, types.ids, parting)].copy()
        offsets, ids = _without(lesson.became, parting)
        tokens = leaves + len(pairs)
        at_left, at_right = _Numbers.of(pairs, 1, tokens), _Numbers.of(pairs, 0, tokens)
        apart = len(ids) - int(np.count_nonzero(np.diff(offsets)))  # where a token stands before another of its type
        at, lefts, rights, first, right_of = np.empty((5, len(pairs) + apart), np.int32)
        owners, type_rows = np.full((2, len(ids)), -1, np.int32)
        numbering.list_meetings(pairs, offsets, ids, at_left.places, at_right.places, owners, at, lefts, rights)
        ordered = _sorted(lefts, tokens, _sorted(rights, tokens)[1])[1]
        row_of, row_types = np.empty(len(pairs), np.int32), np.empty(apart, np.int32)
        row_offsets = np.empty(len(first) + 1, np.int64)
        rows = numbering.make_rows(
            *(ordered, lefts, rights, at, owners), *(first, row_of, type_rows, row_offsets, row_types, right_of)
        )
        left_of, right_of = lefts[first[:rows]], right_of[:rows]
        merge_of, right_at = np.full((2, rows), -1, np.int32)
        merge_of[row_of] = np.arange(leaves, tokens)
        right_offsets, by_right = _sorted(right_of, tokens)
        right_at[by_right] = np.arange(rows)
        keys, ranks = by_pair(lesson.merges)
        reach = [*at_left.within(_offsets(np.bincount(left_of, minlength=tokens))), *at_right.within(right_offsets)]
        different = pairs[:, 0] != pairs[:, 1]
        parts = np.append(pairs[:, 0], pairs[different, 1])
        wholes = np.append(np.arange(leaves, tokens), np.arange(leaves, tokens)[different]).astype(np.int32)
        token_offsets, by_token = _sorted(ids, tokens)
        parent_offsets, by_part = _sorted(parts, tokens)
        arrays = Taught(
            pairs,
            np.column_stack(reach).astype(np.int32),
            by_right,
            merge_of,
            right_at,
            row_of,
            keys,
            ranks,
            row_offsets[: rows + 1],
            row_types,
            token_offsets,
            owners[by_token],
            parent_offsets,
            wholes[by_part],
            offsets,
            ids,
            type_rows,
            types.offsets,
        )
        return cls(arrays, parting, np.column_stack([at_left.leaf[left_of], at_right.leaf[right_of]]))


@dataclass(frozen=True, eq=False)
class _Numbers:
    """Tokens in an order in which those that have one at their left or right side follow it."""

    places: Int32s
    sizes: Int32s
    leaf: Int32s

    @classmethod
    def of(cls, pairs: Int32s, side: int, tokens: int) -> _Numbers:
        places, sizes, leaf, free = np.zeros((4, tokens), np.int32)
        numbering.number(pairs, side, places, sizes, leaf, free)
        return cls(places, sizes, leaf)

    def within(self, offsets: Int64s) -> tuple[Int64s, Int64s]:
        """For each token, from where to where what is in this order is that of tokens that have it at their side."""
        return offsets[self.places], offsets[self.places + self.sizes]


def _without(became: Merged, some: Int32s) -> tuple[Int64s, Int32s]:
    """Offsets and tokens of types, of some of them none."""
    sizes = became.sizes.copy()
    keep = np.ones(len(sizes), np.bool_)
    keep[some] = False
    ids = became.ids[np.repeat(keep, sizes)]
    sizes[some] = 0
    return _offsets(sizes), np.ascontiguousarray(ids)


def _sorted(numbers: Int32s, end: int, items: Int32s | None = None) -> tuple[Int64s, Int32s]:
    """Items (all unless given) in the order of their numbers, all below ``end``, and where those of each begin."""
    items = np.arange(len(numbers), dtype=np.int32) if items is None else items
    offsets, ordered = np.zeros(end + 2, np.int64), np.empty_like(items)
    numbering.sort(items, numbers, offsets, ordered)
    return offsets[:-1], ordered


def _offsets(sizes: Int64s) -> Int64s:
    return np.append(0, np.cumsum(sizes)).astype(np.int64)


class _Work:
    """The arrays that learning again works in."""

    def __init__(self, lesson: Lesson, types: Types, weights: Int64s, merges: int) -> None:
        self.taught, self.parting, self.ends = lesson.taught.arrays, lesson.taught.parting, lesson.taught.ends
        self.types, self.weights, self.merges = types, weights, merges
        self.leaves = lesson.merges.first_id
        self.base = lesson.base
        self.again = self._arrays(1 << 19)

    def _arrays(self, records: int) -> Again:
        tokens, rows = self.leaves + self.merges, len(self.weights)
        pieces = Pieces.of(self.base, tokens)
        know(pieces.rows, pieces.data, pieces.table, np.zeros((1, 256), np.int32), pieces.base)
        state = np.zeros(layout.STATE_SIZE, np.int64)
        state[layout.BYTES], state[layout.NEXT], state[layout.CELLS] = pieces.used, self.leaves, 1
        records = max(records, 4 * tokens)
        old = len(self.taught.reach)
        made = np.full(old, -1, np.int32)
        made[: self.leaves] = np.arange(self.leaves)
        cells = 3 * int(self.types.sizes[self.parting].sum()) + len(self.taught.type_ids) + (1 << 16)
        return Again(
            np.empty(rows, np.int32),
            self.weights,
            np.empty(2 * records, np.int32),
            made,
            np.append(made[: self.leaves], np.full(self.merges, -1, np.int32)),
            self.types.counts,
            np.zeros(len(self.types), np.uint8),
            np.empty(len(self.types.ids) + len(self.types.offsets), np.int32),
            np.ones(tokens, np.int64),
            np.empty((records, RECORD_SIZE), np.int64),
            np.empty((records, 2), np.int64),
            np.full(power_of_two(2 * records), -1, np.int32),
            np.empty((cells, 3), np.int32),
            np.empty((cells, 2), np.int32),
            np.full((2, tokens), -1, np.int32),
            np.empty(old + 2, np.int32),
            np.empty(old, np.int32),
            np.zeros(old, np.int64),
            pieces.rows,
            pieces.data,
            pieces.table,
            np.zeros((self.merges, 2), np.int32),
            np.zeros(self.merges, np.int64),
            state,
        )

    def learn(self, given: Merges | None, least: int) -> Merges:
        """Merge what is given, then learn from pairs that count ``least`` or more."""
        self.again.state[layout.MIN_COUNT] = 1 if given else least
        while not kernel.begin(self.taught, self.again, self.ends, self.parting, self.types.ids):
            self.again = self._arrays(2 * len(self.again.records))
            self.again.state[layout.MIN_COUNT] = 1 if given else least
        while given and not kernel.merge_given(self.taught, self.again, given.pairs):
            self.grow()
        self.again.state[layout.MIN_COUNT] = least
        kernel.heap_up(self.again)
        while not kernel.merge(self.taught, self.again):
            self.grow()
        again, n = self.again, int(self.again.state[layout.LEARNED])
        pieces = Pieces(again.pieces, again.data, again.known, len(self.base), 0).of_tokens(self.leaves, n)
        return Merges(self.leaves, again.out[:n].copy(), again.gains[:n].copy(), pieces, self.types.tokens)

    def grow(self) -> None:
        """Make room for what the kernel said it needs, and as much again."""
        again, state = self.again, self.again.state
        if state[layout.NEED_CELLS] > len(again.cells):
            size = 2 * int(state[layout.NEED_CELLS])
            again = again._replace(cells=longer(again.cells, size), joined=longer(again.joined, size))
        if state[layout.NEED_PAIRS] > len(again.fates):
            again = again._replace(fates=longer(again.fates, 2 * state[layout.NEED_PAIRS]))
        if state[layout.NEED_BYTES] > len(again.data):
            again = again._replace(data=longer(again.data, 2 * state[layout.NEED_BYTES]))
        if state[layout.NEED_RECORDS] > len(again.records):
            size = 2 * int(state[layout.NEED_RECORDS])
            table = np.full(power_of_two(2 * size), -1, np.int32)
            again = again._replace(records=longer(again.records, size), heap=longer(again.heap, size), table=table)
            kernel.index(again)
        self.again = again
