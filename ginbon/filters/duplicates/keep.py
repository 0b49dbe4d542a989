"""What is left of tables without their copies: the rows that are kept, as they came in (every column of Parquet, every
byte of a line), and a list of the copies.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc

from ginbon.corpus import parquet
from ginbon.corpus.collector import Reading
from ginbon.engine.extents import Extent
from ginbon.engine.parts import digest, read_parts
from ginbon.engine.stage import Result, Task, Work
from ginbon.filters.duplicates.choose import Chosen
from ginbon.filters.duplicates.numbering import (
    DocumentPart,
    Numbers,
    arguments_of,
    document_parts,
    files_of,
    parts_of,
)
from ginbon.filters.duplicates.rank import groups_of
from ginbon.filters.duplicates.tables import planned, reads

COPIES: Final = "copies.parquet"
KEPT: Final = "kept"

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
            reads=reads(extent),
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
