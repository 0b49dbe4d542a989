"""SentencePiece models as an audit sees them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final

import numpy as np

from ginbon.tokenizers.audit.artefact import Artefact, Field
from ginbon.tokenizers.backends import model_proto
from ginbon.tokenizers.backends.sentencepiece import SPACE, SentencePieceTokenizer
from ginbon.tokenizers.protocol import Encoded, Flags, Int64s

_MODELS: Final = {1: "unigram", 2: "bpe", 3: "word", 4: "char"}
_FIELDS: Final = {
    1: "trainer_spec.input",
    2: "trainer_spec.model_prefix",
    5: "trainer_spec.accept_language",
    36: "trainer_spec.required_chars",
    54: "trainer_spec.seed_sentencepieces_file",
}
"""Fields of the trainer's settings that hold free text, by their numbers in ``sentencepiece_model.proto``."""

_PIECES, _TRAINER, _SELF_TEST = 1, 2, 4
_NO_PREFIX: Final = bytes([3 << 3, 0, 4 << 3, 0])
"""``add_dummy_prefix`` and ``remove_extra_whitespaces``, both false."""

_NO_CHARSMAP: Final = bytes([2 << 3 | 2, 0])


class SentencePieceArtefact(Artefact):
    """A SentencePiece model, also without its prefix space and without its normalisation."""

    def __init__(self, tokenizer: SentencePieceTokenizer) -> None:
        super().__init__(tokenizer)
        processor, data = tokenizer.processor, tokenizer.data
        ordinary = set(range(len(self.vocabulary.pieces))) - self.vocabulary.control - self.vocabulary.unknown
        self.fallback_bytes = frozenset(i for i in ordinary if processor.is_byte(i))
        self.scores = {i: float(processor.get_score(i)) for i in sorted(ordinary - self.fallback_bytes)}
        self.fields = tuple(_fields(data))
        self.model = _MODELS.get(_model_type(data), "unigram")
        self.loses_text = not self.fallback_bytes
        self._inside = _changed(data, _NO_PREFIX)
        self._model = _changed(data, _NO_CHARSMAP + _NO_PREFIX)

    def inside(self, texts: Sequence[str]) -> Encoded:
        """By the model with its prefix switched off."""
        return Encoded.of(self._inside.encode(list(texts), return_type="numpy"))

    def made(self, ids: Int64s) -> Flags | None:
        """By the model with normalisation switched off too; fallback bytes are made where nothing else is."""
        asked = [i for i in ids.tolist() if i not in self.fallback_bytes]
        pieces = [self.vocabulary.pieces[i].decode().replace(" ", SPACE) for i in asked]
        rows = self._model.encode(pieces) if pieces else []
        said = {i: row == [i] for i, row in zip(asked, rows, strict=True)}
        return np.fromiter((said.get(i, True) for i in ids.tolist()), np.bool_, len(ids))


def _changed(data: bytes, settings: bytes) -> Any:
    """The same model with some of its normaliser's settings changed: the last value of a field counts."""
    import sentencepiece

    return sentencepiece.SentencePieceProcessor(model_proto=data + bytes([3 << 3 | 2, len(settings)]) + settings)


def _model_type(data: bytes) -> int:
    spec = next((v for n, v in model_proto.fields(data) if n == _TRAINER), b"")
    assert isinstance(spec, bytes)
    kind = dict(model_proto.fields(spec)).get(3, 1)
    return kind if isinstance(kind, int) else 1


def _fields(data: bytes) -> Iterator[Field]:
    """Free texts in the file: the trainer's settings, and the samples of its self-test."""
    for number, value in model_proto.fields(data):
        if not isinstance(value, bytes) or number == _PIECES:
            continue
        if number == _TRAINER:
            for inner, said in model_proto.fields(value):
                if inner in _FIELDS and isinstance(said, bytes) and said:
                    yield Field(_FIELDS[inner], said.decode("utf-8", "replace"))
        elif number == _SELF_TEST:
            for _, sample in model_proto.fields(value):
                said = dict(model_proto.fields(sample)).get(1, b"") if isinstance(sample, bytes) else b""
                if isinstance(said, bytes) and said:
                    yield Field("self_test_data", said.decode("utf-8", "replace"))
