"""What every kind of tokenizer is made by: one learning, cut to the sizes that are wanted."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

import numpy as np

from ginbon.tokenizers.bpe import Merges, Types
from ginbon.tokenizers.counts import Counts
from ginbon.tokenizers.training.options import TrainOptions

RARE: Final = 100
"""A token that occurs less often in its own training text is rare: a model hardly gets to know it."""


@dataclass(frozen=True)
class Made:
    """A tokenizer's file, what a person should know about it, how many of its tokens are rare (None: not known), and
    what else its record says."""

    data: bytes
    notes: tuple[str, ...] = ()
    rare: int | None = None
    about: Mapping[str, Any] = field(default_factory=dict)


class Maker(Protocol):
    """Makes the files of plans that differ in name and vocabulary alone, each as if it were the only one."""

    def __call__(self, counts: Counts, plans: Sequence[TrainOptions]) -> Iterator[Made]: ...


def too_many_characters(known: int, kept: int, room: int) -> tuple[str, ...]:
    """A note where not all characters that were to be tokens are."""
    if kept >= known:
        return ()
    note = (
        f"{known:,} characters do not fit {room:,} tokens: the {kept:,} most frequent have one of their own, the "
        "others are written as bytes; a larger vocabulary keeps more"
    )
    return (note,)


def rare_tokens(types: Types, merges: Merges) -> int:
    """How many tokens occur less than ``RARE`` times in the types that the merges were learned from.

    Exact without encoding anything: each merge that was applied made one token and used up its two parts.
    """
    counts = merges.counts.astype(np.float64)
    often = np.zeros(merges.first_id + len(merges))
    often[: len(types.occurrences)] = types.occurrences
    often[merges.first_id :] = counts
    often -= np.bincount(merges.pairs.ravel(), weights=np.repeat(counts, 2), minlength=len(often))
    return int(np.count_nonzero(often < RARE))
