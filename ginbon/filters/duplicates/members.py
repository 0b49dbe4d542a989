"""The documents that have near-copies, and which of each cluster stays."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from ginbon.corpus import parquet
from ginbon.filters.duplicates import sketch
from ginbon.filters.duplicates.best import IN_INDEX, best_of, rules_of
from ginbon.filters.duplicates.cluster import read_clusters
from ginbon.filters.duplicates.index import Known, ids_in
from ginbon.filters.duplicates.numbering import DocumentPart, Numbers

Words = npt.NDArray[np.uint64]

KEY: Final = "key"
_LAST: Final = 2**62


@dataclass(frozen=True)
class Preference:
    """Which copy is best: ``by`` in its order, then the longest text, then the smallest id.

    ``by`` holds ``source`` (the order of ``sources``, then all others), ``newest`` and ``oldest`` (by the date of
    publication), ``longest``, and names of signals (the highest). A document that has no such value comes last.
    """

    by: tuple[str, ...] = ("source",)
    sources: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return {"by": list(self.by), "sources": list(self.sources)}


@dataclass(frozen=True)
class Members:
    """Columns over the members of all clusters, in order of document number.

    ``survives``: whether it is the one that stays; ``survivor``: the id of that one (empty where the rules keep no
    member), or of a document of another corpus; ``rule``: what makes it a copy of that one (of ``best.RULES``);
    ``smallest``: the smallest id of the cluster as a number, ``name`` as text; ``size``: the cluster's members.
    """

    numbers: Numbers
    survives: npt.NDArray[np.bool_]
    survivor: npt.NDArray[Any]
    rule: npt.NDArray[Any]
    smallest: Words
    name: npt.NDArray[np.bytes_]
    size: npt.NDArray[np.int32]

    def rows(self, part: DocumentPart) -> slice:
        """Which members are documents of that part."""
        return slice(*np.searchsorted(self.numbers, [part.first, part.first + part.rows]))

    def facts(self) -> dict[str, Any]:
        """How many clusters there are of each size, by powers of two."""
        if not len(self.numbers):
            return {}
        _, first = np.unique(self.name, return_index=True)
        sizes = self.size[first]
        low = 2 ** np.floor(np.log2(sizes)).astype(int)
        return {str(int(s)): int((low == s).sum()) for s in np.unique(low)}


def read_members(
    folder: Path,
    parts: list[DocumentPart],
    preference: Preference,
    *,
    against: tuple[Known, ...] = (),
    kept: Mapping[str, npt.NDArray[np.bool_]] | None = None,
) -> Members:
    """The clusters of a run whose ``cluster`` and ``decide`` are complete.

    ``kept`` holds other verdicts than the run's, by the part's name: what would be chosen under other rules.
    """
    numbers, clusters = read_clusters(folder)
    tables = []
    for part in parts:
        low, high = np.searchsorted(numbers, [part.first, part.first + part.rows])
        if low < high:
            verdict = None if kept is None else kept[part.name]
            tables.append(_attributes(folder, part, numbers[low:high] - part.first, preference, verdict))
    attributes = pa.concat_tables(tables, promote_options="default") if tables else _NOBODY
    return choose(numbers, clusters, attributes, ids_in(against, clusters[clusters < 0]))


_NOBODY: Final = pa.table({"id": pa.array([], pa.string()), "kept": pa.array([], pa.bool_())})


def _attributes(
    folder: Path,
    part: DocumentPart,
    rows: Numbers,
    preference: Preference,
    verdict: npt.NDArray[np.bool_] | None,
) -> pa.Table:
    """What decides among copies, of some documents of a part: ``id``, ``kept``, hashes, and a column for each key."""
    places = pa.array(rows)
    decided = parquet.read_table(folder / "verdicts" / f"{part.name}.parquet", ["kept", "text_bytes"]).take(places)
    found = parquet.read_table(folder / part.file("documents").path, ["id", "published_at"]).take(places)
    found = found.append_column("kept", decided.column("kept") if verdict is None else pa.array(verdict[rows]))
    keys = []
    for by in (*preference.by, "longest"):
        if by == "source":
            known = preference.sources.index(part.source) if part.source in preference.sources else None
            keys.append(np.full(len(rows), len(preference.sources) if known is None else known))
        elif by == "longest":
            keys.append(-decided.column("text_bytes").to_numpy())
        elif by in ("newest", "oldest"):
            times = pc.cast(found.column("published_at"), pa.int64())
            keys.append(pc.fill_null(times if by == "oldest" else pc.negate(times), _LAST).to_numpy())
        else:
            keys.append(_by_signal(folder / part.file("signals").path, by, places))
    for place, key in enumerate(keys):
        found = found.append_column(f"{KEY}{place}", pa.array(key.astype(np.int64)))
    return _with_hashes(found, folder / part.file("sketches").path, places)


def _by_signal(path: Path, signal: str, places: pa.Array) -> Numbers:
    """The highest first, in steps of a thousandth of one: a score may differ in its last bits on another machine."""
    column = parquet.read_table(path, [signal]).column(signal).take(places)
    values = pc.cast(column, pa.float64()).to_numpy()
    steps: Numbers = np.where(np.isnan(values), _LAST, -np.floor(np.nan_to_num(values) * 1_000)).astype(np.int64)
    return steps


def _with_hashes(found: pa.Table, path: Path, places: pa.Array) -> pa.Table:
    with parquet.open_parquet(path) as file:
        names = [n for n in (sketch.EXACT, sketch.URL) if n in file.schema_arrow.names]
    hashes = parquet.read_table(path, names).take(places)
    for name in names:
        found = found.append_column(name, hashes.column(name))
    return found


def choose(
    numbers: Numbers, clusters: Numbers, attributes: pa.Table, known: Mapping[int, str] = MappingProxyType({})
) -> Members:
    """Choose the survivor of each cluster: kept by the rules, then by the keys in their order, then the smallest id.

    ``attributes`` holds a row for each of ``numbers``: ``id``, ``kept``, the keys ``key0``, ``key1``, ... (the smallest
    first), and the hashes ``sketch/exact`` and ``sketch/url``. ``known`` are the ids of documents of other corpora, by
    the negative numbers that their clusters have: nothing survives beside one.
    """
    ids = np.array(attributes.column("id").to_pylist(), "S40")
    kept = attributes.column("kept").to_numpy().astype(bool)
    keys = [attributes.column(n).to_numpy() for n in sorted(attributes.column_names) if n.startswith(KEY)]
    best, lowest = best_of(clusters, [~kept, *keys], ids)
    names = ids[lowest]
    return Members(
        numbers=numbers,
        survives=(best == np.arange(len(numbers))) & kept & (clusters >= 0),
        survivor=_survivors(np.where(kept[best], ids[best], b""), clusters, known),
        rule=np.where(clusters < 0, IN_INDEX, rules_of(attributes, np.arange(len(numbers)), best)),
        smallest=words_of_ids(pa.array(names.astype(str))),
        name=names,
        size=np.bincount(lowest, minlength=len(numbers))[lowest].astype(np.int32),
    )


def _survivors(ids: npt.NDArray[np.bytes_], clusters: Numbers, known: Mapping[int, str]) -> npt.NDArray[Any]:
    survivors = ids.astype(str).astype(object)
    elsewhere = np.flatnonzero(clusters < 0)
    survivors[elsewhere] = [known[number] for number in clusters[elsewhere].tolist()]
    return survivors


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
