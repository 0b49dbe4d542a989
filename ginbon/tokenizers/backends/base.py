"""What the tokenizers of every kind share: where tokens begin in the text, and what they do to probes."""

from __future__ import annotations

import os
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from itertools import chain
from typing import Final, TypeVar

import numpy as np

from ginbon.tokenizers.backends.probes import probed
from ginbon.tokenizers.protocol import Encoded, Ids, Int64s, Oddity, PreTokens, TextColumn, Vocabulary
from ginbon.tokenizers.spelling import Spelling, spelling

CORES: Final = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
"""Threads that encode."""

_THREADED_CHARS: Final = 50_000
"""Less text is encoded before threads have started."""

Row = TypeVar("Row")


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

    def starts(self, texts: TextColumn, encoded: Encoded, spelled: Spelling | None = None) -> Int64s:
        """The byte in ``texts.data`` at which each token begins; -1 throughout a text where that cannot be told.

        Where a text's pieces, one after another, are the text (a prefix space aside), their lengths tell. Texts that
        normalisation or an unknown token changed are asked of the library.
        """
        spelled = spelled or spelling(self.vocabulary, encoded, texts)
        starts = spelled.starts(texts, encoded)
        others = np.flatnonzero(~spelled.told & (encoded.counts > 0)).tolist()
        if not others:
            return starts
        for row, own in zip(others, self._own_starts([texts.strings[i] for i in others]), strict=True):
            first, last = int(encoded.offsets[row]), int(encoded.offsets[row + 1])
            if own is not None and np.array_equal(own.ids, encoded.ids[first:last]):
                starts[first:last] = texts.offsets[row] + own.starts
        return starts

    def _own_starts(self, texts: list[str]) -> list[OwnStarts | None]:
        """What the library tells of the places of each text's tokens; None where it does not."""
        return [None] * len(texts)

    @cached_property
    def oddities(self) -> tuple[Oddity, ...]:
        """What was detected by trying the tokenizer on probes and reading its file."""
        return (*self._file_oddities(), *probed(self))

    def _file_oddities(self) -> list[Oddity]:
        return []


def over_cores(encode: Callable[[str], Row], texts: Sequence[str]) -> list[Row]:
    """What ``encode`` makes of each text, where it lets other threads run meanwhile: as many runs of texts as cores.

    A run is as long as another in texts, not in bytes; a thread for each text would cost more than it brings.
    """
    threads = CORES if sum(map(len, texts)) > _THREADED_CHARS else 1
    if threads == 1:
        return list(map(encode, texts))
    parts = [texts[len(texts) * i // (2 * threads) : len(texts) * (i + 1) // (2 * threads)] for i in range(2 * threads)]
    with ThreadPoolExecutor(threads) as pool:
        return list(chain.from_iterable(pool.map(lambda part: list(map(encode, part)), parts)))


@dataclass(frozen=True)
class OwnStarts:
    """A text's tokens and the byte at which each begins, as a library tells them."""

    ids: Ids
    starts: Int64s

    @classmethod
    def of(cls, text: str, ids: Sequence[int], spans: Sequence[tuple[int, int]]) -> OwnStarts:
        """From the characters at which tokens begin and end."""
        return cls(np.asarray(ids, np.uint32), byte_starts(text, [begin for begin, _ in spans]))


def byte_starts(text: str, characters: Sequence[int]) -> Int64s:
    """Bytes of UTF-8 before each of these character positions of a text."""
    points = np.frombuffer(text.encode("utf-32-le"), np.uint32)
    before = np.zeros(len(points) + 1, np.int64)
    np.cumsum(1 + (points >= 0x80) + (points >= 0x800) + (points >= 0x10000), out=before[1:])
    return before[np.asarray(characters, np.int64)]


def printable(text: str) -> str:
    """A stranger's text for a message: control characters escaped, at most 200 characters."""
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text[:200])
