"""Parquet as we write and read it: the same rows give the same bytes, every page carries a checksum.

Bytes of a Parquet file depend on row groups, chunk ends, dictionaries and write options. Here row groups are cut by a
rule over the rows alone (not by the batches they came in), columns are contiguous, dictionaries are rebuilt in order
of appearance, and every option is fixed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

ROW_GROUP_ROWS: Final = 8_192
ROW_GROUP_BYTES: Final = 8 * 2**20
"""A row group closes before it would pass this many bytes of text; a larger document has one of its own."""


@dataclass(frozen=True)
class Packing:
    """How columns are compressed."""

    compression: str
    compression_level: int | None = None


NUMBERS: Final = Packing("lz4")
QUICK: Final = Packing("zstd", 1)
DENSE: Final = Packing("zstd", 3)
"""Of what a run keeps for itself: numbers (against zstd a quarter larger, written and read in half the time), texts
(zstd makes a third less of them); of texts that are handed over (13 % smaller than the quick ones, a quarter slower).
"""

_OPTIONS: Final[dict[str, Any]] = {
    "write_page_checksum": True,
    "write_batch_size": 1024,
    "data_page_size": 2**20,
    "version": "2.6",
    "store_schema": True,
}


class Writer:
    """Writes batches of one schema as they come; call ``close`` (or use it as a context manager) at the end."""

    def __init__(
        self,
        file: Any,
        schema: pa.Schema,
        *,
        weigh: str | None = None,
        rows: int = ROW_GROUP_ROWS,
        bytes: int = ROW_GROUP_BYTES,
        packing: Packing = NUMBERS,
    ) -> None:
        self.schema = schema
        self.rows_written = 0
        # to try a dictionary for every column costs a third of the time, and gains nothing over zstd
        dictionaries = [field.name for field in schema if pa.types.is_dictionary(field.type)]
        self._writer = pq.ParquetWriter(
            pa.PythonFile(file, "w"), schema, use_dictionary=dictionaries, **asdict(packing), **_OPTIONS
        )
        self._weigh = weigh
        self._max_rows, self._max_bytes = rows, bytes
        self._pending: list[pa.RecordBatch] = []
        self._rows = self._bytes = 0

    def write(self, batch: pa.RecordBatch) -> None:
        """Add rows; columns are taken by name, in the schema's order."""
        batch = conform(batch, self.schema)
        sizes = _weights(batch, self._weigh)
        start = 0
        while start < batch.num_rows:
            stop = self._room(sizes, start)
            if stop > start:
                self._pending.append(batch.slice(start, stop - start))
                self._rows += stop - start
                self._bytes += int(sizes[start:stop].sum())
            if stop < batch.num_rows:
                self._flush()
            start = stop

    def _room(self, sizes: np.ndarray[Any, Any], start: int) -> int:
        """The row up to which rows from ``start`` on fit the open row group; at least one fits an empty group."""
        within = np.searchsorted(
            np.cumsum(sizes[start : start + self._max_rows]), self._max_bytes - self._bytes, "right"
        )
        stop = start + min(int(within), self._max_rows - self._rows)
        return start + 1 if stop == start and self._rows == 0 else stop

    def _flush(self) -> None:
        if self._rows:
            table = pa.Table.from_batches(self._pending, self.schema).combine_chunks()
            self._pending = []  # the table is a copy; both would be held while it is encoded
            self._writer.write_table(_rebuild_dictionaries(table), row_group_size=self._rows)
            self.rows_written += self._rows
        self._pending, self._rows, self._bytes = [], 0, 0

    def end_group(self) -> None:
        """Close the row group here, so that what comes next is read without what came before."""
        self._flush()

    def close(self) -> None:
        """Write what is pending and the footer."""
        self._flush()
        self._writer.close()

    def __enter__(self) -> Writer:
        return self

    def __exit__(self, kind: object, *_: object) -> None:
        if kind is None:
            self.close()


def _weights(batch: pa.RecordBatch, column: str | None) -> np.ndarray[Any, Any]:
    if column is None:
        return np.zeros(batch.num_rows, np.int64)
    lengths = pc.fill_null(pc.binary_length(batch.column(column)), 0)
    return np.asarray(lengths.to_numpy(zero_copy_only=False), np.int64)


def conform(batch: pa.RecordBatch, schema: pa.Schema) -> pa.RecordBatch:
    """The batch's columns of that schema, in its order; missing ones are null, others are left out."""
    arrays = []
    for field in schema:
        index = batch.schema.get_field_index(field.name)
        if index < 0:
            arrays.append(pa.nulls(batch.num_rows, field.type))
        elif (array := batch.column(index)).type.equals(field.type):
            arrays.append(array)
        elif pa.types.is_dictionary(field.type):
            plain = array.dictionary_decode() if pa.types.is_dictionary(array.type) else array
            arrays.append(plain.cast(field.type.value_type).dictionary_encode().cast(field.type))
        else:
            arrays.append(array.cast(field.type))
    return pa.RecordBatch.from_arrays(arrays, schema=schema)


def _rebuild_dictionaries(table: pa.Table) -> pa.Table:
    """Dictionaries hold what the rows use, in order of appearance: not what the batches happened to bring."""
    for i, field in enumerate(table.schema):
        if pa.types.is_dictionary(field.type):
            plain = table.column(i).combine_chunks().dictionary_decode()
            table = table.set_column(i, field, plain.dictionary_encode().cast(field.type))
    return table


def open_parquet(path: Path) -> pq.ParquetFile:
    """A Parquet file of ours, its page checksums verified as it is read."""
    return pq.ParquetFile(path, page_checksum_verification=True, memory_map=False)


def read_batches(path: Path, columns: Iterable[str] | None = None) -> Iterator[pa.RecordBatch]:
    """The rows of a file, a row group at a time."""
    names = None if columns is None else list(columns)
    with open_parquet(path) as file:
        for group in range(file.num_row_groups):
            yield from _one_batch(file.read_row_group(group, columns=names, use_threads=False))


def read_rows(path: Path, start: int, stop: int, columns: Iterable[str] | None = None) -> Iterator[pa.RecordBatch]:
    """Rows ``start`` to ``stop`` of a file, opening only the row groups that hold them."""
    names = None if columns is None else list(columns)
    with open_parquet(path) as file:
        first = 0
        for group in range(file.num_row_groups):
            rows = file.metadata.row_group(group).num_rows
            low, high = max(start, first), min(stop, first + rows)
            if low < high:
                table = file.read_row_group(group, columns=names, use_threads=False)
                yield from _one_batch(table.slice(low - first, high - low))
            first += rows


def _one_batch(table: pa.Table) -> list[pa.RecordBatch]:
    return table.combine_chunks().to_batches() if table.num_rows else []


def read_table(path: Path, columns: Iterable[str] | None = None) -> pa.Table:
    """All rows of a small file, or of a few columns."""
    with open_parquet(path) as file:
        return file.read(columns=None if columns is None else list(columns), use_threads=False)
