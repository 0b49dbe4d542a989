"""Labelled sets of duplicates, as ``benchmarks/dedup.py --truth`` takes them: documents and who is a copy of whom."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from planted import Planted, split, write_documents
from shingled import Rows

from ginbon.corpus.readers.codecs import zstd

IDS: Final = ("id", "idx", "doc_id")
TEXTS: Final = ("text", "article", "content")
CLUSTERS: Final = ("cluster", "cluster_id", "label")


@dataclass(frozen=True)
class Labelled:
    """Texts split by spaces, and each one's true cluster as a number."""

    language: str
    texts: list[str]
    clusters: Rows

    @property
    def pairs(self) -> int:
        """Pairs of documents in one cluster."""
        sizes = np.unique(self.clusters, return_counts=True)[1]
        return int((sizes * (sizes - 1) // 2).sum())

    def planted(self, cache: Path) -> Planted:
        """The documents in the form that tools are given."""
        whole = hashlib.sha256("\n".join(self.texts).encode()).hexdigest()
        folder = cache / f"truth-{whole[:12]}"
        folder.mkdir(parents=True, exist_ok=True)
        rows = len(self.texts)
        table = {
            "id": pa.array([f"d{number:07d}" for number in range(rows)]),
            "language": pa.array([self.language] * rows).dictionary_encode(),
            "text": pa.array(self.texts, pa.large_string()),
        }
        found = Planted(folder, {"documents": rows, "languages": [self.language], "name": "truth"})
        write_documents(pa.table(table), found.path)
        found.facts["sha256"] = hashlib.sha256(found.path.read_bytes()).hexdigest()
        return found


def read_labelled(documents: Path, pairs: Path | None = None, *, language: str = "eng_Latn") -> Labelled:
    """Read documents and clusters; clusters come from ``pairs`` where it is given. README.md describes the forms.

    Raises ``ValueError`` where a document has no text, or neither file says what belongs together.
    """
    rows = list(_rows(documents))
    ids = [str(_first(row, IDS, number)) for number, row in enumerate(rows)]
    texts = [_first(row, TEXTS, None) for row in rows]
    if None in texts:
        raise ValueError(f"{documents}: row {texts.index(None)} has none of {', '.join(TEXTS)}")
    clusters = _joined(ids, _pairs(pairs)) if pairs else _named(rows, documents)
    return Labelled(language, [" ".join(words) for words in split([str(t) for t in texts], language)], clusters)


def _rows(path: Path) -> Iterable[dict[str, Any]]:
    if path.suffix == ".parquet":
        yield from pq.read_table(path).to_pylist()
        return
    text = _text(path)
    if path.suffix == ".json":
        whole = json.loads(text)  # an object of documents by id, or a list of them
        yield from ({"id": name, **row} for name, row in whole.items()) if isinstance(whole, dict) else whole
        return
    yield from (json.loads(line) for line in text.split("\n") if line.strip())


def _pairs(path: Path) -> list[tuple[str, str]]:
    if path.suffix == ".parquet":
        rows = [tuple(row.values()) for row in pq.read_table(path).to_pylist()]
    elif path.suffix in (".tsv", ".csv"):
        rows = [tuple(line.split("\t" if path.suffix == ".tsv" else ",")) for line in _text(path).splitlines()]
    else:
        text = _text(path)
        found = json.loads(text) if path.suffix == ".json" else [json.loads(x) for x in text.split("\n") if x.strip()]
        rows = [tuple(row.values()) if isinstance(row, dict) else tuple(row) for row in found]
    return [(str(row[0]), str(row[1])) for row in rows]


def _text(path: Path) -> str:
    data = path.read_bytes()
    return (zstd().decompress(data) if path.suffix == ".zst" else data).decode("utf-8")


def _first(row: dict[str, Any], names: Sequence[str], default: Any) -> Any:
    return next((row[name] for name in names if row.get(name) is not None), default)


def _named(rows: list[dict[str, Any]], path: Path) -> Rows:
    """Numbers of named clusters; a document without a name of one is alone."""
    clusters = [_first(row, CLUSTERS, None) for row in rows]
    if all(name is None for name in clusters):
        raise ValueError(f"{path}: no column of {', '.join(CLUSTERS)}; give the pairs with --truth-pairs")
    names = [f"\0{row}" if name is None else str(name) for row, name in enumerate(clusters)]
    return np.unique(names, return_inverse=True)[1].astype(np.int64)


def _joined(ids: list[str], pairs: list[tuple[str, str]]) -> Rows:
    """Numbers of the components of the pairs; a pair with an id that is not there raises ``ValueError``."""
    place = {name: row for row, name in enumerate(ids)}
    heads = list(range(len(ids)))

    def find(row: int) -> int:
        while heads[row] != row:
            heads[row] = heads[heads[row]]
            row = heads[row]
        return row

    for one, other in pairs:
        if one not in place or other not in place:
            raise ValueError(f"pair ({one}, {other}): no such document")
        heads[find(place[one])] = find(place[other])
    return np.array([find(row) for row in range(len(ids))], np.int64)
