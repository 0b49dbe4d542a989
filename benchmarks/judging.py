"""How well duplicates were found: recall over known pairs, precision by exact similarity, agreement of clusterings."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from shingled import Rows, Shingles

Floats = npt.NDArray[np.float64]

LEAST: Final = 0.5
"""A removed document that is less alike than this to all of its cluster was removed wrongly."""

BINS: Final = np.round(np.arange(0.4, 1.0, 0.05), 2)
"""Lower ends of the bins of the curve; the last holds 1."""


@dataclass(frozen=True)
class Pairs:
    """Known pairs of rows with their exact similarity; ``alone`` where no third document is in play."""

    left: Rows
    right: Rows
    jaccard: Floats
    alone: npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Judgement:
    """``recall`` by least similarity; ``precise``: share of removed documents at least ``LEAST`` alike to some other
    member of the cluster, ``by_survivor`` to the one that stays (which depends on which one that is); ``mean``
    similarity to the one that stays; ``pairs`` within clusters. Documents under five words have no shingles and are not
    judged.
    """

    removed: int
    pairs: int
    largest: int
    recall: dict[float, float]
    precise: float
    by_survivor: float
    mean: float

    def f1(self, least: float) -> float:
        """Harmonic mean of the recall from that similarity on and the precision."""
        both = self.recall[least] + self.precise
        return 2 * self.recall[least] * self.precise / both if both else 0.0


@dataclass(frozen=True)
class Bin:
    """Pairs of about the same similarity: how many there are, the share found, and the share that theory says."""

    low: float
    pairs: int
    found: float
    expected: float


def judge(survivors: Rows, known: Pairs, shingles: Shingles, *, leasts: tuple[float, ...] = (0.8, 0.72)) -> Judgement:
    """``survivors`` holds for each row the row that stays for it."""
    met = survivors[known.left] == survivors[known.right]
    gone = np.flatnonzero(survivors != np.arange(len(survivors)))
    gone = gone[[len(shingles.sets[row]) > 0 for row in gone.tolist()]] if len(gone) else gone
    alike = shingles.jaccard(gone, survivors[gone])
    by_any = alike >= LEAST
    members = _members(survivors)
    for at in np.flatnonzero(~by_any).tolist():
        row = int(gone[at])
        others = [other for other in members[int(survivors[row])] if other != row]
        by_any[at] = any(shingles.jaccard(np.array([row]), np.array([other]))[0] >= LEAST for other in others)
    sizes = np.bincount(survivors)
    return Judgement(
        removed=int((survivors != np.arange(len(survivors))).sum()),
        pairs=int((sizes * (sizes - 1) // 2).sum()),
        largest=int(sizes.max()),
        recall={least: _mean(met[known.jaccard >= least]) for least in leasts},
        precise=_mean(by_any),
        by_survivor=_mean(alike >= LEAST),
        mean=_mean(alike),
    )


def curve(survivors: Rows, known: Pairs, *, bands: int, rows: int) -> list[Bin]:
    """Shares of pairs found by similarity, of pairs in which no third document is in play."""
    met = (survivors[known.left] == survivors[known.right])[known.alone]
    jaccard = known.jaccard[known.alone]
    expected = 1 - (1 - jaccard**rows) ** bands
    place = np.searchsorted(BINS, jaccard + 1e-9, "right") - 1
    found = []
    for number, low in enumerate(BINS.tolist()):
        own = place == number
        if own.any():
            found.append(Bin(low, int(own.sum()), _mean(met[own]), _mean(expected[own])))
    return found


def _members(survivors: Rows) -> dict[int, list[int]]:
    order = np.argsort(survivors, kind="stable")
    heads, starts = np.unique(survivors[order], return_index=True)
    groups = np.split(order, starts[1:])
    return {int(head): group.tolist() for head, group in zip(heads, groups, strict=True) if len(group) > 1}


def _mean(values: npt.NDArray[Any]) -> float:
    return float(values.mean()) if len(values) else 0.0


# ---- against a labelled set --------------------------------------------------------------------------------------


def agreement(found: Rows, truth: Rows) -> dict[str, float]:
    """Precision, recall and F1 over pairs of rows in one cluster, and the adjusted Rand index (Hubert and Arabie 1985).

    Both arrays name each row's cluster by a number.
    """
    _, ours = np.unique(found, return_inverse=True)
    _, theirs = np.unique(truth, return_inverse=True)
    cells = np.unique(ours.astype(np.int64) * (theirs.max() + 1) + theirs, return_counts=True)[1]
    both, a, b = (_pairs(counts) for counts in (cells, np.bincount(ours), np.bincount(theirs)))
    chance = a * b / max(_pairs(np.array([len(found)])), 1.0)
    most = (a + b) / 2
    return {
        "precision": both / a if a else 1.0,
        "recall": both / b if b else 1.0,
        "f1": 2 * both / (a + b) if a + b else 1.0,
        "ari": (both - chance) / (most - chance) if most != chance else 1.0,
    }


def _pairs(counts: npt.NDArray[np.int64]) -> float:
    return float((counts * (counts - 1) // 2).sum())
