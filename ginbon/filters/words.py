"""What a word, a sentence, a line, a paragraph and a grapheme are, in any language: the one segmentation of all rooms.

Words follow UAX #29 (letters, marks and digits; apostrophes and full stops between letters, separators between digits);
marks are never lost. Thai, Lao, Khmer, Burmese, Chinese and Japanese runs are cut as ICU cuts them, by its
dictionaries; scripts without spaces and without a dictionary (Yi, Tai Tham, Javanese ...) by syllables. Tibetan
syllables end at the tsheg, Ethiopic words at the wordspace. A run of punctuation, symbols or emoji is no word.

Words are those of the normal form (NFC), and told in the bytes of the text as it is: canonically equal texts have equal
words.

Sentences, lines and paragraphs are those that the walk counts (``filters.signals``); graphemes are UAX #29's extended
grapheme clusters. Each has a function for an array of texts, which is the one that runs call, and one for a text.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final

import numpy as np
import pyarrow as pa

from ginbon.corpus.texts import Texts
from ginbon.filters import _segment

_LONGEST_PIECE: Final = 32
"""A letter with more marks is taken as it is."""


@dataclass(frozen=True)
class Boundaries:
    """Pieces of an array of texts: those of text ``row`` are ``ends[row]`` to ``ends[row + 1]``.

    ``starts`` and ``stops`` are bytes from the beginning of the text they are in; all three are int64.
    """

    ends: Any
    starts: Any
    stops: Any


def boundaries(texts: pa.Array, language: str = "und") -> Boundaries:
    """Where every word of every text begins and stops. A null has no words.

    ``language`` (``tha_Thai``) is part of the contract; today the script of each run decides alone.
    """
    return _words(_segment.buffers(texts))


def words(text: str, language: str = "und") -> list[str]:
    """The words of one text, for people and tests."""
    return _pieces(text, lambda texts: boundaries(texts, language))


def count(texts: pa.Array, language: str = "und") -> Any:
    """int64 per text: how many words it has; 0 for a null."""
    return np.diff(boundaries(texts, language).ends)


def sentence_boundaries(texts: pa.Array, language: str = "und") -> Boundaries:
    """Where every sentence of every text begins and stops: pieces of a line with at least one word.

    A sentence ends at a full stop of scripts that have one of their own (``。``, ``।``, ``።``), at a terminal mark
    before white space (closing marks may stand between), and with its line. What has no word belongs to the sentence
    behind it in the same line, or to none. ``language`` brings terminal marks that others do not have (Greek ``;``).
    """
    from ginbon.filters.kernel.classes import properties
    from ginbon.filters.kernel.passages import find_sentences
    from ginbon.languages.pack import load_pack

    held = _segment.buffers(texts)
    table = properties(terminals="" if language == "und" else load_pack(language).terminals)
    found = _words(held)
    ends, sentences = np.zeros(len(held) + 1, np.int64), np.empty((len(found.starts), 2), np.int64)
    find_sentences(held.data, held.offsets, table, found.ends, found.starts, found.stops, ends, sentences)
    return _boundaries(ends, sentences)


def sentences(text: str, language: str = "und") -> list[str]:
    """The sentences of one text, for people and tests."""
    return _pieces(text, lambda texts: sentence_boundaries(texts, language))


def line_boundaries(texts: pa.Array) -> Boundaries:
    """Where every line of every text begins and stops: between line feeds, without outer white space, not blank."""
    return _lines_and_paragraphs(texts)[0]


def lines(text: str) -> list[str]:
    """The lines of one text, for people and tests."""
    return _pieces(text, line_boundaries)


def paragraph_boundaries(texts: pa.Array) -> Boundaries:
    """Where every paragraph of every text begins and stops: a run of lines with no blank one between them."""
    return _lines_and_paragraphs(texts)[1]


def paragraphs(text: str) -> list[str]:
    """The paragraphs of one text, for people and tests."""
    return _pieces(text, paragraph_boundaries)


def grapheme_boundaries(texts: pa.Array) -> Boundaries:
    """Where every grapheme of every text begins and stops: what readers take for one character. They leave no gap."""
    from ginbon.filters.kernel.graphemes import find_graphemes, properties

    held = _segment.buffers(texts)
    ends, stops = np.zeros(len(held) + 1, np.int64), np.empty(len(held.data), np.int64)
    find_graphemes(held.data, held.offsets, properties(), ends, stops)
    stops = stops[: ends[-1]]
    starts = np.concatenate([np.zeros(1, np.int64), stops])[: len(stops)]
    starts[ends[:-1][np.diff(ends) > 0]] = 0
    return Boundaries(ends, starts, stops)


def graphemes(text: str) -> list[str]:
    """The graphemes of one text, for people and tests."""
    return _pieces(text, grapheme_boundaries)


def _words(held: Texts) -> Boundaries:
    hashed = _segment.find_words(held, spans=True)
    found = _spans(held, hashed)
    return _of_normal_forms(held, found, hashed.loose) if len(hashed.loose) else found


def _spans(held: Texts, found: _segment.Found) -> Boundaries:
    spans = found.spans[: 2 * int(found.word_ends[-1])].reshape(-1, 2)
    base = held.offsets[:-1].repeat(np.diff(found.word_ends))
    return Boundaries(found.word_ends, spans[:, 0] - base, spans[:, 1] - base)


def _of_normal_forms(held: Texts, found: Boundaries, loose: Any) -> Boundaries:
    """``found``, but for the rows ``loose`` the words of their normal form."""
    raws = [held.raw(int(row)).decode("utf-8", "replace") for row in loose]
    normal, edges = zip(*map(_normalised, raws), strict=True)
    forms = _segment.buffers(pa.array(normal, pa.large_string()))
    theirs = _spans(forms, _segment.find_words(forms, spans=True))
    rows = len(held)
    sizes, was, now = np.diff(found.ends), np.zeros(rows, bool), np.diff(theirs.ends)
    was[loose] = True
    stays = ~was.repeat(sizes)
    sizes[loose] = now
    ends = np.concatenate([np.zeros(1, np.int64), np.cumsum(sizes)])
    kept = ~was.repeat(sizes)
    starts, stops = np.empty((2, ends[-1]), np.int64)
    starts[kept], stops[kept] = found.starts[stays], found.stops[stays]
    pieces = [slice(a, b) for a, b in pairwise(theirs.ends.tolist())]
    for row, piece, (own, form) in zip(loose.tolist(), pieces, edges, strict=True):
        to = slice(ends[row], ends[row + 1])
        starts[to] = own[np.searchsorted(form, theirs.starts[piece], "right") - 1]
        stops[to] = own[np.searchsorted(form, theirs.stops[piece], "left")]
    return Boundaries(ends, starts, stops)


def _normalised(text: str) -> tuple[str, tuple[Any, Any]]:
    """A text's normal form; and where, in bytes of the text and of the form, what is normalised by itself begins."""
    from icu import Normalizer2

    nfc = Normalizer2.getNFCInstance()
    cuts = [at for at, char in enumerate(text) if at == 0 or nfc.hasBoundaryBefore(char)]
    pairs: list[tuple[str, str]] = []
    for first, last in pairwise([*cuts, len(text)]):
        pairs += _apart(text[first:last], nfc.normalize)
    own, form = (np.cumsum([0, *(len(pair[side].encode()) for pair in pairs)]) for side in (0, 1))
    return "".join(form for _, form in pairs), (own, form)


