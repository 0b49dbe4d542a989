r"""Context words: how many words of a language a context of 8,192 tokens holds.

8192 x words / tokens. Unit: words in 8,192 tokens; a context of 131,072 tokens holds sixteen times as many. Range: 0
upwards. Higher is better. Words are those of ``ginbon.filters.words``; languages have words of different size, so
compare tokenizers by it, and languages by ``premium``.

By hand: "The cat sat." has 3 words; cut as The| cat| sat|. it has 4 tokens: 8192 x 3 / 4 = 6144.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from ginbon.tokenizers.metrics.measures import Measures
from ginbon.tokenizers.metrics.metric import Direction, Estimate, Ratio

CONTEXT: Final = 8_192
LONG_CONTEXT: Final = 131_072


@dataclass(frozen=True)
class ContextWords:
    """See the module."""

    name: str = "context-words"
    unit: str = "words in 8,192 tokens"
    direction: Direction = "higher"
    formula: str = "8192 * sum(words) / sum(tokens)"

    def compute(self, measures: Measures) -> Estimate:
        """The figure for these documents."""
        return scaled(Ratio(self.name, "words", "tokens", self.unit, self.direction).compute(measures), CONTEXT)


def scaled(estimate: Estimate, factor: float) -> Estimate:
    """An estimate times a number that is known."""
    value, low, high = (None if x is None else x * factor for x in (estimate.value, estimate.low, estimate.high))
    return Estimate(value, low, high, estimate.n)


METRIC = ContextWords()
