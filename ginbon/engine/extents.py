"""Extents: contiguous pieces of a source that one task can read alone.

Extents are planned once, from the inputs alone, so that the same recipe and input give the same bytes whatever the
number of workers, tasks, machines or interruptions.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any, Final

EXTENT_BYTES: Final = 64 * 2**20
"""Plain bytes that one extent aims at. Part of every extent's identity: raising it re-reads everything."""

COMPRESSED_EXTENT_BYTES: Final = 16 * 2**20
"""Compressed bytes that one extent aims at (text shrinks to about a quarter)."""


@dataclass(frozen=True)
class Piece:
    """A range of one file.

    ``path`` is where to open it; ``name`` is its path relative to the source's root, which locators and identities
    use, so that a moved folder changes nothing. ``start`` and ``stop`` count ``unit``: ``bytes`` of the raw
    (compressed) file, or ``row_groups`` (Parquet), ``rows`` or ``batches`` (Arrow), or ``shards`` (``path`` is the
    address of a whole file elsewhere, at a fixed commit: it is no local input and is not hashed). A record belongs
    to the piece in which it starts. ``size`` is the whole file's size in bytes when it was planned.
    """

    path: str
    name: str
    start: int
    stop: int
    size: int
    unit: str = "bytes"


@dataclass(frozen=True)
class Extent:
    """What one collect task reads: pieces of one source, in the order of (file, offset)."""

    source: str
    pieces: tuple[Piece, ...]

    @property
    def key(self) -> str:
        """``<source>-<12 hex>``: the same for the same places, whatever else the source holds."""
        places = [[p.name, p.start, p.stop, p.unit] for p in self.pieces]
        digest = hashlib.blake2b(json.dumps(places).encode("utf-8", "surrogateescape"), digest_size=6)
        return f"{self.source}-{digest.hexdigest()}"

    @property
    def raw_bytes(self) -> int:
        """Bytes that the task is expected to read (whole files for units other than bytes are shared by rows)."""
        return sum(p.stop - p.start if p.unit == "bytes" else p.size for p in self.pieces)

    def to_json(self) -> dict[str, Any]:
        """Plain values for `plan.json`."""
        return asdict(self)

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> Extent:
        """The inverse of ``to_json``."""
        return cls(source=value["source"], pieces=tuple(Piece(**p) for p in value["pieces"]))


def group_files(source: str, files: list[tuple[str, str, int]]) -> list[Extent]:
    """Extents over whole files ``(path, name, size)`` in the order given: small files share an extent."""
    return group(source, ((Piece(path, name, 0, size, size), size) for path, name, size in files))


def group(source: str, weighed: Iterable[tuple[Piece, float]], *, extent_bytes: int = EXTENT_BYTES) -> list[Extent]:
    """Extents over pieces in the order given, each with the plain bytes that it stands for.

    An extent closes when the next piece would take it past ``extent_bytes``; a heavier piece has one of its own.
    """
    extents: list[Extent] = []
    held: list[Piece] = []
    total = 0.0
    for piece, weight in weighed:
        if held and total + weight > extent_bytes:
            extents.append(Extent(source, tuple(held)))
            held, total = [], 0.0
        held.append(piece)
        total += weight
    return [*extents, Extent(source, tuple(held))] if held else extents
