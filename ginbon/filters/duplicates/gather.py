"""The shingles of the documents that are in clusters, out of their texts: what ``verify`` compares.

It is the one place of pass 2 that opens texts, and there only where a recipe asks for it. A task reads the texts of
some document parts; what it writes is put together by ranges of clusters, as hashes are in ``shuffle``, so that a task
of ``verify`` reads a row group of every file.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Protocol

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ginbon.corpus import parquet
from ginbon.engine.parts import digest, read_parts
from ginbon.engine.stage import Result, Task, Work
from ginbon.filters.duplicates import sketch
from ginbon.filters.duplicates.cluster import read_forest
from ginbon.filters.duplicates.forest import Flags
from ginbon.filters.duplicates.hashing import Hashes, splitmix
from ginbon.filters.duplicates.numbering import DocumentPart, Numbers, document_parts, grouped
from ginbon.filters.duplicates.sets import SETS, names_of, shingle_sets
from ginbon.filters.duplicates.shuffle import Keys, range_of, write_ranges
from ginbon.filters.duplicates.sketch import Near, Words

GATHERED: Final = "clusters/gathered"

MEMBER: Final = pa.schema(
    [
        ("document", pa.int64()),
        ("cluster", pa.int64()),
        ("exact", pa.uint64()),  # null where it has none, or none is asked for
        ("url", pa.uint64()),
        ("name", pa.uint64()),  # a hash of its shingles; null where it has none
        ("shingles", SETS),  # null also where an earlier row of that cluster and name has them
    ]
)

GROUP_BYTES: Final = 64 * 2**20
"""Stored bytes of the document parts that a task reads. Its memory: the shingles of those that are in clusters, at most
some 8 bytes for each word, and as much again for a range as it is written."""

RANGE_BYTES: Final = 64 * 2**20
"""Stored bytes of the clustered documents of one range, as far as they are as long as others: some 20 to 30 million
shingles, which ``verify`` holds (a cluster is never cut)."""


class Texts(Protocol):
    """Where the texts of document parts are read again."""

    def fingerprint(self) -> dict[str, Any]:
        """How they are read."""
        ...

    def bytes(self, folder: Path) -> int:
        """Stored bytes of all of them."""
        ...

    def tasks(self, folder: Path) -> list[Task]:
        """Tasks that read them all, in order: ``arguments`` have the names of the ``parts`` that each one reads."""
        ...

    def read(self, folder: Path, task: Task, part: DocumentPart) -> Iterator[pa.Array]:
        """The texts of a part's documents, in order, some megabytes at a time."""
        ...


class Stored:
    """Texts as a run keeps them in ``documents/``."""

    def fingerprint(self) -> dict[str, Any]:
        """Nothing but the documents."""
        return {}

    def bytes(self, folder: Path) -> int:
        """Bytes of the documents' files."""
        return sum(p.file("documents").bytes for p in document_parts(folder))

    def tasks(self, folder: Path) -> list[Task]:
        """A task for so many parts as make ``GROUP_BYTES``."""
        groups = grouped(document_parts(folder), lambda p: p.file("documents").bytes, GROUP_BYTES)
        return [self._task(i, group) for i, group in enumerate(groups)]

    def _task(self, i: int, group: list[DocumentPart]) -> Task:
        return Task(
            f"group-{i:05d}",
            {"documents": digest([[p.file(f).sha256 for f in ("documents", "sketches")] for p in group])},
            {"parts": [p.name for p in group], "first": group[0].first},
            size=sum(p.file("documents").bytes for p in group),
        )

    def read(self, folder: Path, task: Task, part: DocumentPart) -> Iterator[pa.Array]:
        """A row group at a time."""
        for batch in parquet.read_batches(folder / part.file("documents").path, ["text"]):
            yield batch.column("text")


