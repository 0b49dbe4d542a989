"""Train byte-level BPE from counts: the same counts give the same tokenizer.

Ids are those of the bytes, then the merges in the order in which they were learned, then the special tokens: so a
token has one id in all formats, and a vocabulary's first part is what a smaller vocabulary would have been.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Final

import numpy as np

from ginbon.errors import UserError
from ginbon.tokenizers.bpe.allowed import Allowed
from ginbon.tokenizers.bpe.types import BYTES, Merges
from ginbon.tokenizers.bpe.whole import learn_behind, spell
from ginbon.tokenizers.counts import Counts
from ginbon.tokenizers.export.source import AddedToken, ByteBpe

END_OF_TEXT: Final = "<|endoftext|>"


def train_bpe(
    counts: Counts,
    vocabulary: int,
    *,
    special_tokens: Sequence[str] = (END_OF_TEXT,),
    min_count: int = 2,
    max_token_bytes: int | None = None,
    alphabet: Collection[str] = (),
) -> ByteBpe:
    """A tokenizer of at most ``vocabulary`` tokens, the 256 bytes and the special ones included.

    ``ginbon.tokenizers.export`` writes it as ``tokenizer.json`` (``tokenizer_json``) and in other formats. It has fewer
    tokens where no pair occurs ``min_count`` times any more.

    Each grapheme of ``alphabet`` (``ginbon.tokenizers.alphabets``) is a token, and no text is ever cut inside one, as
    long as the counts' pattern cuts none. Their merges come first, whatever the counts; there are some more than
    graphemes, since bytes are merged two at a time. A grapheme that is not in it may be cut, as without an alphabet.

    Raises ``UserError`` where there is no room for the bytes, the alphabet and special tokens.
    """
    spelt = spell(alphabet)
    merges = merges_in(vocabulary, special_tokens, spelt=len(spelt))
    if max_token_bytes is None:
        learned = counts.course.learn_behind(spelt, counts.types(), merges, min_count=min_count)
    else:
        allowed = Allowed(max_token_bytes)
        learned = learn_behind(spelt, counts.types(), merges, min_count=min_count, allowed=allowed)
    return byte_bpe(learned, pattern=counts.pattern, finer=counts.finer, special_tokens=special_tokens)


def merges_in(vocabulary: int, special_tokens: Sequence[str], *, spelt: int = 0) -> int:
    """How many merges a vocabulary has beside the bytes, ``spelt`` tokens of an alphabet and the special tokens;
    ``UserError`` where these have no room."""
    needed = len(BYTES) + spelt + len(special_tokens)
    if vocabulary < needed:
        raise UserError(
            f"a vocabulary of {vocabulary:,}; expected {needed:,} or more: the bytes, {spelt:,} tokens of an alphabet "
            f"and {len(special_tokens):,} special tokens"
        )
    return vocabulary - needed


def byte_bpe(
    merges: Merges, *, pattern: str, finer: Sequence[str] = (), special_tokens: Sequence[str] = (END_OF_TEXT,)
) -> ByteBpe:
    """Merges that were learned from bytes, as the tokenizer that all byte-level formats are written from.

    ``finer`` are the patterns that cut on what ``pattern`` cuts, one after another. Raises ``UserError`` for a special
    token that is empty, comes twice, or is a token of text already.
    """
    pieces = (*BYTES, *merges.pieces)
    _check_special(special_tokens, set(pieces))
    return ByteBpe(
        pieces,
        np.arange(len(pieces)),
        (pattern, *finer),
        tuple(AddedToken(token, len(pieces) + i) for i, token in enumerate(special_tokens)),
        ignore_merges=False,
        merges=merges.pairs,
    )


def _check_special(special_tokens: Sequence[str], pieces: set[bytes]) -> None:
    for i, token in enumerate(special_tokens):
        if not token or token in special_tokens[:i] or token.encode() in pieces:
            raise UserError(
                f"special token {token!r}: expected one that is not empty, comes once, and is no token of text"
            )
