"""What several tokenizers on one set say together: ranks and ties in each version, and each tokenizer over all.

All of it is drawn jointly: a replicate holds the same documents (or blocks of lines) for every version and every
tokenizer, so that a difference of two tokenizers has an interval of its own, and one that holds 0 is called a tie.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, partial
from itertools import combinations
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from ginbon.tokenizers.metrics import Estimate
from ginbon.tokenizers.metrics.gini import gini
from ginbon.tokenizers.metrics.price_factor import price_factor
from ginbon.tokenizers.parallel.aligned import Aligned
from ginbon.tokenizers.parallel.measured import MeasuredSet
from ginbon.tokenizers.specs import FLOORS
from ginbon.tokenizers.units import UNITS, interval, unit_of, weights

Draws = NDArray[np.float64]

DEAR: Final = (2, 4)
"""Premiums above which languages are counted."""


@dataclass(frozen=True)
class Overview:
    """One tokenizer over the versions of a set on which it did not collapse.

    ``above`` counts versions whose premium is above 2 and above 4. ``worst`` is the version with the highest premium.
    ``cheapest_in`` counts versions in which no tokenizer needs fewer tokens beyond doubt; None for floors. The pivot is
    part of the Gini and of ``tokens_per_line``, not of the median and the counts.
    """

    median_premium: Estimate
    above: Mapping[int, Estimate]
    gini: Estimate
    tokens_per_line: Estimate
    worst: str
    worst_premium: float | None
    cheapest_in: int | None
    collapsed: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return {
            "median-premium": self.median_premium.to_json(),
            **{f"above-{n}": e.to_json() for n, e in self.above.items()},
            "gini": self.gini.to_json(),
            "tokens-per-line": self.tokens_per_line.to_json(),
            "worst": self.worst or None,
            "worst-premium": self.worst_premium,
            "cheapest-in": self.cheapest_in,
            "collapsed": list(self.collapsed),
        }


@dataclass(frozen=True)
class Ranking:
    """Tokenizers against each other in each version.

    ``signs[label]`` has a sign for each pair, in the order of ``itertools.combinations``: ``<`` where the first is
    lower beyond doubt, ``>`` the second, ``=`` for a tie, ``.`` where one of them is not ranked. ``ranks[label]`` gives
    ranked tokenizers 1 + the number that are lower beyond doubt, so that ties share a rank.
    """

    signs: Mapping[str, str]
    ranks: Mapping[str, Mapping[str, int]]


class Across:
    """Several tokenizers on one set of aligned lines."""

    def __init__(self, aligned: Aligned, measured: Sequence[MeasuredSet], *, seed: int = 1) -> None:
        self.aligned = aligned
        self.measured = tuple(measured)
        self.labels = tuple(aligned.versions)
        number = min(int(aligned.units.max()) + 1, UNITS)
        self._weights = weights(number, seed, aligned.block)
        self._shared = np.array([aligned.shared(label) for label in self.labels])
        self._units = np.zeros((len(aligned.units), number))
        self._units[np.arange(len(aligned.units)), unit_of(aligned.units)] = 1
        self.sure = number > 1
        """Whether there are units enough to say how others would differ."""

    def drawn(self, tokens: NDArray[np.int64]) -> Draws:
        """Tokens of the lines that each version shares with the pivot, in each replicate: (versions, replicates).

        ``tokens`` are those of each version's lines, or of one version's (the pivot's) for all. The sums are exact:
        whole numbers below 2**53.
        """
        found: Draws = ((tokens * self._shared) @ self._units) @ self._weights.T
        return found

    @cached_property
    def costs(self) -> dict[str, tuple[Draws, Draws]]:
        """By tokenizer, each version's and the pivot's tokens of the same lines in each replicate."""
        pivot = self.aligned.pivot
        return {
            one.name: (
                self.drawn(np.array([one.versions[label].tokens for label in self.labels])),
                self.drawn(one.versions[pivot].tokens),
            )
            for one in self.measured
        }

    def rivals(self, label: str) -> list[str]:
        """The tokenizers that are ranked in a version: no floors, none that collapsed."""
        return [
            one.name
            for one in self.measured
            if one.kind not in FLOORS and not one.versions[label].collapsed and one.versions[label].totals["tokens"]
        ]

    @cached_property
    def tokens(self) -> Ranking:
        """By the tokens that the same text takes: what a person pays."""
        return self._ranking({name: own for name, (own, _) in self.costs.items()})

    @cached_property
    def premiums(self) -> Ranking:
        """By the premium: what a language pays beside the pivot under the same tokenizer."""
        return self._ranking({name: _divide(own, pivot) for name, (own, pivot) in self.costs.items()})

    def _ranking(self, drawn: Mapping[str, Draws]) -> Ranking:
        """Which of each pair is lower beyond doubt: the interval of the paired difference lies on one side of 0."""
        names = [one.name for one in self.measured]
        signs, ranks = {}, {}
        for place, label in enumerate(self.labels):
            held = dict.fromkeys(self.rivals(label), 1)
            said = []
            for a, b in combinations(names, 2):
                sign = "."
                if a in held and b in held:
                    sign = self._sign(drawn[a][place] - drawn[b][place])
                    held[a] += sign == ">"
                    held[b] += sign == "<"
                said.append(sign)
            signs[label], ranks[label] = "".join(said), held
        return Ranking(signs, ranks)

    def _sign(self, difference: Draws) -> str:
        told = difference[~np.isnan(difference)]
        low, high = interval(told) if self.sure and len(told) else (0.0, 0.0)
        return "<" if high < 0 else ">" if low > 0 else "="

    def overview(self, one: MeasuredSet) -> Overview:
        """A tokenizer over all versions."""
        pivot = self.aligned.pivot
        collapsed = tuple(label for label in self.labels if one.versions[label].collapsed)
        good = [x for x in self.labels if x not in collapsed and one.versions[x].totals["pivot_tokens"]]
        others = [label for label in good if label != pivot]
        value, drawn = self._premiums(one, others)
        worst = int(np.argmax(value)) if others else -1
        ranked = one.kind not in FLOORS
        return Overview(
            median_premium=self._estimate(value, drawn, _median),
            above={n: self._estimate(value, drawn, partial(_above, n)) for n in DEAR},
            gini=self._estimate(*self._premiums(one, good), gini),
            tokens_per_line=self._per_line(one, good),
            worst=others[worst] if others else "",
            worst_premium=float(value[worst]) if others else None,
            cheapest_in=sum(self.tokens.ranks[label].get(one.name) == 1 for label in self.labels) if ranked else None,
            collapsed=collapsed,
        )

    def price_factors(self, prices: Mapping[str, float]) -> dict[str, dict[str, Estimate]]:
        """The price factor of each priced tokenizer in each version; none where all collapsed on the pivot."""
        pivot = self.aligned.pivot
        priced = [one for one in self.measured if one.name in prices]
        sound = [one for one in priced if not one.versions[pivot].collapsed]
        if not sound:
            return {}
        cheapest = min(sound, key=lambda one: (one.versions[pivot].totals["tokens"] * prices[one.name], one.name))
        price = prices[cheapest.name]
        lowest_drawn = self.costs[cheapest.name][1] * price
        found: dict[str, dict[str, Estimate]] = {}
        for one in priced:
            drawn = price_factor(self.costs[one.name][0], prices[one.name], lowest_drawn)
            found[one.name] = {}
            for place, label in enumerate(self.labels):
                lowest = cheapest.versions[label].totals["pivot_tokens"] * price
                value = price_factor(one.versions[label].totals["tokens"], prices[one.name], lowest)
                n = one.versions[label].estimates["premium"].n
                found[one.name][label] = replace(self._estimate(value[None], drawn[place][None], _first), n=n)
        return found

    def _premiums(self, one: MeasuredSet, labels: Sequence[str]) -> tuple[Draws, Draws]:
        """Premiums of versions, and in each replicate."""
        totals = [one.versions[label].totals for label in labels]
        value = _divide([t["tokens"] for t in totals], [t["pivot_tokens"] for t in totals])
        own, pivot = self.costs[one.name]
        places = [self.labels.index(label) for label in labels]
        return value, _divide(own[places], pivot[places])

    def _per_line(self, one: MeasuredSet, labels: Sequence[str]) -> Estimate:
        """The mean over versions of tokens per shared line."""
        totals = [one.versions[label].totals for label in labels]
        value = _divide([t["tokens"] for t in totals], [t["documents"] for t in totals])
        places = [self.labels.index(label) for label in labels]
        lines = self.drawn(np.ones(len(self.aligned.units), np.int64))
        return self._estimate(value, _divide(self.costs[one.name][0][places], lines[places]), _mean)

    def _estimate(self, value: Draws, drawn: Draws, figure: Callable[[Draws], Any]) -> Estimate:
        """A figure over versions, with the interval of its replicates; ``n`` counts the versions.

        A replicate in which some version has no line at all (there are few lines, and most are blank) says nothing.
        """
        if not len(value):
            return Estimate(None, None, None, 0)
        middle = float(figure(value))
        told = drawn[:, ~np.isnan(drawn).any(axis=0)]
        if not self.sure or not told.shape[1]:
            return Estimate(middle, None, None, len(value))
        low, high = interval(np.asarray(figure(told), np.float64))
        return Estimate(middle, min(low, middle), max(high, middle), len(value))


def _divide(over: Any, under: Any) -> Draws:
    """One array by another; NaN where it is by 0."""
    above, below = np.asarray(over, np.float64), np.asarray(under, np.float64)
    return np.divide(above, below, out=np.full_like(above, np.nan), where=below > 0)


def _median(values: Draws) -> Any:
    return np.median(values, axis=0)


def _first(values: Draws) -> Any:
    return values[0]


def _mean(values: Draws) -> Any:
    return np.mean(values, axis=0)


def _above(limit: int, values: Draws) -> Any:
    return (values > limit).sum(axis=0)
