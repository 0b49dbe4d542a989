"""What an audit asks of a tokenizer beyond the protocol: its model alone, its added tokens, scores and file fields."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from ginbon.tokenizers.backends.base import BaseTokenizer
from ginbon.tokenizers.backends.huggingface import HuggingFaceTokenizer
from ginbon.tokenizers.backends.sentencepiece import SentencePieceTokenizer
from ginbon.tokenizers.backends.tiktoken import RankTokenizer
from ginbon.tokenizers.protocol import Encoded, Flags, Int64s, TextColumn, Tokenizer, Vocabulary


@dataclass(frozen=True)
class Added:
    """A token that is looked for in text before the model sees it."""

    id: int
    text: str
    special: bool
    single_word: bool
    model_id: int | None
    """The id of the same text in the model's vocabulary, if it is there."""


@dataclass(frozen=True)
class Field:
    """A text in the tokenizer's file that is no token: where it stands, and what it says."""

    place: str
    text: str


class Artefact:
    """A tokenizer as an audit sees it. This one knows the protocol alone: what else there may be is not there."""

    model = "floor"
    """``bpe``, ``unigram``, ``wordpiece``, ``wordlevel``, ``ranks``, ``floor``."""

    def __init__(self, tokenizer: Tokenizer) -> None:
        self.tokenizer = tokenizer
        self.vocabulary: Vocabulary = tokenizer.vocabulary
        self.fallback_bytes: frozenset[int] = frozenset()
        """Ids that stand for one byte each, for characters without a token."""
        self.loses_text = bool(self.vocabulary.unknown)
        """Whether characters outside the vocabulary become an unknown token."""
        self.byte_level = False
        self.unwritable: frozenset[int] = frozenset()
        """Of a byte-level model: tokens that are not written in its byte alphabet."""
        self.added: tuple[Added, ...] = ()
        self.shared: dict[int, tuple[str, ...]] = {}
        """Ids that more than one token has."""
        self.looks_up_whole = False
        """Whether a whole pre-token is looked up before merges are tried."""
        self.merges: int | None = None
        self.empty_merges: tuple[str, ...] = ()
        self.scores: dict[int, float] = {}
        """Of ordinary pieces, by id; empty where there are none."""
        self.fields: tuple[Field, ...] = ()

    def inside(self, texts: Sequence[str]) -> Encoded:
        """Tokens of each text as they are inside a longer one: no prefix space is put before it."""
        return self.tokenizer.encode_batch(TextColumn(texts))

    def made(self, ids: Int64s) -> Flags | None:
        """For each id whether the model, given its piece without normalisation or split pattern, makes it of it.

        None where that cannot be told.
        """
        return np.ones(len(ids), np.bool_)


class RankArtefact(Artefact):
    """A rank file."""

    model = "ranks"

    def __init__(self, tokenizer: RankTokenizer) -> None:
        super().__init__(tokenizer)
        self.byte_level = True
        self.looks_up_whole = True
        self._encode = tokenizer.encode_piece

    def made(self, ids: Int64s) -> Flags | None:
        """Whole pieces are looked up before merges are tried; with a byte behind that never merges, they are not."""
        pieces = self.vocabulary.pieces
        longer = b"".join(p for p in pieces if len(p) > 1)
        fence = next((bytes([b]) for b in _NEVER_IN_UTF8 if b not in longer), None)
        if fence is None:
            return None
        return np.fromiter((len(self._encode(pieces[i] + fence)) == 2 for i in ids.tolist()), np.bool_, len(ids))


_NEVER_IN_UTF8: Final = (0xFF, 0xFE, 0xFD, 0xFC, 0xFB, 0xFA, 0xF9, 0xF8, 0xF7, 0xF6, 0xF5, 0xC1, 0xC0)


def open_artefact(tokenizer: Tokenizer) -> Artefact:
    """A tokenizer as an audit sees it."""
    if isinstance(tokenizer, RankTokenizer):
        return RankArtefact(tokenizer)
    if isinstance(tokenizer, HuggingFaceTokenizer):
        from ginbon.tokenizers.audit.huggingface import HuggingFaceArtefact

        return HuggingFaceArtefact(tokenizer)
    if isinstance(tokenizer, SentencePieceTokenizer):
        from ginbon.tokenizers.audit.sentencepiece import SentencePieceArtefact

        return SentencePieceArtefact(tokenizer)
    assert isinstance(tokenizer, BaseTokenizer)
    return Artefact(tokenizer)
