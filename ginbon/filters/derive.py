"""A pack out of trusted text: stop words, sizes of words, and thresholds that say how they were found.

Published thresholds were set on English. What depends on how a language makes words (how many words a text has, how
long they are) is carried over by ratio on parallel text: the same content, so the ratio is the language's, not the
topic's. What depends on style is loosened until the trusted documents pass.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pyarrow as pa

from ginbon.filters import words as segmenter
from ginbon.filters.kernel import classes
from ginbon.filters.rules import PRESETS, RULES
from ginbon.filters.walk import Walk
from ginbon.languages import codes
from ginbon.languages.pack import UNDETERMINED, Pack, Sample, Threshold

MIN_DOCUMENTS: Final = 20
"""Fewer trusted documents say nothing about a threshold of their own: the pool's, or the preset's, stands."""

STOP_WORDS: Final = 60
MIN_STOP_WORDS: Final = 15
LEAST_SHARE: Final = 0.005
"""Of units that a stop word is in: languages with many endings have few words that stand in every sentence."""

TERMINALS: Final = {"ell": ";"}
"""Ends of sentences of one language: the Greek question mark is a semicolon after NFC."""

DICTIONARY_SCRIPTS: Final = frozenset({"Thai", "Laoo", "Khmr", "Mymr", "Hans", "Hant", "Hani", "Jpan"})
SYLLABLE_SCRIPTS: Final = frozenset(classes.SYLLABLE_SCRIPTS)


@dataclass(frozen=True)
class Trusted:
    """Text of one language that people wrote or translated with care.

    ``parallel`` and ``reference`` are the same content, the latter in English; ``documents`` are of realistic length;
    ``units`` are sentences or paragraphs by source, in which the commonest words are counted.
    """

    label: str
    documents: Sequence[str]
    parallel: Sequence[str]
    reference: Sequence[str]
    units: Mapping[str, Sequence[str]]


@dataclass(frozen=True)
class Measured:
    """Signals of the documents by column (numpy), and what parallel text says about words against English."""

    signals: Mapping[str, Any]
    words_ratio: float
    length_ratio: float
    documents: int

    def quantile(self, rule: str, q: float) -> float:
        """Of the signal that a rule looks at."""
        return float(np.quantile(self.signals[RULES[rule].signal], q))


def derive(trusted: Trusted) -> Pack:
    """The pack of one language. Thresholds whose sample is under ``MIN_DOCUMENTS`` are left out: the preset's stand."""
    code, _, script = trusted.label.partition("_")
    language = codes.language(trusted.label)
    stop_words = frequent_words(trusted.units, trusted.label)
    bare = Pack(
        label=trusted.label,
        name=language.name if language else trusted.label,
        autonym=language.autonym if language else "",
        script=script,
        regions=regions(trusted.label),
        segmentation=segmentation(script),
        terminals=TERMINALS.get(code, ""),
        stop_words=stop_words,
    )
    measured = measure(trusted, bare)
    return bare.model_copy(update={"thresholds": thresholds(measured, stop_words), "sample": sample(trusted, measured)})


def measure(trusted: Trusted, pack: Pack) -> Measured:
    """The walk over the trusted documents, and words against English on the parallel text."""
    columns = Walk(trusted.label, pack).measure(pa.array(trusted.documents, pa.large_string()))
    here, there = _words_and_chars(trusted.parallel), _words_and_chars(trusted.reference)
    return Measured(
        signals={name: column.to_numpy() for name, column in columns.items() if name.startswith("walk/")},
        words_ratio=here[0] / max(there[0], 1),
        length_ratio=(here[1] / max(here[0], 1)) / (there[1] / max(there[0], 1)),
        documents=len(trusted.documents),
    )


