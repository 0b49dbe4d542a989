"""Where the pre-tokens of texts begin, under a split pattern."""

from __future__ import annotations

import re
from functools import lru_cache
from itertools import chain
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from ginbon.corpus.tables import unicode_table
from ginbon.errors import UserError
from ginbon.languages import scripts
from ginbon.tokenizers.patterns import GINBON, PATTERNS
from ginbon.tokenizers.protocol import PreTokens, TextColumn, lengths

UNICODE: Final = "16.0"
"""What letters, marks and numbers are: as in the Oniguruma of ``tokenizers`` 0.23, so that a tokenizer cuts as its
counts were cut. Characters that are newer are signs."""


def split(texts: TextColumn, pattern: str = GINBON) -> PreTokens:
    """Cut texts into pre-tokens: every byte is in one, what a pattern does not match as well.

    Compiled for our pattern, by ``regex`` for the published ones (a tenth as fast), by ``tokenizers`` for others (a
    fiftieth). Raises ``UserError`` for a pattern that is none.
    """
    if pattern == GINBON:
        from ginbon.tokenizers import split_kernel as kernel

        starts, offsets = np.empty(len(texts.data), np.int64), np.empty(len(texts) + 1, np.int64)
        kernel.split(texts.data, texts.offsets, classes(), starts, offsets)
        return PreTokens(texts, offsets, starts[: offsets[-1]])
    if pattern in PATTERNS.values():
        return split_by_regex(texts, pattern)
    return split_by_library(texts, pattern)


def split_as_read(texts: TextColumn, pattern: str) -> PreTokens:
    """The pre-tokens that the reader of a tokenizer's file finds: text that no branch of a pattern matches is in none.

    The same as ``split`` for the published patterns and ours, which match all text.
    """
    return split(texts, pattern) if pattern in PATTERNS.values() else split_by_regex(texts, pattern)


def split_by_regex(texts: TextColumn, pattern: str) -> PreTokens:
    """The pre-tokens that a rank file's split pattern finds in some texts.

    Run by the module ``regex``, several times as fast as asking Hugging Face's library for places. It agrees with
    tiktoken (fancy-regex) and Oniguruma on every character that their versions of Unicode know; all drop text that no
    branch matches, of which the published patterns have none.
    """
    compiled = _compiled(pattern)
    if not compiled.groups:
        rows = [compiled.findall(text) for text in texts.strings]
        counts = lengths(rows)
        sizes = np.fromiter(map(len, chain.from_iterable(rows)), np.int64, int(counts.sum()))
        ends = np.append(0, np.cumsum(sizes))
        texts_end = np.cumsum(lengths(texts.strings))
        if sizes.all() and np.array_equal(ends[np.cumsum(counts)], texts_end):  # no text lies between matches
            return PreTokens.of_chars(texts, counts, ends[:-1] - np.repeat(np.append(0, texts_end)[:-1], counts))
    begins = [[m.start() for m in compiled.finditer(text) if m.end() > m.start()] for text in texts.strings]
    counts = lengths(begins)
    return PreTokens.of_chars(texts, counts, np.fromiter(chain.from_iterable(begins), np.int64, int(counts.sum())))


@lru_cache(maxsize=64)
def _compiled(pattern: str) -> Any:
    r"""The pattern for ``regex``, which writes ``\x{200C}`` as ``\U0000200C``."""
    import regex

    return regex.compile(re.sub(r"\\x\{([0-9A-Fa-f]{1,6})\}", lambda code: rf"\U{int(code[1], 16):08X}", pattern))


def split_by_library(texts: TextColumn, pattern: str) -> PreTokens:
    """The same by Hugging Face's library, which is what reads the tokenizers that we write."""
    import tokenizers as hf_tokenizers
    from tokenizers import pre_tokenizers

    try:
        cutter = pre_tokenizers.Split(hf_tokenizers.Regex(pattern), "isolated")
    except Exception as error:  # the library raises nothing more exact
        raise UserError(f"split pattern {pattern[:80]!r}: {error}") from error
    rows = [[len(piece.encode()) for piece, _ in cutter.pre_tokenize_str(text)] for text in texts.strings]
    offsets = np.cumsum([0, *map(len, rows)])
    ends = np.cumsum(np.fromiter((size for row in rows for size in row), np.int64, int(offsets[-1])))
    return PreTokens(texts, offsets, np.append(0, ends)[:-1])


@unicode_table("ginbon.tokenizers.split_kernel")
def classes() -> NDArray[np.uint8]:
    """The class of each code point for the compiled split."""
    from ginbon.tokenizers import split_kernel as kernel

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
    return table


def _members(of: str) -> Any:
    """Which code points an ICU set has that were assigned in our version of Unicode."""
    return np.asarray(scripts.members(f"[{of}&[:Age={UNICODE}:]]"), np.bool_)
