"""What verify and seal ask of a shard's columns: are they those of a release, and which values do the labels have."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pyarrow as pa

from ginbon.corpus.schema import RELEASED
from ginbon.release.manifest import UNKNOWN


def schema_differences(schema: pa.Schema, signals: Sequence[str] = ()) -> list[str]:
    """How a shard's columns differ from RELEASED and the ``signals`` behind it, as sentences; how they are stored makes
    no difference.

    ``string``, ``large_string`` and dictionaries of them are one kind, and so are timestamps of any unit. A signal is a
    number, a truth value or a text.
    """
    expected = [*RELEASED.names, *signals]
    if schema.names != expected:
        missing = [n for n in expected if n not in schema.names]
        extra = [n for n in schema.names if n not in expected]
        if not missing and not extra:
            return [f"the columns stand in another order: {', '.join(schema.names)}"]
        return [f"column {n} is missing" for n in missing] + [f"column {n} is none of a release" for n in extra]
    found = [
        f"column {field.name} is {kind(schema.field(field.name).type)}, expected {kind(field.type)}"
        for field in RELEASED
        if kind(schema.field(field.name).type) != kind(field.type)
    ]
    kinds = {name: schema.field(name).type for name in signals}
    return found + [
        f"signal {name} is {kind(of)}, expected a number, a truth value or a text"
        for name, of in kinds.items()
        if not is_value(of)
    ]


def signals_of(schema: pa.Schema) -> tuple[str, ...]:
    """The names of a shard's signal columns: ``group/name``."""
    return tuple(name for name in schema.names if "/" in name)


def is_value(of: pa.DataType) -> bool:
    """Whether a type holds what a signal can be."""
    return kind(of) == "string" or pa.types.is_integer(of) or pa.types.is_floating(of) or pa.types.is_boolean(of)


def kind(of: pa.DataType) -> str:
    """What a type holds, whatever its layout."""
    if pa.types.is_dictionary(of):
        return kind(of.value_type)
    if pa.types.is_string(of) or pa.types.is_large_string(of):
        return "string"
    if pa.types.is_timestamp(of):
        return f"timestamp in {of.tz or 'no time zone'}"
    if pa.types.is_list(of) or pa.types.is_large_list(of):
        return f"list of {kind(of.value_type)}"
    if pa.types.is_struct(of):
        return "struct of " + ", ".join(f"{field.name} {kind(field.type)}" for field in of)
    return str(of)


def labels(batch: pa.RecordBatch) -> set[tuple[str, str]]:
    """The distinct (language, split) of the documents, language written ``por_Latn``."""
    names = ["language", "script", "split"]
    columns = [batch.column(name) for name in names]
    plain = [c.dictionary_decode() if pa.types.is_dictionary(c.type) else c for c in columns]
    rows = pa.table(plain, names=names).group_by(names).aggregate([]).to_pylist()
    return {(f"{row['language']}_{row['script']}", str(row["split"])) for row in rows}


def tally(column: Any) -> dict[str, int]:
    """Value -> rows, of a column of few values; null counts as ``unknown``."""
    counts = column.value_counts().to_pylist()
    return {UNKNOWN if c["values"] is None else c["values"]: c["counts"] for c in counts}
