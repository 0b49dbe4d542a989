"""Raw files as decoded chunks: plain, gz, bz2, xz and zst, by frame, from any planned place, losing nothing.

A *frame* is what can be decoded alone (gzip member, bzip2 stream, xz block, Zstandard frame; a plain file is one).
A frame belongs to the piece in which it starts. After damage, reading goes on at the next frame.

**Who counts which byte.** ``read_chunks`` counts ``raw_bytes``, ``intact_bytes`` and ``damaged_bytes`` of exactly the
raw bytes from ``piece.start`` to ``piece.stop``, and ``decoded_bytes`` and ``unprotected_bytes`` of every chunk that is
not ``beyond``. Records need not end where pieces do, so the consumer sets ``decoded_bytes`` right at the two borders:
it adds what it uses of chunks that are ``beyond``, and subtracts what it leaves at the head to the piece before (and
what it leaves unread, when it stops early). A record belongs to the piece in which it starts, so that over all pieces
of a file each raw byte and each decoded byte is counted once. ``lines.read_blocks`` does all of that for lines; a
consumer whose records never cross frames (WARC) stops at the first chunk that is ``beyond`` and has nothing to set
right.
"""

from __future__ import annotations

import itertools
import zlib
from collections.abc import Generator, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from ginbon.corpus.collector import Account, Damage, Reading
from ginbon.corpus.readers.codecs import CODECS, MAGIC, Broken, Bzip2, Codec, Frame
from ginbon.corpus.readers.files import RawFile
from ginbon.engine.extents import COMPRESSED_EXTENT_BYTES, EXTENT_BYTES, Extent, Piece, group

CHUNK_BYTES: Final = 2**20
"""Most decoded bytes in a chunk."""

JUDGED_BYTES: Final = 16 * 2**20
"""Decoded bytes of a frame from which on its ratio is judged: a few kilobytes of one letter are no bomb."""

_FIRST_INPUT: Final = 2**14
_INPUT: Final = 2**17


@dataclass(frozen=True, slots=True)
class Chunk:
    """Decoded bytes of one frame.

    ``raw_offset`` is where the frame starts in the raw file (0 for plain files), ``inner`` where ``data`` starts in the
    decoded frame (plain: in the file), ``decoded_offset`` the same within all that the piece gave (plain: in the file).
    ``last`` is set only where the frame ended and its checksum was right: only then is what it gave complete.

    After a loss comes a chunk with ``fresh`` set and no data: a record that was begun is cut, and a record that goes on
    in the next chunk lacks its beginning. If it is ``beyond`` too, the loss is counted by the next piece, and nothing
    more comes.
    """

    data: bytes
    raw_offset: int
    decoded_offset: int
    inner: int
    frame: int  # counts from 0 within the piece
    first: bool = False  # starts a frame
    last: bool = False  # ends a frame, verified
    fresh: bool = False  # bytes before it were lost
    beyond: bool = False  # past piece.stop: only to finish the record that began inside


def locate(name: str, raw_offset: int, inner: int) -> str:
    """The locator of a record: ``name#inner``, or ``name#raw_offset+inner`` where its frame starts later in the file.

    ``name#120`` is byte 120 of the content from the file's start; ``name#5000+120`` is byte 120 of the content of the
    frame that starts at raw byte 5,000. Depends on the file alone, never on how it was cut into extents.
    """
    return f"{name}#{raw_offset}+{inner}" if raw_offset else f"{name}#{inner}"


def compression_of(place: str | Path | bytes, *, name: str = "") -> str:
    """``plain``, ``gz``, ``bz2``, ``xz`` or ``zst``, of a file or of its first bytes.

    The magic bytes decide. Where there are none, the name decides for an empty file and for one that holds control
    bytes as text never does: a compressed file whose very first bytes are damaged.
    """
    if isinstance(place, bytes):
        head = place
    else:
        name = name or str(place)
        with RawFile(place) as file:
            head = file.peek(0, 4096)
    for kind, magic in MAGIC.items():
        if head.startswith(magic) and (kind != "bz2" or Bzip2.STARTS.match(head)):  # "BZh" alone may be text
            return kind
    if head[1:4] == b"\x2a\x4d\x18" and head[0] & 0xF0 == 0x50:
        return "zst"  # begins with a skippable frame
    suffix = name.rpartition(".")[2].lower()
    named = {"gzip": "gz", "bz2": "bz2", "zstd": "zst", "bgz": "gz"}.get(suffix, suffix)
    binary = any(byte < 9 or 13 < byte < 27 for byte in head)
    return named if named in CODECS and (binary or not head) else "plain"


