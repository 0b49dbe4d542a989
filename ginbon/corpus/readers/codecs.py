"""What is particular to each compression: where a frame starts, how it is checked, how the next one is found.

A *frame* is what can be decoded alone: a gzip member, a bzip2 stream, an xz block (a whole xz stream where the file's
index is damaged), a Zstandard frame. Formats: RFC 1952 (gzip), RFC 8878 (Zstandard), the .xz file format 1.2.1; bzip2's
was never written down and is taken from its reference decoder's behaviour.
"""

from __future__ import annotations

import bz2
import lzma
import re
import zlib
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final, Protocol

from ginbon.corpus.readers.files import RawFile
from ginbon.errors import DamageError

MEMORY_LIMIT: Final = 2**27
"""Largest window (Zstandard) that is decoded, in bytes: the format's own advice, 128 MiB; xz gets twice that in all."""

MAGIC: Final = {"gz": b"\x1f\x8b\x08", "bz2": b"BZh", "xz": b"\xfd7zXZ\x00", "zst": b"\x28\xb5\x2f\xfd"}

_PROBE: Final = 4096


class Broken(DamageError):  # noqa: N818 - a signal to the loop over frames
    """Decoding cannot go on: why, and where the next frame starts if that is known (else it is searched)."""

    def __init__(self, reason: str, *, resume: int | None = None) -> None:
        super().__init__(reason)
        self.resume = resume


@dataclass(frozen=True)
class Frame:
    """Where a frame starts and what the decoder is fed: ``prefix``, then the file's bytes from ``body`` on.

    ``stop`` and ``content`` (decoded bytes) are set where known beforehand. ``silent`` frames hold no content:
    skippable frames, indexes, padding; their ``stop`` is always known.
    """

    start: int
    body: int
    stop: int | None = None
    prefix: bytes = b""
    content: int | None = None
    protected: bool = True  # the format holds a checksum of the content
    silent: bool = False
    note: str = ""


class Decoder(Protocol):
    """The incremental decoders of ``bz2``, ``lzma`` and ``zstd``; ``_Inflate`` gives ``zlib`` the same face."""

    @property
    def eof(self) -> bool: ...
    @property
    def needs_input(self) -> bool: ...
    @property
    def unused_data(self) -> bytes: ...

    def decompress(self, data: bytes, max_length: int) -> bytes: ...


class Codec(Protocol):
    """One compression over one open file."""

    name: str
    word: str  # what this format calls a frame
    errors: tuple[type[Exception], ...]

    def frame_at(self, position: int) -> Frame:
        """The frame at ``position`` or the first one after it across bytes that are structure; else ``Broken``."""
        ...

    def decoder(self, frame: Frame) -> Decoder: ...

    def seal(self, frame: Frame, end: int, checksum: int, decoded: int) -> int:
        """Check what follows the decoder's end; gives where the frame ends, or raises ``Broken``."""
        ...

    def next_start(self, frame: int, failed: int, stop: int) -> int | None:
        """The next frame's start below ``stop`` after the frame at ``frame`` failed at ``failed``."""
        ...

    def cuts(self, targets: list[int]) -> list[int]:
        """Frame starts at or behind the targets, ascending and distinct, below the next target."""
        ...


class _Inflate:
    """``zlib``'s raw inflate with the interface of the others."""

    def __init__(self) -> None:
        self._zlib = zlib.decompressobj(-zlib.MAX_WBITS)
        self.eof = False
        self.needs_input = True
        self.unused_data = b""

    def decompress(self, data: bytes, max_length: int) -> bytes:
        tail = self._zlib.unconsumed_tail
        out = self._zlib.decompress(tail + data if tail else data, max_length)
        self.eof = self._zlib.eof
        self.unused_data = self._zlib.unused_data
        self.needs_input = not self.eof and not self._zlib.unconsumed_tail and len(out) < max_length
        return out


