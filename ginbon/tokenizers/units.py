"""The bootstrap's draws: which documents a replicate holds, the same on every machine and in every version.

Documents are drawn with replacement. Beyond ``UNITS`` documents they are dealt in turn into that many units, and units
are drawn: the interval hardly changes, and work stays bounded. Lines that follow one another are drawn in blocks
(``block_length`` says how long). The draws come from SplitMix64 (Steele et al. 2014) of (seed, replicate, draw), not
from a library's generator, whose streams may change.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

UNITS: Final = 2_048
REPLICATES: Final = 1_000
CONFIDENCE: Final = 0.95


@lru_cache(maxsize=8)
def draws(units: int, seed: int, block: int = 1) -> NDArray[np.uint16]:
    """How often each unit is drawn in each replicate: shape (``units``, ``REPLICATES``); a column sums to ``units``.

    Where ``block`` is more than 1, that many neighbours are drawn together: circular blocks (Politis and Romano 1992),
    in which the first unit follows the last, so that all are drawn equally often; the last block of a replicate is cut
    to what is missing.
    """
    drawn = np.zeros((REPLICATES, units), np.uint16)
    if units:
        blocks = np.arange(-(-units // block), dtype=np.uint64)
        for replicate in range(REPLICATES):
            numbers = splitmix64(blocks + np.uint64(replicate * units), seed)
            starts = ((numbers >> np.uint64(32)) * np.uint64(units)) >> np.uint64(32)
            places = np.add.outer(starts.astype(np.int64), np.arange(block)).ravel()[:units]
            drawn[replicate] = np.bincount(places % units, minlength=units)
    drawn = np.ascontiguousarray(drawn.T)
    drawn.flags.writeable = False
    return drawn


@lru_cache(maxsize=8)
def weights(units: int, seed: int, block: int = 1) -> NDArray[np.float64]:
    """The same by replicate: shape (``REPLICATES``, ``units``), ready for a product of matrices."""
    turned = np.ascontiguousarray(draws(units, seed, block).T, np.float64)
    turned.flags.writeable = False
    return turned


def unit_of(document: NDArray[np.int64]) -> NDArray[np.int64]:
    """The unit that a document is dealt to: neighbours to neighbours, so that blocks of units are blocks of each."""
    return document % UNITS


def what_is_drawn(drawn: str, block: int) -> str:
    """The units of the bootstrap in words: ``documents``, ``lines``, ``blocks of 4 lines``."""
    return drawn if block == 1 else f"blocks of {block:,} {drawn}"


def interval(values: NDArray[np.float64]) -> tuple[float, float]:
    """The middle ``CONFIDENCE`` of some replicates, by nearest rank."""
    ordered = np.sort(values)
    tail = int(len(ordered) * (1 - CONFIDENCE) / 2)
    return float(ordered[tail]), float(ordered[len(ordered) - 1 - tail])


def splitmix64(counter: NDArray[np.uint64], seed: int) -> NDArray[np.uint64]:
    """64 well-mixed bits of each counter."""
    with np.errstate(over="ignore"):
        z = (counter + np.uint64((seed * 0xD1342543DE82EF95) % 2**64)) * np.uint64(0x9E3779B97F4A7C15)
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        return z ^ (z >> np.uint64(31))
