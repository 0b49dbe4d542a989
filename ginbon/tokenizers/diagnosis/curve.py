"""The buy-back curve: the premium after so many more tokens, and what these tokens cost.

Continued merges are learned from training text as the tokenizer cuts it (its own segmentation of each piece is where
they begin), and applied in order to the measured lines, which are other text. The pivot's tokens stay those of today,
so that all points have one yardstick.

In rank files and in files with ``ignore_merges`` a new token may also come about from other parts than those it was
learned from, or from a whole pre-token at once. On Hindi, Tamil and Amharic behind the patterns of cl100k, o200k and
Llama-3 the two give the same number of tokens for every line (a test builds the extended tokenizers).

A token costs a row in the embedding and one in the output layer: ``k`` x 2 x hidden size parameters, of two bytes each
in bf16. (Models that tie the two pay half.)
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np

from ginbon.tokenizers.bpe import Merges, apply, learn
from ginbon.tokenizers.diagnosis.parts import by_unit, with_counts
from ginbon.tokenizers.diagnosis.pieces import Pieces, pieces
from ginbon.tokenizers.metrics import METRICS, Estimate, Measures
from ginbon.tokenizers.protocol import Int64s, TextColumn, Tokenizer

GRID: Final = (0, 250, 500, 1_000, 2_000, 4_000, 8_000, 16_000)
"""Numbers of added tokens that the curve has a point for."""

HIDDEN: Final = 4_096
"""Hidden size of the model that the cost is told for: that of the 7 to 8 billion parameter models."""

MIN_COUNT: Final = 2
"""A pair that occurs once in the training text is no evidence for a token."""


@dataclass(frozen=True)
class Point:
    """The premium after ``k`` more tokens, the tokens of the measured lines, and the cost of the new ones."""

    k: int
    tokens: int
    premium: Estimate
    parameters: int
    megabytes: float

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return {**vars(self), "premium": self.premium.to_json()}


@dataclass(frozen=True)
class Curve:
    """Points for one split pattern, and the floor under them all (no value where the tokenizer has no pattern).

    ``exhausted``: the training text has no more merges than the last point's, so the curve ends for want of text.
    """

    floor: Estimate
    exhausted: bool
    points: tuple[Point, ...]

    def at(self, k: int) -> Point:
        """The last point of at most ``k`` tokens: the best that this curve has for so many."""
        return [point for point in self.points if point.k <= k][-1]

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return {**vars(self), "floor": self.floor.to_json(), "points": [point.to_json() for point in self.points]}


def curve(
    tokenizer: Tokenizer,
    training: TextColumn,
    measured: TextColumn,
    unit: Int64s,
    measures: Measures,
    *,
    grid: Sequence[int] = GRID,
    hidden: int = HIDDEN,
) -> Curve:
    """Continue a tokenizer's merges on ``training`` and apply them to the lines ``measured``.

    ``unit`` is the unit that each line is from, ``measures`` are today's counts of the units beside the pivot's. The
    grid is cut off where the training text has no more merges; its last point is then all that there are.
    """
    merges = continued(tokenizer, pieces(tokenizer, training), max(grid))
    own = pieces(tokenizer, measured)
    every = np.ones(len(own.types), np.int64)
    points = []
    for k in [k for k in grid if k < len(merges)] + [min(len(merges), max(grid))]:
        tokens = own.by_line(tokens_after(own, merges, k))
        premium = METRICS["premium"].compute(with_counts(measures, tokens=by_unit(tokens, unit)))
        parameters = k * 2 * hidden
        points.append(Point(k, int(tokens.sum()), premium, parameters, parameters * 2 / 1e6))
    floor = METRICS["premium-floor"].compute(with_counts(measures, pre_tokens=by_unit(own.by_line(every), unit)))
    if tokenizer.pre_tokens(measured) is None:
        floor = Estimate(None, None, None, floor.n)
    return Curve(floor, len(merges) < max(grid), tuple(points))


def continued(tokenizer: Tokenizer, training: Pieces, most: int) -> Merges:
    """At most ``most`` merges over the tokenizer's own tokens, the most frequent pair first."""
    return learn(training.types, most, base=tokenizer.vocabulary.pieces, min_count=MIN_COUNT)


def tokens_after(own: Pieces, merges: Merges, k: int) -> Int64s:
    """Tokens of each distinct piece after the first ``k`` merges."""
    first = replace(merges, pairs=merges.pairs[:k], counts=merges.counts[:k], pieces=merges.pieces[:k])
    return apply(first, own.types).sizes
