"""Arrow IPC, as a file or a stream (what `datasets` caches and `save_to_disk` write), batch by batch.

Both are read as a stream of messages (a file is one between two magics), so that a file without its footer still
gives what it has. The format has no checksums: all of it is unprotected. A batch whose values contradict its own
offsets is damage, and the next one is read; where the messages themselves are broken, the rest of the file is
damage.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from itertools import pairwise
from typing import Any, Final

import pyarrow as pa

from ginbon.corpus.collector import Account, Damage, Harvest, Reading
from ginbon.corpus.collectors.arrow_values import check_structure
from ginbon.corpus.collectors.columns import ColumnError, Mapper, Rows, read_columns, top_level
from ginbon.corpus.collectors.parquet import MAX_BATCH_ROWS, UNREADABLE, short_reason
from ginbon.corpus.collectors.presets import column_map
from ginbon.engine.extents import EXTENT_BYTES, Piece
from ginbon.errors import SurroundingsError
from ginbon.recipes.model import DatasetsSource, TableSource

_MAGIC: Final = b"ARROW1"


def arrow_pieces(path: str, name: str, size: int, *, extent_bytes: int = EXTENT_BYTES) -> list[Piece]:
    """Ranges of record batches of about ``extent_bytes``; the whole file where it is small or cannot be walked."""
    whole = [Piece(path, name, 0, size, size)]
    if size <= extent_bytes:
        return whole
    cuts, begin, count = [0], 0, 0
    try:
        with _open(path) as file:
            for start, stop, _ in _batches(file, included=[0]):
                if stop - begin > extent_bytes and count > cuts[-1]:
                    cuts.append(count)
                    begin = start
                count += 1
    except UNREADABLE:
        pass  # the last piece meets the damage and reports it
    bounds = [*cuts, max(count, cuts[-1] + 1)]
    return [Piece(path, name, a, b, size, unit="batches") for a, b in pairwise(bounds)]


def read_arrow(
    source: TableSource | DatasetsSource, piece: Piece, reading: Reading, *, collector: str
) -> Iterator[Harvest]:
    """The documents of a piece; ``reading.limit`` ends it early."""
    nobody = Mapper(source, reading, collector=collector, taken={}, name=piece.name)
    if os.path.getsize(piece.path) == 0:  # noqa: PTH202 - the name may be no UTF-8
        yield nobody.nothing(
            Account(damages=[Damage(piece.name, 0, 0, "the file is empty; Arrow has a schema at least")])
        )
        return
    with _open(piece.path) as file:
        try:
            found = _schema(file)
        except UNREADABLE as error:
            size = piece.size if piece.start == 0 else 0
            damage = Damage(piece.name, 0, size, f"it is no Arrow file or stream: {short_reason(error)}")
            yield nobody.nothing(Account(raw_bytes=size, damaged_bytes=size, damages=[damage]))
            return
        try:
            taken = read_columns(column_map(source), found)
        except ColumnError as error:
            size = piece.size if piece.start == 0 else 0  # one reject for the file, by its first piece
            if piece.start == 0:
                account = Account(raw_bytes=size, intact_bytes=size, decoded_bytes=size, rejected_bytes=size)
                yield nobody.refuse(account, rule="columns", detail=str(error), locator=piece.name, size=size)
            return
        mapper = Mapper(source, reading, collector=collector, taken=taken, name=piece.name)
        yield from _Reader(file, piece, mapper, reading).harvests(top_level(taken, found), found)


class _Reader:
    """Goes through the batches of a piece."""

    def __init__(self, file: Any, piece: Piece, mapper: Mapper, reading: Reading) -> None:
        self.file, self.piece, self.mapper, self.reading = file, piece, mapper, reading
        split = piece.unit == "batches"
        self.first: int = piece.start if split else 0
        self.stop: int | None = piece.stop if split else None
        self.left = reading.limit
        self.done = 0  # bytes of the file that are counted, or that belong to the pieces before

    def harvests(self, columns: list[str], found: pa.Schema) -> Iterator[Harvest]:
        included = sorted({found.get_field_index(_owner(name, found)) for name in columns})
        row, number = 0, 0
        try:
            for start, stop, batch in _batches(self.file, included=included):
                if number == self.stop:
                    return
                if number >= self.first:
                    if number == self.first and number > 0:
                        self.done = start
                    yield from self._batch(batch, number, row, start, stop)
                    if self.left is not None and self.left <= 0:
                        return
                row += batch.num_rows
                number += 1
        except UNREADABLE as error:
            yield self._lost(f"from batch {number} on: {short_reason(error)}")
            return
        yield self._end()

    def _batch(self, batch: pa.RecordBatch, number: int, row: int, start: int, stop: int) -> Iterator[Harvest]:
        """One record batch in slices of a few megabytes; a damaged one counts as such as a whole."""
        account = self._bytes(start, stop)
        step = min(MAX_BATCH_ROWS, max(1, self.reading.batch_bytes * batch.num_rows // max(batch.nbytes, 1)))
        begin = 0
        try:
            for column in batch.columns:
                check_structure(column)
            for begin in range(0, max(batch.num_rows, 1), step):
                part = batch.slice(begin, step)
                locators = [f"{self.piece.name}#{row + begin + i}" for i in range(part.num_rows)]
                harvest = self.mapper.harvest(part, Rows(locators), account, limit=self.left)
                account = Account()
                if self.left is not None:
                    self.left -= harvest.documents.num_rows
                yield harvest
                if self.left is not None and self.left <= 0:
                    return
        except UNREADABLE as error:
            lost = f"rows {row + begin:,} to {row + batch.num_rows - 1:,} are lost: {short_reason(error)}"
            yield self.mapper.nothing(self._unsound(account, f"batch {number}, {lost}", start))

    def _unsound(self, account: Account, reason: str, start: int) -> Account:
        """A batch whose values cannot be: its bytes are damage, unless a part of it was read before."""
        size = account.document_bytes
        account.intact_bytes -= size
        account.decoded_bytes -= size
        account.unprotected_bytes -= size
        account.document_bytes = 0
        account.damaged_bytes += size
        account.damages.append(Damage(self.piece.name, start, size, reason))
        return account

    def _bytes(self, start: int, stop: int) -> Account:
        """The bytes up to a batch as framing and those of the batch as documents."""
        framing, size = start - self.done, stop - start
        self.done = stop
        return Account(
            raw_bytes=framing + size,
            intact_bytes=framing + size,
            decoded_bytes=framing + size,
            framing_bytes=framing,
            document_bytes=size,
            unprotected_bytes=framing + size,
        )

    def _lost(self, reason: str) -> Harvest:
        lost = self.piece.size - self.done
        damage = Damage(self.piece.name, self.done, lost, f"the rest of the file is lost {reason}")
        return self.mapper.nothing(Account(raw_bytes=lost, damaged_bytes=lost, damages=[damage]))

    def _end(self) -> Harvest:
        """What follows the last batch: the end mark, and a file's footer; a warning where the end is not marked."""
        account = self._bytes(self.piece.size, self.piece.size)
        tail = self.file.read_at(8, self.file.size() - 8) if self.file.size() >= 8 else b""
        marked = tail == b"\xff\xff\xff\xff\0\0\0\0" or tail.endswith(_MAGIC)
        if not marked:
            reason = "it ends without its end mark: it was cut short between two batches, or its writer was killed"
            account.damages.append(Damage(self.piece.name, self.piece.size, 0, reason))
        return self.mapper.nothing(account)


