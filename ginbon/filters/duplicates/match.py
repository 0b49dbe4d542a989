"""Which documents look alike: equal normalised texts, or an equal band of MinHash values.

A task looks at one range of hashes of all sketches, so that the memory of a task is bounded whatever the corpus' size.
Of the documents that share a hash, each is paired with the first: enough for clusters, and linear in their number.

Source: Broder 1997 (MinHash), Leskovec et al., Mining of Massive Datasets, ch. 3 (banding); parameters as in datatrove.
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
from ginbon.engine.parts import digest
from ginbon.engine.stage import Result, Task, Work
from ginbon.filters.duplicates.members import splitmix
from ginbon.filters.duplicates.numbering import DocumentPart, Numbers, document_parts

MATCHES: Final = "clusters/matches"
_HASHES_A_TASK: Final = 8_000_000
"""Hashes that one task sorts, at 32 bytes each: 260 MB."""

_MANY_TASKS: Final = 64
"""Every task reads all sketches: where there would be more tasks than these, each sorts up to four times as many hashes
instead (1 GB)."""

_SCHEMA: Final = pa.schema([("first", pa.int64()), ("other", pa.int64())])

Hashes = npt.NDArray[np.uint64]


@dataclass(frozen=True)
class Match:
    """The stage ``match``. ``bands`` 0 looks for exact duplicates only; ``exact`` False for near ones only."""

    exact: bool
    bands: int
    name: str = "match"
    outputs: tuple[str, ...] = (MATCHES,)

    def fingerprint(self) -> dict[str, Any]:
        """Which kinds of hashes are compared."""
        return {"revision": 1, "exact": self.exact, "bands": self.bands}

    def tasks(self, folder: Path) -> list[Task]:
        """One task for each range of hashes; how many depends on the number of documents alone."""
        parts = document_parts(folder)
        number = _ranges(sum(p.rows for p in parts) * (self.bands + self.exact))
        sketches = digest([p.file("sketches").sha256 for p in parts])
        size = sum(p.file("sketches").bytes for p in parts)
        return [
            Task(f"range-{i:05d}", {"sketches": sketches}, {"range": i, "of": number}, size=size) for i in range(number)
        ]

    def run(self, task: Task, work: Work) -> Result:
        """Pairs (first, other) of one range of hashes, sorted, without repetition."""
        part, of = task.arguments["range"], task.arguments["of"]
        hashes: list[Hashes] = []
        numbers: list[Numbers] = []
        for documents in document_parts(work.folder):
            file = documents.file("sketches")
            for h, n in self._hashes(work.folder / file.path, documents):
                mine = _range_of(h, of) == part if of > 1 else slice(None)
                hashes.append(h[mine])
                numbers.append(n[mine])
            work.advance(documents=documents.rows, bytes=file.bytes)
        pairs = pairs_of(_join(hashes, np.uint64), _join(numbers, np.int64))
        with work.write(f"{MATCHES}/{task.key}.parquet") as file_out, parquet.Writer(file_out, _SCHEMA) as writer:
            writer.write(pa.RecordBatch.from_arrays([pa.array(pairs[:, 0]), pa.array(pairs[:, 1])], schema=_SCHEMA))
        return Result(facts={"pairs": len(pairs)})

    def _hashes(self, path: Path, documents: DocumentPart) -> Iterator[tuple[Hashes, Numbers]]:
        """Hashes of one kind each, with the numbers of their documents; equal hashes of different kinds never meet."""
        columns = ["sketch/exact"] * self.exact + ["sketch/bands"] * bool(self.bands)
        first = documents.first
        for batch in parquet.read_batches(path, columns):
            numbers = np.arange(first, first + batch.num_rows, dtype=np.int64)
            first += batch.num_rows
            if self.exact:
                exact = batch.column("sketch/exact")
                known = pc.is_valid(exact).to_numpy(zero_copy_only=False)
                yield splitmix(_words(exact.drop_null(), 2)[:, 0], 0), numbers[known]
            if self.bands:
                bands = batch.column("sketch/bands")
                known = pc.is_valid(bands).to_numpy(zero_copy_only=False)
                values = bands.drop_null().flatten().to_numpy().reshape(-1, self.bands)
                for band in range(self.bands):
                    yield splitmix(values[:, band], band + 1), numbers[known]


def _words(array: pa.Array, width: int) -> npt.NDArray[np.uint64]:
    """Fixed-size binary values as rows of 64-bit words."""
    data = np.frombuffer(array.buffers()[1], np.uint8)
    start = array.offset * width * 8
    return data[start : start + len(array) * width * 8].view(np.uint64).reshape(-1, width)


def _range_of(hashes: Hashes, of: int) -> Numbers:
    return ((hashes >> np.uint64(32)) * np.uint64(of) >> np.uint64(32)).astype(np.int64)


def _ranges(hashes: int) -> int:
    """Into how many ranges so many hashes are cut."""
    number = -(-hashes // _HASHES_A_TASK)
    return max(1, number if number <= _MANY_TASKS else max(_MANY_TASKS, -(-hashes // (4 * _HASHES_A_TASK))))


def _join(arrays: list[npt.NDArray[Any]], kind: type) -> npt.NDArray[Any]:
    """One array of them all; the list is emptied as it is copied, so that little is held twice."""
    joined: npt.NDArray[Any] = np.empty(sum(map(len, arrays)), kind)
    stop = len(joined)
    while arrays:
        part = arrays.pop()
        joined[stop - len(part) : stop] = part
        stop -= len(part)
    return joined


def pairs_of(hashes: Hashes, numbers: Numbers) -> Numbers:
    """Pairs (smallest number with that hash, other number with it), shape (n, 2), sorted, each once."""
    order = np.argsort(hashes)
    hashes = hashes[order]
    same = np.zeros(len(hashes) + 1, np.bool_)  # as the one before
    np.equal(hashes[1:], hashes[:-1], out=same[1:-1])
    met = np.flatnonzero(same[:-1] | same[1:])  # most hashes are met once: all else is done for the others alone
    numbers, starts = numbers[order[met]], np.flatnonzero(~same[met])
    if not len(met):
        return np.empty((0, 2), np.int64)
    smallest = np.minimum.reduceat(numbers, starts)
    first = np.repeat(smallest, np.diff(np.r_[starts, len(met)]))
    pairs = np.stack([first, numbers], axis=1)[first != numbers]
    return np.unique(pairs, axis=0)
