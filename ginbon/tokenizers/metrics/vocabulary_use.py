r"""Vocabulary use: the share of the vocabulary that the text uses at all.

different token ids in the text / ids in the vocabulary. Unit: share. Range: 0 to 1. Neither direction is better: it
grows with the amount of text (compare only on the same text) and falls with the number of languages a vocabulary has.

By hand: "the cat the" cut as the| cat| the uses 3 ids (the, " cat", " the") of a vocabulary of 10: 3 / 10 = 0.3.

The interval: a draw with replacement holds fewer different documents than the text, so its count is always too low;
the spread of 200 draws is centred on the value instead.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ginbon.tokenizers.metrics.measures import Measures
from ginbon.tokenizers.metrics.metric import Direction, Estimate
from ginbon.tokenizers.units import interval, unit_of

DRAWS = 200


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
        ids, place = np.unique(measures.used[:, 1], return_inverse=True)
        value = len(ids) / measures.vocabulary
        if measures.documents < 2:
            return Estimate(value, None, None, measures.documents)
        units = unit_of(measures.used[:, 0].astype(np.int64))
        counts = np.array(
            [np.count_nonzero(np.bincount(place[drawn[units] > 0])) for drawn in measures.weights[:DRAWS]], np.float64
        )
        low, high = interval((counts - counts.mean()) / measures.vocabulary + value)
        return Estimate(value, max(min(low, value), 0.0), min(max(high, value), 1.0), measures.documents)


METRIC = VocabularyUse()
