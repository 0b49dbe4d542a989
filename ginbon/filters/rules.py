"""Rules: named predicates over signals. What to keep is data, decided on columns; no text is opened.

A rule keeps a document where its signal is ``>=``, ``<=`` or ``between`` its threshold. ``bind`` puts a language's pack
and a recipe's wishes over the thresholds of a preset, and refuses a threshold of theirs that can never fire, or always
does. ``judge`` compares values rounded to a millionth, as whole numbers, so that every machine agrees.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches
from itertools import pairwise
from typing import Any, Final, Literal

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from ginbon.corpus.schema import REASON
from ginbon.errors import UserError
from ginbon.filters.presets import PRESETS, At, thresholds, with_stop_words
from ginbon.filters.signals import CATALOGUE, Signal
from ginbon.languages.pack import Pack, Threshold

__all__ = ["PRESETS", "RULES", "BoundRule", "Judged", "Rule", "bind", "evaluate", "judge", "quantised"]

KeepIf = Literal[">=", "<=", "<", "between"]
Fires = Literal["sometimes", "never", "always"]

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
    """A rule with its threshold: kept where ``low <= value <= high``; an end that is None is open. ``<`` keeps what is
    below ``high``.

    ``source`` says who set it: ``preset``, ``pack`` or ``recipe``; ``how`` is what the pack says about its derivation.
    ``fires`` says whether any value of its signal can fail it; what a published preset holds is bound as it is.
    """

    name: str
    signal: str
    keep_if: KeepIf
    low: float | None
    high: float | None
    source: Literal["preset", "pack", "recipe"]
    how: str = ""
    fires: Fires = "sometimes"

    def to_json(self) -> dict[str, Any]:
        """What a decision depends on."""
        said = {"signal": self.signal, "low": self.low, "high": self.high}
        return {**said, "below": True} if self.keep_if == "<" else said


def _rules() -> Sequence[Rule]:
    walk = "walk/"
    return (
        Rule("language-score", "identify/score", ">=", "the identifier is not sure of the language"),
        Rule("language-agreement", "identify/agreement", ">=", "parts of the text are in other languages"),
        Rule("script-share", "identify/script_share", ">=", "too few letters are of the main script"),
        Rule("min-words", walk + "words", ">=", "too short"),
        Rule("max-words", walk + "words", "<=", "too long"),
        Rule("mean-word-length", walk + "mean_word_chars", "between", "words are too short or too long on average"),
        Rule("hash-symbols", walk + "hash_ratio", "<=", "too many '#'"),
        Rule("ellipses", walk + "ellipsis_ratio", "<=", "too many ellipses"),
        Rule("bullet-lines", walk + "bullet_line_share", "<=", "nearly all lines are items of lists"),
        Rule("ellipsis-lines", walk + "ellipsis_line_share", "<=", "too many lines break off with an ellipsis"),
        Rule(
            "clause-marks",
            walk + "clause_mark_ratio",
            "between",
            "hardly any commas and full stops, or one at every other word: lists rather than sentences",
        ),
        Rule("letter-words", walk + "letter_word_share", ">=", "numbers and symbols rather than words"),
        Rule("lettered-words", walk + "lettered_word_share", ">=", "numbers rather than words"),
        Rule("stop-words", walk + "distinct_stop_words", ">=", "the language's commonest words are missing"),
        Rule("word-order", "order/likeness", ">=", "words follow each other by chance"),
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
        Rule(
            "prose-lines",
            walk + "prose_line_share",
            ">=",
            "too few lines end with a mark or are running text: lists rather than prose",
        ),
        Rule("short-lines", walk + "short_line_share", "<=", "too many short lines"),
        Rule(
            "char-duplicates",
            walk + "repeated_line_char_share_of_lines",
            "<=",
            "repeated lines are too much of the lines",
        ),
        Rule("list-ratio", walk + "newline_ratio", "<=", "too many line ends for so few words"),
        *_second_round("c4", "that C4's line rules leave"),
        *_second_round("fineweb", "left by C4's line rules but the one about line ends"),
        Rule(
            "fineweb-line-punctuation",
            walk + "fineweb_terminal_line_share",
            ">=",
            "too few of the lines left end with a mark",
        ),
        Rule("fineweb-short-lines", walk + "fineweb_short_line_share", "<=", "too many of the lines left are short"),
        Rule(
            "fineweb-char-duplicates",
            walk + "fineweb_repeated_line_char_share",
            "<=",
            "repeated lines are too much of the lines left",
        ),
        Rule("fineweb-list-ratio", walk + "fineweb_newline_ratio", "<=", "the lines left have too few words each"),
        Rule("nothing-left", "left/bytes", ">=", "all of its lines recur in other documents"),
        *(
            Rule(f"{first}-after-cut", f"left/{signal}", keep_if, f"{why}, once recurring lines are taken out")
            for first, signal, keep_if, why in _AFTER_CUT
        ),
    )


_AFTER_CUT: Final[Sequence[tuple[str, str, KeepIf, str]]] = (
    ("min-words", "words", ">=", "too short"),
    ("min-sentences", "sentences", ">=", "too few sentences"),
    ("line-punctuation", "terminal_line_share", ">=", "too few lines end with a mark"),
    ("prose-lines", "prose_line_share", ">=", "too few lines end with a mark or are running text"),
    ("short-lines", "short_line_share", "<=", "too many short lines"),
    ("char-duplicates", "repeated_line_char_share", "<=", "repeated lines are too much of the lines"),
    ("list-ratio", "newline_ratio", "<=", "too many line ends for so few words"),
)
"""Rules whose signal can be told of what is left: the rule, the signal there, and what it drops."""


def _second_round(prefix: str, lines: str) -> Sequence[Rule]:
    """Rules about what is left of a text once lines are cut."""
    signals = f"walk/{prefix}_"
    return (
        Rule(f"{prefix}-min-sentences", signals + "sentences", ">=", f"too few sentences in the lines {lines}"),
        Rule(f"{prefix}-lorem-ipsum", signals + "lorem_lines", "<=", f"placeholder text in the lines {lines}"),
        Rule(f"{prefix}-curly-brackets", signals + "curly_lines", "<=", f"code in the lines {lines}"),
    )


RULES: Final = {rule.name: rule for rule in _rules()}

LADDERS: Final = (
    ("top-2-gram", "top-3-gram", "top-4-gram"),
    tuple(f"repeated-{n}-grams" for n in range(5, 11)),
)
"""Rules whose thresholds never rise from one to the next."""


def bind(
    preset: str, pack: Pack, overrides: Mapping[str, float | Sequence[float] | str | None] | None = None
) -> list[BoundRule]:
    """The rules of a preset for one language, in the preset's order, then rules that only the recipe names.

    Under ``ginbon`` the pack's thresholds win over the preset's; other presets keep their own. ``overrides`` win over
    both: a number, ``(low, high)``, or None (or ``"off"``) to leave the rule out. ``stop-words`` is left out where the
    pack has none. Raises ``UserError`` for an unknown preset or rule, for a language that the preset has nothing of,
    and for a threshold of the pack or recipe outside its signal's range.
    """
    published = thresholds(preset, pack.label)
    wishes = dict(overrides or {})
    for name in wishes:
        if name not in RULES:
            near = get_close_matches(name.replace("_", "-"), RULES, n=1)
            hint = f"did you mean {near[0]!r}?" if near else f"there are: {', '.join(RULES)}"
            raise UserError(f"no rule is called {name!r}; {hint}")
    bound = []
    packs = pack.thresholds if preset == "ginbon" else {}
    for name in dict.fromkeys((*published, *wishes)):
        rule = _bound(RULES[name], published, packs, wishes)
        if rule is not None and (name != "stop-words" or with_stop_words(preset, pack).stop_words):
            bound.append(rule)
    _check_ladders(bound)
    return bound


def after_cut(bound: Sequence[BoundRule], wishes: Mapping[str, Any]) -> list[BoundRule]:
    """The second round for documents that lost lines: rules of the first on what is left, with the same thresholds.

    What the recipe says of a rule of the second round (``wishes``) is bound already. A document of which nothing is
    left is dropped by ``nothing-left``.
    """
    made = [] if "nothing-left" in wishes else [
        BoundRule("nothing-left", "left/bytes", ">=", 1, None, "preset", "a document has a text")
    ]  # fmt: skip
    of = {f"{first}-after-cut": first for first, *_ in _AFTER_CUT}
    first_round = {rule.name: rule for rule in bound}
    for name, first in of.items():
        if name not in wishes and first in first_round:
            made.append(replace(first_round[first], name=name, signal=RULES[name].signal))
    return made


def _bound(
    rule: Rule, published: Mapping[str, At], packs: Mapping[str, Threshold], wishes: Mapping[str, Any]
) -> BoundRule | None:
    source: Literal["preset", "pack", "recipe"]
    ours = packs.get(rule.name)
    if rule.name in wishes:
        at, source = wishes[rule.name], "recipe"
    elif ours is not None:
        at, source = ours.at, "pack"
    else:
        at, source = published[rule.name], "preset"
    if at is None or at == "off":
        return None
    low, high = _ends(rule, at)
    how = ours.how if ours is not None and source == "pack" else ""
    made = BoundRule(rule.name, rule.signal, rule.keep_if, low, high, source, how)
    fires, why = _fires(made, rule.measured)
    if fires != "sometimes" and source != "preset":
        raise UserError(why)
    return replace(made, fires=fires)


def _ends(rule: Rule, at: Any) -> tuple[float | None, float | None]:
    if rule.keep_if == "between":
        if isinstance(at, str | int | float) or len(at) != 2:
            raise UserError(f"{rule.name} has two ends, such as [2, 12]; found {at!r}")
        return float(at[0]), float(at[1])
    if not isinstance(at, int | float) or isinstance(at, bool):
        raise UserError(f"{rule.name} has one threshold, a number, or off; found {at!r}")
    return (float(at), None) if rule.keep_if == ">=" else (None, float(at))


def _fires(rule: BoundRule, signal: Signal) -> tuple[Fires, str]:
    """Whether a threshold decides anything, and a sentence where it does not."""
    low, high = rule.low, rule.high
    span = f"{signal.column} is {signal.low:g} or more" if math.isinf(signal.high) else (
        f"{signal.column} is between {signal.low:g} and {signal.high:g}"
    )  # fmt: skip
    ends = [end for end in (low, high) if end is not None]
    said = f"{rule.name}: {rule.keep_if} {' and '.join(f'{end:g}' for end in ends)}"
    if any(math.isnan(end) or math.isinf(end) for end in ends):
        return "always", f"{said} is no number to compare with; to leave the rule out, write off"
    if low is not None and high is not None and low > high:
        return "always", f"{said} keeps nothing: the first end is above the second"
    if (low is not None and low > signal.high) or (high is not None and high < signal.low):
        return "always", f"{said} drops every document, since {span}"
    if (low is None or low <= signal.low) and (high is None or high >= signal.high):
        return "never", f"{said} never drops a document, since {span}; to leave the rule out, write off"
    return "sometimes", ""


def _check_ladders(rules: Sequence[BoundRule]) -> None:
    """A longer run of words repeats no more often than a shorter one: its threshold cannot be higher.

    What a published preset alone says is taken as it is.
    """
    by_name = {rule.name: rule for rule in rules}
    for ladder in LADDERS:
        steps = [by_name[name] for name in ladder if name in by_name]
        for above, below in pairwise(steps):
            assert above.high is not None and below.high is not None
            if below.high > above.high and not above.source == below.source == "preset":
                raise UserError(
                    f"{below.name}: <= {below.high:g} is above {above.name}: <= {above.high:g}; "
                    "longer runs repeat less, so the thresholds of a ladder never rise"
                )


@dataclass(frozen=True)
class Judged:
    """What each rule says of each document: arrays of documents x rules; values and thresholds are in millionths.

    A rule without a number (a document's licence) is in ``plain``.
    """

    rules: tuple[str, ...]
    failed: npt.NDArray[np.bool_]
    values: npt.NDArray[np.int64]
    thresholds: npt.NDArray[np.int64]
    plain: frozenset[str] = frozenset()

    @property
    def kept(self) -> npt.NDArray[np.bool_]:
        """Documents that no rule drops."""
        return np.asarray(~self.failed.any(axis=1), np.bool_)

    @property
    def first(self) -> npt.NDArray[np.int64]:
        """The first rule that drops each document, as an index of ``rules``; -1 where none does."""
        if not self.rules:
            return np.full(len(self.failed), -1)
        return np.where(self.failed.any(axis=1), self.failed.argmax(axis=1), -1)

    def and_rule(self, name: str, failed: npt.NDArray[np.bool_]) -> Judged:
        """With one more rule, which has no number."""
        nothing = np.zeros((len(failed), 1), np.int64)
        return Judged(
            rules=(*self.rules, name),
            failed=np.hstack([self.failed, failed[:, None]]),
            values=np.hstack([self.values, nothing]),
            thresholds=np.hstack([self.thresholds, nothing]),
            plain=self.plain | {name},
        )

    def reasons(self) -> pa.ListArray:
        """For each document every rule that drops it, in the rules' order, with value and threshold."""
        rows, columns = np.nonzero(self.failed)
        offsets = np.zeros(len(self.failed) + 1, np.int32)
        np.cumsum(self.failed.sum(axis=1), out=offsets[1:])
        unsaid = np.isin(columns, [k for k, rule in enumerate(self.rules) if rule in self.plain])
        names = pa.array(self.rules, pa.string()).take(pa.array(columns, pa.int64()))
        numbers = [pa.array(n[rows, columns] / QUANTUM, mask=unsaid) for n in (self.values, self.thresholds)]
        structs = pa.StructArray.from_arrays([names, *numbers], fields=list(REASON))
        return pa.ListArray.from_arrays(pa.array(offsets), structs)


def judge(signals: pa.RecordBatch, rules: Sequence[BoundRule]) -> Judged:
    """Every rule on every document. A null signal passes. Raises ``UserError`` for a signal that was not measured."""
    shape = (signals.num_rows, len(rules))
    failed = np.zeros(shape, np.bool_)
    values, limits = np.zeros(shape, np.int64), np.zeros(shape, np.int64)
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
        failed[:, k] = known & (below | (values[:, k] > high - (rule.keep_if == "<")))
        limits[:, k] = np.where(below, low, high)
    return Judged(tuple(rule.name for rule in rules), failed, values, limits)


def evaluate(signals: pa.RecordBatch, rules: Sequence[BoundRule]) -> pa.RecordBatch:
    """``judge`` as columns: ``kept`` and ``reasons``."""
    judged = judge(signals, rules)
    return pa.RecordBatch.from_arrays([pa.array(judged.kept), judged.reasons()], names=["kept", "reasons"])


def quantised(column: pa.Array) -> npt.NDArray[np.int64]:
    """int64 millionths of a column of numbers; 0 where null."""
    whole = np.asarray(column.fill_null(0).to_numpy(zero_copy_only=False))
    if np.issubdtype(whole.dtype, np.integer):
        return whole.astype(np.int64) * QUANTUM
    return np.rint(whole.astype(np.float64) * QUANTUM).astype(np.int64)


def _threshold(end: float | None, open_end: int) -> int:
    return open_end if end is None else round(end * QUANTUM)
