"""What is counted for each document when a tokenizer meets a text; every metric is a fraction of these counts."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ginbon.tokenizers.metrics.changes import KINDS, changes
from ginbon.tokenizers.metrics.text_units import BLANK, TextUnits, per_text
from ginbon.tokenizers.metrics.types_used import Drawn, Used
from ginbon.tokenizers.protocol import Encoded, Flags, Int64s, TextColumn, Tokenizer, Vocabulary
from ginbon.tokenizers.spelling import Spelling, spelling
from ginbon.tokenizers.units import UNITS, unit_of, weights

COLUMNS: Final = {
    "documents": "1 for each document",
    "bytes": "bytes of UTF-8",
    "chars": "code points",
    "graphemes": "graphemes (extended grapheme clusters of UAX #29, Unicode 16)",
    "words": "words (UAX #29; dictionaries for Thai, Lao, Khmer, Burmese, Chinese and Japanese)",
    "tokens": "tokens, without special tokens",
    "unknown": "unknown tokens",
    "lone_bytes": "tokens that are one byte of a character of several bytes",
    "fragments": "tokens whose bytes are no valid UTF-8 by themselves",
    "placed_words": "words of documents in which it is known where tokens begin",
    "cut_words": "of those, words inside which a token begins",
    "whole_words": "of those, words that are a token of their own (with what is no word around it), not an unknown one",
    "boundaries": "places between two tokens of a document in which it is known where tokens begin",
    "char_cuts": "of those, places inside a code point",
    "grapheme_cuts": "of those, places inside a grapheme",
    "solid_bytes": "bytes that are not space, tab or line end",
    "lost_bytes": "of those, how many the tokens do not spell",
    "exact": "1 where decoding gives the very text",
    "pre_tokens": "pieces that the split pattern cuts the text into; absent for tokenizers without one",
    "changed": "1 where what is encoded is not the very text (a space made up before it aside)",
    "changed_chars": "code points of the text that normalisation changes or drops, or that it adds",
    **{f"{kind}_chars": f"of those, {what}" for kind, what in KINDS.items()},
}
"""Counts of a document."""


@dataclass(frozen=True)
class Measures:
    """Counts of some documents in one language under one tokenizer.

    ``used`` says how often each token occurs in each document; ``vocabulary`` is how many ids there are. ``seed`` gives
    the bootstrap its draws: the same for every tokenizer, so that they can be compared in pairs. ``block`` is how many
    neighbours are drawn together, more than 1 where documents are lines that follow one another.
    """

    columns: Mapping[str, Int64s]
    used: Used
    vocabulary: int
    seed: int = 1
    block: int = 1

    @property
    def documents(self) -> int:
        """How many documents."""
        return len(self.columns["documents"])

    def total(self, column: str) -> int:
        """The sum of a count over all documents."""
        return int(self.columns[column].sum())

    @cached_property
    def weights(self) -> NDArray[np.float64]:
        """How often each unit of documents is drawn in each replicate."""
        return weights(min(self.documents, UNITS), self.seed, self.block)

    @cached_property
    def _drawn(self) -> dict[str, NDArray[np.float64]]:
        """The sum of every count in each replicate: one product of matrices, exact in any order of adding."""
        unit = unit_of(np.arange(self.documents))
        summed = np.zeros((min(self.documents, UNITS), len(self.columns)))
        for place, counts in enumerate(self.columns.values()):
            summed[:, place] = np.bincount(unit, weights=counts, minlength=len(summed))
        return dict(zip(self.columns, np.ascontiguousarray((self.weights @ summed).T), strict=True))

    def replicates(self, column: str) -> NDArray[np.float64]:
        """The sum of a count in each replicate."""
        return self._drawn[column]

    @cached_property
    def drawn_types(self) -> Drawn:
        """What tokens are in each replicate."""
        return self.used.drawn(self.documents, self.seed, self.block)

    def grouped(self, groups: Int64s, number: int, kept: Flags) -> Measures:
        """The counts of the kept documents, added up: document ``i`` belongs to group ``groups[i]`` of ``number``."""
        columns = {
            name: np.bincount(groups[kept], weights=counts[kept], minlength=number).astype(np.int64)
            for name, counts in self.columns.items()
        }
        return Measures(columns, self.used.grouped(groups, kept), self.vocabulary, self.seed)


def measure(tokenizer: Tokenizer, texts: TextColumn, language: str = "und", *, seed: int = 1) -> Measures:
    """Count one batch of documents in one language."""
    return measure_units(tokenizer, TextUnits.of(texts, language), seed=seed)


def measure_units(tokenizer: Tokenizer, units: TextUnits, *, seed: int = 1) -> Measures:
    """The same where several tokenizers meet a text: its units are found once."""
    texts = units.texts
    encoded = tokenizer.encode_batch(texts)
    vocabulary = tokenizer.vocabulary
    spelled = spelling(vocabulary, encoded, texts)
    starts = tokenizer.starts(texts, encoded, spelled)
    columns = {
        **units.columns,
        **_tokens(vocabulary, encoded),
        **_places(vocabulary, encoded, starts, units),
        "lost_bytes": _lost(spelled, units),
        "exact": _exact(tokenizer, encoded, spelled, units),
    }
    pre_tokens = tokenizer.pre_tokens(texts)
    if pre_tokens is not None:
        columns["pre_tokens"] = pre_tokens.counts
    columns |= changes(texts, tokenizer.normalise(texts))
    ordered = {name: columns[name] for name in COLUMNS if name in columns}
    return Measures(ordered, Used.of(encoded), vocabulary.size, seed)


def join(parts: Iterable[Measures]) -> Measures:
    """The measures of several batches, as one; at least one is needed."""
    held = list(parts)
    columns = {name: np.concatenate([p.columns[name] for p in held]) for name in held[0].columns}
    return Measures(
        columns, Used.join([p.used for p in held], [p.documents for p in held]), held[0].vocabulary, held[0].seed
    )


def _tokens(vocabulary: Vocabulary, encoded: Encoded) -> dict[str, Int64s]:
    """What kind of tokens there are in each text."""
    flags = {
        "unknown": vocabulary.unknown_flags,
        "lone_bytes": vocabulary.lone_byte_flags,
        "fragments": vocabulary.fragment_flags,
    }
    return {
        "tokens": encoded.counts,
        **{name: per_text(of_id[encoded.ids], encoded.offsets) for name, of_id in flags.items()},
    }


def _places(vocabulary: Vocabulary, encoded: Encoded, starts: Int64s, units: TextUnits) -> dict[str, Int64s]:
    """What lies between tokens and what inside them, in the texts in which it is known where tokens begin."""
    texts, counts = units.texts, encoded.counts
    row = np.repeat(np.arange(len(texts)), counts)
    known = np.ones(len(texts), np.bool_)
    known[row] = starts >= 0  # alike for all tokens of a text
    told = known[row]
    row, starts, ids = row[told], starts[told], encoded.ids[told]
    cut, whole = _words(starts, vocabulary.unknown_flags[ids], units)
    placed = known[units.row]
    inner = starts > texts.offsets[row]  # what begins where its text does has nothing before it
    places = starts[inner]
    # two tokens at one place: the library gives the place of the character that both are part of
    in_char = ~units.char_begins[places] | (np.diff(starts, prepend=-1)[inner] == 0)
    in_grapheme = in_char | ~units.grapheme_begins[places]
    tallied = {
        "placed_words": units.row[placed],
        "cut_words": units.row[placed & cut],
        "whole_words": units.row[placed & whole],
        "boundaries": row[inner],
        "char_cuts": row[inner][in_char],
        "grapheme_cuts": row[inner][in_grapheme],
    }
    return {name: np.bincount(rows, minlength=len(texts)) for name, rows in tallied.items()}


def _words(starts: Int64s, unknown: Flags, units: TextUnits) -> tuple[Flags, Flags]:
    """For each word whether a token begins inside it, and whether it is the only word of a token that is known.

    ``starts`` ascend over all texts, without those of which nothing is known.
    """
    begins, ends, row = units.begins, units.ends, units.row
    if not len(starts):
        return np.zeros(len(row), np.bool_), np.zeros(len(row), np.bool_)
    token = np.searchsorted(starts, begins, "right") - 1
    begun = np.append(starts, np.iinfo(np.int64).max)
    cut = begun[token + 1] < ends
    there = (token >= 0) & (starts[token] >= units.texts.offsets[row])
    alone_before = np.append(0, ends[:-1]) <= starts[token]
    alone_after = np.append(begins[1:], np.iinfo(np.int64).max) >= np.minimum(
        begun[token + 1], units.texts.offsets[row + 1]
    )
    return cut, ~cut & there & alone_before & alone_after & ~unknown[token]


def _lost(spelled: Spelling, units: TextUnits) -> Int64s:
    """Bytes of each text, blanks aside, that no token spells. What is written composed (NFC) is not lost."""
    if spelled.told.all():
        return np.zeros(len(units), np.int64)
    said = per_text(~BLANK[spelled.data], spelled.offsets)
    lost: Int64s = np.where(spelled.told, 0, np.maximum(units.columns["solid_bytes"] - said, 0))
    for i in np.flatnonzero(lost).tolist():
        composed = np.frombuffer(unicodedata.normalize("NFC", units.texts.strings[i]).encode(), np.uint8)
        lost[i] = min(lost[i], max(np.count_nonzero(~BLANK[composed]) - said[i], 0))
    return lost


def _exact(tokenizer: Tokenizer, encoded: Encoded, spelled: Spelling, units: TextUnits) -> Int64s:
    """1 for each text that comes back: what its tokens do not spell exactly is decoded."""
    exact = spelled.same.astype(np.int64)
    others = np.flatnonzero(~spelled.same).tolist()
    if others:
        decoded = tokenizer.decode_batch(encoded.take(others))
        exact[others] = [units.texts.strings[i] == text for i, text in zip(others, decoded, strict=True)]
    return exact
