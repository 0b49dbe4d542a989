"""Seams: where a split pattern ends one pre-token and begins the next, and which of them go through words.

A seam through a word is one that no vocabulary can bridge. Its kind says what the pattern stumbled over: a joiner
(U+200C or U+200D stands at the seam), a mark (a vowel sign, virama, tone or accent does), or something else (letter
case, apostrophes, digits).
"""

from __future__ import annotations

import unicodedata
from collections import Counter
from dataclasses import asdict, dataclass
from itertools import pairwise
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from ginbon.filters import words
from ginbon.tokenizers.protocol import Flags, Int64s, TextColumn

KINDS: Final = {
    "joiner": "at a zero-width joiner or non-joiner",
    "mark": "at a combining mark",
    "other": "elsewhere (letter case, apostrophes, digits)",
}

_JOINERS: Final = np.array([0x200C, 0x200D])
_LOOKED_AT: Final = 4_000
"""Cut words that examples are chosen from."""


@dataclass(frozen=True)
class Example:
    """A word as the pattern cuts it (``pieces``), and how often it does among the words that were looked at."""

    pieces: tuple[str, ...]
    times: int


@dataclass(frozen=True)
class Seams:
    """What a split pattern does to some text.

    ``inside`` counts the seams inside words by kind. ``graphemes_cut`` of ``graphemes`` have a seam inside.
    ``joiners_cut`` of ``joiners`` (U+200C, U+200D) have a seam before or behind them. ``words_cut`` of ``words`` have a
    seam inside.
    """

    pre_tokens: int
    words: int
    words_cut: int
    graphemes: int
    graphemes_cut: int
    joiners: int
    joiners_cut: int
    inside: dict[str, int]
    examples: dict[str, tuple[Example, ...]]

    @property
    def pre_tokens_per_word(self) -> float | None:
        """None where there is no word."""
        return self.pre_tokens / self.words if self.words else None

    @property
    def grapheme_cut_share(self) -> float:
        """Share of graphemes that the pattern itself cuts, in [0, 1]."""
        return self.graphemes_cut / self.graphemes if self.graphemes else 0.0

    @property
    def joiner_cut_share(self) -> float:
        """Share of joiners with a seam at them, in [0, 1]."""
        return self.joiners_cut / self.joiners if self.joiners else 0.0

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return {
            **asdict(self),
            "pre_tokens_per_word": self.pre_tokens_per_word,
            "grapheme_cut_share": self.grapheme_cut_share,
            "joiner_cut_share": self.joiner_cut_share,
        }


def seams(texts: TextColumn, starts: Int64s, language: str, *, examples: int = 3) -> Seams:
    """Look at the seams of some texts; ``starts`` are the bytes of ``texts.data`` at which pre-tokens begin."""
    inner = np.setdiff1d(starts, texts.offsets)
    spans = _Spans.of(texts, words.boundaries(texts.column, language))
    shapes = _Spans.of(texts, words.grapheme_boundaries(texts.column))
    points, begins = _code_points(texts)
    at = np.searchsorted(begins, inner)
    word = spans.holding(inner)
    shape = shapes.holding(inner)
    kinds = _kinds(points, at)
    joiners = np.flatnonzero(np.isin(points, _JOINERS))
    edges = np.zeros(len(points) + 1, np.bool_)
    edges[at] = True
    return Seams(
        pre_tokens=len(starts),
        words=len(spans.starts),
        words_cut=len(np.unique(word[word >= 0])),
        graphemes=len(shapes.starts),
        graphemes_cut=len(np.unique(shape[shape >= 0])),
        joiners=len(joiners),
        joiners_cut=int((edges[joiners] | edges[joiners + 1]).sum()),
        inside={kind: int((kinds[word >= 0] == n).sum()) for n, kind in enumerate(KINDS)},
        examples={
            kind: chosen
            for n, kind in enumerate(KINDS)
            if (chosen := _examples(texts, spans, inner, word, word[(word >= 0) & (kinds == n)], examples))
        },
    )


@dataclass(frozen=True)
class _Spans:
    """Stretches of the bytes of all texts, ascending, none in another."""

    starts: Int64s
    stops: Int64s

    @classmethod
    def of(cls, texts: TextColumn, found: words.Boundaries) -> _Spans:
        ends: Int64s = np.asarray(found.ends, np.int64)
        base = texts.offsets[:-1].repeat(ends[1:] - ends[:-1])
        return cls(found.starts + base, found.stops + base)

    def holding(self, places: Int64s) -> Int64s:
        """The stretch that each place is inside of, not at an end; -1 for none."""
        if not len(self.starts):
            return np.full(len(places), -1, np.int64)
        last = np.searchsorted(self.starts, places, "left") - 1
        inside = (last >= 0) & (places < self.stops[np.maximum(last, 0)])
        return np.where(inside, last, -1)


def _code_points(texts: TextColumn) -> tuple[NDArray[np.uint32], Int64s]:
    """All code points, and the byte at which each begins."""
    points = np.frombuffer(texts.data.tobytes().decode("utf-8", "replace").encode("utf-32-le"), np.uint32)
    return points, np.flatnonzero((texts.data & 0xC0) != 0x80).astype(np.int64)


def _kinds(points: NDArray[np.uint32], at: Int64s) -> Int64s:
    """The kind of the seam before each of these code points, as its place in ``KINDS``."""
    either: tuple[NDArray[np.uint32], NDArray[np.uint32]] = (points[at - 1], points[at])
    joiner = np.isin(either[0], _JOINERS) | np.isin(either[1], _JOINERS)
    mark = _is_mark(either[0]) | _is_mark(either[1])
    kinds: Int64s = np.where(joiner, 0, np.where(mark, 1, 2))
    return kinds


def _is_mark(points: NDArray[np.uint32]) -> Flags:
    distinct, place = np.unique(points, return_inverse=True)
    marks = [unicodedata.category(chr(point)).startswith("M") for point in distinct.tolist()]
    flags: Flags = np.array(marks, np.bool_)[place]
    return flags


def _examples(
    texts: TextColumn, spans: _Spans, places: Int64s, word: Int64s, hit: Int64s, most: int
) -> tuple[Example, ...]:
    """The words with such a seam that occur most often, cut as they are; ties by their spelling."""
    data = texts.data
    held = np.unique(hit)[:_LOOKED_AT].tolist()
    spellings = [data[spans.starts[w] : spans.stops[w]].tobytes() for w in held]
    times = Counter(spellings)
    first = dict(zip(spellings[::-1], held[::-1], strict=True))
    found = []
    for spelled, count in sorted(times.items(), key=lambda item: (-item[1], item[0]))[:most]:
        w = first[spelled]
        ends = [0, *(places[word == w] - spans.starts[w]).tolist(), len(spelled)]
        cut = tuple(spelled[a:b].decode("utf-8", "replace") for a, b in pairwise(ends))
        found.append(Example(cut, count))
    return tuple(found)
