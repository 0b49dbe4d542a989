r"""Vocabulary use: the share of the vocabulary that the text uses at all.

different token ids in the text / ids in the vocabulary. Unit: share. Range: 0 to 1. Neither direction is better: it
grows with the amount of text (compare only on the same text) and falls with the number of languages a vocabulary has.

By hand: "the cat the" cut as the| cat| the uses 3 ids (the, " cat", " the") of a vocabulary of 10: 3 / 10 = 0.3.

The interval: a draw with replacement holds fewer different documents than the text, so its count is always too low;
the spread of the draws is centred on the value instead.
"""

from __future__ import annotations

from dataclasses import dataclass

from ginbon.tokenizers.metrics.measures import Measures
from ginbon.tokenizers.metrics.metric import Direction, Estimate, centred


@dataclass(frozen=True)
class VocabularyUse:
    """See the module."""

    name: str = "vocabulary-use"
    unit: str = "share of the vocabulary"
    direction: Direction = "neither"
    formula: str = "different ids used / ids in the vocabulary"

    def compute(self, measures: Measures) -> Estimate:
        """The figure for these documents."""
        if not measures.vocabulary:
            return Estimate(None, None, None, measures.documents)
        value = len(measures.used.often) / measures.vocabulary
        if measures.documents < 2:
            return Estimate(value, None, None, measures.documents)
        return centred(value, measures.drawn_types.different / measures.vocabulary, measures.documents)


METRIC = VocabularyUse()
