"""Parity-aware byte-pair encoding in plain Python, as slow as it is plain: what the compiled one must equal."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from bpe_reference import Pair, Row, joined

Corpus = Mapping[bytes, int]


@dataclass
class Learned:
    """Merges, who chose each, what the training text saved, and what each language paid before and after."""

    pairs: list[Pair] = field(default_factory=list)
    chosen_by: list[int] = field(default_factory=list)
    gains: list[int] = field(default_factory=list)
    paid: list[list[int]] = field(default_factory=list)


@dataclass
class Text:
    """Rows of tokens and how often each occurs."""

    rows: list[Row]
    counts: list[int]

    @classmethod
    def of(cls, corpora: Sequence[Corpus]) -> Text:
        return cls([tuple(word) for c in corpora for word in c], [n for c in corpora for n in c.values()])

    def saved(self, pair: Pair) -> int:
        """Tokens that merging a pair saves."""
        return sum(n * (len(row) - len(joined(row, pair, -1))) for row, n in zip(self.rows, self.counts, strict=True))

    def best(self, min_count: int) -> Pair | None:
        """The pair that saves most."""
        pairs = {pair for row in self.rows for pair in itertools.pairwise(row)}
        saved = {pair: n for pair in pairs if (n := self.saved(pair)) >= min_count}
        return min(saved, key=lambda pair: (-saved[pair], pair)) if saved else None

    def merge(self, pair: Pair, token: int) -> None:
        self.rows = [joined(row, pair, token) for row in self.rows]

    @property
    def tokens(self) -> int:
        return sum(len(row) * n for row, n in zip(self.rows, self.counts, strict=True))


def learn(
    train: Sequence[Corpus],
    dev: Sequence[Corpus] | None,
    merges: int,
    *,
    ratio: Sequence[float] = (),
    global_merges: int = 0,
    window: int | None = None,
    alpha: float = 2.0,
    min_count: int = 2,
) -> Learned:
    """What each step of the algorithm says, with every count made anew."""
    texts, whole = [Text.of([corpus]) for corpus in train], Text.of(train)
    measured = [Text.of([corpus]) for corpus in dev] if dev is not None else texts
    start = [text.tokens for text in measured]
    found = Learned(paid=[start])
    while len(found.pairs) < merges:
        best = [text.best(min_count) for text in texts]
        by_all = len(found.pairs) < global_merges and whole.best(min_count)
        if by_all:
            choice, pair = -1, by_all
        else:
            left = [i for i, pair in enumerate(best) if pair]
            if not left:
                break
            choice = _choose(left, measured, start, ratio, found.chosen_by, window, alpha, len(train))
            pair = best[choice] or (0, 0)
        found.pairs.append(pair)
        found.chosen_by.append(choice)
        found.gains.append(whole.saved(pair))
        for text in {id(t): t for t in (*texts, *measured, whole)}.values():
            text.merge(pair, 255 + len(found.pairs))
        found.paid.append([text.tokens for text in measured])
    return found


def _choose(
    left: list[int],
    measured: list[Text],
    start: list[int],
    ratio: Sequence[float],
    chosen_by: list[int],
    window: int | None,
    alpha: float,
    languages: int,
) -> int:
    """The language that pays most, of those with a pair left, and with a free place in the window if one has it."""
    free = left
    if window:
        recent = chosen_by[-window:]
        free = [i for i in left if recent.count(i) <= alpha * window / languages] or left
    cost = [text.tokens * (ratio[i] / start[i] if ratio else 1.0) for i, text in enumerate(measured)]
    return max(free, key=lambda i: (cost[i], -i))
