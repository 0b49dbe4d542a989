"""Two texts side by side: how alike they really are, and where they differ."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Final, Literal

import pyarrow as pa

from ginbon.filters import words as segmentation
from ginbon.filters.duplicates.sketch import USUAL

CONTEXT_WORDS: Final = 6
_CAREFUL_WORDS: Final = 5_000
"""Up to so many words every one is matched; in longer texts those that occur all over are not, or it takes minutes."""

Kind = Literal["same", "removed", "added", "left out"]


@dataclass(frozen=True)
class Piece:
    """A stretch of text: in both, only in the first, only in the second, or in both and not shown."""

    kind: Kind
    text: str


def jaccard(one: str, other: str, *, ngram: int = USUAL.ngram) -> float:
    """The similarity that MinHash estimates: shingles in both over shingles in either, in [0, 1].

    Shingles are runs of ``ngram`` words, or of as many letters where either text has fewer words. Texts without a
    shingle are alike to nothing: 0.
    """
    texts = [_words(one), _words(other)]
    if min(map(len, texts)) < ngram:
        texts = [list("".join(words)) for words in texts]
    first, second = ({tuple(t[i : i + ngram]) for i in range(len(t) - ngram + 1)} for t in texts)
    return len(first & second) / len(first | second) if first and second else 0.0


def _words(text: str) -> list[str]:
    return [word.casefold() for word in segmentation.words(text)]


def differences(one: str, other: str, *, context: int = CONTEXT_WORDS) -> Iterator[Piece]:
    """What must be removed from ``one`` and added to make it ``other``, by words, with some words around it."""
    first, second = _cut(one), _cut(other)
    quick = max(len(first), len(second)) > _CAREFUL_WORDS
    for tag, a, b, c, d in SequenceMatcher(None, first, second, autojunk=quick).get_opcodes():
        if tag == "equal":
            yield from _shortened(first[a:b], context, begins=a == 0, ends=b == len(first))
            continue
        if b > a:
            yield Piece("removed", "".join(first[a:b]))
        if d > c:
            yield Piece("added", "".join(second[c:d]))


def _cut(text: str) -> list[str]:
    """The text as words and what stands between them."""
    found = segmentation.boundaries(pa.array([text], pa.large_string()))
    raw, done, pieces = text.encode(), 0, []
    for start, stop in zip(found.starts.tolist(), found.stops.tolist(), strict=True):
        pieces += [raw[done:start], raw[start:stop]]
        done = stop
    return [p.decode() for p in [*pieces, raw[done:]] if p]


def _shortened(pieces: list[str], context: int, *, begins: bool, ends: bool) -> Iterator[Piece]:
    """What is the same, without its middle; where a text begins or ends, without that side."""
    if begins and ends:
        yield Piece("left out", "".join(pieces))
        return
    head, tail = ([] if begins else pieces[: 2 * context]), ([] if ends else pieces[-2 * context :])
    if len(head) + len(tail) >= len(pieces):
        yield Piece("same", "".join(pieces))
        return
    if head:
        yield Piece("same", "".join(head))
    yield Piece("left out", "".join(pieces[len(head) : len(pieces) - len(tail)]))
    if tail:
        yield Piece("same", "".join(tail))
