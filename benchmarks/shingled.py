"""Exact similarity of texts that are split by white space: Jaccard over their sets of 5-word shingles.

Nothing of Ginbon's kernels is in here, and no tool's hashes: words have random numbers of 64 bits, a shingle is a sum
of them with five odd factors, mixed. Two shingles of 100 million are taken for one with a chance of 1 in 4,000.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa

Hashes = npt.NDArray[np.uint64]
Rows = npt.NDArray[np.int64]

NGRAM: Final = 5
PERMUTATIONS: Final = 112
ROWS: Final = 2


@dataclass(frozen=True)
class Shingles:
    """The shingles of every text: sorted, each once."""

    sets: list[Hashes]

    def jaccard(self, left: Rows, right: Rows) -> npt.NDArray[np.float64]:
        """Similarity of each pair of rows; 0 where both have no shingle."""
        found = np.zeros(len(left))
        for at, (a, b) in enumerate(zip(left.tolist(), right.tolist(), strict=True)):
            one, other = self.sets[a], self.sets[b]
            if len(one) and len(other):
                common = len(np.intersect1d(one, other, assume_unique=True))
                found[at] = common / (len(one) + len(other) - common)
        return found


def shingle(texts: pa.Array) -> Shingles:
    """The shingles of texts whose words stand between white space."""
    numbers: dict[str, int] = {}
    chance = np.random.default_rng(20_240_229)
    factors = chance.integers(0, 2**64, NGRAM, np.uint64, endpoint=False) | np.uint64(1)
    known = chance.integers(0, 2**64, 1 << 16, np.uint64, endpoint=False)
    sets: list[Hashes] = []
    for text in texts.to_pylist():
        own = np.array([numbers.setdefault(word, len(numbers)) for word in text.split()], np.int64)
        while len(numbers) > len(known):
            known = np.concatenate([known, chance.integers(0, 2**64, len(known), np.uint64, endpoint=False)])
        words = known[own]
        if len(words) < NGRAM:
            sets.append(np.empty(0, np.uint64))
            continue
        last = len(words) - NGRAM + 1
        total = np.zeros(last, np.uint64)
        for place, factor in enumerate(factors):
            total += words[place : place + last] * factor
        sets.append(np.unique(mix(total)))
    return Shingles(sets)


def mix(values: Hashes) -> Hashes:
    """A bijection of 64 bits after which all of them depend on all (MurmurHash3's finaliser, Appleby 2011)."""
    values = (values ^ (values >> np.uint64(33))) * np.uint64(0xFF51AFD7ED558CCD)
    values = (values ^ (values >> np.uint64(33))) * np.uint64(0xC4CEB9FE1A85EC53)
    mixed: Hashes = values ^ (values >> np.uint64(33))
    return mixed


def similar_pairs(shingles: Shingles, *, least: float) -> tuple[Rows, Rows, npt.NDArray[np.float64]]:
    """All pairs of rows (first below second) whose exact similarity is ``least`` or more.

    Candidates share one of 56 bands of 2 MinHash values and are alike by their 112 values to within 0.2.
    """
    rows = np.array([row for row, own in enumerate(shingles.sets) if len(own)], np.int64)
    starts = np.r_[0, np.cumsum([len(shingles.sets[row]) for row in rows])[:-1]]
    every = np.concatenate([shingles.sets[row] for row in rows])
    seeds = np.random.default_rng(7).integers(0, 2**64, PERMUTATIONS, np.uint64, endpoint=False)
    values = np.stack([np.minimum.reduceat(mix(every ^ seed), starts) for seed in seeds], axis=1)
    found: set[int] = set()
    for band in range(0, PERMUTATIONS, ROWS):
        keys = mix(values[:, band] + mix(values[:, band + 1]))
        found.update(_bucket_pairs(keys, values, least - 0.2))
    codes = np.array(sorted(found), np.int64)
    left, right = rows[codes // len(rows)], rows[codes % len(rows)]
    jaccard = shingles.jaccard(left, right)
    good = jaccard >= least
    return left[good], right[good], jaccard[good]


def _bucket_pairs(keys: Hashes, values: Any, least: float) -> list[int]:
    """Pairs (as ``first * rows + second``) of the same key whose estimated similarity is ``least`` or more."""
    order = np.argsort(keys, kind="stable")
    edges = np.flatnonzero(np.r_[True, np.diff(keys[order]) != 0, True])
    found: list[int] = []
    for at in np.flatnonzero(np.diff(edges) > 1):
        members = np.sort(order[edges[at] : edges[at + 1]])
        for place, first in enumerate(members[:-1]):
            others = members[place + 1 :]
            alike = others[(values[others] == values[first]).mean(axis=1) >= least]
            found += (first * len(keys) + alike).tolist()
    return found
