"""What of a text no tokenizer changes: its words, graphemes, characters and bytes, found once and used for all."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np

from ginbon.filters import words
from ginbon.tokenizers.protocol import Flags, Int64s, TextColumn

BLANK: Final = np.isin(np.arange(256), [0x09, 0x0A, 0x0D, 0x20])
"""For each byte whether it is a space, a tab or a line end."""


@dataclass(frozen=True)
class TextUnits:
    """Some documents in one language, and the units that figures are given per.

    Word ``i`` is in document ``row[i]`` and has the bytes ``begins[i]`` to ``ends[i]`` of ``texts.data``. Words and
    graphemes are those of ``ginbon.filters.words``. ``columns`` are counts of each document.
    """

    texts: TextColumn
    language: str
    row: Int64s
    begins: Int64s
    ends: Int64s
    char_begins: Flags
    grapheme_begins: Flags
    columns: Mapping[str, Int64s]

    def __len__(self) -> int:
        return len(self.texts)

    @classmethod
    def of(cls, texts: TextColumn, language: str = "und") -> TextUnits:
        """Find the units of some documents."""
        found = words.boundaries(texts.column, language)
        word_counts = _counts(found)
        row = np.repeat(np.arange(len(texts)), word_counts)
        clusters = words.grapheme_boundaries(texts.column)
        cluster_counts = _counts(clusters)
        grapheme_begins = np.zeros(len(texts.data), np.bool_)
        grapheme_begins[clusters.starts + np.repeat(texts.offsets[:-1], cluster_counts)] = True
        char_begins = (texts.data & 0xC0) != 0x80
        columns = {
            "documents": np.ones(len(texts), np.int64),
            "bytes": np.diff(texts.offsets),
            "chars": per_text(char_begins, texts.offsets),
            "graphemes": cluster_counts,
            "words": word_counts,
            "solid_bytes": per_text(~BLANK[texts.data], texts.offsets),
        }
        begins, ends = found.starts + texts.offsets[row], found.stops + texts.offsets[row]
        return cls(texts, language, row, begins, ends, char_begins, grapheme_begins, columns)


def _counts(found: words.Boundaries) -> Int64s:
    ends: Int64s = np.asarray(found.ends, np.int64)
    return ends[1:] - ends[:-1]


def per_text(flags: Flags, offsets: Int64s) -> Int64s:
    """How many flags are set in each text."""
    before = np.zeros(len(flags) + 1, np.int64)
    np.cumsum(flags, out=before[1:])
    counts: Int64s = np.diff(before[offsets])
    return counts
