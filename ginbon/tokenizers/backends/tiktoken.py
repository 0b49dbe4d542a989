"""Rank files (``.tiktoken``) and Mistral's ``tekken.json``: byte-level BPE by rank, run by the library tiktoken."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable
from functools import cached_property
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from ginbon.errors import MissingExtraError, UserError
from ginbon.tokenizers.backends.base import BaseTokenizer, over_cores
from ginbon.tokenizers.patterns import split
from ginbon.tokenizers.protocol import Encoded, Int64s, PreTokens, TextColumn, Vocabulary
from ginbon.tokenizers.spelling import spell


class RankTokenizer(BaseTokenizer):
    """Byte-level BPE by rank. Without special tokens: text that spells one is ordinary text.

    An id is ``first_id`` + rank (tekken puts its special tokens first).
    """

    def __init__(
        self, name: str, sha256: str, ranks: dict[bytes, int], pattern: str, *, kind: str, first_id: int = 0
    ) -> None:
        super().__init__(name, sha256)
        try:
            import tiktoken
        except ImportError as error:
            raise MissingExtraError(f"Tokenizer {name}, a rank file,", "tiktoken", "tiktoken") from error
        self.kind = kind
        self.pattern = pattern
        self._ranks = ranks
        self._first_id = first_id
        try:
            self._encoding: Any = tiktoken.Encoding(name, pat_str=pattern, mergeable_ranks=ranks, special_tokens={})
        except ValueError as error:
            raise UserError(f"{name}: tiktoken refuses the split pattern or the ranks: {error}") from error

    def encode_batch(self, texts: TextColumn) -> Encoded:
        """Token ids of each text, without special tokens."""
        encoded = Encoded.of(over_cores(self._encode, texts.strings))
        return Encoded(encoded.offsets, encoded.ids + self._first_id) if self._first_id else encoded

    def count_batch(self, texts: TextColumn) -> Int64s:
        """Tokens of each text."""
        encode = self._encode
        return np.asarray(over_cores(lambda text: len(encode(text)), texts.strings), np.int64)

    def pre_tokens(self, texts: TextColumn) -> PreTokens:
        """Where the split pattern cuts."""
        return split(self.pattern, texts)

    @cached_property
    def _encode(self) -> Callable[[str], list[int]]:
        """The fastest call there is: lists of numbers come sooner than ``encode_to_numpy``'s buffers, which are
        looked through for special tokens. It lets other threads run."""
        encode: Callable[[str], list[int]] = self._encoding.encode_ordinary
        return encode

    @property
    def library(self) -> Any:
        """The library's encoding."""
        return self._encoding

    def gated(self, gate: str) -> RankTokenizer:
        """The same ranks behind a split pattern that tries ``gate`` first."""
        pattern = f"{gate}|{self.pattern}"
        return RankTokenizer(self.name, self.sha256, self._ranks, pattern, kind=self.kind, first_id=self._first_id)

    def decode_batch(self, encoded: Encoded) -> list[str]:
        """The texts that the ids stand for: its pieces, joined."""
        data = spell(self.vocabulary, encoded).tobytes()
        ends = np.append(0, np.cumsum(self.vocabulary.lengths[encoded.ids]))[encoded.offsets].tolist()
        return [data[a:b].decode("utf-8", "replace") for a, b in pairwise(ends)]

    def encode_piece(self, piece: bytes) -> list[int]:
        """Ids of bytes that are taken as one pre-token, whatever they are."""
        return [self._first_id + int(rank) for rank in self._encoding._encode_single_piece(piece)]

    @cached_property
    def vocabulary(self) -> Vocabulary:
        """Its ranks, and empty ids for the special tokens before them."""
        pieces = [b""] * (self._first_id + max(self._ranks.values(), default=-1) + 1)
        for piece, rank in self._ranks.items():
            pieces[self._first_id + rank] = piece
        control = frozenset(range(self._first_id))
        return Vocabulary(len(self._ranks) + self._first_id, tuple(pieces), control=control)


def read_ranks(data: bytes, path: Path | str) -> dict[bytes, int]:
    """The ranks in a ``.tiktoken`` file: a line for each token, base64, a space and the rank."""
    ranks: dict[bytes, int] = {}
    for number, line in enumerate(data.splitlines(), 1):
        if not line:
            continue
        try:
            piece, rank = line.split()
            ranks[base64.b64decode(piece, validate=True)] = int(rank)
        except (ValueError, binascii.Error) as error:
            raise UserError(
                f"{path}:{number}:1: expected a token in base64, a space and its rank, found {line[:60]!r} ({error})"
            ) from error
    if len(set(ranks.values())) != len(ranks):
        raise UserError(f"{path}: {len(ranks):,} tokens have {len(set(ranks.values())):,} different ranks")
    if missing := [b for b in range(256) if bytes([b]) not in ranks]:
        raise UserError(
            f"{path}: {len(missing)} of the 256 single bytes have no rank (the first is 0x{missing[0]:02X}), so some "
            "text cannot be encoded. The file was probably cut short; fetch it again."
        )
    return ranks


def read_tekken(data: bytes, path: Path | str) -> tuple[dict[bytes, int], str, int]:
    """Ranks, split pattern and number of special tokens of a ``tekken.json``.

    The file lists more tokens than the tokenizer has: ``default_vocab_size`` less the special tokens is the cut.
    """
    try:
        value = json.loads(data)
        config = value["config"]
        special = int(config["default_num_special_tokens"])
        size = int(config["default_vocab_size"]) - special
        ranks = {base64.b64decode(t["token_bytes"]): int(t["rank"]) for t in value["vocab"] if t["rank"] < size}
        return ranks, str(config["pattern"]), special
    except (KeyError, TypeError, ValueError) as error:
        raise UserError(f"{path}: this is no tekken.json of Mistral, or a damaged one ({error!r})") from error
