"""Which documents look alike: equal normalised texts, an equal band of MinHash values, the same address.

A task looks at one range of hashes, so that its memory is bounded whatever the corpus' size. What it writes is a
forest: each document that shares a hash with others, and the first of all that its range joins it with. That is enough
for clusters, and never more rows than documents.

Source: Broder 1997 (MinHash), Leskovec et al., Mining of Massive Datasets, ch. 3 (banding); parameters as in datatrove.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa

from ginbon.corpus import parquet
from ginbon.engine.parts import digest, read_parts
from ginbon.engine.stage import Result, Task, Work
from ginbon.filters.duplicates.forest import FOREST, ROWS, components
from ginbon.filters.duplicates.hashing import Hashes
from ginbon.filters.duplicates.index import Known
from ginbon.filters.duplicates.numbering import Numbers, document_parts
from ginbon.filters.duplicates.shuffle import Keys, hashes_in, join, ranges

MATCHES: Final = "clusters/matches"


@dataclass(frozen=True)
class Match:
    """The stage ``match``: who shares a hash, by ranges of hashes; with documents of the indexes ``against`` too.

    Those have negative numbers, so that a cluster with one of them is named by it.
    """

    keys: Keys
    against: tuple[Known, ...] = ()
    name: str = "match"
    outputs: tuple[str, ...] = (MATCHES,)

    def fingerprint(self) -> dict[str, Any]:
        """Which kinds of hashes are compared."""
        return {"revision": 3, **vars(self.keys)}

    def tasks(self, folder: Path) -> list[Task]:
        """One task for each range of hashes; how many depends on the number of documents alone."""
        parts = document_parts(folder)
        number = ranges(sum(p.rows for p in parts) * len(self.keys))
        groups = read_parts(folder, "shuffle")
        inputs = {
            **{f"against {known.name}": known.digest for known in self.against},
            "sketches": digest([p.file("sketches").sha256 for p in parts]),
            "shuffled": digest([p.digest for p in groups]),
        }
        size = sum(f.bytes for p in groups for f in p.files) or sum(p.file("sketches").bytes for p in parts)
        return [Task(f"range-{i:05d}", inputs, {"range": i, "of": number}, size=size // number) for i in range(number)]

    def run(self, task: Task, work: Work) -> Result:
        """Write the forest of one range: (document, the first of its tree), by document."""
        index, of = task.arguments["range"], task.arguments["of"]
        hashes: list[Hashes] = []
        numbers: list[Numbers] = []
        for h, n in hashes_in(work.folder, self.keys, index, of):
            hashes.append(h)
            numbers.append(n)
            work.advance(documents=len(h) // max(1, len(self.keys)), bytes=16 * len(h))
        own, documents_of = join(hashes, np.uint64), join(numbers, np.int64)
        pairs = pairs_of(*self._with_known(own, documents_of, index, of))
        documents, firsts = components(pairs[pairs[:, 1] >= 0])  # others are copies among the known
        with work.write(f"{MATCHES}/{task.key}.parquet") as file, parquet.Writer(file, FOREST, rows=ROWS) as writer:
            writer.write(pa.RecordBatch.from_arrays([pa.array(documents), pa.array(firsts)], schema=FOREST))
        return Result(facts={"documents": len(documents)})

    def _with_known(self, hashes: Hashes, numbers: Numbers, index: int, of: int) -> tuple[Hashes, Numbers]:
        """The hashes, and those of the indexes that are among them."""
        if not self.against:
            return hashes, numbers
        own = np.unique(hashes)
        more, theirs = [hashes], [numbers]
        for known in self.against:
            for h, n in known.hashes(index, of):
                mine = own[np.minimum(np.searchsorted(own, h), len(own) - 1)] == h if len(own) else h != h
                more.append(h[mine])
                theirs.append(n[mine])
        return join(more, np.uint64), join(theirs, np.int64)


def pairs_of(hashes: Hashes, numbers: Numbers) -> Numbers:
    """Pairs (smallest number with that hash, another number with it), shape (n, 2); the same pair may come twice."""
    order = np.argsort(hashes)
    hashes = hashes[order]
    same = np.zeros(len(hashes) + 1, np.bool_)  # as the one before
    np.equal(hashes[1:], hashes[:-1], out=same[1:-1])
    met = np.flatnonzero(same[:-1] | same[1:])  # most hashes are met once: all else is done for the others alone
    numbers, starts = numbers[order[met]], np.flatnonzero(~same[met])
    if not len(met):
        return np.empty((0, 2), np.int64)
    smallest = np.minimum.reduceat(numbers, starts)
    first = np.repeat(smallest, np.diff(np.r_[starts, len(met)]))
    pairs: Numbers = np.stack([first, numbers], axis=1)[first != numbers]
    return pairs
