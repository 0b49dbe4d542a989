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
        owners = np.repeat(np.arange(len(types), dtype=np.int32), np.diff(offsets))
        beside = np.flatnonzero(owners[1:] == owners[:-1])  # where a token stands before another of its type
        tokens = leaves + len(pairs)
        at_left, at_right = _Numbers.of(pairs, 1, tokens), _Numbers.of(pairs, 0, tokens)
        lefts, rights = (np.append(pairs[:, side], ids[beside + side]) for side in (0, 1))
        order, places, first = _distinct(
            (at_left.places[lefts] * tokens + at_right.places[rights]) * 2 + (np.arange(len(lefts)) >= len(pairs))
        )
        merge_of = np.full(len(first), -1, np.int32)
        merge_of[places[: len(pairs)]] = np.arange(leaves, tokens)
        apart = order[order >= len(pairs)] - len(pairs)
        row_offsets = _offsets(np.bincount(places[len(pairs) :], minlength=len(first)))
        type_rows = np.full(len(ids), -1, np.int32)
        type_rows[beside] = places[len(pairs) :]
        left_places, right_places = at_left.places[lefts[first]], at_right.places[rights[first]]
        by_right = np.argsort(right_places).astype(np.int32)
        right_at = np.empty_like(by_right)
        right_at[by_right] = np.arange(len(by_right))
        keys, ranks = by_pair(lesson.merges)
        reach = np.column_stack([*at_left.within(left_places), *at_right.within(right_places[by_right])])
        different = pairs[:, 0] != pairs[:, 1]
        parts = np.append(pairs[:, 0], pairs[different, 1])
        wholes = np.append(np.arange(leaves, tokens), np.arange(leaves, tokens)[different]).astype(np.int32)
        arrays = Taught(
            pairs,
            np.ascontiguousarray(reach, np.int32),
            by_right,
            merge_of,
            right_at,
            places[: len(pairs)].astype(np.int32),
            keys,
            ranks,
            row_offsets,
            owners[beside[apart]],
            _offsets(np.bincount(ids, minlength=tokens)),
            owners[np.argsort(ids)],
            _offsets(np.bincount(parts, minlength=tokens)),
            wholes[np.argsort(parts)],
            offsets,
            ids,
            type_rows,
            types.offsets + np.arange(len(types.offsets)),
        )
        ends = np.column_stack([at_left.leaf(left_places, leaves), at_right.leaf(right_places, leaves)])
        return cls(arrays, parting, ends.astype(np.int32))


@dataclass(frozen=True, eq=False)
class _Numbers:
    """Tokens in an order in which those that have one at their left or right side follow it."""

    places: Int64s
    sizes: Int64s

    @classmethod
    def of(cls, pairs: Int32s, side: int, tokens: int) -> _Numbers:
        places, sizes, free = (np.zeros(tokens, np.int64) for _ in range(3))
        numbering.number(pairs, side, places, sizes, free)
        return cls(places, sizes)

    def within(self, ascending: Int64s) -> tuple[Int64s, Int64s]:
        """For each token, from where to where places are those of tokens that have it at their side."""
        return np.searchsorted(ascending, self.places), np.searchsorted(ascending, self.places + self.sizes)

    def leaf(self, places: Int64s, leaves: int) -> Int64s:
        """The leaf at the side of the tokens at some places."""
        return np.searchsorted(self.places[:leaves], places, "right") - 1


def _without(became: Merged, some: Int32s) -> tuple[Int64s, Int32s]:
    """Offsets and tokens of types, of some of them none."""
    sizes = became.sizes.copy()
    keep = np.ones(len(sizes), np.bool_)
    keep[some] = False
    ids = became.ids[np.repeat(keep, sizes)]
    sizes[some] = 0
    return _offsets(sizes), np.ascontiguousarray(ids)


def _distinct(keys: Int64s) -> tuple[Int64s, Int64s, Int64s]:
    """Their order, the place of each among the distinct ones, and where each of these first is."""
    order = np.argsort(keys)
    new = np.append(True, np.diff(keys[order]) != 0)[: len(keys)]
    places = np.empty(len(keys), np.int64)
    places[order] = np.cumsum(new) - 1
    return order, places, order[new]


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
        state[layout.BYTES], state[layout.NEXT] = pieces.used, self.leaves
        records = max(records, 4 * tokens)
        old = len(self.taught.reach)
        made = np.full(old, -1, np.int32)
        made[: self.leaves] = np.arange(self.leaves)
        moves = int(np.diff(self.taught.reach[:, :2]).sum() + np.diff(self.taught.reach[:, 2:]).sum())
        cells = 3 * int(np.diff(self.taught.nodes)[self.parting].sum()) + (1 << 16)
        return Again(
            np.column_stack([np.full(rows, -1), self.weights]),
            made,
            np.append(made[: self.leaves], np.full(self.merges, -1, np.int32)),
            self.types.counts,
            np.zeros(len(self.types), np.uint8),
            np.empty(len(self.types.ids) + len(self.types.offsets), np.int32),
            np.ones(tokens, np.int64),
            np.empty((records, RECORD_SIZE), np.int64),
            np.empty((records, 2), np.int64),
            np.empty(rows + moves, np.int32),
            np.full(power_of_two(2 * records), -1, np.int32),
            np.empty((cells, 3), np.int32),
            np.empty((cells, 2), np.int32),
            np.full((2, tokens), -1, np.int32),
            np.empty(2 * tokens + 2, np.int32),
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
        while not kernel.begin(self.taught, self.again, self.ends, self.parting, self.types.offsets, self.types.ids):
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
        if state[layout.NEED_BYTES] > len(again.data):
            again = again._replace(data=longer(again.data, 2 * state[layout.NEED_BYTES]))
        if state[layout.NEED_RECORDS] > len(again.records):
            size = 2 * int(state[layout.NEED_RECORDS])
            table = np.full(power_of_two(2 * size), -1, np.int32)
            again = again._replace(records=longer(again.records, size), heap=longer(again.heap, size), table=table)
            kernel.index(again)
        self.again = again
