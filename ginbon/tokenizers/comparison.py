"""Compare tokenizers on held-out documents: a row for each tokenizer and language, every figure with its interval.

No fertility stands alone: unknown rate, lost text and round trip are in every row, and a tokenizer that collapses into
unknowns is marked and left out of the ranking. A rank counts the tokenizers that are better beyond doubt (the paired
bootstrap interval of the difference in tokens lies on one side of zero), so that a tie is called a tie.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from ginbon.tokenizers.metrics import METRICS, Estimate, Measures, TextUnits, join, measure_units
from ginbon.tokenizers.metrics.honesty import MAX_LOST as MAX_LOST
from ginbon.tokenizers.metrics.honesty import MAX_UNKNOWN as MAX_UNKNOWN
from ginbon.tokenizers.metrics.honesty import collapse as collapse
from ginbon.tokenizers.protocol import Oddity, TextColumn, Tokenizer
from ginbon.tokenizers.reading import Read
from ginbon.tokenizers.sample import Sample, choose
from ginbon.tokenizers.specs import FLOORS
from ginbon.tokenizers.units import CONFIDENCE, REPLICATES, interval

SCHEMA: Final = "ginbon.comparison"
VERSION: Final = 1

SAMPLE_BYTES: Final = 4_000_000
"""Text of each language that is measured: intervals are narrow by then, and every tokenizer gets the same text."""

WORDS: Final = (
    "words by UAX #29 with dictionaries for Thai, Lao, Khmer, Burmese, Chinese and Japanese; punctuation is no word"
)


@dataclass(frozen=True)
class Row:
    """One tokenizer on one language.

    ``rank`` is 1 + the number of tokenizers that need fewer tokens beyond doubt; None for floors, for a tokenizer that
    collapsed (``collapsed`` says why), and where there is no text. ``tokens_drawn`` are the tokens in each replicate.
    """

    tokenizer: str
    language: str
    totals: Mapping[str, int]
    estimates: Mapping[str, Estimate]
    collapsed: str
    rank: int | None
    tokens_drawn: NDArray[np.float64]

    def to_json(self) -> dict[str, Any]:
        """Plain values, without the replicates."""
        return {
            "tokenizer": self.tokenizer,
            "language": self.language,
            "totals": dict(self.totals),
            "metrics": {name: e.to_json() for name, e in self.estimates.items()},
            "collapsed": self.collapsed or None,
            "rank": self.rank,
        }


@dataclass(frozen=True)
class Measured:
    """One tokenizer on all languages, and what must be known about it."""

    name: str
    kind: str
    sha256: str
    vocabulary: int
    oddities: tuple[Oddity, ...]
    rows: tuple[Row, ...]

    def to_json(self) -> dict[str, Any]:
        """Plain values, with the replicates' tokens: what ``from_json`` needs to compare it with others later."""
        rows = [{**row.to_json(), "tokens_drawn": row.tokens_drawn.astype(np.int64).tolist()} for row in self.rows]
        return {**self.card(), "rows": rows}

    def card(self) -> dict[str, Any]:
        """What must be known about the tokenizer."""
        return {
            "name": self.name,
            "kind": self.kind,
            "sha256": self.sha256,
            "vocabulary": self.vocabulary,
            "oddities": [asdict(o) for o in self.oddities],
        }

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Measured:
        """The inverse of ``to_json``."""
        rows = tuple(
            Row(
                tokenizer=row["tokenizer"],
                language=row["language"],
                totals=row["totals"],
                estimates={name: Estimate.from_json(e) for name, e in row["metrics"].items()},
                collapsed=row["collapsed"] or "",
                rank=None,
                tokens_drawn=np.array(row["tokens_drawn"], np.float64),
            )
            for row in value["rows"]
        )
        oddities = tuple(Oddity(**o) for o in value["oddities"])
        return cls(value["name"], value["kind"], value["sha256"], value["vocabulary"], oddities, rows)


