"""Rank files (``.tiktoken``) and Mistral's ``tekken.json``: byte-level BPE by rank, run by the library tiktoken."""

from __future__ import annotations

import base64
import binascii
import json
import unicodedata
from collections.abc import Callable
from dataclasses import replace
from functools import cached_property
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from ginbon.errors import MissingExtraError, UserError
from ginbon.tokenizers.backends.base import BaseTokenizer, over_cores
from ginbon.tokenizers.backends.rank_settings import RankSettings
from ginbon.tokenizers.limits import MAX_IDS
from ginbon.tokenizers.protocol import Encoded, Int64s, PreTokens, TextColumn, Vocabulary
from ginbon.tokenizers.spelling import spell
from ginbon.tokenizers.splitting import split_as_read


class RankTokenizer(BaseTokenizer):
    """Byte-level BPE by rank. Without special tokens: text that spells one is ordinary text.

    The numbers of ``ranks`` are ids, unless the settings give each rank its own.
    """

    def __init__(
        self, name: str, sha256: str, ranks: dict[bytes, int], settings: RankSettings, *, kind: str = "tiktoken"
    ) -> None:
        super().__init__(name, sha256)
        try:
            import tiktoken
        except ImportError as error:
            raise MissingExtraError(f"Tokenizer {name}, a rank file,", "tiktoken", "tiktoken") from error
        self.kind = kind
        self.settings = settings
        self._ranks = ranks
        numbers = settings.in_text
        if settings.ids is not None:
            numbers = {text: len(settings.ids) + n for n, text in enumerate(settings.in_text)}
            self._id_of = np.array([*settings.ids, *settings.in_text.values()], np.uint32)
        try:
            self._encoding: Any = tiktoken.Encoding(
                name, pat_str=settings.pattern, mergeable_ranks=ranks, special_tokens=dict(numbers)
            )
        except ValueError as error:
            raise UserError(f"{name}: tiktoken refuses the split pattern or the ranks: {error}") from error

    @property
    def pattern(self) -> str:
        """Its split pattern."""
        return self.settings.pattern

    @property
    def ranks(self) -> dict[bytes, int]:
        """The numbers of its pieces as tiktoken has them."""
        return self._ranks

    def encode_batch(self, texts: TextColumn) -> Encoded:
        """Token ids of each text, without special tokens."""
        encoded = Encoded.of(over_cores(self._encode, self.normalise(texts).strings))
        return encoded if self.settings.ids is None else Encoded(encoded.offsets, self._id_of[encoded.ids])

    def normalise(self, texts: TextColumn) -> TextColumn:
        """Each text in the normal form that the settings name, if they name one."""
        form: Any = self.settings.normalisation
        return TextColumn([unicodedata.normalize(form, text) for text in texts.strings]) if form else texts

    def count_batch(self, texts: TextColumn) -> Int64s:
        """Tokens of each text."""
        encode = self._encode
        return np.asarray(over_cores(lambda text: len(encode(text)), self.normalise(texts).strings), np.int64)

    def pre_tokens(self, texts: TextColumn) -> PreTokens:
        """Where the split pattern cuts."""
        return split_as_read(self.normalise(texts), self.pattern)

    @cached_property
    def _encode(self) -> Callable[[str], list[int]]:
        """The fastest call there is: lists of numbers come sooner than ``encode_to_numpy``'s buffers, which are
        looked through for special tokens. It lets other threads run."""
        encoding, found = self._encoding, set(self.settings.in_text)
        if found:
            return lambda text: list(encoding.encode(text, allowed_special=found, disallowed_special=()))
        encode: Callable[[str], list[int]] = encoding.encode_ordinary
        return encode

    @property
    def library(self) -> Any:
        """The library's encoding."""
        return self._encoding

    def gated(self, gate: str) -> RankTokenizer:
        """The same ranks behind a split pattern that tries ``gate`` first."""
        settings = replace(self.settings, pattern=f"{gate}|{self.pattern}")
        other = RankTokenizer(self.name, self.sha256, self._ranks, settings, kind=self.kind)
        other.vocabulary = self.vocabulary
        return other

    def decode_batch(self, encoded: Encoded) -> list[str]:
        """The texts that the ids stand for: its pieces, joined."""
        data = spell(self.vocabulary, encoded).tobytes()
        ends = np.append(0, np.cumsum(self.vocabulary.lengths[encoded.ids]))[encoded.offsets].tolist()
        return [data[a:b].decode("utf-8", "replace") for a, b in pairwise(ends)]

    def encode_piece(self, piece: bytes) -> list[int]:
        """Ids of bytes that are taken as one pre-token, whatever they are."""
        numbers: list[int] = self._encoding._encode_single_piece(piece)
        return numbers if self.settings.ids is None else [int(self._id_of[n]) for n in numbers]

    @cached_property
    def vocabulary(self) -> Vocabulary:
        """Its ranks, the tokens that are cut out of text, and empty ids for special ones."""
        ids = self.settings.ids
        spelled = {i if ids is None else ids[i]: piece for piece, i in self._ranks.items()}
        spelled |= {i: text.encode() for text, i in self.settings.in_text.items()}
        control = frozenset(self.settings.special.values())
        pieces = [b""] * (max([*spelled, *control], default=-1) + 1)
        for i, piece in spelled.items():
            pieces[i] = piece
        return Vocabulary(len(spelled) + len(control), tuple(pieces), control=control)


