"""Pass 3: documents meet their fates; what partners get goes to ``shards/``, what was left out to ``excluded/``.

A task is a shard of the plan, or all shards of a language that has little text: their documents are then read once. The
rows are the same whatever the cut of the input into extents.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from itertools import groupby
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ginbon.corpus import parquet, schema
from ginbon.engine.files import Written
from ginbon.engine.ledger import Entry, Flow
from ginbon.engine.parts import digest, read_parts
from ginbon.engine.stage import Result, Task, Work
from ginbon.filters.shards import EXCLUDED, FATES, SEVERAL, Shard, planned_shards
from ginbon.release.cuts import TAKEN, cut_files, read_cuts, take_out, with_cuts
from ginbon.release.records import HASH_BYTES, Hashes, merkle_root, record_hashes
from ginbon.release.signals import read_signals, signal_files, signal_schema

ROW_GROUP_BYTES: Final = 32 * 2**20
"""Text bytes of a row group in a shard: large enough to compress well, small enough for a reader's memory."""

HASHED_BYTES: Final = 4 * 2**20
"""Text that is hashed at once."""

TOGETHER_BYTES: Final = ROW_GROUP_BYTES
"""Text of a language up to which one task writes all its shards: no more waits in memory than for one of them."""

REVISION: Final = 3


@dataclass(frozen=True)
class Write:
    """The stage ``write``. With ``signals`` every document's signals are columns of the shards too, with ``overlaps``
    also what ``decontaminate`` measured; with ``cuts`` recurring lines are taken out of the documents.
    """

    signals: bool = False
    overlaps: bool = False
    cuts: bool = False
    name: str = "write"
    outputs: tuple[str, ...] = ("shards", "excluded/decide")

    def fingerprint(self) -> dict[str, Any]:
        """The form of the shards."""
        form = {"revision": REVISION, "pyarrow": pa.__version__, "schema": digest(str(schema.RELEASED))}
        return {**form, **{name: True for name in ("signals", "cuts") if getattr(self, name)}}

    def tasks(self, folder: Path) -> list[Task]:
        """One task a planned shard; it depends on the documents and fates (and signals, where they are wanted) of the
        parts that it takes rows from.
        """
        collected = {p.key: p for p in read_parts(folder, "collect")}
        hashes = {f.path: f.sha256 for p in read_parts(folder, "select") for f in p.files}
        hashes |= {f.path: f.sha256 for p in collected.values() for f in p.files if f.path.startswith("documents/")}
        order = {key: number for number, key in enumerate(collected)}
        groups = list(_together(planned_shards(folder)))
        tasks = [_task(group, order, hashes) for group in groups]
        if self.cuts:
            taken = cut_files(folder)
            tasks = [with_cuts(task, group[0].language, taken) for task, group in zip(tasks, groups, strict=True)]
        if not self.signals:
            return tasks
        files = [signal_files(list(collected.values()))]
        if self.overlaps:
            files.append(signal_files(read_parts(folder, "decontaminate"), folder="overlaps"))
        fields = (field for some in files for field in signal_schema(folder, some))
        columns = pa.schema(sorted(fields, key=lambda field: field.name.partition("/")[0]))
        return [_with_signals(task, group, files, columns) for task, group in zip(tasks, groups, strict=True)]

    def run(self, task: Task, work: Work) -> Result:
        """Write the task's shards; its facts say what each holds."""
        signals = task.context.get("signals", {})
        released = _released(task.context.get("columns", {}))
        shards = [Shard.from_json(value) for value in task.arguments["shards"]]
        with ExitStack() as stack:
            files = [stack.enter_context(_File.open(work, shard, released)) for shard in shards]
            ranges, cuts = task.arguments["ranges"], task.context.get("cuts", {})
            for key, start, batch in _rows(work.folder, shards[0].language, ranges, signals, cuts):
                rows = [file.add(key, start, batch) for file in files]
                work.advance(documents=sum(r for r, _ in rows), bytes=sum(size for _, size in rows))
        entries = [entry for file in files for entry in file.facts.entries(file.shard)]
        return Result(tuple(entries), {SEVERAL: {file.shard.path: file.to_json() for file in files}})


