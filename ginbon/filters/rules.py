"""Rules: named predicates over signals. What to keep is data, decided on columns; no text is opened.

A rule keeps a document where its signal is ``>=``, ``<=`` or ``between`` its threshold. A preset is a list of rules
with thresholds; ``bind`` puts a language's pack and a recipe's wishes over them and refuses a threshold that can never
fire, or always does. ``evaluate`` compares values rounded to a millionth, as whole numbers, so that every machine
agrees.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from itertools import pairwise
from typing import Any, Final, Literal

import numpy as np
import pyarrow as pa

from ginbon.corpus.schema import REASON
from ginbon.errors import UserError
from ginbon.filters.signals import CATALOGUE, Signal
from ginbon.languages.pack import Pack

KeepIf = Literal[">=", "<=", "between"]
At = float | tuple[float, float]

QUANTUM: Final = 1_000_000
"""Values are compared as whole millionths."""


@dataclass(frozen=True)
class Rule:
    """A named predicate; ``why`` says in a sentence what it drops. Names are public and never get another meaning."""

    name: str
    signal: str
    keep_if: KeepIf
    why: str

    @property
    def measured(self) -> Signal:
        """The signal that it looks at."""
        return CATALOGUE[self.signal]


@dataclass(frozen=True)
class BoundRule:
    """A rule with its threshold: kept where ``low <= value <= high``; an end that is None is open.

    ``source`` says who set it: ``preset``, ``pack`` or ``recipe``; ``how`` is what the pack says about its derivation.
    """

    name: str
    signal: str
    keep_if: KeepIf
    low: float | None
    high: float | None
    source: Literal["preset", "pack", "recipe"]
    how: str = ""

    def to_json(self) -> dict[str, Any]:
        """What a decision depends on."""
        return {"signal": self.signal, "low": self.low, "high": self.high}


def _rules() -> Sequence[Rule]:
    walk = "walk/"
    return (
        Rule("language-score", "identify/score", ">=", "the identifier is not sure of the language"),
        Rule("script-share", "identify/script_share", ">=", "too few letters are of the main script"),
        Rule("min-words", walk + "words", ">=", "too short"),
        Rule("max-words", walk + "words", "<=", "too long"),
        Rule("mean-word-length", walk + "mean_word_chars", "between", "words are too short or too long on average"),
        Rule("hash-symbols", walk + "hash_ratio", "<=", "too many '#'"),
        Rule("ellipses", walk + "ellipsis_ratio", "<=", "too many ellipses"),
        Rule("bullet-lines", walk + "bullet_line_share", "<=", "nearly all lines are items of lists"),
        Rule("ellipsis-lines", walk + "ellipsis_line_share", "<=", "too many lines break off with an ellipsis"),
        Rule("letter-words", walk + "letter_word_share", ">=", "numbers and symbols rather than words"),
        Rule("stop-words", walk + "distinct_stop_words", ">=", "the language's commonest words are missing"),
        Rule("repeated-lines", walk + "repeated_line_share", "<=", "lines repeat"),
        Rule("repeated-paragraphs", walk + "repeated_paragraph_share", "<=", "paragraphs repeat"),
        Rule("repeated-line-chars", walk + "repeated_line_char_share", "<=", "repeated lines are too much of the text"),
        Rule(
            "repeated-paragraph-chars",
            walk + "repeated_paragraph_char_share",
            "<=",
            "repeated paragraphs are too much of the text",
        ),
        *(
            Rule(
                f"top-{n}-gram",
                walk + f"top_{n}_gram_char_share",
                "<=",
                f"one run of {n} words is too much of the text",
            )
            for n in (2, 3, 4)
        ),
        *(
            Rule(f"repeated-{n}-grams", walk + f"repeated_{n}_gram_char_share", "<=", f"runs of {n} words repeat")
            for n in range(5, 11)
        ),
        Rule("min-sentences", walk + "sentences", ">=", "too few sentences"),
        Rule("lorem-ipsum", walk + "lorem_ipsum", "<=", "placeholder text"),
        Rule("curly-brackets", walk + "curly_brackets", "<=", "looks like code"),
        Rule("javascript-lines", walk + "javascript_line_share", "<=", "lines that ask for JavaScript"),
        Rule("policy-lines", walk + "policy_line_share", "<=", "lines of cookie and privacy notices"),
        Rule("longest-word", walk + "longest_word_chars", "<=", "a word is no word"),
        Rule("line-punctuation", walk + "terminal_line_share", ">=", "too few lines end with a mark"),
        Rule("short-lines", walk + "short_line_share", "<=", "too many short lines"),
        Rule(
            "char-duplicates",
            walk + "repeated_line_char_share_of_lines",
            "<=",
            "repeated lines are too much of the lines",
        ),
        Rule("list-ratio", walk + "newline_ratio", "<=", "too many line ends for so few words"),
    )


RULES: Final = {rule.name: rule for rule in _rules()}

_GOPHER_QUALITY: Final[Mapping[str, At]] = {
    "min-words": 50, "max-words": 100_000, "mean-word-length": (3, 10), "hash-symbols": 0.1, "ellipses": 0.1,
    "bullet-lines": 0.9, "ellipsis-lines": 0.3, "letter-words": 0.8, "stop-words": 2,
}  # fmt: skip
_GOPHER_REPETITION: Final[Mapping[str, At]] = {
    "repeated-lines": 0.3, "repeated-paragraphs": 0.3, "repeated-line-chars": 0.2, "repeated-paragraph-chars": 0.2,
    "top-2-gram": 0.20, "top-3-gram": 0.18, "top-4-gram": 0.16, "repeated-5-grams": 0.15, "repeated-6-grams": 0.14,
    "repeated-7-grams": 0.13, "repeated-8-grams": 0.12, "repeated-9-grams": 0.11, "repeated-10-grams": 0.10,
}  # fmt: skip
# C4's rules about lines are cuts, not rules about documents; these are the ones that drop a whole page.
_C4: Final[Mapping[str, At]] = {"min-sentences": 5, "lorem-ipsum": 0, "curly-brackets": 0}
_FINEWEB: Final[Mapping[str, At]] = {
    "line-punctuation": 0.12, "short-lines": 0.67, "char-duplicates": 0.01, "list-ratio": 0.3,
}  # fmt: skip

PRESETS: Final[Mapping[str, Mapping[str, At]]] = {
    "gopher": {**_GOPHER_QUALITY, **_GOPHER_REPETITION},
    "c4": _C4,
    "fineweb": {"language-score": 0.65, **_GOPHER_REPETITION, **_GOPHER_QUALITY, **_C4, **_FINEWEB},
    # What holds in every script. `max-words` would drop books, `curly-brackets` mathematics, `short-lines` poems, and
    # `char-duplicates` forms; FineWeb2 found C4's rules harmful. The packs set what differs between languages.
    "ginbon": {
        "language-score": 0.5, "script-share": 0.5, "min-words": 50, "mean-word-length": (1, 40), "hash-symbols": 0.1,
        "ellipses": 0.1, "bullet-lines": 0.9, "ellipsis-lines": 0.3, "letter-words": 0.6, "stop-words": 2,
        **_GOPHER_REPETITION, "lorem-ipsum": 0, "line-punctuation": 0.12, "list-ratio": 0.3,
    },
}  # fmt: skip

_LADDERS: Final = (
    ("top-2-gram", "top-3-gram", "top-4-gram"),
    tuple(f"repeated-{n}-grams" for n in range(5, 11)),
)


def bind(
    preset: str, pack: Pack, overrides: Mapping[str, float | Sequence[float] | str | None] | None = None
) -> list[BoundRule]:
    """The rules of a preset for one language, in the preset's order, then rules that only the recipe names.

    Under ``ginbon`` the pack's thresholds win over the preset's; other presets keep their own. ``overrides`` win over
    both: a number, ``(low, high)``, or None (or ``"off"``) to leave the rule out. ``stop-words`` is left out where the
    pack has none. Raises ``UserError`` for an unknown preset or rule and for a threshold outside its signal's range.
    """
    if preset not in PRESETS:
        raise UserError(f"no preset is called {preset!r}; there are: {', '.join(PRESETS)}")
    wishes = dict(overrides or {})
    for name in wishes:
        if name not in RULES:
            near = get_close_matches(name.replace("_", "-"), RULES, n=1)
            hint = f"did you mean {near[0]!r}?" if near else f"there are: {', '.join(RULES)}"
            raise UserError(f"no rule is called {name!r}; {hint}")
    bound = []
    for name in dict.fromkeys((*PRESETS[preset], *wishes)):
        rule = _bound(RULES[name], preset, pack, wishes)
        if rule is not None:
            bound.append(rule)
    _check_ladders(bound)
    return bound


def _bound(rule: Rule, preset: str, pack: Pack, wishes: Mapping[str, Any]) -> BoundRule | None:
    source: Literal["preset", "pack", "recipe"]
    ours = pack.thresholds.get(rule.name) if preset == "ginbon" else None
    if rule.name in wishes:
        at, source = wishes[rule.name], "recipe"
    elif ours is not None:
        at, source = ours.at, "pack"
    else:
        at, source = PRESETS[preset][rule.name], "preset"
    if at is None or at == "off" or (rule.name == "stop-words" and not pack.stop_words):
        return None
    low, high = _ends(rule, at)
    how = ours.how if ours is not None and source == "pack" else ""
    made = BoundRule(rule.name, rule.signal, rule.keep_if, low, high, source, how)
    _lint(made, rule.measured)
    return made


def _ends(rule: Rule, at: Any) -> tuple[float | None, float | None]:
    if rule.keep_if == "between":
        if isinstance(at, str | int | float) or len(at) != 2:
            raise UserError(f"{rule.name} has two ends, such as [2, 12]; found {at!r}")
        return float(at[0]), float(at[1])
    if not isinstance(at, int | float) or isinstance(at, bool):
        raise UserError(f"{rule.name} has one threshold, a number, or off; found {at!r}")
    return (float(at), None) if rule.keep_if == ">=" else (None, float(at))


def _lint(rule: BoundRule, signal: Signal) -> None:
    """Refuse a threshold that decides nothing, or everything."""
    low, high = rule.low, rule.high
    span = f"{signal.column} is {signal.low:g} or more" if math.isinf(signal.high) else (
        f"{signal.column} is between {signal.low:g} and {signal.high:g}"
    )  # fmt: skip
    ends = [end for end in (low, high) if end is not None]
    said = f"{rule.name}: {rule.keep_if} {' and '.join(f'{end:g}' for end in ends)}"
    if any(math.isnan(end) or math.isinf(end) for end in ends):
        raise UserError(f"{said} is no number to compare with; to leave the rule out, write off")
    if low is not None and high is not None and low > high:
        raise UserError(f"{said} keeps nothing: the first end is above the second")
    if (low is not None and low > signal.high) or (high is not None and high < signal.low):
        raise UserError(f"{said} drops every document, since {span}")
    if (low is None or low <= signal.low) and (high is None or high >= signal.high):
        raise UserError(f"{said} never drops a document, since {span}; to leave the rule out, write off")


def _check_ladders(rules: Sequence[BoundRule]) -> None:
    """A longer run of words repeats no more often than a shorter one: its threshold cannot be higher."""
    by_name = {rule.name: rule for rule in rules}
    for ladder in _LADDERS:
        steps = [by_name[name] for name in ladder if name in by_name]
        for above, below in pairwise(steps):
            assert above.high is not None and below.high is not None
            if below.high > above.high:
                raise UserError(
                    f"{below.name}: <= {below.high:g} is above {above.name}: <= {above.high:g}; "
                    "longer runs repeat less, so the thresholds of a ladder never rise"
                )


def evaluate(signals: pa.RecordBatch, rules: Sequence[BoundRule]) -> pa.RecordBatch:
    """Columns ``kept`` and ``reasons``: every rule that fails, in the order of ``rules``, with value and threshold.

    A null signal passes. Raises ``UserError`` where a rule's signal was not measured.
    """
    failed = np.zeros((signals.num_rows, len(rules)), np.bool_)
    values = np.zeros((signals.num_rows, len(rules)), np.int64)
    thresholds = np.zeros((signals.num_rows, len(rules)), np.int64)
    names = set(signals.schema.names)
    for k, rule in enumerate(rules):
        if rule.signal not in names:
            raise UserError(f"the rule {rule.name} needs the signal {rule.signal}, which was not measured")
        column = signals.column(rule.signal)
        known = np.asarray(column.is_valid().to_numpy(zero_copy_only=False), np.bool_)
        values[:, k] = quantised(column)
        low = _threshold(rule.low, -(1 << 62))
        high = _threshold(rule.high, 1 << 62)
        below = values[:, k] < low
        failed[:, k] = known & (below | (values[:, k] > high))
        thresholds[:, k] = np.where(below, low, high)
    rows, columns = np.nonzero(failed)
    offsets = np.zeros(signals.num_rows + 1, np.int32)
    np.cumsum(failed.sum(axis=1), out=offsets[1:])
    rule_names = pa.array([rule.name for rule in rules], pa.string())
    reasons = pa.StructArray.from_arrays(
        [
            rule_names.take(pa.array(columns)),
            pa.array(values[rows, columns] / QUANTUM),
            pa.array(thresholds[rows, columns] / QUANTUM),
        ],
        fields=list(REASON),
    )
    kept = pa.array(~failed.any(axis=1))
    return pa.RecordBatch.from_arrays(
        [kept, pa.ListArray.from_arrays(pa.array(offsets), reasons)], names=["kept", "reasons"]
    )


def quantised(column: pa.Array) -> Any:
    """int64 millionths of a column of numbers; 0 where null."""
    whole = np.asarray(column.fill_null(0).to_numpy(zero_copy_only=False))
    if np.issubdtype(whole.dtype, np.integer):
        return whole.astype(np.int64) * QUANTUM
    return np.rint(whole.astype(np.float64) * QUANTUM).astype(np.int64)


def _threshold(end: float | None, open_end: int) -> int:
    return open_end if end is None else round(end * QUANTUM)
