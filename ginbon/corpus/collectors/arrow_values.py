"""Values of Arrow columns: sound, valid, joined; what the mapping of columns does to one column at a time."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from ginbon.corpus import schema

_BLANK_LINE: Final = "\n\n"


def without_views(batch: pa.RecordBatch) -> pa.RecordBatch:
    """The batch with plain strings for string views, which few of pyarrow's functions take."""
    if not any(pa.types.is_string_view(f.type) for f in batch.schema):
        return batch
    columns = [c.cast(pa.string()) if pa.types.is_string_view(c.type) else c for c in batch.columns]
    return pa.RecordBatch.from_arrays(columns, names=batch.schema.names)


def check_structure(column: Any) -> None:
    """Offsets, lengths and dictionary indices must be sound before a value is touched; raises ``pa.ArrowInvalid``.

    Whether bytes are UTF-8 is another question, asked row by row.
    """
    kind = column.type
    if pa.types.is_dictionary(kind):
        column.validate()
        column.indices.validate(full=True)
        most, least = pc.max(column.indices).as_py(), pc.min(column.indices).as_py()
        if most is not None and (most >= len(column.dictionary) or least < 0):
            raise pa.ArrowInvalid(f"index {most} of a dictionary of {len(column.dictionary)}")
        check_structure(column.dictionary)
        return
    binary = _as_binary(kind)
    (column if binary == kind else column.view(binary)).validate(full=True)


def _as_binary(kind: Any) -> Any:
    """The type with bytes for strings, down to the leaves of lists and structs."""
    if pa.types.is_string(kind):
        return pa.binary()
    if pa.types.is_large_string(kind):
        return pa.large_binary()
    if pa.types.is_string_view(kind):
        return pa.binary_view()
    if pa.types.is_list(kind):
        return pa.list_(_as_binary(kind.value_type))
    if pa.types.is_large_list(kind):
        return pa.large_list(_as_binary(kind.value_type))
    if pa.types.is_struct(kind):
        return pa.struct([pa.field(f.name, _as_binary(f.type)) for f in kind])
    return kind


def is_string(kind: Any) -> bool:
    if pa.types.is_dictionary(kind):
        kind = kind.value_type
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind))


def is_strings(kind: Any) -> bool:
    lists = (pa.types.is_list, pa.types.is_large_list, pa.types.is_fixed_size_list)
    return any(is_one(kind) for is_one in lists) and is_string(kind.value_type)


def plain(column: Any) -> Any:
    """A string column as plain strings (views and dictionaries are resolved); nulls of no type as null strings."""
    if pa.types.is_null(column.type):
        return pa.nulls(len(column), pa.string())
    if pa.types.is_dictionary(column.type):
        column = column.dictionary_decode()
    return column.cast(pa.string()) if pa.types.is_string_view(column.type) else column


def valid(column: Any, bad: dict[int, str]) -> Any:
    """A plain string column with nulls where the bytes are no UTF-8; ``bad`` is filled with rows and what is wrong."""
    try:
        column.validate(full=True)
    except pa.ArrowInvalid:
        binary = column.view(pa.large_binary() if pa.types.is_large_string(column.type) else pa.binary())
        binary.validate(full=True)  # offsets that are wrong are damage, not text: raised
        values = binary.to_pylist()
        for row, value in enumerate(values):
            try:
                if value is not None:
                    value.decode()
            except UnicodeDecodeError as error:
                bad[row] = f"byte {error.start:,} of the value does not fit UTF-8 ({error.reason})"
                values[row] = None
        return pa.array([None if v is None else v.decode() for v in values], column.type)
    return column


def valid_text(column: Any) -> tuple[Any, dict[int, str]]:
    """A text column, string or list of strings, without the rows that are not UTF-8, and what is wrong with those."""
    bad: dict[int, str] = {}
    if not is_strings(column.type):
        return valid(plain(column), bad), bad
    column = column.cast(pa.large_list(pa.large_string())) if not pa.types.is_large_list(column.type) else column
    inner: dict[int, str] = {}
    values = valid(plain(column.flatten()), inner)
    parents = pc.list_parent_indices(column).to_numpy()
    for place, why in inner.items():
        bad[int(parents[place])] = f"paragraph {place - int(np.searchsorted(parents, parents[place])):,}: {why}"
    return _regrouped(values, parents, column), bad


