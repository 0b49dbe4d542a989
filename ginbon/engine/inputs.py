"""Inputs from outside the run folder: hashed as they are read, recognised on later runs.

Unchanged size, times and inode stand for unchanged bytes; any difference leads to a comparison of hashes, and
``verify`` compares always. So a copied or touched file costs one reading, and a changed byte is never missed.
"""

from __future__ import annotations

import os
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from ginbon.engine.files import hash_ranges, surroundings_error
from ginbon.errors import SurroundingsError


@dataclass(frozen=True)
class FileRange:
    """Bytes ``start`` to ``stop`` of a file; ``name`` identifies it wherever its folder lies."""

    path: str
    name: str
    start: int
    stop: int


@dataclass(frozen=True)
class Seen:
    """A range as it was when a task read it. Times are nanoseconds; ``sha256`` is of the range's bytes."""

    name: str
    start: int
    stop: int
    size: int
    mtime_ns: int
    ctime_ns: int
    inode: int
    sha256: str

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return asdict(self)


_hashes: dict[tuple[object, ...], str] = {}  # in this process: one reading of a file that several tasks share


def see(reads: tuple[FileRange, ...]) -> list[Seen]:
    """The ranges as they are now, with their hashes."""
    return [_see(r) for r in reads]


def _see(r: FileRange) -> Seen:
    try:
        stat = Path(r.path).stat()
        key = (r.path, r.start, r.stop, *_marks(stat))
        if key not in _hashes:
            _hashes[key] = hash_ranges(Path(r.path), [(r.start, r.stop)])
    except OSError as error:
        raise surroundings_error(error, Path(r.path)) from error
    return Seen(r.name, r.start, r.stop, *_marks(stat), sha256=_hashes[key])


def _marks(stat: os.stat_result) -> tuple[int, int, int, int]:
    return stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns, stat.st_ino


def check_still(reads: tuple[FileRange, ...], seen: list[Seen]) -> None:
    """Raise ``SurroundingsError`` if a file changed while a task was reading it."""
    for r, s in zip(reads, seen, strict=True):
        if _marks(Path(r.path).stat()) != (s.size, s.mtime_ns, s.ctime_ns, s.inode):
            raise SurroundingsError(
                f"{r.path} was changed while it was being read. Nothing made from it was kept; when it has come to "
                "rest, run the same command again."
            )


def unchanged(reads: tuple[FileRange, ...], seen: list[Seen], *, verify: bool) -> tuple[bool, list[Seen]]:
    """Whether the ranges hold what a task saw, and how they look now (to be remembered where only times differ)."""
    if [(r.name, r.start, r.stop) for r in reads] != [(s.name, s.start, s.stop) for s in seen]:
        return False, seen
    now = []
    for r, s in zip(reads, seen, strict=True):
        try:
            marks = _marks(Path(r.path).stat())
            if not verify and marks == (s.size, s.mtime_ns, s.ctime_ns, s.inode):
                now.append(s)
            elif (found := _see(r)).sha256 == s.sha256:
                now.append(found)
            else:
                return False, seen
        except (OSError, SurroundingsError):
            return False, seen
    return True, now