class _Scanned:
    """What gzip and bzip2 share: a frame can be entered by finding its start from anywhere in the file."""

    def __init__(self, file: RawFile) -> None:
        self.file = file

    def _starts(self, start: int, stop: int) -> Iterator[int]:
        raise AssertionError("each codec has its own")  # pragma: no cover

    def cuts(self, targets: list[int]) -> list[int]:
        found = []
        for target, limit in zip(targets, [*targets[1:], self.file.size], strict=True):
            found += [s for s in (next(self._starts(target, limit), None),) if s is not None]
        return found


def _nul_to_the_end(file: RawFile, position: int) -> bool:
    while position < file.size:
        block = file.at(position, 2**16)
        if block.strip(b"\0"):
            return False
        position += len(block)
    return True


class Gzip(_Scanned):
    """Members; CRC-32 and size of each are checked by us, so that all bytes are delivered where only they are wrong.

    A look-alike inside a stored block can be a true gzip member of its own (a WARC record holding a .gz): ``opening``,
    what every member of the file begins with, tells them apart (``b"WARC/"``: 0 false and 0 missed of 14,621).
    """

    name, word = "gz", "gzip member"
    errors: tuple[type[Exception], ...] = (zlib.error,)
    _START = re.compile(rb"\x1f\x8b\x08[\x00-\x1f]....[\x00\x02\x04][\x00-\x0d\xff]", re.DOTALL)

    def __init__(self, file: RawFile, opening: tuple[bytes, ...] = ()) -> None:
        super().__init__(file)
        self.opening = opening

    def frame_at(self, position: int) -> Frame:
        head = self.file.at(position, 10)
        if head[:3] != MAGIC["gz"] or (len(head) > 3 and head[3] & 0xE0):
            if head[:1] == b"\0" and _nul_to_the_end(self.file, position):
                return Frame(position, self.file.size, stop=self.file.size, silent=True, note="NUL padding")
            raise Broken("no gzip member starts here")
        if len(head) < 10:
            raise Broken("the file ends inside a gzip member's header", resume=self.file.size)
        return Frame(position, self._body(position, head[3]))

    def _body(self, position: int, flags: int) -> int:
        body = position + 10
        if flags & 4:
            body += 2 + int.from_bytes(self.file.at(body, 2), "little")
        for flag in (8, 16):  # file name, comment: each ends at a NUL
            if flags & flag:
                end = next(self.file.search(re.compile(rb"\0"), body, body + 2**16, longest=1), None)
                if end is None:
                    raise Broken("a gzip member's header has a name that does not end")
                body = end + 1
        if flags & 2:
            found = int.from_bytes(self.file.at(body, 2), "little")
            if found != zlib.crc32(self.file.at(position, body - position)) & 0xFFFF:
                raise Broken("a gzip member's header does not match its checksum")
            body += 2
        return body

    def decoder(self, frame: Frame) -> Decoder:
        return _Inflate()

    def seal(self, frame: Frame, end: int, checksum: int, decoded: int) -> int:
        trailer = self.file.at(end, 8)
        if len(trailer) < 8:
            raise Broken(
                f"the file ends inside the gzip member that starts at byte {frame.start:,}", resume=self.file.size
            )
        if trailer != checksum.to_bytes(4, "little") + (decoded & 0xFFFFFFFF).to_bytes(4, "little"):
            raise Broken(
                f"the gzip member that starts at byte {frame.start:,} decodes to {decoded:,} bytes with checksum "
                f"{checksum:08x}, its trailer says {int.from_bytes(trailer[:4], 'little'):08x} for "
                f"{int.from_bytes(trailer[4:], 'little'):,} bytes; all of it was delivered, some of it is wrong",
                resume=end + 8,
            )
        return end + 8

    def next_start(self, frame: int, failed: int, stop: int) -> int | None:
        return next(self._starts(max(frame + 1, failed), stop), None)

    def _starts(self, start: int, stop: int) -> Iterator[int]:
        return (c for c in self.file.search(self._START, start, stop, longest=10) if self._inflates(c))

    def _inflates(self, position: int) -> bool:
        try:
            body = self._body(position, self.file.peek(position + 3, 1)[0])
            decoder = _Inflate()
            out = decoder.decompress(self.file.peek(body, _PROBE), 16 * _PROBE)
        except (Broken, zlib.error):
            return False
        return not self.opening or out.startswith(self.opening)


