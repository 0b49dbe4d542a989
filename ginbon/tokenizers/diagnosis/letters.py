"""How much of a vocabulary is for a language: tokens that bear its script, that are made of its letters, that are used.

Only whole characters count: a token that is a piece of a character says nothing about a script.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ginbon.languages import scripts
from ginbon.tokenizers.protocol import Encoded, Flags, Int64s, TextColumn, Vocabulary


@dataclass(frozen=True)
class Letters:
    """Tokens of a vocabulary: in all, with a character of the language's script, of at least two characters all of
    which the language's text has letters or marks for, and different ones that the text uses.
    """

    vocabulary: int
    with_script: int
    of_letters: int
    used: int
    script: str

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return asdict(self)


def letters(vocabulary: Vocabulary, script: str, texts: TextColumn, encoded: Encoded) -> Letters:
    """Count the tokens for a language written in ``script`` (ISO 15924), whose text is encoded as ``encoded``."""
    points, piece = _characters(vocabulary.data, np.append(vocabulary.starts, len(vocabulary.data)))
    own = np.isin(scripts.script_table()[points], own_scripts(script))
    alphabet = np.zeros(scripts.CODE_POINTS, np.bool_)
    seen, _ = _characters(texts.data, texts.offsets)
    alphabet[seen[scripts.script_table()[seen] > 0]] = True
    alphabet[[0x200C, 0x200D, *range(0x300, 0x370)]] = True
    size = len(vocabulary.pieces)
    fits = np.bincount(piece, weights=alphabet[points], minlength=size)
    chars = np.bincount(piece, minlength=size)
    blank = np.bincount(piece, weights=points == 0x20, minlength=size)
    bears: Flags = np.bincount(piece[own], minlength=size) > 0
    whole = (fits == chars - blank) & (fits >= 2) & bears
    return Letters(vocabulary.size, int(bears.sum()), int(whole.sum()), len(np.unique(encoded.ids)), script)


def own_scripts(script: str) -> NDArray[np.int64]:
    """The numbers (of ``scripts.names``) of the scripts of characters that text in ``script`` is written in."""
    number = scripts.number()
    codes = scripts.COMPOSITES.get(script, frozenset({script}))
    return np.array(sorted(number[code] for code in codes if code in number), np.int64)


def _characters(data: NDArray[np.uint8], offsets: Int64s) -> tuple[NDArray[np.int64], Int64s]:
    """The whole characters in stretches of bytes, and the stretch that each is in. Stray bytes are passed over."""
    if not len(data):
        return np.zeros(0, np.int64), np.zeros(0, np.int64)
    padded = np.concatenate([data, np.zeros(3, np.uint8)]).astype(np.int64)
    size = np.select([data < 0x80, (data >= 0xC2) & (data < 0xE0), (data & 0xF0) == 0xE0, (data & 0xF8) == 0xF0],
                     [1, 2, 3, 4], 0)  # fmt: skip
    stretch = np.searchsorted(offsets, np.arange(len(data)), "right") - 1
    stop = offsets[stretch + 1]
    at = np.arange(len(data))
    whole = (size > 0) & (at + size <= stop)
    value = np.where(size == 1, padded[:-3], padded[:-3] & (0x7F >> np.maximum(size, 1)))
    for n in (1, 2, 3):
        following = padded[n : len(data) + n]
        more = size > n
        whole &= ~more | ((following & 0xC0) == 0x80)
        value = np.where(more, (value << 6) | (following & 0x3F), value)
    whole &= value < scripts.CODE_POINTS
    return value[whole], stretch[whole]
