"""How good a classifier is on held-out texts: precision and recall with intervals, and average precision."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from ginbon.filters.calibrate.intervals import Share

THRESHOLDS: Final = (0.05, 0.1, 0.3, 0.5, 0.7, 0.9, 0.95)
"""Scores from which on texts are taken for positive."""


@dataclass(frozen=True)
class At:
    """What a threshold does: of the texts that score as much ``precision`` are positive; ``recall`` of the positives
    and ``passed`` of the negatives do.
    """

    threshold: float
    precision: Share
    recall: Share
    passed: Share

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        shares = {name: getattr(self, name).to_json() for name in ("precision", "recall", "passed")}
        return {"threshold": self.threshold, **shares}


@dataclass(frozen=True)
class Evaluation:
    """Figures of held-out texts. Precision and average precision depend on how many of them are positive; recall and
    the share of negatives that pass do not.
    """

    positives: int
    negatives: int
    average_precision: float
    at: tuple[At, ...]

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return {**vars(self), "at": [at.to_json() for at in self.at]}


def evaluate(scores: npt.NDArray[np.float32], positive: npt.NDArray[np.bool_]) -> Evaluation:
    """The figures of texts with these scores."""
    positives = int(positive.sum())
    at = []
    for threshold in THRESHOLDS:
        taken = scores >= np.float32(threshold)
        right, wrong = int((taken & positive).sum()), int((taken & ~positive).sum())
        at.append(
            At(
                threshold,
                precision=Share(right, right + wrong),
                recall=Share(right, positives),
                passed=Share(wrong, len(positive) - positives),
            )
        )
    return Evaluation(positives, len(positive) - positives, average_precision(scores, positive), tuple(at))


def average_precision(scores: npt.NDArray[np.float32], positive: npt.NDArray[np.bool_]) -> float:
    """Mean precision over the positives, taken from the highest score down; equal scores are taken together.

    1 where every positive is above every negative, the share of positives where scores say nothing; 0 without any.
    """
    order = np.argsort(-scores.astype(np.float64), kind="stable")
    sorted_scores, hits = scores[order], np.cumsum(positive[order])
    last = np.append(np.flatnonzero(np.diff(sorted_scores)), len(scores) - 1) if len(scores) else np.zeros(0, np.int64)
    if not len(last) or not hits[-1]:
        return 0.0
    gained = np.diff(hits[last], prepend=0)
    return float((gained * (hits[last] / (last + 1))).sum() / hits[-1])
