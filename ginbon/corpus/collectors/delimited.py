"""CSV and TSV, in any usual compression, record by record, every byte accounted for.

CSV is RFC 4180: fields between commas (or the semicolons, tabs or bars under which the header holds the text
column), quoted where they hold commas, line ends or doubled quotes. TSV is IANA's: fields between tabs, quotes are
letters like any other. Text is UTF-8; the first record is the header. A file is one extent: whether a line end in
its middle ends a record cannot be told without what stands before it.

Records that do not fit are rejected alone, with line and byte: another number of columns than the header, bytes
that are no UTF-8 (in the text), a quote that is never closed (its first line is rejected, reading goes on with the
next), letters behind a closing quote. Blocks of records whose quotes all stand where they should are parsed by
`pyarrow.csv`, others by Python's strict `csv`.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.csv as pc

from ginbon.corpus.collector import Account, Builder, Harvest, Reading
from ginbon.corpus.collectors.columns import ColumnError, Mapper, Rows, read_columns, top_level
from ginbon.corpus.collectors.presets import ColumnMap, column_map
from ginbon.corpus.readers.streams import Chunk, drain, locate, read_chunks
from ginbon.engine.extents import Piece
from ginbon.recipes.model import DatasetsSource, TableSource

BLOCK_BYTES: Final = 2**20
_SLACK: Final = 2**20  # an open record may grow this far past max_document_bytes before it is given up
_DELIMITERS: Final = (",", ";", "\t", "|")
_WIDE: Final = (b"\xff\xfe", b"\xfe\xff")
_BOM: Final = b"\xef\xbb\xbf"


@dataclass(frozen=True)
class Dialect:
    """How fields are told apart."""

    delimiter: str
    quotes: bool


@dataclass
class Records:
    """Records of a block: record ``i`` is ``data[starts[i]:stops[i]]``, its line end goes up to ``ends[i]``.

    ``bad`` holds the records that cannot be parsed: rule and sentence by record; ``table`` has the others' mapped
    columns.
    """

    starts: npt.NDArray[np.int64]
    stops: npt.NDArray[np.int64]
    ends: npt.NDArray[np.int64]
    table: Any
    bad: dict[int, tuple[str, str]] = field(default_factory=dict)


def read_delimited(
    source: TableSource | DatasetsSource, piece: Piece, reading: Reading, *, collector: str, quotes: bool
) -> Iterator[Harvest]:
    """The documents of a file; ``quotes=False`` reads TSV. ``reading.limit`` ends it early."""
    yield from _Reader(source, piece, reading, collector, quotes=quotes).harvests()


@dataclass
class _Long:
    """A line too long to be held, while it is passed over."""

    line: int
    locator: str
    head: bytes
    size: int = 0


class _Reader:
    def __init__(
        self, source: TableSource | DatasetsSource, piece: Piece, reading: Reading, collector: str, *, quotes: bool
    ) -> None:
        self.source, self.piece, self.reading, self.collector = source, piece, reading, collector
        self.quotes = quotes
        self.columns = column_map(source)
        self.builder = Builder(source, reading, collector)
        self.mapper: Mapper | None = None
        self.names: list[str] = []
        self.wanted: list[str] = []
        self.dialect = Dialect("\t", False)
        self.streamed = Account()
        self.buffer = b""
        self.marks: list[tuple[int, int, int]] = []  # from byte `at` of the buffer on: raw offset of the frame, inner
        self.line = 1  # of the buffer's first byte
        self.left = reading.limit
        self.refused: str | None = None  # why the whole file is refused, once it is
        self.tried = 0  # buffer size at the last try to cut it
        self.passing: _Long | None = None
        self.headless = False  # the buffer may begin inside a record, for what stood before is lost

    def harvests(self) -> Iterator[Harvest]:
        for chunk in read_chunks(self.piece, reading=self.reading, account=self.streamed):
            if chunk.fresh:
                yield from self._cut(final=True, lost=True)
                self.headless = True
                if self.mapper is None and self.refused is None:
                    self.refused = "its header is lost to damage"
                continue
            self._take(chunk)
            if len(self.buffer) >= max(BLOCK_BYTES, 2 * self.tried):
                yield from self._cut(final=False)
            if self.left is not None and self.left <= 0:
                break
        yield from self._cut(final=True)
        yield self._end()

    def _take(self, chunk: Chunk) -> None:
        if not self.marks or self.marks[-1][1] != chunk.raw_offset:
            self.marks.append((len(self.buffer), chunk.raw_offset, chunk.inner))
        self.buffer += chunk.data

    def _cut(self, *, final: bool, lost: bool = False) -> Iterator[Harvest]:
        """Handle all whole records of the buffer; ``final``: nothing follows it, or (``lost``) what follows is lost."""
        if self.refused is None and self.mapper is None and self.buffer:
            self._read_header(final=final)
        if self.refused is not None:
            self.builder.account.rejected_bytes += len(self.buffer)
            self._drop(len(self.buffer))
            return
        if self.headless and self.mapper is not None and (final or b"\n" in self.buffer):
            self._drop_headless()
        while self.buffer and self.mapper is not None and not (self.left is not None and self.left <= 0):
            if self.passing is not None:
                self._pass_over(final=final or lost)
                continue
            stop = self._whole(final=final, lost=lost)
            if stop == 0:
                if not self._give_up(final=final, lost=lost):
                    break
                continue
            yield from self._block(stop)
        self.tried = len(self.buffer)

    def _drop_headless(self) -> None:
        """What stands up to the next line end may lack its beginning: never taken for a record."""
        stop = self.buffer.find(b"\n") + 1 or len(self.buffer)
        if stop:
            self._reject(0, self.buffer[:stop], "cut-record", "the bytes before it are lost to damage")
            self._drop(stop)
        self.headless = False

    # ---- header ---------------------------------------------------------------------------------------------------

    def _read_header(self, *, final: bool) -> None:
        if self.buffer.startswith(_WIDE):
            self._refuse("it is UTF-16, and tables are read as UTF-8; convert it, for instance with iconv")
            return
        start = len(_BOM) if self.buffer.startswith(_BOM) else 0
        end = self.buffer.find(b"\n", start)
        while start == end or (end > start and not self.buffer[start:end].strip(b"\r")):
            start, end = end + 1, self.buffer.find(b"\n", end + 1)  # blank lines before the header
        if end < 0 and not final:
            if len(self.buffer) > self.reading.max_document_bytes:
                self._refuse("there is no line end within the largest document that is read: it has no header")
            return
        stop = len(self.buffer) if end < 0 else end + 1
        raw = self.buffer[start:stop].rstrip(b"\r\n")
        if raw:
            self._map(raw)
        if self.refused is None:
            self.builder.account.framing_bytes += stop
            self._drop(stop)

    def _map(self, raw: bytes) -> None:
        try:
            header = raw.decode("utf-8")
        except UnicodeDecodeError as error:
            self._refuse(
                f"byte {error.start:,} of the header does not fit UTF-8; convert the file, for instance with iconv"
            )
            return
        self.dialect, self.names = _dialect(header, self.columns, quotes=self.quotes)
        found = pa.schema([(name, pa.string()) for name in self.names])
        try:
            taken = read_columns(self.columns, found)
        except ColumnError as error:
            self._refuse(str(error))
            return
        self.wanted = top_level(taken, found)
        self.mapper = Mapper(self.source, self.reading, collector=self.collector, taken=taken, name=self.piece.name)

    def _refuse(self, reason: str) -> None:
        self.refused = reason

    # ---- blocks ---------------------------------------------------------------------------------------------------

    def _whole(self, *, final: bool, lost: bool) -> int:
        """Where the last whole record of the buffer ends; 0 if there is none."""
        data = np.frombuffer(self.buffer, np.uint8)
        ends = _record_ends(data, self.dialect)
        last = int(ends[-1]) if len(ends) else 0
        if not final or lost:
            return last
        open_quote = self.dialect.quotes and self.buffer.count(b'"', last) % 2
        return last if open_quote else len(self.buffer)

    def _give_up(self, *, final: bool, lost: bool) -> bool:
        """What to do with a buffer that holds no whole record; whether something was done."""
        end = self.buffer.find(b"\n") + 1
        size = len(self.buffer)
        if not final and size <= self.reading.max_document_bytes + _SLACK:
            return False
        stop = end or size
        if lost and not end:
            rule, detail = "cut-record", "the bytes behind it are lost to damage, so that it may lack its end"
        elif end == 0 and not final:
            self.passing = _Long(self.line, self._locator(0), self.buffer[:4096])
            return True
        else:
            rule, detail = "unclosed-quote", "a quote is opened and not closed within the largest document that is read"
        raw = self.buffer[:stop]
        self._reject(0, raw, rule, detail)
        self._drop(stop)
        return True

    def _pass_over(self, *, final: bool) -> None:
        """Go on through a line that is too long to be held; reject it where it ends."""
        assert self.passing is not None
        end = self.buffer.find(b"\n")
        count = len(self.buffer) if end < 0 else end
        self.passing.size += count
        if end >= 0 or final:
            most = self.reading.max_document_bytes
            size, line = self.passing.size, self.passing.line
            self.builder.reject(
                rule="max-document-bytes",
                detail=f"{self.piece.name}, line {line:,}: {size:,} bytes; at most {most:,} are taken as one document",
                locator=self.passing.locator,
                raw=self.passing.head,
                span=size,
                value=float(size),
                threshold=float(most),
            )
            self.passing = None
        self._drop(count)

    def _block(self, stop: int) -> Iterator[Harvest]:
        assert self.mapper is not None
        block = self.buffer[:stop]
        records = parse_block(block, self.dialect, self.names, self.wanted)
        good = np.setdiff1d(np.arange(len(records.starts)), np.fromiter(records.bad, np.int64, len(records.bad)))
        account = Account()
        spans = records.stops - records.starts
        harvest = None
        used = stop
        if len(good):
            batch = records.table.combine_chunks().to_batches()[0]
            rows = Rows([self._locator(int(at)) for at in records.starts[good]], spans[good])
            harvest = self.mapper.harvest(batch, rows, account, limit=self.left)
            taken = harvest.account.documents + harvest.account.rejects
            if self.left is not None:
                self.left -= harvest.account.documents
                if taken < len(good):
                    used = int(records.starts[good[taken]])
        for index, (rule, detail) in sorted(records.bad.items()):
            start, end = int(records.starts[index]), int(records.stops[index])
            if start < used:
                self._reject(start, block[start:end], rule, detail)
        inside = records.starts < used
        self.builder.account.framing_bytes += used - int(spans[inside].sum())
        if harvest is not None:
            yield harvest
        self._drop(used)
        yield self._flush()

    def _reject(self, at: int, raw: bytes, rule: str, detail: str) -> None:
        self.builder.reject(rule=rule, detail=self._where(at, detail), locator=self._locator(at), raw=raw)

    def _where(self, at: int, detail: str) -> str:
        line = self.line + self.buffer.count(b"\n", 0, at)
        return f"{self.piece.name}, line {line:,}: {detail}"

    def _locator(self, at: int) -> str:
        for start, raw, inner in reversed(self.marks):
            if start <= at:
                return locate(self.piece.name, raw, inner + at - start)
        raise IndexError(at)

    def _drop(self, count: int) -> None:
        """Forget the first bytes of the buffer; they are counted."""
        self.builder.account.decoded_bytes += count
        self.line += self.buffer.count(b"\n", 0, count)
        self.buffer = self.buffer[count:]
        later = [(at - count, raw, inner) for at, raw, inner in self.marks if at > count]
        before = [(at, raw, inner) for at, raw, inner in self.marks if at <= count]
        first = [(0, raw, inner + count - at) for at, raw, inner in before[-1:]] if self.buffer else []
        self.marks = first + later
        self.tried = 0

    def _flush(self) -> Harvest:
        """What the builder holds, with the raw bytes read since the last time; decoded bytes are those of records."""
        harvest = self.builder.take()
        moved = drain(self.streamed)
        moved.decoded_bytes = 0
        harvest.account.add(moved)
        return harvest

    def _end(self) -> Harvest:
        if self.refused is not None:
            harvest = self._flush()
            mapper = Mapper(self.source, self.reading, collector=self.collector, taken={}, name=self.piece.name)
            size = harvest.account.rejected_bytes
            return mapper.refuse(
                harvest.account, rule="columns", detail=self.refused, locator=self.piece.name, size=size
            )
        return self._flush()


def _dialect(header: str, columns: ColumnMap, *, quotes: bool) -> tuple[Dialect, list[str]]:
    """The delimiter under which the header holds the text column, and the header's names; a comma if none does."""
    if not quotes:
        return Dialect("\t", False), header.split("\t")
    found = [(d, _split(header, Dialect(d, True))) for d in _DELIMITERS]
    for delimiter, names in found:
        held = [name in names for name in columns.text]
        if all(held) if columns.joined else any(held):
            return Dialect(delimiter, True), names
    return Dialect(",", True), found[0][1]


