"""What stands in the tokens: junk, glitches and leaks, by rules that are stated and may be wrong.

Patterns are RE2's (Arrow runs them over all tokens at once). A token may be of several kinds.
"""

from __future__ import annotations

from collections.abc import Iterator
from importlib.resources import files
from typing import Final

import numpy as np

from ginbon.filters import words
from ginbon.languages.scripts import members
from ginbon.tokenizers.audit.artefact import Artefact, Field
from ginbon.tokenizers.audit.findings import Found
from ginbon.tokenizers.audit.pieces import Pieces
from ginbon.tokenizers.backends.base import printable
from ginbon.tokenizers.protocol import Flags, Int64s

REPEATED: Final = 8
BLANKS: Final = 16
LONG: Final = 32
PHRASE_WORDS: Final = 3
DIGITS: Final = 7

_HOSTS: Final = "com|org|net|edu|gov|io|info|html?|php|aspx?"
_PART: Final = r"[\w.-]*[A-Za-z][\w.-]*"
_HOME: Final = r"(/home/|/Users/|[A-Za-z]:\\+Users\\+)[^/\\\s]*[\p{L}\d]"
_ADDRESS: Final = rf"(?i)://[a-z\d]|\bwww\.|[a-z\d]\.({_HOSTS})\b"
_MAIL: Final = r"[\w.+-]*@[\w-]+\.[A-Za-z]"

PATTERNS: Final = {
    "url": _ADDRESS,
    "e-mail": _MAIL,
    "handle": r"^\s?@[\p{L}_][\p{L}\p{M}\d_]{2,}$",
    "user-path": _HOME,
    "path": rf"[A-Za-z]:\\+\w+|\\\\\w+\\|(^|[^\w/:<]){_PART}(/{_PART})+/|/[a-z]{{3,}}/[a-z]{{3,}}",
    "code-like": r"[A-Za-z][^\s]*([(){}\[\];=<>$\\]|::|->|_[A-Za-z])|([(){}\[\];=<>$\\]|::|->|\b_)[^\s]*[A-Za-z]",
    "joined-words": r"^\s?[A-Za-z]*[a-z][A-Z]+[a-z]+[A-Z][A-Za-z]*$",
}
"""Kinds that a pattern tells."""

_FILE_PATTERNS: Final = {
    "file-user-path": _HOME,
    "file-path": r"(^|[\s,=\"'])/[\w.-]+/[\w.-]+|[A-Za-z]:\\+\w+|\\\\\w+\\",
    "file-address": rf"{_ADDRESS}|{_MAIL}",
}


def content(artefact: Artefact, pieces: Pieces, *, names: frozenset[str]) -> Iterator[Found]:
    """Junk, glitches and leaks in the tokens and in the file's own fields."""
    if len(pieces):
        for code, pattern in PATTERNS.items():
            yield Found(code, pieces.ids[pieces.matching(pattern)])
        yield from _shapes(pieces)
        yield from _listed(pieces, names)
    yield from file_fields(artefact.fields)


def _shapes(pieces: Pieces) -> Iterator[Found]:
    blank = members("[:White_Space:]")
    runs = _longest_runs(pieces, same=True, of=~blank)
    order = np.lexsort((pieces.ids, -runs))
    yield Found("repeated-character", pieces.ids[order][runs[order] >= REPEATED])
    yield from _longest("blank-run", pieces, pieces.made_of(blank) & (pieces.sizes >= BLANKS))
    long = (pieces.sizes > LONG) & ~pieces.made_of(blank) & (runs < pieces.sizes - 1)
    yield from _longest("very-long", pieces, long)
    phrase = words.count(pieces.column) >= PHRASE_WORDS
    yield from _longest("phrase", pieces, phrase & ~pieces.matching(PATTERNS["code-like"]))
    digits = members("[:Nd:]")
    numbers = _longest_runs(pieces, same=False, of=digits)
    yield Found("digit-run", pieces.ids[(numbers >= DIGITS) & (_longest_runs(pieces, same=True, of=digits) < numbers)])


def _longest(code: str, pieces: Pieces, flags: Flags) -> Iterator[Found]:
    """The flagged tokens, the longest first."""
    rows = np.flatnonzero(flags)
    yield Found(code, pieces.ids[rows[np.lexsort((pieces.ids[rows], -pieces.sizes[rows]))]])


def _longest_runs(pieces: Pieces, *, same: bool, of: Flags) -> Int64s:
    """For each text its longest run of code points of a table, with ``same`` of one code point only."""
    points, row = pieces.code_points, pieces.row
    longest = np.zeros(len(pieces), np.int64)
    inside = of[points]
    breaks = np.ones(len(points), np.bool_)
    breaks[1:] = (row[1:] != row[:-1]) | ~inside[1:] | ~inside[:-1]
    if same:
        breaks[1:] |= points[1:] != points[:-1]
    starts = np.flatnonzero(breaks)
    sizes = np.diff(np.append(starts, len(points))) * inside[starts]
    np.maximum.at(longest, row[starts], sizes)
    return longest


def _listed(pieces: Pieces, names: frozenset[str]) -> Iterator[Found]:
    """Tokens on the published list of glitch tokens, as they are; and on the user's list of names, case aside."""
    glitches = frozenset(_glitches())
    yield Found("known-glitch", pieces.ids[np.fromiter((s in glitches for s in pieces.strings), bool, len(pieces))])
    if names:
        said = (s.strip().casefold() in names for s in pieces.strings)
        yield Found("person", pieces.ids[np.fromiter(said, bool, len(pieces))])


def _glitches() -> Iterator[str]:
    lines = files("ginbon.tokenizers.audit").joinpath("glitches.txt").read_text("utf-8").splitlines()
    return (line.replace("_", " ", 1) if line.startswith("_") else line for line in lines if line and line[0] != "#")


def file_fields(fields: tuple[Field, ...]) -> Iterator[Found]:
    """Paths and addresses in the texts of a file that are no tokens."""
    import re

    for code, pattern in _FILE_PATTERNS.items():
        search = re.compile(pattern.replace(r"\p{L}", "^\\W_")).search
        held = tuple(f"{f.place}: {printable(f.text)}" for f in fields if search(f.text))
        yield Found(code, others=held)
