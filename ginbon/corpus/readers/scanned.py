"""gzip members and bzip2 streams: frames that are found by scanning for their starts, from anywhere in a file.

Sources: RFC 1952; bzip2's format was never written down and is taken from its reference decoder's behaviour.
"""

from __future__ import annotations

import bz2
import re
import zlib
from collections.abc import Iterator
from typing import Final

from ginbon.corpus.readers.files import RawFile
from ginbon.corpus.readers.frames import Broken, Decoder, Frame, nul_to_the_end

_PROBE: Final = 4096


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
        if head[:3] != b"\x1f\x8b\x08" or (len(head) > 3 and head[3] & 0xE0):
            if head[:1] == b"\0" and nul_to_the_end(self.file, position):
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
                at=frame.start,
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