def read_ranks(data: bytes, path: Path | str) -> dict[bytes, int]:
    """The ranks in a ``.tiktoken`` file: a line for each token, base64, a space and the rank."""
    ranks: dict[bytes, int] = {}
    lines = 0
    for number, line in enumerate(data.splitlines(), 1):
        if not line:
            continue
        try:
            piece, rank = line.split()
            lines += 1
            ranks[base64.b64decode(piece, validate=True)] = int(rank)
        except (ValueError, binascii.Error) as error:
            raise UserError(
                f"{path}:{number}:1: expected a token in base64, a space and its rank, found {line[:60]!r} ({error})"
            ) from error
    if ranks and not 0 <= min(ranks.values()) <= max(ranks.values()) < MAX_IDS:
        raise UserError(
            f"{path}: ranks go from {min(ranks.values()):,} to {max(ranks.values()):,}; they must be below {MAX_IDS:,}"
        )
    if len(ranks) != lines or len(set(ranks.values())) != lines:
        raise UserError(
            f"{path}: {lines:,} lines have {len(ranks):,} different tokens and {len(set(ranks.values())):,} different "
            "ranks; each line must have its own"
        )
    if missing := [b for b in range(256) if bytes([b]) not in ranks]:
        raise UserError(
            f"{path}: {len(missing)} of the 256 single bytes have no rank (the first is 0x{missing[0]:02X}), so some "
            "text cannot be encoded. The file was probably cut short; fetch it again."
        )
    return ranks


def read_tekken(data: bytes, path: Path | str) -> tuple[dict[bytes, int], RankSettings]:
    """Ids and settings of a ``tekken.json``: ids are ranks behind the special tokens.

    The file lists more tokens than the tokenizer has: ``default_vocab_size`` less the special tokens is the cut.
    Special tokens that it does not name (files before 2024-11) get a made-up name.
    """
    try:
        value = json.loads(data)
        config = value["config"]
        special = int(config["default_num_special_tokens"])
        size = int(config["default_vocab_size"])
        if not 0 <= special <= size <= MAX_IDS:
            raise ValueError(f"{special:,} special tokens of {size:,}")
        named = {int(t["rank"]): str(t["token_str"]) for t in value.get("special_tokens") or ()}
        listed = [(base64.b64decode(t["token_bytes"]), special + int(t["rank"])) for t in value["vocab"]]
        ids = {piece: i for piece, i in listed if special <= i < size}
        texts = {named.get(i, f"<|special_{i}|>"): i for i in range(special)}
        return ids, RankSettings(str(config["pattern"]), special=texts, size=size)
    except (KeyError, TypeError, ValueError, AttributeError, RecursionError) as error:
        raise UserError(f"{path}: this is no tekken.json of Mistral, or a damaged one ({error!r})") from error
