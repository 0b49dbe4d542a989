"""How the documents of a language measure up: histograms of signals, kept and dropped apart, with the thresholds.

Bins are fixed beforehand by the signal's kind, so that parts are counted one by one and the same data give the same
picture however they were cut. No text is opened.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from ginbon.corpus import parquet
from ginbon.filters.decide import VERDICTS
from ginbon.filters.signals import signal_of

Floats = npt.NDArray[np.float64]

ALWAYS: Final = ("walk/words", "walk/text_bytes")
"""Signals that are always shown: how long the documents are."""

_SHARE_BINS: Final = 50
_SHOWN_BINS: Final = 50
_TOP_POWER: Final = 40


@dataclass(frozen=True)
class Bound:
    """A rule of a language: kept where ``low <= value <= high`` (``< high`` where ``below``); None is open."""

    rule: str
    signal: str
    low: float | None
    high: float | None
    below: bool = False

    def ends(self) -> dict[str, Any]:
        """Where it keeps, as plain values; ``below`` only where it is so."""
        ends = {"low": self.low, "high": self.high}
        return {**ends, "below": True} if self.below else ends


def bounds_of(fingerprint: Mapping[str, Any], language: str) -> list[Bound]:
    """The rules of a language with their thresholds, from the fingerprint of ``decide``."""
    rules = fingerprint.get("rules", {}).get(language, {})
    return [Bound(name, r["signal"], r.get("low"), r.get("high"), r.get("below", False)) for name, r in rules.items()]


def histograms(folder: Path, language: str, bounds: list[Bound], *, most: int) -> list[dict[str, Any]]:
    """At most ``most`` signals of a language: lengths first, then scores of classifiers, whether or not they decide,
    then those whose rules drop most documents.
    """
    first = [*ALWAYS, *_scores(folder, language)]
    chosen = [*first, *dict.fromkeys(b.signal for b in bounds if b.signal not in first)]
    counts: dict[str, Any] = {}
    drops: dict[str, int] = {}
    for columns, kept in _parts(folder, language, chosen):
        for name, values in columns.items():
            counts[name] = counts.get(name, 0) + _count(values, kept, edges_of(name))
            outside = sum(int(_fails(values, b).sum()) for b in bounds if b.signal == name)
            drops[name] = drops.get(name, 0) + outside
    order = sorted(counts, key=lambda n: (first.index(n) if n in first else len(first), -drops[n], n))
    return [_histogram(n, counts[n], [b for b in bounds if b.signal == n], drops[n]) for n in order[:most]]


def _scores(folder: Path, language: str) -> list[str]:
    """Columns of classifiers."""
    found = sorted((folder / "signals" / language).glob("*.parquet"))
    return [name for name in pq.read_schema(found[0]).names if name.startswith("classify/")] if found else []


def _parts(folder: Path, language: str, names: list[str]) -> Iterator[tuple[dict[str, Floats], npt.NDArray[np.bool_]]]:
    """The chosen columns and the verdict of each documents part, in order."""
    for verdicts in sorted((folder / VERDICTS / language).glob("*.parquet")):
        kept = parquet.read_table(verdicts, ["kept"]).column("kept").to_numpy()
        path = folder / "signals" / language / verdicts.name
        has = set(pq.read_schema(path).names)
        table = parquet.read_table(path, [n for n in names if n in has])
        yield {n: _numbers(table.column(n)) for n in table.column_names}, kept


def _count(values: Floats, kept: npt.NDArray[np.bool_], edges: Floats) -> npt.NDArray[np.int64]:
    """How many values are in each bin, of what is kept and of what is dropped, shape ``(2, bins)``.

    As ``np.histogram`` counts: the last bin holds its upper edge, and what is beyond is in none.
    """
    bins = len(edges) - 1
    inside = values <= edges[-1]
    at = np.minimum(np.searchsorted(edges, values[inside], "right") - 1, bins - 1)
    return np.bincount(at + bins * ~kept[inside], minlength=2 * bins).reshape(2, bins)


def _numbers(column: pa.ChunkedArray) -> Floats:
    values: Floats = column.cast(pa.float64(), safe=False).fill_null(0.0).to_numpy()
    return np.clip(np.nan_to_num(values), 0.0, 2.0**_TOP_POWER)


def _fails(values: Floats, bound: Bound) -> npt.NDArray[np.bool_]:
    low = -math.inf if bound.low is None else bound.low
    high = math.inf if bound.high is None else bound.high
    return (values < low) | (values > high)


@cache
def edges_of(signal: str) -> Floats:
    """Edges of a signal's bins.

    Shares have even bins from 0 to 1 (and one above, where they can pass 1); counts grow by half octaves, other numbers
    by eighths, both with a bin of their own for 0.
    """
    known = signal_of(signal)
    if known is not None and known.high < math.inf:
        even = np.linspace(0.0, 1.0, _SHARE_BINS + 1)
        ends = [np.nextafter(1.0, 2.0)] if known.high <= 1.0 else [1.0, known.high]
        return np.append(even[:-1], ends)
    if known is not None and known.divisor is not None:
        grown = 2.0 ** (np.arange(-10 * 8, _TOP_POWER * 8 + 2) / 8)
    else:
        grown = np.unique([np.floor(b * 2.0**p) for p in range(_TOP_POWER + 1) for b in (1.0, 1.5)])
    return np.concatenate([[0.0], grown])


def _histogram(name: str, counts: npt.NDArray[np.int64], bounds: list[Bound], outside: int) -> dict[str, Any]:
    """Plain values; empty bins at both ends are left out, but not those where a threshold lies."""
    edges = edges_of(name)
    used = np.flatnonzero(counts[0] + counts[1])
    places = [b for bound in bounds for b in (bound.low, bound.high) if b is not None]
    at = np.clip(np.searchsorted(edges, places, "right") - 1, 0, len(edges) - 2)
    low, high = (int(f(np.append(used, at))) if len(used) + len(at) else 0 for f in (np.min, np.max))
    starts = _coarser(low, high)
    sums = [np.add.reduceat(c[: high + 1], starts).tolist() for c in counts]
    return {
        "signal": name,
        "edges": [float(f"{x:.6g}") for x in edges[[*starts, high + 1]]],
        "kept": sums[0],
        "dropped": sums[1],
        "outside": outside,
        "bounds": [{"rule": b.rule, **b.ends()} for b in bounds],
    }


def _coarser(low: int, high: int) -> list[int]:
    """The first bin of each group, about ``_SHOWN_BINS`` groups of bins ``low`` to ``high``; bin 0 stays alone."""
    step = -(-(high - low + 1) // _SHOWN_BINS)
    if step == 1 or low > 0:
        return list(range(low, high + 1, step))
    return [0, *range(1, high + 1, step)]
