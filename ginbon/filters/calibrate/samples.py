"""Samples of documents, measured: what thresholds are derived from and judged on.

Values are held as the rules compare them, whole millionths, so that what a sample says is what a run will do.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ginbon.corpus.tidy import Tidy
from ginbon.filters.identifiers.base import Identifier
from ginbon.filters.identify import Identify
from ginbon.filters.rules import QUANTUM, RULES, quantised
from ginbon.filters.signals import CATALOGUE
from ginbon.filters.walk import Walk
from ginbon.languages.pack import STATISTICS, Pack

FIRST_CHARS: Final = 80
"""Chars by which a document is shown to a person."""

NULL: Final = -(2**62)
"""Stands for a value that was not measured: every rule keeps it, and no threshold is derived from it."""

_QUANTILES: Final = (0, 0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99, 1)
_CLOSERS: Final = "\"'”’»›)]}」』】〉》）］"


@dataclass(frozen=True)
class Texts:
    """Documents as a run would have them after tidying, with ids; by the input that they came from."""

    ids: pa.Array
    texts: pa.Array
    sources: pa.Array

    def __len__(self) -> int:
        return len(self.texts)

    def take(self, rows: Any) -> Texts:
        """Some of them, in this order."""
        index = pa.array(rows, pa.int64())
        return Texts(self.ids.take(index), self.texts.take(index), self.sources.take(index))

    def by_source(self) -> dict[str, pa.Array]:
        """The texts of each source."""
        names = sorted(set(self.sources.to_pylist()))
        return {name: self.texts.filter(pc.equal(self.sources, name)) for name in names}


def gather(inputs: Mapping[str, Iterable[pa.RecordBatch]], label: str) -> Texts:
    """All documents with a visible character of named inputs (batches with ``id`` and ``text``), tidied, in memory."""
    tidy = Tidy(label)
    ids, texts, sources = [], [], []
    for name, batches in inputs.items():
        for batch in batches:
            done = tidy(batch.select(["id", "text"]))
            seen = done.filter(pc.greater(pc.utf8_length(pc.utf8_trim_whitespace(done.column("text"))), 0))
            ids.append(seen.column("id").cast(pa.string()))
            texts.append(seen.column("text").cast(pa.large_string()))
            sources.append(pa.array([name] * seen.num_rows, pa.string()))
    return Texts(_joined(ids, pa.string()), _joined(texts, pa.large_string()), _joined(sources, pa.string()))


@dataclass(frozen=True)
class Sample:
    """Measured documents: millionths of every signal, ``NULL`` where it was not measured.

    ``looks_like`` is the label that the identifier gives each document; ``texts`` are kept to show a few.
    """

    texts: Texts
    looks_like: tuple[str, ...]
    values: Mapping[str, Any]

    def __len__(self) -> int:
        return len(self.texts)

    def take(self, rows: Any) -> Sample:
        """Some of them."""
        labels = tuple(self.looks_like[int(k)] for k in rows)
        return Sample(self.texts.take(rows), labels, {name: column[rows] for name, column in self.values.items()})

    def of(self, rule: str) -> Any:
        """float64 of the signal that a rule looks at, nan where it was not measured."""
        return self.signal(RULES[rule].signal)

    def signal(self, name: str) -> Any:
        """float64 of a signal, nan where it was not measured."""
        column = self.values[name]
        return np.where(column == NULL, np.nan, column / QUANTUM)

    def first_words(self, row: int) -> str:
        """How the document begins, on one line."""
        text = str(pc.utf8_slice_codeunits(self.texts.texts.slice(row, 1), 0, 4 * FIRST_CHARS)[0].as_py())
        return " ".join(text.split())[:FIRST_CHARS]


def measure(texts: Texts, pack: Pack, identifier: Identifier) -> Sample:
    """Walk and identify: every signal of the rules. ``pack`` says what stop words are."""
    identify, walk = Identify(identifier, (pack.label,)), Walk(pack.label, pack)
    columns: dict[str, list[Any]] = {}
    labels: list[str] = []
    for start in range(0, len(texts), 2_048):
        batch = pa.RecordBatch.from_pydict({"text": texts.texts.slice(start, 2_048)})
        identified = identify(batch)
        labels += identified.column("language").to_pylist()
        measured = {**walk.measure(batch.column("text"))}
        measured.update((name, identified.column(name)) for name in identified.schema.names if "/" in name)
        for name, column in measured.items():
            if name in CATALOGUE:
                known = column.is_valid().to_numpy(zero_copy_only=False)
                columns.setdefault(name, []).append(np.where(known, quantised(column), NULL))
    return Sample(texts, tuple(labels), {name: np.concatenate(parts) for name, parts in columns.items()})


def split(texts: Texts, *, held_out: float, seed: int) -> tuple[Any, Any]:
    """Rows to derive from and rows held out, by a hash of seed and text: copies stay together, order is no matter."""
    chance = np.array([_chance(text, seed) for text in texts.texts.to_pylist()])
    return np.flatnonzero(chance >= held_out), np.flatnonzero(chance < held_out)


def _chance(text: str, seed: int) -> float:
    found = hashlib.blake2b(text.encode("utf-8", "replace"), digest_size=8, key=str(seed).encode())
    return int.from_bytes(found.digest(), "big") / 2**64


def looks_like(sample: Sample) -> list[tuple[str, float]]:
    """Labels that the identifier gives, with their share of the documents, the most first."""
    counted = Counter(sample.looks_like)
    return [(label, n / len(sample)) for label, n in sorted(counted.items(), key=lambda item: (-item[1], item[0]))]


def reference(sample: Sample, signals: Iterable[str]) -> dict[str, tuple[float, ...]]:
    """``STATISTICS`` of these signals, to four digits; those that were never measured are left out."""
    found = {}
    for name in sorted(signals):
        column = sample.signal(name)
        values = column[~np.isnan(column)]
        if not len(values):
            continue
        numbers = (np.mean(values), np.std(values), *np.quantile(values, _QUANTILES, method="inverted_cdf"))
        assert len(numbers) == len(STATISTICS)
        found[name] = tuple(float(f"{x:.4g}") for x in numbers)
    return found


def line_ends(texts: pa.Array) -> dict[str, float]:
    """The marks that lines end with, closing quotes and brackets aside, and the share of lines; ``none`` is no mark.

    Those of one line in a hundred and more, the most first.
    """
    lines = pc.list_flatten(pc.split_pattern(texts, "\n"))
    bare = pc.utf8_rtrim(pc.utf8_trim_whitespace(lines), _CLOSERS + " ")
    bare = bare.filter(pc.greater(pc.utf8_length(bare), 0))
    if not len(bare):
        return {}
    last = pc.utf8_slice_codeunits(pc.utf8_reverse(bare), 0, 1)
    last = pc.if_else(pc.utf8_is_alnum(last), "none", last)
    counted = {row["values"]: row["counts"] / len(last) for row in pc.value_counts(last).to_pylist()}
    marks: dict[str, float] = {}
    for mark, share in counted.items():
        key = mark if mark == "none" or not _is_mark_of_a_letter(mark) else "none"
        marks[key] = marks.get(key, 0.0) + share
    ranked = sorted(marks.items(), key=lambda item: (-item[1], item[0]))
    return {mark: round(share, 3) for mark, share in ranked if share >= 0.01}


def _is_mark_of_a_letter(char: str) -> bool:
    import unicodedata

    return unicodedata.category(char)[0] in "MLN"


def _joined(parts: Sequence[pa.Array], kind: pa.DataType) -> pa.Array:
    return (
        pa.concat_arrays([part.combine_chunks() if isinstance(part, pa.ChunkedArray) else part for part in parts])
        if (parts)
        else pa.array([], kind)
    )
