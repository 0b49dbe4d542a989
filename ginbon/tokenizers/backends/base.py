"""What the tokenizers of every kind share: where tokens begin in the text, and what they do to probes."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from functools import cached_property
from typing import Final

import numpy as np

from ginbon.tokenizers.protocol import Bytes, Encoded, Int64s, Oddity, PreTokens, TextColumn, Vocabulary

PROBES: Final = (
    ("strips-spaces", " a", "a space at the beginning of a text is lost"),
    ("strips-spaces", "a ", "a space at the end of a text is lost"),
    ("squeezes-spaces", "a  b", "runs of spaces are squeezed into one"),
    ("changes-line-ends", "a\nb", "line ends are lost or changed"),
    ("changes-line-ends", "a\r\nb", "carriage returns are lost or changed"),
    ("changes-tabs", "a\tb", "tabs are lost or changed"),
    ("changes-case", "Ab", "upper case is folded"),
    ("composes", "e\N{COMBINING ACUTE ACCENT}", "decomposed characters are composed (NFC)"),
    ("composes", "\N{DEVANAGARI LETTER QA}", "composed Devanagari letters are decomposed"),
    (
        "folds-compatibility",
        "\N{FULLWIDTH LATIN CAPITAL LETTER A}\N{LATIN SMALL LIGATURE FI}",
        "compatibility characters are folded (NFKC)",
    ),
    ("strips-accents", "\N{LATIN SMALL LETTER E WITH ACUTE}", "accents are lost"),
    (
        "loses-zwnj",
        "\N{ARABIC LETTER MEEM}\N{ZERO WIDTH NON-JOINER}\N{ARABIC LETTER YEH}",
        "U+200C (zero width non-joiner) is lost or changed",
    ),
    (
        "loses-zwj",
        "\N{DEVANAGARI LETTER KA}\N{DEVANAGARI SIGN VIRAMA}\N{ZERO WIDTH JOINER}",
        "U+200D (zero width joiner) is lost or changed",
    ),
    (
        "loses-zwsp",
        "\N{KHMER LETTER KA}\N{ZERO WIDTH SPACE}\N{KHMER LETTER KA}",
        "U+200B (zero width space) is lost or changed",
    ),
    (
        "changes-lower-one-eighth-block",
        "a\N{LOWER ONE EIGHTH BLOCK}b",
        "U+2581 is the tokenizer's own mark for a space and comes back as one",
    ),
)
"""TextColumn that a lossless tokenizer gives back, with what is wrong with one that does not."""


class BaseTokenizer(ABC):
    """A tokenizer over a vocabulary of pieces."""

    kind: str

    def __init__(self, name: str, sha256: str) -> None:
        self.name = name
        self.sha256 = sha256

    @abstractmethod
    def encode_batch(self, texts: TextColumn) -> Encoded:
        """Token ids of each text, without special tokens."""

    @abstractmethod
    def decode_batch(self, encoded: Encoded) -> list[str]:
        """The texts that the ids stand for."""

    @property
    @abstractmethod
    def vocabulary(self) -> Vocabulary:
        """Its tokens."""

    def count_batch(self, texts: TextColumn) -> Int64s:
        """Tokens of each text."""
        return self.encode_batch(texts).counts

    def normalise(self, texts: TextColumn) -> TextColumn:
        """What is encoded in place of each text."""
        return texts

    def pre_tokens(self, texts: TextColumn) -> PreTokens | None:
        """Where each pre-token begins; None where no pattern cuts."""
        return None

    def encode(self, text: str) -> list[int]:
        """Token ids of one text."""
        return [int(i) for i in self.encode_batch(TextColumn([text])).ids]

    def decode(self, ids: Sequence[int]) -> str:
        """The text that the ids stand for."""
        return self.decode_batch(Encoded.of([list(ids)]))[0]

    def starts(self, texts: TextColumn, encoded: Encoded) -> Int64s:
        """The byte in ``texts.data`` at which each token begins; -1 throughout a text where that cannot be told.

        Where a text's pieces, one after another, are the text (a prefix space aside), their lengths tell. Texts that
        normalisation or an unknown token changed are asked of the library one by one.
        """
        vocabulary = self.vocabulary
        lengths = vocabulary.lengths[encoded.ids]
        ends = np.concatenate([np.zeros(1, np.int64), np.cumsum(lengths)])
        spelled = spell(vocabulary, encoded).tobytes()
        whole = texts.data.tobytes()
        starts = ends[:-1].copy()
        for i in range(len(texts)):
            first, last = int(encoded.offsets[i]), int(encoded.offsets[i + 1])
            begin, end = int(texts.offsets[i]), int(texts.offsets[i + 1])
            said, text = spelled[int(ends[first]) : int(ends[last])], whole[begin:end]
            if said == text:
                starts[first:last] += begin - int(ends[first])
            elif said[:1] == b" " and said[1:] == text:
                starts[first:last] = np.maximum(starts[first:last] + begin - int(ends[first]) - 1, begin)
            else:
                own = self._own_starts(texts.strings[i], encoded.ids[first:last].tolist())
                starts[first:last] = -1 if own is None else begin + own
        return starts

    def _own_starts(self, text: str, ids: list[int]) -> Int64s | None:
        """Byte in ``text`` at which each token begins, as the library tells it; None where it does not."""
        return None

    @cached_property
    def oddities(self) -> tuple[Oddity, ...]:
        """What was detected by trying the tokenizer on probes and reading its file."""
        return (*self._file_oddities(), *self._probe_oddities())

    def _file_oddities(self) -> list[Oddity]:
        return []

    def _probe_oddities(self) -> list[Oddity]:
        """A probe that is not given back tells what is lost; where its characters are unknown, that alone is said."""
        probes = TextColumn([text for _, text, _ in PROBES])
        encoded = self.encode_batch(probes)
        unknown = self.vocabulary.unknown_flags
        found: dict[str, list[str]] = {}
        for i, (code, text, detail) in enumerate(PROBES):
            ids = encoded.ids[encoded.offsets[i] : encoded.offsets[i + 1]]
            if unknown[ids].any():
                found.setdefault("has-unknown", []).append("text outside its vocabulary becomes an unknown token")
            elif self.decode(ids.tolist()) != text:
                found.setdefault(code, []).append(detail)
        return [Oddity(code, "; ".join(dict.fromkeys(details))) for code, details in sorted(found.items())]


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


def byte_starts(text: str, characters: Sequence[int]) -> Int64s:
    """Bytes of UTF-8 before each of these character positions of a text."""
    sizes = np.fromiter(
        (1 if c < "\x80" else 2 if c < "\u0800" else 3 if c < "\U00010000" else 4 for c in text), np.int64, len(text)
    )
    before = np.concatenate([np.zeros(1, np.int64), np.cumsum(sizes)])
    return before[np.asarray(characters, np.int64)] if len(characters) else np.zeros(0, np.int64)


def printable(text: str) -> str:
    """A stranger's text for a message: control characters escaped, at most 200 characters."""
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text[:200])
