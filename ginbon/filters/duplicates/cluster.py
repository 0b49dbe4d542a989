"""Clusters: the connected components of the pairs. A cluster is named by its smallest document number."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa

from ginbon.corpus import parquet
from ginbon.engine.parts import digest, read_parts
from ginbon.engine.stage import Result, Task, Work
from ginbon.filters.duplicates.numbering import Numbers

CLUSTERS: Final = "clusters/members"

_SCHEMA: Final = pa.schema([("document", pa.int64()), ("cluster", pa.int64())])


@dataclass(frozen=True)
class Cluster:
    """The stage ``cluster``: one task, whose memory follows the number of documents that have a near-copy."""

    name: str = "cluster"
    outputs: tuple[str, ...] = (CLUSTERS,)

    def fingerprint(self) -> dict[str, Any]:
        """Nothing but the pairs decides."""
        return {"revision": 1}

    def tasks(self, folder: Path) -> list[Task]:
        """One task over all pairs."""
        matches = read_parts(folder, "match")
        size = sum(f.bytes for p in matches for f in p.files)
        return [Task("clusters", {"matches": digest([p.digest for p in matches])}, size=size)]

    def run(self, task: Task, work: Work) -> Result:
        """Write (document, cluster) for every document that is in a cluster of two or more, by document."""
        pairs = [
            np.stack([np.asarray(c) for c in parquet.read_table(work.folder / f.path).columns], axis=1)
            for p in read_parts(work.folder, "match")
            for f in p.files
        ]
        documents, clusters = components(np.concatenate(pairs) if pairs else np.empty((0, 2), np.int64))
        with work.write(f"{CLUSTERS}/members.parquet") as file, parquet.Writer(file, _SCHEMA) as writer:
            writer.write(pa.RecordBatch.from_arrays([pa.array(documents), pa.array(clusters)], schema=_SCHEMA))
        return Result(facts={"documents": len(documents), "clusters": len(np.unique(clusters))})


def components(pairs: Numbers) -> tuple[Numbers, Numbers]:
    """Members of the connected components of ``pairs`` (shape (n, 2)), sorted, and the smallest member of each one's.

    Every node repeatedly takes the smallest label among its neighbours and its own label's label; the number of rounds
    is logarithmic in the length of the longest chain. Method: Shiloach and Vishkin 1982.
    """
    nodes, flat = np.unique(pairs, return_inverse=True)
    ends = flat.reshape(-1, 2)
    label = np.arange(len(nodes))
    while len(ends):
        low = np.minimum(label[ends[:, 0]], label[ends[:, 1]])
        before = label.copy()
        for side in (0, 1):
            np.minimum.at(label, ends[:, side], low)
            np.minimum.at(label, before[ends[:, side]], low)
        while not np.array_equal(label, label[label]):
            label = label[label]
        if np.array_equal(before, label):
            break
    return nodes, nodes[label]
