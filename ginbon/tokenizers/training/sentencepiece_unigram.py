"""SentencePiece unigram from counts."""

from __future__ import annotations

from ginbon.tokenizers.counts import Counts
from ginbon.tokenizers.training.options import TrainOptions


def make(counts: Counts, options: TrainOptions, notes: list[str]) -> bytes:
    """The model file."""
    from ginbon.tokenizers.unigram import learn

    learned = learn(
        counts,
        options.vocabulary,
        character_coverage=options.character_coverage,
        special_tokens=options.special_tokens,
    )
    return learned.model()
