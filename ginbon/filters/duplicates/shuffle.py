"""The shuffle: hashes of all sketches are put together by ranges, so that equal ones meet in one task of ``match``.

A task writes the hashes of some document parts to one file, range after range; how many of each range is among its
facts. So sketches are read once, and what is read again is only what a task compares.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from ginbon.corpus import parquet
from ginbon.engine.parts import digest, read_parts
from ginbon.engine.stage import Result, Task, Work
from ginbon.filters.duplicates import sketch
from ginbon.filters.duplicates.hashing import Hashes, splitmix
from ginbon.filters.duplicates.numbering import DocumentPart, Numbers, document_parts, grouped, of_a_task

SHUFFLED: Final = "clusters/shuffled"

HASHES_A_TASK: Final = 8_000_000
"""Hashes that one task holds, at 16 bytes each and as much again while they are put in order: 260 MB."""

MANY_TASKS: Final = 64
"""Where there would be more tasks than these, each holds up to four times as many hashes instead (1 GB), since a range
is read from every file."""

SHUFFLED_HASH: Final = pa.schema([("hash", pa.uint64()), ("document", pa.int64())])


@dataclass(frozen=True)
class Keys:
    """What two documents must share to be compared: the exact hash, one of so many bands, the address."""

    exact: bool = True
    bands: int = 14
    url: bool = False

    def __len__(self) -> int:
        """Hashes of a document, at most."""
        return self.exact + self.bands + self.url

    def hashes(self, folder: Path, part: DocumentPart) -> Iterator[tuple[Hashes, Numbers]]:
        """Hashes of one kind each, with the numbers of their documents; equal ones of different kinds never meet."""
        columns = [sketch.EXACT] * self.exact + [sketch.BANDS] * bool(self.bands) + [sketch.URL] * self.url
        first = part.first
        for batch in parquet.read_batches(folder / part.file("sketches").path, columns):
            numbers = np.arange(first, first + batch.num_rows, dtype=np.int64)
            first += batch.num_rows
            yield from self.of_batch(batch, numbers)

    def of_batch(self, batch: pa.RecordBatch, numbers: Numbers) -> Iterator[tuple[Hashes, Numbers]]:
        """The same of sketches in memory."""
        if self.exact:
            exact = batch.column(sketch.EXACT)
            yield splitmix(_words(exact.drop_null(), 2)[:, 0], 0), numbers[_known(exact)]
        if self.bands:
            bands = batch.column(sketch.BANDS)
            known = numbers[_known(bands)]
            values = bands.drop_null().flatten().to_numpy().reshape(-1, self.bands)
            for band in range(self.bands):
                yield splitmix(values[:, band], band + 1), known
        if self.url:
            url = batch.column(sketch.URL)
            yield splitmix(url.drop_null().to_numpy(), 1 << 20), numbers[_known(url)]


@dataclass(frozen=True)
class Shuffle:
    """The stage ``shuffle``; it has no task where all hashes fit one range."""

    keys: Keys
    name: str = "shuffle"
    outputs: tuple[str, ...] = (SHUFFLED,)

    def fingerprint(self) -> dict[str, Any]:
        """Which kinds of hashes are compared."""
        return {"revision": 1, **vars(self.keys)}

    def tasks(self, folder: Path) -> list[Task]:
        """A task for so many document parts, in order, as make a task's worth of hashes."""
        parts = document_parts(folder)
        number = ranges(sum(p.rows for p in parts) * len(self.keys))
        if number == 1:
            return []
        room = _a_task(sum(p.rows for p in parts) * len(self.keys))
        groups = grouped(parts, lambda p: p.rows * len(self.keys), room)
        return [self._task(i, group, number) for i, group in enumerate(groups)]

    def _task(self, i: int, parts: list[DocumentPart], number: int) -> Task:
        return Task(
            f"group-{i:05d}",
            {"sketches": digest([p.file("sketches").sha256 for p in parts])},
            {"parts": [p.name for p in parts], "first": parts[0].first, "ranges": number},
            size=sum(p.file("sketches").bytes for p in parts),
        )

    def run(self, task: Task, work: Work) -> Result:
        """Write the hashes of the task's parts in the order of their ranges."""
        wanted = set(task.arguments["parts"])
        number = task.arguments["ranges"]
        hashes: list[Hashes] = []
        numbers: list[Numbers] = []
        for part in (p for p in document_parts(work.folder) if p.name in wanted):
            for h, n in self.keys.hashes(work.folder, part):
                hashes.append(h)
                numbers.append(n)
            work.advance(documents=part.rows, bytes=part.file("sketches").bytes)
        counts = self._write(work, task, join(hashes, np.uint64), join(numbers, np.int64), number)
        return Result(facts={"counts": counts.tolist()})

    def _write(self, work: Work, task: Task, hashes: Hashes, numbers: Numbers, number: int) -> Numbers:
        of = range_of(hashes, number)
        order = np.argsort(of, kind="stable")
        counts = np.bincount(of, minlength=number)
        rows = pa.table([pa.array(hashes), pa.array(numbers)], schema=SHUFFLED_HASH)
        write_ranges(work, f"{SHUFFLED}/{task.key}.parquet", rows, order, counts)
        return counts


