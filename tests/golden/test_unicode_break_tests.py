"""Unicode's own tests of word and grapheme boundaries, which ``make data`` fetches (Debian's package unicode-data)."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

import icu
import pytest

from ginbon.filters import words

PLACES = (
    Path(os.environ.get("GINBON_DATA") or Path.home() / ".cache" / "ginbon-data") / "unicode",
    Path.home() / ".cache" / "ginbon-data" / "unicode",
    Path("/usr/share/unicode/auxiliary"),
)

DELIBERATE = {
    "\N{VERTICAL KANA REPEAT MARK}": "a low line joins no Japanese, of which words are cut by the dictionary",
    "\N{ZERO WIDTH JOINER}": "a symbol is no part of a word, though joined to one (WB3c)",
}
"""Characters of the cases that we cut otherwise, and why."""


def cases(name: str) -> Iterator[tuple[str, list[str]]]:
    """Texts and the pieces between their boundaries."""
    file = next((place / name for place in PLACES if (place / name).is_file()), None)
    if file is None:
        pytest.skip(f"{name} is in none of {', '.join(map(str, PLACES))}: `make data` fetches it where apt-get is")
    for line in file.read_text(encoding="utf-8").splitlines():
        if rule := line.partition("#")[0].strip():
            pieces: list[str] = []
            for mark, code in re.findall(r"([÷×]) ([0-9A-F]+)", rule):
                if mark == "÷":
                    pieces.append("")
                pieces[-1] += chr(int(code, 16))
            yield "".join(pieces), pieces


def test_graphemes() -> None:
    found = [(text, pieces, words.graphemes(text)) for text, pieces in cases("GraphemeBreakTest.txt")]
    assert len(found) >= 600
    assert [case for case in found if case[1] != case[2]] == []


def test_words() -> None:
    """Pieces without a letter or digit are no words of ours."""
    total, unexplained, deliberate = 0, [], set()
    for text, pieces in cases("WordBreakTest.txt"):
        total += 1
        wanted = [piece for piece in pieces if any(map(icu.Char.isalnum, piece))]
        if words.words(text) != wanted:
            reason = next((c for c in text if c in DELIBERATE), None)
            deliberate.add(reason)
            if reason is None:
                unexplained.append((text, wanted, words.words(text)))
    assert total >= 1_800
    assert unexplained == []
    assert deliberate == set(DELIBERATE), "a difference that is none any more leaves the list"
