"""Signals of a run as columns of its shards: which there are, and those of a piece of a part.

Every shard of a release has the same columns: signals of all languages, null where a language has them not (a
classifier is of one language), so that shards load together. Groups stand in the order of their names, signals of a
group as they were measured; sketches are no signals, nor are lists (where an overlap with an evaluation set is).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from ginbon.corpus import parquet, schema
from ginbon.engine.files import Written
from ginbon.engine.parts import Part


def signal_files(parts: Sequence[Part], *, folder: str = "signals") -> dict[tuple[str, str], Written]:
    """The signals of each documents part (language, key of the part)."""
    return {
        (file.path.split("/")[1], Path(file.path).stem): file
        for part in parts
        for file in part.files
        if file.path.startswith(f"{folder}/")
    }


def signal_schema(folder: Path, files: Mapping[tuple[str, str], Written]) -> pa.Schema:
    """The signal columns of a run: those of the first part of each language, for all its parts have the same."""
    first: dict[str, Written] = {}
    for (language, _), file in sorted(files.items(), key=lambda item: item[0]):
        first.setdefault(language, file)
    columns: dict[str, pa.DataType] = {}
    for file in first.values():
        for field in _signals(pq.read_schema(folder / file.path)):
            columns.setdefault(field.name, schema.LABEL if pa.types.is_dictionary(field.type) else field.type)
    return pa.schema(sorted(columns.items(), key=lambda column: column[0].partition("/")[0]))


def read_signals(path: Path, start: int, stop: int) -> pa.Table:
    """Rows ``start`` to ``stop`` of the signals of a documents part."""
    names = [field.name for field in _signals(pq.read_schema(path))]
    return pa.Table.from_batches(parquet.read_rows(path, start, stop, names))


def _signals(columns: pa.Schema) -> list[pa.Field]:
    return [field for field in columns if not pa.types.is_list(field.type)]
