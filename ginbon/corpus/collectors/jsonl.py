"""JSONL (one object a line, in any compression) -> documents, every line accounted for.

What becomes of a line, stated once:

- **Kept** is every line that is one JSON object by RFC 8259 in valid UTF-8 and holds a text.
- **Rejected**, each with file, line or byte, and reason: invalid UTF-8; JSON that is cut or broken; ``NaN`` and
  ``Infinity``; a second object on the line; a byte-order mark (but at the file's start, where it is framing); nesting
  deeper than 500 levels; a number beyond a double; half of a surrogate pair; a key that is read and occurs twice; a
  text that is missing, null, empty or no string; a line above ``max_document_bytes``, of which only an excerpt is held.
- **Unread keys** are not looked at beyond their syntax: among them a key may occur twice.
- **Other fields** than the text that hold no string (an id may be a whole number, a language a list) are taken as
  unknown, and counted in a warning.
- **NUL and control characters** that a string may hold (escaped, or U+007F-U+009F as they are) are kept here; ``tidy``
  takes them out and counts them (``tidy/removed_chars``).
- **Lines next to damage** are tried like all others: what is left of a cut object is never one (what lacks its
  beginning has a closing brace too many or an odd number of quotes, what lacks its end is not closed).
- **Blank lines** and line ends are framing.

A document's locator is its line's offset (``readers.streams.locate``), followed by the record's own id where the recipe
names its column, so that ids that repeat still give different documents. Its digest is the SHA-256 of the raw line.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from hashlib import sha256
from itertools import chain
from typing import Any, Final

import numpy as np
import pyarrow as pa

from ginbon.corpus.collector import Account, Builder, Harvest, Reading
from ginbon.corpus.collectors.columns import Mapper, Rows
from ginbon.corpus.collectors.json_lines import BadLineError, Fields, Parsed, Parser, Places, too_long
from ginbon.corpus.collectors.presets import column_map
from ginbon.corpus.readers.lines import Block, Line, read_blocks
from ginbon.corpus.readers.streams import drain, locate
from ginbon.engine.extents import Piece
from ginbon.recipes.model import TableSource

_BOM: Final = b"\xef\xbb\xbf"


def read_jsonl(source: TableSource, piece: Piece, reading: Reading, *, collector: str) -> Iterator[Harvest]:
    """The documents and rejects of the lines that start in a piece, about ``batch_bytes`` at a time; at most
    ``reading.limit`` documents."""
    return _Reader(source, piece, reading, collector).harvests()


@dataclass(frozen=True)
class _Unit:
    """A parsed block, and what its good lines are known by."""

    block: Block
    parsed: Parsed
    locators: list[str]  # of the good lines
    digests: list[bytes]


class _Reader:
    def __init__(self, source: TableSource, piece: Piece, reading: Reading, collector: str) -> None:
        self.piece, self.reading = piece, reading
        self.columns = column_map(source)
        self.fields = Fields.of(self.columns)
        self.parser = Parser(self.fields, limit=reading.max_document_bytes)
        self.builder = Builder(source, reading, collector)  # of the rejects
        taken: dict[str, Any] = {thing: thing for thing in self.fields.others} | {"text": ("text",)}
        if "language" in taken:
            taken["language"] = ("language",)
        self.mapper = Mapper(source, reading, collector=collector, taken=taken, name=piece.name, checked=True)
        self.streamed = Account()
        self.left = reading.limit
        self.untyped: Counter[str] = Counter()
        self.seen: set[str] = set()
        self.lines = 0

    def harvests(self) -> Iterator[Harvest]:
        if self.left == 0:
            return
        units: list[_Unit] = []
        size = 0
        with closing(read_blocks(self.piece, reading=self.reading, account=self.streamed)) as blocks:
            for block in blocks:
                if isinstance(block, Line):
                    self._reject_long(block)
                    continue
                units.append(self._parse(block))
                size += len(block.data)
                if size >= self.reading.batch_bytes or self.left is not None or self.builder.full:
                    yield from self._flush(units)
                    units, size = [], 0
                    if self.left == 0:
                        break
        yield from self._flush(units)
        self.builder.account.add(drain(self.streamed))
        self.builder.account.warnings += self._warnings()
        yield self.builder.take()

    def _parse(self, block: Block) -> _Unit:
        begins_file = self.piece.start == 0 and block.decoded_offset == 0 and not block.head_cut
        marked = begins_file and block.data.startswith(_BOM)
        parsed = self.parser.parse(block.data, count=block.count, begin=len(_BOM) if marked else 0)
        begins = parsed.starts[parsed.rows]
        pairs = zip(begins.tolist(), parsed.stops[parsed.rows].tolist(), strict=True)
        view = memoryview(block.data)
        unit = _Unit(block, parsed, self._locators(block, begins), [sha256(view[a:b]).digest() for a, b in pairs])
        self._note(unit)
        return unit

    def _locators(self, block: Block, begins: Places) -> list[str]:
        which = np.searchsorted([m.at for m in block.marks], begins, "right") - 1
        raw = np.array([m.raw_offset for m in block.marks])[which].tolist()
        inner = (np.array([m.inner - m.at for m in block.marks])[which] + begins).tolist()
        name = self.piece.name
        return [locate(name, r, i) for r, i in zip(raw, inner, strict=True)]

    def _flush(self, units: list[_Unit]) -> Iterator[Harvest]:
        """A harvest of the documents of these blocks, then one of the rejects; at most ``left`` documents."""
        if units:
            batches = pa.concat_tables([u.parsed.table for u in units]).combine_chunks().to_batches()
            rows = Rows(
                locators=list(chain.from_iterable(u.locators for u in units)),
                spans=np.concatenate([(u.parsed.stops - u.parsed.starts)[u.parsed.rows] for u in units]),
                digests=list(chain.from_iterable(u.digests for u in units)),
            )
            account = drain(self.streamed)
            if batches:
                harvest = self.mapper.harvest(batches[0], rows, account, limit=self.left)
            else:
                harvest = self.mapper.nothing(account)
            self._settle(units, account)
            yield harvest
        if self.builder.account.rejects:
            yield self.builder.take()

    def _settle(self, units: list[_Unit], account: Account) -> None:
        """Reject the bad lines of these blocks, and count what belongs to no line; behind the limit nothing counts."""
        used = sum(len(u.block.data) for u in units)
        if self.left is not None:
            self.left -= account.documents
            unit = units[0]  # blocks come one by one where there is a limit
            if self.left == 0:
                used = int(unit.parsed.ends[unit.parsed.rows[account.documents + account.rejects - 1]])
                account.decoded_bytes -= len(unit.block.data) - used
        records = account.document_bytes + account.rejected_bytes
        for unit in units:
            for row, error in unit.parsed.bad:
                if unit.parsed.ends[row] <= used or len(units) > 1:
                    self._reject(unit, row, error)
                    records += int(unit.parsed.stops[row] - unit.parsed.starts[row])
        account.framing_bytes += used - records

    def _reject(self, unit: _Unit, row: int, error: BadLineError) -> None:
        block, start = unit.block, int(unit.parsed.starts[row])
        raw_offset, inner = block.place(start)
        reason = str(error)
        cut = (block.head_cut and row == 0) or (block.tail_cut and row == len(unit.parsed.ends) - 1)
        if cut:
            reason = f"bytes next to this line were lost, and what is left of it is no object: {reason}"
        long = error.rule == "max-document-bytes"
        self.builder.reject(
            rule="cut-line" if cut else error.rule,
            detail=f"{self._where(block.number + row, raw_offset, inner + error.at)}: {reason}",
            locator=locate(self.piece.name, raw_offset, inner),
            raw=block.data[start : unit.parsed.stops[row]],
            value=float(unit.parsed.stops[row] - start) if long else None,
            threshold=float(self.reading.max_document_bytes) if long else None,
        )

    def _reject_long(self, line: Line) -> None:
        most = self.reading.max_document_bytes
        self.builder.reject(
            rule="max-document-bytes",
            detail=f"{self._where(line.number, line.raw_offset, line.inner)}: {too_long(line.size, most)}",
            locator=line.locator(self.piece.name),
            span=line.size,
            value=float(line.size),
            threshold=float(most),
            text=line.data.decode("utf-8", "replace"),
        )
        self.builder.account.framing_bytes += line.ending

    def _where(self, number: int, raw_offset: int, inner: int) -> str:
        """The place for a person; lines are numbered only where the piece begins with the file."""
        line = f", line {number + 1:,}" if self.piece.start == 0 else ""
        frame = f" of what is packed at raw byte {raw_offset:,}" if raw_offset else ""
        return f"{self.piece.name}{line}, byte {inner:,}{frame}"

    def _note(self, unit: _Unit) -> None:
        """Keep what the warnings at the end will say."""
        table = unit.parsed.table
        self.lines += len(unit.parsed.rows)
        self.untyped.update(unit.parsed.untyped)
        self.seen |= {t for t in self.fields.others if t not in self.seen and table[t].null_count < len(table)}

    def _warnings(self) -> list[str]:
        name = self.piece.name
        said = [
            f"{name}: {n:,} values of {t!r} are no strings; taken as unknown" for t, n in sorted(self.untyped.items())
        ]
        for thing, groups in self.fields.others.items():
            wanted = self.columns.required.intersection(chain.from_iterable(groups))
            if wanted and thing not in self.seen and self.lines:
                said.append(f"{name}: none of {self.lines:,} lines has {', '.join(sorted(wanted))!r} ({thing})")
        return said
