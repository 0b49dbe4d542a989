"""Encode types with learned merges."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ginbon.tokenizers.bpe.kernel import apply as kernel
from ginbon.tokenizers.bpe.types import Int32s, Int64s, Merges, Types


@dataclass(frozen=True)
class Merged:
    """The tokens of some types: those of type ``i`` are ``ids[offsets[i]:offsets[i + 1]]``."""

    offsets: Int64s
    ids: Int32s

    @property
    def sizes(self) -> Int64s:
        """Tokens of each type."""
        return np.diff(self.offsets)


def apply(merges: Merges, types: Types) -> Merged:
    """Encode each type: of the pairs that can be joined the one learned first, again and again, from left to right.

    ``apply(merges, types).sizes @ types.counts`` are the tokens of a corpus. Time grows with n log n of a type's size.
    """
    keys, ranks = by_pair(merges)
    longest = int(types.sizes.max(initial=0))
    ids, offsets = np.empty(len(types.ids), np.int32), np.zeros(len(types.offsets), np.int64)
    links, heap = np.empty((longest, 3), np.int32), np.empty(3 * longest, np.int64)
    sizes = np.empty(len(types), np.int64)
    kernel.apply(types.offsets, types.ids, merges.pairs, merges.first_id, keys, ranks, links, heap, ids, sizes)
    np.cumsum(sizes, out=offsets[1:])
    return Merged(offsets, ids[: offsets[-1]].copy())


def by_pair(merges: Merges) -> tuple[Int64s, Int32s]:
    """The table in which kernels look up the rank of a pair."""
    keys = np.zeros(1 << (2 * len(merges) + 2).bit_length(), np.int64)
    ranks = np.full(len(keys), -1, np.int32)
    kernel.index(merges.pairs, keys, ranks)
    return keys, ranks
