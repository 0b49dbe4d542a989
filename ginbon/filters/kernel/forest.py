"""Union-find: the connected components of edges that are handed in a few at a time."""

from __future__ import annotations

from typing import Any

from ginbon.engine.compiling import helper, kernel, read, types, write

_i64 = read(types.int64)
_out_i64 = write(types.int64)


@helper
def find(parent: Any, node: Any) -> Any:
    """The smallest node known to be joined with this one; every second step of the way is shortened."""
    while parent[node] != node:
        parent[node] = parent[parent[node]]
        node = parent[node]
    return node


@kernel(types.void, _i64, _i64, _out_i64)
def unite(ones: Any, others: Any, parent: Any) -> None:
    """Join the trees of ``ones[i]`` and ``others[i]``; a root is the smallest node of its tree.

    Method: Galler and Fischer 1964, with path halving (Tarjan and van Leeuwen 1984).
    """
    for i in range(ones.shape[0]):
        one = find(parent, ones[i])
        other = find(parent, others[i])
        if one < other:
            parent[other] = one
        else:
            parent[one] = other


@kernel(types.void, _out_i64)
def flatten(parent: Any) -> None:
    """Let every node point at its root. A parent is never larger than its node, so one pass does it."""
    for node in range(parent.shape[0]):
        parent[node] = parent[parent[node]]
