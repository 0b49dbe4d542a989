"""Zstandard frames, found by walking block headers. Source: RFC 8878."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Final

from ginbon.corpus.readers.files import RawFile
from ginbon.corpus.readers.frames import MEMORY_LIMIT, Broken, Decoder, Frame

_MAGIC: Final = b"\x28\xb5\x2f\xfd"


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
        if head[:4] != _MAGIC:
            if len(head) >= 8 and head[1:4] == b"\x2a\x4d\x18" and head[0] & 0xF0 == 0x50:
                stop = position + 8 + int.from_bytes(head[4:8], "little")
                if stop > self.file.size:
                    raise Broken("the file ends inside a skippable zst frame", resume=self.file.size)
                return Frame(position, stop, stop=stop, silent=True)
            if position + len(head) == self.file.size and _MAGIC.startswith(head):
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
        magic = re.compile(re.escape(_MAGIC))
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
        header = _zstd_header(head) if head[:4] == _MAGIC else None
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
