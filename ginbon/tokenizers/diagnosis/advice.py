"""The one recommendation that a diagnosis ends in, and the plain thresholds that it comes from.

Asked in this order, the first yes decides:

1. Does the tokenizer collapse on the language (unknown tokens, lost text)?             train anew
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
    """A premium up to this is fair: no more than Spanish or Indonesian readers pay with most vocabularies."""
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
    """What to do (``action``, with ``k`` new tokens where it extends), why, and the premium it leads to."""

    action: Action
    k: int
    premium: float | None
    because: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return asdict(self)

    @property
    def headline(self) -> str:
        """In one line."""
        said = ACTIONS[self.action]
        if not self.k:
            return f"{said}."
        return f"{said} by {self.k:,} tokens: the premium falls to {self.premium:.2f}."


def cause(premium: float | None, floor: float | None, headroom: float | None, collapsed: str) -> Cause:
    """What a premium is to be blamed on. Both, where the pattern's floor is above what is fair and tokens are missing
    besides; without a split pattern it can only be the vocabulary.
    """
    if collapsed:
        return "collapsed"
    if premium is None or premium <= LIMITS.fair:
        return "none"
    if floor is None or headroom is None or floor <= LIMITS.fair:
        return "vocabulary"
    return "split-pattern-and-vocabulary" if headroom > LIMITS.full else "split-pattern"


def advise(premium: float | None, why: Cause, collapsed: str, own: Curve | None, repaired: Curve | None) -> Advice:
    """The recommendation. Curves are None without training text, the repaired one also where nothing is to repair."""
    if collapsed:
        return Advice("train-anew", 0, None, (f"it collapses on this language: {collapsed}",))
    if premium is None or why == "none":
        said = f"the premium of {premium:.2f} is fair (at most {LIMITS.fair})" if premium else "nothing is to be paid"
        return Advice("use-as-is", 0, premium, (said,))
    if own is None:
        return _without_text(why)
    best = _enough(own)
    if repaired is not None:
        rival = _enough(repaired)
        beside = _premium(own.at(rival.k))
        if _premium(rival) <= beside * (1 - LIMITS.worthwhile):
            return _extension("repair-and-extend", premium, rival, repaired, _bound(own, beside, rival.k))
    return _extension("extend", premium, best, own, ())


def _without_text(why: Cause) -> Advice:
    action: Action = "extend" if why == "vocabulary" else "repair-and-extend"
    return Advice(action, 0, None, ("there is no text to learn merges from, so by how many tokens cannot be told",))


def _bound(own: Curve, beside: float, k: int) -> tuple[str, ...]:
    """Why the own pattern is not enough."""
    floor = f", and no vocabulary goes under {own.floor.value:.2f}" if own.floor.value else ""
    return (f"behind its own split pattern {k:,} tokens lead to {beside:.2f}{floor}",)


def _extension(action: Action, premium: float, point: Point, curve: Curve, because: tuple[str, ...]) -> Advice:
    """An extension up to a point of a curve, or what is left where it does not help."""
    reached = _premium(point)
    most = curve.points[-1].k
    if reached > premium * (1 - LIMITS.worthwhile):
        gain = f"{most:,} more tokens take less than {LIMITS.worthwhile:.0%} from the premium of {premium:.2f}"
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


def _enough(curve: Curve) -> Point:
    """The least point that is fair; else the last one that takes enough from the one before it."""
    fair = next((point for point in curve.points if _premium(point) <= LIMITS.fair), None)
    if fair is not None:
        return fair
    pairs = list(zip(curve.points, curve.points[1:], strict=False))
    paid = [b for a, b in pairs if _premium(b) <= _premium(a) * (1 - LIMITS.step)]
    return paid[-1] if paid else curve.points[0]


def _premium(point: Point) -> float:
    return point.premium.value or 0.0
