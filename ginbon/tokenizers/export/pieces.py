"""SentencePiece models: the file without what its trainer left in it, and as Hugging Face's ``tokenizer.json``.

Only what the library of the one does as the library of the other is converted; the proof on texts comes after.
"""

from __future__ import annotations

import json
import struct
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from ginbon.errors import UserError
from ginbon.tokenizers.backends import model_proto
from ginbon.tokenizers.backends.sentencepiece import SPACE, SentencePieceTokenizer
from ginbon.tokenizers.export.pairs import split_pairs
from ginbon.tokenizers.export.source import AddedToken

_PIECE, _TRAINER, _NORMALIZER, _SELF_TEST = 1, 2, 3, 4
_PRIVATE: Final = frozenset({1, 2, 54})
"""Fields of the trainer's settings that hold paths: input, model_prefix, seed_sentencepieces_file."""

_MODELS: Final = {1: "Unigram", 2: "BPE"}
_NORMAL, _UNKNOWN, _CONTROL, _USER_DEFINED, _UNUSED, _BYTE = 1, 2, 3, 4, 5, 6

NEVER: Final = -1e6
"""Score of byte and control pieces in a unigram model's tokenizer.json."""


def without_private(data: bytes) -> bytes:
    """The same model without the paths of the machine it was made on, and without its self-test's samples.

    Byte for byte the same where there is nothing of the kind.
    """
    kept = []
    for number, value, raw in model_proto.spans(data):
        if number == _SELF_TEST:
            continue
        if number == _TRAINER and isinstance(value, bytes):
            inner = b"".join(part for field, _, part in model_proto.spans(value) if field not in _PRIVATE)
            raw = model_proto.message(_TRAINER, inner) if inner != value else raw  # noqa: PLW2901
        kept.append(raw)
    return b"".join(kept)


@dataclass(frozen=True)
class Model:
    """What a model file says: its pieces with scores and types, and the settings that change what it does."""

    kind: str
    texts: tuple[str, ...]
    scores: tuple[float, ...]
    types: tuple[int, ...]
    unknown: int
    dummy_prefix: bool
    squeezes: bool

    @classmethod
    def read(cls, tokenizer: SentencePieceTokenizer) -> Model:
        """From a loaded model; raises ``UserError`` naming the setting that a tokenizer.json cannot hold."""
        trainer: dict[int, Any] = {}
        normalizer: dict[int, Any] = {}
        denormalizes = False
        for number, value in model_proto.fields(tokenizer.data):
            if number == _TRAINER and isinstance(value, bytes):
                trainer |= dict(model_proto.fields(value))
            elif number == _NORMALIZER and isinstance(value, bytes):
                normalizer |= dict(model_proto.fields(value))
            elif number == 5 and isinstance(value, bytes):  # denormalizer_spec
                denormalizes = bool(dict(model_proto.fields(value)).get(2))
        kind = _MODELS.get(trainer.get(3, 1))
        for holds, what in (
            (kind is None, "it is a model of words or characters"),
            (not trainer.get(35), "it has no byte fallback: characters without a piece are lost"),
            (bool(trainer.get(24)), "it writes spaces behind words (treat_whitespace_as_suffix)"),
            (not normalizer.get(5, 1), "it does not escape spaces (escape_whitespaces)"),
            (
                bool(normalizer.get(2)),
                "it normalises by a table, which Hugging Face's library applies grapheme by grapheme (marks differ)",
            ),
            (denormalizes, "it changes text when it decodes (denormalizer_spec)"),
        ):
            if holds:
                raise UserError(f"{tokenizer.name}: {what}; a tokenizer.json that does the same is not known")
        pieces = [_piece(v) for n, v in model_proto.fields(tokenizer.data) if n == _PIECE and isinstance(v, bytes)]
        texts, scores, types = zip(*pieces, strict=True)
        return cls(
            kind=str(kind),
            texts=texts,
            scores=scores,
            types=types,
            unknown=tokenizer.processor.unk_id(),
            dummy_prefix=bool(normalizer.get(3, 1)),
            squeezes=bool(normalizer.get(4, 1)),
        )


def tokenizer_json(model: Model, *, name: str) -> bytes:
    """The file; raises ``UserError`` where pieces are unused or user-defined behind a made-up space."""
    if _UNUSED in model.types:
        raise UserError(f"{name}: it has unused pieces, which a tokenizer.json would use")
    if _USER_DEFINED in model.types and model.dummy_prefix:
        raise UserError(
            f"{name}: it has user-defined pieces and puts a space before a text: Hugging Face's library puts one "
            "behind every such piece too"
        )
    file = {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": [
            _added(i, text, kind) for i, (text, kind) in enumerate(zip(model.texts, model.types, strict=True))
            if kind in (_UNKNOWN, _CONTROL, _USER_DEFINED)
        ],
        "normalizer": {"type": "Sequence", "normalizers": _normalizers(model)},
        "pre_tokenizer": None,
        "post_processor": None,
        "decoder": {"type": "Sequence", "decoders": _decoders(model)},
        "model": _bpe(model) if model.kind == "BPE" else _unigram(model),
    }  # fmt: skip
    return json.dumps(file, ensure_ascii=False, separators=(",", ":")).encode()