def thresholds(measured: Measured, stop_words: Sequence[str]) -> dict[str, Threshold]:
    """By rule, in the preset's order; only those that differ from the preset for a reason that the sample shows."""
    found: dict[str, Threshold] = {}
    n = measured.documents

    def put(rule: str, at: Any, how: str) -> None:
        found[rule] = Threshold(at=at, how=how, documents=n)

    words, length = measured.words_ratio, measured.length_ratio
    put("min-words", float(round(50 * words)), f"Gopher's 50 x {words:.2f}, words against English on parallel text")
    low = min(3 * length, 0.9 * measured.quantile("mean-word-length", 0.01))
    high = max(10 * length, 1.25 * measured.quantile("mean-word-length", 0.99))
    put(
        "mean-word-length",
        (round(low, 2), round(high, 2)),
        f"Gopher's [3, 10] x {length:.2f}, word length against English on parallel text, or as wide as the sample",
    )
    put("list-ratio", round(0.3 / words, 3), f"FineWeb's 0.3 / {words:.2f}, words against English on parallel text")
    if n < MIN_DOCUMENTS:
        return found
    least = measured.quantile("letter-words", 0.0)
    if 0.9 * least < 0.6:
        put("letter-words", round(0.9 * least, 2), f"0.9 x the sample's least, {least:.2f}")
    ends = measured.quantile("line-punctuation", 0.05)
    if ends < 0.5:
        put("line-punctuation", "off", f"in one of 20 trusted documents under {ends:.0%} of lines end with a mark")
    if stop_words:
        few = measured.quantile("stop-words", 0.01)
        put("stop-words", 2.0 if few >= 4 else 1.0, f"99 % of the sample have at least {few:.0f} of {len(stop_words)}")
    found.update(_repetition(measured))
    return {rule: found[rule] for rule in PRESETS["ginbon"] if rule in found}


def _repetition(measured: Measured) -> dict[str, Threshold]:
    """Loosened where the sample's 98th percentile comes near the preset; a ladder is kept from rising."""
    found: dict[str, Threshold] = {}
    above = 0.0
    for rule in reversed([r for r in PRESETS["ginbon"] if r.startswith(("top-", "repeated-"))]):
        preset = PRESETS["ginbon"][rule]
        assert isinstance(preset, float)
        if not rule.endswith(("-gram", "-grams")):
            continue
        if rule in ("top-4-gram", "repeated-10-grams"):
            above = 0.0
        high = measured.quantile(rule, 0.98)
        at = max(preset, round(1.25 * high, 2), above)
        above = at
        if at > preset:
            found[rule] = Threshold(
                at=at,
                how=f"1.25 x the sample's 98th percentile, {high:.3f}, or the next longer run's",
                documents=measured.documents,
            )
    return found


def frequent_words(units: Mapping[str, Sequence[str]], label: str) -> tuple[str, ...]:
    """Words by the share of units that have them; none where the text is too little.

    So that a topic's words do not count, a word's share is that of the source where it is second commonest. Of one
    source alone half as many are taken, for the same reason.
    """
    shares: dict[str, list[float]] = {}
    for texts in units.values():
        counted = Counter(word for text in texts for word in set(folded_words(text, label)))
        for word, count in counted.items():
            shares.setdefault(word, []).append(count / len(texts))
    needed = min(2, len(units))
    common = [(sorted(s)[-needed], word) for word, s in shares.items() if len(s) >= needed and _is_letters(word)]
    most = STOP_WORDS if needed == 2 else STOP_WORDS // 2
    best = sorted(common, key=lambda item: (-item[0], item[1]))[:most]
    listed = tuple(word for share, word in best if share >= LEAST_SHARE)
    return listed if len(listed) >= MIN_STOP_WORDS else ()


def folded_words(text: str, label: str) -> list[str]:
    """The text's words with case folded as the walk folds it."""
    fold = classes.folding()
    return [
        "".join(chr(fold[ord(c)]) if ord(c) < classes.FOLD_LIMIT else c for c in word)
        for word in segmenter.words(text, label)
    ]


def _is_letters(word: str) -> bool:
    table = classes.properties()
    kinds = {(int(table[ord(c)]) >> classes.CATEGORY_SHIFT) & 7 for c in word}
    return classes.LETTERS in kinds and classes.DIGITS not in kinds


def pool(packs: Iterable[Pack], script: str) -> Pack:
    """What stands in for a language without a pack: thresholds that 99 of 100 languages of its script would allow.

    A rule that is off in one of twenty is off; stop words are no language's, so there are none.
    """
    members = sorted(packs, key=lambda p: p.label)
    found: dict[str, Threshold] = {}
    for rule in PRESETS["ginbon"]:
        has = [p.thresholds[rule] for p in members if rule in p.thresholds]
        if not has or rule == "stop-words":
            continue
        at = _loosest(rule, [t.at for t in has], missing=len(members) - len(has))
        how = f"what 99 of 100 of {len(members)} language(s) allow"
        found[rule] = Threshold(at=at, how=how, documents=sum(t.documents for t in has))
    return Pack(
        label=f"{UNDETERMINED}_{script}",
        name="any script" if script == "Zyyy" else script,
        script=script,
        segmentation=segmentation(script),
        thresholds={rule: t for rule, t in found.items() if t.at != PRESETS["ginbon"][rule]},
        languages=tuple(p.label for p in members),
    )