def _open(path: str) -> Any:
    try:
        return pa.memory_map(os.fsencode(path))
    except OSError as error:
        raise SurroundingsError(f"{path}: {error}; check that it is there and may be read, and run again") from error


def _stream(file: Any, options: Any = None) -> Any:
    """A reader of the messages: a stream begins with its schema, a file with a magic padded to eight bytes before
    it."""
    head = file.read_at(8, 0) if file.size() >= 8 else b""
    if head.startswith(b"FEA1"):
        raise ValueError("it is Feather version 1, which is not read; write it anew with pyarrow.feather")
    file.seek(8 if head.startswith(_MAGIC) else 0)
    return pa.ipc.open_stream(file, options=options)


def _schema(file: Any) -> pa.Schema:
    with _stream(file) as reader:
        return reader.schema


def _batches(file: Any, *, included: list[int]) -> Iterator[tuple[int, int, pa.RecordBatch]]:
    """Record batches with the bytes at which they start and stop; dictionaries before a batch belong to it."""
    with _stream(file, pa.ipc.IpcReadOptions(included_fields=included, use_threads=False)) as reader:
        while True:
            start = file.tell()
            try:
                batch = reader.read_next_batch()
            except StopIteration:
                return
            yield start, file.tell(), batch


def _owner(name: str, found: pa.Schema) -> str:
    """The top-level column that holds a dotted name."""
    while name not in found.names:
        name = name.rpartition(".")[0]
    return name
