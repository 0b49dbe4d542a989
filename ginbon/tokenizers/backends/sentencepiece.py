"""SentencePiece ``.model`` files."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import Any

from ginbon.errors import UserError
from ginbon.tokenizers.backends import model_proto
from ginbon.tokenizers.backends.base import CORES, BaseTokenizer, OwnStarts, printable
from ginbon.tokenizers.protocol import Encoded, Int64s, Oddity, TextColumn, Vocabulary, lengths

SPACE = "\N{LOWER ONE EIGHTH BLOCK}"
"""How SentencePiece writes a space inside a piece."""


class SentencePieceTokenizer(BaseTokenizer):
    """A SentencePiece model. A dummy prefix is counted where the model puts one; it is named as an oddity."""

    kind = "sentencepiece"

    def __init__(self, name: str, sha256: str, data: bytes, path: Path | str = "") -> None:
        super().__init__(name, sha256)
        import sentencepiece

        self._data = data
        try:
            self._processor: Any = sentencepiece.SentencePieceProcessor(model_proto=data)
            self._settings = model_proto.settings(data)
        except (RuntimeError, ValueError, IndexError) as error:
            raise UserError(
                f"{path or name}: this is no SentencePiece model, or a damaged one ({error}). "
                "Compare the file's size and SHA-256 with those of its origin."
            ) from error

    def encode_batch(self, texts: TextColumn) -> Encoded:
        """Token ids of each text, without special tokens."""
        return Encoded.of(self._encode(texts))

    def count_batch(self, texts: TextColumn) -> Int64s:
        """Tokens of each text."""
        return lengths(self._encode(texts))

    def _encode(self, texts: TextColumn) -> list[Any]:
        rows: list[Any] = self._processor.encode(
            texts.strings, return_type="numpy", add_bos=False, add_eos=False, num_threads=CORES
        )
        return rows

    def normalise(self, texts: TextColumn) -> TextColumn:
        """What its normaliser makes of each text."""
        normal: list[str] = self._processor.normalize(texts.strings)
        if self._settings.add_dummy_prefix:
            normal = [text.removeprefix(SPACE) for text in normal]
        return TextColumn([text.replace(SPACE, " ") for text in normal])

    def decode_batch(self, encoded: Encoded) -> list[str]:
        """The texts that the ids stand for."""
        rows = [encoded.ids[a:b].tolist() for a, b in zip(encoded.offsets[:-1], encoded.offsets[1:], strict=True)]
        texts: list[str] = self._processor.decode(rows) if rows else []
        return texts

    @property
    def data(self) -> bytes:
        """The model file."""
        return self._data

    @property
    def processor(self) -> Any:
        """The library's processor."""
        return self._processor

    @cached_property
    def vocabulary(self) -> Vocabulary:
        """Its pieces."""
        processor = self._processor
        size = processor.get_piece_size()
        pieces, unknown, control = [], set(), set()
        for i in range(size):
            if processor.is_unknown(i):
                unknown.add(i)
                pieces.append(b"")
            elif processor.is_control(i) or processor.is_unused(i):
                control.add(i)
                pieces.append(b"")
            elif processor.is_byte(i):
                pieces.append(bytes([int(processor.id_to_piece(i)[1:-1], 16)]))
            else:
                pieces.append(processor.id_to_piece(i).replace(SPACE, " ").encode())
        return Vocabulary(size, tuple(pieces), frozenset(unknown), frozenset(control))

    def _own_starts(self, texts: list[str]) -> list[OwnStarts | None]:
        rows = self._processor.encode(texts, return_type="offset_mapping", add_bos=False, add_eos=False)
        return [OwnStarts.of(text, row["ids"], row["offsets"]) for text, row in zip(texts, rows, strict=True)]

    def _file_oddities(self) -> list[Oddity]:
        found = []
        settings = self._settings
        if settings.add_dummy_prefix:
            found.append(
                Oddity(
                    "dummy-prefix", "puts a space before every text, so that a text's first word is as inside a line"
                )
            )
        if settings.normalizer != "identity":
            found.append(Oddity("normalises", f"text is normalised before it is cut ({settings.normalizer})"))
        if places := [p for p in settings.paths if "/" in p or "\\" in p]:
            found.append(
                Oddity("embeds-path", f"the file holds a path of the machine it was made on: {printable(places[0])}")
            )
        if not settings.byte_fallback:
            found.append(
                Oddity(
                    "no-byte-fallback",
                    "characters outside its vocabulary become one unknown token, which looks thrifty",
                )
            )
        return found
