"""The metric contract: one figure about a tokenizer on a text, with unit, direction and interval."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from ginbon.tokenizers.metrics.measures import Measures
from ginbon.tokenizers.units import interval

Direction = Literal["lower", "higher", "neither"]
"""Which is better."""


@dataclass(frozen=True)
class Estimate:
    """A figure with its 95 % bootstrap interval over ``n`` documents.

    ``value`` is None where the denominator is 0 (no text, no words); ``low`` and ``high`` are None where fewer than two
    documents say nothing about how others would differ.
    """

    value: float | None
    low: float | None
    high: float | None
    n: int

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return asdict(self)

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Estimate:
        """The inverse of ``to_json``."""
        return cls(**value)


class Metric(Protocol):
    """A metric. ``name`` is public and never reused for another meaning."""

    @property
    def name(self) -> str: ...
    @property
    def unit(self) -> str: ...
    @property
    def direction(self) -> Direction: ...
    @property
    def formula(self) -> str: ...
    def compute(self, measures: Measures) -> Estimate: ...


def centred(value: float, draws: NDArray[np.float64], n: int) -> Estimate:
    """A share whose draws are too low or too high by nature: their spread, with their mean moved to the value."""
    if not len(draws):
        return Estimate(value, None, None, n)
    low, high = interval(draws - draws.mean() + value)
    return Estimate(value, max(min(low, value), 0.0), min(max(high, value), 1.0), n)


@dataclass(frozen=True)
class Ratio:
    """A metric that divides the sum of one count by the sum of another: of sums, not a mean of ratios.

    Long documents weigh more, as they do in a bill for tokens. The interval is the percentile bootstrap over
    documents, widened to hold the figure where few and skewed documents would leave it out.
    """

    name: str
    over: str
    under: str
    unit: str
    direction: Direction

    @property
    def formula(self) -> str:
        """In the names of the counts."""
        return f"sum({self.over}) / sum({self.under})"

    def compute(self, measures: Measures) -> Estimate:
        """The figure for these documents; None where a count is absent (``pivot_tokens`` without pivot) or nothing."""
        if not {self.over, self.under} <= measures.columns.keys():
            return Estimate(None, None, None, measures.documents)
        below = measures.total(self.under)
        if not below:
            return Estimate(None, None, None, measures.documents)
        value = measures.total(self.over) / below
        if measures.documents < 2:
            return Estimate(value, None, None, measures.documents)
        over, under = measures.replicates(self.over), measures.replicates(self.under)
        some = under > 0
        low, high = interval(np.divide(over[some], under[some]))
        return Estimate(value, min(low, value), max(high, value), measures.documents)
