"""One form for every byte-level BPE tokenizer: what a rank file, a tekken.json and a byte-level tokenizer.json say.

Two ways to merge are known. *By rank* (tiktoken): two neighbours are joined where they spell a piece, the piece of the
lowest rank first. *By merges* (Hugging Face): two neighbours are joined where the pair is listed, the pair listed first
before others. Ranks are merges too: every pair that spells a piece, in the order of pieces. Merges are ranks only where
no unlisted pair that spells a piece ever stands in a text; that is shown by running both.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ginbon.errors import UserError
from ginbon.tokenizers.backends.rank_settings import NORMAL_FORMS
from ginbon.tokenizers.export.pairs import split_pairs
from ginbon.tokenizers.limits import MAX_IDS, MAX_PIECE_BYTES, MAX_TEXT_BYTES
from ginbon.tokenizers.protocol import Int64s

Pairs = NDArray[np.int32]
"""Shape (merges, 2): the ranks of what is joined."""


@dataclass(frozen=True)
class AddedToken:
    """A token beside the merges. A special one controls a model and is never found in text; another is cut out of it.

    The flags are those of Hugging Face's library.
    """

    text: str
    id: int
    special: bool = True
    single_word: bool = False
    lstrip: bool = False
    rstrip: bool = False
    normalized: bool = False

    @property
    def plain(self) -> bool:
        """Whether it is looked for as it is written, wherever it stands."""
        return not (self.single_word or self.lstrip or self.rstrip)


@dataclass(frozen=True, eq=False)
class ByteBpe:
    """A byte-level BPE tokenizer.

    ``pieces`` are the bytes of each token by rank (lower is merged first), the 256 single bytes among them; ``ids`` the
    id of each rank: tokens that were added later may have ids behind those of special tokens. ``patterns`` are regular
    expressions: text is cut into what the first one matches and what lies between, each of these by the second, and so
    on. Raises ``UserError`` where a byte has no piece, or two tokens have one id or the same bytes.
    """

    pieces: tuple[bytes, ...]
    ids: Int64s
    patterns: tuple[str, ...]
    added: tuple[AddedToken, ...] = ()
    size: int = 0
    """Rows of an embedding: at least the highest id and one."""

    ignore_merges: bool = True
    """Whether a pre-token that is a piece is taken whole, whatever its merges say (tiktoken always does)."""

    merges: Pairs | None = None
    """Where they are not all pairs that spell a piece, in the order of pieces."""

    normalisation: str = ""
    """The Unicode normal form that text is brought into first, or nothing."""

    unused: Mapping[str, int] = field(default_factory=dict)
    """Tokens of a tokenizer.json that are not written in its byte alphabet: no text becomes them."""

    post_processor: Mapping[str, Any] | None = None
    """What a tokenizer.json puts around a text (a beginning-of-text token), as it stands there."""

    origin: str = "tokenizer"
    """What messages call it."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "ids", np.asarray(self.ids, np.int64))
        object.__setattr__(self, "size", max(self.size, 1 + self._highest))
        for problem in self._problems():
            raise UserError(f"{self.origin}: {problem}")

    def __len__(self) -> int:
        return len(self.pieces)

    @property
    def special(self) -> dict[str, int]:
        """Special tokens by their text."""
        return {token.text: token.id for token in self.added if token.special}

    @property
    def in_text(self) -> dict[str, int]:
        """Added tokens that are cut out of ordinary text."""
        return {token.text: token.id for token in self.added if not token.special}

    @property
    def ordered(self) -> bool:
        """Whether ids ascend with ranks, so that a rank file can hold the ids themselves."""
        return bool(np.all(np.diff(self.ids) > 0))

    @cached_property
    def pairs(self) -> Pairs:
        """Its merges, or every pair that spells a piece, in the order in which they are tried."""
        return split_pairs(self.pieces) if self.merges is None else self.merges

    @property
    def _highest(self) -> int:
        others = [token.id for token in self.added] + list(self.unused.values())
        return max(int(self.ids.max(initial=-1)), max(others, default=-1))

    def _problems(self) -> Any:
        """Sentences about what is wrong, the first of which is told."""
        if len(self.ids) != len(self.pieces):
            yield f"{len(self.pieces):,} pieces have {len(self.ids):,} ids"
        if int(self.ids.min(initial=0)) < 0 or self.size > MAX_IDS:
            yield f"ids go from {int(self.ids.min(initial=0)):,} to {self._highest:,}; they must be below {MAX_IDS:,}"
        longest = max(map(len, self.pieces), default=0)
        if longest > MAX_PIECE_BYTES or sum(map(len, self.pieces)) > MAX_TEXT_BYTES:
            yield (
                f"its longest piece has {longest:,} bytes, all have {sum(map(len, self.pieces)):,}; at most "
                f"{MAX_PIECE_BYTES:,} and {MAX_TEXT_BYTES:,} are read"
            )
        known = set(self.pieces)
        if missing := [byte for byte in range(256) if bytes([byte]) not in known]:
            yield (
                f"{len(missing)} of the 256 single bytes have no token (the first is 0x{missing[0]:02X}), so some "
                "text cannot be encoded. The file was probably cut short; fetch it again"
            )
        if b"" in known:
            yield f"token {int(self.ids[self.pieces.index(b'')])} has no bytes"
        if len(known) != len(self.pieces):
            yield f"{len(self.pieces):,} tokens have {len(known):,} different pieces; each must have its own"
        taken = [*self.ids.tolist(), *(t.id for t in self.added), *self.unused.values()]
        if len(set(taken)) != len(taken):
            seen: set[int] = set()
            twice = next(i for i in taken if i in seen or seen.add(i))  # type: ignore[func-returns-value]
            yield f"two tokens have the id {twice}; each must have its own"
        if self.normalisation not in NORMAL_FORMS:
            yield f"normalises by {self.normalisation!r}; only Unicode's normal forms can be carried over"
        yield from self._merge_problems(known)

    def _merge_problems(self, known: set[bytes]) -> Any:
        if self.merges is None or not len(self.merges):
            return
        if self.merges.min() < 0 or self.merges.max() >= len(self.pieces):
            yield f"a merge names a rank that is not there (there are {len(self.pieces):,})"
            return
        lefts, rights = self.merges.T.tolist()  # two lists, since one for each merge takes four times as long
        for left, right in zip(lefts, rights, strict=True):
            if self.pieces[left] + self.pieces[right] not in known:
                yield f"the merge of {self.pieces[left]!r} and {self.pieces[right]!r} makes what is no token"
                return
