"""What is taken out of each document, and what is left of it: measured anew for a second round of rules. No text is
opened.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from ginbon.corpus import parquet, schema
from ginbon.corpus.collect import STORED_BYTES
from ginbon.engine.parts import digest, read_parts
from ginbon.engine.stage import Result, Task, Work
from ginbon.filters.decide import CUTS
from ginbon.filters.duplicates.cluster import cluster_parts
from ginbon.filters.duplicates.hashing import Hashes
from ginbon.filters.duplicates.members import words_of_ids
from ginbon.filters.duplicates.numbering import (
    DocumentPart,
    Numbers,
    arguments_of,
    document_parts,
    files_of,
    parts_of,
)
from ginbon.filters.duplicates.recur import most_frequent, read_recurring
from ginbon.filters.duplicates.recurring import Recurring, groups_of, texts_of
from ginbon.filters.outline import Units
from ginbon.filters.signals import LEFT

SCHEMA: Final = pa.schema([("cuts", pa.list_(schema.CUT)), *((s.column, s.type) for s in LEFT)])
"""A row a document, in order: what is taken out of it, and the signals of what is left."""


@dataclass(frozen=True)
class Outlined:
    """The units of a part's documents and what may recur among them: hash, row and first unit."""

    units: Units
    keys: Hashes
    rows: Numbers
    first: Numbers


@dataclass(frozen=True)
class Trim:
    """The stage ``trim``."""

    recurring: Recurring
    name: str = "trim"
    outputs: tuple[str, ...] = (CUTS,)

    def fingerprint(self) -> dict[str, Any]:
        """What is looked for."""
        return {"revision": 1, **self.recurring.fingerprint()}

    def tasks(self, folder: Path) -> list[Task]:
        """A task for so many document parts, in order, as hold ``GROUP_BYTES`` of text: all that recurs is read once
        for them together.
        """
        recurring = digest([p.digest for p in read_parts(folder, "recur")])
        clusters = digest([p.digest for p in cluster_parts(folder)])
        inputs = {"recurring": recurring} | ({"clusters": clusters} if self.recurring.keep_first else {})
        frequent = [key for key, _ in most_frequent(folder)]
        groups = groups_of(document_parts(folder))
        return [self._task(i, group, inputs, frequent) for i, group in enumerate(groups)]

    def _task(self, i: int, parts: list[DocumentPart], inputs: Mapping[str, str], frequent: list[int]) -> Task:
        files = [part.file(name) for part in parts for name in ("sketches", "signals", "documents")]
        return Task(
            key=f"group-{i:05d}",
            inputs={**inputs, "documents": digest([f.sha256 for f in files])},
            arguments=arguments_of(parts),
            context={"files": files_of(parts), "frequent": frequent},
            size=sum(part.file("sketches").bytes for part in parts),
        )

    def run(self, task: Task, work: Work) -> Result:
        """Write what is taken out of each document of the parts, and what is left."""
        parts = list(parts_of(task))
        outlined = [self._outlined(work.folder, part) for part in parts]
        goes = self._goes(work.folder, parts, outlined)
        facts = {}
        for part, own, gone in zip(parts, outlined, goes, strict=True):
            facts[part.name] = self._trim(work, part, own, gone, task.context["frequent"])
            work.advance(documents=part.rows, bytes=part.file("sketches").bytes)
        return Result(facts={"parts": facts})

    def _trim(
        self, work: Work, part: DocumentPart, outlined: Outlined, goes: npt.NDArray[np.uint8], frequent: list[int]
    ) -> dict[str, Any]:
        sizes = parquet.read_table(work.folder / part.file("signals").path, [STORED_BYTES]).column(0).to_numpy()
        spans, ends, left = taken_out(outlined.units, goes, sizes)
        table = _table(spans, ends, left, rule=self.recurring.rule, sentences=bool(self.recurring.sentences))
        with work.write(f"{CUTS}/{part.name}.parquet") as file, parquet.Writer(file, SCHEMA) as writer:
            writer.write(table)
        return {
            "documents": int((np.diff(ends) > 0).sum()),
            "units": int(goes.sum()),
            "bytes": int(spans[:, 1].sum()),
            "examples": self._examples(work.folder, part, outlined, frequent) if goes.any() else {},
        }

    def _outlined(self, folder: Path, part: DocumentPart) -> Outlined:
        batches: list[Units] = []
        found: list[tuple[Any, Any, Any]] = []
        before = 0
        for units, row, groups in self.recurring.read(folder, part):
            key, of, first = self.recurring.keys(units, groups)
            batches.append(units)
            found.append((key, of + row, first + before))
            before += len(units.hashes)
        keys, rows, firsts = (np.concatenate(columns) for columns in zip(*found, strict=True))
        return Outlined(joined(batches), keys, rows, firsts)

    def _goes(
        self, folder: Path, parts: list[DocumentPart], outlined: list[Outlined]
    ) -> Iterator[npt.NDArray[np.uint8]]:
        """Which units of each part go."""
        keys = np.concatenate([own.keys for own in outlined])
        hits = np.zeros(len(keys), np.bool_)
        texts = None
        if self.recurring.keep_first:
            texts = np.concatenate([texts_of(folder, p)[own.rows] for p, own in zip(parts, outlined, strict=True)])
        order = np.argsort(keys)
        for counted in read_recurring(folder):
            if len(counted.keys):
                low = np.searchsorted(keys, counted.keys[0], "left", order)
                high = np.searchsorted(keys, counted.keys[-1], "right", order)
                mine = order[low:high]
                at = np.searchsorted(counted.keys, keys[mine])
                found = counted.keys[at] == keys[mine]
                hits[mine] = found if texts is None else found & (counted.owners[at] != texts[mine])
        start = 0
        for own in outlined:
            goes = np.zeros(len(own.units.hashes), np.uint8)
            for k in range(self.recurring.span):
                goes[own.first[hits[start : start + len(own.keys)]] + k] = 1
            start += len(own.keys)
            yield goes

    def _examples(self, folder: Path, part: DocumentPart, outlined: Outlined, frequent: list[int]) -> dict[str, Any]:
        """Of each of the most frequent that is in the part: the document with the smallest id that has it, as number
        and row, and the place of it there.
        """
        wanted = np.array(sorted(frequent), np.uint64)
        met = np.flatnonzero(wanted[np.searchsorted(wanted[:-1], outlined.keys)] == outlined.keys)
        if not len(met):
            return {}
        ids = words_of_ids(parquet.read_table(folder / part.file("documents").path, ["id"]).column(0).combine_chunks())
        order = met[np.lexsort((outlined.first[met], ids[outlined.rows[met]], outlined.keys[met]))]
        new = np.r_[True, outlined.keys[order][1:] != outlined.keys[order][:-1]]
        return {f"{int(outlined.keys[k]):016x}": self._example(outlined, ids, int(k)) for k in order[new]}

    def _example(self, outlined: Outlined, ids: Hashes, k: int) -> list[Any]:
        units, first, row = outlined.units, int(outlined.first[k]), int(outlined.rows[k])
        before = slice(int(units.ends[row]), first)
        position = int(units.gaps[before].sum()) + int(units.sizes[before].sum()) + int(units.gaps[first])
        span = slice(first, first + self.recurring.span)
        length = int(units.sizes[span].sum()) + int(units.gaps[span][1:].sum())
        return [f"{int(ids[row]):016x}", row, position, length]


