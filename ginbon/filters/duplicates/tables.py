"""Copies in tables: the stages that sketch the rows of JSONL and Parquet files, list copies, and copy what is kept.

Rows go out as they came in: every column of Parquet, every byte of a line. Between the first stage and the last stand
those that find clusters and choose among copies, as in a run.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import islice
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
from ginbon.engine.parts import digest, read_parts
from ginbon.engine.stage import Result, Task, Work
from ginbon.errors import UserError
from ginbon.filters.duplicates import sketch
from ginbon.filters.duplicates.api import sketch_texts
from ginbon.filters.duplicates.choose import Chosen
from ginbon.filters.duplicates.numbering import (
    DocumentPart,
    Numbers,
    arguments_of,
    document_parts,
    files_of,
    parts_of,
)
from ginbon.filters.duplicates.rank import KEY, groups_of
from ginbon.filters.duplicates.sketch import Near, Words
from ginbon.recipes.sources import TableSource

LANGUAGE: Final = "und_Zyyy"
"""Where no language is asked for, all documents are of this one."""

PLAN: Final = "plan.json"
COPIES: Final = "copies.parquet"
KEPT: Final = "kept"

Preference = Literal["first", "longest", "newest", "oldest"]

COPY: Final = pa.schema(
    [
        ("document", pa.string()),
        ("kept", pa.bool_()),
        ("duplicate_of", pa.string()),  # null where it is kept
        ("rule", pa.string()),
        ("cluster", pa.string()),  # the smallest locator of the cluster
        ("cluster_size", pa.int32()),
    ]
)
"""A row for every document that has a copy, in the order of the input; a document is named by its locator."""


def planned(folder: Path) -> list[Extent]:
    """The extents of the input, in order."""
    plan = read_json(folder / PLAN) or {"extents": []}
    return [Extent.from_json(e) for e in plan["extents"]]


def _reads(extent: Extent) -> tuple[FileRange, ...]:
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
            reads=_reads(extent),
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
                reads=_reads(extents[part.key]),
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


@dataclass(frozen=True)
class ListCopies:
    """The stage ``list-copies``: puts what was chosen together in one file, in the order of the input. It chooses
    nothing, and holds one group of parts at a time.
    """

    name: str = "list-copies"
    outputs: tuple[str, ...] = ()

    def fingerprint(self) -> dict[str, Any]:
        """The form of the list."""
        return {"revision": 1}

    def tasks(self, folder: Path) -> list[Task]:
        """One task."""
        inputs = {"chosen": digest([p.digest for p in read_parts(folder, "choose")])}
        groups = groups_of(document_parts(folder))
        parts = [part for group in groups for part in group]
        arguments = {**arguments_of(parts), "groups": [len(group) for group in groups]}
        return [Task("copies", inputs, arguments, context={"files": files_of(parts)})]

    def run(self, task: Task, work: Work) -> Result:
        """Write a row for each document that has a copy."""
        with work.write(COPIES) as file, parquet.Writer(file, COPY, rows=2**20) as writer:
            parts = parts_of(task)
            for group, number in enumerate(task.arguments["groups"]):
                chosen = Chosen.of_group(work.folder, group)
                for part in islice(parts, number):
                    rows, choices = chosen.part(part)
                    if len(rows):
                        writer.write(_copies(_locators(work.folder, part, rows), choices))
                    work.advance(documents=part.rows)
        return Result()


def _copies(locators: pa.Array, choices: pa.Table) -> pa.RecordBatch:
    """Rows of ``COPY``."""
    kept = choices.column("survives").combine_chunks()
    nobody = pa.scalar(None, pa.string())
    columns = [
        locators,
        kept,
        pc.if_else(kept, nobody, choices.column("survivor").combine_chunks()),
        pc.if_else(kept, nobody, choices.column("rule").cast(pa.string()).combine_chunks()),
        choices.column("cluster").combine_chunks(),
        choices.column("cluster_size").combine_chunks(),
    ]
    return pa.RecordBatch.from_arrays(columns, schema=COPY)


def _locators(folder: Path, part: DocumentPart, rows: Numbers) -> pa.Array:
    locators = parquet.read_table(folder / part.file("sketches").path, ["locator"]).column("locator")
    return locators.take(pa.array(rows)).combine_chunks()


@dataclass(frozen=True)
class Keep:
    """The stage that copies the rows that are kept: file for file, or piece for piece where a file has several."""

    reading: Reading
    name: str = "keep"
    outputs: tuple[str, ...] = (KEPT,)

    def fingerprint(self) -> dict[str, Any]:
        """The form of what is written."""
        return {"revision": 1, "pyarrow": pa.__version__}

    def tasks(self, folder: Path) -> list[Task]:
        """One task an extent."""
        chosen = digest([p.digest for p in read_parts(folder, "choose")])
        names = _names(planned(folder))
        groups = enumerate(groups_of(document_parts(folder)))
        places = {part.key: (number, part) for number, group in groups for part in group}
        return [self._task(extent, chosen, names, places.get(extent.key)) for extent in planned(folder)]

    def _task(
        self,
        extent: Extent,
        chosen: str,
        names: Mapping[tuple[str, int], str],
        place: tuple[int, DocumentPart] | None,
    ) -> Task:
        group, parts = (place[0], [place[1]]) if place else (0, [])
        return Task(
            extent.key,
            {"lost": chosen},
            {"places": [[p.name, p.start, p.stop, p.unit] for p in extent.pieces], **arguments_of(parts)},
            reads=_reads(extent),
            context={
                "extent": extent.to_json(),
                "names": [names[p.name, p.start] for p in extent.pieces],
                "group": group,
                "files": files_of(parts),
            },
            size=extent.raw_bytes,
        )

    def run(self, task: Task, work: Work) -> Result:
        """Write the rows of each piece that are kept."""
        from ginbon.filters.duplicates.rows import copy_lines, copy_rows

        extent = Extent.from_json(task.context["extent"])
        lost = _lost(work.folder, task)
        for piece, name in zip(extent.pieces, task.context["names"], strict=True):
            mine = lost.filter(pc.equal(pc.struct_field(lost, "name"), piece.name))
            with work.write(f"{KEPT}/{name}") as file:
                if piece.unit == "row_groups" or name.lower().endswith(".parquet"):
                    copy_rows(piece, pc.struct_field(mine, "inner").to_numpy(), file)
                else:
                    copy_lines(piece, mine, file, self.reading)
            work.advance(bytes=piece.stop - piece.start if piece.unit == "bytes" else piece.size)
        return Result(facts={"lost": len(lost)})


def _lost(folder: Path, task: Task) -> pa.StructArray:
    """Of an extent's documents those that are not kept: name of the file, frame, place in it."""
    for part in parts_of(task):  # it has one, or none
        rows, choices = Chosen.of_group(folder, task.context["group"]).part(part)
        return split_locators(_locators(folder, part, rows[~choices.column("survives").to_numpy()]))
    return split_locators(pa.array([], pa.string()))


