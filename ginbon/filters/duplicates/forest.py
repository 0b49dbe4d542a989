"""Connected components: who belongs together, given who was found to be alike."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from ginbon.filters.duplicates.numbering import Numbers

Flags = npt.NDArray[np.bool_]

FOREST: Final = pa.schema([("document", pa.int64()), ("first", pa.int64())])
"""A forest: every document that has a copy, with the smallest number that it is joined with, by document."""

ROWS: Final = 2**20
"""Rows of a row group of a forest."""


def components(pairs: Numbers) -> tuple[Numbers, Numbers]:
    """Members of the connected components of ``pairs`` (shape (n, 2)), sorted, and the smallest of each one's."""
    from ginbon.filters.kernel.forest import flatten, unite

    nodes, flat = np.unique(pairs, return_inverse=True)
    ends = flat.reshape(-1, 2)
    parent = np.arange(len(nodes))
    unite(np.ascontiguousarray(ends[:, 0]), np.ascontiguousarray(ends[:, 1]), parent)
    flatten(parent)
    return nodes, nodes[parent]


def joined(forests: Callable[[], Iterable[tuple[Numbers, Numbers]]]) -> tuple[Numbers, Numbers]:
    """The forest (documents, firsts) of many, which are read twice, a piece at a time.

    Two numbers are held for each document that has a copy, whatever the number of forests.
    """
    from ginbon.filters.kernel.forest import flatten, unite

    nodes = np.empty(0, np.int64)
    for documents, _ in forests():
        fresh = documents[~_among(documents, nodes)]
        nodes = np.sort(np.concatenate([nodes, fresh]), kind="stable") if len(fresh) else nodes
    parent = np.arange(len(nodes))
    for documents, firsts in forests():
        unite(np.searchsorted(nodes, documents), np.searchsorted(nodes, firsts), parent)
    flatten(parent)
    return nodes, nodes[parent]


def _among(wanted: Numbers, nodes: Numbers) -> Flags:
    """Which of ``wanted`` are in the sorted ``nodes``."""
    at = np.searchsorted(nodes, wanted)
    found: Flags = at < len(nodes)
    found[found] = nodes[at[found]] == wanted[found]
    return found
