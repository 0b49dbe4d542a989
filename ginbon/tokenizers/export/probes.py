"""Built-in texts for conformance: every script, the stop words of every language pack, and the edges of splitting.

Words of scripts are made up of their letters and marks, spread over the whole script, so that no rare one is left out;
they say nothing. The same probes come out wherever the same Unicode data (ICU) and packs are installed.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Final

import numpy as np

from ginbon.tokenizers.export.source import AddedToken

LETTERS, MARKS, DIGITS = 24, 8, 4
"""Of each script, at most; the larger ones are sampled evenly."""

WORD: Final = 4
ADDED: Final = 64
"""Added tokens that are tried in text, at most."""

EDGES: Final = {
    "empty": "",
    "space": " ",
    "spaces": "   ",
    "space-before": " word",
    "spaces-before": "  word",
    "space-behind": "word ",
    "spaces-behind": "word   ",
    "spaces-inside": "a  b   c    d",
    "line-ends": "a\nb\r\nc\rd\n\n\ne\r\n\r\n",
    "line-ends-and-spaces": "a \n b\n  c \n\n d  \n",
    "tabs": "\ta\t\tb \t c",
    "other-spaces": "a\N{NO-BREAK SPACE}b\N{EM SPACE}c\N{IDEOGRAPHIC SPACE}d\N{LINE SEPARATOR}e\x0b\x0cf\x85g",
    "contractions": "I'm you're he's we'll they'd I've don't DON'T WE'LL I\N{RIGHT SINGLE QUOTATION MARK}m '\N{LATIN SMALL LETTER LONG S} 's",
    "numbers": "1 12 123 1234 12345678901234567890 3.14 1,000,000 -5 +7 10%",
    "numbers-and-letters": "a1 1a abc123def 4x4 2nd H2O",
    "punctuation": "... --- *** ??? !!! ,;: (a) [b] {c} <d> \"e\" 'f' `g` a/b a\\b a|b a_b a-b #h @i &j",
    "code": "def f(x):\n    return {'a': x[0] + 1, \"b\": None}  # done\n\tif (a && b || !c) { i++; }\n",
    "case": "lower UPPER Title camelCase PascalCase SCREAMING_SNAKE iPhone \N{LATIN SMALL LETTER SHARP S}\N{LATIN CAPITAL LETTER SHARP S}",
    "address": "https://example.org/path?query=1&other=two#part name@example.org",
    "decomposed": "e\N{COMBINING ACUTE ACCENT} a\N{COMBINING RING ABOVE}\N{COMBINING DOT BELOW} \N{HANGUL CHOSEONG HIEUH}\N{HANGUL JUNGSEONG A}\N{HANGUL JONGSEONG NIEUN}",
    "compatibility": "\N{LATIN SMALL LIGATURE FI} \N{FULLWIDTH LATIN CAPITAL LETTER A} \N{SUPERSCRIPT TWO} \N{ROMAN NUMERAL FOUR} \N{CIRCLED DIGIT ONE} \N{TRADE MARK SIGN}",
    "joiners": "\N{ARABIC LETTER MEEM}\N{ZERO WIDTH NON-JOINER}\N{ARABIC LETTER YEH} \N{DEVANAGARI LETTER KA}\N{DEVANAGARI SIGN VIRAMA}\N{ZERO WIDTH JOINER}\N{DEVANAGARI LETTER SSA} \N{KHMER LETTER KA}\N{ZERO WIDTH SPACE}\N{KHMER LETTER KHA} a\N{WORD JOINER}b\N{SOFT HYPHEN}c\N{ZERO WIDTH NO-BREAK SPACE}",
    "directions": "\N{RIGHT-TO-LEFT MARK}a\N{LEFT-TO-RIGHT EMBEDDING}b\N{POP DIRECTIONAL FORMATTING}\N{FIRST STRONG ISOLATE}c\N{POP DIRECTIONAL ISOLATE}",
    "emoji": "\N{GRINNING FACE}\N{GRINNING FACE} \N{WOMAN}\N{ZERO WIDTH JOINER}\N{PERSONAL COMPUTER} \N{WAVING HAND SIGN}\N{EMOJI MODIFIER FITZPATRICK TYPE-5} \N{REGIONAL INDICATOR SYMBOL LETTER J}\N{REGIONAL INDICATOR SYMBOL LETTER P} 1\N{VARIATION SELECTOR-16}\N{COMBINING ENCLOSING KEYCAP} \N{HEAVY BLACK HEART}\N{VARIATION SELECTOR-16}",
    "controls": "a\x01b\x02\x03 c\x1b[0m\x7f\x80d",
    "private-and-unassigned": "a\ue000b \U000f0000 \ufffe\uffff \N{REPLACEMENT CHARACTER} \u0378",
    "block": "a\N{LOWER ONE EIGHTH BLOCK}b \N{LOWER ONE EIGHTH BLOCK}",
    "byte-names": "<0x00> <0x41> <0xE2>",
    "mixed": "Tokyo\N{CJK UNIFIED IDEOGRAPH-6771}\N{CJK UNIFIED IDEOGRAPH-4EAC}2020\N{CJK UNIFIED IDEOGRAPH-5E74} caf\N{LATIN SMALL LETTER E WITH ACUTE}\N{HIRAGANA LETTER NO}\N{KATAKANA LETTER KA}\N{KATAKANA-HIRAGANA PROLONGED SOUND MARK}\N{CYRILLIC SMALL LETTER DE}\N{CYRILLIC SMALL LETTER A}",
    "run-of-letters": "a" * 200 + " " + "ab" * 100,
    "run-of-spaces": "a" + " " * 200 + "b",
    "run-of-marks": "a" + "\N{COMBINING ACUTE ACCENT}" * 60,
    "run-of-dashes": "-" * 150 + "\n" + "=" * 150,
}  # fmt: skip
"""Where tokenizers differ most, each by its name."""


@dataclass(frozen=True)
class Probe:
    """A text with the name that fixtures and errors call it by."""

    name: str
    text: str


@cache
def built_in() -> tuple[Probe, ...]:
    """All probes that belong to no tokenizer: edges, scripts by code, packs by label."""
    edges = [Probe(f"edge/{name}", text) for name, text in EDGES.items()]
    return (*edges, *_scripts(), *_packs())


def for_added(added: Sequence[AddedToken]) -> list[Probe]:
    """Added tokens inside text: a special one must be taken for text, another must be found."""
    chosen = [token for token in added if not token.special][:ADDED] + [t for t in added if t.special][:ADDED]
    return [
        probe
        for token in chosen
        for probe in (
            Probe(f"added/{token.text}", f"ab{token.text}cd {token.text}, {token.text}{token.text}"),
            Probe(f"added/{token.text}/alone", token.text),
        )
    ]


def _scripts() -> Iterator[Probe]:
    from ginbon.languages.scripts import COMPOSITES, members, names, number, script_table

    table, numbers = script_table(), number()
    letters, marks, digits = members("[:L:]"), members("[:M:]"), members("[:Nd:]")
    for name in names()[1:]:
        own = table == numbers[name]
        if name in COMPOSITES and not own.any():
            continue
        spread = [_spread(np.flatnonzero(own & kind), most) for kind, most in ((letters, LETTERS), (marks, MARKS))]
        text = _words(*spread) + "".join(_spread(np.flatnonzero(own & digits), DIGITS))
        if text:
            yield Probe(f"script/{name}", text)


def _words(letters: list[str], marks: list[str]) -> str:
    """Letters in words of four, in each word a mark behind its second letter; then all once more without spaces."""
    words = [letters[n : n + WORD] for n in range(0, len(letters), WORD)]
    for n, word in enumerate(words):
        if marks:
            word.insert(min(2, len(word)), marks[n % len(marks)])
    said = ["".join(word) for word in words]
    return f"{' '.join(said)}, ({''.join(said)}).\n{' '.join(marks)}"


def _spread(points: np.ndarray[tuple[int], np.dtype[np.int64]], most: int) -> list[str]:
    """At most so many characters, from the first to the last at even distances."""
    if len(points) > most:
        points = points[np.linspace(0, len(points) - 1, most).astype(np.int64)]
    return [chr(point) for point in points.tolist()]


def _packs() -> Iterator[Probe]:
    from ginbon.languages.pack import load_pack, packaged

    for label in packaged():
        words = load_pack(label).stop_words
        if words:
            yield Probe(f"words/{label}", f"{' '.join(words)}. {''.join(words[:20])}")
