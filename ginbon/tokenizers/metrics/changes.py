"""What a tokenizer's normalisation does to a text before any of it is encoded, by kind.

A text and what is encoded in its place are gone through side by side; where they differ, the shortest pieces behind
which they agree again are told apart by what makes them equal. A piece counts with its code points in the text (what is
only added: with those that are added), under the first of these kinds that explains it.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np

from ginbon.tokenizers.protocol import Int64s, TextColumn

KINDS: Final = {
    "composed": "in canonical form: composed, decomposed or with marks in another order (NFC, NFD)",
    "zero_width": "zero-width and other invisible characters (ZWNJ, ZWJ, ZWSP ...), dropped or made a space",
    "spaces": "spaces, tabs and line ends: dropped, squeezed or made another",
    "case": "upper and lower case",
    "compatibility": "compatibility forms: wide, narrow, ligatures, superscripts (NFKC)",
    "marks": "marks and accents, dropped",
    "other": "anything else",
}
"""How pieces of a text are changed."""

_AGREE: Final = 3
"""Characters that must be alike behind a difference for it to be over."""

_REACH: Final = 16
"""Longest piece of either text that is looked for as one difference, in characters; a longer one is taken whole."""


@dataclass(frozen=True)
class Change:
    """A piece of a text and what stands in its place; either may be empty."""

    before: str
    after: str

    @property
    def chars(self) -> int:
        """Code points that it counts for."""
        return len(self.before) or len(self.after)

    @property
    def kind(self) -> str:
        """The first of ``KINDS`` that explains it."""
        before, after = self.before, self.after
        if _form("NFC", before) == _form("NFC", after):
            return "composed"
        seen_before, seen_after = _visible(before), _visible(after)
        if seen_before != before and _squeeze(seen_before) == _squeeze(seen_after):
            return "zero_width"
        if _squeeze(before) == _squeeze(after):
            return "spaces"
        if _form("NFC", before.lower()) == _form("NFC", after.lower()):
            return "case"
        if _form("NFKC", before).casefold() == _form("NFKC", after).casefold():
            return "compatibility"
        if _unmarked(before) == _unmarked(after):
            return "marks"
        return "other"


def changes(texts: TextColumn, normal: TextColumn) -> dict[str, Int64s]:
    """Counts of each text: ``changed``, ``changed_chars``, and the characters of each kind (``composed_chars`` ...)."""
    rows = _differing(texts, normal)
    counts = {
        name: np.zeros(len(texts), np.int64) for name in ("changed", "changed_chars", *map("{}_chars".format, KINDS))
    }
    for row in rows:
        counts["changed"][row] = 1
        for change in differences(texts.strings[row], normal.strings[row]):
            counts["changed_chars"][row] += change.chars
            counts[f"{change.kind}_chars"][row] += change.chars
    return counts


def _differing(texts: TextColumn, normal: TextColumn) -> list[int]:
    if normal is texts or normal.column.equals(texts.column):
        return []
    return [i for i, (a, b) in enumerate(zip(texts.strings, normal.strings, strict=True)) if a != b]


def differences(text: str, normal: str) -> Iterator[Change]:
    """Where two texts differ, from left to right, in pieces as short as can be told."""
    i, j = 0, 0
    while i < len(text) or j < len(normal):
        same = _alike(text, normal, i, j)
        i, j = i + same, j + same
        if i == len(text) and j == len(normal):
            return
        before, after = _difference(text[i : i + _REACH + _AGREE], normal[j : j + _REACH + _AGREE])
        if (before, after) == (_REACH, _REACH):  # no end in sight
            before, after = len(text) - i, len(normal) - j
        yield Change(text[i : i + before], normal[j : j + after])
        i, j = i + before, j + after


def _alike(text: str, normal: str, i: int, j: int) -> int:
    """How many characters from these places on are the same: long runs at once."""
    same, step = 0, 64
    while step:
        behind = text[i + same : i + same + step]
        if behind and behind == normal[j + same : j + same + step]:
            same += len(behind)
        else:
            step //= 2
    return same


def _difference(text: str, normal: str) -> tuple[int, int]:
    """How much of each to leave behind so that what follows agrees: the least of both together, else all in reach."""
    for total in range(1, 2 * _REACH):
        for i in range(max(0, total - _REACH), min(total, _REACH) + 1):
            j = total - i
            if i > len(text) or j > len(normal):
                continue
            behind = text[i : i + _AGREE]
            if behind == normal[j : j + _AGREE] and not _goes_on(behind):
                return i, j
    return _REACH, _REACH


def _goes_on(behind: str) -> bool:
    """Whether what follows hangs on what is before it: a mark is no place to end a difference."""
    return bool(behind) and unicodedata.category(behind[0]).startswith("M")


def _form(form: str, text: str) -> str:
    return unicodedata.normalize(form, text)  # type: ignore[arg-type]


def _visible(text: str) -> str:
    return "".join(c for c in text if unicodedata.category(c) != "Cf")


def _squeeze(text: str) -> str:
    return "".join(c for c in text if not c.isspace())


def _unmarked(text: str) -> str:
    return "".join(c for c in _form("NFD", text) if not unicodedata.category(c).startswith("M"))
