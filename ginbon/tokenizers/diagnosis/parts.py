r"""The parts that a premium is made of, each with its interval; they multiply back to it.

    premium = tokens(L) / tokens(P)                         P: the pivot, on the same lines
            = byte premium      x premium over bytes        what UTF-8 charges  x  what the tokenizer adds
            = bytes(L)/bytes(P) x (tokens(L)/bytes(L)) / (tokens(P)/bytes(P))
            = premium floor     x headroom                  what no vocabulary of this split pattern can go under
            = pre(L)/tokens(P)  x tokens(L)/pre(L)          x  what more vocabulary could win

A tokenizer never joins two pre-tokens, so ``pre(L)`` (pre-tokens) is the least that any vocabulary behind the same
pattern can need. The pivot's own tokens stay as they are.

By hand: L has 30 bytes, 12 tokens, 8 pre-tokens; P has 10 bytes, 4 tokens. Premium 12/4 = 3; byte premium 30/10 = 3 x
premium over bytes (12/30)/(4/10) = 1; premium floor 8/4 = 2 x headroom 12/8 = 1.5.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np

from ginbon.tokenizers.metrics import METRICS, Estimate, Measures
from ginbon.tokenizers.metrics.metric import Metric, Ratio
from ginbon.tokenizers.protocol import Int64s

HEADROOM: Final = Ratio("headroom", "tokens", "pre_tokens", "tokens per pre-token", "lower")
"""1 when every pre-token is a token: nothing is left for more vocabulary to win."""

PARTS: Final[dict[str, Metric]] = {
    "premium": METRICS["premium"],
    "byte_premium": METRICS["byte-premium"],
    "premium_over_bytes": METRICS["premium-over-bytes"],
    "premium_floor": METRICS["premium-floor"],
    "headroom": HEADROOM,
}


@dataclass(frozen=True)
class Parts:
    """The figures of ``PARTS``; floor and headroom have no value where the tokenizer has no split pattern."""

    premium: Estimate
    byte_premium: Estimate
    premium_over_bytes: Estimate
    premium_floor: Estimate
    headroom: Estimate

    def to_json(self) -> dict[str, Any]:
        """Plain values, each with its unit and formula."""
        return {
            name: {**getattr(self, name).to_json(), "unit": metric.unit, "formula": metric.formula}
            for name, metric in PARTS.items()
        }


def parts(measures: Measures) -> Parts:
    """Take a premium apart: counts of units, with those of the pivot beside them."""
    return Parts(**{name: metric.compute(measures) for name, metric in PARTS.items()})


def with_counts(measures: Measures, **counts: Int64s) -> Measures:
    """The same measures with other counts of the same units."""
    return replace(measures, columns={**measures.columns, **counts})


def by_unit(values: Int64s, unit: Int64s) -> Int64s:
    """The sums of lines' values over the units (0 on) that the lines are from."""
    return np.bincount(unit, weights=values).astype(np.int64)
