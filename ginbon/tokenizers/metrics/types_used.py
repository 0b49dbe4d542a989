"""Which tokens occur in which documents, how often, and what of them is in each replicate of the bootstrap."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ginbon.tokenizers.protocol import Encoded, Flags, Ids, Int64s
from ginbon.tokenizers.units import REPLICATES, UNITS, draws, unit_of


@dataclass(frozen=True)
class Used:
    """Token ``ids[i]`` occurs ``counts[i]`` times in document ``rows[i]``; each pair is there once, ids ascend."""

    rows: Int64s
    ids: Ids
    counts: Int64s

    @classmethod
    def of(cls, encoded: Encoded) -> Used:
        """The tokens of some documents."""
        rows = np.repeat(np.arange(len(encoded.counts), dtype=np.int64), encoded.counts)
        key = np.sort(encoded.ids.astype(np.int64) << 32 | rows)
        first = np.flatnonzero(np.diff(key, prepend=-1))
        return cls._of_keys(key[first], np.diff(first, append=len(key)))

    @classmethod
    def added(cls, rows: Int64s, ids: Ids, counts: Int64s) -> Used:
        """From pairs that may be there several times."""
        key = ids.astype(np.int64) << 32 | rows
        order = np.argsort(key, kind="stable")
        key = key[order]
        first = np.flatnonzero(np.diff(key, prepend=-1))
        summed = np.add.reduceat(counts[order], first) if len(key) else counts
        return cls._of_keys(key[first], summed)

    @classmethod
    def _of_keys(cls, keys: Int64s, counts: Int64s) -> Used:
        return cls(keys & 0xFFFFFFFF, (keys >> 32).astype(np.uint32), counts)

    @classmethod
    def join(cls, parts: Sequence[Used], documents: Sequence[int]) -> Used:
        """Those of several batches of so many documents, as one."""
        before = np.concatenate([np.zeros(1, np.int64), np.cumsum(documents)])
        rows = np.concatenate([part.rows + first for part, first in zip(parts, before[:-1], strict=True)])
        return cls.added(rows, np.concatenate([p.ids for p in parts]), np.concatenate([p.counts for p in parts]))

    def grouped(self, groups: Int64s, kept: Flags) -> Used:
        """The same for groups of documents, without those that are not kept."""
        stays = kept[self.rows]
        return Used.added(groups[self.rows[stays]], self.ids[stays], self.counts[stays])

    @property
    def often(self) -> Int64s:
        """How often each token that occurs does, over all documents."""
        first = np.flatnonzero(np.diff(self.ids.astype(np.int64), prepend=-1))
        return np.add.reduceat(self.counts, first) if len(first) else self.counts

    def drawn(self, documents: int, seed: int, block: int = 1) -> Drawn:
        """What is in each replicate of the bootstrap over so many documents, or blocks of them."""
        from ginbon.tokenizers.metrics.draw_kernel import draw_types

        units = unit_of(self.rows)
        held = Used.added(units, self.ids, self.counts) if documents > UNITS else self
        ends = np.append(np.flatnonzero(np.diff(held.ids.astype(np.int64), prepend=-1)), len(held.ids))
        drawn = Drawn(np.zeros(REPLICATES, np.int64), np.zeros(REPLICATES), np.zeros(REPLICATES))
        room = np.zeros(REPLICATES)
        times = draws(min(documents, UNITS), seed, block)
        draw_types(times, ends, held.rows, held.counts, room, drawn.different, drawn.powers, drawn.tokens)
        return drawn


@dataclass(frozen=True)
class Drawn:
    """For each replicate: different tokens, the sum over them of occurrences to the power 2.5, and all tokens."""

    different: Int64s
    powers: NDArray[np.float64]
    tokens: NDArray[np.float64]
