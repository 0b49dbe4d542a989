"""New tokens: merges that go on where the base vocabulary's end, each locked to a script."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import Final

import numpy as np

from ginbon.tokenizers.bpe import Allowed, Merges, Types, apply, learn
from ginbon.tokenizers.guards import Guard
from ginbon.tokenizers.protocol import Int64s

MARGIN: Final = 0.05
"""Share of merges that are learned beyond those asked for, to take the place of tokens that are taken out again."""

Joins = Callable[[bytes, bytes], int | None]
"""The rank at which two neighbours are joined, or None where they are not."""


@dataclass(frozen=True)
class NewToken:
    """A token that is added: the two tokens it was learned from, the base's tokens it stands for, how many tokens of
    the text it was learned from it saved when it was learned, and why only text in the script can hold it."""

    id: int
    piece: bytes
    pair: tuple[int, int]
    parts: tuple[int, ...]
    gain: int
    lock: str


@dataclass(frozen=True, eq=False)
class NewTokens:
    """The tokens that are added, by id; merge ``k`` makes the ``k``-th."""

    first_id: int
    tokens: tuple[NewToken, ...]
    start_tokens: int

    def __len__(self) -> int:
        return len(self.tokens)

    @property
    def pieces(self) -> tuple[bytes, ...]:
        """Their bytes."""
        return tuple(token.piece for token in self.tokens)

    @cached_property
    def merges(self) -> Merges:
        """As merges over the base's ids."""
        pairs = np.array([token.pair for token in self.tokens], np.int32).reshape(-1, 2)
        gains = np.array([token.gain for token in self.tokens], np.int64)
        return Merges(self.first_id, pairs, gains, self.pieces, self.start_tokens)

    def used(self, types: Types) -> Int64s:
        """How often each token occurs in a corpus once all merges were applied; 0: only a step to longer ones."""
        merged = apply(self.merges, types)
        counts = np.repeat(types.counts, merged.sizes)
        new = merged.ids >= self.first_id
        return np.bincount(
            merged.ids[new] - self.first_id, weights=counts[new].astype(np.float64), minlength=len(self)
        ).astype(np.int64)


def learn_tokens(
    types: Types,
    most: int,
    guard: Guard,
    *,
    base: Sequence[bytes],
    first_id: int,
    min_count: int = 2,
    forbidden: Iterable[bytes] = (),
    reached: Callable[[Sequence[bytes]], Sequence[bool]] | None = None,
) -> NewTokens:
    """At most ``most`` new tokens for a script, in the order of what they save.

    ``types`` are pre-tokens as the base cuts them into tokens; ``base[id]`` is what each spells. None of ``forbidden``
    is learned, nor what is built from it, nor what would cut a character in two. ``reached`` tells of each piece
    whether the finished tokenizer could make it from its bytes; the others are taken out too.
    """
    margin = int(most * MARGIN) + 16
    merges = learn(
        types,
        most + margin,
        base=base,
        first_id=first_id,
        min_count=min_count,
        allowed=Allowed.locked(np.flatnonzero(guard.points).tolist()).whole(),
    )
    out = set(forbidden)
    while True:
        kept = _kept(merges, most, out, guard)
        missed = [] if reached is None else [
            t.piece for t, can in zip(kept, reached([t.piece for t in kept]), strict=True) if not can
        ]  # fmt: skip
        if not missed:
            return NewTokens(first_id, tuple(kept), merges.start_tokens)
        out |= set(missed)


def _kept(merges: Merges, most: int, out: set[bytes], guard: Guard) -> list[NewToken]:
    """The first tokens, without those that are out and those built from them, numbered without gaps."""
    number: dict[int, int] = {}
    kept: list[NewToken] = []
    for k, (pair, gain, piece) in enumerate(
        zip(merges.pairs.tolist(), merges.counts.tolist(), merges.pieces, strict=True)
    ):
        if len(kept) == most:
            break
        if piece in out or any(i >= merges.first_id and i not in number for i in pair):
            continue
        left, right = (number.get(i, i) for i in pair)
        parts = tuple(
            base for i in (left, right) for base in (kept[i - merges.first_id].parts if i >= merges.first_id else (i,))
        )
        number[merges.first_id + k] = merges.first_id + len(kept)
        kept.append(NewToken(merges.first_id + len(kept), piece, (left, right), parts, gain, guard.lock(piece)))
    return kept


def reaches(parts: Iterable[bytes], joins: Joins) -> bool:
    """Whether merging from these parts, the lowest rank first and from left to right, makes one token of them."""
    parts = list(parts)
    while len(parts) > 1:
        ranks = [joins(a, b) for a, b in pairwise(parts)]
        best = min((rank for rank in ranks if rank is not None), default=None)
        if best is None:
            return False
        at = ranks.index(best)
        parts[at : at + 2] = [parts[at] + parts[at + 1]]
    return True


def counts_digest(types: Types, pieces: Sequence[bytes]) -> str:
    """SHA-256 over the bytes and counts of all types, in the order of their bytes: what tokens were learned from."""
    rows = sorted(
        (b"".join(pieces[i] for i in types.ids[a:b].tolist()), count)
        for a, b, count in zip(
            types.offsets[:-1].tolist(), types.offsets[1:].tolist(), types.counts.tolist(), strict=True
        )
    )
    held = hashlib.sha256()
    for piece, count in rows:
        held.update(b"%d %d " % (len(piece), count) + piece)
    return held.hexdigest()
