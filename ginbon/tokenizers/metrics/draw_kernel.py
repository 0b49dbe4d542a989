"""What is in the vocabulary of each replicate of the bootstrap, compiled: tokens are drawn with their documents."""

from __future__ import annotations

from typing import Any

import numpy as np

from ginbon.engine.compiling import kernel, read, types, write

_u16x2 = read(types.uint16, 2)
_i64 = read(types.int64)
_out_f64 = write(types.float64)
_out_i64 = write(types.int64)


@kernel(types.void, _u16x2, _i64, _i64, _i64, _out_f64, _out_i64, _out_f64, _out_f64)
def draw_types(
    times: Any, ends: Any, units: Any, counts: Any, drawn: Any, different: Any, powers: Any, tokens: Any
) -> None:
    """For each replicate: different tokens, the sum of how often each occurs to the power 2.5, and tokens in all.

    Token ``t`` occurs ``counts[i]`` times in unit ``units[i]``, for ``i`` from ``ends[t]`` to ``ends[t + 1]``.
    Replicate ``r`` holds unit ``u`` ``times[u, r]`` times. ``drawn`` is room for one number a replicate.
    """
    replicates = times.shape[1]
    for token in range(ends.shape[0] - 1):
        drawn[:] = 0.0
        for i in range(ends[token], ends[token + 1]):
            unit, count = units[i], np.float64(counts[i])
            for r in range(replicates):
                drawn[r] += times[unit, r] * count
        for r in range(replicates):
            often = drawn[r]
            different[r] += often > 0.0
            tokens[r] += often
            powers[r] += often * often * np.sqrt(often)
