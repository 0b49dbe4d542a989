"""Models written from pieces and scores."""

from __future__ import annotations

import io
from typing import Any

import pytest
import sentencepiece

from ginbon.errors import UserError
from ginbon.tokenizers.backends import model_proto
from ginbon.tokenizers.export.pieces import without_private
from ginbon.tokenizers.export.sentencepiece_model import sentencepiece_model
from ginbon.tokenizers.extension.sentence_pieces import NORMAL, read_pieces

LINES = ["the cat sat on the mat", "กินข้าวแล้ว", "नमस्ते दुनिया 2024", "日本語のテキスト", "سلام می‌کنم"] * 20


def trained(kind: str, special: list[str], **options: Any) -> bytes:
    """By the library's trainer, with the settings of our own."""
    model = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(LINES), model_writer=model, model_type=kind, vocab_size=420, hard_vocab_limit=False,
        character_coverage=0.9999, byte_fallback=True, normalization_rule_name="identity",
        remove_extra_whitespaces=False, add_dummy_prefix=False, allow_whitespace_only_pieces=True, split_digits=True,
        control_symbols=special, max_sentence_length=2**30, input_sentence_size=0, shuffle_input_sentence=False,
        num_threads=1, minloglevel=2, **options,
    )  # fmt: skip
    return model.getvalue()


@pytest.mark.parametrize("kind", ["unigram", "bpe"])
@pytest.mark.parametrize("special", [[], ["<pad>", "<|user|>"]])
def test_pieces_of_a_trained_model_give_its_file_again(kind: Any, special: list[str]) -> None:
    """Byte for byte what SentencePiece writes."""
    data = without_private(trained(kind, special))
    pieces = [piece for piece in read_pieces(data) if piece.type == NORMAL]
    written = sentencepiece_model(
        [piece.text for piece in pieces],
        [piece.score for piece in pieces],
        model_type=kind,
        special_tokens=special,
    )
    assert written == data


def test_spaces_are_escaped_and_text_comes_back() -> None:
    """With bytes for what has no piece."""
    data = sentencepiece_model([" a", "a", "b", " "], [-1, -2, -3, -4], model_type="unigram", special_tokens=["<x>"])
    model = sentencepiece.SentencePieceProcessor(model_proto=data)
    for text in ("a b", "  ab\n", "ไทย <x> </s>", ""):
        assert model.decode(model.encode(text)) == text
    assert model.encode_as_pieces("a a") == ["a", "\N{LOWER ONE EIGHTH BLOCK}a"]


def test_without_byte_fallback_there_are_no_byte_pieces() -> None:
    """And the settings say so."""
    data = sentencepiece_model(["a"], [-1.0], model_type="bpe", byte_fallback=False)
    assert [piece.text for piece in read_pieces(data)] == ["<unk>", "<s>", "</s>", "a"]
    assert not model_proto.settings(data).byte_fallback


@pytest.mark.parametrize(
    "pieces", [["a", "a"], [""], ["<s>"], ["<0x41>"], ["<x>"], [" ", "\N{LOWER ONE EIGHTH BLOCK}"]]
)
def test_what_the_library_would_not_load_is_refused(pieces: list[str]) -> None:
    """Twice the same, reserved, or nothing."""
    with pytest.raises(UserError, match="comes once"):
        sentencepiece_model(pieces, [-1.0] * len(pieces), model_type="unigram", special_tokens=["<x>"])