class Bzip2(_Scanned):
    """Streams; every block has a CRC-32 that the decoder checks. A start is ten bytes long: no false hit in 60 MB."""

    name, word = "bz2", "bzip2 stream"
    errors: tuple[type[Exception], ...] = (OSError, EOFError, ValueError)
    STARTS = re.compile(rb"BZh[1-9](?:1AY&SY|\x17\x72\x45\x38\x50\x90)")

    def __init__(self, file: RawFile, opening: tuple[bytes, ...] = ()) -> None:
        super().__init__(file)

    def frame_at(self, position: int) -> Frame:
        head = self.file.at(position, 10)
        if len(head) < 10 and head[:4] == b"BZh9"[: len(head)]:
            raise Broken("the file ends inside a bzip2 stream's header", resume=self.file.size)
        if not self.STARTS.match(head):
            raise Broken("no bzip2 stream starts here")
        return Frame(position, position)

    def decoder(self, frame: Frame) -> Decoder:
        return bz2.BZ2Decompressor()

    def seal(self, frame: Frame, end: int, checksum: int, decoded: int) -> int:
        return end

    def next_start(self, frame: int, failed: int, stop: int) -> int | None:
        return next(self._starts(frame + 1, stop), None)

    def _starts(self, start: int, stop: int) -> Iterator[int]:
        return self.file.search(self.STARTS, start, stop, longest=10)


