"""Union-find's one step, for the kernels that join trees."""

from __future__ import annotations

from typing import Any

from ginbon.engine.compiling import helper


@helper
def find(parent: Any, node: Any) -> Any:
    """The smallest node known to be joined with this one; every second step of the way is shortened."""
    while parent[node] != node:
        parent[node] = parent[parent[node]]
        node = parent[node]
    return node


@helper
def join(parent: Any, one: Any, other: Any) -> None:
    """Join the trees of two nodes; a root is the smallest node of its tree.

    Method: Galler and Fischer 1964, with path halving (Tarjan and van Leeuwen 1984).
    """
    one = find(parent, one)
    other = find(parent, other)
    if one < other:
        parent[other] = one
    else:
        parent[one] = other
