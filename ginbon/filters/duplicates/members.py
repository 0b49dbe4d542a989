"""Which copy is best among the documents of a run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from ginbon.corpus import parquet
from ginbon.engine.parts import read_parts
from ginbon.filters.duplicates import sketch
from ginbon.filters.duplicates.numbering import DocumentPart, Numbers
from ginbon.filters.duplicates.rank import KEY

Words = npt.NDArray[np.uint64]

_LAST: Final = 2**62


@dataclass(frozen=True)
class Preference:
    """Which copy is best: ``by`` in its order, then the longest text, then the smallest id.

    ``by`` holds ``source`` (the order of ``sources``, then all others), ``newest`` and ``oldest`` (by the date of
    publication), ``longest``, and names of signals (the highest). A document that has no such value comes last.
    """

    by: tuple[str, ...] = ("source",)
    sources: tuple[str, ...] = ()

    @property
    def keys(self) -> int:
        """How many keys there are."""
        return len(self.by) + 1

    def fingerprint(self) -> dict[str, Any]:
        """What is preferred."""
        return {"prefer": {"by": list(self.by), "sources": list(self.sources)}}

    def verdicts(self, folder: Path) -> Mapping[str, str]:
        """The verdicts of each part."""
        files = (file for part in read_parts(folder, "decide") for file in part.files)
        return {file.path.removeprefix("verdicts/").removesuffix(".parquet"): file.sha256 for file in files}

    def read(self, folder: Path, part: DocumentPart, rows: Numbers) -> pa.Table:
        """What decides among copies, of some documents of a part."""
        places = pa.array(rows)
        decided = parquet.read_table(folder / "verdicts" / f"{part.name}.parquet", ["kept", "text_bytes"]).take(places)
        found = parquet.read_table(folder / part.file("documents").path, ["id", "published_at"]).take(places)
        columns = {"name": found.column("id"), "kept": decided.column("kept")}
        for place, by in enumerate((*self.by, "longest")):
            columns[f"{KEY}{place}"] = pa.array(self._key(by, folder, part, places, found, decided).astype(np.int64))
        hashes = _hashes(folder / part.file("sketches").path)
        return pa.table({**columns, **dict(zip(hashes.column_names, hashes.take(places).columns, strict=True))})

    def _key(
        self, by: str, folder: Path, part: DocumentPart, places: pa.Array, found: pa.Table, decided: pa.Table
    ) -> Numbers:
        """The documents' places by one preference: the smaller the better."""
        if by == "source":
            known = self.sources.index(part.source) if part.source in self.sources else len(self.sources)
            return np.full(len(places), known)
        if by == "longest":
            longest: Numbers = -decided.column("text_bytes").to_numpy()
            return longest
        if by in ("newest", "oldest"):
            times = pc.cast(found.column("published_at"), pa.int64())
            dated: Numbers = pc.fill_null(times if by == "oldest" else pc.negate(times), _LAST).to_numpy()
            return dated
        return _by_signal(folder / part.file("signals").path, by, places)


def _by_signal(path: Path, signal: str, places: pa.Array) -> Numbers:
    """The highest first, in steps of a thousandth of one: a score may differ in its last bits on another machine."""
    column = parquet.read_table(path, [signal]).column(signal).take(places)
    values = pc.cast(column, pa.float64()).to_numpy()
    steps: Numbers = np.where(np.isnan(values), _LAST, -np.floor(np.nan_to_num(values) * 1_000)).astype(np.int64)
    return steps


def _hashes(path: Path) -> pa.Table:
    """The hashes by which copies are told apart, as far as there are any."""
    with parquet.open_parquet(path) as file:
        names = [n for n in (sketch.EXACT, sketch.URL) if n in file.schema_arrow.names]
    return parquet.read_table(path, names)


def words_of_ids(ids: pa.Array) -> Words:
    """The first 64 bits of each id (``ginbon1:`` and 32 hex digits) as a number."""
    if not len(ids):
        return np.empty(0, np.uint64)
    raw = np.frombuffer(ids.buffers()[2], np.uint8)
    start = np.frombuffer(ids.buffers()[1], np.int32)[ids.offset]
    digits = raw[start : start + 40 * len(ids)].reshape(-1, 40)[:, 8:24].astype(np.uint64)
    values = np.where(digits >= 97, digits - 87, digits - 48)
    numbers: Words = (values << (np.arange(15, -1, -1, dtype=np.uint64) * np.uint64(4))).sum(axis=1, dtype=np.uint64)
    return numbers
