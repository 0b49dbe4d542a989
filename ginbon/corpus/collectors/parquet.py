"""Parquet files: by row groups, in batches of a few megabytes, the mapped columns only, with checksums verified.

Bytes: a row group takes the file's bytes from its first page up to the next row group's; the first takes the magic
before it too, the last the footer, so that the row groups together are the file. What a damaged row group gave
before the damage is kept; the row group, the rows that are lost and the share of its bytes that they stand for are
a damage. Pages without a checksum (few writers write them) are counted as unprotected; page headers and the footer
never have one, so what they say is checked against each other and against what was read.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any, Final

import pyarrow as pa
import pyarrow.parquet as pq

from ginbon.corpus.collector import Account, Damage, Harvest, Reading
from ginbon.corpus.collectors.columns import ColumnError, Mapper, Rows, read_columns, top_level
from ginbon.corpus.collectors.presets import column_map
from ginbon.engine.extents import COMPRESSED_EXTENT_BYTES, Piece
from ginbon.errors import SurroundingsError
from ginbon.recipes.model import DatasetsSource, TableSource

UNREADABLE: Final = (pa.ArrowException, OSError, ValueError, MemoryError, OverflowError, IndexError, KeyError)
"""What pyarrow raises for bytes that are not what a table should hold."""

MAX_BATCH_ROWS: Final = 20_000
_JUDGED_BYTES: Final = 16 * 2**20


def parquet_pieces(path: str, name: str, size: int, *, extent_bytes: int = COMPRESSED_EXTENT_BYTES) -> list[Piece]:
    """Ranges of row groups of about ``extent_bytes``; the whole file where it is small or its footer is unreadable."""
    whole = [Piece(path, name, 0, size, size)]
    if size <= extent_bytes:
        return whole
    try:
        with _open(path) as file:
            bounds = _bounds(pq.ParquetFile(file).metadata, size)
    except UNREADABLE:
        return whole
    pieces: list[Piece] = []
    start = 0
    for group in range(1, len(bounds)):
        last = group == len(bounds) - 1
        if last or bounds[group + 1] - bounds[start] > extent_bytes:
            pieces.append(Piece(path, name, start, group, size, unit="row_groups"))
            start = group
    return pieces or whole


def read_parquet(
    source: TableSource | DatasetsSource, piece: Piece, reading: Reading, *, collector: str
) -> Iterator[Harvest]:
    """The documents of a piece, in the order of the file; ``reading.limit`` ends it early."""
    with _open(piece.path) as file:
        size = file.size()
        try:
            parquet = pq.ParquetFile(file, page_checksum_verification=True, pre_buffer=False, buffer_size=2**20)
            found = parquet.schema_arrow
            bounds = _bounds(parquet.metadata, size)
        except UNREADABLE as error:
            yield _refused(source, piece, reading, collector, reason=_why(error, file, size))
            return
        try:
            taken = read_columns(column_map(source), found)
        except ColumnError as error:
            yield _other_columns(source, piece, reading, collector, error, _share(piece, bounds))
            return
        mapper = Mapper(source, reading, collector=collector, taken=taken, name=piece.name)
        yield from _Groups(parquet, file, piece, bounds, mapper, top_level(taken, found)).harvests(reading)


class _Groups:
    """Reads the row groups of a piece, one after the other."""

    def __init__(
        self, parquet: Any, file: Any, piece: Piece, bounds: list[int], mapper: Mapper, columns: list[str]
    ) -> None:
        self.parquet, self.file, self.piece, self.bounds = parquet, file, piece, bounds
        self.mapper, self.columns = mapper, columns
        metadata = parquet.metadata
        counts = [metadata.row_group(i).num_rows for i in range(metadata.num_row_groups)]
        self.first_rows = [sum(counts[:i]) for i in range(len(counts) + 1)]
        self.counts = counts

    def harvests(self, reading: Reading) -> Iterator[Harvest]:
        left = reading.limit
        for group in _groups(self.piece, self.bounds):
            account = Account()
            self._framing(group, account)
            read = 0
            try:
                for batch in self._batches(group, reading):
                    harvest = self._harvest(batch, self.first_rows[group] + read, left)
                    read += batch.num_rows
                    left = None if left is None else left - harvest.account.documents
                    yield harvest
                    if left == 0:
                        break
                if left != 0 and read != self.counts[group]:
                    raise ValueError(f"{read:,} rows came out, the footer says {self.counts[group]:,}")
                self._intact(group, read, account)
            except UNREADABLE as error:
                self._damaged(group, read, account, error)
            yield self.mapper.nothing(account)
            if left == 0:
                return
        if not self.counts:
            account = Account()
            account.raw_bytes = account.intact_bytes = account.decoded_bytes = account.framing_bytes = self.piece.size
            yield self.mapper.nothing(account)

    def _batches(self, group: int, reading: Reading) -> Iterator[pa.RecordBatch]:
        """The row group in batches that aim at ``batch_bytes``; refuses one that claims to unpack beyond all
        measure."""
        chunks = self._chunks(group)
        packed, plain = sum(c.total_compressed_size for c in chunks), sum(c.total_uncompressed_size for c in chunks)
        if plain > _JUDGED_BYTES and plain > reading.max_ratio * max(packed, 1):
            raise ValueError(
                f"{packed:,} bytes claim to be {plain:,}; at most {reading.max_ratio:,} times as much is read"
            )
        rows = self.counts[group]
        fit = reading.batch_bytes * max(rows, 1) // max(plain, 1)
        yield from self.parquet.iter_batches(
            batch_size=min(max(fit, 1), MAX_BATCH_ROWS),
            row_groups=[group],
            columns=self.columns,
            use_threads=False,
        )

    def _chunks(self, group: int) -> list[Any]:
        metadata = self.parquet.metadata.row_group(group)
        chunks = [metadata.column(i) for i in range(metadata.num_columns)]
        return [c for c in chunks if any(f"{c.path_in_schema}.".startswith(f"{n}.") for n in self.columns)]

    def _harvest(self, batch: pa.RecordBatch, first: int, limit: int | None) -> Harvest:
        for column in batch.columns:
            _check_structure(column)
        locators = [f"{self.piece.name}#{row}" for row in range(first, first + batch.num_rows)]
        return self.mapper.harvest(batch, Rows(locators), Account(), limit=limit)

    def _framing(self, group: int, account: Account) -> None:
        """The bytes around the row groups: the magic before the first, the footer after the last."""
        metadata = self.parquet.metadata.row_group(group)
        pages = sum(metadata.column(i).total_compressed_size for i in range(metadata.num_columns))
        size = self.bounds[group + 1] - self.bounds[group]
        account.framing_bytes += size - min(pages, size)

    def _intact(self, group: int, read: int, account: Account) -> None:
        size = self.bounds[group + 1] - self.bounds[group]
        account.raw_bytes += size
        account.intact_bytes += size
        account.decoded_bytes += size
        account.document_bytes += size - account.framing_bytes
        self._unprotected(group, account)

    def _unprotected(self, group: int, account: Account) -> None:
        bare = [c for c in self._chunks(group) if not has_checksum(self.file, c)]
        account.unprotected_bytes += sum(c.total_compressed_size for c in bare)

    def _damaged(self, group: int, read: int, account: Account, error: Exception) -> None:
        """Keep what was read; the rest of the row group's rows are lost, and the share of bytes they stand for."""
        if isinstance(error, OSError) and error.errno:
            raise SurroundingsError(f"{self.piece.path}: {error.strerror}; the same command goes on") from error
        start, stop = self.bounds[group], self.bounds[group + 1]
        rows, first = self.counts[group], self.first_rows[group]
        whole = stop - start
        intact = min(whole, account.framing_bytes + (whole - account.framing_bytes) * read // max(rows, 1))
        if read >= rows:
            intact = account.framing_bytes
        account.raw_bytes += whole
        account.intact_bytes += intact
        account.damaged_bytes += whole - intact
        account.decoded_bytes += intact
        account.document_bytes += intact - account.framing_bytes
        lost = f"rows {first + read:,} to {first + rows - 1:,} are lost"
        reason = f"row group {group} of {len(self.counts)}: {lost}: {_short(error)}"
        account.damages.append(Damage(self.piece.name, start, whole - intact, reason))


def _groups(piece: Piece, bounds: list[int]) -> range:
    return range(piece.start, piece.stop) if piece.unit == "row_groups" else range(len(bounds) - 1)


def _bounds(metadata: Any, size: int) -> list[int]:
    """Where each row group begins, then the file's size; the first begins at 0. Checks the footer against itself."""
    groups = [metadata.row_group(i) for i in range(metadata.num_row_groups)]
    if sum(g.num_rows for g in groups) != metadata.num_rows:
        raise ValueError(
            f"the footer says {metadata.num_rows:,} rows, its row groups have {sum(g.num_rows for g in groups):,}"
        )
    starts = []
    for number, group in enumerate(groups):
        chunks = [group.column(i) for i in range(group.num_columns)]
        for place, chunk in enumerate(chunks):
            expected = metadata.schema.column(place).path
            if chunk.path_in_schema != expected:
                raise ValueError(
                    f"row group {number} calls column {place} {chunk.path_in_schema!r}, the schema {expected!r}"
                )
        firsts = [c.dictionary_page_offset or c.data_page_offset for c in chunks]
        starts.append(min([min(f, c.data_page_offset) for f, c in zip(firsts, chunks, strict=True)], default=4))
    if not starts:
        return [0]
    if starts != sorted(starts) or starts[-1] >= size or starts[0] < 0:
        raise ValueError("the footer's offsets are not inside the file in order")
    return [0, *starts[1:], size]


def _share(piece: Piece, bounds: list[int]) -> int:
    groups = _groups(piece, bounds)
    return bounds[groups.stop] - bounds[groups.start] if len(groups) else piece.size


def _open(path: str) -> Any:
    """The file by its bytes, for names that are not UTF-8."""
    try:
        return pa.OSFile(os.fsencode(path))
    except OSError as error:
        raise SurroundingsError(f"{path}: {error}; check that it is there and may be read, and run again") from error


def _why(error: Exception, file: Any, size: int) -> str:
    """Why a file is no readable Parquet, in words, from its two ends."""
    if size == 0:
        return "the file is empty; Parquet has at least 12 bytes"
    head = file.read_at(4, 0) if size >= 4 else b""
    tail = file.read_at(4, size - 4) if size >= 8 else b""
    if b"PARE" in (head, tail):
        return "the file is encrypted Parquet, which is not read"
    if head != b"PAR1":
        return f"the file does not begin with PAR1 but with {head!r}: it is no Parquet, or its beginning is damaged"
    if tail != b"PAR1":
        return "the file does not end with PAR1: it was cut short or its footer is damaged"
    return f"its footer is damaged: {_short(error)}"


def _short(error: Exception) -> str:
    return " ".join(str(error).split())[:300] or type(error).__name__


def _refused(
    source: TableSource | DatasetsSource, piece: Piece, reading: Reading, collector: str, *, reason: str
) -> Harvest:
    """The whole piece is damage."""
    size = piece.size if piece.start == 0 else 0
    account = Account(raw_bytes=size, damaged_bytes=size, damages=[Damage(piece.name, 0, size, reason)])
    return Mapper(source, reading, collector=collector, taken={}, name=piece.name).nothing(account)


def _other_columns(
    source: TableSource | DatasetsSource, piece: Piece, reading: Reading, collector: str, error: ColumnError, size: int
) -> Harvest:
    """The file is whole, but its columns are not what the recipe says: one reject for the piece."""
    account = Account(raw_bytes=size, intact_bytes=size, decoded_bytes=size, rejected_bytes=size)
    mapper = Mapper(source, reading, collector=collector, taken={}, name=piece.name)
    place = piece.name if piece.start == 0 else f"{piece.name}#row-group-{piece.start}"
    return mapper.refuse(account, rule="columns", detail=str(error), locator=place, size=size)


def _check_structure(column: Any) -> None:
    """Offsets and lengths must be sound before any value is touched; whether bytes are UTF-8 is asked per row later."""
    column.validate()


def has_checksum(file: Any, chunk: Any) -> bool:
    """Whether the first page of a column chunk carries a CRC: field 4 of its Thrift header (compact protocol)."""
    first = min(o for o in (chunk.dictionary_page_offset, chunk.data_page_offset) if o is not None and o > 0)
    header = bytes(file.read_at(64, first))
    place, field = 0, 0
    while place < len(header) and header[place]:
        field += header[place] >> 4
        if field >= 4 or header[place] >> 4 == 0:
            return field == 4 and header[place] & 15 == 5  # an i32
        place += 1
        while place < len(header) and header[place] & 0x80:  # fields 1 to 3 are i32: one varint each
            place += 1
        place += 1
    return False
