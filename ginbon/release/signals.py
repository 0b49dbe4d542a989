"""Signals of a run as columns of its shards: which there are, and those of a piece of a part.

Every shard of a release has the same columns: signals of all languages, null where a language has them not (a
classifier is of one language), so that shards load together. Groups stand in the order of their names, signals of a
group as they were measured; sketches are no signals.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from ginbon.corpus import parquet, schema
from ginbon.engine.files import Written
from ginbon.engine.parts import Part


def signal_files(parts: Sequence[Part]) -> dict[tuple[str, str], list[Written]]:
    """The signal files of each documents part (language, key of the part), in the order of their groups."""
    found: dict[tuple[str, str], list[Written]] = {}
    for part in parts:
        for file in sorted(part.files, key=lambda f: f.path):
            if file.path.startswith("signals/"):
                found.setdefault((file.path.split("/")[2], part.key), []).append(file)
    return found


def signal_schema(folder: Path, files: Mapping[tuple[str, str], Sequence[Written]]) -> pa.Schema:
    """The signal columns of a run: those of the first part of each language, for all its parts have the same."""
    first: dict[str, Sequence[Written]] = {}
    for (language, _), of_part in sorted(files.items()):
        first.setdefault(language, of_part)
    groups: dict[str, dict[str, pa.DataType]] = {}
    for of_part in first.values():
        for file in of_part:
            columns = groups.setdefault(file.path.split("/")[1], {})
            for field in pq.read_schema(folder / file.path):
                columns.setdefault(field.name, schema.LABEL if pa.types.is_dictionary(field.type) else field.type)
    return pa.schema([column for group in sorted(groups) for column in groups[group].items()])


def read_signals(folder: Path, paths: Sequence[str], start: int, stop: int) -> pa.Table:
    """Rows ``start`` to ``stop`` of the signals of a documents part."""
    columns: dict[str, pa.ChunkedArray] = {}
    for path in paths:
        table = pa.Table.from_batches(parquet.read_rows(folder / path, start, stop))
        columns.update(zip(table.column_names, table.columns, strict=True))
    return pa.table(columns)
