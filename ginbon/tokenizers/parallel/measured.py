"""A tokenizer on a set of aligned lines: every metric of every version, with what is needed to compare it later."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np

from ginbon.tokenizers.comparison import collapse
from ginbon.tokenizers.metrics import HONESTY, METRICS, Estimate, Measures, measure_units
from ginbon.tokenizers.parallel.aligned import Aligned
from ginbon.tokenizers.parallel.examples import Cuts, cuts, example_line
from ginbon.tokenizers.protocol import Flags, Int64s, Oddity, Tokenizer

PIVOT_COLUMNS: Final = ("tokens", "bytes", "chars", "words", "pre_tokens")
"""Counts that are also given of the pivot's side of a line, as ``pivot_tokens`` ...; those that a measure has."""


@dataclass(frozen=True)
class MeasuredVersion:
    """One version under one tokenizer. ``tokens`` are those of each line of the set, shared with the pivot or not;
    ``collapsed`` says why the figures are worthless, or nothing."""

    label: str
    totals: Mapping[str, int]
    estimates: Mapping[str, Estimate]
    collapsed: str
    tokens: Int64s

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return {
            "label": self.label,
            "totals": dict(self.totals),
            "metrics": {name: [e.value, e.low, e.high, e.n] for name, e in self.estimates.items()},
            "collapsed": self.collapsed,
            "tokens": self.tokens.tolist(),
        }

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> MeasuredVersion:
        """The inverse of ``to_json``."""
        estimates = {name: Estimate(*e) for name, e in value["metrics"].items()}
        tokens = np.array(value["tokens"], np.int64)
        return cls(value["label"], value["totals"], estimates, value["collapsed"], tokens)


@dataclass(frozen=True)
class MeasuredSet:
    """One tokenizer on one set, what must be known about it, and where it cuts the example line of each version."""

    set: str
    name: str
    kind: str
    sha256: str
    vocabulary: int
    oddities: tuple[Oddity, ...]
    versions: Mapping[str, MeasuredVersion]
    cuts: Mapping[str, Cuts]

    def to_json(self) -> dict[str, Any]:
        """Plain values; floats come back exactly."""
        return {
            "set": self.set,
            "name": self.name,
            "kind": self.kind,
            "sha256": self.sha256,
            "vocabulary": self.vocabulary,
            "oddities": [[o.code, o.detail] for o in self.oddities],
            "versions": [v.to_json() for v in self.versions.values()],
            "cuts": dict(self.cuts),
        }

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> MeasuredSet:
        """The inverse of ``to_json``."""
        versions = [MeasuredVersion.from_json(v) for v in value["versions"]]
        return cls(
            value["set"],
            value["name"],
            value["kind"],
            value["sha256"],
            value["vocabulary"],
            tuple(Oddity(*o) for o in value["oddities"]),
            {v.label: v for v in versions},
            value["cuts"],
        )


def measure_set(
    tokenizer: Tokenizer, aligned: Aligned, *, seed: int = 1, advance: Callable[[int, int], None] | None = None
) -> MeasuredSet:
    """Measure a tokenizer on every version of a set; ``advance`` is told lines and bytes as they are done.

    One that collapsed on the pivot has collapsed on all: there is nothing to compare with.
    """
    pivot = _measure(tokenizer, aligned, aligned.pivot, seed)
    why = collapse({name: METRICS[name].compute(pivot) for name in HONESTY})
    versions = {}
    for label in aligned.versions:
        own = pivot if label == aligned.pivot else _measure(tokenizer, aligned, label, seed)
        both = beside(own, pivot, aligned.shared(label), aligned.units, block=aligned.block)
        found = _version(label, both, own)
        versions[label] = replace(found, collapsed=f"on the pivot {why}") if why and label != aligned.pivot else found
        if advance is not None:
            advance(len(aligned.units), int(own.columns["bytes"].sum()))
    return MeasuredSet(
        aligned.name,
        tokenizer.name,
        tokenizer.kind,
        tokenizer.sha256,
        tokenizer.vocabulary.size,
        tokenizer.oddities,
        versions,
        cuts(tokenizer, aligned, example_line(aligned)),
    )


def _measure(tokenizer: Tokenizer, aligned: Aligned, label: str, seed: int) -> Measures:
    return measure_units(tokenizer, aligned.versions[label].text_units, seed=seed)


def beside(own: Measures, pivot: Measures, shared: Flags, units: Int64s, *, block: int) -> Measures:
    """The counts of the shared lines by unit, with the pivot's counts of the same lines beside them.

    A row is then a unit of the bootstrap, not a line; a unit of which no line is shared stays, with zeros, so that
    every version's draws are of the same units; ``block`` of them are drawn together. The column ``documents`` counts
    lines.
    """
    number = int(units.max()) + 1
    held = own.grouped(units, number, shared)
    other = pivot.grouped(units, number, shared)
    columns = {f"pivot_{name}": other.columns[name] for name in PIVOT_COLUMNS if name in other.columns}
    return replace(held, columns={**held.columns, **columns}, block=block)


def _version(label: str, measures: Measures, own: Measures) -> MeasuredVersion:
    n = int(np.count_nonzero(measures.columns["documents"]))
    estimates = {name: replace(metric.compute(measures), n=n) for name, metric in METRICS.items()}
    return MeasuredVersion(
        label,
        {name: measures.total(name) for name in measures.columns},
        estimates,
        collapse(estimates),
        own.columns["tokens"],
    )
