"""Bytes of a raw file by offset: exact reads, and a search that never holds more than a window."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from ginbon.errors import SurroundingsError

WINDOW: Final = 2**20


class RawFile:
    """A file opened for reading by offset; ``size`` is what it holds now, but never more than ``planned``.

    Raises ``SurroundingsError`` where the file cannot be opened or read: that is no damage of the input, and the same
    command may succeed later.
    """

    def __init__(self, path: str | Path, *, planned: int | None = None) -> None:
        self.path = str(path)
        try:
            self._fd = os.open(self.path, os.O_RDONLY | getattr(os, "O_CLOEXEC", 0))
        except OSError as error:
            raise self._unreadable("open", error) from error
        size = os.fstat(self._fd).st_size
        self.size = size if planned is None else min(size, planned)
        self._window = b""
        self._window_at = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        os.close(self._fd)

    def at(self, offset: int, count: int) -> bytes:
        """Exactly ``count`` bytes from ``offset``; fewer only where the file ends."""
        count = min(count, self.size - offset)
        if count <= 0:
            return b""
        if count >= WINDOW:
            return self._read(offset, count)
        begin = offset - self._window_at
        if begin < 0 or begin + count > len(self._window):
            self._window, self._window_at, begin = self._read(offset, min(WINDOW, self.size - offset)), offset, 0
        return self._window[begin : begin + count]

    def peek(self, offset: int, count: int) -> bytes:
        """The same for a few bytes here and there: reads only these, and leaves the window alone."""
        return self._read(offset, max(0, min(count, self.size - offset)))

    def search(self, pattern: re.Pattern[bytes], start: int, stop: int, *, longest: int) -> Iterator[int]:
        """Offsets in [start, stop) at which ``pattern``, at most ``longest`` bytes long, matches; overlaps included.

        A match may reach past ``stop``. Speed is that of ``re``: 1-3 GB/s.
        """
        offset = start
        while offset < min(stop, self.size):
            block = self._read(offset, min(4 * WINDOW, stop - offset + longest, self.size - offset))
            new = len(block) if offset + len(block) >= self.size else len(block) - longest + 1
            found = pattern.search(block)
            while found and found.start() < new:
                if offset + found.start() >= stop:
                    return
                yield offset + found.start()
                found = pattern.search(block, found.start() + 1)
            offset += max(new, 1)

    def _read(self, offset: int, count: int) -> bytes:
        parts = []
        while count > 0:
            try:
                part = os.pread(self._fd, count, offset)
            except OSError as error:
                raise self._unreadable(f"read byte {offset:,} of", error) from error
            if not part:
                break
            parts.append(part)
            offset += len(part)
            count -= len(part)
        return parts[0] if len(parts) == 1 else b"".join(parts)

    def _unreadable(self, verb: str, error: OSError) -> SurroundingsError:
        return SurroundingsError(
            f"cannot {verb} {self.path}: {error.strerror or error}. "
            "Make the file readable and run the same command again; what is done stays done."
        )
