r"""Premium over bytes: what the tokenizer adds to (or takes from) what UTF-8 costs the language already.

premium / byte premium = (tokens x bytes of the pivot) / (tokens of the pivot x bytes), sums over the lines that both
have. Unit: none. Range: 0 upwards; 1 for ``bytes`` and for the pivot itself. Lower is better; above 1 the vocabulary
serves the language worse than the pivot byte for byte, below 1 better.

By hand: premium 23 / 6 = 3.833, byte premium 55 / 24 = 2.292: 3.833 / 2.292 = 1.673.

Source: premium of Petrov et al. 2023, byte premium of Arnett et al. 2024.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ginbon.tokenizers.metrics.measures import Measures
from ginbon.tokenizers.metrics.metric import Direction, Estimate
from ginbon.tokenizers.units import interval


@dataclass(frozen=True)
class PremiumOverBytes:
    """See the module."""

    name: str = "premium-over-bytes"
    unit: str = "premium per byte premium"
    direction: Direction = "lower"
    formula: str = "(sum(tokens) * sum(pivot_bytes)) / (sum(pivot_tokens) * sum(bytes))"

    def compute(self, measures: Measures) -> Estimate:
        """The figure for these lines; None without a pivot."""
        n = measures.documents
        if not {"pivot_tokens", "pivot_bytes"} <= measures.columns.keys():
            return Estimate(None, None, None, n)
        below = measures.total("pivot_tokens") * measures.total("bytes")
        if not below:
            return Estimate(None, None, None, n)
        value = measures.total("tokens") * measures.total("pivot_bytes") / below
        if n < 2:
            return Estimate(value, None, None, n)
        over = measures.replicates("tokens") / np.maximum(measures.replicates("pivot_tokens"), 1)
        under = measures.replicates("bytes") / np.maximum(measures.replicates("pivot_bytes"), 1)
        low, high = interval(over[under > 0] / under[under > 0])
        return Estimate(value, min(low, value), max(high, value), n)


METRIC = PremiumOverBytes()
