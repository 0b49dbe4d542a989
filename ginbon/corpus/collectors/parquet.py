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
from ginbon.corpus.collectors.arrow_values import check_structure
from ginbon.corpus.collectors.columns import ColumnError, Mapper, Rows, read_columns, top_level
from ginbon.corpus.collectors.parquet_footer import Chunk, Group, has_checksum, read_footer
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
            bounds = _bounds(_footer(file), size)
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
            groups = _footer(file)
            _check_names(parquet, groups)
        except UNREADABLE as error:
            yield _refused(source, piece, reading, collector, reason=_why(error, file, size))
            return
        try:
            taken = read_columns(column_map(source), found)
        except ColumnError as error:
            yield _other_columns(source, piece, reading, collector, error, _share(piece, _bounds(groups, size)))
            return
        mapper = Mapper(source, reading, collector=collector, taken=taken, name=piece.name)
        yield from _Groups(parquet, file, piece, groups, mapper, top_level(taken, found)).harvests(reading)


class _Groups:
    """Reads the row groups of a piece, one after the other."""

    def __init__(
        self, parquet: Any, file: Any, piece: Piece, groups: list[Group], mapper: Mapper, columns: list[str]
    ) -> None:
        self.parquet, self.file, self.piece, self.groups = parquet, file, piece, groups
        self.mapper, self.columns = mapper, columns
        self.bounds = _bounds(groups, file.size())
        self.counts = [g.rows for g in groups]
        self.first_rows = [sum(self.counts[:i]) for i in range(len(groups) + 1)]

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
        packed, plain = sum(c.packed_bytes for c in chunks), sum(c.plain_bytes for c in chunks)
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

    def _chunks(self, group: int) -> list[Chunk]:
        """The column chunks that are read."""
        chunks = self.groups[group].chunks
        return [c for c in chunks if any(f"{c.path}.".startswith(f"{name}.") for name in self.columns)]

    def _harvest(self, batch: pa.RecordBatch, first: int, limit: int | None) -> Harvest:
        for column in batch.columns:
            check_structure(column)
        locators = [f"{self.piece.name}#{row}" for row in range(first, first + batch.num_rows)]
        return self.mapper.harvest(batch, Rows(locators), Account(), limit=limit)

    def _framing(self, group: int, account: Account) -> None:
        """The bytes around the row groups: the magic before the first, the footer after the last."""
        pages = sum(c.packed_bytes for c in self.groups[group].chunks) if self.counts[group] else 0
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
        bare = [c for c in self._chunks(group) if not has_checksum(self.file.read_at(64, c.start))]
        account.unprotected_bytes += sum(c.packed_bytes for c in bare)

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
        reason = f"row group {group} of {len(self.counts)}: {lost}: {short_reason(error)}"
        account.damages.append(Damage(self.piece.name, start, whole - intact, reason))


def _groups(piece: Piece, bounds: list[int]) -> range:
    return range(piece.start, piece.stop) if piece.unit == "row_groups" else range(len(bounds) - 1)


def _footer(file: Any) -> list[Group]:
    """The row groups, checked against what the footer itself says about rows and places."""
    size = file.size()
    tail = file.read_at(8, size - 8) if size >= 12 else b""
    length = int.from_bytes(tail[:4], "little")
    if file.read_at(4, 0) != b"PAR1" or tail[4:] != b"PAR1" or length > size - 12:
        raise ValueError("no Parquet footer")
    rows, groups = read_footer(file.read_at(length, size - 8 - length))
    if sum(g.rows for g in groups) != rows:
        raise ValueError(f"the footer says {rows:,} rows, its row groups have {sum(g.rows for g in groups):,}")
    starts = _starts(groups)
    if starts != sorted(starts) or any(not 4 <= start < size for start in starts):
        raise ValueError("the footer's row groups are not inside the file in order")
    return groups


def _bounds(groups: list[Group], size: int) -> list[int]:
    """Where the bytes of each row group begin, then the file's size: the first has the magic, the last the footer."""
    return [0, *_starts(groups)[1:], size] if groups else [0]


def _starts(groups: list[Group]) -> list[int]:
    """Where the first page of each row group is; one without rows has no pages, and begins where the one before did."""
    starts: list[int] = []
    for group in groups:
        starts.append(group.start if group.rows else (starts[-1] if starts else 4))
    return starts


def _check_names(parquet: Any, groups: list[Group]) -> None:
    """The schema and every row group must call the columns alike: a flipped bit in a name shows here."""
    schema = parquet.schema
    expected = [schema.column(i).path for i in range(len(schema))]
    for number, group in enumerate(groups):
        found = [c.path for c in group.chunks]
        if found != expected:
            odd = next((f for e, f in zip(expected, found, strict=False) if e != f), "fewer")
            raise ValueError(f"row group {number} has a column {odd!r} that the schema does not have there")


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
    return f"its footer is damaged: {short_reason(error)}"


def short_reason(error: Exception) -> str:
    """What a library said, in one line."""
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
