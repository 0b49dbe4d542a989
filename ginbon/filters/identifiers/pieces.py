"""Short pieces of texts, evenly spread: is the whole text in the language that it seems to be in?

An identifier gives a text one label, whatever else is in it. Pieces are identified one by one; the share of them that
are not surely of another language is the document's *agreement*.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from ginbon.corpus import texts as buffers
from ginbon.filters.identifiers.base import UNKNOWN, language_of

PIECES: Final = 8
PIECE_BYTES: Final = 100

SURE: Final = 0.7
"""Probability from which a piece counts as of another language. On NTREX and the stories, cut by the half of it, one
document in five has a piece that is taken for a neighbour; above it hardly one in a hundred."""


@dataclass(frozen=True)
class Pieces:
    """``strings``, and the row of the text that each is of."""

    strings: Any
    rows: npt.NDArray[np.int64]


def pieces(texts: Any) -> Pieces:
    """At most ``PIECES`` pieces of about ``PIECE_BYTES`` of each text, cut between code points, evenly spread.

    A text has as many as fit into it without overlap, and at least one.
    """
    view = buffers.view(texts)
    sizes = np.diff(view.offsets)
    count = np.clip(sizes // PIECE_BYTES, 1, PIECES)
    rows = np.repeat(np.arange(len(view)), count)
    number = np.arange(len(rows)) - np.repeat(np.cumsum(count) - count, count)
    length = np.minimum(PIECE_BYTES, sizes[rows])
    step = (sizes[rows] - length) // np.maximum(count[rows] - 1, 1)
    low = _boundary(view, view.offsets[rows] + number * step, rows)
    high = _boundary(view, view.offsets[rows] + number * step + length, rows)
    offsets = np.zeros(len(rows) + 1, np.int64)
    np.cumsum(high - low, out=offsets[1:])
    places = np.arange(offsets[-1]) + np.repeat(low - offsets[:-1], high - low)
    return Pieces(buffers.array(view.data[places], offsets), rows)


def agreement(
    identify: Callable[[Any], tuple[Sequence[str], npt.NDArray[np.float32]]], texts: Any, labels: Sequence[str]
) -> npt.NDArray[np.float32]:
    """Share of each text's pieces that are not surely of another language than its label's; 1 where that is ``und``.

    ``identify`` gives labels and probabilities of pieces.
    """
    cut = pieces(texts)
    if not len(cut.rows):
        return np.zeros(0, np.float32)
    found, probabilities = identify(cut.strings)
    languages = np.array([language_of(label) for label in found], object)
    ours = np.array([language_of(label) for label in labels], object)[cut.rows]
    foreign = (probabilities >= SURE) & (languages != ours) & (languages != UNKNOWN) & (ours != UNKNOWN)
    total = np.bincount(cut.rows, minlength=len(labels))
    return (1 - np.bincount(cut.rows, foreign, len(labels)) / total).astype(np.float32)


def _boundary(view: buffers.Texts, at: Any, rows: Any) -> Any:
    """The next places between two code points."""
    ends = view.offsets[rows + 1]
    for _ in range(3):
        inside = at < ends
        inside[inside] = view.data[at[inside]] & 0xC0 == 0x80
        at = at + inside
    return at
