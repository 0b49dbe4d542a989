"""WARC and ARC records out of decoded chunks: every byte is a record's, framing, or a reject with its reason.

A record is what its Content-Length says, checked against what follows: newlines and the next record, the end of its
gzip member, or the end of the file. Where that does not hold, the record ends where the next one starts and is handed
over with a ``problem``; so is one that damage or the file's end cut. A record is handed over as complete only when the
frame that holds its end was verified or went on behind it.

Formats: ISO 28500 (WARC 1.0, 1.1), Internet Archive ARC 1.0 and 2.0.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from ginbon.corpus.readers.files import RawFile
from ginbon.corpus.readers.streams import Chunk
from ginbon.corpus.readers.window import Place, Window

MAX_HEAD_BYTES: Final = 2**16
"""Longest head of a record."""

EXCERPT_BYTES: Final = 2_000
"""What is kept of bytes that are no record, and of records that are too large or have a wrong length."""

_ARC_LINE: Final = rb"[A-Za-z][A-Za-z0-9+.-]{0,20}:[^\s]{0,8000} [^\s]{1,100} [0-9]{8,20} [^\r\n]{1,1000}\r?\n"
_HEAD: Final = re.compile(rb"WARC/\d\.\d\r?\n|" + _ARC_LINE)
_NEXT: Final = re.compile(rb"\n(?=WARC/\d\.\d\r?\n|" + _ARC_LINE + rb")")
_HEAD_END: Final = re.compile(rb"\r?\n\r?\n")
_ENDS: Final = (b"\r\n\r\n", b"\n\n")
_KEPT: Final = 2**14  # of what is scanned: longer than any first line of a record
_LOOKED_AT: Final = 64  # newlines behind a record that are looked at


@dataclass(frozen=True)
class Problem:
    """Why a record becomes no document, whatever it holds."""

    rule: str
    detail: str
    value: float | None = None
    threshold: float | None = None


@dataclass(frozen=True)
class Record:
    """One record: its fields by lower-case name, its block, where it starts, and how many decoded bytes it takes.

    Newlines behind the block count as the record's. Fields of an ARC record have the names that WARC gives them. With a
    ``problem`` the block is what there is of it, or the first ``EXCERPT_BYTES`` of the whole record.
    """

    headers: dict[str, str]
    block: bytes
    place: Place
    span: int
    problem: Problem | None = None

    @property
    def type(self) -> str:
        """``response``, ``request``, ``warcinfo``...; ``arc_header`` for the first record of an ARC."""
        return self.headers.get("warc-type", "").lower()


class Archive(Window):
    """The records of a piece. ``framing`` counts the blank bytes between them."""

    def __init__(self, chunks: Iterator[Chunk], *, max_block_bytes: int) -> None:
        super().__init__(chunks, beyond=False)
        self.framing = 0
        self._max_block_bytes = max_block_bytes
        self._frames: deque[int] = deque()  # decoded offsets at which frames start
        self._sealed = 0  # all before this decoded offset is verified

    @property
    def unread(self) -> int:
        """Decoded bytes that came out of the chunks and were handed over to nobody: where reading stops early."""
        return len(self._data)

    def records(self) -> Iterator[Record]:
        """Every record that starts in the piece, in order."""
        while True:
            self._skip_blank()
            if self._data:
                yield self._next(self._place())
            elif self._lost:
                self._lost = False
            elif self._ended:
                return

    # ---- one record ------------------------------------------------------------------------------------------------

    def _next(self, place: Place) -> Record:
        """The record, or what else there is, at the start of the buffer."""
        while not self._first_line_is_there() and self._more():
            pass
        first = _HEAD.match(self._data)
        if first is None:
            return self._no_record(place, "no WARC or ARC record begins here")
        if not self._data.startswith(b"WARC/"):
            headers, length = _arc_fields(first[0])
            return self._read(place, headers, first.end(), length)
        while (end := _HEAD_END.search(self._data, first.end() - 2, MAX_HEAD_BYTES)) is None:
            if len(self._data) >= MAX_HEAD_BYTES:
                return self._no_record(place, f"the record's head has no end within {MAX_HEAD_BYTES:,} bytes")
            if not self._more():
                return self._cut(place, {}, "inside its head", None)
        headers = _warc_fields(bytes(self._data[first.end() : end.start()]))
        return self._read(place, headers, end.end(), headers.get("content-length", ""))

    def _first_line_is_there(self) -> bool:
        return self._data.find(b"\n", 0, MAX_HEAD_BYTES) >= 0 or len(self._data) >= MAX_HEAD_BYTES

    def _read(self, place: Place, headers: dict[str, str], head: int, length: str) -> Record:
        """The record whose head takes ``head`` bytes and names the block's length."""
        if not re.fullmatch(r"[0-9]{1,18}", length):
            return self._wrong_length(place, headers, head, None, f"its length is given as {length[:40]!r}")
        declared = int(length)
        if declared > self._max_block_bytes:
            return self._too_large(place, headers, head, declared)
        end = head + declared
        says = f"its length is given as {declared:,} bytes"
        while len(self._data) < end and self._frame_border(head, end) is None:
            if not self._more():
                if _NEXT.search(self._data, head - 1):
                    return self._wrong_length(place, headers, head, declared, says)
                there = f"{len(self._data) - head:,} of its {declared:,} bytes are there"
                return self._cut(place, headers, there, declared)
        if self._frame_border(head, end) is not None:
            return self._wrong_length(place, headers, head, declared, says)
        stop = self._behind_newlines(end)
        if self._lost and stop == len(self._data) and self._at + end > self._sealed:
            return self._cut(place, headers, "what holds its end is damaged", declared)
        if not self._well_ended(end, stop):
            return self._wrong_length(place, headers, head, declared, says)
        block = bytes(memoryview(self._data)[head:end])
        self._drop(stop)
        return Record(headers, block, place, stop)

    def _cut(self, place: Place, headers: dict[str, str], where: str, declared: int | None) -> Record:
        """All that is in the buffer: the record goes no further."""
        span = len(self._data)
        excerpt = bytes(self._data[:EXCERPT_BYTES])
        self._drop(span)
        detail = f"the record {_named(headers)}is cut: {where}"
        return Record(headers, excerpt, place, span, Problem("cut-record", detail, span, declared))

    def _wrong_length(
        self, place: Place, headers: dict[str, str], head: int, declared: int | None, says: str
    ) -> Record:
        excerpt, span = self._scan(head)
        detail = f"the record {_named(headers)}has a wrong length: {says}, what follows begins after {span - head:,}"
        return Record(headers, excerpt, place, span, Problem("record-length", detail, span - head, declared))

    def _too_large(self, place: Place, headers: dict[str, str], head: int, declared: int) -> Record:
        """The record is passed over by looking for the next one, for so large a length may be wrong."""
        excerpt, span = self._scan(head)
        detail = (
            f"the record {_named(headers)}has {declared:,} bytes by its head, {span - head:,} up to what follows; "
            f"at most {self._max_block_bytes:,} are read"
        )
        problem = Problem("max-document-bytes", detail, declared, self._max_block_bytes)
        return Record(headers, excerpt, place, span, problem)

    def _no_record(self, place: Place, why: str) -> Record:
        excerpt, span = self._scan(1)
        detail = f"{why}; {span:,} bytes up to the next record are no record"
        return Record({}, excerpt, place, span, Problem("not-a-record", detail, span))

    def _scan(self, start: int) -> tuple[bytes, int]:
        """Drop all up to the next start of a record behind ``start``: the first bytes of it, and how many they were."""
        excerpt = bytes(self._data[:EXCERPT_BYTES])
        dropped, begin = 0, start - 1
        while True:
            found = _NEXT.search(self._data, begin)
            border = self._frame_border(begin, len(self._data))
            if found or border is not None:
                stop = min(found.end() if found else len(self._data), len(self._data) if border is None else border)
                self._drop(stop)
                return excerpt, dropped + stop
            if not self._more():
                dropped += len(self._data)
                self._drop(len(self._data))
                return excerpt, dropped
            if len(self._data) > 2**22:
                passed = len(self._data) - _KEPT
                self._drop(passed)
                dropped, begin = dropped + passed, 0

    def _frame_border(self, after: int, before: int) -> int | None:
        """Where, between two places of the buffer, a frame starts that begins with a WARC record."""
        for offset in self._frames:
            place = offset - self._at
            if after < place < before and self._data.startswith(b"WARC/", place):
                return place
        return None

    def _behind_newlines(self, end: int) -> int:
        """The first place behind the newlines at ``end``; reads on only where the frame has not ended there."""
        stop = end
        while True:
            while stop < min(len(self._data), end + _LOOKED_AT) and self._data[stop] in b"\r\n":
                stop += 1
            whole = self._at + stop == self._sealed and self._data.startswith(_ENDS, end)
            if stop < len(self._data) or whole or not self._more():
                return stop

    def _well_ended(self, end: int, stop: int) -> bool:
        """Whether a block may end at ``end``: a blank line follows (a newline in an ARC), then a record or nothing.

        All of it may be missing where the frame ends. A length that is one too large takes the first of them.
        """
        newlines = bytes(self._data[end:stop])
        if stop >= len(self._data) or self._at + stop in self._frames or stop == 0:
            ends = _ENDS if self._data.startswith(b"WARC/") else b"\n"
            return not newlines or newlines.startswith(ends)
        while len(self._data) < stop + _KEPT and self._data.find(b"\n", stop) < 0 and self._more():
            pass
        following = _HEAD.match(self._data, stop)
        if following is None:
            return False
        return newlines.startswith(_ENDS if following[0].startswith(b"WARC/") else b"\n")

    # ---- the buffer ------------------------------------------------------------------------------------------------

    def _more(self) -> bool:
        """Append a chunk; false where nothing more belongs to what is in the buffer."""
        before = self._at + len(self._data)
        chunk = self._append()
        if chunk is None:
            return False
        if chunk.first:
            self._frames.append(before)
        if chunk.last:
            self._sealed = before + len(chunk.data)
        return True

    def _drop(self, count: int) -> None:
        del self._data[:count]
        self._at += count
        while self._frames and self._frames[0] < self._at:
            self._frames.popleft()

    def _skip_blank(self) -> None:
        """Pass newlines (and NULs, as disks pad) before a record."""
        while True:
            content = self._data.lstrip(b"\r\n\0")
            blank = len(self._data) - len(content)
            self._drop(blank)
            self.framing += blank
            if self._data or not self._more():
                return


