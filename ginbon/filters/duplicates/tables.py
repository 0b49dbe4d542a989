"""Copies in tables: the stages that sketch the rows of JSONL and Parquet files, choose, and copy what is kept.

Rows go out as they came in: every column of Parquet, every byte of a line. Between the first stage and the last stand
``shuffle``, ``match``, ``join`` and ``cluster``, as in a run.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final, Literal

import numpy as np
import numpy.typing as npt
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
from ginbon.filters.duplicates.best import IN_INDEX, best_of, rules_of
from ginbon.filters.duplicates.cluster import cluster_parts, read_clusters
from ginbon.filters.duplicates.index import Known, ids_in
from ginbon.filters.duplicates.numbering import DocumentPart, document_parts
from ginbon.filters.duplicates.sketch import Near, Words
from ginbon.recipes.sources import TableSource

LANGUAGE: Final = "und_Zyyy"
"""Where no language is asked for, all documents are of this one."""

PLAN: Final = "plan.json"
COPIES: Final = "copies.parquet"
KEPT: Final = "kept"
_LOST: Final = "clusters/lost.parquet"

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

_LOST_ROW: Final = pa.schema([("document", pa.int64())])


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
class Choose:
    """The stage that chooses the best document of each cluster: one task over those that have a copy."""

    prefer: tuple[Preference, ...]
    against: tuple[Known, ...] = ()
    name: str = "choose"
    outputs: tuple[str, ...] = ()

    def fingerprint(self) -> dict[str, Any]:
        """The preference."""
        return {"revision": 1, "prefer": list(self.prefer)}

    def tasks(self, folder: Path) -> list[Task]:
        """One task."""
        parts = {"collect": read_parts(folder, "collect"), "cluster": cluster_parts(folder)}
        return [Task("copies", {name: digest([p.digest for p in some]) for name, some in parts.items()})]

    def run(self, task: Task, work: Work) -> Result:
        """Write a row for each document that has a copy, and the numbers of those that are not kept."""
        numbers, clusters = read_clusters(work.folder)
        members = _members(work.folder, numbers)
        locators = members.column("locator").to_numpy(zero_copy_only=False).astype(object)
        keys = [_key(members, name) for name in (*self.prefer, "longest")]
        best, first = best_of(clusters, keys, locators)
        known = ids_in(self.against, clusters[clusters < 0])
        elsewhere = clusters < 0
        lost = (best != np.arange(len(numbers))) | elsewhere
        rule = np.full(len(numbers), None, object)
        rule[lost] = rules_of(members, np.flatnonzero(lost), best[lost])
        rule[elsewhere] = IN_INDEX
        instead = locators[best] if len(best) else locators
        instead[elsewhere] = [known[number] for number in clusters[elsewhere].tolist()]
        sizes = np.bincount(first, minlength=len(numbers))[first].astype(np.int32)
        copies = pa.RecordBatch.from_arrays(
            [
                members.column("locator").combine_chunks(),
                pa.array(~lost),
                pa.array(instead, pa.string(), mask=~lost),
                pa.array(rule, pa.string()),
                pa.array(locators[first], pa.string()),
                pa.array(sizes),
            ],
            schema=COPY,
        )
        with work.write(COPIES) as file, parquet.Writer(file, COPY, rows=2**20) as writer:
            writer.write(copies)
        with work.write(_LOST) as file, parquet.Writer(file, _LOST_ROW, rows=2**20) as writer:
            writer.write(pa.RecordBatch.from_arrays([pa.array(numbers[lost])], schema=_LOST_ROW))
        counts = {r: int((rule == r).sum()) for r in sorted(set(rule[lost]))}
        return Result(facts={"clusters": len(np.unique(clusters)), "copies": len(numbers), "lost": counts})


def _members(folder: Path, numbers: npt.NDArray[np.int64]) -> pa.Table:
    """The rows of these documents."""
    tables: list[pa.Table] = []
    for part in document_parts(folder):
        low, high = np.searchsorted(numbers, [part.first, part.first + part.rows])
        path = folder / part.file("sketches").path
        with parquet.open_parquet(path) as file:
            names = [n for n in file.schema_arrow.names if n != sketch.BANDS]
        if low < high or not tables:
            tables.append(parquet.read_table(path, names).take(pa.array(numbers[low:high] - part.first)))
    if tables:
        return pa.concat_tables(tables).combine_chunks()
    return pa.table({"locator": pa.array([], pa.string()), "bytes": pa.array([], pa.int64())})


def _key(members: pa.Table, name: str) -> npt.NDArray[np.int64]:
    """The members' places by one preference: the smaller the better; who has no date comes last."""
    if name == "first":
        column = members.column("rank")
    elif name == "longest":
        column = pc.negate(members.column("bytes"))
    else:
        times = pc.cast(members.column("published_at"), pa.int64())
        column = pc.fill_null(times if name == "oldest" else pc.negate(times), 2**62)
    values: npt.NDArray[np.int64] = column.to_numpy().astype(np.int64)
    return values


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
        lost = digest([p.digest for p in read_parts(folder, "choose")])
        names = _names(planned(folder))
        return [
            Task(
                extent.key,
                {"lost": lost},
                {"places": [[p.name, p.start, p.stop, p.unit] for p in extent.pieces]},
                reads=_reads(extent),
                context={"extent": extent.to_json(), "names": [names[p.name, p.start] for p in extent.pieces]},
                size=extent.raw_bytes,
            )
            for extent in planned(folder)
        ]

    def run(self, task: Task, work: Work) -> Result:
        """Write the rows of each piece that are kept."""
        from ginbon.filters.duplicates.rows import copy_lines, copy_rows

        extent = Extent.from_json(task.context["extent"])
        lost = _lost(work.folder, task.key)
        for piece, name in zip(extent.pieces, task.context["names"], strict=True):
            mine = lost.filter(pc.equal(pc.struct_field(lost, "name"), piece.name))
            with work.write(f"{KEPT}/{name}") as file:
                if piece.unit == "row_groups" or name.lower().endswith(".parquet"):
                    copy_rows(piece, pc.struct_field(mine, "inner").to_numpy(), file)
                else:
                    copy_lines(piece, mine, file, self.reading)
            work.advance(bytes=piece.stop - piece.start if piece.unit == "bytes" else piece.size)
        return Result(facts={"lost": len(lost)})


def _lost(folder: Path, key: str) -> pa.StructArray:
    """Of an extent's documents those that are not kept: name of the file, frame, place in it."""
    part = next((p for p in document_parts(folder) if p.key == key), None)
    empty = pa.array([], pa.string())
    if part is None:
        return split_locators(empty)
    numbers = parquet.read_table(folder / _LOST).column("document").to_numpy()
    low, high = np.searchsorted(numbers, [part.first, part.first + part.rows])
    locators = parquet.read_table(folder / part.file("sketches").path, ["locator"]).column("locator")
    return split_locators(locators.take(pa.array(numbers[low:high] - part.first)).combine_chunks())


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