def _split(record: str, dialect: Dialect) -> list[str]:
    if not dialect.quotes:
        return record.split(dialect.delimiter)
    return next(csv.reader([record], delimiter=dialect.delimiter), [])


def _record_ends(data: npt.NDArray[np.uint8], dialect: Dialect) -> npt.NDArray[np.int64]:
    """Behind each line end that stands outside of quotes, by their parity."""
    breaks = np.flatnonzero(data == 10)
    if dialect.quotes:
        marks = np.flatnonzero(data == 34)
        if len(marks):
            breaks = breaks[np.searchsorted(marks, breaks) % 2 == 0]
    return breaks + 1


def _tidy_quotes(data: npt.NDArray[np.uint8], delimiter: str) -> bool:
    """Whether every quote stands where RFC 4180 has it, so that parity tells which line ends are inside."""
    marks = np.flatnonzero(data == 34)
    if not len(marks):
        return True
    if len(marks) % 2:
        return False
    opening, closing = marks[::2], marks[1::2]
    padded = np.concatenate(([10], data, [10]))
    before, behind = padded[opening], padded[closing + 2]
    edge = ord(delimiter)
    doubled_before = np.concatenate(([False], opening[1:] == closing[:-1] + 1))
    doubled_behind = np.concatenate((opening[1:] == closing[:-1] + 1, [False]))
    opens = (before == edge) | (before == 10) | doubled_before
    closes = (behind == edge) | (behind == 10) | (behind == 13) | doubled_behind
    return bool((opens & closes).all())


