"""Metrics of tokenizers: each a module with formula, unit, direction, range and an example worked by hand."""

from __future__ import annotations

from typing import Final

from ginbon.tokenizers.metrics import (
    byte_fallback_rate,
    byte_premium,
    bytes_per_token,
    chars_per_token,
    context_words,
    continued_words,
    fertility,
    lost_text,
    pre_token_premium,
    premium,
    premium_floor,
    premium_over_bytes,
    round_trip,
    unknown_rate,
    vocabulary_use,
)
from ginbon.tokenizers.metrics.measures import Measures, join, measure
from ginbon.tokenizers.metrics.metric import Estimate, Metric

METRICS: Final[dict[str, Metric]] = {
    metric.name: metric
    for metric in (
        fertility.METRIC,
        bytes_per_token.METRIC,
        chars_per_token.METRIC,
        continued_words.METRIC,
        byte_fallback_rate.METRIC,
        unknown_rate.METRIC,
        lost_text.METRIC,
        round_trip.METRIC,
        vocabulary_use.METRIC,
        context_words.METRIC,
        premium.METRIC,
        byte_premium.METRIC,
        premium_over_bytes.METRIC,
        premium_floor.METRIC,
        pre_token_premium.METRIC,
    )
}
"""Every metric by its public name, in the order of tables."""

HONESTY: Final = ("unknown-rate", "lost-text", "round-trip")
"""Metrics that stand beside every fertility."""

__all__ = ["HONESTY", "METRICS", "Estimate", "Measures", "Metric", "join", "measure"]
