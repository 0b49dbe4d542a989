r"""Context words: how many words of a language a context of 8,192 tokens holds.

8192 x words / tokens. Unit: words in 8,192 tokens. Range: 0 upwards. Higher is better. Words are those of
``ginbon.filters.words``; languages have words of different size, so compare tokenizers by it, and languages by
``premium``.

By hand: "The cat sat." has 3 words; cut as The| cat| sat|. it has 4 tokens: 8192 x 3 / 4 = 6144.
"""

from __future__ import annotations

from dataclasses import dataclass

from ginbon.tokenizers.metrics.measures import Measures
from ginbon.tokenizers.metrics.metric import Direction, Estimate, Ratio


@dataclass(frozen=True)
class ContextWords:
    """See the module. ``context`` is in tokens."""

    name: str
    context: int
    direction: Direction = "higher"

    @property
    def unit(self) -> str:
        """With the context that is meant."""
        return f"words in {self.context:,} tokens"

    @property
    def formula(self) -> str:
        """In the names of the counts."""
        return f"{self.context} * sum(words) / sum(tokens)"

    def compute(self, measures: Measures) -> Estimate:
        """The figure for these documents."""
        one = Ratio(self.name, "words", "tokens", self.unit, self.direction).compute(measures)
        value, low, high = (None if x is None else x * self.context for x in (one.value, one.low, one.high))
        return Estimate(value, low, high, one.n)


METRIC = ContextWords("context-words", 8_192)