def shuffled(folder: Path, index: int) -> Iterator[tuple[Hashes, Numbers]]:
    """The hashes of one range with their documents, a file at a time."""
    for batch in read_range(folder, "shuffle", index):
        yield batch.column("hash").to_numpy(), batch.column("document").to_numpy()


def write_ranges(work: Work, path: str, rows: pa.Table, order: Numbers, counts: Numbers) -> None:
    """Write rows in an order, so many to a row group: each is one range."""
    stop = 0
    with work.write(path) as file, parquet.Writer(file, rows.schema, rows=1 << 40) as writer:
        for count in counts.tolist():
            mine, stop = order[stop : stop + count], stop + count
            for batch in rows.take(pa.array(mine)).to_batches():
                writer.write(batch)
            writer.end_group()


def read_range(folder: Path, stage: str, index: int) -> Iterator[pa.RecordBatch]:
    """What a stage's tasks wrote of one range, a file at a time; their fact ``counts`` has the rows of every range."""
    for part in read_parts(folder, stage):
        stops = np.cumsum(part.facts["counts"])
        start = int(stops[index - 1]) if index else 0
        yield from parquet.read_rows(folder / part.files[0].path, start, int(stops[index]))


def hashes_in(folder: Path, keys: Keys, index: int, of: int) -> Iterator[tuple[Hashes, Numbers]]:
    """The hashes of one range of ``of`` with their documents, a piece at a time."""
    if of > 1:
        yield from shuffled(folder, index)
    else:  # nothing was shuffled
        for part in document_parts(folder):
            yield from keys.hashes(folder, part)


def range_of(hashes: Hashes, number: int) -> Numbers:
    """Which of ``number`` ranges of equal width each hash is in."""
    return ((hashes >> np.uint64(32)) * np.uint64(number) >> np.uint64(32)).astype(np.int64)


def ranges(hashes: int) -> int:
    """Into how many ranges so many hashes are cut."""
    return max(1, -(-hashes // _a_task(hashes)))


def _a_task(hashes: int) -> int:
    """How many of so many hashes one task holds."""
    return of_a_task(hashes, HASHES_A_TASK, MANY_TASKS)


def join(arrays: list[npt.NDArray[Any]], kind: type) -> npt.NDArray[Any]:
    """One array of them all; the list is emptied as it is copied, so that little is held twice."""
    joined: npt.NDArray[Any] = np.empty(sum(map(len, arrays)), kind)
    stop = len(joined)
    while arrays:
        part = arrays.pop()
        joined[stop - len(part) : stop] = part
        stop -= len(part)
    return joined


def _known(array: pa.Array) -> npt.NDArray[np.bool_]:
    known: npt.NDArray[np.bool_] = pc.is_valid(array).to_numpy(zero_copy_only=False)
    return known


def _words(array: pa.Array, width: int) -> Hashes:
    """Fixed-size binary values as rows of 64-bit words."""
    data = np.frombuffer(array.buffers()[1], np.uint8)
    start = array.offset * width * 8
    return data[start : start + len(array) * width * 8].view(np.uint64).reshape(-1, width)
