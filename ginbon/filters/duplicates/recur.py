"""Which lines recur: a task counts, for one range of hashes, in how many documents each of them is."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa

from ginbon.corpus import parquet
from ginbon.engine.parts import digest, read_parts
from ginbon.engine.stage import Result, Task, Work
from ginbon.filters.duplicates.hashing import Hashes
from ginbon.filters.duplicates.numbering import Numbers
from ginbon.filters.duplicates.shuffle import read_range

RECURRING: Final = "cuts/recurring"

FREQUENT: Final = 50
"""The most frequent lines are shown in the report, so many of them."""

_SCHEMA: Final = pa.schema(
    [
        ("key", pa.uint64()),  # hash of group and line, ascending
        ("documents", pa.uint32()),
        ("owner", pa.int64()),  # number of the text that keeps it; -1 where none does
    ]
)


@dataclass(frozen=True)
class Counted:
    """What recurs, in the order of the hashes; columns as in ``cuts/recurring``."""

    keys: Hashes
    documents: Numbers
    owners: Numbers


@dataclass(frozen=True)
class Recur:
    """The stage ``recur``: what at least ``min_documents`` documents have recurs."""

    min_documents: int
    keep_first: bool
    name: str = "recur"
    outputs: tuple[str, ...] = (RECURRING,)

    def fingerprint(self) -> dict[str, Any]:
        """In how many documents, and whether one keeps it."""
        return {"revision": 1, "min_documents": self.min_documents, "keep_first": self.keep_first}

    def tasks(self, folder: Path) -> list[Task]:
        """One task a range of hashes."""
        parts = read_parts(folder, "spread")
        number = len(parts[0].facts["counts"]) if parts else 0
        inputs = {"lines": digest([p.digest for p in parts])}
        size = sum(f.bytes for p in parts for f in p.files) // max(1, number)
        return [Task(f"range-{i:05d}", inputs, {"range": i, "of": number}, size=size) for i in range(number)]

    def run(self, task: Task, work: Work) -> Result:
        """Write what recurs of one range; its facts name the most frequent."""
        batches = list(read_range(work.folder, "spread", task.arguments["range"]))
        columns = {name: np.concatenate([b.column(name).to_numpy() for b in batches]) for name in _names(batches)}
        del batches
        found = recurring(
            columns.get("key", np.empty(0, np.uint64)),
            columns.get("text", np.empty(0, np.int64)),
            columns.get("rank") if self.keep_first else None,
            min_documents=self.min_documents,
        )
        work.advance(bytes=task.size)
        path = f"{RECURRING}/{task.key}.parquet"
        with work.write(path) as file, parquet.Writer(file, _SCHEMA, rows=1 << 20) as writer:
            arrays = [pa.array(found.keys), pa.array(found.documents.astype(np.uint32)), pa.array(found.owners)]
            writer.write(pa.RecordBatch.from_arrays(arrays, schema=_SCHEMA))
        top = np.lexsort((found.keys, -found.documents))[:FREQUENT]
        named = zip(found.keys[top].tolist(), found.documents[top].tolist(), strict=True)
        frequent = [[f"{key:016x}", documents] for key, documents in named]
        return Result(facts={"recurring": len(found.keys), "frequent": frequent})


def _names(batches: list[pa.RecordBatch]) -> list[str]:
    return list(batches[0].schema.names) if batches else []


def recurring(keys: Hashes, texts: Numbers, ranks: Hashes | None, *, min_documents: int) -> Counted:
    """What at least so many different texts have; where there are ranks, its owner is the text with the smallest."""
    order = np.argsort(keys)
    starts = np.flatnonzero(np.r_[True, keys[order[1:]] != keys[order[:-1]]]) if len(keys) else np.empty(0, np.int64)
    often = np.diff(np.r_[starts, len(keys)]) >= min_documents  # few are: all else is done for them alone
    lengths = np.diff(np.r_[starts, len(keys)])[often]
    at = order[np.repeat(starts[often], lengths) + _counting(lengths)]
    at = at[np.lexsort((texts[at], keys[at]))]
    new_key, new_text = (np.r_[True, column[at][1:] != column[at][:-1]] if len(at) else np.empty(0, np.bool_)
                         for column in (keys, texts))  # fmt: skip
    first = np.flatnonzero(new_key)
    documents = np.add.reduceat(new_key | new_text, first, dtype=np.int64) if len(first) else first
    owners = np.full(len(first), -1)
    if ranks is not None and len(first):
        by_rank = np.lexsort((ranks[at], keys[at]))
        owners = texts[at][by_rank][first]
    enough = documents >= min_documents
    return Counted(keys[at][first][enough], documents[enough], owners[enough])


def _counting(lengths: Numbers) -> Numbers:
    """0 to n - 1 for each n, one after another."""
    ends = np.cumsum(lengths)
    return np.arange(int(ends[-1]) if len(ends) else 0) - np.repeat(ends - lengths, lengths)


def read_recurring(folder: Path) -> Iterator[Counted]:
    """What recurs, a range at a time."""
    for part in read_parts(folder, "recur"):
        table = parquet.read_table(folder / part.files[0].path)
        yield Counted(*(table.column(name).to_numpy() for name in _SCHEMA.names))


def most_frequent(folder: Path) -> list[tuple[int, int]]:
    """Hash and documents of the most frequent of all ranges."""
    found = [(int(key, 16), n) for part in read_parts(folder, "recur") for key, n in part.facts["frequent"]]
    return sorted(found, key=lambda one: (-one[1], one[0]))[:FREQUENT]
