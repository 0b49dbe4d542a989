"""Which figures may be shown: none that a collapsed tokenizer earned by losing text, none without what it hides.

A tokenizer that turns what it does not know into unknown tokens, or drops it, needs few tokens for text that it never
saw: an English SentencePiece model without byte fallback "charges" Thai a quarter of what it charges English.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from ginbon.tokenizers.metrics.metric import Estimate

MAX_UNKNOWN: Final = 0.01
MAX_LOST: Final = 0.05
"""Above either, a tokenizer has collapsed: its figures are of another text than the one it was given."""

HONESTY: Final = ("unknown-rate", "lost-text", "round-trip")
"""Metrics that stand beside every figure that a tokenizer can earn by losing text."""

ALWAYS: Final = frozenset(
    {*HONESTY, "changed-by-normalisation", "changed-chars", "byte-premium", "split-floor", "premium-floor"}
)
"""What may be shown of a collapsed tokenizer: what it does to text, and figures that no vocabulary enters."""


@dataclass(frozen=True)
class Shown:
    """The figures that may be shown, and those that may not with the reason."""

    figures: Mapping[str, Estimate]
    hidden: Mapping[str, str]


def collapse(estimates: Mapping[str, Estimate]) -> str:
    """Why the figures are worthless, or nothing."""
    unknown, lost = estimates["unknown-rate"].value or 0.0, estimates["lost-text"].value or 0.0
    if unknown > MAX_UNKNOWN:
        return f"{unknown:.1%} of the tokens are unknown and {lost:.1%} of the text is lost"
    if lost > MAX_LOST:
        return f"{lost:.1%} of the text is not in its tokens"
    return ""


def shown(estimates: Mapping[str, Estimate], *, words: str) -> Shown:
    """Sort the figures of one tokenizer on one text; ``words`` says what a word is, as a reader is told it.

    Where a figure of ``HONESTY`` is not there, nothing that depends on it is shown; where nobody says what a word is,
    nothing per word.
    """
    if missing := [name for name in HONESTY if name not in estimates]:
        why = f"not without {', '.join(missing)}"
    else:
        why = collapse(estimates)
    hidden = {name: why for name in estimates if why and name not in ALWAYS}
    if not words:
        hidden |= {name: "not without the definition of a word" for name in PER_WORD if name in estimates}
    return Shown({name: e for name, e in estimates.items() if name not in hidden}, hidden)


PER_WORD: Final = ("fertility", "continued-words", "single-token-words", "split-floor", "context-words")
"""Metrics that mean nothing to a reader who does not know what a word is."""
