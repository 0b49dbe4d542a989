"""The table of merges by their pair."""

from __future__ import annotations

from typing import Any

from ginbon.engine.compiling import helper, inlined


@inlined
def slot_of(key: Any, mask: Any) -> Any:
    """Where a pair is looked for first."""
    return (key * 0x9E3779B97F4A7C1 ^ key >> 29) & mask


@helper
def rank_of(keys: Any, ranks: Any, left: Any, right: Any) -> Any:
    """The rank of a pair; -1 where it is not merged."""
    mask = keys.shape[0] - 1
    key = int(left) << 32 | int(right)
    slot = slot_of(key, mask)
    while ranks[slot] >= 0 and keys[slot] != key:
        slot = (slot + 1) & mask
    return ranks[slot]
