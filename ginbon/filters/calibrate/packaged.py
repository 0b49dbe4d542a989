"""The packs that Ginbon brings, all at once: what one language has too little of is borrowed from its family.

Published thresholds were set on English. What depends on how a language makes words (how many words a text has, how
long they are) is carried over by ratio on parallel text: the same content, so the ratio is the language's, not the
topic's. Then every threshold is loosened until the trusted documents keep their budget. A budget of 1 % needs 299
documents before it says anything (``intervals.needed``); where a language has fewer, those of its family in its script
are pooled, else of its script, else all; each document is counted in units of its own language (words by the ratio, and
what languages differ in by the median), so that they can stand together.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pyarrow as pa

from ginbon.filters.calibrate.intervals import Estimate, needed, ratio, tail
from ginbon.filters.calibrate.methods import MARGIN, Found, rounded
from ginbon.filters.calibrate.samples import Sample, Texts, line_ends, measure, reference
from ginbon.filters.calibrate.thresholds import MEASURED, PRESET, ends, falling, joined
from ginbon.filters.calibrate.words import frequent_words
from ginbon.filters.identifiers.base import Identifier
from ginbon.filters.kernel import classes
from ginbon.filters.rules import PRESETS, QUANTUM, RULES
from ginbon.filters.walk import Walk
from ginbon.languages import codes
from ginbon.languages.families import families
from ginbon.languages.pack import UNDETERMINED, Confusable, Pack, Threshold, pool_name
from ginbon.languages.pack import Sample as PackSample

SEED: Final = 1
BUDGET: Final = 0.01
BUDGETS: Final[Mapping[str, float]] = {"stories": 0.04}
"""Share of trusted documents that one rule may drop. Picture books are good text in an odd shape: a few words a page,
lines broken anywhere, refrains. They may lose a little more, or no rule about lines or repetition would be left.
"""

TERMINALS: Final = {"ell": ";"}
"""Ends of sentences of one language: the Greek question mark is a semicolon after NFC."""

DICTIONARY_SCRIPTS: Final = frozenset({"Thai", "Laoo", "Khmr", "Mymr", "Hans", "Hant", "Hani", "Jpan"})

MIN_POOL: Final = 3
"""Languages of a family in a script that make a pool."""

POOL_MARGIN: Final = 1.4
"""A language that nobody has measured may lie further out than those of its pool: by so much."""

HABITS: Final = {"prose-lines": "line-punctuation", "letter-words": "letter-words"}
"""Rules over shares that a language has a habit in, and the rule whose signal shows it: off where half of its documents
have less than a half of that. Lines of Thai end without marks: its prose would be known by stop words alone."""

BY_MEDIAN: Final = {*HABITS, "stop-words"}
"""Rules over signals that are counted in the language's own median."""

LEARNED: Final = {"word-order": 60}
"""Rules over signals that are learned from a language's own text, and the documents (stories aside) that it takes."""

# Gopher's and FineWeb's numbers for English, of rules that count words.
_MIN_WORDS: Final = 50
_WORD_CHARS: Final = (3.0, 10.0)
_LIST_RATIO: Final = 0.3
_COUNTS: Final = frozenset({"min-words", "stop-words"})
_NO_THRESHOLD: Final = frozenset({"lorem-ipsum", "language-agreement"})  # one is too many; no matter of style


@dataclass(frozen=True)
class Trusted:
    """Text of one language that people wrote or translated with care.

    ``documents`` are of realistic length, by source; ``parallel`` and ``reference`` are the same content, the latter in
    English; both are empty where there is none.
    """

    label: str
    documents: Mapping[str, Sequence[str]]
    parallel: Sequence[str] = ()
    reference: Sequence[str] = ()


@dataclass(frozen=True)
class Known:
    """One language measured: its pack so far, its documents, and how it makes words against English.

    ``words`` are words to English words of the same content, ``length`` chars of a word to those of an English one;
    None where there is no parallel text.
    """

    bare: Pack
    texts: Texts
    sample: Sample
    words: Estimate | None
    length: Estimate | None

    @property
    def label(self) -> str:
        """``por_Latn``."""
        return self.bare.label