def _regrouped(values: Any, parents: npt.NDArray[np.int64], column: Any) -> Any:
    """The lists again, without null and empty strings; a null list stays null."""
    some = pc.fill_null(pc.greater(pc.binary_length(values), 0), False).to_numpy(zero_copy_only=False)
    counts = np.bincount(parents[some], minlength=len(column))
    offsets = np.concatenate(([0], np.cumsum(counts)))
    kept = values.filter(pa.array(some)).cast(pa.large_string())
    lists = pa.LargeListArray.from_arrays(pa.array(offsets, pa.int64()), kept)
    return pc.if_else(pc.is_valid(column), lists, pa.scalar(None, lists.type))


def join_texts(parts: Sequence[Any]) -> Any:
    """Columns of text as one, row by row: what is not empty, joined by a blank line; null where every part is null.

    (``binary_join_element_wise`` with ``null_handling="skip"`` leaves out rows whose parts are all null: pyarrow
    26.0.1.)
    """
    joined = pc.fill_null(parts[0].cast(pa.large_string()), "")
    for part in parts[1:]:
        filled = pc.fill_null(part.cast(pa.large_string()), "")
        both = pc.and_(pc.greater(pc.binary_length(joined), 0), pc.greater(pc.binary_length(filled), 0))
        between = pc.if_else(both, pa.scalar(_BLANK_LINE, pa.large_string()), pa.scalar("", pa.large_string()))
        joined = pc.binary_join_element_wise(joined, between, filled, pa.scalar("", pa.large_string()))
    given = pc.is_valid(pc.coalesce(*parts))
    return pc.if_else(given, joined, pa.scalar(None, pa.large_string()))


def joined(column: Any) -> Any:
    """Text as large strings; lists of paragraphs are joined by a blank line."""
    if pa.types.is_large_list(column.type):
        return pc.binary_join(column, pa.scalar(_BLANK_LINE, pa.large_string())).cast(pa.large_string())
    return column.cast(pa.large_string())


def padded(column: Any) -> Any:
    """Lists as lists of one: the first value, or null where there is none."""
    filled = pc.greater(pc.fill_null(pc.list_value_length(column), 0), 0)
    return pc.if_else(filled, column, pa.scalar([None], column.type))


def label(value: str | None, count: int) -> Any:
    if value is None:
        return pa.nulls(count, schema.LABEL)
    indices = pa.array(np.zeros(count, np.int32))
    return pa.DictionaryArray.from_arrays(indices, pa.array([value], pa.string()))


def constant(value: Any, count: int) -> Any:
    return pa.repeat(value, count) if value.is_valid else pa.nulls(count, value.type)


def sha256_of_each(text: Any) -> list[bytes]:
    """SHA-256 of each text's bytes, straight from the Arrow buffer; the column has no nulls."""
    if not len(text):
        return []
    _, offsets, data = text.buffers()
    places = np.frombuffer(offsets, np.int64)[text.offset : text.offset + len(text) + 1]
    view = memoryview(data) if data is not None else memoryview(b"")
    return [hashlib.sha256(view[a:b]).digest() for a, b in zip(places[:-1].tolist(), places[1:].tolist(), strict=True)]


def bytes_of(text: Any, row: int) -> bytes:
    value = text[row]
    return bytes(value.as_buffer()) if value.is_valid else b""


def raw_value(column: Any, row: int) -> bytes:
    """What a row holds in a text column, without any check."""
    value = column.slice(row, 1)
    if is_strings(value.type):
        value = value.flatten()
    strings = plain(value)
    binary = strings.view(pa.large_binary() if pa.types.is_large_string(strings.type) else pa.binary())
    return b"\n\n".join(v for v in binary.to_pylist() if v is not None)
