"""Which tokenizer of a sweep to take: a rule that is written down, with the figures that it was applied to.

The rule: of the tokenizers that pass the gates on every language (no unknown token, every document comes back exactly,
not collapsed), those are good enough whose tokens on the held-out documents exceed those of the one with the fewest by
no more than ``within``, beyond doubt: the upper end of the paired 95 % interval counts. Of these the smallest
vocabulary is taken; of several of one size the one with the fewest tokens, and of those that are no different from it
beyond doubt the one that is fairest: whose excess over a language's own best is smallest where it is largest.

Tokens of several languages are put together as the geometric mean of their ratios: every language counts the same,
whatever it has of text or bytes for a character.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ginbon.defaults import WITHIN
from ginbon.errors import UserError
from ginbon.tokenizers.comparison import Measured, Row
from ginbon.tokenizers.metrics import Estimate
from ginbon.tokenizers.sweep.plan import HIDDEN
from ginbon.tokenizers.units import interval


@dataclass(frozen=True)
class Step:
    """The next size up or down from the chosen tokenizer: what it changes, in tokens (a share) and in parameters."""

    name: str
    vocabulary: int
    tokens: Estimate
    parameters: int

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return {**vars(self), "tokens": self.tokens.to_json()}


@dataclass(frozen=True)
class Choice:
    """What to take and why.

    ``gates`` say for each tokenizer why it may not be taken, or nothing. ``excess`` are the tokens of each tokenizer
    beyond those of ``best``, a share (0.03 = 3 % more); None for one that a gate stops. ``worst`` is the language in
    which the chosen one exceeds that language's own best most. ``taken`` and ``best`` are empty where no tokenizer
    passes the gates. ``ties``: of the same size, and no difference beyond doubt.
    """

    within: float
    hidden: int
    taken: str
    best: str
    gates: Mapping[str, str]
    excess: Mapping[str, Estimate]
    ties: tuple[str, ...] = ()
    up: Step | None = None
    down: Step | None = None
    worst: str = ""
    worst_excess: Estimate | None = None

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return {
            "within": self.within,
            "hidden": self.hidden,
            "taken": self.taken or None,
            "best": self.best or None,
            "gates": {name: why or None for name, why in self.gates.items()},
            "excess": {name: excess.to_json() for name, excess in self.excess.items()},
            "ties": list(self.ties),
            "up": self.up.to_json() if self.up else None,
            "down": self.down.to_json() if self.down else None,
            "worst": {"language": self.worst, **self.worst_excess.to_json()} if self.worst_excess else None,
        }


def choose(measured: Sequence[Measured], *, within: float = WITHIN, hidden: int = HIDDEN) -> Choice:
    """Apply the rule. Raises ``UserError`` for a share that is none."""
    if not 0 <= within <= 1:
        raise UserError(f"within {within}; expected a share of tokens, 0 to 1")
    gates = {one.name: gate(one) for one in measured}
    may = [one for one in measured if not gates[one.name]]
    if not may:
        return Choice(within, hidden, "", "", gates, {})
    best = min(may, key=lambda one: (_above(one, may[0]).value or 0.0, one.vocabulary, one.name))
    excess = {one.name: _above(one, best) for one in may}
    enough = [one for one in may if _surely(excess[one.name]) <= within]
    leader = min(enough, key=lambda one: (one.vocabulary, excess[one.name].value or 0.0, one.name))
    alike = [leader, *(one for one in enough if one.vocabulary == leader.vocabulary and _is_tie(one, leader))]
    worst = {one.name: _worst(one, may) for one in alike}
    taken = min(alike, key=lambda one: (worst[one.name][1].value or 0.0, excess[one.name].value or 0.0, one.name))
    return Choice(
        within,
        hidden,
        taken.name,
        best.name,
        gates,
        excess,
        ties=tuple(one.name for one in alike if one is not taken),
        up=_step(taken, [one for one in may if one.vocabulary > taken.vocabulary], hidden, up=True),
        down=_step(taken, [one for one in may if one.vocabulary < taken.vocabulary], hidden, up=False),
        worst=worst[taken.name][0],
        worst_excess=worst[taken.name][1],
    )


def parameters(vocabulary: int, hidden: int = HIDDEN) -> int:
    """What a vocabulary costs a model: a row of the embedding and one of the output layer for each token."""
    return 2 * hidden * vocabulary


def gate(one: Measured) -> str:
    """Why a tokenizer may not be taken, or nothing."""
    for row in one.rows:
        unknown, exact = row.estimates["unknown-rate"].value, row.estimates["round-trip"].value
        if row.collapsed:
            return f"{row.language}: {row.collapsed}"
        if unknown:
            return f"{row.language}: {row.totals['unknown']:,} unknown tokens"
        if exact is not None and exact < 1:
            lost = row.totals["documents"] - row.totals["exact"]
            return f"{row.language}: {lost:,} of {row.totals['documents']:,} documents do not come back exactly"
    return ""


def _above(one: Measured, other: Measured, language: str = "") -> Estimate:
    """Tokens beyond those of another tokenizer, a share: over all languages, or in one."""
    pairs = [
        (mine, its)
        for mine, its in zip(one.rows, other.rows, strict=True)
        if its.totals["tokens"] and language in ("", mine.language)
    ]
    n = sum(mine.totals["documents"] for mine, _ in pairs)
    if not pairs:
        return Estimate(None, None, None, 0)
    value = float(np.expm1(np.mean([np.log(mine.totals["tokens"] / its.totals["tokens"]) for mine, its in pairs])))
    if one is other:
        return Estimate(0.0, 0.0, 0.0, n)
    if min(mine.totals["documents"] for mine, _ in pairs) < 2:
        return Estimate(value, None, None, n)
    drawn = np.expm1(np.mean([_log_ratio(mine, its) for mine, its in pairs], axis=0))
    low, high = interval(drawn)
    return Estimate(value, min(low, value), max(high, value), n)


def _log_ratio(mine: Row, its: Row) -> Any:
    """Of each replicate; one without tokens says nothing."""
    return np.log(np.maximum(mine.tokens_drawn, 1) / np.maximum(its.tokens_drawn, 1))


def _surely(excess: Estimate) -> float:
    """The upper end of the interval, or the figure where there is none."""
    return (excess.high if excess.high is not None else excess.value) or 0.0


def _is_tie(one: Measured, other: Measured) -> bool:
    found = _above(one, other)
    return one is not other and found.low is not None and found.high is not None and found.low <= 0 <= found.high


def _step(taken: Measured, others: Sequence[Measured], hidden: int, *, up: bool) -> Step | None:
    """The nearest size, and of that size the tokenizer with the fewest tokens."""
    if not others:
        return None
    sizes = [one.vocabulary for one in others]
    nearest = min(sizes) if up else max(sizes)
    same = [one for one in others if one.vocabulary == nearest]
    step = min(same, key=lambda one: (_above(one, taken).value or 0.0, one.name))
    more = parameters(step.vocabulary, hidden) - parameters(taken.vocabulary, hidden)
    return Step(step.name, step.vocabulary, _above(step, taken), more)


def _worst(taken: Measured, may: Sequence[Measured]) -> tuple[str, Estimate]:
    """The language in which a tokenizer exceeds that language's best most, and by how much."""
    found = [(Estimate(None, None, None, 0), "")]
    for place, row in enumerate(taken.rows):
        if row.totals["tokens"]:
            best = min(may, key=lambda one: (one.rows[place].totals["tokens"], one.name))
            found.append((_above(taken, best, row.language), row.language))
    excess, language = max(found, key=lambda one: (one[0].value or 0.0, one[1]))
    return language, excess