def pieces(
    path: str,
    name: str,
    size: int,
    *,
    extent_bytes: int = EXTENT_BYTES,
    compressed_extent_bytes: int = COMPRESSED_EXTENT_BYTES,
    opening: tuple[bytes, ...] = (),
) -> list[Piece]:
    """Where one file can be cut: at any byte where it is plain, else at frame starts; at least one piece.

    gz and bz2 are cut at the first start found behind each multiple of the size aimed at, zst and xz by walking block
    headers or indexes; a file of one frame is one piece. ``opening`` is what every frame's content begins with, where
    the format says so (``(b"WARC/",)``): it keeps look-alikes apart. Of files that one piece holds, only the first
    bytes are read.
    """
    kind = compression_of(path, name=name)
    aim = extent_bytes if kind == "plain" else compressed_extent_bytes
    count = max(1, -(-size // aim))
    targets = [size * i // count for i in range(1, count)]
    if kind != "plain" and targets:
        with RawFile(path, planned=size) as file:
            targets = CODECS[kind](file, opening).cuts(targets)
    bounds = [0, *targets, size]
    return [Piece(path, name, a, b, size) for a, b in itertools.pairwise(bounds)]


def plan(
    source: str,
    files: list[tuple[str, str, int]],
    *,
    extent_bytes: int = EXTENT_BYTES,
    compressed_extent_bytes: int = COMPRESSED_EXTENT_BYTES,
    opening: tuple[bytes, ...] = (),
) -> list[Extent]:
    """Extents over files ``(path, name, size)`` in the order given: large files are cut, small ones share an extent.

    A compressed byte weighs as many plain ones as the two sizes aimed at say (four).
    """
    sizes = {"extent_bytes": extent_bytes, "compressed_extent_bytes": compressed_extent_bytes}

    def weighed() -> Iterator[tuple[Piece, float]]:
        for path, name, size in files:
            factor = 1.0 if compression_of(path, name=name) == "plain" else extent_bytes / compressed_extent_bytes
            for piece in pieces(path, name, size, **sizes, opening=opening):
                yield piece, (piece.stop - piece.start) * factor

    return group(source, weighed(), extent_bytes=extent_bytes)


def read_chunks(
    piece: Piece, *, reading: Reading, account: Account, opening: tuple[bytes, ...] = ()
) -> Generator[Chunk, None, None]:
    """The decoded bytes of a piece, then (``beyond``) those that follow it in the file, as long as they are asked for.

    Damage is put into ``account`` with its place and reading goes on at the next frame; so are frames that decode to
    more than ``reading.max_ratio`` times their size, and what comes after ``reading.max_decoded_bytes`` of a piece. At
    most two chunks, one input block and the decoder's window are held. The module's docstring says who counts what.
    """
    with RawFile(piece.path, planned=piece.size) as file:
        kind = compression_of(file.peek(0, 4096), name=piece.name)
        if kind == "plain":
            yield from _Plain(file, piece, account).chunks()
        else:
            yield from _Frames(file, piece, account, reading, CODECS[kind](file, opening)).chunks()


def drain(account: Account) -> Account:
    """What the account holds, as a new one; the account itself starts anew. For a harvest in the middle of a piece."""
    taken = replace(account)
    for name, value in vars(Account()).items():
        setattr(account, name, value)
    return taken


class _Counting:
    """Counts each raw byte of the piece once, in order: all below ``done`` are counted."""

    def __init__(self, file: RawFile, piece: Piece, account: Account) -> None:
        self.file, self.piece, self.account = file, piece, account
        self.done = piece.start
        self.decoded = 0

    def intact(self, until: int) -> None:
        count = max(0, min(until, self.piece.stop) - self.done)
        self.done += count
        self.account.raw_bytes += count
        self.account.intact_bytes += count

    def lost(self, start: int, until: int, reason: str, *, at: int | None = None) -> None:
        """Bytes from ``start`` to ``until`` are damage; those before are intact. ``at`` is reported where none are."""
        self.intact(start)
        count = max(0, min(until, self.piece.stop) - self.done)
        offset = self.done if count else min(start if at is None else at, self.piece.stop)
        self.account.damages.append(Damage(self.piece.name, offset, count, reason))
        self.done += count
        self.account.raw_bytes += count
        self.account.damaged_bytes += count

    def count(self, chunk: Chunk, *, protected: bool) -> Chunk:
        if not chunk.beyond:
            self.account.decoded_bytes += len(chunk.data)
            self.account.unprotected_bytes += 0 if protected else len(chunk.data)
        return chunk

    def missing(self) -> str:
        return f"the file is {self.file.size:,} bytes long; it was {self.piece.size:,} when the run was planned"


class _Plain(_Counting):
    def chunks(self) -> Iterator[Chunk]:
        offset, stop = self.piece.start, self.piece.stop
        while offset < self.file.size:
            beyond = offset >= stop
            data = self.file.at(offset, CHUNK_BYTES if beyond else min(CHUNK_BYTES, stop - offset))
            if not data:
                break
            ends = offset + len(data) == self.piece.size
            self.intact(offset + len(data))
            chunk = Chunk(data, 0, offset, offset, 0, first=offset == 0, last=ends, beyond=beyond)
            yield self.count(chunk, protected=False)
            offset += len(data)
        if offset < stop:
            self.lost(offset, stop, self.missing())
            yield Chunk(b"", 0, offset, offset, 0, fresh=True)


class _Frames(_Counting):
    """Goes through the frames of a compressed piece."""

    def __init__(self, file: RawFile, piece: Piece, account: Account, reading: Reading, codec: Codec) -> None:
        super().__init__(file, piece, account)
        self.reading, self.codec = reading, codec
        self.position = piece.start
        self.number = -1

    def chunks(self) -> Iterator[Chunk]:
        while self.position < self.file.size:
            beyond = self.position >= self.piece.stop
            sure = [self.position]  # all input below has given its output
            try:
                frame = self.codec.frame_at(self.position)
                self.position = frame.start
                beyond = frame.start >= self.piece.stop
                sure[0] = frame.start
                self.intact(frame.start)
                if frame.silent:
                    self._pass(frame)
                else:
                    yield from self._decode(frame, sure, beyond=beyond)
            except Broken as broken:
                yield self._lose(broken, sure[0], beyond=beyond)
                if beyond:
                    return
        if self.done < self.piece.stop:
            self.lost(self.done, self.piece.stop, self.missing())
            yield self._marker(beyond=False)

    def _pass(self, frame: Frame) -> None:
        assert frame.stop is not None
        if frame.note and frame.start < self.piece.stop:
            size = frame.stop - frame.start
            self.account.warnings.append(f"{self.piece.name}: {size:,} bytes of {frame.note} at byte {frame.start:,}")
        self.intact(frame.stop)
        self.position = frame.stop

    def _decode(self, frame: Frame, sure: list[int], *, beyond: bool) -> Iterator[Chunk]:
        """The chunks of one frame; sets ``position`` to its end, or raises ``Broken`` with ``sure`` set.

        One chunk is held back, for ``last`` is known only after the checksum.
        """
        self.number += 1
        self.frame, self.inner = frame, 0
        checksum = 0
        held: bytes | None = None
        try:
            for data in self._outputs(frame, sure, beyond=beyond):
                if held is not None:
                    yield self._chunk(held, last=False, beyond=beyond)
                held = data
                if self.codec.name == "gz":
                    checksum = zlib.crc32(data, checksum)
            sure[0] = self.file.size  # whatever is wrong from here on, all of the frame's input gave its output
            decoded = self.inner + len(held or b"")
            if frame.content is not None and frame.content != decoded:
                reason = f"{frame.content:,} bytes were to come out of the {self.codec.word}, it is {decoded:,}"
                raise Broken(reason, resume=frame.stop, at=frame.start)
            end = self.codec.seal(frame, self.position, checksum, decoded)
        except Broken:
            if held is not None:
                yield self._chunk(held, last=False, beyond=beyond)
            raise
        yield self._chunk(held or b"", last=True, beyond=beyond)
        self.intact(end)
        self.position = end

    def _outputs(self, frame: Frame, sure: list[int], *, beyond: bool) -> Iterator[bytes]:
        """What the decoder gives, until the frame's end; then ``position`` is where its input ended."""
        decoder = self.codec.decoder(frame)
        block, fed, size = frame.prefix, frame.body, _FIRST_INPUT
        end = self._border(frame, beyond=beyond)
        total, gave = 0, True
        while True:
            try:
                data = decoder.decompress(block, CHUNK_BYTES)
            except self.codec.errors as error:
                raise Broken(
                    f"the {self.codec.word} that starts at byte {frame.start:,} is damaged: {error}"
                ) from error
            if data:
                gave = True
                total += len(data)
                self._judge(total, max(fed - frame.start, 1), beyond=beyond)
                yield data
            if decoder.eof:
                self.position = fed - len(decoder.unused_data)
                return
            if not decoder.needs_input:
                block = b""
                continue
            if gave:
                sure[0] = fed
                self.intact(fed)
            if fed >= end:  # above it where a damaged header leads beyond
                break
            block = self.file.at(fed, min(size, end - fed))
            fed, size, gave = fed + len(block), min(2 * size, _INPUT), False
        if frame.stop is None or fed < frame.stop:
            where = f"the {self.codec.word} that starts at byte {frame.start:,}"
            if end == self.file.size:
                raise Broken(f"the file ends at byte {end:,}, inside {where}")
            raise Broken(f"{where} has not ended at byte {end:,}, where another one starts")
        self.position = fed

    def _border(self, frame: Frame, *, beyond: bool) -> int:
        """Where the frame's input ends at the latest: pieces end where another frame starts."""
        ends = [self.file.size] + ([] if frame.stop is None else [frame.stop]) + ([] if beyond else [self.piece.stop])
        return min(ends)

    def _judge(self, decoded: int, packed: int, *, beyond: bool) -> None:
        ratio, most = self.reading.max_ratio, self.reading.max_decoded_bytes
        if decoded > JUDGED_BYTES and decoded > ratio * packed:
            raise Broken(
                f"the {self.codec.word} that starts at byte {self.frame.start:,} gave {decoded:,} bytes for "
                f"{packed:,}, a ratio of {decoded // packed:,}; at most {ratio:,} is read"
            )
        total = self.decoded - self.inner + decoded
        if not beyond and total > most:
            came = self.position - self.piece.start + packed
            raise Broken(
                f"{total:,} bytes came out of {came:,}; at most {most:,} are read of a file",
                resume=max(self.piece.stop, self.position + 1),
            )

    def _lose(self, broken: Broken, sure: int, *, beyond: bool) -> Chunk:
        """Count the loss and go to the next frame's start, or to where the piece stops."""
        if not beyond:
            resume = broken.resume
            if resume is None:
                failed = max(sure, self.position)
                resume = self.codec.next_start(self.position, failed, self.piece.stop) or self.piece.stop
            reason = str(broken)
            if reason.startswith("no "):
                trailing = resume >= self.file.size and self.number >= 0
                reason += (
                    "; trailing bytes that belong to none" if trailing else f"; reading goes on at byte {resume:,}"
                )
            self.lost(min(sure, resume), resume, reason, at=broken.at)
            self.position = resume
        return self._marker(beyond=beyond)

    def _marker(self, *, beyond: bool) -> Chunk:
        return Chunk(b"", self.position, self.decoded, 0, max(self.number, 0), fresh=True, beyond=beyond)

    def _chunk(self, data: bytes, *, last: bool, beyond: bool) -> Chunk:
        chunk = Chunk(
            data,
            self.frame.start,
            self.decoded,
            self.inner,
            self.number,
            first=self.inner == 0,
            last=last,
            beyond=beyond,
        )
        self.decoded += len(data)
        self.inner += len(data)
        return self.count(chunk, protected=self.frame.protected)
