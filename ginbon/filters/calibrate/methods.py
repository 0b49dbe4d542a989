"""Ways to a threshold: ours, and the four that FineWeb2 published.

Every way is given the trusted documents' values of one signal and answers with the threshold of one end of a rule.

FineWeb2 (Penedo et al. 2025, section on filtering) carries FineWeb's English thresholds over by statistics of each
language: ``mean-std`` as many standard deviations from the mean, ``quantile`` the same quantile, ``tail`` a tenth of
the documents whatever the English number, ``median-ratio`` by the ratio of the medians. Ours keeps a budget, and says
how sure it is.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

import numpy as np

from ginbon.filters.calibrate.intervals import Estimate, moments, tail
from ginbon.languages.pack import STATISTICS

Method = Literal["ginbon", "mean-std", "quantile", "tail", "median-ratio"]
METHODS: Final[tuple[Method, ...]] = ("ginbon", "mean-std", "quantile", "tail", "median-ratio")

TAIL: Final = 0.1
"""FineWeb2's share of documents beyond the threshold."""

MARGIN: Final = 0.25
"""Of the distance from the median: how much further out than the sample a language's own threshold is set."""


@dataclass(frozen=True)
class Evidence:
    """What is known for one end of a rule.

    ``values`` are the trusted documents', sorted; ``start`` the threshold that stands so far (the pack's, else the
    preset's), ``published`` the preset's for English text, ``english`` the statistics of the signal on trusted English
    text. Either may be missing. ``own`` marks a signal whose size is the language's (the length of words): its
    threshold comes from the sample alone, where that is large ``enough``. ``whole`` marks a count.
    """

    values: Any
    start: float | None
    published: float | None
    english: Sequence[float] | None
    upper: bool
    own: bool
    whole: bool
    enough: bool
    budget: float
    seed: int


@dataclass(frozen=True)
class Found:
    """A threshold, the interval of what was estimated for it, and how it was found."""

    at: float
    interval: tuple[float, float] | None
    how: str


def ginbon(evidence: Evidence) -> Found | None:
    """The threshold that stands, loosened until it keeps the budget: to the loose end of the interval of the quantile.

    A threshold of the language's own (``own``) is that loose end, a quarter further from the median, where there are
    documents enough to bound the budget (Wilks 1941); of fewer documents it only loosens what stands, by that quarter.
    """
    e = evidence
    estimate = tail(e.values, e.budget, upper=e.upper, seed=e.seed)
    loose = estimate.high if e.upper else estimate.low
    said = _said(estimate, e)
    if e.own:
        loose = loose + MARGIN * (loose - float(np.median(e.values)))
        at = rounded(loose, upper=e.upper, whole=e.whole)
        if e.enough or e.start is None:
            return Found(at, (estimate.low, estimate.high), f"{said}; a quarter further from the median")
    else:
        at = rounded(loose, upper=e.upper, whole=e.whole)
    if e.start is None:
        return Found(at, (estimate.low, estimate.high), said)
    if not e.enough and not e.own:  # the extreme of few documents is no extreme
        further = loose + MARGIN * (loose - float(np.median(e.values)))
        at = rounded(further, upper=e.upper, whole=e.whole)
    stands = e.start >= loose if e.upper else e.start <= loose
    if stands:
        return Found(e.start, (estimate.low, estimate.high), f"{e.start:g} stands: {said}")
    return Found(at, (estimate.low, estimate.high), f"{said}; {e.start:g} would drop more")


def mean_std(evidence: Evidence) -> Found | None:
    """As many standard deviations from the mean as the English threshold is on English text."""
    e = evidence
    if e.published is None or e.english is None or _of(e, "std") == 0:
        return None
    k = (e.published - _of(e, "mean")) / _of(e, "std")
    estimate = moments(e.values, k, seed=e.seed)
    return Found(estimate.value, (estimate.low, estimate.high), f"mean {k:+.2f} standard deviations, as English")


def quantile(evidence: Evidence) -> Found | None:
    """The quantile that the English threshold is of English text."""
    e = evidence
    if e.published is None or e.english is None:
        return None
    points = [0, 0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99, 1]
    known = [_of(e, name) for name in STATISTICS[2:]]
    at = float(np.interp(e.published, known, points))
    estimate = tail(e.values, 1 - at if e.upper else at, upper=e.upper, seed=e.seed)
    return Found(estimate.value, (estimate.low, estimate.high), f"the {at:.1%} quantile, as of English")


def tenth(evidence: Evidence) -> Found | None:
    """A tenth of the documents is beyond it."""
    estimate = tail(evidence.values, TAIL, upper=evidence.upper, seed=evidence.seed)
    return Found(estimate.value, (estimate.low, estimate.high), f"{TAIL:.0%} of the documents are beyond")


def median_ratio(evidence: Evidence) -> Found | None:
    """The English threshold times the median against the English median."""
    e = evidence
    if e.published is None or e.english is None or _of(e, "median") == 0:
        return None
    middle = tail(e.values, 0.5, upper=True, seed=e.seed)
    ratio = e.published / _of(e, "median")
    found = [x * ratio for x in (middle.value, middle.low, middle.high)]
    return Found(found[0], (found[1], found[2]), f"{e.published:g} x medians, {middle.value / _of(e, 'median'):.2f}")


DERIVE: Final[Mapping[Method, Callable[[Evidence], Found | None]]] = {
    "ginbon": ginbon,
    "mean-std": mean_std,
    "quantile": quantile,
    "tail": tenth,
    "median-ratio": median_ratio,
}


def rounded(at: float, *, upper: bool, whole: bool) -> float:
    """Three digits, outwards, so that rounding drops nothing; a count is a whole number."""
    if at == 0:
        return 0.0
    digits = 0 if whole else max(0, min(6, 2 - int(np.floor(np.log10(abs(at))))))
    step = np.ceil if upper else np.floor
    return float(round(step(round(at * 10**digits, 9)) / 10**digits, 6))


def _said(estimate: Estimate, e: Evidence) -> str:
    most = "at most" if e.upper else "at least"
    share = f"{100 * (1 - e.budget):.4g} %" if e.budget else "all"
    interval = "" if estimate.low == estimate.high else f" [{estimate.low:.4g}, {estimate.high:.4g}]"
    return f"{share} of {len(e.values):,} documents have {most} {estimate.value:.4g}{interval}"


def _of(e: Evidence, name: str) -> float:
    assert e.english is not None
    return float(e.english[STATISTICS.index(name)])
