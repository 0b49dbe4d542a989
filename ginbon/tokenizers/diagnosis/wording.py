"""A diagnosis in sentences, for the terminal and the page alike."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from ginbon.languages import codes
from ginbon.tokenizers.diagnosis.advice import LIMITS, Cause
from ginbon.tokenizers.diagnosis.diagnosis import Diagnosis
from ginbon.tokenizers.diagnosis.seams import KINDS, Example, Seams
from ginbon.tokenizers.metrics import Estimate

BLAME: Final[dict[Cause, str]] = {
    "none": "nothing: the premium is fair",
    "split-pattern": "the split pattern",
    "vocabulary": "the vocabulary, not the split pattern",
    "split-pattern-and-vocabulary": "the split pattern, and the vocabulary too",
    "collapsed": "it cannot write this language",
}

_SPELLED: Final = {"\N{ZERO WIDTH NON-JOINER}": "⟨ZWNJ⟩", "\N{ZERO WIDTH JOINER}": "⟨ZWJ⟩"}


def name_of(label: str) -> str:
    """``Hindi``, or the label where nobody knows a name."""
    known = codes.language(label)
    return known.name if known else label


def figure(estimate: Estimate) -> str:
    """``2.48 [2.44-2.52]``; a dash where there is no value."""
    if estimate.value is None:
        return "-"
    if estimate.low is None or estimate.high is None:
        return f"{estimate.value:.2f}"
    return f"{estimate.value:.2f} [{estimate.low:.2f}-{estimate.high:.2f}]"


@dataclass(frozen=True)
class Detail:
    """What a finding is seen by; ``examples`` are in the language's own script and direction."""

    text: str
    examples: tuple[str, ...]


@dataclass(frozen=True)
class Finding:
    """What was found, in a sentence or two, and what it is seen by."""

    text: str
    details: tuple[Detail, ...] = ()


def findings(found: Diagnosis) -> list[Finding]:
    """What was found, the premium first."""
    language, pivot = name_of(found.material.language), name_of(found.material.pivot)
    if found.parts.premium.value is None:
        return [Finding(f"There is no text to measure {language} by.")]
    premium = (
        f"{language} costs {figure(found.parts.premium)} tokens for each token of {pivot} that says the same. UTF-8 "
        f"alone would charge {figure(found.parts.byte_premium)}; the tokenizer makes that "
        f"{figure(found.parts.premium_over_bytes)} times as much."
    )
    said = [Finding(premium)]
    if found.collapsed:
        said.append(Finding(f"That premium is not to be believed: {found.collapsed}."))
    return said + _of_pattern(found) + _of_vocabulary(found) + _of_curves(found)


def _of_pattern(found: Diagnosis) -> list[Finding]:
    seams = found.seams
    if seams is None:
        none = "It has no split pattern: nothing bounds its vocabulary, so there is no floor."
        if found.own is not None:
            none += (
                " The curve continues merges within words over its own pieces; another kind of model would choose "
                "other pieces: it is an estimate."
            )
        return [Finding(none)]
    floor = (
        f"No vocabulary behind its split pattern goes under {figure(found.parts.premium_floor)}: it makes "
        f"{seams.pre_tokens_per_word or 0:.2f} pre-tokens of a word, and cuts {seams.grapheme_cut_share:.1%} of the "
        f"graphemes and {seams.words_cut:,} of {seams.words:,} words."
    )
    said = [Finding(floor, tuple(_seams(seams)))]
    if seams.joiners_cut:
        joiners = (
            f"It cuts at {seams.joiners_cut:,} of {seams.joiners:,} zero-width joiners and non-joiners, which belong "
            "to the words they stand in."
        )
        said.append(Finding(joiners))
    return said


def _seams(seams: Seams) -> Iterator[Detail]:
    for kind, number in seams.inside.items():
        if number:
            said = f"{number:,} {'seam' if number == 1 else 'seams'} inside words {KINDS[kind]}"
            yield Detail(said, tuple(example(one) for one in seams.examples.get(kind, ())))


def _of_vocabulary(found: Diagnosis) -> list[Finding]:
    held = found.letters
    said = (
        f"{held.with_script:,} of its {held.vocabulary:,} tokens bear the script {held.script}, {held.of_letters:,} "
        f"are made of at least two of the language's letters; the measured text uses {held.used:,}."
    )
    headroom = found.parts.headroom.value
    if headroom:
        said += f" A pre-token takes {headroom:.2f} tokens: more vocabulary could save at most {1 - 1 / headroom:.0%}."
    return [Finding(said)]


def _of_curves(found: Diagnosis) -> list[Finding]:
    said = []
    ended = [curve.points[-1].k for curve in (found.own, found.repaired) if curve is not None and curve.exhausted]
    if ended:
        size = int(found.material.training.offsets[-1]) / 1e6
        text = (
            f"The training text ({size:.1f} MB) has only {' and '.join(f'{k:,}' for k in dict.fromkeys(ended))} merges "
            "to give: there the curve ends for want of text. More text moves the curve down"
            f"{'' if found.estimated else ', not the floor'}."
        )
        said.append(Finding(text))
    if found.repaired is not None:
        repair = (
            f"The repaired pattern keeps marks and joiners of the script {found.letters.script} with their words; its "
            f"floor is {figure(found.repaired.floor)}. Text in other scripts cannot reach its new branch; all "
            f"{found.sharing:,} languages that Ginbon knows in this script do."
        )
        said.append(Finding(repair))
    return said


def example(one: Example) -> str:
    """A word as the pattern cuts it, ``क|◌े``: a mark at the beginning of a piece has a dotted circle to hang on."""
    return "|".join(_shown(piece) for piece in one.pieces)


def _shown(piece: str) -> str:
    """A piece that can be read: joiners are spelled out, no mark hangs on what is before it."""
    base = "\N{DOTTED CIRCLE}" if unicodedata.category(piece[:1] or "a").startswith("M") else ""
    return base + "".join(_SPELLED.get(char, char) for char in piece)


def thresholds() -> str:
    """The thresholds of the recommendation, in a sentence."""
    return (
        f"Thresholds: a premium up to {LIMITS.fair} is fair; the vocabulary is to blame above {LIMITS.full} tokens a "
        f"pre-token; an extension or repair must save {LIMITS.worthwhile:.0%}, a step of the curve {LIMITS.step:.0%}; "
        f"above {LIMITS.tolerable} with all tokens of the curve, a tokenizer is trained anew."
    )
