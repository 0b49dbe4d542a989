"""Taking out of documents what pass 2 decided: recurring lines and spans."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ginbon.corpus import parquet, schema, texts
from ginbon.engine.parts import digest, read_parts
from ginbon.engine.stage import Task
from ginbon.filters.decide import CUTS

TAKEN: Final = "taken"
"""Column of what is taken out of each document, while it is written."""


def cut_files(folder: Path) -> dict[str, str]:
    """Hashes of the files of ``trim`` by path."""
    return {f.path: f.sha256 for p in read_parts(folder, "trim") for f in p.files}


def with_cuts(task: Task, language: str, files: Mapping[str, str]) -> Task:
    """The task of shards, depending also on what is taken out of the parts that it takes rows from."""
    paths = {key: f"{CUTS}/{language}/{key}.parquet" for key, *_ in task.arguments["ranges"]}
    inputs = {**task.inputs, "cuts": digest([files[path] for path in paths.values()])}
    return replace(task, inputs=inputs, context={**task.context, "cuts": paths})


def read_cuts(path: Path, start: int, stop: int) -> pa.ChunkedArray:
    """What is taken out of some documents of a part: a list of spans each."""
    return parquet.read_table(path, ["cuts"]).column("cuts").slice(start, stop - start)


def take_out(documents: pa.RecordBatch) -> pa.RecordBatch:
    """The documents without the spans of the column ``TAKEN``, which are added to those taken out of them before."""
    from ginbon.filters.kernel.units import remove

    if TAKEN not in documents.schema.names:
        return documents
    cuts = documents.column(TAKEN)
    if not len(cuts.flatten()):
        return documents
    held = texts.view(documents.column("text"))
    ends = np.zeros(len(cuts) + 1, np.int64)
    np.cumsum(pc.fill_null(pc.list_value_length(cuts), 0).to_numpy(), out=ends[1:])
    spans = cuts.flatten()
    positions, lengths = (pc.struct_field(spans, name).to_numpy() for name in ("position", "length"))
    offsets = np.zeros(len(held) + 1, np.int64)
    out = np.empty(int(held.offsets[-1] - held.offsets[0]), np.uint8)
    size = remove(held.data, held.offsets, ends, positions, lengths, out, offsets)
    columns: Mapping[str, Any] = {
        "text": texts.array(out[:size], offsets, held.valid),
        "cuts": _joined(documents.column("cuts"), cuts),
    }
    for name, column in columns.items():
        documents = documents.set_column(documents.schema.get_field_index(name), name, column)
    return documents


def _joined(before: pa.Array, added: pa.Array) -> pa.Array:
    """The lists of both, one behind the other; null where both are null or there is none to add."""
    kind = schema.DOCUMENT.field("cuts").type
    before, added = before.cast(kind), added.cast(kind)
    counts = [pc.fill_null(pc.list_value_length(lists), 0).to_numpy().astype(np.int64) for lists in (before, added)]
    total = counts[0] + counts[1]
    ends = np.concatenate([[0], np.cumsum(total)])
    starts = [ends[:-1], ends[:-1] + counts[0]]
    order = np.empty(int(ends[-1]), np.int64)
    first = 0
    for start, count in zip(starts, counts, strict=True):
        within = np.arange(int(count.sum())) - np.repeat(np.cumsum(count) - count, count)
        order[np.repeat(start, count) + within] = first + np.arange(len(within))
        first += len(within)
    items = pa.concat_arrays([before.flatten(), added.flatten()]).take(pa.array(order))
    mask = pa.array(before.is_null().to_numpy(zero_copy_only=False) & (counts[1] == 0))
    return pa.ListArray.from_arrays(pa.array(ends.astype(np.int32)), items, type=kind, mask=mask)