class _File:
    """The file of a shard, open, and what it holds."""

    def __init__(self, shard: Shard, writer: parquet.Writer) -> None:
        self.shard = shard
        self.facts = _Facts()
        self._writer = writer
        self._leaves = _Leaves()
        self._ranges: dict[str, list[tuple[int, int]]] = {}
        for key, start, stop in shard.ranges:
            self._ranges.setdefault(key, []).append((start, stop))

    @classmethod
    @contextmanager
    def open(cls, work: Work, shard: Shard, released: pa.Schema) -> Iterator[_File]:
        """The file, whole when the block ends well."""
        table = schema.EXCLUDED if shard.kind == EXCLUDED else released
        with (
            work.write(shard.path) as file,
            parquet.Writer(file, table, weigh="text", bytes=ROW_GROUP_BYTES, packing=parquet.DENSE) as writer,
        ):
            yield cls(shard, writer)

    def add(self, key: str, first: int, batch: pa.RecordBatch) -> tuple[int, int]:
        """Write what is the shard's of rows ``first`` on of a part; gives how many documents and bytes that is."""
        documents = size = 0
        for start, stop in self._ranges.get(key, ()):
            low, high = max(start - first, 0), min(stop - first, batch.num_rows)
            if low < high:
                rows = self._own(batch.slice(low, high - low))
                flow = self.facts.add(key.rpartition("-")[0], rows)
                documents, size = documents + flow.documents, size + flow.bytes
                self._writer.write(rows)
                if self.shard.kind != EXCLUDED:
                    self._leaves.add(rows, flow.bytes)
        return documents, size

    def _own(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        """The rows of the shard's kind, in its schema."""
        split = batch.column("split").dictionary_decode()
        excluded = self.shard.kind == EXCLUDED
        rows = batch.filter(pc.fill_null(pc.is_null(split) if excluded else pc.equal(split, self.shard.kind), False))
        return parquet.conform(_excluded(rows) if excluded else take_out(rows), self._writer.schema)

    def to_json(self) -> dict[str, Any]:
        """What the shard holds, for later stages."""
        found = {"language": self.shard.language, "words": self.shard.words, **self.facts.to_json()}
        if self.shard.kind == EXCLUDED:
            return {"kind": EXCLUDED, "split": None, **found}
        return {"kind": "shard", "split": self.shard.kind, **found, "root": self._leaves.root().hex()}


class _Leaves:
    """The record hashes of a shard, taken of many rows at a time: a hundred rows take as long as a thousand."""

    def __init__(self) -> None:
        self._hashes: list[Hashes] = []
        self._waiting: list[pa.RecordBatch] = []
        self._bytes = 0

    def add(self, rows: pa.RecordBatch, size: int) -> None:
        """The next rows of the shard, with so many bytes of text."""
        self._waiting.append(rows)
        self._bytes += size
        if self._bytes >= HASHED_BYTES:
            self._take()

    def _take(self) -> None:
        if self._waiting:
            table = pa.Table.from_batches(self._waiting).unify_dictionaries().combine_chunks()
            self._hashes += [record_hashes(batch) for batch in table.to_batches()]
        self._waiting, self._bytes = [], 0

    def root(self) -> bytes:
        """The root of the tree over all rows."""
        self._take()
        return merkle_root(np.concatenate([np.zeros((0, HASH_BYTES), np.uint8), *self._hashes]))


class _Facts:
    """What a shard holds: rows, text bytes, documents by source and by licence."""

    def __init__(self) -> None:
        self.flows: dict[str, Flow] = {}
        self.licences: Counter[str] = Counter()

    def add(self, source: str, rows: pa.RecordBatch) -> Flow:
        flow = Flow(rows.num_rows, _text_bytes(rows))
        self.flows[source] = self.flows.get(source, Flow()) + flow
        if "licence" in rows.schema.names:
            plain = rows.column("licence").dictionary_decode()
            for count in pc.value_counts(pc.fill_null(plain, "unknown")).to_pylist():
                self.licences[count["values"]] += count["counts"]
        return flow

    def to_json(self) -> dict[str, Any]:
        total = sum(self.flows.values(), Flow())
        return {
            "rows": total.documents,
            "bytes": total.bytes,
            "sources": {s: f.documents for s, f in sorted(self.flows.items())},
            "licences": dict(sorted(self.licences.items())),
        }

    def entries(self, shard: Shard) -> Iterator[Entry]:
        """A shard's documents came and left; what is excluded is counted where it was decided."""
        if shard.kind != EXCLUDED:
            for source, flow in sorted(self.flows.items()):
                yield Entry(source, shard.language, flow, flow)


def _together(shards: Iterable[Shard]) -> Iterator[list[Shard]]:
    """What one task writes: the shards of a language, where that is no more text than a row group; else each alone."""
    for _, found in groupby(sorted(shards, key=lambda shard: shard.language), lambda shard: shard.language):
        group = list(found)
        if sum(shard.bytes for shard in group) <= TOGETHER_BYTES:
            yield group
        else:
            yield from ([shard] for shard in group)


def _task(group: list[Shard], order: Mapping[str, int], hashes: Mapping[str, str]) -> Task:
    language = group[0].language
    ranges = _hull(group, order)
    paths = sorted({path for key, *_ in ranges for path in _paths(language, key)})
    return Task(
        key=group[0].key if len(group) == 1 else language,
        inputs={"documents and fates": digest([hashes[p] for p in paths])},
        arguments={"shards": [shard.to_json() for shard in group], "ranges": ranges},
        size=sum(shard.bytes for shard in group),
    )


def _hull(group: list[Shard], order: Mapping[str, int]) -> list[list[Any]]:
    """``[part, first row, last row + 1]`` of all that some shards are made of, parts in the order of their plan."""
    found: dict[str, tuple[int, int]] = {}
    for key, start, stop in (range_ for shard in group for range_ in shard.ranges):
        low, high = found.get(key, (start, stop))
        found[key] = min(low, start), max(high, stop)
    return [[key, *found[key]] for key in sorted(found, key=order.__getitem__)]


def _with_signals(
    task: Task, group: list[Shard], files: Sequence[Mapping[tuple[str, str], Written]], columns: pa.Schema
) -> Task:
    """The task of shards with signals: by part the files that they are in, and the columns of all shards."""
    keys = sorted({key for shard in group if shard.kind != EXCLUDED for key, *_ in shard.ranges})
    if not keys:
        return task
    of_part = {key: [some[group[0].language, key] for some in files] for key in keys}
    return replace(
        task,
        inputs={
            **task.inputs,
            "signals": digest([str(columns), *(f.sha256 for found in of_part.values() for f in found)]),
        },
        context={
            **task.context,
            "signals": {key: [f.path for f in found] for key, found in of_part.items()},
            "columns": columns,
        },
    )


def _released(signals: Iterable[pa.Field]) -> pa.Schema:
    return pa.schema([*schema.RELEASED, *signals])


def _paths(language: str, key: str) -> tuple[str, str]:
    return f"documents/{language}/{key}.parquet", f"{FATES}/{language}/{key}.parquet"


def _rows(
    folder: Path,
    language: str,
    ranges: list[list[Any]],
    signals: Mapping[str, Sequence[str]],
    cuts: Mapping[str, str],
) -> Iterator[tuple[str, int, pa.RecordBatch]]:
    """Documents with their fates and signals, a row group at a time, with the key of their part and the first row."""
    for key, start, stop in ranges:
        documents, fates = (folder / p for p in _paths(language, key))
        decided = parquet.read_table(fates).slice(start, stop - start)
        for path in signals.get(key, ()):
            for column in (measured := read_signals(folder / path, start, stop)).column_names:
                decided = decided.append_column(column, measured.column(column))
        if taken := cuts.get(key):
            decided = decided.append_column(TAKEN, read_cuts(folder / taken, start, stop))
        done = 0
        for batch in parquet.read_rows(documents, start, stop):
            fate = decided.slice(done, batch.num_rows).combine_chunks().to_batches()[0]
            yield key, start + done, _join(batch, fate)
            done += batch.num_rows


def _join(documents: pa.RecordBatch, fates: pa.RecordBatch) -> pa.RecordBatch:
    names = [n for n in fates.schema.names if n not in documents.schema.names]
    arrays = [*documents.columns, *(fates.column(n) for n in names)]
    return pa.RecordBatch.from_arrays(arrays, names=[*documents.schema.names, *names])


def _excluded(batch: pa.RecordBatch) -> pa.RecordBatch:
    """Documents that were left out, in the form of ``excluded/``."""
    duplicate = pc.equal(batch.column("fate").dictionary_decode(), "duplicate")
    stage = pc.if_else(duplicate, "select", "decide")
    language = pc.binary_join_element_wise(
        batch.column("language").dictionary_decode(), batch.column("script").dictionary_decode(), "_"
    )
    index = batch.schema.get_field_index("language")
    batch = batch.set_column(index, "language", language).append_column("stage", stage)
    whole = pc.binary_length(batch.column("text")).cast(pa.int64())  # nothing is taken out of what is left out
    return batch.set_column(batch.schema.get_field_index("text_bytes"), "text_bytes", whole)


def _text_bytes(rows: pa.RecordBatch) -> int:
    size: int = pc.sum(pc.binary_length(rows.column("text"))).as_py() or 0
    return size
