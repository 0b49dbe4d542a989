"""Whole lines out of chunks: blocks of them for speed, or one by one; every byte accounted for.

Lines end at LF; a CR before it belongs to the line end, and nothing else ends a line (JSON may hold U+2028). The last
line of a file may lack its end.

Which piece a line belongs to: **a piece with start > 0 leaves everything up to and with its first line end to the
pieces before, and a piece reads on past its stop up to and with the first line end there.** So a line that starts
exactly at a cut belongs to the piece before it, and no piece needs to see the byte before its start, which is in
another frame. After damage the rule starts anew: what follows belongs to the piece that saw the damage.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from ginbon.corpus.collector import Account, Reading
from ginbon.corpus.readers.streams import Chunk, locate, read_chunks
from ginbon.corpus.schema import EXCERPT_BYTES
from ginbon.engine.extents import Piece

BLOCK_BYTES: Final = 2**20
"""What a block of lines aims at: larger ones cost memory (8 MiB: 546 MiB at the peak, 1 MiB: 126), and gain nothing."""


@dataclass(frozen=True, slots=True)
class Line:
    """A line without its end.

    ``data`` is an excerpt where ``size`` is above ``max_document_bytes``: such a line is never held. ``ending`` is how
    many bytes end it (0 to 2). ``cut``: bytes directly before or after it were lost, so it may lack its beginning or
    its end.
    """

    data: bytes
    size: int  # bytes of the whole line, without its end
    ending: int
    raw_offset: int  # of the frame in which it starts (plain: 0)
    inner: int  # where it starts in the decoded frame (plain: in the file)
    decoded_offset: int  # where it starts in all that the piece decodes to (plain: in the file)
    number: int  # counts from 0 within the piece
    cut: bool = False

    @property
    def oversize(self) -> bool:
        """Whether ``data`` is but an excerpt."""
        return self.size > len(self.data)

    @property
    def span(self) -> int:
        """Bytes of the line with its end."""
        return self.size + self.ending

    def locator(self, name: str) -> str:
        """Where it is, whatever the extents are."""
        return locate(name, self.raw_offset, self.inner)


@dataclass(frozen=True, slots=True)
class Mark:
    """From byte ``at`` of a block on, bytes come from the frame at ``raw_offset``, there from byte ``inner`` on."""

    at: int
    raw_offset: int
    inner: int


@dataclass(frozen=True, slots=True)
class Block:
    """Whole lines with their ends, about ``BLOCK_BYTES``; more where a line is longer.

    The last line may lack its end: at the file's end, or before a loss (``tail_cut``). ``head_cut``: bytes directly
    before the first line were lost. Lines longer than ``limit`` bytes become excerpts in ``lines``.
    """

    data: bytes
    decoded_offset: int
    number: int  # of the first line, within the piece
    count: int  # of lines
    marks: tuple[Mark, ...]
    limit: int
    head_cut: bool = False
    tail_cut: bool = False

    def place(self, at: int) -> tuple[int, int]:
        """(raw_offset, inner) of the byte ``at``."""
        for mark in reversed(self.marks):
            if mark.at <= at:
                return mark.raw_offset, mark.inner + at - mark.at
        raise IndexError(f"byte {at} is before the block's first frame")

    def lines(self) -> Iterator[Line]:
        """Its lines, one by one."""
        at, number, size = 0, self.number, len(self.data)
        marks, mark = [*self.marks[1:], Mark(size + 1, 0, 0)], self.marks[0]
        upcoming = iter(marks)
        following = next(upcoming)
        while at < size:
            while at >= following.at:
                mark, following = following, next(upcoming)
            end = self.data.find(b"\n", at)
            stop = size if end < 0 else end
            ending = 0 if end < 0 else 1
            if ending and stop > at and self.data[stop - 1] == 13:
                stop, ending = stop - 1, 2
            cut = (self.head_cut and at == 0) or (self.tail_cut and stop + ending == size)
            kept = stop if stop - at <= self.limit else at + min(EXCERPT_BYTES, self.limit)
            yield Line(
                data=self.data[at:kept],
                size=stop - at,
                ending=ending,
                raw_offset=mark.raw_offset,
                inner=mark.inner + at - mark.at,
                decoded_offset=self.decoded_offset + at,
                number=number,
                cut=cut,
            )
            at, number = stop + ending, number + 1


def read_lines(piece: Piece, *, reading: Reading, account: Account) -> Generator[Line, None, None]:
    """The lines that start in a piece, in order. Bytes are counted into ``account`` (see ``streams``).

    The sum of ``line.span`` is what ``account.decoded_bytes`` grows by, also for a consumer that stops early and closes
    the iterator: what was read ahead is given back then.
    """
    with closing(read_blocks(piece, reading=reading, account=account)) as blocks:
        for block in blocks:
            if isinstance(block, Line):
                yield block
                continue
            used = 0
            try:
                for line in block.lines():
                    used += line.span
                    yield line
            finally:
                account.decoded_bytes -= len(block.data) - used


def read_blocks(
    piece: Piece, *, reading: Reading, account: Account, block_bytes: int = BLOCK_BYTES
) -> Generator[Block | Line, None, None]:
    """The lines that start in a piece, as blocks; a line above ``max_document_bytes`` comes alone, as an excerpt.

    Memory: a block, a line of at most ``max_document_bytes``, two chunks.
    """
    if piece.start == piece.stop:
        return
    gatherer = _Gatherer(block_bytes=block_bytes, limit=reading.max_document_bytes)
    skipping = piece.start > 0  # the head is the pieces' before
    with closing(read_chunks(piece, reading=reading, account=account)) as chunks:
        try:
            for chunk in chunks:
                if chunk.fresh:
                    gatherer.flush(cut=True)
                    skipping = False
                begin, stop, ends = 0, len(chunk.data), False
                if skipping:
                    if chunk.beyond:
                        return
                    end = chunk.data.find(b"\n") + 1
                    begin, skipping = (end, False) if end else (stop, True)
                    account.decoded_bytes -= begin
                if chunk.beyond:
                    end = chunk.data.find(b"\n") + 1
                    stop, ends = (end, True) if end else (stop, False)
                    account.decoded_bytes += stop
                gatherer.add(chunk, begin, stop)
                while gatherer.ready:
                    yield gatherer.ready.pop(0)
                if ends:
                    break
            gatherer.flush(cut=False)
            while gatherer.ready:
                yield gatherer.ready.pop(0)
        finally:
            account.decoded_bytes -= gatherer.unused


class _Gatherer:
    """Turns chunks into blocks; holds at most a block and a line. What became whole is put into ``ready``."""

    def __init__(self, *, block_bytes: int, limit: int) -> None:
        self.block_bytes, self.limit = block_bytes, limit
        self.ready: list[Block | Line] = []
        self.parts: list[bytes] = []
        self.held = 0  # bytes in parts, or bytes of the long line that is passed over
        self.open = 0  # bytes of the last line, which has no end yet
        self.marks: list[Mark] = []
        self.offset = 0  # decoded offset of the first byte held
        self.number = 0
        self.fresh = False
        self.long: Line | None = None  # the line being passed over
        self.returned = False  # its last byte so far is CR

    @property
    def unused(self) -> int:
        """Bytes that came in and were not taken out."""
        return self.held + sum(r.span if isinstance(r, Line) else len(r.data) for r in self.ready)

    def add(self, chunk: Chunk, begin: int, stop: int) -> None:
        """Take bytes ``begin`` to ``stop`` of a chunk."""
        if self.long is not None:
            begin = self._pass_over(chunk.data, begin, stop)
        if begin == stop:
            return
        data = chunk.data if begin == 0 and stop == len(chunk.data) else chunk.data[begin:stop]
        if not self.parts:
            self.offset, self.marks = chunk.decoded_offset + begin, []
        if not self.marks or self.marks[-1].raw_offset != chunk.raw_offset:
            self.marks.append(Mark(self.held, chunk.raw_offset, chunk.inner + begin))
        self.parts.append(data)
        self.held += len(data)
        last = data.rfind(b"\n") + 1
        self.open = len(data) - last if last else self.open + len(data)
        whole = self.held - self.open
        too_long = self.open > self.limit + 1  # the last byte may be the CR of a line end
        if whole >= self.block_bytes or (whole and too_long):
            self._make_block(whole)
        if too_long:
            self._begin_long()

    def flush(self, *, cut: bool) -> None:
        """Take no more: the file ends here, or (``cut``) bytes after it are lost."""
        if self.long is not None:
            self._end_long(0, cut=cut)
        elif self.held:
            self._make_block(self.held, cut=cut)
        self.fresh = cut

    def _make_block(self, whole: int, *, cut: bool = False) -> None:
        data, rest = _split(self.parts, self.held - whole)
        inside, later = _split_marks(self.marks, whole)
        block = Block(
            data=data,
            decoded_offset=self.offset,
            number=self.number,
            count=_line_ends(data) + (not data.endswith(b"\n")),
            marks=inside,
            limit=self.limit,
            head_cut=self.fresh,
            tail_cut=cut,
        )
        self.ready.append(block)
        self.parts, self.marks = ([rest] if rest else []), later
        self.held = self.open = len(rest)
        self.offset += whole
        self.fresh = False
        self.number += block.count

    def _begin_long(self) -> None:
        data, mark = b"".join(self.parts), self.marks[0]
        self.long = Line(
            data=data[: min(EXCERPT_BYTES, self.limit)],
            size=0,
            ending=0,
            raw_offset=mark.raw_offset,
            inner=mark.inner,
            decoded_offset=self.offset,
            number=self.number,
            cut=self.fresh,
        )
        self.parts, self.open, self.fresh = [], 0, False
        self.returned = data.endswith(b"\r")

    def _pass_over(self, data: bytes, begin: int, stop: int) -> int:
        """Go through bytes of the long line; gives where those behind it begin."""
        end = data.find(b"\n", begin, stop) + 1
        self.held += (end or stop) - begin
        if not end:
            self.returned = data[stop - 1] == 13 if stop > begin else self.returned
            return stop
        before = data[end - 2] == 13 if end - 2 >= begin else self.returned
        self._end_long(1 + before)
        return end

    def _end_long(self, ending: int, *, cut: bool = False) -> None:
        assert self.long is not None
        line = replace(self.long, size=self.held - ending, ending=ending, cut=self.long.cut or cut)
        self.ready.append(line)
        self.long, self.held = None, 0
        self.number += 1


def _line_ends(data: bytes) -> int:
    return int(np.count_nonzero(np.frombuffer(data, np.uint8) == 10))  # four times as fast as data.count


def _split(parts: list[bytes], excess: int) -> tuple[bytes, bytes]:
    """The parts joined, without their last ``excess`` bytes, and these; large parts are copied once at most."""
    if excess > len(parts[-1]):
        joined = b"".join(parts)
        return joined[:-excess], joined[-excess:]
    last = parts[-1]
    kept = len(last) - excess
    if len(parts) == 1 and not excess:
        return last, b""
    return b"".join([*parts[:-1], memoryview(last)[:kept]]), last[kept:]


def _split_marks(marks: list[Mark], at: int) -> tuple[tuple[Mark, ...], list[Mark]]:
    """The marks of a block of ``at`` bytes, and those of what follows it."""
    inside = tuple(m for m in marks if m.at < at)
    later = [Mark(m.at - at, m.raw_offset, m.inner) for m in marks if m.at >= at]
    if not later or later[0].at > 0:
        over = inside[-1]
        later.insert(0, Mark(0, over.raw_offset, over.inner + at - over.at))
    return inside, later