def joined(batches: list[Units]) -> Units:
    """Units of several batches as one."""
    starts = np.cumsum([0, *(len(b.hashes) for b in batches)])
    ends = np.concatenate([np.zeros(1, np.int64), *(b.ends[1:] + s for b, s in zip(batches, starts, strict=False))])
    names = ("hashes", "gaps", "sizes", "words", "chars", "flags")
    return Units(ends, *(np.concatenate([getattr(b, name) for b in batches]) for name in names))


def taken_out(units: Units, goes: npt.NDArray[np.uint8], text_bytes: Numbers) -> tuple[Numbers, Numbers, Numbers]:
    """Spans (position, length) of what goes, where each document's end, and the counts of what is left of it."""
    from ginbon.filters.kernel.units import LEFT_COLUMNS, take_out

    rows = len(units.ends) - 1
    spans, ends = np.empty(2 * int(goes.sum()), np.int64), np.zeros(rows + 1, np.int64)
    left = np.zeros((rows, LEFT_COLUMNS), np.int64)
    most = int(np.diff(units.ends).max()) if rows else 0
    keys = np.empty(1 << max(4, (2 * most).bit_length()), np.uint64)
    n = take_out(
        units.ends,
        units.hashes,
        units.gaps,
        units.sizes,
        units.words,
        units.chars,
        units.flags,
        goes,
        text_bytes,
        keys,
        spans,
        ends,
        left,
    )
    return spans[: 2 * n].reshape(-1, 2), ends, left


def _table(spans: Numbers, ends: Numbers, left: Numbers, *, rule: str, sentences: bool) -> pa.RecordBatch:
    lost = np.diff(ends) > 0
    rules = pa.array(np.full(len(spans), rule, object), pa.string())
    items = [rules, pa.array(spans[:, 0].copy()), pa.array(spans[:, 1].copy())]
    cuts = pa.ListArray.from_arrays(
        pa.array(ends.astype(np.int32)),
        pa.StructArray.from_arrays(items, fields=list(schema.CUT)),
        type=SCHEMA.types[0],
    )
    measured = dict(_left(left, sentences=sentences))
    columns = [
        pa.array(measured[s.name], s.type, mask=~lost) if s.name in measured else pa.nulls(len(lost), s.type)
        for s in LEFT
    ]
    return pa.RecordBatch.from_arrays([cuts, *columns], schema=SCHEMA)


def _left(left: Numbers, *, sentences: bool) -> Iterator[tuple[str, npt.NDArray[Any]]]:
    """Signals of what is left, by name; of lines only where whole lines are taken out."""
    from ginbon.filters.kernel import units as k

    words, number = left[:, k.LEFT_WORDS], left[:, k.LEFT_UNITS]
    yield "bytes", left[:, k.LEFT_BYTES]
    yield "words", words.astype(np.int32)
    if sentences:
        yield "sentences", number.astype(np.int32)
        return
    yield "lines", number.astype(np.int32)
    yield "short_line_share", _share(left[:, k.LEFT_SHORT], number)
    yield "terminal_line_share", _share(left[:, k.LEFT_TERMINAL], number)
    yield "prose_line_share", _share(left[:, k.LEFT_PROSE], number)
    yield "repeated_line_char_share", _share(left[:, k.LEFT_REPEATED_CHARS], left[:, k.LEFT_CHARS])
    yield "newline_ratio", _share(np.maximum(number - 1, 0), words)


def _share(part: Numbers, whole: Numbers) -> npt.NDArray[np.float32]:
    return np.divide(part, whole, out=np.zeros(len(part)), where=whole > 0).astype(np.float32)
