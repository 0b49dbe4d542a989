r"""Split patterns: the regular expressions that cut text into pre-tokens before any vocabulary is looked at.

``GINBON`` is ours. It differs from those of the public models in what it never cuts: a mark from its base, a zero-width
joiner or non-joiner from the word or emoji it stands in (o200k cuts Persian and Sinhala there), a keycap or variation
selector from its symbol, a Tibetan syllable mark from its syllable. Its branches, in order:

1. a word: an optional character before it (space, tab, quotation mark, bracket; never a letter, mark, number or
   symbol, so that no emoji is torn from its joiners), a letter, then letters, Tibetan tshegs and what hangs on them;
2. a number character with its marks: numbers are cut into single digits, so that equal digits have equal tokens;
3. symbols and punctuation, with a space before and line ends behind;
4. line ends with the blanks before them; 5. blanks before the last one of a run; 6. other blanks.

The known patterns are facts about published tokenizers: a rank file is useless without its own. They are given as
their authors publish them (OpenAI's tiktoken, MIT licence), and belong to a file by its SHA-256, not by its label.
"""

from __future__ import annotations

from typing import Final

_JOINERS: Final = r"\x{200C}\x{200D}"
_TAIL: Final = rf"\p{{M}}{_JOINERS}\x{{1F3FB}}-\x{{1F3FF}}\x{{E0020}}-\x{{E007F}}"
"""What hangs on the character before it (UAX #29, Extend): marks, joiners, skin tones, tags."""

_TSHEG: Final = r"\x{0F0B}\x{0F0C}"

GINBON: Final = "|".join(
    [
        rf"[^\r\n\p{{L}}\p{{M}}\p{{N}}\p{{S}}{_JOINERS}]?\p{{L}}[\p{{L}}{_TAIL}{_TSHEG}]*",
        rf"\p{{N}}[{_TAIL}]*",
        r"[^\S\r\n]?[^\s\p{L}\p{N}]+[\r\n]*",
        r"\s*[\r\n]+",
        r"\s+(?!\S)",
        r"\s+",
    ]
)
"""Our split pattern, in the syntax of Oniguruma (Hugging Face) and of fancy-regex (tiktoken)."""

R50K: Final = r"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"
CL100K: Final = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}"
    r"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)
_UPPER: Final = r"\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}"
_LOWER: Final = r"\p{Ll}\p{Lm}\p{Lo}\p{M}"
_CONTRACTION: Final = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)?"
O200K: Final = "|".join(
    [
        rf"[^\r\n\p{{L}}\p{{N}}]?[{_UPPER}]*[{_LOWER}]+{_CONTRACTION}",
        rf"[^\r\n\p{{L}}\p{{N}}]?[{_UPPER}]+[{_LOWER}]*{_CONTRACTION}",
        r"\p{N}{1,3}",
        r" ?[^\s\p{L}\p{N}]+[\r\n/]*",
        r"\s*[\r\n]+",
        r"\s+(?!\S)",
        r"\s+",
    ]
)

QWEN2: Final = CL100K.replace(r"\p{N}{1,3}", r"\p{N}")
TEKKEN: Final = "|".join(
    [
        rf"[^\r\n\p{{L}}\p{{N}}]?[{_UPPER}]*[{_LOWER}]+",
        rf"[^\r\n\p{{L}}\p{{N}}]?[{_UPPER}]+[{_LOWER}]*",
        r"\p{N}",
        *O200K.split("|")[-4:],
    ]
)

PATTERNS: Final = {
    "ginbon": GINBON,
    "r50k": R50K,
    "p50k": R50K,
    "cl100k": CL100K,
    "llama3": CL100K,
    "qwen2": QWEN2,
    "o200k": O200K,
    "tekken": TEKKEN,
}
"""Split patterns by the name that a tokenizer spec may use."""


_BEFORE: Final = rf"[^\p{{L}}{_TAIL}{_TSHEG}]?"
"""What ``GINBON`` leaves before a word's first letter."""

_HANGING: Final = r"\x{0E33}\x{0EB3}\x{FF9E}\x{FF9F}"
"""Letters of Thai, Lao and Japanese that hang on the character before them, as UAX #29 has it."""

FINER: Final = {
    "case": (
        rf"{_BEFORE}(?:[\p{{Lu}}\p{{Lt}}][{_TAIL}]*)*(?:[\p{{Ll}}\p{{Lm}}\p{{Lo}}][{_TAIL}{_TSHEG}]*)+"
        rf"|{_BEFORE}(?:[\p{{Lu}}\p{{Lt}}][{_TAIL}]*)+"
    ),
    "latin": rf"{_BEFORE}(?:\p{{Latin}}[{_TAIL}{_HANGING}]*)+",
    "punctuation": rf"(?![{_TSHEG}])\p{{P}}[{_TAIL}]*",
}
"""Patterns that cut what ``GINBON`` cuts on, by name. None cuts a mark or joiner from its base.

``case``: where a capital follows a small letter (``camelCase``), as o200k does. ``latin``: Latin letters from those of
other scripts within a word, for scripts that write no spaces. ``punctuation``: every mark of punctuation by itself.
"""


def finer_pattern(name: str) -> str:
    """The pattern of that name in ``FINER``, or else what was given."""
    return FINER.get(name, name)


def known_pattern(name: str) -> str:
    """The pattern of that name (``o200k``, or the encoding's own name ``o200k_base``), or else what was given."""
    return PATTERNS.get(name.removesuffix("_base").removesuffix("_edit"), name)
