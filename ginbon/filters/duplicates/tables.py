"""Copies in tables: the rows of JSONL and Parquet files are sketched, read again where clusters are verified, and
ranked. Between these stand the stages that find clusters and choose among copies, as in a run; ``keep`` ends it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final, Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ginbon.corpus import parquet
from ginbon.corpus.collector import Account, Reading, collector
from ginbon.engine.extents import Extent
from ginbon.engine.files import read_json
from ginbon.engine.inputs import FileRange
from ginbon.engine.stage import Result, Task, Work
from ginbon.errors import UserError
from ginbon.filters.duplicates import sketch
from ginbon.filters.duplicates.api import sketch_texts
from ginbon.filters.duplicates.numbering import (
    DocumentPart,
    Numbers,
    document_parts,
)
from ginbon.filters.duplicates.rank import KEY
from ginbon.filters.duplicates.sketch import Near, Words
from ginbon.recipes.sources import TableSource

LANGUAGE: Final = "und_Zyyy"
"""Where no language is asked for, all documents are of this one."""

PLAN: Final = "plan.json"

Preference = Literal["first", "longest", "newest", "oldest"]


def planned(folder: Path) -> list[Extent]:
    """The extents of the input, in order."""
    plan = read_json(folder / PLAN) or {"extents": []}
    return [Extent.from_json(e) for e in plan["extents"]]


def reads(extent: Extent) -> tuple[FileRange, ...]:
    """The ranges of files that an extent is made of."""
    return tuple(FileRange(p.path, p.name, 0, p.size) for p in extent.pieces)


@dataclass(frozen=True)
class Sketch:
    """The stage that reads the texts, once: it takes the place, and has the name, of a run's ``collect``.

    ``ranks`` says for each file which input it belongs to; for the preference ``first``.
    """

    source: TableSource
    near: Near
    words: Words
    reading: Reading
    ranks: Mapping[str, int]
    name: str = "collect"
    outputs: tuple[str, ...] = ("sketches",)

    def fingerprint(self) -> dict[str, Any]:
        """How sketches are made, and the columns that are read."""
        columns = self.source.columns
        return {
            "revision": 1,
            "near": self.near.fingerprint(),
            "words": self.words,
            "columns": {"text": columns.text, "url": columns.url, "published_at": columns.published_at},
            "reader": collector("table").revision,
        }

    def tasks(self, folder: Path) -> list[Task]:
        """One task an extent."""
        return [self._task(extent) for extent in planned(folder)]

    def _task(self, extent: Extent) -> Task:
        return Task(
            extent.key,
            arguments={
                "places": [[p.name, p.start, p.stop, p.unit] for p in extent.pieces],
                "ranks": [self.ranks[p.path] for p in extent.pieces],
            },
            reads=reads(extent),
            context={"extent": extent.to_json()},
            size=extent.raw_bytes,
        )

    def run(self, task: Task, work: Work) -> Result:
        """Write a row for each document: its locator, its hashes, and what says which copy is best."""
        extent = Extent.from_json(task.context["extent"])
        account, batches = Account(), []
        for piece in extent.pieces:
            for harvest in collector("table").read(self.source, replace(extent, pieces=(piece,)), self.reading):
                account.add(harvest.account)
                if harvest.documents.num_rows:
                    batches.append(self._sketched(harvest.documents, self.ranks[piece.path]))
                work.advance(documents=harvest.documents.num_rows, bytes=harvest.account.raw_bytes)
        if batches:
            schema = batches[0].schema
            with work.write(f"sketches/{LANGUAGE}/{task.key}.parquet") as file, parquet.Writer(file, schema) as writer:
                for batch in batches:
                    writer.write(batch)
        rows = sum(b.num_rows for b in batches)
        facts = {"rows": {LANGUAGE: rows} if rows else {}, "rejects": account.rejects}
        damages = [f"{d.name}, byte {d.offset:,}: {d.reason}" for d in account.damages]
        return Result(facts={**facts, "damages": damages, "warnings": list(account.warnings)})

    def _sketched(self, documents: pa.RecordBatch, rank: int) -> pa.RecordBatch:
        columns = {
            "locator": documents.column("locator"),
            "rank": pa.array(np.full(documents.num_rows, rank, np.int32)),
            "bytes": pc.binary_length(documents.column("text")).cast(pa.int64()),
            "published_at": documents.column("published_at"),
        }
        sketches = sketch_texts(documents.column("text"), self.near, words=self.words)
        columns |= dict(zip(sketches.schema.names, sketches.columns, strict=True))
        if self.source.columns.url:
            columns[sketch.URL] = sketch.url_hashes(documents.column("url"))
        return pa.RecordBatch.from_pydict(columns)


@dataclass(frozen=True)
class Rows:
    """The texts of the input, read again: for ``gather``."""

    source: TableSource
    reading: Reading

    def fingerprint(self) -> dict[str, Any]:
        """The column that is read."""
        return {"column": self.source.columns.text, "reader": collector("table").revision}

    def bytes(self, folder: Path) -> int:
        """Bytes of the input."""
        return sum(extent.raw_bytes for extent in planned(folder))

    def tasks(self, folder: Path) -> list[Task]:
        """One task an extent that has documents."""
        extents = {extent.key: extent for extent in planned(folder)}
        return [
            Task(
                part.key,
                {"documents": part.file("sketches").sha256},
                {"parts": [part.name], "first": part.first},
                reads=reads(extents[part.key]),
                context={"extent": extents[part.key].to_json()},
                size=extents[part.key].raw_bytes,
            )
            for part in document_parts(folder)
        ]

    def read(self, folder: Path, task: Task, part: DocumentPart) -> Iterator[pa.Array]:
        """A batch at a time, as ``Sketch`` read them."""
        rows = 0
        for harvest in collector("table").read(self.source, Extent.from_json(task.context["extent"]), self.reading):
            rows += harvest.documents.num_rows
            yield harvest.documents.column("text")
        if rows != part.rows:
            raise UserError(
                f"{part.key}: {rows:,} documents, {part.rows:,} were read before; the input has changed since. Run "
                "`ginbon dedup` again"
            )


@dataclass(frozen=True)
class Preferences:
    """Which row is best: by these in their order, then the longest, then the smallest locator."""

    prefer: tuple[Preference, ...] = ()

    @property
    def keys(self) -> int:
        """How many keys there are."""
        return len(self.prefer) + 1

    def fingerprint(self) -> dict[str, Any]:
        """The preference."""
        return {"prefer": list(self.prefer)}

    def verdicts(self, folder: Path) -> Mapping[str, str]:
        """Nothing else decides."""
        return {}

    def read(self, folder: Path, part: DocumentPart, rows: Numbers) -> pa.Table:
        """What decides among copies, of some rows of a part."""
        path = folder / part.file("sketches").path
        with parquet.open_parquet(path) as file:
            names = [n for n in file.schema_arrow.names if n != sketch.BANDS]
        found = parquet.read_table(path, names).take(pa.array(rows))
        found = found.rename_columns(["name" if n == "locator" else n for n in names])
        for place, by in enumerate((*self.prefer, "longest")):
            found = found.append_column(f"{KEY}{place}", pa.array(_key(found, by)))
        return found.append_column("kept", pa.array(np.ones(len(rows), np.bool_)))


def _key(members: pa.Table, name: str) -> Numbers:
    """The members' places by one preference: the smaller the better; who has no date comes last."""
    if name == "first":
        column = members.column("rank")
    elif name == "longest":
        column = pc.negate(members.column("bytes"))
    else:
        times = pc.cast(members.column("published_at"), pa.int64())
        column = pc.fill_null(times if name == "oldest" else pc.negate(times), 2**62)
    values: Numbers = column.to_numpy().astype(np.int64)
    return values
