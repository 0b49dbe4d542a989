"""The one recommendation that a diagnosis ends in, and the plain thresholds that it comes from.

Asked in this order, the first yes decides:

1. Does the tokenizer collapse on the language (unknown tokens, lost text)? Is it
   a floor, which has no vocabulary?                                                  train anew
2. Is the premium fair already?                                                       use it as it is
3. Does the repaired pattern do better than the own one with as many new tokens?      repair the pattern, extend by k
4. Do more tokens buy back something worth while?                                     extend by k
5. (nothing helps)                                                                    use it as it is, or train anew

In 3 and 4 ``k`` is the least of the curve's points that makes the premium fair. Where none does it is the last one that
still pays for itself; and where even that leaves the premium above what can be tolerated, though the training text had
more merges to give, the answer is to train anew.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from itertools import pairwise
from typing import Any, Final, Literal

from ginbon.tokenizers.diagnosis.curve import Curve, Point

Action = Literal["use-as-is", "extend", "repair-and-extend", "train-anew"]
Cause = Literal["none", "split-pattern", "vocabulary", "split-pattern-and-vocabulary", "collapsed"]

ACTIONS: Final[dict[Action, str]] = {
    "use-as-is": "Use it as it is",
    "extend": "Extend the vocabulary",
    "repair-and-extend": "Repair the split pattern and extend the vocabulary",
    "train-anew": "Train a tokenizer anew",
}


@dataclass(frozen=True)
class Limits:
    """The thresholds, in the order in which they matter. All are premiums or shares of one."""

    fair: float = 1.5
    """A premium up to this is fair: it is what o200k, a good vocabulary, charges Estonian or Swahili."""
    full: float = 1.25
    """Tokens for each pre-token from which on the vocabulary is to blame (English text has 1.05 to 1.15)."""
    worthwhile: float = 0.05
    """Least share of the premium that an extension, or a repair beside one, must take away."""
    step: float = 0.02
    """Least share that going on to the curve's next point must take away; below it, the last point is enough."""
    tolerable: float = 2.5
    """Above this premium, reached with all the tokens of the curve, an extension is no remedy."""

    def to_json(self) -> dict[str, float]:
        """By name."""
        return asdict(self)


LIMITS: Final = Limits()


@dataclass(frozen=True)
class Advice:
    """What to do (``action``, with ``k`` new tokens where it extends), why, and the premium it leads to.

    ``estimated``: without a split pattern, nothing in the tokenizer tells which merges it could have.
    """

    action: Action
    k: int
    premium: float | None
    because: tuple[str, ...]
    estimated: bool = False

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return asdict(self)

    @property
    def headline(self) -> str:
        """In one line."""
        said = ACTIONS[self.action]
        if not self.k:
            return f"{said}."
        falls = "falls to an estimated" if self.estimated else "falls to"
        return f"{said} by {self.k:,} tokens: the premium {falls} {self.premium:.2f}."


def advise(
    premium: float | None, floor: float | None, hopeless: str, own: Curve | None, repaired: Curve | None
) -> Advice:
    """The recommendation. ``hopeless`` says why nothing but another tokenizer helps, or nothing. Curves are None
    without training text, the repaired one also where nothing is to repair.
    """
    if hopeless:
        return Advice("train-anew", 0, None, (hopeless,))
    if premium is None or premium <= LIMITS.fair:
        said = f"the premium of {premium:.2f} is fair (at most {LIMITS.fair})" if premium else "nothing is to be paid"
        return Advice("use-as-is", 0, premium, (said,))
    if own is None:
        action: Action = "repair-and-extend" if floor and floor > LIMITS.fair else "extend"
        return Advice(action, 0, None, ("there is no text to learn merges from: by how many tokens cannot be told",))
    if repaired is not None:
        rival = _enough(repaired, premium)
        beside = own.at(rival.k)
        if _premium(rival) <= _premium(beside) * (1 - LIMITS.worthwhile):
            return _extension("repair-and-extend", premium, rival, repaired, (_bound(own, beside),))
    return _extension("extend", premium, _enough(own, premium), own, ())


def cause(premium: float | None, floor: float | None, headroom: float | None, advice: Advice) -> Cause:
    """What a premium is to be blamed on: the pattern where its floor is above what is fair, or where its repair is
    what helps; the vocabulary where pre-tokens take too many tokens, or where there is no pattern.
    """
    if premium is None or premium <= LIMITS.fair:
        return "none"
    pattern = (floor is not None and floor > LIMITS.fair) or advice.action == "repair-and-extend"
    if not pattern:
        return "vocabulary"
    return "split-pattern-and-vocabulary" if headroom and headroom > LIMITS.full else "split-pattern"


def _bound(own: Curve, beside: Point) -> str:
    """Why the own pattern is not enough."""
    floor = f", and no vocabulary goes under {own.floor.value:.2f}" if own.floor.value else ""
    all_there_are = own.exhausted and beside.k == own.points[-1].k
    tokens = f"the training text has {beside.k:,} tokens to give, which" if all_there_are else f"{beside.k:,} tokens"
    return f"behind its own split pattern {tokens} lead to {_premium(beside):.2f}{floor}"


def _extension(action: Action, premium: float, point: Point, curve: Curve, because: tuple[str, ...]) -> Advice:
    """An extension up to a point of a curve, or what is left where it does not help."""
    reached = _premium(point)
    most = curve.points[-1].k
    if reached > premium * (1 - LIMITS.worthwhile):
        gain = f"{most:,} more tokens take less than {LIMITS.worthwhile:.0%} from the premium of {premium:.2f}"
        if curve.exhausted and (curve.floor.value or 0.0) <= premium * (1 - LIMITS.worthwhile):
            little = "the training text has no more to give: by how many tokens cannot be told from so little"
            return Advice(action, 0, None, (*because, gain, little))
        if premium <= LIMITS.tolerable:
            return Advice("use-as-is", 0, premium, (*because, gain))
        return Advice("train-anew", 0, None, (*because, gain))
    because = (f"{point.k:,} tokens take the premium from {premium:.2f} to {reached:.2f}", *because)
    if reached <= LIMITS.fair:
        return Advice(action, point.k, reached, because)
    if curve.exhausted:
        text = f"the training text has only {most:,} merges to give: more text, and more tokens, would go lower"
        return Advice(action, point.k, reached, (*because, text))
    if reached > LIMITS.tolerable:
        still = f"even so it stays above {LIMITS.tolerable}"
        return Advice("train-anew", 0, None, (*because, still))
    return Advice(action, point.k, reached, (*because, f"the next point would take less than {LIMITS.step:.0%} more"))


def _enough(curve: Curve, premium: float) -> Point:
    """The least point that is fair and worth while; else the last one that takes enough from the one before it."""
    bar = min(LIMITS.fair, premium * (1 - LIMITS.worthwhile))
    fair = next((point for point in curve.points if _premium(point) <= bar), None)
    if fair is not None:
        return fair
    paid = [b for a, b in pairwise(curve.points) if _premium(b) <= _premium(a) * (1 - LIMITS.step)]
    return paid[-1] if paid else curve.points[0]


def _premium(point: Point) -> float:
    return point.premium.value or 0.0
