"""The decoded bytes that a reader of records looks at, and where in the file they come from."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass

from ginbon.corpus.readers.streams import Chunk


@dataclass(frozen=True)
class Place:
    """Where a record starts, as ``streams.locate`` takes it."""

    raw_offset: int
    inner: int


class Window:
    """Holds the bytes from the first that no record has taken to the last that was read, for a reader to build on.

    ``_at`` is the decoded offset of the first of them; ``_lost``: what follows them was lost; ``_ended``: nothing
    follows. With ``beyond`` it reads on into later pieces, to finish a record that began in this one.
    """

    def __init__(self, chunks: Iterator[Chunk], *, beyond: bool) -> None:
        self._chunks, self._beyond = chunks, beyond
        self._data = bytearray()
        self._at = 0
        self._origins: deque[tuple[int, Place]] = deque()  # where chunks begin: decoded offset, place
        self._lost = self._ended = False

    def _append(self) -> Chunk | None:
        """Read a chunk; null where nothing more belongs to what is held."""
        if self._ended or self._lost:
            return None
        chunk = next(self._chunks, None)
        if chunk is None or (chunk.beyond and (chunk.fresh or not self._beyond)):
            self._ended = True
            return None
        if chunk.fresh:
            self._lost = True
            return None
        self._origins.append((self._at + len(self._data), Place(chunk.raw_offset, chunk.inner)))
        self._data += chunk.data
        return chunk

    def _place(self) -> Place:
        """Where the first byte stands."""
        while len(self._origins) > 1 and self._origins[1][0] <= self._at:
            self._origins.popleft()
        offset, place = self._origins[0]
        return Place(place.raw_offset, place.inner + self._at - offset)
