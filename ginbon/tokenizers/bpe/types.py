"""What merges are learned from, and what is learned."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ginbon.errors import UserError
from ginbon.tokenizers.bpe.kernel.pairs import count_ids

Int32s = NDArray[np.int32]
Int64s = NDArray[np.int64]

MAX_TOKENS: Final = 2**62
"""Most tokens that a corpus may have: sums of counts stay far inside 64 bits."""

BYTES: Final = tuple(bytes([b]) for b in range(256))
"""The base vocabulary of byte-level BPE: id = byte."""


@dataclass(frozen=True)
class Types:
    """Distinct pre-tokens as token ids, and how often each occurs in the corpus.

    Those of type ``i`` are ``ids[offsets[i]:offsets[i + 1]]``; ``counts[i]`` is 0 or more. Raises ``UserError`` where
    the corpus would have more than 2**62 tokens.
    """

    offsets: Int64s
    ids: Int32s
    counts: Int64s

    def __post_init__(self) -> None:
        if len(self.offsets) != len(self.counts) + 1:
            raise ValueError(f"{len(self.offsets)} offsets of {len(self.counts)} types; expected one more than types")
        # not by @, for which BLAS wakes threads that then wait busily, a tenth of a second each
        if float(np.multiply(self.counts, self.sizes, dtype=np.float64).sum()) > MAX_TOKENS:
            raise UserError(f"these counts stand for more than {MAX_TOKENS:,} tokens; divide them by a constant")

    def __len__(self) -> int:
        return len(self.counts)

    @property
    def sizes(self) -> Int64s:
        """Tokens of each type."""
        return np.diff(self.offsets)

    @cached_property
    def tokens(self) -> int:
        """Tokens of the corpus."""
        return int(self.counts @ self.sizes)

    @cached_property
    def occurrences(self) -> Int64s:
        """How often each id occurs in the corpus, up to the largest that does."""
        often = np.zeros(int(self.ids.max(initial=-1)) + 1, np.int64)
        count_ids(self.offsets, self.ids, self.counts, often)
        return often

    @classmethod
    def of_bytes(cls, pre_tokens: Iterable[bytes], counts: Sequence[int] | Int64s) -> Types:
        """Types whose tokens are their bytes."""
        rows = list(pre_tokens)
        offsets = np.zeros(len(rows) + 1, np.int64)
        np.cumsum([len(row) for row in rows], out=offsets[1:])
        return cls(offsets, np.frombuffer(b"".join(rows), np.uint8).astype(np.int32), _counts(counts))


def _counts(counts: Sequence[int] | Int64s) -> Int64s:
    if len(counts) and max(counts) > MAX_TOKENS:
        raise UserError(f"a count of {max(counts):,}; expected at most {MAX_TOKENS:,}")
    return np.asarray(counts, np.int64)


@dataclass(frozen=True)
class Merges:
    """Learned merges, in the order in which they apply.

    Merge ``k`` joins the tokens ``pairs[k]`` into the token ``first_id + k``, whose bytes are ``pieces[k]``, and saved
    ``counts[k]`` tokens of the corpus, which had ``start_tokens`` before the first.
    """

    first_id: int
    pairs: Int32s
    counts: Int64s
    pieces: tuple[bytes, ...]
    start_tokens: int

    def __len__(self) -> int:
        return len(self.counts)

    def first(self, n: int) -> Merges:
        """The first ``n`` of them: what learning ``n`` would have given."""
        return Merges(self.first_id, self.pairs[:n], self.counts[:n], self.pieces[:n], self.start_tokens)

    @cached_property
    def tokens(self) -> Int64s:
        """Tokens of the corpus after each merge: the curve that more tokens buy back."""
        return self.start_tokens - np.cumsum(self.counts)
