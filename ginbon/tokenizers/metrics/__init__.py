"""Metrics of tokenizers: each a module with formula, unit, direction, range and an example worked by hand."""

from __future__ import annotations

from typing import Final

from ginbon.tokenizers.metrics import (
    byte_fallback_rate,
    byte_fragment_rate,
    byte_premium,
    bytes_per_token,
    changed_by_normalisation,
    changed_chars,
    char_cuts,
    chars_per_token,
    context_words,
    context_words_128k,
    continued_words,
    fertility,
    grapheme_cuts,
    lost_text,
    morpheme_alignment,
    morpheme_precision,
    morphemes_dropped,
    pre_token_premium,
    premium,
    premium_floor,
    premium_over_bytes,
    renyi_efficiency,
    round_trip,
    single_token_words,
    split_floor,
    tokens_per_byte,
    tokens_per_char,
    unknown_rate,
    vocabulary_use,
)
from ginbon.tokenizers.metrics.honesty import HONESTY, Shown, shown
from ginbon.tokenizers.metrics.measures import Measures, join, measure, measure_units
from ginbon.tokenizers.metrics.metric import Estimate, Metric
from ginbon.tokenizers.metrics.text_units import TextUnits

METRICS: Final[dict[str, Metric]] = {
    metric.name: metric
    for metric in (
        fertility.METRIC,
        bytes_per_token.METRIC,
        tokens_per_byte.METRIC,
        chars_per_token.METRIC,
        tokens_per_char.METRIC,
        continued_words.METRIC,
        single_token_words.METRIC,
        split_floor.METRIC,
        grapheme_cuts.METRIC,
        char_cuts.METRIC,
        byte_fragment_rate.METRIC,
        byte_fallback_rate.METRIC,
        unknown_rate.METRIC,
        lost_text.METRIC,
        round_trip.METRIC,
        changed_by_normalisation.METRIC,
        changed_chars.METRIC,
        vocabulary_use.METRIC,
        renyi_efficiency.METRIC,
        context_words.METRIC,
        context_words_128k.METRIC,
        premium.METRIC,
        byte_premium.METRIC,
        premium_over_bytes.METRIC,
        premium_floor.METRIC,
        pre_token_premium.METRIC,
    )
}
"""Every metric by its public name, in the order of tables."""

MORPHEME_METRICS: Final[dict[str, Metric]] = {
    metric.name: metric for metric in (morpheme_alignment.METRIC, morpheme_precision.METRIC, morphemes_dropped.METRIC)
}
"""Metrics of a gold segmentation, from ``measure_morphemes``."""

__all__ = [
    "HONESTY",
    "METRICS",
    "MORPHEME_METRICS",
    "Estimate",
    "Measures",
    "Metric",
    "Shown",
    "TextUnits",
    "join",
    "measure",
    "measure_units",
    "shown",
]
