"""What a sweep found, in sentences: the same words in the terminal and on the page."""

from __future__ import annotations

from ginbon.tokenizers.metrics import Estimate
from ginbon.tokenizers.sweep.choice import Step
from ginbon.tokenizers.sweep.sweeping import Made, Sweep


def rule(within: float) -> str:
    """The rule in one sentence."""
    return (
        "Of the tokenizers without an unknown token and with an exact round trip on every document, the smallest "
        f"vocabulary whose tokens are at most {percent(within)} above the fewest, beyond doubt (upper end of the "
        "paired 95 % interval; the geometric mean over languages), and of that size the one with the fewest "
        "tokens; where others are no different from it beyond doubt, the one that exceeds a language's own best least "
        "where it does most."
    )


def headline(done: Sweep) -> str:
    """Which to take."""
    if not done.choice.taken:
        return "None of these tokenizers may be taken."
    return f"Take {done.choice.taken}: {_size(done, done.choice.taken):,} tokens."


def reasons(done: Sweep) -> list[str]:
    """Why, what the sizes beside it would change, and what to know."""
    choice = done.choice
    if not choice.taken:
        return [f"{name}: {why}." for name, why in choice.gates.items()]
    said = [_why(done)]
    if choice.up is not None:
        said.append(
            f"The next size up, {choice.up.name}, {_changes(choice.up)} for {_millions(choice.up.parameters)} more."
        )
    elif any(made.record["vocabulary"] < made.arm.options.vocabulary for made in _taken(done)):
        said.append("The text allows no larger vocabulary of this kind; with more text one may be better.")
    elif len({made.record["vocabulary"] for made in done.made}) > 1:
        said.append("It is the largest vocabulary that was tried: a sweep with larger ones may find a better one.")
    if choice.ties:
        said.append(f"No different from it beyond doubt, and no more even over languages: {', '.join(choice.ties)}.")
    languages = {row.language for row in done.comparison.rows}
    if choice.worst_excess is not None and len(languages) > 1 and choice.worst_excess.value:
        said.append(
            f"It is furthest from a language's own best in {choice.worst}: {figure(choice.worst_excess)} more tokens."
        )
    stopped = [f"{name} may not be taken: {why}." for name, why in choice.gates.items() if why]
    return said + stopped


def _why(done: Sweep) -> str:
    choice = done.choice
    said = "It needs the fewest tokens"
    if choice.taken != choice.best:
        more = figure(choice.excess[choice.taken])
        said = f"It needs {more} more tokens than {choice.best} ({_size(done, choice.best):,}), which needs the fewest"
    if choice.down is None:
        return f"{said}; no smaller vocabulary was tried."
    return (
        f"{said}; no smaller vocabulary comes within {percent(choice.within)}. The next size down, {choice.down.name}, "
        f"{_changes(choice.down)} and saves {_millions(-choice.down.parameters)}."
    )


def _changes(step: Step) -> str:
    """``saves 3.1 % [2.9, 3.3] of the tokens``, or needs more."""
    tokens = step.tokens
    if (tokens.value or 0.0) >= 0:
        return f"needs {figure(tokens)} more tokens"
    saved = Estimate(_negative(tokens.value), _negative(tokens.high), _negative(tokens.low), tokens.n)
    return f"saves {figure(saved)} of the tokens"


def _negative(value: float | None) -> float | None:
    return None if value is None else -value


def _size(done: Sweep, name: str) -> int:
    size: int = next(made.record["vocabulary"] for made in done.made if made.arm.options.name == name)
    return size


def _taken(done: Sweep) -> list[Made]:
    return [made for made in done.made if made.arm.options.name == done.choice.taken]


def _millions(parameters: int) -> str:
    return f"{millions(parameters)} million parameters"


def millions(parameters: int) -> str:
    """``525``, and below ten ``2.5``: sizes of small vocabularies are apart too."""
    return f"{parameters / 1e6:,.{1 if parameters < 10e6 else 0}f}"


def percent(share: float) -> str:
    """``5 %``."""
    return f"{100 * share:.3g} %"


def figure(estimate: Estimate) -> str:
    """A share in per cent with its interval: ``3.1 % [2.9, 3.3]``."""
    if estimate.value is None:
        return "–"
    said = f"{_tenths(estimate.value)} %"
    if estimate.low is None or estimate.high is None or estimate.low == estimate.high:
        return said
    return f"{said} [{_tenths(estimate.low)}, {_tenths(estimate.high)}]"


def _tenths(share: float) -> str:
    """In per cent; nothing is never less than nothing."""
    return f"{round(100 * share, 1) + 0.0:.1f}"
