r"""Encode speed: how much text a tokenizer gets through here and now.

bytes of UTF-8 / seconds by the wall, with all cores, the median of several rounds over the same text. Unit: MB
(1,000,000 bytes) per second. Range: above 0. Higher is better. It says as much of the machine, of what else it does and
of the library as of the tokenizer, so it stands apart from all other figures: it is never in a comparison's result,
which is the same bytes for the same input.

By hand: 400 lines of together 50,000 bytes that are encoded in 0.010, 0.012 and 0.020 s: 50,000 / 0.012 = 4.17 MB/s.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass

from ginbon.tokenizers.protocol import TextColumn, Tokenizer

NAME = "encode-speed"
UNIT = "MB per second"
FORMULA = "sum(bytes) / 10^6 / median(seconds)"
DIRECTION = "higher"


@dataclass(frozen=True)
class Speed:
    """MB per second over some text: the median round, the slowest and the fastest; None where there is no text."""

    value: float | None
    low: float | None
    high: float | None
    rounds: int


def encode_speed(
    tokenizer: Tokenizer, texts: TextColumn, *, rounds: int = 5, clock: Callable[[], float] = time.perf_counter
) -> Speed:
    """Encode the texts once to warm up, then ``rounds`` times by the clock."""
    texts.strings  # noqa: B018 - made before the clock runs
    tokenizer.encode_batch(texts)
    seconds = []
    for _ in range(rounds):
        began = clock()
        tokenizer.encode_batch(texts)
        seconds.append(clock() - began)
    megabytes = len(texts.data) / 1e6
    if not megabytes or not seconds:
        return Speed(None, None, None, rounds)
    return Speed(megabytes / statistics.median(seconds), megabytes / max(seconds), megabytes / min(seconds), rounds)
