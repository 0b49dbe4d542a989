"""The tokenizer contract: one protocol for every kind of tokenizer, counted alike.

Texts are encoded as ordinary text, without special tokens: a beginning-of-text token on every line would pull every
premium towards one, and text that imitates a special token is text.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import chain
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from ginbon.corpus.texts import view

if TYPE_CHECKING:
    from ginbon.tokenizers.spelling import Spelling

Int64s = NDArray[np.int64]
Ids = NDArray[np.uint32]
Bytes = NDArray[np.uint8]
Flags = NDArray[np.bool_]


def lengths(rows: Sequence[Any]) -> Int64s:
    """How many items each row has."""
    return np.fromiter(map(len, rows), np.int64, len(rows))


class TextColumn:
    """Some texts, as Arrow column and as Python strings; whichever a tokenizer takes is made once.

    TextColumn are never null, and are valid Unicode.
    """

    def __init__(self, texts: Sequence[str] | pa.Array) -> None:
        column = pa.array(texts, pa.large_string()) if not isinstance(texts, pa.Array) else texts
        if column.null_count:
            raise ValueError(f"{column.null_count} of {len(column)} texts are null")
        self.column = column.cast(pa.large_string()) if column.type != pa.large_string() else column
        seen = view(self.column)
        first, last = (int(seen.offsets[0]), int(seen.offsets[-1])) if len(self.column) else (0, 0)
        self.offsets: Int64s = seen.offsets - first if len(self.column) else np.zeros(1, np.int64)
        """Where each text begins in ``data``, and where the last one ends; the first is 0."""
        self.data: Bytes = seen.data[first:last]
        """The UTF-8 bytes of all texts, one after another."""

    def __len__(self) -> int:
        return len(self.column)

    @cached_property
    def strings(self) -> list[str]:
        """The texts as Python strings."""
        strings: list[str] = self.column.to_pylist()
        return strings


@dataclass(frozen=True)
class Encoded:
    """Token ids of some texts: those of text ``i`` are ``ids[offsets[i]:offsets[i + 1]]``."""

    offsets: Int64s
    ids: Ids

    @property
    def counts(self) -> Int64s:
        """Tokens of each text."""
        return np.diff(self.offsets)

    def take(self, rows: Sequence[int]) -> Encoded:
        """Those of some of the texts."""
        return Encoded.of([self.ids[self.offsets[i] : self.offsets[i + 1]] for i in rows])

    @classmethod
    def of(cls, rows: Sequence[Any]) -> Encoded:
        """From one sequence of ids for each text: all of them lists, or all arrays."""
        offsets = np.zeros(len(rows) + 1, np.int64)
        np.cumsum(lengths(rows), out=offsets[1:])
        if rows and isinstance(rows[0], np.ndarray):
            return cls(offsets, np.concatenate(rows).astype(np.uint32))
        return cls(offsets, np.fromiter(chain.from_iterable(rows), np.uint32, int(offsets[-1])))


@dataclass(frozen=True)
class PreTokens:
    """The pieces that some texts are cut into before any vocabulary is looked at: no token spans two of them.

    ``texts`` are those that are cut: the tokenizer's ``normalise`` of what it was given. The pre-tokens of text ``i``
    begin at the bytes ``starts[offsets[i]:offsets[i + 1]]`` of ``texts.data``, ascending; each ends where the next one
    or its text does. Text that a pattern leaves out between matches belongs to the one before it.
    """

    texts: TextColumn
    offsets: Int64s
    starts: Int64s

    @property
    def counts(self) -> Int64s:
        """Pre-tokens of each text."""
        return np.diff(self.offsets)

    @property
    def stops(self) -> Int64s:
        """The byte of ``texts.data`` at which each pre-token ends."""
        # what begins next is the next pre-token of the same text, or of the next text that is not empty
        return np.append(self.starts[1:], len(self.texts.data)) if len(self.starts) else self.starts

    @classmethod
    def of_chars(cls, texts: TextColumn, counts: Int64s, chars: Int64s) -> PreTokens:
        """From the pre-tokens of each text and the character of its text at which each begins."""
        before = np.concatenate([np.zeros(1, np.int64), np.cumsum((texts.data & 0xC0) != 0x80)])
        row = np.repeat(np.arange(len(texts)), counts)
        first = np.flatnonzero((texts.data & 0xC0) != 0x80).astype(np.int64)
        offsets = np.concatenate([np.zeros(1, np.int64), np.cumsum(counts)])
        return cls(texts, offsets, first[before[texts.offsets[row]] + chars])


@dataclass(frozen=True)
class Vocabulary:
    """What each id stands for.

    ``pieces[id]`` are the bytes of text that the token adds when it is decoded inside a text (a leading space
    included); empty for control tokens, for the unknown token and for ids that stand for nothing. ``size`` counts the
    ids that text can be encoded to or that control a model: holes are left out.
    """

    size: int
    pieces: tuple[bytes, ...]
    unknown: frozenset[int] = frozenset()
    control: frozenset[int] = frozenset()

    @cached_property
    def lengths(self) -> Int64s:
        """Bytes of each piece."""
        return np.fromiter((len(p) for p in self.pieces), np.int64, len(self.pieces))

    @cached_property
    def starts(self) -> Int64s:
        """Where each piece begins in ``data``."""
        return np.concatenate([np.zeros(1, np.int64), np.cumsum(self.lengths)])[:-1]

    @cached_property
    def data(self) -> Bytes:
        """The bytes of all pieces, one after another."""
        return np.frombuffer(b"".join(self.pieces), np.uint8)

    @cached_property
    def unknown_flags(self) -> Flags:
        """For each id whether it is the unknown token."""
        flags = np.zeros(len(self.pieces), np.bool_)
        flags[sorted(self.unknown)] = True
        return flags

    @cached_property
    def fragment_flags(self) -> Flags:
        """For each id whether its bytes are no valid UTF-8 by themselves."""
        return np.fromiter((not _is_utf8(p) for p in self.pieces), np.bool_, len(self.pieces))

    @cached_property
    def lone_byte_flags(self) -> Flags:
        """For each id whether it is one byte of a character of several bytes."""
        return np.fromiter((len(p) == 1 and p[0] >= 0x80 for p in self.pieces), np.bool_, len(self.pieces))


def _is_utf8(piece: bytes) -> bool:
    try:
        piece.decode()
    except UnicodeDecodeError:
        return False
    return True


@dataclass(frozen=True)
class Oddity:
    """Something about a tokenizer that a reader of its figures must know: a stable ``code`` and a sentence."""

    code: str
    detail: str


class Tokenizer(Protocol):
    """Any tokenizer. Pure: the same texts give the same ids."""

    @property
    def name(self) -> str:
        """What tables call it."""
        ...

    @property
    def kind(self) -> str:
        """``sentencepiece``, ``huggingface``, ``tiktoken``, ``tekken``, ``bytes`` or ``chars``."""
        ...

    @property
    def sha256(self) -> str:
        """SHA-256 of the file (and of the split pattern where that is no part of it); of the kind for floors."""
        ...

    @property
    def vocabulary(self) -> Vocabulary:
        """Its tokens."""
        ...

    @property
    def oddities(self) -> tuple[Oddity, ...]:
        """What was detected by trying it on probes and reading its file."""
        ...

    def encode_batch(self, texts: TextColumn) -> Encoded:
        """Token ids of each text, without special tokens."""
        ...

    def count_batch(self, texts: TextColumn) -> Int64s:
        """Tokens of each text, without special tokens: what ``encode_batch`` counts, by the library's fastest call."""
        ...

    def normalise(self, texts: TextColumn) -> TextColumn:
        """What is encoded in place of each text, spaces written as spaces and without a prefix made up; most often
        the very texts."""
        ...

    def pre_tokens(self, texts: TextColumn) -> PreTokens | None:
        """Where each pre-token begins; None where the tokenizer has no pattern that cuts."""
        ...

    def decode_batch(self, encoded: Encoded) -> list[str]:
        """The texts that the ids stand for; bytes that are no valid UTF-8 become U+FFFD."""
        ...

    def starts(self, texts: TextColumn, encoded: Encoded, spelled: Spelling | None = None) -> Int64s:
        """The byte in ``texts.data`` at which each token begins, ascending within a text.

        A token that stands for nothing (a prefix space that the tokenizer made up) begins where the next one does.
        A text for which the tokenizer cannot tell has -1 for every token. ``spelled`` is what the tokens spell, where
        the caller knows that already.
        """
        ...
