"""What a tokenizer does to text that is easily harmed: told by trying it, whatever its file says."""

from __future__ import annotations

from typing import Final

import numpy as np

from ginbon.filters.words import grapheme_boundaries
from ginbon.tokenizers.protocol import Flags, Oddity, PreTokens, TextColumn, Tokenizer

PROBES: Final = (
    ("strips-spaces", " a", "a space at the beginning of a text is lost"),
    ("strips-spaces", "a ", "a space at the end of a text is lost"),
    ("squeezes-spaces", "a  b", "runs of spaces are squeezed into one"),
    ("changes-line-ends", "a\nb", "line ends are lost or changed"),
    ("changes-line-ends", "a\r\nb", "carriage returns are lost or changed"),
    ("changes-tabs", "a\tb", "tabs are lost or changed"),
    ("changes-case", "Ab", "upper case is folded"),
    ("composes", "e\N{COMBINING ACUTE ACCENT}", "decomposed characters are composed (NFC)"),
    ("composes", "\N{DEVANAGARI LETTER QA}", "composed Devanagari letters are decomposed"),
    (
        "folds-compatibility",
        "\N{FULLWIDTH LATIN CAPITAL LETTER A}\N{LATIN SMALL LIGATURE FI}",
        "compatibility characters are folded (NFKC)",
    ),
    ("strips-accents", "\N{LATIN SMALL LETTER E WITH ACUTE}", "accents are lost"),
    (
        "loses-zwnj",
        "\N{ARABIC LETTER MEEM}\N{ZERO WIDTH NON-JOINER}\N{ARABIC LETTER YEH}",
        "U+200C (zero width non-joiner) is lost or changed",
    ),
    (
        "loses-zwj",
        "\N{DEVANAGARI LETTER KA}\N{DEVANAGARI SIGN VIRAMA}\N{ZERO WIDTH JOINER}",
        "U+200D (zero width joiner) is lost or changed",
    ),
    (
        "loses-zwsp",
        "\N{KHMER LETTER KA}\N{ZERO WIDTH SPACE}\N{KHMER LETTER KA}",
        "U+200B (zero width space) is lost or changed",
    ),
    (
        "changes-lower-one-eighth-block",
        "a\N{LOWER ONE EIGHTH BLOCK}b",
        "U+2581 is the tokenizer's own mark for a space and comes back as one",
    ),
)
"""Texts that a lossless tokenizer gives back, with what is wrong with one that does not."""

SCRIPTS: Final = {
    "Thai": "แม่น้ำกับน้ำแข็ง",
    "Khmer with ZWSP": "ភាសា\N{ZERO WIDTH SPACE}ខ្មែរ",
    "Burmese": "မြန်မာဘာသာ",
    "Persian with ZWNJ": "می\N{ZERO WIDTH NON-JOINER}خواهم",
    "vowelled Arabic": "مُحَمَّد",
    "pointed Hebrew": "שָׁלוֹם",
    "Sinhala with ZWJ": "ශ්\N{ZERO WIDTH JOINER}රී",
    "Malayalam": "മലയാളം",
    "Devanagari": "हिन्दी",
    "Tamil": "தமிழ்",
    "Tibetan": "བོད་ཡིག",
    "Ethiopic": "አማርኛ",
    "N'Ko": "ߒߞߏ ߞߊ߲",
    "Yoruba": "Ọ̀ṣun",
    "emoji with ZWJ": "👩🏽\N{ZERO WIDTH JOINER}🚀",
}
"""Words in their normal form (NFC), each with something that careless code loses or cuts."""

_JOINERS: Final = ("\N{ZERO WIDTH NON-JOINER}".encode(), "\N{ZERO WIDTH JOINER}".encode())


def probed(tokenizer: Tokenizer) -> list[Oddity]:
    """What trying it on all probes tells, by code."""
    return sorted([*_losses(tokenizer), *_cuts(tokenizer)], key=lambda oddity: oddity.code)


def _losses(tokenizer: Tokenizer) -> list[Oddity]:
    """A probe that is not given back tells what is lost; of one with unknown characters that alone is said."""
    names = list(SCRIPTS)
    unknown, exact = _tried(tokenizer, [*(text for _, text, _ in PROBES), *SCRIPTS.values()])
    found: dict[str, list[str]] = {}
    for (code, _, detail), strange, same in zip(PROBES, unknown, exact, strict=False):
        if not strange and not same:
            found.setdefault(code, []).append(detail)
    oddities = [Oddity(code, "; ".join(dict.fromkeys(details))) for code, details in found.items()]
    strange_scripts = [n for n, strange in zip(names, unknown[len(PROBES) :], strict=True) if strange]
    if any(unknown):
        tried = f"; of {len(names)} scripts tried: {', '.join(strange_scripts)}" if strange_scripts else ""
        oddities.append(Oddity("has-unknown", f"text outside its vocabulary becomes an unknown token{tried}"))
    lost = zip(names, unknown[len(PROBES) :], exact[len(PROBES) :], strict=True)
    if lossy := [n for n, strange, same in lost if not strange and not same]:
        oddities.append(Oddity("lossy", f"text does not come back from its tokens: {', '.join(lossy)}"))
    return oddities


def _tried(tokenizer: Tokenizer, texts: list[str]) -> tuple[list[bool], list[bool]]:
    """For each text whether it holds unknown tokens, and whether it comes back."""
    encoded = tokenizer.encode_batch(TextColumn(texts))
    flags = tokenizer.vocabulary.unknown_flags[encoded.ids]
    unknown = [bool(flags[a:b].any()) for a, b in zip(encoded.offsets[:-1], encoded.offsets[1:], strict=True)]
    decoded = tokenizer.decode_batch(encoded)
    return unknown, [a == b for a, b in zip(texts, decoded, strict=True)]


def _cuts(tokenizer: Tokenizer) -> list[Oddity]:
    """What the split pattern tears apart, before any vocabulary is looked at."""
    cut = tokenizer.pre_tokens(TextColumn(list(SCRIPTS.values())))
    if cut is None:
        return []
    at_joiner = _at_joiner(cut)
    found = []
    if names := _named(cut, at_joiner):
        found.append(Oddity("cuts-at-joiners", f"the split pattern cuts at U+200C or U+200D: {', '.join(names)}"))
    if names := _named(cut, ~_at_grapheme(cut) & ~at_joiner):
        found.append(Oddity("cuts-at-marks", f"the split pattern cuts graphemes apart: {', '.join(names)}"))
    return found


def _at_joiner(cut: PreTokens) -> Flags:
    """For each pre-token whether a joiner stands just before or behind its beginning, inside its text."""
    data, begins = cut.texts.data.tobytes(), set(cut.texts.offsets.tolist())
    return np.array(
        [at not in begins and (data[at - 3 : at] in _JOINERS or data[at : at + 3] in _JOINERS) for at in cut.starts],
        np.bool_,
    )


def _at_grapheme(cut: PreTokens) -> Flags:
    """For each pre-token whether it begins where a grapheme does."""
    clusters = grapheme_boundaries(cut.texts.column)
    places = clusters.starts + np.repeat(cut.texts.offsets[:-1], np.diff(clusters.ends))
    return np.isin(cut.starts, places)


def _named(cut: PreTokens, flags: Flags) -> list[str]:
    """The scripts whose probe has a pre-token with a flag."""
    row = np.repeat(np.arange(len(cut.texts)), cut.counts)
    return [name for i, name in enumerate(SCRIPTS) if flags[row == i].any()]
