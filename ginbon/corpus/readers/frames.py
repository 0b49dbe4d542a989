"""What every compression's module gives: frames, the decoder of one, and why decoding cannot go on.

A *frame* is what can be decoded alone: a gzip member, a bzip2 stream, an xz block (a whole xz stream where the file's
index is damaged), a Zstandard frame.
"""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass
from typing import Final, Protocol

from ginbon.corpus.readers.files import RawFile
from ginbon.errors import DamageError

MEMORY_LIMIT: Final = 2**27
"""Largest window (Zstandard) that is decoded, in bytes: the format's own advice, 128 MiB; xz gets twice that in all."""


class Broken(DamageError):  # noqa: N818 - a signal to the loop over frames
    """Decoding cannot go on: why, and where the next frame starts if that is known (else it is searched).

    ``at``: the place to report where no raw byte is lost.
    """

    def __init__(self, reason: str, *, resume: int | None = None, at: int | None = None) -> None:
        super().__init__(reason)
        self.resume, self.at = resume, at


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


def nul_to_the_end(file: RawFile, position: int) -> bool:
    """Whether nothing but NUL follows."""
    while position < file.size:
        block = file.at(position, 2**16)
        if block.strip(b"\0"):
            return False
        position += len(block)
    return True


def first_behind(targets: list[int], starts: list[int]) -> list[int]:
    """For each target the first start at or behind it, below the next target."""
    found = []
    for target, limit in zip(targets, [*targets[1:], 2**63], strict=True):
        at = bisect_left(starts, target)
        if at < len(starts) and starts[at] < limit:
            found.append(starts[at])
    return found