@dataclass(frozen=True)
class Gather:
    """The stage ``gather``; it has no task where nothing is ``asked`` for."""

    asked: bool
    keys: Keys
    near: Near
    texts: Texts
    words: Words = "unicode"
    name: str = "gather"
    outputs: tuple[str, ...] = (GATHERED,)

    def fingerprint(self) -> dict[str, Any]:
        """What shingles are, where texts come from, and which copies need no comparison."""
        own = {"exact": self.keys.exact, "url": self.keys.url, "words": self.words}
        return {"revision": 1, "near": self.near.fingerprint(), **own, **self.texts.fingerprint()}

    def tasks(self, folder: Path) -> list[Task]:
        """A task for each group of document parts."""
        if not self.asked:
            return []
        clusters = read_parts(folder, "cluster")
        number = self._ranges(folder, sum(p.facts["documents"] for p in clusters))
        inputs = {"clusters": digest([p.digest for p in clusters])}
        return [
            Task(t.key, {**inputs, **t.inputs}, {**t.arguments, "ranges": number}, t.reads, t.context, t.size)
            for t in self.texts.tasks(folder)
        ]

    def _ranges(self, folder: Path, members: int) -> int:
        """Ranges of clusters: by the stored bytes that so many of the documents have on average."""
        documents = sum(p.rows for p in document_parts(folder))
        return max(1, -(-members * self.texts.bytes(folder) // max(1, documents) // RANGE_BYTES))

    def run(self, task: Task, work: Work) -> Result:
        """Write the members of the task's parts in the order of their ranges."""
        wanted = set(task.arguments["parts"])
        found = [self._part(work, task, p) for p in document_parts(work.folder) if p.name in wanted]
        members = pa.Table.from_batches([b for batches in found for b in batches], MEMBER).combine_chunks()
        of = range_of(splitmix(members.column("cluster").to_numpy().view(np.uint64), 0), task.arguments["ranges"])
        counts = np.bincount(of, minlength=task.arguments["ranges"])
        write_ranges(work, f"{GATHERED}/{task.key}.parquet", members, np.argsort(of, kind="stable"), counts)
        return Result(facts={"counts": counts.tolist()})

    def _part(self, work: Work, task: Task, part: DocumentPart) -> Iterator[pa.RecordBatch]:
        """The members of one part."""
        forest = read_parts(work.folder, "cluster")
        numbers, clusters = read_forest(work.folder, forest, part.first, part.first + part.rows)
        links: dict[str, list[pa.Array]] = {}
        first = part.first
        for batch in parquet.read_batches(work.folder / part.file("sketches").path, self._columns()):
            rows = slice(*np.searchsorted(numbers, [first, first + batch.num_rows]))
            for kind, hashes in links_of(batch.take(pa.array(numbers[rows] - first)), self.keys).items():
                links.setdefault(kind, []).append(hashes)
            first += batch.num_rows
        whole = {kind: pa.concat_arrays(hashes) for kind, hashes in links.items()}
        first = part.first
        for texts in self.texts.read(work.folder, task, part) if len(numbers) else ():
            low, high = np.searchsorted(numbers, [first, first + len(texts)]).tolist()
            if low < high:
                some = texts.take(pa.array(numbers[low:high] - first))
                own = {kind: hashes.slice(low, high - low) for kind, hashes in whole.items()}
                yield members_of(numbers[low:high], clusters[low:high], some, own, self.near, self.words)
            work.advance(documents=len(texts))
            first += len(texts)

    def _columns(self) -> list[str]:
        return [sketch.EXACT] * self.keys.exact + [sketch.URL] * self.keys.url


def links_of(sketches: pa.RecordBatch, keys: Keys) -> dict[str, pa.Array]:
    """The hashes by which copies need no comparison: ``exact`` and ``url``, as far as they are looked for."""
    found = {}
    for kind, column in (("exact", sketch.EXACT), ("url", sketch.URL)):
        if getattr(keys, kind):
            values, rows = np.zeros(sketches.num_rows, np.uint64), np.arange(sketches.num_rows)
            alone = Keys(exact=kind == "exact", bands=0, url=kind == "url")
            known = np.zeros(sketches.num_rows, np.bool_)
            for hashes, numbers in alone.of_batch(sketches.select([column]), rows):
                values[numbers], known[numbers] = hashes, True
            found[kind] = pa.array(values, mask=~known)
    return found


def members_of(
    numbers: Numbers,
    clusters: Numbers,
    texts: pa.Array,
    hashes: dict[str, pa.Array],
    near: Near,
    words: Words,
) -> pa.RecordBatch:
    """Rows of ``MEMBER`` for some documents in memory; ``hashes`` may have ``exact`` and ``url``."""
    own = pc.if_else(pa.array(clusters >= 0), texts, pa.scalar(None, texts.type))  # the others' mates have no text here
    sets = shingle_sets(own, near, words=words)
    names = names_of(sets)
    some = pc.list_value_length(sets).to_numpy(zero_copy_only=False) > 0
    order, fresh = distinct(clusters, names)
    once = np.zeros(len(sets), np.bool_)
    once[order[fresh]] = True
    columns = {
        "document": pa.array(numbers),
        "cluster": pa.array(clusters),
        **hashes,
        "name": pa.array(names, mask=~some),
        "shingles": pc.if_else(pa.array(once & some), sets, pa.scalar(None, SETS)),
    }
    return parquet.conform(pa.RecordBatch.from_pydict(columns), MEMBER)


def distinct(clusters: Numbers, names: Hashes) -> tuple[Numbers, Flags]:
    """Rows in the order of (cluster, name), and which of them begin another one; equal ones stay in their order."""
    order = np.lexsort((names, clusters))
    c, n = clusters[order], names[order]
    fresh = np.ones(len(order), np.bool_)
    fresh[1:] = (c[1:] != c[:-1]) | (n[1:] != n[:-1])
    return order, fresh
