"""What decides among copies, shuffled: who is in a cluster meets the others of it in one task of ``choose``.

A task reads the documents of some parts that are in clusters, and writes them to one file, range of clusters after
range.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Protocol

import numpy as np
import pyarrow as pa

from ginbon.corpus import parquet
from ginbon.engine.parts import digest, read_parts
from ginbon.engine.stage import Result, Task, Work
from ginbon.filters.duplicates import sketch
from ginbon.filters.duplicates.cluster import cluster_parts, read_forest
from ginbon.filters.duplicates.hashing import splitmix
from ginbon.filters.duplicates.numbering import (
    DocumentPart,
    Numbers,
    arguments_of,
    document_parts,
    files_of,
    grouped,
    of_a_task,
    parts_of,
)
from ginbon.filters.duplicates.shuffle import range_of, write_ranges

RANKED: Final = "clusters/ranked"

DOCUMENTS_A_TASK: Final = 250_000
"""Documents of the parts that a task of ``rank`` or ``select`` sees; what it holds are those of them that have copies,
some 350 bytes each, and the columns of one part."""

MEMBERS_A_TASK: Final = 250_000
"""Documents in clusters that a task of ``choose`` holds, some 700 bytes each (a cluster is never cut)."""

KEY: Final = "key"
_BLOCK_BITS: Final = np.uint64(16)


def candidate(keys: int) -> pa.Schema:
    """The columns of a document in a cluster that is ranked by so many keys, the smallest first."""
    return pa.schema(
        [
            ("document", pa.int64()),
            ("cluster", pa.int64()),
            ("name", pa.string()),  # its id or locator: unique, and what it is called
            ("kept", pa.bool_()),  # by the rules
            *((f"{KEY}{place}", pa.int64()) for place in range(keys)),
            (sketch.EXACT, pa.binary(16)),
            (sketch.URL, pa.uint64()),
        ]
    )


class Candidates(Protocol):
    """What decides among copies, and where it is read."""

    @property
    def keys(self) -> int:
        """How many keys there are."""
        ...

    def fingerprint(self) -> dict[str, Any]:
        """Which they are."""
        ...

    def verdicts(self, folder: Path) -> Mapping[str, str]:
        """A digest of what decides beside the documents' own files, by the name of their part."""
        ...

    def read(self, folder: Path, part: DocumentPart, rows: Numbers) -> pa.Table:
        """Columns of ``candidate``, but for the numbers, of some documents of a part."""
        ...


@dataclass(frozen=True)
class Rank:
    """The stage ``rank``."""

    candidates: Candidates
    name: str = "rank"
    outputs: tuple[str, ...] = (RANKED,)

    def fingerprint(self) -> dict[str, Any]:
        """What decides."""
        return {"revision": 1, **self.candidates.fingerprint()}

    def tasks(self, folder: Path) -> list[Task]:
        """A task for each group of document parts; there are as many ranges as its documents in clusters ask for."""
        number = ranges(sum(p.facts["documents"] for p in read_parts(folder, "cluster")))
        clusters = digest([p.digest for p in cluster_parts(folder)])
        verdicts = self.candidates.verdicts(folder)
        return [
            Task(
                f"group-{i:05d}",
                {
                    "clusters": clusters,
                    "documents": digest([[f["sha256"] for f in files] for files in files_of(parts).values()]),
                    "verdicts": digest([verdicts.get(p.name) for p in parts]),
                },
                {**arguments_of(parts), "ranges": number},
                context={"files": files_of(parts)},
                size=sum(p.file("sketches").bytes for p in parts),
            )
            for i, parts in enumerate(groups_of(document_parts(folder)))
        ]

    def run(self, task: Task, work: Work) -> Result:
        """Write who is in a cluster in the order of the ranges."""
        members = pa.concat_tables(self._read(task, work)).combine_chunks()
        of = range_of_clusters(members.column("cluster").to_numpy(), task.arguments["ranges"])
        counts = np.bincount(of, minlength=task.arguments["ranges"])
        write_ranges(work, f"{RANKED}/{task.key}.parquet", members, np.argsort(of, kind="stable"), counts)
        return Result(facts={"counts": counts.tolist()})

    def _read(self, task: Task, work: Work) -> Iterator[pa.Table]:
        """The members among the documents of each part."""
        parts = list(parts_of(task))
        forest = read_forest(work.folder, cluster_parts(work.folder), parts[0].first, parts[-1].first + parts[-1].rows)
        for part in parts:
            yield members_of(work.folder, part, self.candidates, *forest)
            work.advance(documents=part.rows, bytes=part.file("sketches").bytes)


def members_of(
    folder: Path, part: DocumentPart, candidates: Candidates, documents: Numbers, clusters: Numbers
) -> pa.Table:
    """Of the documents of a forest those that are in the part, with what decides among them."""
    schema = candidate(candidates.keys)
    rows = slice(*np.searchsorted(documents, [part.first, part.first + part.rows]))
    if rows.start == rows.stop:
        return schema.empty_table()
    found = candidates.read(folder, part, documents[rows] - part.first)
    for name, numbers in (("document", documents), ("cluster", clusters)):
        found = found.append_column(name, pa.array(numbers[rows]))
    return pa.Table.from_batches([parquet.conform(batch, schema) for batch in found.to_batches()], schema)


def groups_of(parts: list[DocumentPart]) -> list[list[DocumentPart]]:
    """Document parts in order, so many together as one task sees."""
    room = of_a_task(sum(p.rows for p in parts), DOCUMENTS_A_TASK)
    return list(grouped(parts, lambda part: part.rows, room))


def ranges(members: int) -> int:
    """Into how many ranges clusters of so many documents are cut."""
    return max(1, -(-members // of_a_task(members, MEMBERS_A_TASK)))


def range_of_clusters(clusters: Numbers, number: int) -> Numbers:
    """Which of ``number`` ranges each cluster is in.

    Clusters of neighbours in an index (they are negative) are in one range, so that few of its row groups are read for
    it.
    """
    names = clusters.view(np.uint64)
    return range_of(splitmix(np.where(clusters < 0, names >> _BLOCK_BITS, names), 0), number)
