"""Extended SentencePiece BPE models: the partner's file with pieces behind it, none of which comes before an own one.

SentencePiece joins two neighbours whose concatenation is a piece, the piece with the highest score first. New pieces
have scores below all of the base's, so that a text is first cut as the base cuts it, and then only joined further:
never longer, whatever the text. (The usual recipe gives new pieces the score 0, before all others.) Scores are the
next smaller 32-bit floats in turn: some models have pieces at -1e9, where floats stand 64 apart and offsets of 1 tie.

A model file is a protocol buffer, where a repeated field may be continued behind everything else: the extended file
begins with the base's, byte for byte.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np

from ginbon.errors import UserError
from ginbon.tokenizers.backends import model_proto
from ginbon.tokenizers.bpe import Types
from ginbon.tokenizers.extension.tokens import Joins, NewToken, NewTokens, learn_tokens, reaches
from ginbon.tokenizers.guards import Guard
from ginbon.tokenizers.protocol import Int64s, Vocabulary

SPACE: Final = "\N{LOWER ONE EIGHTH BLOCK}"
BPE: Final = 2
NORMAL: Final = 1
"""Numbers of ``trainer_spec.model_type`` and of a piece's type in the format."""


@dataclass(frozen=True)
class Piece:
    """A piece as the file has it."""

    text: str
    score: float
    type: int


def read_pieces(data: bytes) -> list[Piece]:
    """The pieces of a model file, by id."""
    found = []
    for number, value in model_proto.fields(data):
        if number == 1 and isinstance(value, bytes):
            said: dict[int, Any] = dict(model_proto.fields(value))
            score = struct.unpack("<f", said[2])[0] if 2 in said else 0.0
            found.append(Piece(said.get(1, b"").decode(), score, said.get(3, NORMAL)))
    return found


def model_type(data: bytes) -> int:
    """``trainer_spec.model_type``; unigram (1) where the file does not say."""
    kind: int | bytes = 1
    for number, value in model_proto.fields(data):
        if number == 2 and isinstance(value, bytes):
            kind = dict(model_proto.fields(value)).get(3, kind)
    return int(kind) if isinstance(kind, int) else 1


def require_bpe(data: bytes, path: Path | str) -> None:
    """Raise ``UserError`` where a model is not BPE: in a unigram model pieces compete by probability over a whole
    sentence, so that no score keeps a new one from changing what others become."""
    if model_type(data) != BPE:
        raise UserError(
            f"{path}: this is a SentencePiece unigram model. Its pieces compete by probability, so new ones change the "
            "tokens of other text whatever their scores, and nothing could be promised about the result. Extend a BPE "
            "model, or train a tokenizer of your own (ginbon tokenizers train)"
        )


def learn_pieces(
    types: Types, most: int, guard: Guard, vocabulary: Vocabulary, data: bytes, *, min_count: int = 2
) -> NewTokens:
    """At most ``most`` new pieces: first the script's characters that the base spells in bytes, then merges.

    ``types`` are words as the base cuts them into its pieces and bytes.
    """
    spelled = _Spelled.of(types, vocabulary)
    first = len(vocabulary.pieces)
    singles = spelled.missing(guard, min_count)[:most]
    known = [*vocabulary.pieces, *spelled.characters]

    def reached(pieces: Any) -> list[bool]:
        rank = _ranks(data, [*(c for c, _ in singles), *pieces])
        return [reaches(_characters(piece), rank) for piece in pieces]

    learned = learn_tokens(
        spelled.types,
        most - len(singles),
        guard,
        base=known,
        first_id=len(known),
        min_count=min_count,
        reached=reached,
    )
    return _numbered(learned, singles, spelled.characters, vocabulary, guard, first)


