"""The shuffle of lines: hashes of all lines are put together by ranges, so that equal ones meet in one task of
``recur``.

A task writes what the documents of some parts have to one file, a row group a range.
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
from ginbon.filters.decide import Decide
from ginbon.filters.duplicates.cluster import cluster_parts
from ginbon.filters.duplicates.hashing import Hashes
from ginbon.filters.duplicates.members import words_of_ids
from ginbon.filters.duplicates.numbering import (
    DocumentPart,
    Numbers,
    arguments_of,
    document_parts,
    files_of,
    of_a_task,
    parts_of,
)
from ginbon.filters.duplicates.recurring import Recurring, groups_of, text_bytes, texts_of
from ginbon.filters.duplicates.shuffle import range_of, write_ranges

SPREAD: Final = "cuts/spread"

RANGE_BYTES: Final = 512_000_000
"""Text whose lines one task of ``recur`` holds: some 8 million, 32 bytes each while they are put in order."""

MANY_RANGES: Final = 64
"""Where there would be more ranges than these, each holds up to four times as much, since each is read from all files.
"""

DROPPED: Final = np.uint64(1 << 63)
"""Bit of a rank: the rules drop the document, so that it is the last to keep a line."""

_SCHEMA: Final = pa.schema([("key", pa.uint64()), ("text", pa.int64())])
_RANKED: Final = _SCHEMA.append(pa.field("rank", pa.uint64()))


@dataclass(frozen=True)
class Spread:
    """The stage ``spread``. ``judges`` says which documents the rules keep, where one of them keeps what recurs."""

    recurring: Recurring
    judges: Decide | None = None
    name: str = "spread"
    outputs: tuple[str, ...] = (SPREAD,)

    def fingerprint(self) -> dict[str, Any]:
        """What is looked for."""
        own = {"revision": 1, **self.recurring.fingerprint()}
        return {**own, "rules": dict(self.judges.fingerprint())} if self.judges else own

    def tasks(self, folder: Path) -> list[Task]:
        """A task for so many document parts, in order, as hold ``GROUP_BYTES`` of text."""
        parts = document_parts(folder)
        number = ranges(sum(map(text_bytes, parts)))
        clusters = digest([p.digest for p in cluster_parts(folder)])
        if self.judges and self.judges.overlaps:  # they decide which documents the rules keep
            clusters = digest([clusters, *(p.digest for p in read_parts(folder, "decontaminate"))])
        return [self._task(i, group, number, clusters) for i, group in enumerate(groups_of(parts))]

    def _task(self, i: int, parts: list[DocumentPart], number: int, clusters: str) -> Task:
        names = ("sketches", "signals", "documents") if self.judges else ("sketches",)
        files = [p.file(name) for name in names for p in parts]
        return Task(
            f"group-{i:05d}",
            {"sketches": digest([f.sha256 for f in files]), "clusters": clusters},
            {**arguments_of(parts), "ranges": number},
            context={"files": files_of(parts)},
            size=sum(f.bytes for f in files),
        )

    def run(self, task: Task, work: Work) -> Result:
        """Write what the documents have, each thing once, in the order of the hashes."""
        found: list[tuple[Any, Any, Any]] = []
        for part in parts_of(task):
            texts, ranks = texts_of(work.folder, part), self._ranks(work.folder, part)
            for units, first, groups in self.recurring.read(work.folder, part):
                keys, rows, _ = self.recurring.keys(units, groups)
                found.append((keys, texts[first + rows], ranks[first + rows] if ranks is not None else rows[:0]))
            work.advance(documents=part.rows, bytes=part.file("sketches").bytes)
        counts = self._write(work, task, *(np.concatenate(columns) for columns in zip(*found, strict=True)))
        return Result(facts={"counts": counts.tolist()})

    def _ranks(self, folder: Path, part: DocumentPart) -> Hashes | None:
        """Who is the first to keep a line: documents that the rules keep, by their ids."""
        if self.judges is None:
            return None
        ids = parquet.read_table(folder / part.file("documents").path, ["id"]).column("id").combine_chunks()
        kept = self.judges.judge(folder, part).kept
        ranks: Hashes = words_of_ids(ids) >> np.uint64(1) | np.where(kept, np.uint64(0), DROPPED)
        return ranks

    def _write(self, work: Work, task: Task, keys: Hashes, texts: Numbers, ranks: Hashes) -> Numbers:
        order = np.argsort(keys, kind="stable")
        keys, texts, ranks = keys[order], texts[order], ranks[order] if self.judges else ranks
        again = np.zeros(len(keys), np.bool_)  # a line that stands twice in a document
        again[1:] = (keys[1:] == keys[:-1]) & (texts[1:] == texts[:-1])
        number = task.arguments["ranges"]
        counts = np.bincount(range_of(keys[~again], number), minlength=number)
        schema = _RANKED if self.judges else _SCHEMA
        columns = [pa.array(column) for column in (keys, texts, ranks)[: len(schema)]]
        write_ranges(
            work, f"{SPREAD}/{task.key}.parquet", pa.table(columns, schema=schema), np.flatnonzero(~again), counts
        )
        return counts


def ranges(text: int) -> int:
    """Into how many ranges the hashes of so many bytes of text are cut."""
    return max(1, -(-text // of_a_task(text, RANGE_BYTES, MANY_RANGES)))
