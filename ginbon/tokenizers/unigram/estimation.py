"""Probabilities of pieces, and what each is worth: expectation and maximisation over all cuts of the text."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from ginbon.tokenizers.counts.segments import Segments
from ginbon.tokenizers.protocol import Int64s
from ginbon.tokenizers.unigram.kernel import lattice
from ginbon.tokenizers.unigram.seeds import Candidates

Float64s = NDArray[np.float64]

LEAST: Final = 0.5
"""A piece that is expected less often is left out; a character stays, as if it were."""

_EXACT: Final = 2.0**32
"""Shares of a count are rounded to multiples of its inverse, or coarser ones where counts add up to much."""


class Estimate:
    """Pieces with their probabilities, which are 32-bit floats: so that a machine's last bit makes no difference."""

    def __init__(self, text: Segments, tried: Candidates, threads: int = 1) -> None:
        self.text, self.tried, self.threads = text, tried, threads
        self.expected: Float64s = (tried.weights * tried.sizes).astype(np.float64)
        self.chances = _rounded(self.expected / self.expected.sum())
        self.longest = int(tried.sizes.max())

    @property
    def scores(self) -> Float64s:
        """Natural logarithms of the probabilities."""
        return _rounded(np.log(self.chances))

    def improve(self) -> None:
        """Once expectation and maximisation, with the prior that lets rare pieces fade (digamma)."""
        expected = self.count()
        characters = self.tried.sizes == 1
        self._set(np.where(characters, np.maximum(expected, LEAST), expected), characters | (expected >= LEAST))
        self.chances = _rounded(_exp_digamma(self.expected) / _exp_digamma(self.expected.sum()))

    def count(self) -> Float64s:
        """How often each piece is expected in the text, over all ways to cut it."""
        text, tried = self.text, self.tried
        total = int(text.used.sum())
        scale = min(_EXACT, 2.0 ** (61 - total.bit_length()))
        room = int(np.diff(text.ends, prepend=-1).max()) + self.longest
        at = np.arange(self.threads + 1) * -(-len(text.text) // self.threads)
        rows = np.searchsorted(text.ends, at).tolist()
        links = self._links

        def part(i: int) -> Int64s:
            expected = np.zeros(len(tried), np.int64)
            before, after = np.empty(room), np.empty(room)
            first, last = rows[i], rows[i + 1]
            lattice.expect(
                tried.node, text.ends, text.counts, first, last, links, self.chances, self.longest, scale, before,
                after, expected,
            )  # fmt: skip
            return expected

        with ThreadPoolExecutor(self.threads) as pool:
            sums: Any = sum(pool.map(part, range(self.threads)))
        counted: Float64s = sums / scale
        return counted

    def losses(self) -> Float64s:
        """What the text's likelihood would lose without each piece; characters cannot go."""
        likelihood, _ = self._without()
        return self._characters_stay(_rounded(self.expected * (self.scores - likelihood)))

    def saved(self) -> Float64s:
        """How many tokens each piece saves; characters cannot go."""
        _, parts = self._without()
        return self._characters_stay(_rounded(self.expected * (parts - 1)))

    def keep(self, worth: Float64s, most: int) -> None:
        """Only the pieces that are worth most; of equal ones the first."""
        kept = np.zeros(len(worth), np.bool_)
        kept[np.argsort(-worth, kind="stable")[:most]] = True
        chances = self.chances[kept]
        self._set(self.expected, kept)
        self.chances = chances

    def _set(self, expected: Float64s, kept: NDArray[np.bool_]) -> None:
        self.tried, self.expected = self.tried.keep(kept), expected[kept]

    @property
    def _links(self) -> Int64s:
        return self.tried.parents.astype(np.int64) << lattice.SIZE_BITS | self.tried.sizes

    def _without(self) -> tuple[Float64s, Int64s]:
        tried, n = self.tried, len(self.tried)
        likelihood, parts = np.zeros(n), np.zeros(n, np.int64)
        best, back = np.empty(self.longest + 1), np.empty(self.longest + 1, np.int64)
        lattice.without(tried.node, tried.places, tried.sizes, self._links, self.scores, best, back, likelihood, parts)
        return likelihood, parts

    def _characters_stay(self, worth: Float64s) -> Float64s:
        return np.where(self.tried.sizes == 1, np.inf, worth)


def _rounded(values: Any) -> Float64s:
    """To 32 bits."""
    rounded: Float64s = values.astype(np.float32).astype(np.float64)
    return rounded


def _exp_digamma(x: Any) -> Any:
    """The exponential of the digamma function, for 0.5 or more: about ``x - 0.5``. By its series, six further on."""
    y = x + 6
    series = -1 / (2 * y) - 1 / (12 * y**2) + 1 / (120 * y**4) - 1 / (252 * y**6)
    return y * np.exp(series - sum(1 / (x + k) for k in range(6)))
