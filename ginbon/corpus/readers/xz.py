"""xz blocks, found by the index at the end of each stream. Source: the .xz file format 1.2.1."""

from __future__ import annotations

import lzma
import re
import zlib
from bisect import bisect_left, bisect_right
from typing import Final

from ginbon.corpus.readers.files import RawFile
from ginbon.corpus.readers.frames import MEMORY_LIMIT, Broken, Decoder, Frame, first_behind, nul_to_the_end

_MAGIC: Final = b"\xfd7zXZ\x00"


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
        if head[:6] == _MAGIC and len(head) == 12:
            return Frame(position, position, protected=bool(head[7] & 15))
        if head and _MAGIC.startswith(head[:6]) and position + len(head) == self.file.size:
            raise Broken("the file ends inside an xz stream's header", resume=self.file.size)
        if head[:1] == b"\0" and nul_to_the_end(self.file, position):
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
        starts = self.file.search(re.compile(re.escape(_MAGIC)), frame + 1, stop, longest=6)
        heads = ((s, self.file.peek(s + 6, 6)) for s in starts)
        return next((s for s, head in heads if head[2:] == zlib.crc32(head[:2]).to_bytes(4, "little")), None)

    def cuts(self, targets: list[int]) -> list[int]:
        return first_behind(targets, self._starts)

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
        if header[:6] != _MAGIC or header[6:8] != footer[8:10]:
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
