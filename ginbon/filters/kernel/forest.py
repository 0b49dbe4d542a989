"""Union-find: the connected components of edges that are handed in a few at a time."""

from __future__ import annotations

from typing import Any

from ginbon.engine.compiling import kernel, read, types, write
from ginbon.filters.kernel.trees import join

_i64 = read(types.int64)
_out_i64 = write(types.int64)


@kernel(types.void, _i64, _i64, _out_i64)
def unite(ones: Any, others: Any, parent: Any) -> None:
    """Join the trees of ``ones[i]`` and ``others[i]``."""
    for i in range(ones.shape[0]):
        join(parent, ones[i], others[i])


@kernel(types.void, _out_i64)
def flatten(parent: Any) -> None:
    """Let every node point at its root. A parent is never larger than its node, so one pass does it."""
    for node in range(parent.shape[0]):
        parent[node] = parent[parent[node]]
