"""Which document of a cluster stays, and what makes the others its copies."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from ginbon.filters.duplicates import sketch

Numbers = npt.NDArray[np.int64]

EXACT: Final = "exact-duplicate"
NEAR: Final = "near-duplicate"
SAME_URL: Final = "same-url"
IN_INDEX: Final = "in-index"
RULES: Final = (IN_INDEX, EXACT, SAME_URL, NEAR)
"""What a copy is to the document that stays in its place, the strongest first; ``in-index``: one of another corpus."""


def best_of(clusters: Numbers, keys: Sequence[npt.NDArray[Any]], names: npt.NDArray[Any]) -> tuple[Numbers, Numbers]:
    """For each member the index of its cluster's best, and of the one with the smallest name.

    ``keys`` decide in their order, the smallest first; then the smallest name does. So the best does not depend on the
    members' order.
    """
    by_name = np.lexsort((_places(names), clusters))
    order = np.lexsort((_places(names), *reversed(keys), clusters))
    begins = np.ones(len(order), np.bool_)  # clusters may have any number: those of an index are negative
    begins[1:] = clusters[order][1:] != clusters[order][:-1]
    starts = np.flatnonzero(begins)
    counts = np.diff(starts, append=len(order))
    best, first = np.empty(len(order), np.int64), np.empty(len(order), np.int64)
    best[order] = np.repeat(order[starts], counts)
    first[by_name] = np.repeat(by_name[starts], counts)
    return best, first


def _places(names: npt.NDArray[Any]) -> Numbers:
    """Names as numbers of the same order."""
    places: Numbers = np.unique(names, return_inverse=True)[1].reshape(-1) if len(names) else np.empty(0, np.int64)
    return places


def rules_of(sketches: pa.Table, rows: Numbers, best: Numbers) -> npt.NDArray[Any]:
    """What each of ``rows`` is to its best, by their hashes."""
    found = np.full(len(rows), NEAR, object)
    for column, rule in ((sketch.URL, SAME_URL), (sketch.EXACT, EXACT)):
        if column in sketches.column_names:
            values = sketches.column(column)
            same = pc.equal(values.take(pa.array(rows)), values.take(pa.array(best)))
            found[pc.fill_null(same, False).to_numpy()] = rule
    return found