def split_locators(locators: pa.Array) -> pa.StructArray:
    """Locators as (name, frame, inner): see ``readers.streams.locate``."""
    found = pc.extract_regex(pc.cast(locators, pa.string()), r"^(?P<name>.*)#(?P<frame>\d+\+)?(?P<inner>\d+)$")
    frame = pc.replace_substring(pc.struct_field(found, "frame"), "+", "")
    frame = pc.if_else(pc.equal(frame, ""), "0", frame)
    return pa.StructArray.from_arrays(
        [
            pc.struct_field(found, "name"),
            pc.cast(frame, pa.int64()),
            pc.cast(pc.struct_field(found, "inner"), pa.int64()),
        ],
        names=["name", "frame", "inner"],
    )


def _names(extents: list[Extent]) -> dict[tuple[str, int], str]:
    """What each piece (name, start) is written as: its file's name, numbered where the file has several pieces."""
    pieces = [piece for extent in extents for piece in extent.pieces]
    of_file: dict[str, list[int]] = {}
    for piece in pieces:
        of_file.setdefault(piece.name, []).append(piece.start)
    names = {}
    for name, starts in of_file.items():
        folder, slash, file = name.rpartition("/")
        stem, dot, suffixes = file.partition(".")
        for number, start in enumerate(starts):
            numbered = f"{stem}-{number:05d}{dot}{suffixes}" if len(starts) > 1 else file
            names[name, start] = f"{folder}{slash}{numbered}"
    return names
