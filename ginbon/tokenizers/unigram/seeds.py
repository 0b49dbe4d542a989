"""Strings that may become pieces: the substrings of the segments that occur most often, each times its length."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ginbon.filters.kernel import graphemes
from ginbon.tokenizers.counts.segments import Segments
from ginbon.tokenizers.protocol import Bytes, Int64s
from ginbon.tokenizers.unigram.kernel import seeds as kernel

Int32s = NDArray[np.int32]

_BATCHES: Final = 16
"""Positions are sorted in so many parts, by their first symbol."""


@dataclass(frozen=True, eq=False)
class Candidates:
    """Pieces that are tried; the characters come first.

    ``parents`` is the next shorter piece that each begins with (-1: none), ``sizes`` its symbols, ``places`` where it
    stands in the text, ``weights`` how often it occurs. ``node`` is the longest piece at each position of the text.
    """

    parents: Int32s
    sizes: Int64s
    places: Int64s
    weights: Int64s
    node: Int32s

    def __len__(self) -> int:
        return len(self.sizes)

    def keep(self, kept: NDArray[np.bool_]) -> Candidates:
        """Only some pieces; where one that goes was longest, the longest of its beginnings that stay is.

        ``node`` is changed in place, so what this is called on is of no use any more.
        """
        number = np.append(np.cumsum(kept) - 1, -1).astype(np.int32)
        nearest = np.append(np.arange(len(self), dtype=np.int32), np.int32(-1))
        parents, flags = np.append(self.parents, np.int32(-1)), np.append(kept, True)
        while not (good := flags[nearest]).all():
            nearest = np.where(good, nearest, parents[nearest])
        number = number[nearest]
        np.take(number, self.node, out=self.node, mode="wrap")
        return Candidates(
            number[self.parents[kept]], self.sizes[kept], self.places[kept], self.weights[kept], self.node
        )


def candidates(segments: Segments, *, longest: int, most: int, whole_graphemes: bool) -> Candidates:
    """All characters, and about ``most`` strings of up to ``longest`` characters that occur twice or more.

    Of strings that only ever occur inside a longer one with the same beginning the longest is taken (the nodes of a
    suffix tree). Those with the greatest product of length and count are kept; of equal ones all or none. With
    ``whole_graphemes`` no string begins with a mark or ends with what binds the next character.
    """
    text, size = segments.text, len(segments.alphabet)
    flags = _flags(segments.alphabet) if whole_graphemes else np.zeros(size + 1, np.uint8)
    node = np.full(len(text), -1, np.int32)
    used = np.bincount(text, minlength=size + 1)
    used[0] = 0
    found = [_characters(text, segments.used)]
    worths, total, least = np.zeros(0, np.int64), size, 0
    for first, last in _ranges(used):
        n = int(used[first:last].sum())
        keys, weights = np.empty(n, np.int64), np.empty(n, np.int64)
        n = kernel.gather(text, segments.ends, segments.counts, first, last, flags, node, keys, weights)
        rows, stack = np.empty((2 * n, 4), np.int64), np.empty((n + 3, 5), np.int32)  # a tree of n leaves
        got = kernel.count(text, flags, longest, least, n, keys, weights, node, rows, total, stack)
        found.append(rows[:got].copy())
        total += got
        worths, least = _best(np.concatenate([worths, _worth(found[-1])]), most, least)
    every = np.concatenate(found)
    tried = Candidates(
        every[:, kernel.FOUND_PARENT].astype(np.int32),
        every[:, kernel.FOUND_SIZE].copy(),
        every[:, kernel.FOUND_PLACE].copy(),
        every[:, kernel.FOUND_WEIGHT].copy(),
        node,
    )
    return tried.keep((tried.sizes == 1) | (_worth(every) >= least))


def _worth(rows: Int64s) -> Int64s:
    worth: Int64s = rows[:, kernel.FOUND_SIZE] * rows[:, kernel.FOUND_WEIGHT]
    return worth


def _best(worths: Int64s, most: int, least: int) -> tuple[Int64s, int]:
    """The greatest of some numbers, at most so many, and the least that is among them: less is not looked for again."""
    if len(worths) > most:
        least = int(np.partition(worths, len(worths) - most - 1)[len(worths) - most - 1]) + 1
    return worths[worths >= least], least


def _ranges(used: Int64s) -> list[tuple[int, int]]:
    """Ranges of symbols whose positions are sorted together."""
    part = np.cumsum(used) * _BATCHES // max(int(used.sum()) + 1, 1)
    begins = np.flatnonzero(np.diff(part, prepend=-1))
    return [(int(a), int(b)) for a, b in zip(begins, [*begins[1:], len(used)], strict=True)]


def _characters(text: NDArray[np.uint16], weights: Int64s) -> Int64s:
    rows = np.empty((len(weights), 4), np.int64)
    symbols, places = np.unique(text, return_index=True)
    rows[:, kernel.FOUND_PARENT] = -1
    rows[:, kernel.FOUND_SIZE] = 1
    rows[:, kernel.FOUND_PLACE] = places[symbols > 0]
    rows[:, kernel.FOUND_WEIGHT] = weights
    return rows


def _flags(alphabet: str) -> Bytes:
    """Which symbols hang on the one before (nothing begins with them), and which hold on to the next."""
    found = graphemes.properties()[np.frombuffer(("\0" + alphabet).encode("utf-32-le"), np.uint32)]
    kinds, conjunct = found & graphemes.CLASS_MASK, found >> graphemes.CONJUNCT_SHIFT
    inside = np.isin(kinds, [graphemes.EXTEND, graphemes.JOINER, graphemes.SPACING, graphemes.V, graphemes.T])
    opened = np.isin(kinds, [graphemes.JOINER, graphemes.PREPEND, graphemes.L]) | (conjunct == graphemes.LINKER)
    flags: Bytes = (inside * kernel.INSIDE + opened * kernel.OPEN).astype(np.uint8)
    return flags
