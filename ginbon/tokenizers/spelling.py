"""What tokens spell beside the text that they were made from, and so where each of them begins."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from ginbon.tokenizers.protocol import Bytes, Encoded, Flags, Int64s, TextColumn, Vocabulary


@dataclass(frozen=True)
class Spelling:
    """The pieces of all tokens of some texts, one after another.

    Token ``i`` spells ``data[ends[i]:ends[i + 1]]``, text ``i`` is spelled as ``data[offsets[i]:offsets[i + 1]]``.
    ``same`` are the texts that their tokens spell exactly, ``prefixed`` those that they spell with a space before.
    """

    data: Bytes
    ends: Int64s
    offsets: Int64s
    same: Flags
    prefixed: Flags

    @cached_property
    def told(self) -> Flags:
        """The texts in which the lengths of the pieces tell where tokens begin."""
        return self.same | self.prefixed

    def starts(self, texts: TextColumn, encoded: Encoded) -> Int64s:
        """The byte in ``texts.data`` at which each token begins; -1 throughout a text that the pieces do not spell."""
        counts = encoded.counts
        shift = texts.offsets[:-1] - self.offsets[:-1]
        starts: Int64s = self.ends[:-1] + np.repeat(shift - self.prefixed, counts)
        if self.prefixed.any():
            np.maximum(starts, np.repeat(texts.offsets[:-1], counts), out=starts)
        if not self.told.all():
            starts[np.repeat(~self.told, counts)] = -1
        return starts


def spelling(vocabulary: Vocabulary, encoded: Encoded, texts: TextColumn) -> Spelling:
    """What the tokens of these texts spell; all texts are compared at once where all are spelled exactly."""
    lengths = vocabulary.lengths[encoded.ids]
    ends = np.zeros(len(lengths) + 1, np.int64)
    np.cumsum(lengths, out=ends[1:])
    data, offsets = spell(vocabulary, encoded), ends[encoded.offsets]
    if len(data) == len(texts.data) and np.array_equal(offsets, texts.offsets) and np.array_equal(data, texts.data):
        return Spelling(data, ends, offsets, np.ones(len(texts), np.bool_), np.zeros(len(texts), np.bool_))
    said, given = data.tobytes(), texts.data.tobytes()
    same, prefixed = np.zeros((2, len(texts)), np.bool_)
    pairs = zip(
        offsets.tolist(), offsets[1:].tolist(), texts.offsets.tolist(), texts.offsets[1:].tolist(), strict=False
    )
    for i, (a, b, c, d) in enumerate(pairs):
        if b - a == d - c:
            same[i] = said[a:b] == given[c:d]
        elif b - a == d - c + 1:
            prefixed[i] = said[a : a + 1] == b" " and said[a + 1 : b] == given[c:d]
    return Spelling(data, ends, offsets, same, prefixed)


def spell(vocabulary: Vocabulary, encoded: Encoded) -> Bytes:
    """The pieces of all tokens, one after another."""
    lengths = vocabulary.lengths[encoded.ids]
    if not lengths.sum():
        return np.zeros(0, np.uint8)
    ends = np.cumsum(lengths)
    place = np.repeat(vocabulary.starts[encoded.ids] - (ends - lengths), lengths)
    place += np.arange(len(place))
    data: Bytes = vocabulary.data[place]
    return data
