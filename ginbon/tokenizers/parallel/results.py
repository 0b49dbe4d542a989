"""The results of a comparison on parallel text: ``results.json`` (``docs/reference/comparison-format.md``).

Figures lie in columns, a column for each metric and tokenizer, in the order of the set's versions, so that 15
tokenizers on 335 versions with all intervals stay a few megabytes. Floats are rounded to six digits; counts are exact.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Final

from ginbon.errors import UserError
from ginbon.tokenizers.comparison import MAX_LOST, MAX_UNKNOWN, WORDS
from ginbon.tokenizers.metrics import HONESTY, METRICS, Estimate, gini, price_factor
from ginbon.tokenizers.parallel.across import Across
from ginbon.tokenizers.parallel.aligned import Aligned
from ginbon.tokenizers.parallel.examples import example_line, texts
from ginbon.tokenizers.parallel.measured import MeasuredSet, measure_set
from ginbon.tokenizers.protocol import Tokenizer
from ginbon.tokenizers.units import CONFIDENCE, REPLICATES

SCHEMA: Final = "ginbon.parallel-comparison"
VERSION: Final = 1

TOTALS: Final = ("tokens", "pivot_tokens")
"""Counts of a version under a tokenizer that are published beside the metrics, exact."""


@dataclass(frozen=True)
class ParallelComparison:
    """Several tokenizers on sets of aligned lines. ``prices`` are per million tokens, by tokenizer name."""

    sets: tuple[Across, ...]
    seed: int = 1
    prices: Mapping[str, float] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """The published result, plain values; the same for the same input."""
        cards = {one.name: one for across in self.sets for one in across.measured}
        return {
            "schema": SCHEMA,
            "version": VERSION,
            "words": WORDS,
            "seed": self.seed,
            "interval": {"confidence": CONFIDENCE, "replicates": REPLICATES},
            "collapsed_above": {"unknown-rate": MAX_UNKNOWN, "lost-text": MAX_LOST},
            "honesty": list(HONESTY),
            "metrics": _metrics(bool(self.prices)),
            "prices": dict(self.prices),
            "tokenizers": [_card(one) for one in cards.values()],
            "sets": [_set(across, self.prices) for across in self.sets],
        }


def compare_parallel(
    tokenizers: Sequence[Tokenizer],
    sets: Sequence[Aligned],
    *,
    prices: Mapping[str, float] | None = None,
    seed: int = 1,
) -> ParallelComparison:
    """Measure tokenizers on sets of aligned lines, one after another in this process.

    Raises ``UserError`` for a price of a tokenizer that is not compared, or that is none.
    """
    check_prices(prices or {}, [t.name for t in tokenizers])
    measured = {one.name: [measure_set(t, one, seed=seed) for t in tokenizers] for one in sets}
    return put_together(sets, measured, prices=prices, seed=seed)


def put_together(
    sets: Sequence[Aligned],
    measured: Mapping[str, Sequence[MeasuredSet]],
    *,
    prices: Mapping[str, float] | None = None,
    seed: int = 1,
) -> ParallelComparison:
    """What was measured on each set, as one comparison; tokenizers in the order of ``measured``."""
    return ParallelComparison(tuple(Across(one, measured[one.name], seed=seed) for one in sets), seed, prices or {})


def check_prices(prices: Mapping[str, float], names: Sequence[str]) -> None:
    """Raise ``UserError`` for a price of a tokenizer that is not compared, or that is none."""
    for name, price in prices.items():
        if name not in names:
            raise UserError(f"price of {name}: no tokenizer of that name is compared; there are {', '.join(names)}")
        if not 0 < price < float("inf"):
            raise UserError(f"price of {name}: expected a number above 0, for a million tokens; found {price:g}")


def results_json(value: Mapping[str, Any]) -> bytes:
    """The bytes of ``results.json``."""
    return (json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":")) + "\n").encode()


def _metrics(priced: bool) -> dict[str, dict[str, str]]:
    said = {m.name: {"unit": m.unit, "direction": m.direction, "formula": m.formula} for m in METRICS.values()}
    if priced:
        said[price_factor.NAME] = {
            "unit": price_factor.UNIT,
            "direction": "lower",
            "formula": price_factor.FORMULA,
        }
    said[gini.NAME] = {"unit": gini.UNIT, "direction": "lower", "formula": gini.FORMULA}
    return said


def _card(one: MeasuredSet) -> dict[str, Any]:
    return {
        "name": one.name,
        "kind": one.kind,
        "sha256": one.sha256,
        "vocabulary": one.vocabulary,
        "oddities": [asdict(o) for o in one.oddities],
    }


def _set(across: Across, prices: Mapping[str, float]) -> dict[str, Any]:
    aligned = across.aligned
    line = example_line(aligned)
    factors = across.price_factors(prices)
    return {
        "name": aligned.name,
        "pivot": aligned.pivot,
        "lines": len(aligned.units),
        "units": int(aligned.units.max()) + 1,
        "drawn": aligned.drawn,
        "block": aligned.block,
        "digest": aligned.digest,
        "notes": list(aligned.notes),
        "versions": [_version(across, label) for label in across.labels],
        "tokenizers": {one.name: _measured(across, one, factors.get(one.name, {})) for one in across.measured},
        "pairs": {
            "tokenizers": [one.name for one in across.measured],
            "tokens": [across.tokens.signs[label] for label in across.labels],
            "premiums": [across.premiums.signs[label] for label in across.labels],
        },
        "examples": {
            "line": line,
            "texts": list(texts(aligned, line).values()),
            "starts": {one.name: [one.cuts[label] for label in across.labels] for one in across.measured},
        },
    }


def _version(across: Across, label: str) -> dict[str, Any]:
    version = across.aligned.versions[label]
    measured = across.measured[0].versions[label] if across.measured else None
    totals = measured.totals if measured else {}
    return {
        "label": label,
        "language": version.language,
        "name": version.name,
        "lines": totals.get("documents", 0),
        "n": measured.estimates["premium"].n if measured else 0,
        **{name: totals.get(name, 0) for name in ("bytes", "chars", "words")},
    }


def _measured(across: Across, one: MeasuredSet, factors: Mapping[str, Estimate]) -> dict[str, Any]:
    versions = [one.versions[label] for label in across.labels]
    metrics = {name: _columns([v.estimates[name] for v in versions]) for name in METRICS}
    if factors:
        metrics[price_factor.NAME] = _columns([factors[label] for label in across.labels])
    return {
        "overview": _plain(across.overview(one).to_json()),
        "collapsed": {v.label: v.collapsed for v in versions if v.collapsed},
        "ranks": [across.tokens.ranks[label].get(one.name) for label in across.labels],
        "premium_ranks": [across.premiums.ranks[label].get(one.name) for label in across.labels],
        "totals": {name: [v.totals[name] for v in versions] for name in TOTALS},
        "metrics": metrics,
    }


def _columns(estimates: Sequence[Estimate]) -> dict[str, list[float | None]]:
    """Values and bounds of all versions; a metric that none of them has is empty columns."""
    if all(e.value is None for e in estimates):
        return {"value": [], "low": [], "high": []}
    return {part: [_round(getattr(e, part)) for e in estimates] for part in ("value", "low", "high")}


def _round(value: float | None) -> float | None:
    """Six digits; whole numbers without a point."""
    if value is None:
        return None
    short = float(f"{value:.6g}")
    return int(short) if short.is_integer() else short


def _plain(value: Any) -> Any:
    if isinstance(value, float):
        return _round(value)
    return {k: _plain(v) for k, v in value.items()} if isinstance(value, dict) else value
