"""The two floors that every tokenizer is measured against: a token for each byte, a token for each character."""

from __future__ import annotations

from functools import cached_property

import numpy as np
import pyarrow.compute as pc

from ginbon.tokenizers.backends.base import BaseTokenizer
from ginbon.tokenizers.protocol import Encoded, Int64s, TextColumn, Vocabulary
from ginbon.tokenizers.spelling import Spelling


class BytesTokenizer(BaseTokenizer):
    """A token for each byte of UTF-8."""

    kind = "bytes"

    def __init__(self, name: str = "bytes") -> None:
        super().__init__(name, "bytes")

    def encode_batch(self, texts: TextColumn) -> Encoded:
        """The bytes."""
        return Encoded(texts.offsets, texts.data.astype(np.uint32))

    def decode_batch(self, encoded: Encoded) -> list[str]:
        """The texts that the bytes spell."""
        data = encoded.ids.astype(np.uint8).tobytes()
        return [
            data[a:b].decode("utf-8", "replace") for a, b in zip(encoded.offsets[:-1], encoded.offsets[1:], strict=True)
        ]

    @cached_property
    def vocabulary(self) -> Vocabulary:
        """256 bytes."""
        return Vocabulary(256, tuple(bytes([b]) for b in range(256)))


class CharsTokenizer(BaseTokenizer):
    """A token for each Unicode code point; its id is the code point."""

    kind = "chars"

    def __init__(self, name: str = "chars") -> None:
        super().__init__(name, "chars")

    def encode_batch(self, texts: TextColumn) -> Encoded:
        """The code points."""
        counts = pc.utf8_length(texts.column).to_numpy(zero_copy_only=False)
        offsets = np.concatenate([np.zeros(1, np.int64), np.cumsum(counts, dtype=np.int64)])
        text = texts.data.tobytes().decode()
        return Encoded(offsets, np.frombuffer(text.encode("utf-32-le"), np.uint32))

    def decode_batch(self, encoded: Encoded) -> list[str]:
        """The texts that the code points spell."""
        text = encoded.ids.astype("<u4").tobytes().decode("utf-32-le")
        return [text[a:b] for a, b in zip(encoded.offsets[:-1], encoded.offsets[1:], strict=True)]

    @cached_property
    def vocabulary(self) -> Vocabulary:
        """Every Unicode scalar value; surrogates are holes."""
        pieces = tuple(b"" if 0xD800 <= c <= 0xDFFF else chr(c).encode() for c in range(0x110000))
        return Vocabulary(0x110000 - 0x800, pieces)

    def starts(self, texts: TextColumn, encoded: Encoded, spelled: Spelling | None = None) -> Int64s:
        """Bytes that are no continuation bytes begin characters."""
        return np.flatnonzero((texts.data & 0xC0) != 0x80).astype(np.int64)
