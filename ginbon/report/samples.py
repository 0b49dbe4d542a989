"""Real samples of what was left out and of what was released: the same ones for the same data.

An id is a hash, so the documents with the smallest ids are an even sample. First ids, rules and languages are looked
at; then the text of the chosen rows alone is read.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ginbon.corpus import parquet
from ginbon.report.text import clip

PER_GROUP: Final = 5
"""Samples of one rule and language."""

IN_ALL: Final = 360
"""Samples in a report; with more rules and languages each has fewer, but one."""

CLIP_CHARS: Final = 280

_LOOKED_AT: Final = 1_024
"""Rows at the start of a shard among which samples of what is released are chosen: their texts are read for it."""

_EXCLUDED: Final = ("excluded/collect", "excluded/decide")
_SHOWN: Final = (
    "id", "stage", "rule", "value", "threshold", "detail", "duplicate_of", "source", "locator", "language", "url",
    "title", "text", "text_bytes",
)  # fmt: skip

Group = tuple[str, str]


@dataclass(frozen=True, order=True)
class _Place:
    """A row of a file, ordered by its id."""

    id: str
    path: str
    group: int
    row: int


def excluded_samples(folder: Path) -> list[dict[str, Any]]:
    """Samples of everything in ``excluded/``, ordered by rule, language and id."""
    files = [path for name in _EXCLUDED for path in sorted((folder / name).glob("*.parquet"))]
    chosen: dict[Group, list[_Place]] = {}
    for path in files:
        for place, group in _places(path):
            chosen[group] = heapq.nsmallest(PER_GROUP, [*chosen.get(group, []), *place])
    each = max(1, min(PER_GROUP, IN_ALL // max(1, len(chosen))))
    places = [place for group in chosen.values() for place in group[:each]]
    rows = _fetch(places, list(_SHOWN))
    return sorted((_clipped(r) for r in rows), key=lambda r: (r["rule"], r["language"] or "", r["id"]))


def _places(path: Path) -> Iterable[tuple[list[_Place], Group]]:
    """The smallest ids of each rule and language of a file, a row group at a time."""
    for number, batch in enumerate(_groups(path, ["id", "rule", "language"])):
        if not batch.num_rows:
            continue
        names = [pc.fill_null(_plain(batch.column(name)), "") for name in ("rule", "language")]
        group = pc.binary_join_element_wise(*names, "\0").dictionary_encode()
        codes = group.indices.to_numpy()
        ids = pc.fill_null(batch.column("id"), "")
        keys = pa.table({"group": codes, "id": ids})
        order = pc.sort_indices(keys, [("group", "ascending"), ("id", "ascending")]).to_numpy()
        ordered = codes[order]
        rank = np.arange(len(order)) - np.searchsorted(ordered, ordered)
        taken: dict[int, list[_Place]] = {}
        for row in order[rank < PER_GROUP].tolist():
            taken.setdefault(int(codes[row]), []).append(_Place(ids[row].as_py(), str(path), number, row))
        for code, places in taken.items():
            rule, _, language = group.dictionary[code].as_py().partition("\0")
            yield places, (rule, language)


def released_samples(folder: Path, language: str, *, number: int = 3) -> list[dict[str, Any]]:
    """Samples of a language's first shard: what partners get."""
    path = next(iter(sorted((folder / "shards" / language).glob("train-*.parquet"))), None)
    if path is None:
        return []
    with parquet.open_parquet(path) as file:
        columns = ["id", "title", "text", "source"]
        first = next(file.iter_batches(_LOOKED_AT, row_groups=[0], columns=columns, use_threads=False), None)
    if first is None:
        return []
    rows = first.take(pc.sort_indices(first.column("id"))[:number]).to_pylist()
    return [_clipped({**dict.fromkeys(_SHOWN), **row, "language": language}) for row in rows]


def _fetch(places: list[_Place], columns: list[str]) -> list[dict[str, Any]]:
    """The rows at these places; every row group is opened once."""
    wanted: dict[str, dict[int, list[int]]] = {}
    for place in places:
        wanted.setdefault(place.path, {}).setdefault(place.group, []).append(place.row)
    rows: list[dict[str, Any]] = []
    for path, groups in wanted.items():
        with parquet.open_parquet(Path(path)) as file:
            for group, numbers in groups.items():
                table = file.read_row_group(group, columns=columns, use_threads=False).take(sorted(numbers))
                rows += table.to_pylist()
    return rows


def _groups(path: Path, columns: list[str]) -> Iterable[pa.RecordBatch]:
    """A batch for each row group, empty ones too, so that they can be counted."""
    with parquet.open_parquet(path) as file:
        for group in range(file.num_row_groups):
            table = file.read_row_group(group, columns=columns, use_threads=False)
            yield pa.RecordBatch.from_arrays([c.combine_chunks() for c in table.columns], names=table.column_names)


def _plain(column: Any) -> Any:
    return column.dictionary_decode() if pa.types.is_dictionary(column.type) else column


def _clipped(row: dict[str, Any]) -> dict[str, Any]:
    text = row.get("text") or ""
    cut = {k: (v[:CLIP_CHARS] if k in ("title", "url", "locator", "detail") and v else v) for k, v in row.items()}
    return {**cut, "text": clip(text, CLIP_CHARS), "clipped": len(text) > CLIP_CHARS}
