"""From an Arrow array of texts to what the walk writes: counts, words, lines, hashes. Ours to change.

``scan`` and ``find_words`` are the only ways into the kernels: the walk comes through the one, and whoever wants words
and nothing else through the other, which takes a third of the time and says the same of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

import numpy as np
import pyarrow as pa

from ginbon.corpus import texts
from ginbon.corpus.texts import Texts
from ginbon.filters import dictionaries
from ginbon.filters.kernel import classes
from ginbon.filters.kernel.columns import COUNTED

CHUNK_BYTES: Final = 1 << 20
"""Dictionary runs that ICU gets at once: bounds the memory of its answer."""


@dataclass(frozen=True)
class Lexicon:
    """Hashes of a language's stop words (an open-addressing table) and of phrases to look for."""

    stops: Any
    phrases: Any
    kinds: Any


@dataclass(frozen=True)
class Worded:
    """The words of texts: hashes of those of a row are ``words[word_ends[row]:word_ends[row + 1]]``, in order.

    ``spans`` has start and end byte of every word, if asked for; ``exact``, rows x 2, a hash of each text with case
    folded and runs of white space as one space.
    """

    exact: Any
    word_ends: Any
    words: Any
    spans: Any


@dataclass(frozen=True)
class Found(Worded):
    """Words and nothing else. ``loose`` are the rows that may not be in NFC, so that their words may not be right."""

    loose: Any


@dataclass(frozen=True)
class Scanned(Worded):
    """What the walk wrote. Lines and paragraphs of a row are, as words, ``ends[row]`` to ``ends[row + 1]``, in order.

    ``counts`` is rows x ``COUNTED``; ``line_left`` what C4's line rules say of every non-blank line, in order.
    """

    counts: Any
    word_chars: Any
    line_ends: Any
    lines: Any
    line_chars: Any
    line_left: Any
    paragraph_ends: Any
    paragraphs: Any
    paragraph_chars: Any


def buffers(array: pa.Array) -> Texts:
    """The texts as numpy arrays. A slice sees its own bytes only, so that scratch is as large as the slice."""
    seen = texts.view(array)
    first, last = int(seen.offsets[0]), int(seen.offsets[-1])
    return Texts(seen.data[first:last], seen.offsets - first, seen.valid)


NO_LEXICON: Final = Lexicon(np.zeros(1, np.uint64), np.zeros((0, 4), np.uint64), np.zeros(0, np.int64))


def scan(
    held: Texts,
    *,
    lexicon: Lexicon = NO_LEXICON,
    script: str = "Zyyy",
    terminals: str = "",
    spans: bool = False,
) -> Scanned:
    """Walk over the texts once; a null is an empty text.

    ``terminals`` are sentence ends of this language that others do not have (Greek ``;``).
    """
    from ginbon.filters.kernel.scan import scan as kernel

    rows, items = len(held), _room(held)
    table = classes.properties(script, terminals)
    out = Scanned(
        counts=np.zeros((rows, len(COUNTED)), np.int64),
        exact=np.zeros((rows, 2), np.uint64),
        word_ends=np.zeros(rows + 1, np.int64),
        words=np.empty(items, np.uint64),
        word_chars=np.empty(items, np.int32),
        spans=np.empty(2 * items if spans else 0, np.int64),
        line_ends=np.zeros(rows + 1, np.int64),
        lines=np.empty(items, np.uint64),
        line_chars=np.empty(items, np.int32),
        line_left=np.empty(items, np.uint8),
        paragraph_ends=np.zeros(rows + 1, np.int64),
        paragraphs=np.empty(items, np.uint64),
        paragraph_chars=np.empty(items, np.int32),
    )
    kernel(
        held.data,
        held.offsets,
        table,
        classes.casing(),
        classes.signs(),
        classes.combining(),
        classes.pairs(),
        dictionary_starts(held),
        lexicon.stops,
        lexicon.phrases,
        lexicon.kinds,
        np.full(8 + len(lexicon.stops), -1, np.int64),
        out.counts,
        out.exact,
        out.word_ends,
        out.words,
        out.word_chars,
        out.spans,
        out.line_ends,
        out.lines,
        out.line_chars,
        out.line_left,
        out.paragraph_ends,
        out.paragraphs,
        out.paragraph_chars,
    )
    return out


def find_words(held: Texts, *, spans: bool = False) -> Found:
    """The words of the texts, as ``scan`` finds them; a null is an empty text."""
    from ginbon.filters.kernel.words import find_words as kernel

    rows, items = len(held), _room(held)
    loose = np.empty(rows, np.bool_)
    exact, word_ends, words = np.empty((rows, 2), np.uint64), np.zeros(rows + 1, np.int64), np.empty(items, np.uint64)
    places = np.empty(2 * items if spans else 0, np.int64)
    kernel(
        held.data,
        held.offsets,
        classes.properties(),
        classes.casing(),
        classes.plain(),
        classes.combining(),
        classes.pairs(),
        dictionary_starts(held),
        word_ends,
        words,
        places,
        exact,
        loose,
    )
    return Found(exact, word_ends, words, places, np.flatnonzero(loose))


