"""The documents that have near-copies, and which of each cluster stays."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from ginbon.corpus import parquet
from ginbon.filters.duplicates.cluster import read_clusters
from ginbon.filters.duplicates.numbering import DocumentPart, Numbers

Words = npt.NDArray[np.uint64]


@dataclass(frozen=True)
class Members:
    """Columns over the members of all clusters, in order of document number.

    ``survives``: whether it is the one that stays; ``survivor``: the id of that one (empty where the rules keep no
    member); ``exact``: whether its normalised text equals the survivor's; ``smallest``: the smallest id of the cluster
    as a number, ``name`` as text; ``size``: the cluster's members.
    """

    numbers: Numbers
    survives: npt.NDArray[np.bool_]
    survivor: npt.NDArray[np.bytes_]
    exact: npt.NDArray[np.bool_]
    smallest: Words
    name: npt.NDArray[np.bytes_]
    size: npt.NDArray[np.int32]

    def rows(self, part: DocumentPart) -> slice:
        """Which members are documents of that part."""
        return slice(*np.searchsorted(self.numbers, [part.first, part.first + part.rows]))

    def facts(self) -> dict[str, Any]:
        """How many clusters there are of each size, by powers of two."""
        if not len(self.numbers):
            return {}
        _, first = np.unique(self.name, return_index=True)
        sizes = self.size[first]
        low = 2 ** np.floor(np.log2(sizes)).astype(int)
        return {str(int(s)): int((low == s).sum()) for s in np.unique(low)}


def read_members(
    folder: Path,
    parts: list[DocumentPart],
    prefer: tuple[str, ...],
    *,
    kept: Mapping[str, npt.NDArray[np.bool_]] | None = None,
) -> Members:
    """The clusters of a run whose ``cluster`` and ``decide`` are complete.

    ``kept`` holds other verdicts than the run's, by the part's name: what would be chosen under other rules.
    """
    numbers, cluster = read_clusters(folder)
    rank = np.zeros(len(numbers), np.int64)
    for part in parts:
        low, high = np.searchsorted(numbers, [part.first, part.first + part.rows])
        rank[low:high] = prefer.index(part.source) if part.source in prefer else len(prefer)
    return choose(numbers, cluster, rank, *_gather(folder, parts, numbers, kept))


def _gather(
    folder: Path, parts: list[DocumentPart], numbers: Numbers, verdicts: Mapping[str, npt.NDArray[np.bool_]] | None
) -> tuple[Any, Any, Any, Any]:
    """Verdict, text bytes, id and exact hash (as 16 bytes) of the documents with these numbers."""
    kept, size = np.zeros(len(numbers), bool), np.zeros(len(numbers), np.int64)
    ids, exact = np.zeros(len(numbers), "S40"), np.zeros(len(numbers), "V16")
    for part in parts:
        low, high = np.searchsorted(numbers, [part.first, part.first + part.rows])
        if low == high:
            continue
        rows = pa.array(numbers[low:high] - part.first)
        verdict = parquet.read_table(folder / "verdicts" / f"{part.name}.parquet", ["kept", "text_bytes"]).take(rows)
        own = verdict.column("kept").to_numpy()
        kept[low:high] = own if verdicts is None else verdicts[part.name][numbers[low:high] - part.first]
        size[low:high] = verdict.column("text_bytes").to_numpy()
        found = parquet.read_table(folder / part.file("documents").path, ["id"]).take(rows)
        ids[low:high] = np.array(found.column("id").to_pylist(), "S40")
        sketch = parquet.read_table(folder / part.file("sketches").path, ["sketch/exact"]).take(rows)
        exact[low:high] = np.array([v or b"" for v in sketch.column("sketch/exact").to_pylist()], "V16")
    return kept, size, ids, exact


def choose(
    numbers: Numbers, cluster: Numbers, rank: Numbers, kept: Any, size: Numbers, ids: Any, exact: Any
) -> Members:
    """Choose the survivor of each cluster: kept by the rules, then of the preferred source (lowest ``rank``), then
    the longest text, then the smallest id.
    """
    n = len(numbers)
    order = np.lexsort((ids, -size, rank, ~kept, cluster))
    starts = np.r_[True, cluster[order][1:] != cluster[order][:-1]] if n else np.empty(0, bool)
    group = np.cumsum(starts) - 1
    best = order[np.flatnonzero(starts)][group] if n else order
    by_id = np.lexsort((ids, cluster))
    lowest = by_id[np.flatnonzero(starts)][group] if n else by_id
    counts = np.bincount(group)[group] if n else group
    back = np.empty(n, np.int64)
    back[order] = np.arange(n)
    best, lowest, counts = best[back], lowest[back], counts[back]
    names = ids[lowest]
    return Members(
        numbers=numbers,
        survives=(best == np.arange(n)) & kept,
        survivor=np.where(kept[best], ids[best], b""),
        exact=exact == exact[best],
        smallest=words_of_ids(pa.array(names.astype(str))),
        name=names,
        size=counts.astype(np.int32),
    )


def words_of_ids(ids: pa.Array) -> Words:
    """The first 64 bits of each id (``ginbon1:`` and 32 hex digits) as a number."""
    if not len(ids):
        return np.empty(0, np.uint64)
    raw = np.frombuffer(ids.buffers()[2], np.uint8)
    start = np.frombuffer(ids.buffers()[1], np.int32)[ids.offset]
    digits = raw[start : start + 40 * len(ids)].reshape(-1, 40)[:, 8:24].astype(np.uint64)
    values = np.where(digits >= 97, digits - 87, digits - 48)
    numbers: Words = (values << (np.arange(15, -1, -1, dtype=np.uint64) * np.uint64(4))).sum(axis=1, dtype=np.uint64)
    return numbers
