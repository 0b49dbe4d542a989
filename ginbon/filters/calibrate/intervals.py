"""How sure a figure is: intervals of shares, of order statistics and of ratios, at 95 %.

Shares: Wilson 1927, which holds for few documents and for shares near 0 and 1. Quantiles, moments and ratios: the
bootstrap's percentile interval (Efron 1979; Efron and Tibshirani 1993, chapter 13). Resamples come from a seed, and
values are sorted first, so that neither the order of documents nor the machine decides.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil, log, sqrt
from typing import Any, Final

import numpy as np

RESAMPLES: Final = 1_000
LEVEL: Final = 0.95
_TAILS: Final = ((1 - LEVEL) / 2, (1 + LEVEL) / 2)
_Z: Final = 1.959964  # the standard normal's 97.5 % point
_BLOCKS: Final = 200


@dataclass(frozen=True)
class Estimate:
    """A figure and its interval: ``low <= value <= high``."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class Share:
    """``hits`` of ``of`` documents, with Wilson's interval; of none the interval is everything."""

    hits: int
    of: int

    @property
    def value(self) -> float:
        """0 where there are no documents."""
        return self.hits / self.of if self.of else 0.0

    @property
    def interval(self) -> tuple[float, float]:
        """Low and high."""
        if not self.of:
            return 0.0, 1.0
        n, p = self.of, self.value
        middle = (p + _Z**2 / (2 * n)) / (1 + _Z**2 / n)
        half = _Z / (1 + _Z**2 / n) * sqrt(p * (1 - p) / n + _Z**2 / (4 * n**2))
        return max(0.0, min(p, middle - half)), min(1.0, max(p, middle + half))

    def to_json(self) -> dict[str, float | int]:
        """Share, interval and counts."""
        low, high = self.interval
        return {"share": self.value, "low": low, "high": high, "documents": self.hits, "of": self.of}


def needed(budget: float) -> int:
    """Documents from which on their extreme bounds a share of ``budget`` with 95 % confidence (Wilks 1941).

    299 for 1 %, 59 for 5 %. Fewer say nothing about so small a share of all documents.
    """
    return ceil(log(1 - LEVEL) / log(1 - budget)) if budget > 0 else 2**31


def order_statistic(values: Any, index: int, *, seed: int) -> Estimate:
    """The value at a place of sorted values.

    Of ``n`` draws from ``n`` sorted values the one at place ``i`` is the value at place ``floor(n * U)``, where ``U``
    is the ``i``-th of ``n`` uniform numbers, so Beta distributed: no draw needs to be made (Maritz and Jarrett 1978).
    """
    n = len(values)
    chance = np.random.default_rng(seed)
    places = np.minimum((chance.beta(index + 1, n - index, RESAMPLES) * n).astype(np.int64), n - 1)
    low, high = np.quantile(places, _TAILS, method="inverted_cdf").astype(np.int64)
    return Estimate(float(values[index]), float(values[min(low, index)]), float(values[max(high, index)]))


def tail(values: Any, share: float, *, upper: bool, seed: int) -> Estimate:
    """The value that at most ``share`` of the sorted values are beyond: above it (``upper``), or below it."""
    n = len(values)
    beyond = min(int(share * n + 1e-9), n - 1)  # a share next to 1 leaves one value all the same
    return order_statistic(values, n - 1 - beyond if upper else beyond, seed=seed)


def moments(values: Any, weight: float, *, seed: int) -> Estimate:
    """Mean plus ``weight`` standard deviations; resampled in blocks of documents, at most 200."""
    chance = np.random.default_rng(seed)
    blocks = np.arange(len(values)) % min(_BLOCKS, len(values))
    mixed = chance.permutation(np.asarray(values, np.float64))
    sums = [np.bincount(blocks, w) for w in (np.ones(len(values)), mixed, mixed**2)]
    drawn = chance.integers(0, len(sums[0]), (RESAMPLES, len(sums[0])))
    n, first, second = (part[drawn].sum(axis=1) for part in sums)
    spread = np.sqrt(np.maximum(second / n - (first / n) ** 2, 0))
    return _estimate(float(np.mean(values) + weight * np.std(values)), first / n + weight * spread)


def ratio(top: Any, bottom: Any, *, seed: int) -> Estimate:
    """Sum of ``top`` by sum of ``bottom``, pairs (sentences and their translations) resampled together."""
    top, bottom = np.asarray(top, np.float64), np.asarray(bottom, np.float64)
    chance = np.random.default_rng(seed)
    drawn = chance.integers(0, len(top), (RESAMPLES, len(top)))
    resampled = top[drawn].sum(axis=1) / np.maximum(bottom[drawn].sum(axis=1), 1)
    return _estimate(float(top.sum() / max(bottom.sum(), 1)), resampled)


def _estimate(value: float, resampled: Any) -> Estimate:
    low, high = np.quantile(resampled, _TAILS)
    return Estimate(value, min(value, float(low)), max(value, float(high)))
