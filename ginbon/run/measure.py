"""Signals of every document of any input, in one Parquet file: what a run would measure, without a run.

Texts go through the steps of pass 1 as a run takes them (identify, tidy, walk). One batch of text is held at a time.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

import ginbon
from ginbon.corpus import parquet
from ginbon.corpus.collector import Account
from ginbon.corpus.tidy import Tidy
from ginbon.engine.files import canonical_json, whole_file
from ginbon.engine.parts import digest
from ginbon.errors import AnswerIsNo
from ginbon.filters.identifiers import PACKAGED, identifier
from ginbon.filters.identify import Identify
from ginbon.filters.signals import CATALOGUE
from ginbon.filters.walk import Walk
from ginbon.languages.pack import Pack, load_pack
from ginbon.run.sample import Document, read_texts

FORMAT: Final = "ginbon-signals/1"
METADATA: Final = b"ginbon"
QUANTILES: Final = (0.0, 0.01, 0.05, 0.5, 0.95, 0.99, 1.0)

_KEYS: Final = ("id", "locator", "identify/language")


@dataclass(frozen=True)
class Measured:
    """What was written to ``path``, and what was read for it."""

    path: Path
    pack: Pack
    account: Account


def measure(
    inputs: Sequence[str | Path],
    *,
    language: str,
    output: Path,
    text: str = "text",
    document: Document = "file",
    limit: int | None = None,
    told: Callable[[int], None] = lambda documents: None,
) -> Measured:
    """Write ``output``: a row a document in the order of the inputs, whole or not at all.

    Columns are ``id``, ``locator``, ``identify/language`` (what it looks like: nothing is dropped for it) and every
    signal; words and stop words are those of ``language``'s pack. The schema's metadata says which pack and versions.
    Raises ``AnswerIsNo`` where the inputs hold no document, ``UserError`` for a language that is not known.
    """
    from ginbon.engine.kernels import CORPUS, warm

    pack = load_pack(language)
    steps = (Identify(identifier(PACKAGED), (pack.label,)), Tidy(pack.label), Walk(pack.label, pack))
    warm(CORPUS)
    account, rows = Account(), 0
    batches = read_texts(inputs, text=text, document=document, limit=limit, account=account)
    first = next(batches, None)
    if first is None:
        raise AnswerIsNo(f"{', '.join(map(str, inputs))}: there is no document in it; nothing was written")
    metadata = {METADATA: canonical_json(_origin(pack, steps))}
    measured = _signals(first, steps)
    schema = measured.schema.with_metadata(metadata)
    with whole_file(output) as file, parquet.Writer(file, schema, packing=parquet.QUICK) as writer:
        writer.write(measured)
        told(rows := measured.num_rows)
        for batch in batches:
            writer.write(_signals(batch, steps))
            told(rows := rows + batch.num_rows)
    return Measured(output, pack, account)


def _signals(batch: pa.RecordBatch, steps: Sequence[Any]) -> pa.RecordBatch:
    done = batch.select(["id", "text", "locator"])
    for step in steps:
        done = step(done)
    columns = {"id": done.column("id"), "locator": done.column("locator")}
    columns["identify/language"] = pc.cast(done.column("language"), pa.string())
    for name in done.schema.names:
        if "/" in name and not name.startswith("sketch/"):
            column = done.column(name)
            columns[name] = column.dictionary_decode() if pa.types.is_dictionary(column.type) else column
    return pa.RecordBatch.from_pydict(columns)


def _origin(pack: Pack, steps: Sequence[Any]) -> dict[str, Any]:
    """What the figures depend on."""
    return {
        "format": FORMAT,
        "ginbon": ginbon.__version__,
        "pyarrow": pa.__version__,
        "pack": {"label": pack.label, "fallback": pack.fallback, "digest": digest(pack.model_dump(mode="json"))},
        "steps": {step.name: dict(step.fingerprint()) for step in steps},
    }


def origin(path: Path) -> dict[str, Any]:
    """The metadata of a file of signals: format, versions, pack and steps."""
    with parquet.open_parquet(path) as file:
        found: dict[str, Any] = json.loads((file.schema_arrow.metadata or {}).get(METADATA, b"{}"))
        return found


@dataclass(frozen=True)
class Summary:
    """A signal's mean and its values at ``QUANTILES``, over the documents that have it."""

    signal: str
    unit: str
    documents: int
    mean: float
    quantiles: tuple[float, ...]


def summarise(path: Path) -> list[Summary]:
    """Every numeric signal of a file, in its order; one column is held at a time."""
    with parquet.open_parquet(path) as file:
        names = [f.name for f in file.schema_arrow if _is_number(f.type)]
    found = []
    for name in names:
        values = parquet.read_table(path, [name]).column(name).drop_null().to_numpy().astype(np.float64)
        if len(values):
            unit = CATALOGUE[name].unit if name in CATALOGUE else ""
            quantiles = np.quantile(values, QUANTILES, method="inverted_cdf")
            found.append(Summary(name, unit, len(values), float(values.mean()), tuple(map(float, quantiles))))
    return found


def languages(path: Path) -> dict[str, int]:
    """How many documents look like which language, the most first."""
    counted = pc.value_counts(parquet.read_table(path, ["identify/language"]).column(0)).to_pylist()
    return {row["values"]: row["counts"] for row in sorted(counted, key=lambda r: (-r["counts"], r["values"]))}


def _is_number(kind: pa.DataType) -> bool:
    return bool(pa.types.is_integer(kind) or pa.types.is_floating(kind))