def know(trusted: Trusted, identifier: Identifier) -> Known:
    """Stop words, signals and ratios of one language."""
    code, _, script = trusted.label.partition("_")
    language = codes.language(trusted.label)
    arrays = {name: pa.array(texts, pa.large_string()) for name, texts in trusted.documents.items()}
    texts = Texts(
        ids=pa.array([f"{name}:{k}" for name, found in arrays.items() for k in range(len(found))], pa.string()),
        texts=pa.concat_arrays(list(arrays.values())),
        sources=pa.array([name for name, found in arrays.items() for _ in range(len(found))], pa.string()),
    )
    bare = Pack(
        label=trusted.label,
        name=language.name if language else trusted.label,
        autonym=language.autonym if language else "",
        script=script,
        codes=spellings(trusted.label),
        regions=regions(trusted.label),
        segmentation=segmentation(script),
        terminals=TERMINALS.get(code, ""),
        line_ends=line_ends(texts.texts),
        stop_words=frequent_words(arrays, trusted.label),
    )
    words = length = None
    if len(trusted.parallel):
        here, there = _words_and_chars(trusted.parallel), _words_and_chars(trusted.reference)
        words = ratio(here[0], there[0], seed=SEED)
        own, english = ratio(here[1], here[0], seed=SEED), there[1].sum() / max(there[0].sum(), 1)
        length = Estimate(own.value / english, own.low / english, own.high / english)
    return Known(bare, texts, measure(texts, bare, identifier), words, length)


def derive(known: Sequence[Known]) -> list[Pack]:
    """The pack of every language; what one has too little of comes from a pool."""
    scales = _Scales(known)
    pools = _Pools(known, scales)
    return [_pack(k, scales, pools) for k in known]


class _Scales:
    """What one document's value is divided by so that languages can stand together."""

    def __init__(self, known: Sequence[Known]) -> None:
        self._known = {k.label: k for k in known}
        self._medians: dict[tuple[str, str], float] = {}
        self._words = {k.label: k.words for k in known if k.words is not None}
        self._length = {k.label: k.length for k in known if k.length is not None}

    def words(self, label: str) -> Estimate:
        """Words against English; a language without parallel text has the median of its family's."""
        return self._words.get(label) or self._of_family(self._words, label)

    def length(self, label: str) -> Estimate:
        """Chars of a word against English."""
        return self._length.get(label) or self._of_family(self._length, label)

    def _of_family(self, found: Mapping[str, Estimate], label: str) -> Estimate:
        for group in groups(label):
            members = [e.value for other, e in found.items() if group in groups(other)]
            if members:
                return Estimate(float(np.median(members)), min(members), max(members))
        return Estimate(1.0, 1.0, 1.0)

    def of(self, rule: str, label: str) -> float:
        """The unit of a rule's signal in this language."""
        if rule == "min-words":
            return self.words(label).value
        if rule == "list-ratio":
            return 1 / self.words(label).value
        if rule in BY_MEDIAN:
            return self._median(rule, label)
        return self.length(label).value if rule == "mean-word-length" else 1.0

    def _median(self, rule: str, label: str) -> float:
        """Of the language's documents; 0 where it has no such habit."""
        if (rule, label) not in self._medians:
            habit = HABITS.get(rule)
            without = habit is not None and self._middle(habit, label) < 0.5
            self._medians[rule, label] = 0.0 if without else self._middle(rule, label)
        return self._medians[rule, label]

    def _middle(self, rule: str, label: str) -> float:
        known = self._known[label]
        values = next((v for kind in ("", *BUDGETS) if len(v := _of_kind(known, rule, kind))), np.ones(1))
        return float(np.median(values))


class _Pools:
    """Values of all languages' documents in their own units, by kind of source, for groups of languages."""

    def __init__(self, known: Sequence[Known], scales: _Scales) -> None:
        self._known, self._scales = known, scales
        self._found: dict[tuple[str, str, str], Any] = {}

    def nearest(self, rule: str, kind: str, label: str) -> tuple[str, Any]:
        """The label of the language or pool whose documents suffice for the kind's budget, and their sorted values."""
        for group in (label, *groups(label)):
            values = self._values(rule, kind, group)
            if len(values) >= needed(BUDGETS.get(kind, BUDGET)):
                break
        return group, values

    def _values(self, rule: str, kind: str, group: str) -> Any:
        key = (rule, kind, group)
        if key not in self._found:
            parts = [np.zeros(0)]
            members = [k for k in self._known if group == k.label or group in groups(k.label)]
            scaled = [(k, self._scales.of(rule, k.label)) for k in members]
            parts += [_of_kind(k, rule, kind) / unit for k, unit in scaled if unit]
            self._found[key] = np.sort(np.concatenate(parts))
        return self._found[key]


def _of_kind(known: Known, rule: str, kind: str) -> Any:
    """The values of a rule's signal of the documents of a kind: ``stories``, or all others."""
    sources = np.array(known.texts.sources.to_pylist(), object)
    rows = sources == kind if kind else ~np.isin(sources, list(BUDGETS))
    if rule == "language-score":
        rows = rows & np.array([label == known.label for label in known.sample.looks_like], np.bool_)
    if rule == "stop-words" and not known.bare.stop_words:
        rows = np.zeros(len(sources), np.bool_)
    values = known.sample.of(rule)[rows.astype(np.bool_)]
    return values[~np.isnan(values)]


