"""Sorted runs of counts on the disk, merged a batch of each at a time: an external merge sort that adds up.

A run is counts in their order, in Arrow's stream format, each batch of one language and source. Where so many runs of a
level have come together they become one of the next, so that few are ever open.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import IO, Final

import numpy as np
import pyarrow as pa

from ginbon.engine.files import told_as_surroundings
from ginbon.tokenizers.counts.arrays import Stratum, numbers
from ginbon.tokenizers.counts.columns import unnamed
from ginbon.tokenizers.counts.counts import Counts

MEMORY: Final = 2_000_000_000

_BATCH_BYTES: Final = 2**20
_SCHEMA: Final = pa.schema([("pre_token", pa.large_binary()), ("count", pa.uint64())])
_PACKED: Final = pa.ipc.IpcWriteOptions(compression="lz4")


@dataclass(frozen=True)
class Bounds:
    """How much memory counts may take, in bytes; ``folder`` is where the rest waits on the disk, in sorted runs.

    ``at_once`` runs are merged at once.
    """

    folder: Path
    memory: int = MEMORY
    at_once: int = 32

    @property
    def batch_bytes(self) -> int:
        """Bytes of a batch of a run, so that a batch of each fits the memory while they are merged."""
        return max(min(_BATCH_BYTES, self.memory // (8 * self.at_once)), 1)

    def holds(self, counts: Counts) -> bool:
        """Whether counts are small enough to be worked on in memory."""
        return counts.size_bytes <= self.memory // 4


@dataclass(frozen=True)
class Run:
    """A file of batches, and the language and source of each."""

    file: IO[bytes]
    strata: tuple[Stratum, ...]

    @classmethod
    def of(cls, rows: Iterable[Counts], bounds: Bounds) -> Run:
        """Counts that come in their order, written."""
        file, strata = unnamed(bounds.folder), []
        sink = pa.PythonFile(file, "w")
        with (
            told_as_surroundings(bounds.folder / "counts"),
            pa.ipc.new_stream(sink, _SCHEMA, options=_PACKED) as stream,
        ):
            for block in rows:
                for piece in _of_one_stratum(block, bounds.batch_bytes):
                    strata.append(piece.strata[piece.marks[0]])
                    stream.write_batch(pa.record_batch([piece.column, pa.array(piece.counts)], schema=_SCHEMA))
        file.flush()
        return cls(file, tuple(strata))


def _of_one_stratum(rows: Counts, most: int) -> Iterator[Counts]:
    """The rows in pieces of about so many bytes, of one language and source each."""
    for block in rows.blocks(most):
        cuts = np.flatnonzero(np.diff(block.marks)) + 1
        for first, end in pairwise([0, *cuts.tolist(), len(block)]):
            yield block.slice(first, end)


class _Cursor:
    """What of a run is still to be merged: the rest of a batch, then the batches behind it."""

    def __init__(self, run: Run) -> None:
        run.file.seek(0)
        self._run, self._stream, self._batch = run, pa.ipc.open_stream(pa.PythonFile(run.file, "r")), 0
        self.stratum: Stratum | None = None
        self._next()

    def _next(self) -> None:
        if self._batch == len(self._run.strata):
            self.stratum = None
            self._run.file.close()
            return
        batch = self._stream.read_next_batch()
        self.stratum = self._run.strata[self._batch]
        self._batch += 1
        self._column, self._counts = batch["pre_token"], numbers(batch["count"], np.uint64)
        self.last: bytes = self._column[-1].as_py()

    def take(self, stratum: Stratum, bound: bytes) -> Counts:
        """The rows up to a pre-token, which go."""
        first, end = 0, len(self._column)
        if self.last > bound:
            while first < end:
                middle = (first + end) // 2
                first, end = (middle + 1, end) if self._column[middle].as_py() <= bound else (first, middle)
        taken = Counts.of_stratum(self._column[:end], self._counts[:end], stratum)
        if end == len(self._column):
            self._next()
        else:
            self._column, self._counts = self._column[end:], self._counts[end:]
        return taken


def merged(runs: Sequence[Run]) -> Iterator[Counts]:
    """Rows of all, in their order and added up; a piece at a time, of one language and source each. Runs are used up.

    A pre-token up to the first one that ends a batch is in no batch behind those that are held.
    """
    cursors = [_Cursor(run) for run in runs]
    while live := [cursor for cursor in cursors if cursor.stratum is not None]:
        stratum = min(cursor.stratum for cursor in live if cursor.stratum is not None)
        here = [cursor for cursor in live if cursor.stratum == stratum]
        bound = min(cursor.last for cursor in here)
        taken = [cursor.take(stratum, bound) for cursor in here]
        yield Counts.merge(taken) if len(taken) > 1 else taken[0]


class Runs:
    """The runs of one sum; several threads may add to them."""

    def __init__(self, bounds: Bounds) -> None:
        self.bounds = bounds
        self._levels: list[list[Run]] = []
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return sum(map(len, self._levels))

    def add(self, rows: Iterable[Counts]) -> None:
        """One more, of rows in their order."""
        run = Run.of(rows, self.bounds)
        with self._lock:
            self._put(0, run)

    def _put(self, level: int, run: Run) -> None:
        if level == len(self._levels):
            self._levels.append([])
        self._levels[level].append(run)
        if len(self._levels[level]) == self.bounds.at_once:
            self._lift(level)

    def _lift(self, level: int) -> None:
        """Make one run of the next level of all in this."""
        lower, self._levels[level] = self._levels[level], []
        self._put(level + 1, Run.of(merged(lower), self.bounds))

    def merged(self) -> Iterator[Counts]:
        """All rows, in their order and added up; the runs are used up."""
        for level in range(len(self._levels)):
            if len(self) > self.bounds.at_once and self._levels[level]:
                self._lift(level)
        runs = [run for level in self._levels for run in level]
        self._levels = []
        yield from merged(runs)
