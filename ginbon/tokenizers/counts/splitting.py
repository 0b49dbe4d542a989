"""Where the pre-tokens of texts end, under a split pattern."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from ginbon.languages import scripts
from ginbon.tokenizers.counts import split_kernel as kernel
from ginbon.tokenizers.patterns import GINBON
from ginbon.tokenizers.protocol import Int64s, TextColumn

UNICODE: Final = "16.0"
"""What letters, marks and numbers are: as in the Oniguruma of ``tokenizers`` 0.23, so that a tokenizer cuts as its
counts were cut. Characters that are newer are signs."""


@dataclass(frozen=True)
class Cuts:
    """Where pre-tokens end: those of text ``i`` are ``sizes[i]`` of ``ends``, which are bytes of ``TextColumn.data``.

    Every byte is of one pre-token: the first begins where its text does, the others where the one before ends.
    """

    ends: Int64s
    sizes: Int64s


def split(texts: TextColumn, pattern: str = GINBON) -> Cuts:
    """Cut texts into pre-tokens: compiled for our pattern, by ``tokenizers`` (40 times slower) for others.

    What a pattern does not match is a pre-token, too. Raises ``UserError`` for a pattern that is none.
    """
    if pattern != GINBON:
        return _split_by_library(texts, pattern)
    ends, sizes = np.empty(len(texts.data), np.int64), np.empty(len(texts), np.int64)
    n = kernel.split(texts.data, texts.offsets, classes(), ends, sizes)
    return Cuts(ends[:n], sizes)


def _split_by_library(texts: TextColumn, pattern: str) -> Cuts:
    import tokenizers as hf_tokenizers
    from tokenizers import pre_tokenizers

    from ginbon.errors import UserError

    try:
        cutter = pre_tokenizers.Split(hf_tokenizers.Regex(pattern), "isolated")
    except Exception as error:  # the library raises nothing more exact
        raise UserError(f"split pattern {pattern[:80]!r}: {error}") from error
    rows = [[len(piece.encode()) for piece, _ in cutter.pre_tokenize_str(text)] for text in texts.strings]
    lengths = np.fromiter((size for row in rows for size in row), np.int64)
    return Cuts(np.cumsum(lengths), np.array([len(row) for row in rows], np.int64))


@cache
def classes() -> NDArray[np.uint8]:
    """The class of each code point for the compiled split."""
    hangs = r"[[:M:]\u200C\u200D\U0001F3FB-\U0001F3FF\U000E0020-\U000E007F]"
    letters, numbers, space = _members("[:L:]"), _members("[:N:]"), _members("[:White_Space:]")
    line_ends, tail = _members(r"[\r\n]"), _members(hangs)
    table = np.zeros(0x110000, np.uint8)
    table[letters] = kernel.LETTER
    table[numbers] = kernel.NUMBER
    table[space] = kernel.BLANK
    table[line_ends] = kernel.NEWLINE
    table[~(letters | numbers | space)] = kernel.SIGN
    table[~(letters | numbers | line_ends | _members(r"[[:M:][:S:]\u200C\u200D]"))] |= kernel.BEFORE_WORD
    table[tail] |= kernel.TAIL
    table[letters | tail | _members(r"[\u0F0B\u0F0C]")] |= kernel.IN_WORD
    table.flags.writeable = False
    return table


def _members(of: str) -> Any:
    """Which code points an ICU set has that were assigned in our version of Unicode."""
    return np.asarray(scripts.members(f"[{of}&[:Age={UNICODE}:]]"), np.bool_)