def record_starts(file: RawFile, targets: Sequence[int]) -> list[int]:
    """The first record of a plain file at or behind each target, found by walking from head to head.

    Ends early where the walk meets a head that does not lead on: what is behind it is not cut.
    """
    starts: list[int] = []
    position = 0
    for target in targets:
        while position < target or (starts and position <= starts[-1]):
            head = file.at(position, _KEPT)
            first = _HEAD.match(head)
            if first is None:
                return starts
            if head.startswith(b"WARC/"):
                end = _HEAD_END.search(head, first.end() - 2)
                if end is None:
                    return starts
                begin, length = end.end(), _warc_fields(head[: end.start()]).get("content-length", "")
            else:
                begin, length = first.end(), _arc_fields(first[0])[1]
            if not re.fullmatch(r"[0-9]{1,18}", length):
                return starts
            position += begin + int(length)
            position += len(behind := file.at(position, _LOOKED_AT)) - len(behind.lstrip(b"\r\n"))
            if position >= file.size:
                return starts
        if _HEAD.match(file.at(position, _KEPT)) is None:
            return starts
        starts.append(position)
    return starts


def _warc_fields(head: bytes) -> dict[str, str]:
    """Header fields by lower-case name; of a repeated one the first. Folded lines are joined."""
    fields: dict[str, str] = {}
    for line in re.sub(rb"\r?\n[ \t]+", b" ", head).split(b"\n"):
        name, colon, value = line.partition(b":")
        if colon:
            fields.setdefault(_text(name).lower(), _text(value))
    return fields


def _arc_fields(line: bytes) -> tuple[dict[str, str], str]:
    """The fields of an ARC record under WARC's names, and its length: ``address IP date type [...] length``."""
    parts = _text(line).split(" ")
    kind = "arc_header" if parts[0].startswith("filedesc:") else "response"
    digits = parts[2]
    digits = digits[:14].ljust(14, "0")
    date = f"{digits[:4]}-{digits[4:6]}-{digits[6:8]}T{digits[8:10]}:{digits[10:12]}:{digits[12:]}Z"
    fields = {"warc-type": kind, "warc-target-uri": parts[0], "warc-date": date, "content-type": parts[3]}
    if kind == "response" and parts[0].lower().startswith("http"):
        fields["content-type"] = "application/http"
    return fields, parts[-1]


def _text(raw: bytes) -> str:
    return raw.strip().decode("utf-8", "replace")


def _named(headers: dict[str, str]) -> str:
    """What a message calls the record: its id, else its address, with a space behind it; empty where it has neither."""
    name = headers.get("warc-record-id") or headers.get("warc-target-uri") or ""
    return f"{name[:300]} " if name else ""