def _loosest(rule: str, ats: Sequence[Any], *, missing: int) -> Any:
    """Over languages; those whose sample was too small to have the rule count as the preset's."""
    if sum(at == "off" for at in ats) * 20 >= len(ats):
        return "off"
    numbers = [at for at in ats if at != "off"]
    keep_if = RULES[rule].keep_if
    if keep_if == "between":
        lows, highs = zip(*numbers, strict=True)
        return (_allowed(lows, 0.01), _allowed(highs, 0.99))
    return _allowed([*numbers, *[PRESETS["ginbon"][rule]] * missing], 0.01 if keep_if == ">=" else 0.99)


def _allowed(values: Sequence[Any], q: float) -> float:
    return round(float(np.quantile(values, q, method="lower" if q < 0.5 else "higher")), 4)


def sample(trusted: Trusted, measured: Measured) -> Sample:
    """What the pack was derived from."""
    total = {name: int(measured.signals[f"walk/{name}"].sum()) for name in ("words", "chars")}
    return Sample(
        sources=tuple(sorted(trusted.units)),
        documents=measured.documents,
        words=total["words"],
        chars=total["chars"],
    )


def segmentation(script: str) -> Any:
    """How the words of a script are found."""
    if script in DICTIONARY_SCRIPTS:
        return "dictionary"
    return "syllable" if script in SYLLABLE_SCRIPTS else "uax29"


def regions(label: str) -> tuple[str, ...]:
    """The country that ICU's likely subtags name for the language; empty where they name none."""
    from icu import Locale

    code, _, script = label.partition("_")
    country = Locale.forLanguageTag(f"{code}-{script}").addLikelySubtags().getCountry()
    return (country,) if len(country) == 2 and country.isalpha() else ()


def _words_and_chars(texts: Sequence[str]) -> tuple[int, int]:
    """Words, and the chars of them."""
    measured = Walk("und_Zyyy", Pack(label="und_Zyyy", name="", script="Zyyy")).measure(
        pa.array(texts, pa.large_string())
    )
    words = measured["walk/words"].to_numpy().astype(np.int64)
    chars = np.rint(measured["walk/mean_word_chars"].to_numpy().astype(np.float64) * words)
    return int(words.sum()), int(chars.sum())


def to_yaml(pack: Pack) -> str:
    """The pack as its file holds it."""
    from io import StringIO

    from ruamel.yaml import YAML
    from ruamel.yaml.comments import CommentedMap, CommentedSeq
    from ruamel.yaml.scalarstring import DoubleQuotedScalarString

    def flow(values: Iterable[Any]) -> Any:
        made = CommentedSeq(values)
        made.fa.set_flow_style()
        return made

    tree = CommentedMap((k, v) for k, v in pack.model_dump(exclude_defaults=True, exclude={"thresholds"}).items())
    for key in ("codes", "regions", "stop_words", "languages"):
        if key in tree:
            tree[key] = flow(tree[key])
    if "sample" in tree:
        tree["sample"] = CommentedMap({**tree["sample"], "sources": flow(tree["sample"]["sources"])})
    tree["thresholds"] = CommentedMap()
    for rule, threshold in pack.thresholds.items():
        value = CommentedMap(threshold.model_dump(exclude_none=True))
        if isinstance(threshold.at, tuple):
            value["at"] = flow(threshold.at)
        if threshold.at == "off":
            value["at"] = DoubleQuotedScalarString("off")  # YAML 1.1 reads a bare one as false
        value.fa.set_flow_style()
        tree["thresholds"][rule] = value
    yaml = YAML()
    yaml.width = 120
    out = StringIO()
    out.write(
        "# Made by tools/derive_packs.py from trusted text; see docs/how-to/language.md before you edit it by hand.\n"
    )
    yaml.dump(tree, out)
    return out.getvalue()
