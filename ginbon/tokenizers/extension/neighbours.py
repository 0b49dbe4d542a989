"""Text of other languages in the same script: no line of it may become longer.

Behind the partner's own split pattern nothing becomes longer, whatever the text: new merges come behind all others, so
a text is cut as before and only then joined further. Behind a gate words begin elsewhere, and a line can need more
tokens than before. What is promised there is promised of the given lines, by trying them: new tokens that lengthen a
line are forbidden, and where the gate does by itself (a vowel sign and the comma behind it were one token), the words
of that line are learned from too.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Final

import numpy as np

from ginbon.tokenizers.bpe import Types, apply
from ginbon.tokenizers.diagnosis.pieces import Pieces, pieces
from ginbon.tokenizers.extension.tokens import NewTokens
from ginbon.tokenizers.protocol import Int64s, TextColumn, Tokenizer

ROUNDS: Final = 12

Learn = Callable[[frozenset[bytes], Types], NewTokens]
"""Learns new tokens: without the forbidden ones, and from these types besides the others."""


@dataclass(frozen=True)
class Spared:
    """The new tokens, and what was done so that no neighbour's line is longer; ``longer`` lines still are."""

    tokens: NewTokens
    lines: int = 0
    forbidden: tuple[bytes, ...] = ()
    taught: tuple[bytes, ...] = field(default=())
    longer: int = 0


def spare(learn: Learn, base: Tokenizer, behind: Tokenizer, texts: TextColumn) -> Spared:
    """Learn tokens that lengthen none of the neighbours' lines, or as few as can be after ``ROUNDS`` tries."""
    limit = base.count_batch(texts)
    lines = pieces(behind, texts)
    spelled = behind.vocabulary.pieces
    forbidden: set[bytes] = set()
    taught: dict[int, int] = {}
    best: Spared | None = None
    for _ in range(ROUNDS):
        new = learn(frozenset(forbidden), _taught(lines.types, taught))
        worse = np.flatnonzero(_sizes(new, lines) > limit)
        words = tuple(sorted(_spelled(lines.types, row, spelled) for row in taught))
        found = Spared(new, len(texts), tuple(sorted(forbidden)), words, len(worse))
        best = found if best is None or found.longer < best.longer else best
        if not len(worse):
            break
        least = 1 + min((token.gain for token in new.tokens), default=0)
        for line in worse.tolist():
            rows = np.unique(lines.kind[lines.line == line])
            culprit = _culprit(new, _chosen(lines.types, rows), int(limit[line]))
            if culprit is not None:
                forbidden.add(culprit)
            else:
                taught |= {int(row): taught.get(int(row), 0) + least for row in rows if lines.types.sizes[row] > 1}
    assert best is not None
    return best


def _sizes(new: NewTokens, lines: Pieces) -> Int64s:
    return lines.by_line(apply(new.merges, lines.types).sizes)


def _culprit(new: NewTokens, types: Types, limit: int) -> bytes | None:
    """The new token without which a line needs no more than ``limit`` tokens, the one learned last if there are
    several; None where there is no such one."""
    ids = apply(new.merges, types).ids
    for i in sorted({int(i) for i in ids if i >= new.first_id}, reverse=True):
        without = replace(new.merges, pairs=_unjoined(new, i - new.first_id))
        if int(apply(without, types).sizes @ types.counts) <= limit:
            return new.tokens[i - new.first_id].piece
    return None


def _unjoined(new: NewTokens, k: int) -> np.ndarray[tuple[int, int], np.dtype[np.int32]]:
    """The merges without one of them: it joins what never occurs."""
    pairs = new.merges.pairs.copy()
    pairs[k] = -1
    return pairs


def _chosen(types: Types, rows: Int64s) -> Types:
    """Some of the types, each once."""
    sizes = types.sizes[rows]
    ids = [types.ids[types.offsets[row] : types.offsets[row + 1]] for row in rows.tolist()]
    offsets = np.concatenate([np.zeros(1, np.int64), np.cumsum(sizes)])
    return Types(offsets, np.concatenate([np.zeros(0, np.int32), *ids]), np.ones(len(rows), np.int64))


def _taught(types: Types, taught: dict[int, int]) -> Types:
    rows = np.array(sorted(taught), np.int64)
    return replace(_chosen(types, rows), counts=np.array([taught[row] for row in rows.tolist()], np.int64))


def _spelled(types: Types, row: int, spelled: tuple[bytes, ...]) -> bytes:
    return b"".join(spelled[i] for i in types.ids[types.offsets[row] : types.offsets[row + 1]].tolist())


def together(one: Types, other: Types) -> Types:
    """The types of both."""
    return Types(
        np.concatenate([one.offsets, other.offsets[1:] + one.offsets[-1]]),
        np.concatenate([one.ids, other.ids]),
        np.concatenate([one.counts, other.counts]),
    )
