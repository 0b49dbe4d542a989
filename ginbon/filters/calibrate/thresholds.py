"""Thresholds for all rules of the preset out of one sample, so that all together keep the budget.

A threshold is wanted for each end of each rule. An end that reaches the range of its signal decides nothing: the rule
is off. Longer runs of words repeat no more than shorter ones, so the thresholds of a ladder never rise.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np

from ginbon.filters.calibrate.intervals import needed
from ginbon.filters.calibrate.methods import DERIVE, Evidence, Found, Method
from ginbon.filters.calibrate.samples import NULL, Sample
from ginbon.filters.rules import PRESETS, QUANTUM, RULES
from ginbon.languages.pack import Pack, Threshold

PRESET: Final = "ginbon"
ENGLISH: Final = "fineweb"
"""Whose English thresholds the published methods carry over, where it has the rule."""

MEASURED: Final = frozenset({"ellipses", "letter-words"})
"""Rules that tell good text from other text best where good text ends: their thresholds come from trusted text alone,
tighter than what was published where it allows."""

OWN: Final = MEASURED | {"mean-word-length"}
"""Those, and rules over signals whose size is the language's."""

WHOLE: Final = frozenset({"words", "chars", "sentences", "phrases"})
"""Units of counts."""

_HALVINGS: Final = 7
_LADDERS: Final = (
    tuple(f"top-{n}-gram" for n in (2, 3, 4)),
    tuple(f"repeated-{n}-grams" for n in range(5, 11)),
)


@dataclass(frozen=True)
class Task:
    """What thresholds are wanted for: the pack that stands so far, and the statistics of trusted English text.

    ``enough`` says whether the sample can bound the budget.
    """

    pack: Pack
    english: Mapping[str, tuple[float, ...]]
    method: Method = "ginbon"
    budget: float = 0.01
    seed: int = 1
    enough: bool = True


def derive(sample: Sample, task: Task) -> dict[str, Threshold]:
    """Thresholds by rule in the preset's order. Ours drop at most ``budget`` of the sample, all rules together.

    Where they would drop more, each rule's own share is halved, at last to nothing.
    """
    if task.method != "ginbon":
        return _derived(sample, task)
    for halving in range(_HALVINGS + 1):
        share = task.budget / 2**halving if halving < _HALVINGS else 0.0
        found = _derived(sample, replace(task, budget=share, enough=len(sample) >= needed(task.budget)))
        if fails(sample, found, task.pack).any(axis=1).sum() <= task.budget * len(sample) + 1e-9:
            break
    return found


def fails(sample: Sample, thresholds: Mapping[str, Threshold], pack: Pack) -> Any:
    """Documents x rules of ``names``: whether the rule would drop the document."""
    names = list(thresholds)
    found = np.zeros((len(sample), len(names)), np.bool_)
    for k, name in enumerate(names):
        if name == "stop-words" and not pack.stop_words:
            continue
        low, high = ends(name, thresholds[name].at)
        values = sample.values[RULES[name].signal]
        if low is not None:
            found[:, k] |= (values < round(low * QUANTUM)) & (values != NULL)
        if high is not None:
            found[:, k] |= values > round(high * QUANTUM)
        if name in ("language-score", "language-agreement"):
            found[:, k] &= np.array([label == pack.label for label in sample.looks_like], np.bool_)
    return found


def ends(rule: str, at: Any) -> tuple[float | None, float | None]:
    """Low and high end of a threshold as packs and presets write it; None where it is open or off."""
    if at is None or at == "off":
        return None, None
    if RULES[rule].keep_if == "between":
        return float(at[0]), float(at[1])
    return (float(at), None) if RULES[rule].keep_if == ">=" else (None, float(at))


def standing(pack: Pack) -> dict[str, Threshold]:
    """What a run would decide by today: the pack's thresholds over the preset's."""
    return {
        name: pack.thresholds.get(name) or Threshold(at=at, how="the preset's", documents=0)
        for name, at in PRESETS[PRESET].items()
    }


def published() -> dict[str, Threshold]:
    """The English numbers of the preset's rules."""
    return {
        name: Threshold(at=PRESETS[ENGLISH].get(name, at), how="published for English", documents=0)
        for name, at in PRESETS[PRESET].items()
    }


def _derived(sample: Sample, task: Task) -> dict[str, Threshold]:
    found = {}
    stands = standing(task.pack)
    for name in PRESETS[PRESET]:
        if name == "stop-words" and not task.pack.stop_words:
            continue
        rows = np.ones(len(sample), np.bool_)
        if name in ("language-score", "language-agreement"):
            rows = np.array([label == task.pack.label for label in sample.looks_like], np.bool_)
            if not rows.any():
                found[name] = Threshold(at="off", how="the identifier does not know the language", documents=0)
                continue
        column = sample.of(name)[rows]
        values = np.sort(column[~np.isnan(column)])
        if not len(values):
            found[name] = Threshold(at=stands[name].at, how="no document has the signal", documents=0)
            continue
        threshold = _threshold(name, values, stands[name], task)
        if threshold is not None:
            found[name] = threshold
    return falling(found) if task.method == "ginbon" else found


def _threshold(name: str, values: Any, stands: Threshold, task: Task) -> Threshold | None:
    rule = RULES[name]
    starts = ends(name, stands.at if stands.at != "off" else PRESETS[PRESET][name])
    english = ends(name, PRESETS[ENGLISH].get(name, PRESETS[PRESET][name]))
    sides: list[Found] = []
    for upper in (False, True):
        if starts[upper] is None:
            continue
        side = DERIVE[task.method](
            Evidence(
                values=values,
                start=starts[upper],
                published=english[upper],
                english=task.english.get(rule.signal),
                upper=upper,
                own=name in OWN,
                whole=rule.measured.unit in WHOLE and rule.measured.divisor is None,
                enough=task.enough,
                budget=task.budget,
                seed=task.seed,
            )
        )
        if side is None:
            return None
        sides.append(side)
    return joined(name, sides, documents=len(values))


def joined(name: str, sides: list[Found], *, documents: int, pool: str | None = None) -> Threshold:
    """The threshold of a rule from those of its ends; off where no text could be beyond it."""
    signal = RULES[name].measured
    how = "; ".join(dict.fromkeys(side.how for side in sides))
    if len(sides) == 2:
        low, high = sides
        pairs = (low.interval, high.interval) if low.interval and high.interval else None
        return Threshold(
            at=(max(low.at, signal.low), min(high.at, signal.high)),
            how=how,
            documents=documents,
            interval=pairs,
            pool=pool,
        )
    (side,) = sides
    inert = side.at <= signal.low if RULES[name].keep_if == ">=" else side.at >= signal.high
    return Threshold(
        at="off" if inert else side.at,
        how=f"{how}; at {side.at:g} the rule could drop nothing" if inert else how,
        documents=documents,
        interval=side.interval,
        pool=pool,
    )


def falling(found: dict[str, Threshold]) -> dict[str, Threshold]:
    """Ladders put right by loosening the shorter run."""
    for ladder in _LADDERS:
        most, longer = 0.0, ""
        for name in reversed(ladder):
            at = found[name].at if name in found else "off"
            if not isinstance(at, float):
                continue
            if at < most:
                inert = most >= RULES[name].measured.high
                raised = {"at": "off" if inert else most, "how": f"{found[name].how}; not under {longer}"}
                found[name] = found[name].model_copy(update=raised)
            else:
                most, longer = at, name
    return found
