"""Whether two tokenizers say the same."""

from __future__ import annotations

import numpy as np

from ginbon.tokenizers.protocol import Encoded, Flags


def differs(one: Encoded, other: Encoded) -> Flags:
    """For each text whether its ids differ."""
    changed: Flags = one.counts != other.counts
    same = np.flatnonzero(~changed)
    ours = one.ids[np.repeat(~changed, one.counts)]
    theirs = other.ids[np.repeat(~changed, other.counts)]
    row = np.repeat(same, one.counts[same])
    changed[row[ours != theirs]] = True
    return changed
