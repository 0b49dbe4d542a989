"""SentencePiece models written from pieces and scores: the file that its own trainer would have written for them.

``trainer_spec`` has ``model_type``, ``vocab_size``, ``character_coverage``, ``input_sentence_size`` 0, ``num_threads``
1, ``max_sentence_length`` 2**30, ``shuffle_input_sentence`` off, ``split_digits``, ``allow_whitespace_only_pieces``,
``control_symbols``, ``hard_vocab_limit`` off and ``byte_fallback``; ``normalizer_spec`` has ``name`` identity, no
``precompiled_charsmap``, ``add_dummy_prefix`` and ``remove_extra_whitespaces`` off. All others are the format's
defaults: ``<unk>``, ``<s>`` and ``</s>`` are 0, 1 and 2, spaces are escaped, and no path stands in ``input`` or
``model_prefix``. They are what ``ginbon.tokenizers.training`` gives the library's trainer, so both encode alike.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, Literal

import numpy as np
from numpy.typing import NDArray

from ginbon.errors import UserError
from ginbon.tokenizers.backends.model_proto import message, real, whole
from ginbon.tokenizers.backends.sentencepiece import SPACE

ModelType = Literal["unigram", "bpe"]

RESERVED: Final = ("<unk>", "<s>", "</s>")
"""The pieces 0, 1 and 2 of every model."""

BYTE_PIECES: Final = tuple(f"<0x{byte:02X}>" for byte in range(256))
"""Pieces that stand for single bytes; they come behind the special tokens."""

_MODEL_TYPES: Final = {"unigram": 1, "bpe": 2}
_NORMAL, _UNKNOWN, _CONTROL, _BYTE = 1, 2, 3, 6


def pieces_in(vocabulary: int, special_tokens: Sequence[str] = ()) -> int:
    """How many pieces a vocabulary has beside the reserved ones, the special tokens and the 256 bytes; ``UserError``
    where there is no room for one."""
    needed = len(RESERVED) + len(special_tokens) + len(BYTE_PIECES)
    if vocabulary <= needed:
        raise UserError(
            f"a vocabulary of {vocabulary:,}; expected {needed + 1:,} or more: the bytes, "
            f"{len(RESERVED) + len(special_tokens):,} special tokens and a piece"
        )
    return vocabulary - needed


def sentencepiece_model(
    pieces: Sequence[str],
    scores: Sequence[float] | NDArray[Any],
    *,
    model_type: ModelType,
    special_tokens: Sequence[str] = (),
    byte_fallback: bool = True,
    character_coverage: float = 0.9999,
) -> bytes:
    """The bytes of a ``.model`` file.

    ``pieces`` are texts with their spaces as spaces (written as U+2581), in the order of their ids, which begin
    behind ``<unk>``, ``<s>``, ``</s>``, the special tokens (control symbols: no text becomes them) and the 256 bytes.
    Scores are rounded to 32 bits: logarithms of probabilities for unigram; for BPE the piece with the highest is
    joined first, so ``-rank``. ``character_coverage`` is told and has no effect here. Raises ``UserError`` for a piece
    or special token that is empty, comes twice or is reserved.
    """
    texts = [piece.replace(" ", SPACE) for piece in pieces]
    reserved = (*RESERVED, *special_tokens, *(BYTE_PIECES if byte_fallback else ()))
    _check(reserved, texts)
    rows = [message(1, _piece(text, 0.0, _CONTROL if i else _UNKNOWN)) for i, text in enumerate(reserved)]
    if byte_fallback:
        rows[-len(BYTE_PIECES) :] = [message(1, _piece(text, 0.0, _BYTE)) for text in BYTE_PIECES]
    rounded = np.asarray(scores, np.float32).tolist()
    rows += [message(1, _piece(text, score, _NORMAL)) for text, score in zip(texts, rounded, strict=True)]
    trainer = [
        whole(3, _MODEL_TYPES[model_type]),
        whole(4, len(rows)),
        real(10, character_coverage),
        whole(11, 0),  # input_sentence_size: all
        whole(16, 1),  # num_threads
        whole(18, 2**30),  # max_sentence_length
        whole(19, 0),  # shuffle_input_sentence
        whole(25, 1),  # split_digits
        whole(26, 1),  # allow_whitespace_only_pieces
        *(message(30, token.encode()) for token in special_tokens),
        whole(33, 0),  # hard_vocab_limit
        *([whole(35, 1)] if byte_fallback else ()),
    ]
    normalizer = message(1, b"identity") + message(2, b"") + whole(3, 0) + whole(4, 0)
    return b"".join(rows) + message(2, b"".join(trainer)) + message(3, normalizer)


def _piece(text: str, score: float, kind: int) -> bytes:
    """Text, score and type; the type of normal pieces is not written."""
    return message(1, text.encode()) + real(2, score) + (whole(3, kind) if kind != _NORMAL else b"")


def _check(reserved: Sequence[str], texts: Sequence[str]) -> None:
    """Raise ``UserError`` for what the library would refuse to load."""
    seen: set[str] = set()
    for text in (*reserved, *texts):
        if not text or text in seen:
            raise UserError(f"piece or special token {text!r}: expected one that is not empty and comes once")
        seen.add(text)
