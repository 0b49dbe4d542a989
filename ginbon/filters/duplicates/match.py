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
from ginbon.filters.duplicates.numbering import Numbers, document_parts
from ginbon.filters.duplicates.shuffle import Keys, join, ranges, shuffled

MATCHES: Final = "clusters/matches"


@dataclass(frozen=True)
class Match:
    """The stage ``match``: who shares a hash, by ranges of hashes."""

    keys: Keys
    name: str = "match"
    outputs: tuple[str, ...] = (MATCHES,)

    def fingerprint(self) -> dict[str, Any]:
        """Which kinds of hashes are compared."""
        return {"revision": 2, **vars(self.keys)}

    def tasks(self, folder: Path) -> list[Task]:
        """One task for each range of hashes; how many depends on the number of documents alone."""
        parts = document_parts(folder)
        number = ranges(sum(p.rows for p in parts) * len(self.keys))
        groups = read_parts(folder, "shuffle")
        inputs = {
            "sketches": digest([p.file("sketches").sha256 for p in parts]),
            "shuffled": digest([p.digest for p in groups]),
        }
        size = sum(f.bytes for p in groups for f in p.files) or sum(p.file("sketches").bytes for p in parts)
        return [Task(f"range-{i:05d}", inputs, {"range": i, "of": number}, size=size // number) for i in range(number)]

    def run(self, task: Task, work: Work) -> Result:
        """Write the forest of one range: (document, the first of its tree), by document."""
        hashes: list[Hashes] = []
        numbers: list[Numbers] = []
        if task.arguments["of"] > 1:
            found = shuffled(work.folder, task.arguments["range"])
        else:  # nothing was shuffled
            found = (pair for part in document_parts(work.folder) for pair in self.keys.hashes(work.folder, part))
        for h, n in found:
            hashes.append(h)
            numbers.append(n)
            work.advance(documents=len(h) // max(1, len(self.keys)), bytes=16 * len(h))
        documents, firsts = components(pairs_of(join(hashes, np.uint64), join(numbers, np.int64)))
        with work.write(f"{MATCHES}/{task.key}.parquet") as file, parquet.Writer(file, FOREST, rows=ROWS) as writer:
            writer.write(pa.RecordBatch.from_arrays([pa.array(documents), pa.array(firsts)], schema=FOREST))
        return Result(facts={"documents": len(documents)})


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
