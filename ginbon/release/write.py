"""Pass 3: documents meet their fates; what partners get goes to ``shards/``, what was left out to ``excluded/``.

A task is a shard of the plan: the same rows whatever the cut of the input into extents.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ginbon.corpus import parquet, schema
from ginbon.engine.files import Written
from ginbon.engine.ledger import Entry, Flow
from ginbon.engine.parts import digest, read_part, read_parts
from ginbon.engine.stage import Result, Task, Work
from ginbon.filters.select import FATES, planned_shards
from ginbon.filters.shards import Shard
from ginbon.release.records import merkle_root, record_hashes
from ginbon.release.signals import read_signals, signal_files, signal_schema

ROW_GROUP_BYTES: Final = 32 * 2**20
"""Text bytes of a row group in a shard: large enough to compress well, small enough for a reader's memory."""

REVISION: Final = 2


@dataclass(frozen=True)
class Write:
    """The stage ``write``. With ``signals`` every document's signals are columns of the shards too, with ``overlaps``
    also what ``decontaminate`` measured.
    """

    signals: bool = False
    overlaps: bool = False
    name: str = "write"
    outputs: tuple[str, ...] = ("shards", "excluded/decide")

    def fingerprint(self) -> dict[str, Any]:
        """The form of the shards."""
        form = {"revision": REVISION, "pyarrow": pa.__version__, "schema": digest(str(schema.RELEASED))}
        return {**form, "signals": True} if self.signals else form

    def tasks(self, folder: Path) -> list[Task]:
        """One task a planned shard; it depends on the documents and fates (and signals, where they are wanted) of the
        parts that it takes rows from.
        """
        collected = {p.key: p for p in read_parts(folder, "collect")}
        fates = read_part(folder, "select", "fates")
        hashes = {f.path: f.sha256 for f in fates.files} if fates else {}
        hashes |= {f.path: f.sha256 for p in collected.values() for f in p.files if f.path.startswith("documents/")}
        shards = planned_shards(folder)
        if not self.signals:
            return [_task(shard, hashes) for shard in shards]
        files = [signal_files(list(collected.values()))]
        if self.overlaps:
            files.append(signal_files(read_parts(folder, "decontaminate"), folder="overlaps"))
        fields = (field for some in files for field in signal_schema(folder, some))
        columns = pa.schema(sorted(fields, key=lambda field: field.name.partition("/")[0]))
        return [_task(s, hashes) if s.kind == "excluded" else _with_signals(s, hashes, files, columns) for s in shards]

    def run(self, task: Task, work: Work) -> Result:
        """Write one shard; its facts say what it holds."""
        shard = Shard.from_json(task.arguments)
        excluded = shard.kind == "excluded"
        signals = task.context.get("signals", {})
        table = schema.EXCLUDED if excluded else _released(task.context.get("columns", {}))
        facts, leaves = _Facts(), []
        with (
            work.write(shard.path) as file,
            parquet.Writer(file, table, weigh="text", bytes=ROW_GROUP_BYTES, level=parquet.DENSE) as writer,
        ):
            for key, batch in _rows(work.folder, shard, signals):
                rows = parquet.conform(_excluded(batch) if excluded else batch, table)
                writer.write(rows)
                facts.add(key.rpartition("-")[0], rows)
                if not excluded:
                    leaves.append(record_hashes(rows))
                work.advance(documents=rows.num_rows, bytes=_text_bytes(rows))
        found: dict[str, Any] = {
            "kind": "excluded" if excluded else "shard",
            "language": shard.language,
            "words": shard.words,
        }
        found |= {"split": None if excluded else shard.kind, **facts.to_json()}
        if leaves:
            found["root"] = merkle_root(np.concatenate(leaves)).hex()
        return Result(tuple(facts.entries(shard)), found)


class _Facts:
    """What a shard holds: rows, text bytes, documents by source and by licence."""

    def __init__(self) -> None:
        self.flows: dict[str, Flow] = {}
        self.licences: Counter[str] = Counter()

    def add(self, source: str, rows: pa.RecordBatch) -> None:
        flow = Flow(rows.num_rows, _text_bytes(rows))
        self.flows[source] = self.flows.get(source, Flow()) + flow
        if "licence" in rows.schema.names:
            plain = rows.column("licence").dictionary_decode()
            for count in pc.value_counts(pc.fill_null(plain, "unknown")).to_pylist():
                self.licences[count["values"]] += count["counts"]

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
        if shard.kind != "excluded":
            for source, flow in sorted(self.flows.items()):
                yield Entry(source, shard.language, flow, flow)


def _task(shard: Shard, hashes: Mapping[str, str]) -> Task:
    paths = sorted({p for key, *_ in shard.ranges for p in _paths(shard.language, key)})
    return Task(
        key=shard.key,
        inputs={"documents and fates": digest([hashes[p] for p in paths])},
        arguments=shard.to_json(),
        size=shard.bytes,
    )


def _with_signals(
    shard: Shard, hashes: Mapping[str, str], files: Sequence[Mapping[tuple[str, str], Written]], columns: pa.Schema
) -> Task:
    """The task of a shard with signals: by part the files that they are in, and the columns of all shards."""
    task = _task(shard, hashes)
    keys = sorted({key for key, *_ in shard.ranges})
    of_part = {key: [some[shard.language, key] for some in files] for key in keys}
    return replace(
        task,
        inputs={
            **task.inputs,
            "signals": digest([str(columns), *(f.sha256 for found in of_part.values() for f in found)]),
        },
        context={"signals": {key: [f.path for f in found] for key, found in of_part.items()}, "columns": columns},
    )


def _released(signals: Iterable[pa.Field]) -> pa.Schema:
    return pa.schema([*schema.RELEASED, *signals])


def _paths(language: str, key: str) -> tuple[str, str]:
    return f"documents/{language}/{key}.parquet", f"{FATES}/{language}/{key}.parquet"


def _rows(folder: Path, shard: Shard, signals: Mapping[str, Sequence[str]]) -> Iterator[tuple[str, pa.RecordBatch]]:
    """The shard's documents with their fates and signals, a row group at a time, with the key of their part."""
    for key, start, stop in shard.ranges:
        documents, fates = (folder / p for p in _paths(shard.language, key))
        decided = parquet.read_table(fates).slice(start, stop - start)
        for path in signals.get(key, ()):
            for column in (measured := read_signals(folder / path, start, stop)).column_names:
                decided = decided.append_column(column, measured.column(column))
        done = 0
        for batch in parquet.read_rows(documents, start, stop):
            fate = decided.slice(done, batch.num_rows).combine_chunks().to_batches()[0]
            done += batch.num_rows
            joined = _join(batch, fate)
            split = fate.column("split").dictionary_decode()
            wanted = pc.is_null(split) if shard.kind == "excluded" else pc.equal(split, shard.kind)
            yield key, joined.filter(pc.fill_null(wanted, False))


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
    return batch.set_column(index, "language", language).append_column("stage", stage)


def _text_bytes(rows: pa.RecordBatch) -> int:
    size: int = pc.sum(pc.binary_length(rows.column("text"))).as_py() or 0
    return size
