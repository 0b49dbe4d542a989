"""Text of strangers for people's eyes: cut at a whole character, with nothing in it that acts (fault 29)."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

_CONTROLS: Final = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")
_DIRECTIONS: Final = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")


def clip(text: str, chars: int) -> str:
    """The first ``chars`` code points at most, never cut before a combining mark or a joiner."""
    if len(text) <= chars:
        return text
    while chars and (
        unicodedata.category(text[chars]).startswith("M") or "\N{ZERO WIDTH JOINER}" in text[chars - 1 : chars + 1]
    ):
        chars -= 1
    return text[:chars]


def visible(text: str | None) -> str:
    """Control characters as signs, so that they neither act nor vanish; line ends and tabs stay."""
    return _CONTROLS.sub(
        lambda m: chr(0x2400 + ord(m[0])) if ord(m[0]) < 0x20 else "\N{REPLACEMENT CHARACTER}", text or ""
    )


def one_line(text: str | None) -> str:
    """``visible`` for a terminal: on one line, without characters that turn the direction around."""
    return _DIRECTIONS.sub("", " ".join(visible(text).split()))
