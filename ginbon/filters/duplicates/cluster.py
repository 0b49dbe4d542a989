"""Clusters: forests are joined until one holds them all. A cluster is named by its smallest document number."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa

from ginbon.corpus import parquet
from ginbon.engine.parts import Part, digest, read_parts
from ginbon.engine.stage import Result, Task, Work
from ginbon.filters.duplicates.forest import FOREST, ROWS, joined
from ginbon.filters.duplicates.numbering import Numbers

JOINED: Final = "clusters/joined"
CLUSTERS: Final = "clusters/members"

FORESTS_A_TASK: Final = 16
"""Forests that one task joins."""


@dataclass(frozen=True)
class Join:
    """The stage ``join``: of every so many forests of ``match`` one; it has no task where they are few."""

    name: str = "join"
    outputs: tuple[str, ...] = (JOINED,)

    def fingerprint(self) -> dict[str, Any]:
        """Nothing but the forests decides."""
        return {"revision": 1}

    def tasks(self, folder: Path) -> list[Task]:
        """One task for each group of forests, in their order."""
        parts = read_parts(folder, "match")
        if len(parts) <= FORESTS_A_TASK:
            return []
        groups = [parts[i : i + FORESTS_A_TASK] for i in range(0, len(parts), FORESTS_A_TASK)]
        return [_task(f"group-{i:05d}", group) for i, group in enumerate(groups)]

    def run(self, task: Task, work: Work) -> Result:
        """Write the forest of the task's forests."""
        documents, _ = _joined(task, work, f"{JOINED}/{task.key}.parquet")
        return Result(facts={"documents": len(documents)})


@dataclass(frozen=True)
class Cluster:
    """The stage ``cluster``: one task, whose memory follows the number of documents that have a copy."""

    name: str = "cluster"
    outputs: tuple[str, ...] = (CLUSTERS,)

    def fingerprint(self) -> dict[str, Any]:
        """Nothing but the forests decides."""
        return {"revision": 2}

    def tasks(self, folder: Path) -> list[Task]:
        """One task over all forests."""
        return [_task("clusters", read_parts(folder, "join") or read_parts(folder, "match"))]

    def run(self, task: Task, work: Work) -> Result:
        """Write the last forest: every document that is in a cluster of two or more, with its cluster's first."""
        documents, clusters = _joined(task, work, f"{CLUSTERS}/members.parquet")
        return Result(facts={"documents": len(documents), "clusters": int((documents == clusters).sum())})


def _task(key: str, parts: list[Part]) -> Task:
    files = [f for p in parts for f in p.files]
    return Task(
        key,
        {"forests": digest([p.digest for p in parts])},
        context={"files": [f.path for f in files]},
        size=sum(f.bytes for f in files),
    )


def _joined(task: Task, work: Work, path: str) -> tuple[Numbers, Numbers]:
    files = [work.folder / file for file in task.context["files"]]
    documents, firsts = joined(lambda: (pair for file in files for pair in _read(file)))
    with work.write(path) as out, parquet.Writer(out, FOREST, rows=ROWS) as writer:
        writer.write(pa.RecordBatch.from_arrays([pa.array(documents), pa.array(firsts)], schema=FOREST))
    return documents, firsts


def _read(path: Path) -> Iterator[tuple[Numbers, Numbers]]:
    for batch in parquet.read_batches(path):
        yield batch.column("document").to_numpy(), batch.column("first").to_numpy()


def cluster_parts(folder: Path) -> list[Part]:
    """The parts that hold a run's clusters: verified, where that was asked for."""
    return read_parts(folder, "verify") or read_parts(folder, "cluster")


def read_clusters(folder: Path) -> tuple[Numbers, Numbers]:
    """The documents that have a copy, by number, and the first document of each one's cluster.

    A first that is negative is a document of another corpus (see ``index.Known``).
    """
    return read_forest(folder, cluster_parts(folder), 0, np.iinfo(np.int64).max)


def read_forest(folder: Path, parts: list[Part], low: int, high: int) -> tuple[Numbers, Numbers]:
    """Of the forests of some parts, the documents from ``low`` to ``high``, by number: no more is read than the row
    groups that they are in.
    """
    documents, firsts = [np.empty(0, np.int64)], [np.empty(0, np.int64)]
    for path in (f.path for p in parts for f in p.files):
        with parquet.open_parquet(folder / path) as file:
            for group in range(file.num_row_groups):
                span = file.metadata.row_group(group).column(0).statistics
                if span.max < low or span.min >= high:
                    continue
                table = file.read_row_group(group, use_threads=False)
                numbers = table.column("document").to_numpy()
                rows = slice(*np.searchsorted(numbers, [low, high]))
                documents.append(numbers[rows])
                firsts.append(table.column("first").to_numpy()[rows])
    found, first = np.concatenate(documents), np.concatenate(firsts)
    order = np.argsort(found) if len(parts) > 1 else slice(None)
    return found[order], first[order]
