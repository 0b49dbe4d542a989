"""SentencePiece unigram from counts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ginbon.tokenizers.counts import Counts
from ginbon.tokenizers.training.making import Made, too_many_characters
from ginbon.tokenizers.training.options import TrainOptions
from ginbon.tokenizers.unigram import learn


def make(counts: Counts, plans: Sequence[TrainOptions]) -> Iterator[Made]:
    """The model files. Each size is learned by itself: a smaller one is no part of a larger one."""
    for plan in plans:
        learned = learn(
            counts,
            plan.vocabulary,
            character_coverage=plan.character_coverage,
            special_tokens=plan.special_tokens,
        )
        yield Made(learned.model(), too_many_characters(learned.wanted, learned.characters, plan.vocabulary))
