"""Sets of rules with thresholds: ours, and published ones as datatrove 0.10.1 carries them out.

``gopher``, ``c4`` and ``fineweb`` hold the same numbers for every language. ``fineweb2`` has numbers and stop words of
its own for each of 1,929 languages (``fineweb2.tsv``, facts out of https://github.com/huggingface/fineweb-2, configs/,
Apache-2.0); some of them can never fire, which a bound rule then says. ``docs/reference/presets.md`` lists where a
decision differs from datatrove's, and why.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Final

from ginbon.errors import UserError
from ginbon.languages import codes
from ginbon.languages.pack import Pack

At = float | tuple[float, float]

_GOPHER_QUALITY: Final[Mapping[str, At]] = {
    "min-words": 50, "max-words": 100_000, "mean-word-length": (3, 10), "hash-symbols": 0.1, "ellipses": 0.1,
    "bullet-lines": 0.9, "ellipsis-lines": 0.3, "lettered-words": 0.8, "stop-words": 2,
}  # fmt: skip
_GOPHER_REPETITION: Final[Mapping[str, At]] = {
    "repeated-lines": 0.3, "repeated-paragraphs": 0.3, "repeated-line-chars": 0.2, "repeated-paragraph-chars": 0.2,
    "top-2-gram": 0.20, "top-3-gram": 0.18, "top-4-gram": 0.16, "repeated-5-grams": 0.15, "repeated-6-grams": 0.14,
    "repeated-7-grams": 0.13, "repeated-8-grams": 0.12, "repeated-9-grams": 0.11, "repeated-10-grams": 0.10,
}  # fmt: skip
# Both look at what is left once C4's line rules have cut; FineWeb leaves out the one about line ends, and its own rules
# look at what C4 left.
_C4: Final[Mapping[str, At]] = {"c4-min-sentences": 5, "c4-lorem-ipsum": 0, "c4-curly-brackets": 0}
_FINEWEB: Final[Mapping[str, At]] = {
    "fineweb-min-sentences": 5, "fineweb-lorem-ipsum": 0, "fineweb-curly-brackets": 0,
    "fineweb-line-punctuation": 0.12, "fineweb-short-lines": 0.67, "fineweb-char-duplicates": 0.01,
    "fineweb-list-ratio": 0.3,
}  # fmt: skip

FINEWEB2: Final = "fineweb2"

PRESETS: Final[Mapping[str, Mapping[str, At]]] = {
    "gopher": {**_GOPHER_QUALITY, **_GOPHER_REPETITION},
    "c4": _C4,
    "fineweb": {"language-score": 0.65, **_GOPHER_REPETITION, **_GOPHER_QUALITY, **_FINEWEB},
    # What holds in every script. `max-words` would drop books, `curly-brackets` mathematics, `short-lines` poems, and
    # `char-duplicates` forms; FineWeb2 found C4's rules harmful. The packs set what differs between languages.
    "ginbon": {
        "language-score": 0.5, "language-agreement": 0.8, "script-share": 0.5, "min-words": 50,
        "mean-word-length": (1, 40), "hash-symbols": 0.1, "ellipses": 0.02, "bullet-lines": 0.9, "ellipsis-lines": 0.3,
        "letter-words": 0.65, "stop-words": 2, "word-order": 0.4, **_GOPHER_REPETITION,
        "lorem-ipsum": 0, "prose-lines": 0.12, "list-ratio": 0.3,
    },
}  # fmt: skip
"""Presets whose thresholds are the same in every language."""

NAMES: Final = (*PRESETS, FINEWEB2)
"""Every preset that a recipe may name."""

# FineWeb2's pipeline leaves these as they are in datatrove, and turns off its rules about paragraphs, about characters
# of repeated lines, and about short lines.
_FINEWEB2_EVERYWHERE: Final[Mapping[str, At]] = {
    "char-duplicates": 0.1, "min-words": 50, "max-words": 100_000, "hash-symbols": 0.1, "ellipses": 0.1,
    "bullet-lines": 0.9, "ellipsis-lines": 0.3, "stop-words": 2,
}  # fmt: skip
_FINEWEB2_COLUMNS: Final = {
    "language-score": "language_score",
    "repeated-lines": "dup_line_frac",
    **{f"top-{n}-gram": f"top_n_grams.{n}" for n in (2, 3, 4)},
    **{f"repeated-{n}-grams": f"dup_n_grams.{n}" for n in range(5, 11)},
    "line-punctuation": "line_punct_thr",
    "list-ratio": "new_line_ratio",
    "lettered-words": "max_non_alpha_words_ratio",  # so it is called; it is the least share of words with a letter
}
_FINEWEB2_ORDER: Final = (
    "language-score", "repeated-lines", *(f"top-{n}-gram" for n in (2, 3, 4)),
    *(f"repeated-{n}-grams" for n in range(5, 11)), "line-punctuation", "char-duplicates", "list-ratio", "min-words",
    "max-words", "mean-word-length", "hash-symbols", "ellipses", "bullet-lines", "ellipsis-lines", "lettered-words",
    "stop-words",
)  # fmt: skip


@dataclass(frozen=True)
class Published:
    """FineWeb2's entry of a language: thresholds by rule in the order of its pipeline, and stop words."""

    label: str
    thresholds: Mapping[str, At]
    stop_words: tuple[str, ...]


