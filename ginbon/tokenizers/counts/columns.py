"""Counts on the disk: rows that are written as they come, in order, and then read as arrays that take no memory."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import IO, Any, Final

import numpy as np
from numpy.typing import NDArray

from ginbon.engine.files import told_as_surroundings
from ginbon.tokenizers.counts.arrays import Stratum
from ginbon.tokenizers.counts.counts import Counts

_KINDS: Final[dict[str, Any]] = {"offsets": np.int64, "data": np.uint8, "marks": np.int32, "counts": np.uint64}


def unnamed(folder: Path) -> IO[bytes]:
    """A file without a name on a folder's disk: it is gone when it is closed, or whoever opened it is killed."""
    with told_as_surroundings(folder / "counts"):
        return tempfile.TemporaryFile(dir=folder)


class Columns:
    """The columns of counts, each a file without a name in ``folder``."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._files = {name: unnamed(folder) for name in _KINDS}
        self._strata: list[Stratum] = []
        self._last: tuple[Stratum, bytes] | None = None
        self._put("offsets", np.zeros(1, np.int64))
        self._bytes = 0

    def add(self, rows: Counts) -> bool:
        """Put ordered rows behind those that are there; gives whether they belong there, and does nothing if not."""
        if not len(rows):
            return True
        first = rows.strata[rows.marks[0]], rows.column[0].as_py()
        if self._last is not None and first <= self._last:
            return False
        self._last = rows.strata[rows.marks[-1]], rows.column[-1].as_py()
        places = np.zeros(len(rows.strata), np.int32)
        for mark in np.unique(rows.marks).tolist():
            if self._strata[-1:] != [rows.strata[mark]]:
                self._strata.append(rows.strata[mark])
            places[mark] = len(self._strata) - 1
        self._put("offsets", rows.offsets[1:] - rows.offsets[0] + self._bytes)
        self._put("data", rows.data[rows.offsets[0] : rows.offsets[-1]])
        self._put("marks", places[rows.marks])
        self._put("counts", rows.counts)
        self._bytes += int(rows.offsets[-1] - rows.offsets[0])
        return True

    def _put(self, name: str, values: NDArray[Any]) -> None:
        with told_as_surroundings(self._folder / "counts"):
            self._files[name].write(np.ascontiguousarray(values, _KINDS[name]).data)

    def counts(self) -> Counts:
        """All rows. The disk keeps them as long as these are in use; nothing is added after."""
        found: list[Any] = []
        for name, kind in _KINDS.items():
            with self._files[name] as file, told_as_surroundings(self._folder / "counts"):
                file.flush()
                size = file.tell() // np.dtype(kind).itemsize
                found.append(np.asarray(np.memmap(file, kind, "r", shape=size)) if size else np.zeros(0, kind))
        offsets, data, marks, counts = found
        return Counts(offsets, data, marks, counts, tuple(self._strata))
