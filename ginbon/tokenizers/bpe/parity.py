"""Learn merges for several languages so that all pay alike: parity-aware byte-pair encoding (Foroutan et al. 2025).

Plain byte-pair encoding merges the pair that saves most in the whole corpus, and so serves whoever has most text. Here,
at each step, the language that pays most chooses: its own most frequent pair is merged (for all). What a language pays
is the tokens of its *development text*, the same lines in every language. Or, without such text, *ratios* say how far
each language's training text is to be compressed, one relative to another: then the one furthest behind chooses.

Variants: the first ``global_merges`` are those of plain byte-pair encoding (hybrid); with a ``window`` no language
chooses more than ``alpha`` times its equal share of that many merges, so that one whose merges help little does not
take them all.

Ties between pairs are broken as in ``learning``, between languages by their names; so the result depends on nothing
but the counts. How we differ from others: a language that has no pair left is left out and the rest go on; the window's
limit is over the languages alone; and neither development text nor ratios is refused, since the language with most text
would then choose nearly always.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ginbon.errors import UserError
from ginbon.tokenizers.bpe.allowed import Allowed
from ginbon.tokenizers.bpe.kernel import layout
from ginbon.tokenizers.bpe.kernel import parity as kernel
from ginbon.tokenizers.bpe.learning import Pieces, Work, longer
from ginbon.tokenizers.bpe.types import BYTES, Int32s, Int64s, Merges, Types

Float64s = NDArray[np.float64]


@dataclass(frozen=True)
class ParityMerges:
    """Merges, who chose each, and what each language paid after it.

    ``chosen_by[k]`` is the place in ``languages`` of the one that chose merge ``k``, -1 where all together did.
    ``paid[k, place]`` are the tokens of a language's development text (without one: of its training text) before merge
    ``k``; so there is one row more than merges.
    """

    merges: Merges
    languages: tuple[str, ...]
    chosen_by: Int32s
    paid: Int64s

    def __len__(self) -> int:
        return len(self.merges)

    def first(self, n: int) -> ParityMerges:
        """The first ``n`` of them: what learning ``n`` would have given."""
        return ParityMerges(self.merges.first(n), self.languages, self.chosen_by[:n], self.paid[: n + 1])


def learn_parity(
    train: Mapping[str, Types],
    merges: int,
    *,
    dev: Mapping[str, Types] | None = None,
    ratio: Mapping[str, float] | None = None,
    global_merges: int = 0,
    window: int | None = None,
    alpha: float = 2.0,
    min_count: int = 2,
    allowed: Allowed | None = None,
) -> ParityMerges:
    """At most ``merges`` merges from bytes; fewer where no language has a pair that occurs in it ``min_count`` times.

    ``dev`` are the types of the development text, as often as they occur there. ``ratio`` are numbers above 0 of which
    only the proportions matter; for equal cost on parallel text they are those of its bytes. Some 25 bytes of memory
    for each byte of all types, and 8 for each merge and language. Raises ``UserError`` for fewer than two languages,
    for neither or both of ``dev`` and ``ratio``, for languages that differ or have no text.
    """
    languages = tuple(sorted(train))
    _check(train, dev, ratio)
    limit = _limit(window, alpha, len(languages))
    trained = [train[language] for language in languages]
    measured = [dev[language] for language in languages] if dev else trained
    start = np.array([types.tokens for types in measured])
    scale = np.array([ratio[language] for language in languages]) / start if ratio else np.ones(len(start))
    types, spans = _joined([*trained, *(measured if dev else ())])
    work = Work.of(types, Pieces.of(BYTES, len(BYTES) + merges), max(min_count, 1), len(BYTES), allowed or Allowed())
    work.list_pairs()
    learner = _Learner.of(work, spans[-len(languages) :], start, scale, merges)
    voters = spans[: len(languages)]
    learner.learn(np.array([[voters[0, 0], voters[-1, 1]]]), min(global_merges, merges))
    learner.choices[:] = -1
    learner.learn(voters, merges, window=window, limit=limit)
    return learner.learned(languages, start, sum(types.tokens for types in trained))


@dataclass
class _Learner:
    """The arrays that the kernel works in; what each holds is said there."""

    work: Work
    payers: Int64s
    scale: Float64s
    pairs: Int32s
    gains: Int64s
    choices: Int32s
    curve: Int64s

    @classmethod
    def of(cls, work: Work, spans: Int64s, tokens: Int64s, scale: Float64s, merges: int) -> _Learner:
        gains, choices = np.zeros(merges, np.int64), np.zeros(merges, np.int32)
        curve = np.zeros((merges, len(spans)), np.int64)
        payers = np.column_stack([spans, tokens])
        return cls(work, payers, scale, np.zeros((merges, 2), np.int32), gains, choices, curve)

    def learn(self, spans: Int64s, merges: int, *, window: int | None = None, limit: int = 0) -> None:
        """Go on until there are ``merges``, or no language has a pair left; those who choose have these nodes."""
        work, state = self.work, self.work.state
        voters = np.zeros((len(spans), kernel.VOTER_SIZE), np.int64)
        voters[:, [kernel.BEGIN, kernel.END]], voters[:, kernel.TOP] = spans, -1
        state[[layout.HEAP, layout.ENTERED, layout.NEED_HEAP]] = 0
        state[layout.WINDOW], state[layout.LIMIT] = (window, limit) if window else (merges + 1, merges + 1)
        links = np.zeros((len(work.heap), 2), np.int32)
        while not kernel.merge(
            work.symbols,
            work.spans,
            work.counts,
            work.records,
            work.heap,
            links,
            work.pool,
            work.pieces.rows,
            work.pieces.data,
            work.pieces.table,
            work.allowed.automaton,
            work.allowed.accepts,
            work.slots,
            voters,
            self.payers,
            self.scale,
            self.pairs[:merges],
            self.gains,
            self.choices,
            self.curve,
            state,
        ):
            work.grow()
            links = longer(links, len(work.heap))

    def learned(self, languages: tuple[str, ...], start: Int64s, start_tokens: int) -> ParityMerges:
        """What there is."""
        n = int(self.work.state[layout.LEARNED])
        pieces = self.work.pieces.of_tokens(len(BYTES), n)
        merges = Merges(len(BYTES), self.pairs[:n].copy(), self.gains[:n].copy(), pieces, start_tokens)
        return ParityMerges(merges, languages, self.choices[:n].copy(), np.vstack([start, self.curve[:n]]))


def _joined(corpora: Sequence[Types]) -> tuple[Types, Int64s]:
    """Some corpora one after another, and the nodes of each: a sentinel before every type, and its tokens."""
    rows, ids = ([0, *np.cumsum([f(corpus) for corpus in corpora]).tolist()] for f in (len, lambda c: len(c.ids)))
    offsets = [corpus.offsets[:-1] + first for corpus, first in zip(corpora, ids[:-1], strict=True)]
    types = Types(
        np.append(np.concatenate(offsets), ids[-1]),
        np.concatenate([corpus.ids for corpus in corpora]),
        np.concatenate([corpus.counts for corpus in corpora]),
    )
    bounds = np.array(rows) + np.array(ids)
    return types, np.column_stack([bounds[:-1], bounds[1:]])


def _limit(window: int | None, alpha: float, languages: int) -> int:
    """How many of the merges in a window one language may have chosen before it waits."""
    if window is None:
        return 0
    if window < 1 or not alpha >= 1:
        raise UserError(
            f"a window of {window} merges and alpha {alpha:g}; expected a window of 1 or more, and an alpha of 1 or "
            "more: with less, all languages together could not fill the window"
        )
    return math.floor(min(alpha, languages) * window / languages)


def _check(train: Mapping[str, Types], dev: Mapping[str, Types] | None, ratio: Mapping[str, float] | None) -> None:
    """Raise ``UserError`` where there is nothing to be fair by, or a language is missing on one side."""
    if len(train) < 2:
        raise UserError(f"counts of {len(train)} language(s); fair training is between two or more")
    if (dev is None) == (ratio is None):
        raise UserError(
            f"{'neither development text nor ratios' if dev is None else 'development text and ratios'}; expected one "
            "of them. Give the same lines in every language as development text (best), or a desired ratio of "
            "compression for each language. With neither, the language with most text would choose nearly always"
        )
    given = dev if dev is not None else ratio or {}
    if missing := sorted(set(train) ^ set(given)):
        there = "training counts" if missing[0] in train else "the development text or ratios"
        raise UserError(
            f"{missing[0]}: only in {there}; expected the same languages in both: {', '.join(sorted(train))}"
        )
    for name, side in (("training counts", train), ("development text", dev or {})):
        if empty := [language for language, types in sorted(side.items()) if not types.tokens]:
            raise UserError(f"{empty[0]}: no {name}; give some, or leave the language out")
    if wrong := [language for language, wanted in sorted((ratio or {}).items()) if not 0 < wanted < math.inf]:
        raise UserError(f"{wrong[0]}: a ratio of {(ratio or {})[wrong[0]]}; expected a number above 0")