def added(tokenizer: SentencePieceTokenizer) -> list[AddedToken]:
    """Its control and unknown pieces, which are never found in text, and its user-defined ones, which are."""
    found = [_piece(v) for n, v in model_proto.fields(tokenizer.data) if n == _PIECE and isinstance(v, bytes)]
    kinds = (_CONTROL, _UNKNOWN, _USER_DEFINED)
    return [AddedToken(t, i, special=kind != _USER_DEFINED) for i, (t, _, kind) in enumerate(found) if kind in kinds]


def _piece(data: bytes) -> tuple[str, float, int]:
    """Text, score and type of one piece."""
    said: dict[int, Any] = dict(model_proto.fields(data))
    score = struct.unpack("<f", said[2])[0] if 2 in said else 0.0
    return said.get(1, b"").decode(), score, said.get(3, _NORMAL)


def _normalizers(model: Model) -> list[dict[str, Any]]:
    steps: list[dict[str, Any]] = []
    if model.squeezes:
        steps.append({"type": "Replace", "pattern": {"Regex": "^ +| +$"}, "content": ""})
        steps.append({"type": "Replace", "pattern": {"Regex": " {2,}"}, "content": " "})
    if model.dummy_prefix:
        steps.append({"type": "Prepend", "prepend": SPACE})
    return [*steps, {"type": "Replace", "pattern": {"String": " "}, "content": SPACE}]


def _decoders(model: Model) -> list[dict[str, Any]]:
    steps: list[dict[str, Any]] = [
        {"type": "Replace", "pattern": {"String": SPACE}, "content": " "},
        {"type": "ByteFallback"},
        {"type": "Fuse"},
    ]
    return [*steps, {"type": "Strip", "content": " ", "start": 1, "stop": 0}] if model.dummy_prefix else steps


def _added(i: int, text: str, kind: int) -> dict[str, Any]:
    flags = {"single_word": False, "lstrip": False, "rstrip": False, "normalized": False}
    return {"id": i, "content": text, **flags, "special": kind != _USER_DEFINED}


def _unigram(model: Model) -> dict[str, Any]:
    """Byte and control pieces get a score that no text is ever cut for: this library would take them for the texts
    "<0x41>" and "</s>" too.

    That moves the score of the unknown token, which it takes from the lowest one; how many unknown characters there are
    does not depend on it where every character of any piece is a piece.
    """
    normal = {text for text, kind in zip(model.texts, model.types, strict=True) if kind == _NORMAL}
    others = {text for text, kind in zip(model.texts, model.types, strict=True) if kind in (_BYTE, _CONTROL, _UNKNOWN)}
    if alone := sorted({char for text in normal | others for char in text} - normal):
        raise UserError(
            f"{alone[0]!r} stands in longer pieces only (perhaps in <s> or <0x41>): a tokenizer.json would take such "
            "text for one token"
        )
    meant = (_NORMAL, _USER_DEFINED)
    scores = (s if kind in meant else NEVER for s, kind in zip(model.scores, model.types, strict=True))
    return {
        "type": "Unigram",
        "unk_id": model.unknown,
        "vocab": [list(pair) for pair in zip(model.texts, scores, strict=True)],
        "byte_fallback": True,
    }


def _bpe(model: Model) -> dict[str, Any]:
    """Two neighbours are joined where they spell a piece, the one with the highest score first: as pairs, in order."""
    normal = [i for i, kind in enumerate(model.types) if kind == _NORMAL]
    order = sorted(normal, key=lambda i: -model.scores[i])
    pairs = split_pairs([model.texts[i].encode() for i in order])
    texts = np.array([model.texts[i] for i in order], object)
    return {
        "type": "BPE",
        "dropout": None,
        "unk_token": model.texts[model.unknown],
        "continuing_subword_prefix": None,
        "end_of_word_suffix": None,
        "fuse_unk": True,
        "byte_fallback": True,
        "ignore_merges": False,
        "vocab": {text: i for i, text in enumerate(model.texts)},
        "merges": [list(pair) for pair in zip(texts[pairs[:, 0]], texts[pairs[:, 1]], strict=True)],
    }