def _apart(piece: str, normalise: Callable[[str], str]) -> list[tuple[str, str]]:
    """A piece and its form, parted where its halves are normalised alone as they are together."""
    form = normalise(piece)
    for at in range(1, min(len(piece), _LONGEST_PIECE)):
        head, tail = normalise(piece[:at]), normalise(piece[at:])
        if head + tail == form:
            return [(piece[:at], head), *_apart(piece[at:], normalise)]
    return [(piece, form)]


def _lines_and_paragraphs(texts: pa.Array) -> tuple[Boundaries, Boundaries]:
    from ginbon.filters.kernel.classes import properties
    from ginbon.filters.kernel.passages import find_lines

    held = _segment.buffers(texts)
    room = len(held.data) // 2 + len(held)
    line_ends, paragraph_ends = np.zeros((2, len(held) + 1), np.int64)
    found, joined = np.empty((room, 2), np.int64), np.empty((room, 2), np.int64)
    find_lines(held.data, held.offsets, properties(), line_ends, found, paragraph_ends, joined)
    return _boundaries(line_ends, found), _boundaries(paragraph_ends, joined)


def _boundaries(ends: Any, spans: Any) -> Boundaries:
    """From first and last bytes, of which the array has room for more than there are."""
    return Boundaries(ends, spans[: ends[-1], 0].copy(), spans[: ends[-1], 1].copy())


def _pieces(text: str, find: Callable[[pa.Array], Boundaries]) -> list[str]:
    """What ``find`` finds in one text; a lone surrogate is a question mark."""
    encoded = text.encode("utf-8", "replace")
    found = find(pa.array([encoded.decode("utf-8")], pa.large_string()))
    return [encoded[a:b].decode("utf-8") for a, b in zip(found.starts.tolist(), found.stops.tolist(), strict=True)]
