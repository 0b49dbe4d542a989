r"""Gini of costs: how unevenly a tokenizer charges languages for the same content.

sum over i and j of |c_i - c_j| / (2 n^2 mean(c)), c = tokens per aligned line of each language. Range: 0 (all pay
alike) to 1 - 1/n. Lower is fairer; it says nothing of how dear all are together (a token for each character is fair).
It depends on which languages there are: compare it only between tokenizers on the same set. Costs are per line, never
per byte. Where lines are missing, a language's cost is its premium on the lines it shares with the pivot: the Gini
does not change when all costs are multiplied alike. Languages on which a tokenizer collapsed are left out and counted.

By hand: costs [20, 24, 30, 46] have mean 30; the differences of all pairs, both ways, add up to
2 (4 + 10 + 26 + 6 + 22 + 16) = 168; 168 / (2 * 16 * 30) = 0.175.

Source: Foroutan et al. 2025 (parity-aware BPE), after Gini 1912.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

NAME = "gini"
UNIT = "Gini coefficient"
FORMULA = "sum_ij |c_i - c_j| / (2 n^2 mean(c))"


def gini(costs: NDArray[Any]) -> NDArray[np.float64]:
    """The Gini coefficient along the first axis; NaN where there is no cost at all."""
    ordered = np.sort(np.asarray(costs, np.float64), axis=0)
    n = len(ordered)
    total = ordered.sum(axis=0)
    # In ascending order the i-th of n values (from 0) is subtracted n - 1 - i times and added i times.
    places = (2 * np.arange(n) - n + 1).reshape(-1, *[1] * (ordered.ndim - 1))
    with np.errstate(divide="ignore", invalid="ignore"):
        found: NDArray[np.float64] = (places * ordered).sum(axis=0) / (n * total)
    return found
