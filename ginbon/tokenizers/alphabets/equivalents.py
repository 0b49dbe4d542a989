"""Other spellings of a grapheme that look and mean the same: composed, decomposed, its marks in another order."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from typing import Final

_MOST_CHARS: Final = 6
"""Of a decomposed grapheme: with more marks there are too many orders, and none is usual."""


def equivalents(graphemes: Iterable[str]) -> set[str]:
    """The canonically equivalent spellings of graphemes, themselves among them (Unicode 16, section 3.7).

    Text is not normalised everywhere: Arabic is typed with the shadda before the vowel and normalised with it behind.
    What is only another code of one character (the ohm sign, compatibility ideographs) is not added.
    """
    import icu

    given = set(graphemes)
    found: set[str] = set()
    for grapheme in given:
        if len(unicodedata.normalize("NFD", grapheme)) in range(2, _MOST_CHARS + 1):
            found |= {str(spelling) for spelling in icu.CanonicalIterator(grapheme)}
    return given | {spelling for spelling in found if not any(map(_is_another_code, spelling))}


def _is_another_code(char: str) -> bool:
    return len(unicodedata.decomposition(char).split()) == 1