def thresholds(preset: str, label: str) -> Mapping[str, At]:
    """The preset's thresholds for a language, by rule, in the order in which reasons are told.

    Raises ``UserError`` for an unknown preset, and for a language that FineWeb2 has no entry of.
    """
    if preset == FINEWEB2:
        return fineweb2(label).thresholds
    if preset not in PRESETS:
        raise UserError(f"no preset is called {preset!r}; there are: {', '.join(NAMES)}")
    return PRESETS[preset]


def with_stop_words(preset: str, pack: Pack) -> Pack:
    """The pack as the walk takes it under a preset: FineWeb2's rule about stop words is about FineWeb2's words."""
    return pack.model_copy(update={"stop_words": _findable(pack.label)}) if preset == FINEWEB2 else pack


@cache
def _findable(label: str) -> tuple[str, ...]:
    """FineWeb2's stop words but for those that no text's words equal: a mark alone, several words, not in NFC."""
    from unicodedata import normalize

    import pyarrow as pa

    from ginbon.filters import words

    listed = [word for word in dict.fromkeys(fineweb2(label).stop_words) if word == normalize("NFC", word)]
    counts = words.count(pa.array(listed, pa.large_string()))
    return tuple(word for word, count in zip(listed, counts.tolist(), strict=True) if count == 1)


@cache
def fineweb2(label: str) -> Published:
    """FineWeb2's numbers and stop words of a language; another spelling of the same language is found."""
    table = _table()
    found = label if label in table else next((known for known in table if codes.same(known, label)), None)
    if found is None:
        hint = (
            "its English is FineWeb: take the preset fineweb"
            if label.startswith("eng_")
            else "take another preset, or leave the language out"
        )
        raise UserError(f"FineWeb2 has no thresholds for {label} (it has {len(table):,} languages); {hint}")
    row = table[found]
    values: dict[str, At] = {rule: float(row[column]) for rule, column in _FINEWEB2_COLUMNS.items()}
    values.update(_FINEWEB2_EVERYWHERE)
    values["mean-word-length"] = (float(row["min_avg_word_length"]), float(row["max_avg_word_length"]))
    if values["repeated-lines"] == 0:
        del values["repeated-lines"]  # datatrove takes 0 as "off"
    ordered = {rule: values[rule] for rule in _FINEWEB2_ORDER if rule in values}
    return Published(found, MappingProxyType(ordered), tuple(row["stop_words"].split(" ")))


@cache
def _table() -> Mapping[str, Mapping[str, str]]:
    text = (files("ginbon.filters") / "fineweb2.tsv").read_text(encoding="utf-8")
    lines = [line for line in text.split("\n") if line and not line.startswith("# ")]
    head = lines[0].split("\t")
    cells = (line.split("\t") for line in lines[1:])
    return {row[0]: dict(zip(head, row, strict=True)) for row in cells}
