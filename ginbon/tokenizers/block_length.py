"""How many consecutive lines the bootstrap must draw together, told by the lines themselves.

Sentences of an article are alike: its names and its manner stay. Lines drawn one by one would look like more evidence
than they are, and intervals would be too narrow; blocks of neighbours keep what they have in common (Künsch 1989, "The
jackknife and the bootstrap for general stationary observations").
"""

from __future__ import annotations

from collections.abc import Iterable
from math import ceil, log10, sqrt
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ginbon.tokenizers.protocol import Flags, Int64s
from ginbon.tokenizers.units import UNITS


def block_length(series: NDArray[Any]) -> float:
    """The best length of circular blocks for the mean of a series, at least 1; the next whole number is to be taken.

    Below 20 numbers, and where all are equal, nothing can be told of dependence: 1. Time grows with n log n.

    Source: Politis and White 2004, "Automatic block-length selection for the dependent bootstrap", as corrected by
    Patton, Politis and White 2009: the length with the least expected error of the variance, with autocovariances
    under a flat-top window. That is twice as wide as the first lag from which on a run of them is small; the paper's
    text begins the run one lag later, this is as in R's ``np::b.star`` and Python's ``arch`` (which divides by sums
    without the lines at both ends, so that a lag at the brink may fall otherwise).
    """
    n = len(series)
    run = max(5, int(log10(max(n, 1))))
    most = ceil(sqrt(n)) + run
    if n < 2 * most:
        return 1.0
    covariance = _autocovariances(series, most)
    if covariance[0] <= 0:
        return 1.0
    small = np.abs(covariance[1:most]) < 2 * sqrt(log10(n) / n) * covariance[0]
    runs = np.lib.stride_tricks.sliding_window_view(small, run).all(axis=1)
    width = min(2 * (int(runs.argmax()) + 1), most) if runs.any() else most
    lags = np.arange(1, width + 1)
    windowed = np.minimum(1, 2 * (1 - lags / width)) * covariance[1 : width + 1]
    bias, variance = 2 * (lags @ windowed), covariance[0] + 2 * windowed.sum()
    longest = ceil(min(3 * sqrt(n), n / 3))
    best = float(np.cbrt(1.5 * n * (bias / variance) ** 2)) if variance else longest
    return min(max(best, 1.0), longest)


def common_block(counts: Iterable[Int64s], beside: Int64s, shared: Iterable[Flags]) -> int:
    """One length for several series of counts, each of which is divided by the same other one: lines in a block.

    It is the mean of their own lengths, rounded up as the source has it, and leaves three blocks to draw. What depends
    on its neighbours is by how much a line is above what the ratio lets expect; a line that is not shared is neither
    above nor below.
    """
    lengths = []
    for own, held in zip(counts, shared, strict=True):
        above, below = np.where(held, own, 0), np.where(held, beside, 0)
        residuals = above * float(below.sum()) - below * float(above.sum())
        if residuals.any():
            lengths.append(block_length(residuals))
    return min(ceil(np.mean(lengths)), UNITS // 3) if lengths else 1


def _autocovariances(series: NDArray[Any], most: int) -> NDArray[np.float64]:
    """Those of lag 0 to ``most``."""
    n = len(series)
    spectrum = np.fft.rfft(series - series.mean(), 2 * n)
    found: NDArray[np.float64] = np.fft.irfft(np.abs(spectrum) ** 2)[: most + 1] / n
    return found
