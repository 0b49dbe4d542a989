r"""Renyi efficiency: how evenly the tokens that the text uses are used.

H / log V with H = log(sum of p^2.5) / (1 - 2.5), p = how often a token occurs / tokens, V = different tokens in the
text (not the size of the vocabulary). Unit: share. Range: 0 to 1; 1 where all occur alike often; None where V < 2.
Higher went with better translations in the study; it was shown that it can be raised at will without any gain (Cognetta
et al. 2024, arXiv 2402.14614), so neither direction is better by itself: never choose a tokenizer by it alone.

By hand: "pick @@ed pick @@l @@ed pick @@les" has 7 tokens: pick 3, @@ed 2, @@l 1, @@les 1. The sum of p^2.5 is
(15.588 + 5.657 + 1 + 1) / 129.642 = 0.17930; H = log(0.17930) / -1.5 = 1.1458; V = 4: 1.1458 / 1.3863 = 0.8265. The
README of the authors' scorer shows 0.8031 for it, its value at order 3.

The interval: a draw with replacement holds fewer different documents and tokens than the text, so the spread of the
draws is centred on the value, as for ``vocabulary-use``.

Source: Zouhar et al. 2023 (arXiv 2306.16842).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ginbon.tokenizers.metrics.measures import Measures
from ginbon.tokenizers.metrics.metric import Direction, Estimate, centred

Floats = NDArray[np.float64]

ORDER = 2.5
"""What the study found to go best with translation quality; the compiled draws sum this power."""


@dataclass(frozen=True)
class RenyiEfficiency:
    """See the module."""

    name: str = "renyi-efficiency"
    unit: str = "share of the largest entropy"
    direction: Direction = "neither"
    formula: str = "log(sum(p^2.5)) / (1 - 2.5) / log(different tokens)"

    def compute(self, measures: Measures) -> Estimate:
        """The figure for these documents."""
        often = measures.used.often.astype(np.float64)
        if len(often) < 2:
            return Estimate(None, None, None, measures.documents)
        power = np.array([(often * often * np.sqrt(often)).sum()])
        value = float(efficiency(power, np.array([often.sum()]), np.array([len(often)]))[0])
        if measures.documents < 2:
            return Estimate(value, None, None, measures.documents)
        drawn = measures.drawn_types
        several = drawn.different > 1
        draws = efficiency(drawn.powers[several], drawn.tokens[several], drawn.different[several])
        return centred(value, draws, measures.documents)


def efficiency(
    powers: NDArray[np.float64], tokens: NDArray[np.float64], different: NDArray[Any]
) -> NDArray[np.float64]:
    """From the sums of occurrences to the power 2.5, all tokens, and different tokens (2 or more)."""
    entropy = np.log(powers / (tokens * tokens * np.sqrt(tokens))) / (1 - ORDER)
    found: Floats = np.minimum(entropy / np.log(different), 1.0)  # equal frequencies: rounding may pass 1
    return found


METRIC = RenyiEfficiency()