def _numbered(
    learned: NewTokens,
    singles: list[tuple[bytes, int]],
    characters: list[bytes],
    vocabulary: Vocabulary,
    guard: Guard,
    first: int,
) -> NewTokens:
    """Characters and merges with the ids that they have in the file; -1 stands for a character that is no piece."""
    byte_id = {
        piece: i for i, piece in enumerate(vocabulary.pieces) if len(piece) == 1 and vocabulary.lone_byte_flags[i]
    }
    number = {piece: first + n for n, (piece, _) in enumerate(singles)}
    parts = {piece: tuple(byte_id[piece[n : n + 1]] for n in range(len(piece))) for piece in characters}
    tokens = [
        NewToken(number[piece], piece, (-1, -1), parts[piece], count * (len(piece) - 1), guard.lock(piece))
        for piece, count in singles
    ]

    def known(i: int) -> int:
        if i < len(vocabulary.pieces):
            return i
        if i < learned.first_id:
            return number.get(characters[i - len(vocabulary.pieces)], -1)
        return first + len(singles) + i - learned.first_id

    def old(i: int) -> tuple[int, ...]:
        return (i,) if i < len(vocabulary.pieces) else parts[characters[i - len(vocabulary.pieces)]]

    for n, token in enumerate(learned.tokens):
        pair = (known(token.pair[0]), known(token.pair[1]))
        whole = tuple(i for part in token.parts for i in old(part))
        tokens.append(NewToken(first + len(singles) + n, token.piece, pair, whole, token.gain, token.lock))
    return NewTokens(first, tuple(tokens), learned.start_tokens)


@dataclass(frozen=True)
class _Spelled:
    """Types whose characters in bytes are tokens of their own, behind the vocabulary, and these characters."""

    types: Types
    characters: list[bytes]
    counts: Int64s

    @classmethod
    def of(cls, types: Types, vocabulary: Vocabulary) -> _Spelled:
        value = np.full(len(vocabulary.pieces), -1, np.int64)
        lone = np.flatnonzero(vocabulary.lone_byte_flags)
        value[lone] = [vocabulary.pieces[i][0] for i in lone.tolist()]
        byte = np.append(value[types.ids], [-1, -1, -1])
        lead = np.flatnonzero(byte >= 0xC2)
        size = np.select([byte[lead] < 0xE0, byte[lead] < 0xF0], [2, 3], 4)
        point = byte[lead] & (0x7F >> size)
        for n in (1, 2, 3):
            point = np.where(size > n, point << 6 | byte[lead + n] & 0x3F, point)
        distinct, which = np.unique(point, return_inverse=True)
        ids = types.ids.copy()
        ids[lead] = len(vocabulary.pieces) + which
        kept = (byte[:-3] & 0xC0) != 0x80
        kept |= byte[:-3] < 0
        before = np.concatenate([np.zeros(1, np.int64), np.cumsum(kept)])
        owner = np.repeat(types.counts, types.sizes)
        counts = np.bincount(which, weights=owner[lead].astype(np.float64), minlength=len(distinct)).astype(np.int64)
        own = Types(before[types.offsets], ids[kept], types.counts)
        return cls(own, [chr(c).encode() for c in distinct.tolist()], counts)

    def missing(self, guard: Guard, min_count: int) -> list[tuple[bytes, int]]:
        """The script's characters that have no piece and occur often enough, the most frequent first."""
        rows = zip(self.characters, self.counts.tolist(), strict=True)
        found = [(c, n) for c, n in rows if n >= min_count and guard.points[ord(c.decode())]]
        return sorted(found, key=lambda row: (-row[1], row[0]))


def _characters(piece: bytes) -> Iterator[bytes]:
    return (char.encode() for char in piece.decode())


def _ranks(data: bytes, added: list[bytes]) -> Joins:
    """How the finished model joins: by score, and new pieces in their order behind all others."""
    own = sorted((p for p in read_pieces(data) if p.type == NORMAL), key=lambda p: -p.score)
    rank = {p.text.replace(SPACE, " ").encode(): n for n, p in enumerate(own)}
    rank |= {piece: len(own) + n for n, piece in enumerate(added)}
    return lambda left, right: rank.get(left + right)


def model(data: bytes, new: NewTokens) -> bytes:
    """The base's file and the new pieces behind it, with the size that the trainer's settings tell."""
    score = np.float32(min(p.score for p in read_pieces(data) if p.type == NORMAL))
    added = []
    for spelled in new.pieces:
        score = np.nextafter(score, np.float32(-np.inf))
        text = spelled.decode().replace(" ", SPACE).encode()
        piece = model_proto.message(1, text) + b"\x15" + struct.pack("<f", score) + b"\x18\x01"
        added.append(model_proto.message(1, piece))
    size = model_proto.message(2, b"\x20" + _varint(new.first_id + len(new)))
    return data + b"".join(added) + size


def _varint(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)