def groups(label: str) -> tuple[str, ...]:
    """Pools that a language belongs to, the nearest first: ``bnt_Latn``, ``alv_Latn``, ``und_Latn``, ``und_Zyyy``."""
    script = label.partition("_")[2]
    return (*(f"{f}_{script}" for f in families(label)), f"{UNDETERMINED}_{script}", f"{UNDETERMINED}_Zyyy")


def _pack(known: Known, scales: _Scales, pools: _Pools) -> Pack:
    found: dict[str, Threshold] = {}
    for rule in PRESETS[PRESET]:
        if rule in _NO_THRESHOLD or (rule == "stop-words" and not known.bare.stop_words):
            continue
        found[rule] = _threshold(rule, known, scales, pools)
    values = known.sample.values
    signals = {RULES[name].signal for name in PRESETS[PRESET]}
    return known.bare.model_copy(
        update={
            "thresholds": falling(found),
            "sample": PackSample(
                sources=tuple(sorted(known.texts.by_source())),
                documents=len(known.texts),
                words=int(values["walk/words"].sum() // QUANTUM),
                chars=int(values["walk/chars"].sum() // QUANTUM),
            ),
            "reference": reference(known.sample, signals),
        }
    )


def _threshold(rule: str, known: Known, scales: _Scales, pools: _Pools) -> Threshold:
    if rule in LEARNED and len(_of_kind(known, rule, "")) < LEARNED[rule]:
        how = f"not learned: under {LEARNED[rule]} documents, or their order is not told from chance"
        return Threshold(at="off", how=how, documents=len(known.texts))
    start, said, interval = _start(rule, known.label, scales)
    unit = scales.of(rule, known.label)
    if not unit:
        how = f"half of the language's documents have {RULES[HABITS.get(rule, rule)].signal} under a half"
        return Threshold(at="off", how=how, documents=len(known.texts))
    whole = rule in _COUNTS
    sides: list[Found] = []
    n, pool = 0, None
    for upper in (False, True):
        if start[upper] is None:
            continue
        side = Found(rounded(start[upper], upper=upper, whole=whole), interval[upper], said)
        loosest = start[upper]
        for kind in ("", *BUDGETS):
            group, values = pools.nearest(rule, kind, known.label)
            if not kind:
                n, pool = len(values), None if group == known.label else group
            if not len(values):
                continue
            share = BUDGETS.get(kind, BUDGET)
            estimate = tail(values, share, upper=upper, seed=SEED)
            whose = "" if group == known.label else f" of {pool_name(group)}"
            seen = (
                f"{100 * (1 - share):.3g} % of {len(values):,} {kind or 'documents'}{whose} have "
                f"{'at most' if upper else 'at least'} {estimate.value * unit:.4g}"
            )
            around = (estimate.low * unit, estimate.high * unit)
            if not kind and side.interval is None:
                side = Found(side.at, around, f"{said}; {seen}")
            loose = (estimate.high if upper else estimate.low) * unit
            if rule in MEASURED and not kind:
                loose += MARGIN * (loose - float(np.median(values)) * unit)
                seen = f"{seen}, and a quarter further from the median"
            if (rule in MEASURED and not kind) or ((loose > loosest) if upper else (loose < loosest)):
                loosest = loose
                reason = seen if rule in MEASURED else f"{seen}; {said} would drop more"
                side = Found(rounded(loose, upper=upper, whole=whole), around, reason)
                n, pool = len(values), None if group == known.label else group
        sides.append(side)
    return joined(rule, sides, documents=n, pool=pool)


def _start(rule: str, label: str, scales: _Scales) -> tuple[Any, str, Any]:
    """What was published, carried over to the language: ends, in words, and intervals of the ends."""
    words, length = scales.words(label), scales.length(label)
    if rule == "min-words":
        pair = (_MIN_WORDS * words.low, _MIN_WORDS * words.high)
        return (_MIN_WORDS * words.value, None), f"Gopher's {_MIN_WORDS} x {_ratio(words)} words", (pair, None)
    if rule == "list-ratio":
        pair = (_LIST_RATIO / words.high, _LIST_RATIO / words.low)
        return (None, _LIST_RATIO / words.value), f"FineWeb's {_LIST_RATIO:g} / {_ratio(words)} words", (None, pair)
    if rule == "mean-word-length":
        low, high = _WORD_CHARS
        said = f"Gopher's [{low:g}, {high:g}] x {_ratio(length)} word length"
        pairs = ((low * length.low, low * length.high), (high * length.low, high * length.high))
        return (low * length.value, high * length.value), said, pairs
    at = PRESETS[PRESET][rule]
    said = f"[{at[0]:g}, {at[1]:g}]" if isinstance(at, tuple) else f"{at:g}"
    return ends(rule, at), f"the preset's {said}", (None, None)


def _ratio(estimate: Estimate) -> str:
    return f"{estimate.value:.2f} [{estimate.low:.2f}, {estimate.high:.2f}]"


def pools_of(packs: Sequence[Pack]) -> list[Pack]:
    """Pools of families in scripts (of three languages and more), of scripts, and of all."""
    members: dict[str, list[Pack]] = {}
    for pack in packs:
        for group in groups(pack.label):
            members.setdefault(group, []).append(pack)
    wanted = {g: m for g, m in members.items() if g.startswith(UNDETERMINED) or len(m) >= MIN_POOL}
    return [pool(found, group) for group, found in sorted(wanted.items())]


def pool(packs: Iterable[Pack], label: str) -> Pack:
    """What stands in for a language without a pack: thresholds that 99 of 100 languages of the group would allow, and a
    margin.

    A rule that is off in one of twenty is off; stop words are no language's, so there are none. How long words are
    a script does not say: there the preset stands.
    """
    members = sorted(packs, key=lambda p: p.label)
    script = label.partition("_")[2]
    found: dict[str, Threshold] = {}
    for rule in PRESETS[PRESET]:
        has = [p.thresholds[rule] for p in members if rule in p.thresholds]
        if not has or rule == "stop-words" or (rule == "mean-word-length" and label.startswith(UNDETERMINED)):
            continue
        documents = sum(p.sample.documents for p in members if p.sample is not None)
        how = f"what 99 of 100 of {len(has)} language(s) allow, and {POOL_MARGIN - 1:.0%} more"
        at: Any = _loosest(rule, [t.at for t in has])
        if rule in LEARNED:
            at, how = "off", "it is learned from a language's own text"
        found[rule] = Threshold(at=at, how=how, documents=documents)
    return Pack(
        label=label,
        name=pool_name(label),
        script=script,
        segmentation=segmentation(script),
        thresholds=falling(found),
        languages=tuple(p.label for p in members),
    )


def _loosest(rule: str, ats: Sequence[Any]) -> Any:
    if sum(at == "off" for at in ats) * 20 >= len(ats):
        return "off"
    numbers = [at for at in ats if at != "off"]
    keep_if = RULES[rule].keep_if
    if keep_if == "between":
        lows, highs = zip(*numbers, strict=True)
        return (_allowed(rule, lows, upper=False), _allowed(rule, highs, upper=True))
    return _allowed(rule, numbers, upper=keep_if == "<=")


def _allowed(rule: str, values: Sequence[Any], *, upper: bool) -> float:
    found = float(np.quantile(values, 0.99 if upper else 0.01, method="higher" if upper else "lower"))
    further = found * POOL_MARGIN if upper else found / POOL_MARGIN
    if further >= RULES[rule].measured.high or RULES[rule].measured.group == "identify":
        further = found  # how sure the identifier is, and the script, are no matter of style
    return rounded(further, upper=upper, whole=rule in _COUNTS)


def segmentation(script: str) -> Any:
    """How the words of a script are found."""
    if script in DICTIONARY_SCRIPTS:
        return "dictionary"
    return "syllable" if script in classes.SYLLABLE_SCRIPTS else "uax29"


def spellings(label: str) -> tuple[str, ...]:
    """Its ISO 639-1 code, where it has one."""
    language = codes.language(label)
    return (language.short,) if language and language.short != language.code else ()


def regions(label: str) -> tuple[str, ...]:
    """The country that ICU's likely subtags name for the language; empty where they name none."""
    from icu import Locale

    code, _, script = label.partition("_")
    country = Locale.forLanguageTag(f"{code}-{script}").addLikelySubtags().getCountry()
    return (country,) if len(country) == 2 and country.isalpha() else ()


def with_confusable(packs: Sequence[Pack], found: Mapping[str, Sequence[Confusable]]) -> list[Pack]:
    """The packs with their neighbours."""
    return [p.model_copy(update={"confusable": tuple(found.get(p.label, ()))}) for p in packs]


def _words_and_chars(texts: Sequence[str]) -> tuple[Any, Any]:
    """Words of each text, and the chars of them."""
    walk = Walk("und_Zyyy", Pack(label="und_Zyyy", name="", script="Zyyy"))
    measured = walk.measure(pa.array(texts, pa.large_string()))
    words = measured["walk/words"].to_numpy().astype(np.float64)
    return words, np.rint(measured["walk/mean_word_chars"].to_numpy().astype(np.float64) * words)