class Xz:
    """Blocks by the index at the end of each stream; where that cannot be read, whole streams from the front."""

    name, word = "xz", "xz block"
    errors: tuple[type[Exception], ...] = (lzma.LZMAError, EOFError, ValueError)

    def __init__(self, file: RawFile, opening: tuple[bytes, ...] = ()) -> None:
        self.file = file
        self.frames = self._table()
        self._starts = [f.start for f in self.frames or ()]
        if self.frames is None:
            self.word = "xz stream"

    def frame_at(self, position: int) -> Frame:
        if self.frames is not None:
            at = bisect_left(self._starts, position)
            if at < len(self.frames):
                return self.frames[at]
            return Frame(position, self.file.size, stop=self.file.size, silent=True)
        head = self.file.at(position, 12)
        if head[:6] == MAGIC["xz"] and len(head) == 12:
            return Frame(position, position, protected=bool(head[7] & 15))
        if head and MAGIC["xz"].startswith(head[:6]) and position + len(head) == self.file.size:
            raise Broken("the file ends inside an xz stream's header", resume=self.file.size)
        if head[:1] == b"\0" and _nul_to_the_end(self.file, position):
            return Frame(position, self.file.size, stop=self.file.size, silent=True)
        raise Broken("no xz stream starts here")

    def decoder(self, frame: Frame) -> Decoder:
        return lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=2 * MEMORY_LIMIT)

    def seal(self, frame: Frame, end: int, checksum: int, decoded: int) -> int:
        return end

    def next_start(self, frame: int, failed: int, stop: int) -> int | None:
        if self.frames is not None:
            at = bisect_right(self._starts, frame)
            return self._starts[at] if at < len(self._starts) and self._starts[at] < stop else None
        # from the frame on, for a damaged one can swallow those that follow; the header's CRC-32 makes a hit sure
        starts = self.file.search(re.compile(re.escape(MAGIC["xz"])), frame + 1, stop, longest=6)
        heads = ((s, self.file.peek(s + 6, 6)) for s in starts)
        return next((s for s, head in heads if head[2:] == zlib.crc32(head[:2]).to_bytes(4, "little")), None)

    def cuts(self, targets: list[int]) -> list[int]:
        return _first_behind(targets, self._starts)

    def _table(self) -> list[Frame] | None:
        frames: list[Frame] = []
        position = self.file.size
        while position:
            stream = self._stream_before(position)
            if stream is None:
                return None
            blocks, position = stream
            frames = blocks + frames
        return frames

    def _stream_before(self, end: int) -> tuple[list[Frame], int] | None:
        """The blocks of the stream that ends at ``end`` (padding may follow it), and where it starts."""
        while end >= 4 and self.file.peek(end - 4, 4) == b"\0\0\0\0":
            end -= 4
        footer = self.file.peek(end - 12, 12) if end >= 32 else b""
        if footer[10:] != b"YZ" or zlib.crc32(footer[4:10]) != int.from_bytes(footer[:4], "little"):
            return None
        index_bytes = (int.from_bytes(footer[4:8], "little") + 1) * 4
        index = self.file.peek(end - 12 - index_bytes, index_bytes) if index_bytes <= end - 24 else b""
        if index[:1] != b"\0" or zlib.crc32(index[:-4]) != int.from_bytes(index[-4:], "little"):
            return None
        sizes = _index_records(index)
        total = sum(-(-packed // 4) * 4 for packed, _ in sizes)
        start = end - 12 - index_bytes - total - 12
        header = self.file.peek(start, 12) if start >= 0 else b""
        if header[:6] != MAGIC["xz"] or header[6:8] != footer[8:10]:
            return None
        blocks, at = [], start + 12
        for packed, content in sizes:
            stop = at + -(-packed // 4) * 4
            blocks.append(Frame(at, at, stop=stop, prefix=header, content=content, protected=bool(header[7] & 15)))
            at = stop
        return blocks, start


def _index_records(index: bytes) -> list[tuple[int, int]]:
    """(packed bytes without padding, decoded bytes) of every block, from an index whose checksum was right."""
    numbers, number, shift = [], 0, 0
    for byte in index[1:-4]:
        number |= (byte & 0x7F) << shift
        shift += 7
        if not byte & 0x80:
            numbers.append(number)
            number = shift = 0
    count = numbers[0]
    return list(zip(numbers[1 : 2 * count + 1 : 2], numbers[2 : 2 * count + 2 : 2], strict=True))


def _first_behind(targets: list[int], starts: list[int]) -> list[int]:
    found = []
    for target, limit in zip(targets, [*targets[1:], 2**63], strict=True):
        at = bisect_left(starts, target)
        if at < len(starts) and starts[at] < limit:
            found.append(starts[at])
    return found


def zstd() -> Any:
    """The standard library's Zstandard (Python 3.14), or its backport; no other binding is ever used.

    (``zstandard`` gives half a cut file as if whole.)
    """
    try:
        from compression import zstd as module
    except ImportError:
        from backports import zstd as module
    return module


class Zstandard:
    """Frames. They cannot be found by scanning (frames nest in raw blocks), so block headers are walked instead.

    Only where the walk fails, in a frame whose headers are damaged, a start is searched: one whose own blocks lead to
    the end of the file or to another frame, sixteen frames far.
    """

    name, word = "zst", "zst frame"

    def __init__(self, file: RawFile, opening: tuple[bytes, ...] = ()) -> None:
        self.file = file
        self._zstd = zstd()
        self.errors: tuple[type[Exception], ...] = (self._zstd.ZstdError, EOFError, ValueError)

    def frame_at(self, position: int) -> Frame:
        head = self.file.at(position, 18)
        if head[:4] != MAGIC["zst"]:
            if len(head) >= 8 and head[1:4] == b"\x2a\x4d\x18" and head[0] & 0xF0 == 0x50:
                stop = position + 8 + int.from_bytes(head[4:8], "little")
                if stop > self.file.size:
                    raise Broken("the file ends inside a skippable zst frame", resume=self.file.size)
                return Frame(position, stop, stop=stop, silent=True)
            if position + len(head) == self.file.size and MAGIC["zst"].startswith(head):
                raise Broken("the file ends inside a zst frame's header", resume=self.file.size)
            raise Broken("no zst frame starts here")
        header = _zstd_header(head)
        if header is None:
            if len(head) < 18:
                raise Broken("the file ends inside a zst frame's header", resume=self.file.size)
            raise Broken("a zst frame's header is not valid")
        if header.window > MEMORY_LIMIT:
            raise Broken(
                f"a zst frame needs a window of {header.window:,} bytes, at most {MEMORY_LIMIT:,} are given; "
                "compress it again without --ultra --long",
            )
        return Frame(position, position, protected=header.checksum)

    def decoder(self, frame: Frame) -> Decoder:
        limit = self._zstd.DecompressionParameter.window_log_max
        made: Decoder = self._zstd.ZstdDecompressor(options={limit: MEMORY_LIMIT.bit_length() - 1})
        return made

    def seal(self, frame: Frame, end: int, checksum: int, decoded: int) -> int:
        return end

    def next_start(self, frame: int, failed: int, stop: int) -> int | None:
        end = self._walk(frame)
        if end is not None and (end == self.file.size or self._walk(end) is not None):
            return end if end < stop else None
        magic = re.compile(re.escape(MAGIC["zst"]))
        starts = self.file.search(magic, max(frame + 1, failed), stop, longest=4)
        return next((s for s in starts if self._leads_on(s)), None)

    def cuts(self, targets: list[int]) -> list[int]:
        starts, position, wanted = [], 0, 0
        while wanted < len(targets) and position < self.file.size:
            if position >= targets[wanted]:
                starts.append(position)
                while wanted < len(targets) and targets[wanted] <= position:
                    wanted += 1
            end = self._walk(position)
            if end is None:
                end = self.next_start(position, position, self.file.size)
            if end is None:
                break
            position = end
        return starts

    def _leads_on(self, position: int) -> bool:
        for _ in range(16):
            end = self._walk(position)
            if end is None:
                return False
            if end == self.file.size:
                break
            position = end
        return True

    def _walk(self, position: int) -> int | None:
        """Where the frame at ``position`` ends, by its block headers; None where they are not valid."""
        head = self.file.peek(position, 18)
        if len(head) >= 8 and head[1:4] == b"\x2a\x4d\x18" and head[0] & 0xF0 == 0x50:
            end = position + 8 + int.from_bytes(head[4:8], "little")
            return end if end <= self.file.size else None
        header = _zstd_header(head) if head[:4] == MAGIC["zst"] else None
        if header is None:
            return None
        at = position + header.length
        largest = min(header.window, 2**17)
        while True:
            block = int.from_bytes(self.file.peek(at, 3), "little")
            kind, size = block >> 1 & 3, block >> 3
            if kind == 3 or (kind != 1 and size > largest) or at + 3 > self.file.size:
                return None
            at += 3 + (1 if kind == 1 else size)
            if block & 1:
                break
        at += 4 * header.checksum
        return at if at <= self.file.size else None


@dataclass(frozen=True)
class _ZstdHeader:
    length: int
    window: int
    checksum: bool


def _zstd_header(head: bytes) -> _ZstdHeader | None:
    """The header of a frame from its first 18 bytes (or all that there are); None where it is not valid."""
    if len(head) < 6:
        return None
    descriptor = head[4]
    single = bool(descriptor & 0x20)
    id_bytes = (0, 1, 2, 4)[descriptor & 3]
    size_bytes = (int(single), 2, 4, 8)[descriptor >> 6]
    length = 5 + (not single) + id_bytes + size_bytes
    if descriptor & 8 or len(head) < length:
        return None
    if single:
        window = int.from_bytes(head[length - size_bytes : length], "little") + (256 if size_bytes == 2 else 0)
    else:
        window = (1 << 10 + (head[5] >> 3)) // 8 * (8 + (head[5] & 7))
    return _ZstdHeader(length=length, window=window, checksum=bool(descriptor & 4))


CODECS: Final[dict[str, type[Gzip] | type[Bzip2] | type[Xz] | type[Zstandard]]] = {
    "gz": Gzip,
    "bz2": Bzip2,
    "xz": Xz,
    "zst": Zstandard,
}
