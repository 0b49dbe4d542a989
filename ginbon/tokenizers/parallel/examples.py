"""One line of each version with where each tokenizer cuts it: what a page draws.

The line is the same in all versions: the shortest with at least ``LEAST_BYTES`` bytes in the pivot, among those that
most versions have. Where tokens begin is told in bytes, each as the distance from the one before (the first from the
line's beginning), written as digits 0-9 and a-y for 0 to 34; a z before one adds 35.
"""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass
from typing import Final

import numpy as np
import pyarrow as pa

from ginbon.filters.words import graphemes
from ginbon.tokenizers.parallel.aligned import Aligned
from ginbon.tokenizers.protocol import Int64s, TextColumn, Tokenizer

LEAST_BYTES: Final = 60

Cuts = str | None
"""Where the tokens of a line begin; None where the tokenizer cannot tell."""

_DIGITS: Final = "0123456789abcdefghijklmnopqrstuvwxy"


@dataclass(frozen=True)
class Cut:
    """A grapheme of a line, whether a token begins with it, and at how many places inside it tokens begin."""

    grapheme: str
    begins: bool
    inside: int


@dataclass(frozen=True)
class Piece:
    """A part of a line that is whole graphemes, and at how many places tokens begin in it: 1 where no grapheme is
    cut, for a token is then all of the piece."""

    text: str
    places: int


def example_line(aligned: Aligned) -> int:
    """Which line of a set is the example."""
    sizes = np.diff(aligned.versions[aligned.pivot].texts.offsets)
    missing = np.sum([~aligned.shared(label) for label in aligned.versions], axis=0)
    long_enough = (sizes >= LEAST_BYTES) & aligned.versions[aligned.pivot].written
    order = np.lexsort((np.where(long_enough, sizes, -sizes), missing, ~long_enough))
    return int(order[0])


def texts(aligned: Aligned, line: int) -> dict[str, str]:
    """The example line of each version; empty where it is blank."""
    return {label: version.texts.strings[line] for label, version in aligned.versions.items()}


def cuts(tokenizer: Tokenizer, aligned: Aligned, line: int) -> dict[str, Cuts]:
    """Where a tokenizer cuts the example line of each version."""
    found = texts(aligned, line)
    column = TextColumn(pa.array(list(found.values()), pa.large_string()))
    encoded = tokenizer.encode_batch(column)
    starts = tokenizer.starts(column, encoded)
    return {
        label: write_cuts(starts[encoded.offsets[i] : encoded.offsets[i + 1]] - column.offsets[i])
        for i, label in enumerate(found)
    }


def write_cuts(starts: Int64s) -> Cuts:
    """Where tokens begin, as text; None for negative places, which say that it is not known."""
    if len(starts) and int(starts.min()) < 0:
        return None
    steps = np.diff(starts, prepend=0).tolist()
    return "".join("z" * (step // 35) + _DIGITS[step % 35] for step in steps)


def read_cuts(cuts: str) -> list[int]:
    """The inverse of ``write_cuts``."""
    starts, at = [], 0
    for digit in cuts:
        at += 35 if digit == "z" else _DIGITS.index(digit)
        if digit != "z":
            starts.append(at)
    return starts


def cut_graphemes(text: str, cuts: str) -> list[Cut]:
    """A line grapheme by grapheme, with the places where tokens begin; several tokens at one place are one."""
    starts = sorted(set(read_cuts(cuts)))
    found: list[Cut] = []
    at = done = 0
    for grapheme in graphemes(text):
        end = at + len(grapheme.encode())
        upto = bisect_left(starts, end)
        begins = upto > done and starts[done] == at
        found.append(Cut(grapheme, begins, upto - done - begins))
        at, done = end, upto
    return found


def pieces(text: str, cuts: str) -> list[Piece]:
    """A line as a page shows it: cut where tokens begin, but never inside a grapheme.

    A grapheme that tokens cut stays whole with what it is joined to, and the piece says at how many places it is cut.
    """
    found: list[Piece] = []
    for cut in cut_graphemes(text, cuts):
        before = Piece("", 0) if cut.begins or not found else found.pop()
        found.append(Piece(before.text + cut.grapheme, before.places + cut.begins + cut.inside))
    return found
