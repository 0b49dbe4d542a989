r"""Price factor: what a content costs in a language, where the same content in the pivot costs 1 at its cheapest.

(tokens x price) / (tokens of the pivot x price, under the tokenizer for which that is lowest), over the lines that both
have. Unit: none. Range: 0 upwards. Lower is cheaper. Prices are per million tokens, given for each tokenizer
(``--price NAME=2.5``), in any one currency; without prices there is no price factor, and the premium says what a
language pays under one tokenizer.

By hand: 23 tokens at 2.5 a million, while the pivot's line has 6 tokens at 2.5 under this tokenizer and 7 at 2 under
another: 23 x 2.5 / min(6 x 2.5, 7 x 2) = 57.5 / 14 = 4.107.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

NAME = "price-factor"
UNIT = "cost per lowest cost of the pivot"
FORMULA = "sum(tokens) * price / min over tokenizers of (sum(pivot_tokens) * price)"


def price_factor(tokens: Any, price: float, lowest: Any) -> NDArray[np.float64]:
    """The cost of tokens at a price against the lowest cost of the pivot's text; NaN where that is 0."""
    with np.errstate(divide="ignore", invalid="ignore"):
        found: NDArray[np.float64] = np.asarray(tokens, np.float64) * price / np.asarray(lowest, np.float64)
    return found