def parse_block(block: bytes, dialect: Dialect, names: list[str], wanted: list[str]) -> Records:
    """The records of a block of whole records; blank lines are none of them."""
    data = np.frombuffer(block, np.uint8)
    if not dialect.quotes or _tidy_quotes(data, dialect.delimiter):
        ends = _record_ends(data, dialect)
        if not len(ends) or ends[-1] != len(block):
            ends = np.append(ends, len(block))
        records = _by_arrow(block, data, ends, dialect, names, wanted)
        if records is not None:
            return records
    return _one_by_one(block, dialect, names, wanted)


def _spans(
    data: npt.NDArray[np.uint8], ends: npt.NDArray[np.int64]
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Starts, stops (without line ends) and ends of the records that are not blank."""
    starts = np.concatenate(([0], ends[:-1]))
    stops = ends - (data[ends - 1] == 10)
    stops = stops - ((stops > starts) & (data[stops - 1] == 13))
    some = stops > starts
    return starts[some], stops[some], ends[some]


def _by_arrow(
    block: bytes,
    data: npt.NDArray[np.uint8],
    ends: npt.NDArray[np.int64],
    dialect: Dialect,
    names: list[str],
    wanted: list[str],
) -> Records | None:
    """The block by `pyarrow.csv`; null where it sees other records than we do (a lone carriage return, for
    instance)."""
    starts, stops, ends = _spans(data, ends)
    bad: dict[int, tuple[str, str]] = {}
    if not len(starts):
        return Records(starts, stops, ends, None)

    def skip(row: Any) -> str:
        bad[row.number - 1] = _columns_reason(row.expected_columns, row.actual_columns)
        return "skip"

    try:
        table = pc.read_csv(
            pa.BufferReader(block),
            read_options=pc.ReadOptions(use_threads=False, block_size=len(block) + 1, column_names=names),
            parse_options=pc.ParseOptions(
                delimiter=dialect.delimiter,
                quote_char='"' if dialect.quotes else False,
                newlines_in_values=dialect.quotes,
                invalid_row_handler=skip,
            ),
            convert_options=pc.ConvertOptions(
                column_types={name: pa.string() for name in wanted},
                include_columns=wanted,
                check_utf8=False,
                strings_can_be_null=False,
            ),
        )
    except pa.ArrowException:
        return None
    if table.num_rows + len(bad) != len(starts):
        return None
    return Records(starts, stops, ends, table, bad)


def _one_by_one(block: bytes, dialect: Dialect, names: list[str], wanted: list[str]) -> Records:
    """The block by Python's strict reader: a record that it refuses costs one line, and reading goes on with the
    next."""
    csv.field_size_limit(2**31 - 1)
    lines = block.split(b"\n")
    lines = [line + b"\n" for line in lines[:-1]] + ([lines[-1]] if lines[-1] else [])
    offsets = np.concatenate(([0], np.cumsum([len(line) for line in lines]))).tolist()
    bounds: list[tuple[int, int, int]] = []
    rows: list[list[str]] = []
    bad: dict[int, tuple[str, str]] = {}
    at = 0
    while at < len(lines):
        row, count, why = _next_record(lines, at, dialect)
        start, end = offsets[at], offsets[at + count]
        at += count
        stop = start + len(block[start:end].rstrip(b"\r\n"))
        if stop == start:
            continue
        if why is None and len(row) != len(names):
            why = _columns_reason(len(names), len(row))
        if why is not None:
            bad[len(bounds)] = why
        else:
            rows.append(row)
        bounds.append((start, stop, end))
    places = np.array(bounds, np.int64).reshape(-1, 3)
    picked = [names.index(name) for name in wanted]
    arrays = [_utf8([row[i] for row in rows]) for i in picked]
    table = pa.table(dict(zip(wanted, arrays, strict=True)))
    return Records(places[:, 0], places[:, 1], places[:, 2], table, bad)


def _next_record(lines: list[bytes], at: int, dialect: Dialect) -> tuple[list[str], int, tuple[str, str] | None]:
    """The record that begins with a line, how many lines it takes, and what is wrong with it if something is."""
    taken = 0

    def feed() -> Iterator[str]:
        nonlocal taken
        for line in lines[at:]:
            taken += 1
            yield line.decode("utf-8", "surrogateescape")

    if not dialect.quotes:
        return next(feed()).rstrip("\r\n").split(dialect.delimiter), 1, None
    try:
        row = next(csv.reader(feed(), delimiter=dialect.delimiter, strict=True))
    except csv.Error as error:
        if "unexpected end" in str(error):
            return [], 1, ("unclosed-quote", "a quote is opened and not closed")
        return [], 1, ("malformed-record", f"{error}")
    return row, taken, None


def _columns_reason(expected: int, found: int) -> tuple[str, str]:
    return "column-count", f"{expected:,} columns expected, as in the header, {found:,} found"


def _utf8(values: list[str]) -> Any:
    """Strings that may hold undecodable bytes as surrogates, as the bytes they came from; checked row by row later."""
    raw = pa.array([value.encode("utf-8", "surrogateescape") for value in values], pa.binary())
    return raw.view(pa.string())