@dataclass(frozen=True)
class Comparison:
    """Several tokenizers on the same documents."""

    seed: int
    sample_bytes: int
    tokenizers: tuple[Measured, ...]

    @property
    def rows(self) -> list[Row]:
        """By language, then rank; without a rank last."""
        rows = [row for one in self.tokenizers for row in one.rows]
        return sorted(rows, key=lambda r: (r.language, r.rank is None, r.rank or 0, r.totals["tokens"], r.tokenizer))

    def to_json(self) -> dict[str, Any]:
        """The published result: ``ginbon.comparison``, version 1; the same bytes for the same input."""
        metrics = METRICS.values()
        return {
            "schema": SCHEMA,
            "version": VERSION,
            "words": WORDS,
            "seed": self.seed,
            "sample_bytes": self.sample_bytes,
            "interval": {"confidence": CONFIDENCE, "replicates": REPLICATES, "drawn": "documents"},
            "collapsed_above": {"unknown-rate": MAX_UNKNOWN, "lost-text": MAX_LOST},
            "metrics": {m.name: {"unit": m.unit, "direction": m.direction, "formula": m.formula} for m in metrics},
            "tokenizers": [one.card() for one in self.tokenizers],
            "rows": [row.to_json() for row in self.rows],
        }


def compare(
    tokenizers: Sequence[Tokenizer], read: Read, *, sample_bytes: int = SAMPLE_BYTES, seed: int = 1
) -> Comparison:
    """Measure tokenizers on at most ``sample_bytes`` of each language of the documents that ``read`` gives."""
    sample = choose(read, sample_bytes=sample_bytes, seed=seed, each_language=True)
    return ranked(measure_each(tokenizers, read, sample), sample_bytes=sample_bytes, seed=seed)


def measure_all(tokenizer: Tokenizer, read: Read, sample: Sample) -> Measured:
    """One tokenizer on a sample: batch by batch, so that memory holds counts and not texts."""
    return measure_each([tokenizer], read, sample)[0]


def measure_each(tokenizers: Sequence[Tokenizer], read: Read, sample: Sample) -> list[Measured]:
    """Several tokenizers on a sample, whose words and graphemes are found once."""
    held: list[dict[str, list[Measures]]] = [{} for _ in tokenizers]
    for batch in sample.texts(read):
        by_language: dict[str, list[str]] = {}
        for language, text in batch:
            by_language.setdefault(language, []).append(text)
        for language, texts in by_language.items():
            units = TextUnits.of(TextColumn(pa.array(texts, pa.large_string())), language)
            for tokenizer, own in zip(tokenizers, held, strict=True):
                own.setdefault(language, []).append(measure_units(tokenizer, units, seed=sample.seed))
    return [_measured(tokenizer, own) for tokenizer, own in zip(tokenizers, held, strict=True)]


def _measured(tokenizer: Tokenizer, held: Mapping[str, Sequence[Measures]]) -> Measured:
    rows = [_row(tokenizer, language, join(parts)) for language, parts in sorted(held.items())]
    return Measured(
        tokenizer.name, tokenizer.kind, tokenizer.sha256, tokenizer.vocabulary.size, tokenizer.oddities, tuple(rows)
    )


def _row(tokenizer: Tokenizer, language: str, measures: Measures) -> Row:
    estimates = {name: metric.compute(measures) for name, metric in METRICS.items()}
    return Row(
        tokenizer=tokenizer.name,
        language=language,
        totals={name: measures.total(name) for name in measures.columns},
        estimates=estimates,
        collapsed=collapse(estimates),
        rank=None,
        tokens_drawn=measures.replicates("tokens"),
    )


def ranked(measured: Iterable[Measured], *, sample_bytes: int, seed: int) -> Comparison:
    """Rank tokenizers within each language by the tokens they need for the same text."""
    held = tuple(measured)
    rows: dict[str, list[Row]] = {}
    for one in held:
        for row in one.rows:
            if one.kind not in FLOORS and not row.collapsed and row.totals["tokens"]:
                rows.setdefault(row.language, []).append(row)
    ranks = {
        (row.tokenizer, language): 1 + sum(_fewer(other, row) for other in rivals)
        for language, rivals in rows.items()
        for row in rivals
    }
    return Comparison(
        seed,
        sample_bytes,
        tuple(
            replace(one, rows=tuple(replace(row, rank=ranks.get((row.tokenizer, row.language))) for row in one.rows))
            for one in held
        ),
    )


def _fewer(one: Row, other: Row) -> bool:
    """Whether ``one`` needs fewer tokens than ``other`` beyond doubt: paired, over the same draws of documents."""
    if one is other or one.totals["documents"] < 2:
        return False
    _, high = interval(one.tokens_drawn - other.tokens_drawn)
    return high < 0