def _room(held: Texts) -> int:
    """As many words as there may be: two need a byte between them, or have three bytes each, so at most every second
    byte begins one. Memory that is never written is never taken.
    """
    return len(held.data) // 2 + len(held) + 1


def dictionary_starts(held: Texts) -> Any:
    """uint8 per byte: 1 where a word of a dictionary script begins. Empty where no text has such a script."""
    from ginbon.filters.kernel.segment import RUN_CHARS, find_runs

    # A run has three bytes, and another before the next; memory that is never written is never taken.
    runs = np.empty(2 * (len(held.data) // 3 + len(held) + 1), np.int64)
    found = find_runs(held.data, held.offsets, dictionaries.roles(), RUN_CHARS, runs)
    if not found:
        return np.empty(0, np.uint8)
    starts = np.zeros(len(held.data), np.uint8)
    lists = dictionaries.load()
    if lists:
        _cut(held, runs[: 2 * found], lists, starts)
    else:
        _ask_icu(held, runs[: 2 * found], starts)
    return starts


def _cut(held: Texts, runs: Any, lists: dictionaries.Dictionaries, starts: Any) -> None:
    """Mark the words of the runs by the compiled search."""
    from ginbon.filters.kernel.cut import MEMORY, SCRATCH, cut

    cut(
        held.data,
        runs,
        dictionaries.roles(),
        lists.roots,
        lists.slots,
        lists.codes,
        lists.composed,
        lists.form_ends,
        lists.forms,
        lists.voiced,
        lists.voiced_forms,
        np.full((MEMORY, 3), -1, np.int64),
        np.empty(SCRATCH, np.int64),
        starts,
    )


def _ask_icu(held: Texts, runs: Any, starts: Any) -> None:
    """Mark the same words by ICU itself, where its dictionaries cannot be read."""
    from ginbon.filters.kernel.segment import gather, mark_starts

    sizes = np.cumsum(runs[1::2] - runs[::2] + 1)
    first = 0
    while first < len(sizes):
        base = int(sizes[first - 1]) if first else 0
        last = max(first + 1, int(np.searchsorted(sizes, base + CHUNK_BYTES)))
        some = runs[2 * first : 2 * last]
        joined = np.empty(int(sizes[last - 1]) - base, np.uint8)
        gather(held.data, some, joined)
        mark_starts(held.data, some, icu_boundaries(joined.tobytes().decode("utf-8", "replace")), starts)
        first = last


def icu_boundaries(text: str) -> Any:
    """UTF-16 positions of ICU's word boundaries, 0 among them."""
    iterator = _iterator()
    iterator.setText(text)
    return np.array([0, *iterator], np.int64)


@cache
def _iterator() -> Any:
    from icu import BreakIterator, Locale

    iterator = BreakIterator.createWordInstance(Locale.getRoot())
    # ICU loads an engine by the script of the first letter that it is to cut: until it met a kana, it takes the
    # prolonged sound mark, which is of no script, for a letter that it has no engine for.
    iterator.setText("\N{HIRAGANA LETTER A}\N{HIRAGANA LETTER A}")
    for _ in iterator:
        pass
    return iterator


def lexicon(stop_words: Sequence[str], phrases: Sequence[tuple[int, str]]) -> Lexicon:
    """Hash stop words and ``(kind, phrase)`` by the walk itself, so that they meet what it finds in texts.

    Raises ``ValueError`` for a stop word that is not one word for the segmenter, or a phrase of more than four.
    """
    from ginbon.filters.kernel.tally import PHRASE_WORDS

    scanned = scan(buffers(pa.array([*stop_words, *(p for _, p in phrases)], pa.large_string())))
    words = [scanned.words[a:b] for a, b in zip(scanned.word_ends[:-1], scanned.word_ends[1:], strict=True)]
    for text, hashes in zip(stop_words, words, strict=False):
        if len(hashes) != 1:
            raise ValueError(
                f"the stop word {text!r} is {len(hashes)} words for the segmenter, so it would never match"
            )
    table = np.zeros((len(phrases), PHRASE_WORDS), np.uint64)
    for row, hashes in enumerate(words[len(stop_words) :]):
        if not 0 < len(hashes) <= PHRASE_WORDS:
            raise ValueError(
                f"the phrase {phrases[row][1]!r} is {len(hashes)} words long; 1 to {PHRASE_WORDS} can be found"
            )
        table[row, : len(hashes)] = hashes[::-1]
    return Lexicon(
        stops=_open_addressing([h[0] for h in words[: len(stop_words)]]),
        phrases=table,
        kinds=np.array([kind for kind, _ in phrases], np.int64),
    )


def _open_addressing(hashes: Sequence[Any]) -> Any:
    size = 64
    while size < 4 * len(hashes):
        size *= 2
    table = np.zeros(size, np.uint64)
    for h in hashes:
        slot = int(h) % size
        while table[slot] not in (0, h):
            slot = (slot + 1) % size
        table[slot] = h
    return table
