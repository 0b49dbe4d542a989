"""A tokenizer small enough to count by hand: the longest of its pieces at each place, else an unknown token."""

from __future__ import annotations

from ginbon.tokenizers.backends.base import BaseTokenizer
from ginbon.tokenizers.protocol import Encoded, TextColumn, Vocabulary


class Toy(BaseTokenizer):
    """``pieces`` may be strings or single bytes; id 0 is the unknown token, which swallows one character."""

    kind = "toy"

    def __init__(self, *pieces: str | bytes, name: str = "toy", size: int = 0, squeezes: bool = False) -> None:
        super().__init__(name, "toy")
        self._pieces = [b"", *(p.encode() if isinstance(p, str) else p for p in pieces)]
        self._size = size or len(self._pieces)
        self._squeezes = squeezes

    @property
    def vocabulary(self) -> Vocabulary:
        """The unknown token, then the pieces."""
        return Vocabulary(self._size, tuple(self._pieces), frozenset([0]))

    def encode_batch(self, texts: TextColumn) -> Encoded:
        """Greedy, from the left."""
        return Encoded.of([self._cut(text) for text in texts.strings])

    def decode_batch(self, encoded: Encoded) -> list[str]:
        """The pieces joined."""
        rows = zip(encoded.offsets[:-1], encoded.offsets[1:], strict=True)
        return [b"".join(self._pieces[i] for i in encoded.ids[a:b]).decode("utf-8", "replace") for a, b in rows]

    def _cut(self, text: str) -> list[int]:
        left, ids = (" ".join(text.split()) if self._squeezes else text).encode(), []
        while left:
            fitting = [i for i, p in enumerate(self._pieces) if p and left.startswith(p)]
            best = max(fitting, key=lambda i: len(self._pieces[i]), default=0)
            skip = len(self._pieces[best]) if best else _size(left[0])
            ids.append(best)
            left = left[skip:]
        return ids


def _size(first: int) -> int:
    """Bytes of the character that begins with this byte; 1 inside one."""
    return 1 if first < 0xC0 else 2 if first < 0xE0 else 3 if first < 0xF0 else 4
