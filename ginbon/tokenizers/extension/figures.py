"""What an extension brings: figures of the language before and after, on text that nothing was learned from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from ginbon.tokenizers.metrics import METRICS, Estimate, Measures, measure
from ginbon.tokenizers.parallel.measured import beside
from ginbon.tokenizers.protocol import Int64s, TextColumn, Tokenizer

SHOWN: Final = ("premium", "premium-floor", "fertility", "bytes-per-token", "grapheme-cuts", "round-trip")
"""The metrics that are given, of those that there are."""


@dataclass(frozen=True)
class Measured:
    """Lines of the language, beside the pivot's where there are any (else None), by the units that they are from.

    ``block`` units that follow one another are drawn together.
    """

    name: str
    language: str
    texts: TextColumn
    unit: Int64s
    pivot: str = ""
    pivot_texts: TextColumn | None = None
    block: int = 1


@dataclass(frozen=True)
class Figures:
    """Estimates of the base and of the extended tokenizer on the same lines, by metric."""

    measured: Measured
    before: dict[str, Estimate]
    after: dict[str, Estimate]

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        both = {
            name: {"before": one.to_json(), "after": self.after[name].to_json()} for name, one in self.before.items()
        }
        return {
            "text": self.measured.name,
            "language": self.measured.language,
            "pivot": self.measured.pivot or None,
            "lines": len(self.measured.texts),
            "bytes": int(self.measured.texts.offsets[-1]),
            "metrics": both,
        }


def figures(base: Tokenizer, extended: Tokenizer, measured: Measured, *, seed: int = 1) -> Figures:
    """Measure both; intervals are the bootstrap over units or blocks of them, the same draws for both."""
    before, after = (_estimates(_measures(one, measured, seed)) for one in (base, extended))
    shown = [name for name in before if before[name].value is not None]
    return Figures(measured, {name: before[name] for name in shown}, {name: after[name] for name in shown})


def _estimates(measures: Measures) -> dict[str, Estimate]:
    return {name: METRICS[name].compute(measures) for name in SHOWN if name in METRICS}


def _measures(tokenizer: Tokenizer, measured: Measured, seed: int) -> Measures:
    own = measure(tokenizer, measured.texts, measured.language, seed=seed)
    if measured.pivot_texts is None:
        return own
    pivot = measure(tokenizer, measured.pivot_texts, measured.pivot, seed=seed)
    return beside(own, pivot, np.ones(len(measured.unit), np.bool_), measured.unit, block=measured.block)
