r"""Several split patterns, one after another, as one: tiktoken takes one regular expression and no more.

A cascade cuts text by its first pattern, then what lies between by the second: a look-ahead of the second sees the end
of a stretch where the first cut. There is no general way to write that as one expression, so the cascades of published
tokenizers are written out here, and each export shows on its texts that the one cuts as the other.

An expression must match all of a text: tiktoken drops what lies between matches, where others keep it as a pre-token.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from ginbon.tokenizers.patterns import R50K

DIGITS_FIRST: Final = (r"\p{N}", R50K)
"""Hugging Face's ``Digits`` before ``ByteLevel`` (Aya, Command R)."""

_DIGITS_FIRST_AS_ONE: Final = r"\p{N}|'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?[^\s\p{L}\p{N}]+|\s+(?![^\s\p{N}])|\s+"

_CJK: Final = "\u4e00-\u9fa5\u3040-\u309f\u30a0-\u30ff"
_ASCII_MARKS: Final = r"""[!"#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~]"""

DEEPSEEK: Final = (
    r"\p{N}{1,3}",
    f"[{_CJK}]+",
    _ASCII_MARKS + "[A-Za-z]+|[^\r\n\\p{L}\\p{P}\\p{S}]?[\\p{L}\\p{M}]+| ?[\\p{P}\\p{S}]+[\r\n]*"
    r"|\s*[" + "\r\n" + r"]+|\s+(?!\S)|\s+",
)
"""DeepSeek-V3 and R1."""

_OTHER: Final = rf"(?![{_CJK}])"
_DEEPSEEK_AS_ONE: Final = "|".join(
    [
        r"\p{N}{1,3}",
        f"[{_CJK}]+",
        _ASCII_MARKS + "[A-Za-z]+",
        rf"(?:{_OTHER}[^\r\n\p{{L}}\p{{N}}\p{{P}}\p{{S}}])?(?:{_OTHER}[\p{{L}}\p{{M}}])+",
        rf" ?(?:{_OTHER}[\p{{P}}\p{{S}}])+[\r\n]*",
        r"\s*[\r\n]+",
        rf"\s+(?![^\s\p{{N}}{_CJK}])",
        r"\s+",
        # what no branch matches stays together: controls, format characters, unassigned code points
        rf"(?:{_OTHER}[^\s\p{{L}}\p{{M}}\p{{N}}\p{{P}}\p{{S}}](?!{_OTHER}[\p{{L}}\p{{M}}]))+",
    ]
)

CASCADES: Final = {DIGITS_FIRST: _DIGITS_FIRST_AS_ONE, DEEPSEEK: _DEEPSEEK_AS_ONE}


def as_one(patterns: Sequence[str]) -> str | None:
    """One pattern that cuts as several do one after another; None where none is known."""
    return patterns[0] if len(patterns) == 1 else CASCADES.get(tuple(patterns))
