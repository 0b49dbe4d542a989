"""SentencePiece BPE from counts: merges over characters, in a file that SentencePiece reads.

Same rules as SentencePiece's own trainer with identity normalisation, byte fallback and no dummy prefix, which cannot
be given counts of our split; it also drops lines in silence and writes its input's path into the file.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ginbon.errors import UserError
from ginbon.tokenizers.bpe import Merges, Types, learn
from ginbon.tokenizers.counts import Counts
from ginbon.tokenizers.export.sentencepiece_model import BYTE_PIECES, RESERVED, sentencepiece_model
from ginbon.tokenizers.protocol import Int64s
from ginbon.tokenizers.training.making import Made, rare_tokens
from ginbon.tokenizers.training.options import TrainOptions

SPACE: Final = 0x2581
"""What SentencePiece writes for a space."""

NEVER: Final = (0, 0x0A)
"""Characters that get no piece, since SentencePiece never saw them inside a line: NUL and line feed are bytes."""


@dataclass(frozen=True)
class Characters:
    """Types as characters: those of type ``i`` are ``points[offsets[i]:offsets[i + 1]]``, spaces written U+2581."""

    offsets: Int64s
    points: NDArray[np.uint32]
    counts: Int64s

    @classmethod
    def of(cls, counts: Counts) -> Characters:
        """Raises ``UserError`` for counts of what is not UTF-8."""
        types = counts.types()
        data = types.ids.astype(np.uint8)
        try:
            points = np.frombuffer(data.tobytes().decode().encode("utf-32-le"), "<u4").copy()
        except UnicodeDecodeError as error:
            raise UserError(f"these counts hold bytes that are no UTF-8 ({error}); count the text again") from error
        points[points == ord(" ")] = SPACE
        ends = np.append(0, np.cumsum((data & 0xC0) != 0x80))
        return cls(ends[types.offsets], points, types.counts)

    def alphabet(self, coverage: float) -> NDArray[np.uint32]:
        """The space, and the most frequent characters that make up ``coverage`` of the text, the most frequent first.

        The space always has a piece: in bytes it would come back as U+2581.
        """
        weights = np.repeat(self.counts, np.diff(self.offsets)).astype(np.float64)
        often = np.bincount(self.points, weights=weights, minlength=SPACE + 1)
        often[list(NEVER)] = 0
        order = np.lexsort((np.arange(len(often)), -often))
        enough = int(np.searchsorted(np.cumsum(often[order]), coverage * often.sum())) + 1
        chosen = order[: min(enough, np.count_nonzero(often))]
        return np.append(SPACE, chosen[chosen != SPACE]).astype(np.uint32)

    def types(self, alphabet: NDArray[np.uint32]) -> Types:
        """Types whose ids are places in a sorted alphabet, cut where a character is not in it."""
        ids = np.full(0x110000, -1, np.int32)
        ids[alphabet] = np.arange(len(alphabet), dtype=np.int32)
        found = ids[self.points]
        kept = found >= 0
        begins = np.zeros(len(found) + 1, np.bool_)
        begins[self.offsets] = True
        begins[1:][~kept] = True
        starts = np.flatnonzero(kept & begins[:-1])
        of = np.searchsorted(self.offsets, starts, side="right") - 1
        return Types(np.append(np.cumsum(kept)[starts] - 1, np.count_nonzero(kept)), found[kept], self.counts[of])


def make(counts: Counts, plans: Sequence[TrainOptions]) -> Iterator[Made]:
    """The model files. Sizes that the same characters fit share their merges, which are learned up to the largest."""
    characters = Characters.of(counts)
    known = characters.alphabet(plans[0].character_coverage)
    rooms = [plan.vocabulary - len(RESERVED) - len(BYTE_PIECES) - len(plan.special_tokens) for plan in plans]
    learned: dict[int, tuple[Types, Merges]] = {}
    for plan, room in zip(plans, rooms, strict=True):
        notes: list[str] = []
        alphabet = fitting(known, room, notes)
        if len(alphabet) not in learned:
            most = max(room for room in rooms if fits(known, room) == len(alphabet))
            base = [chr(point).encode() for point in alphabet.tolist()]
            types = characters.types(alphabet)
            learned[len(alphabet)] = types, learn(types, most - len(base), base=base)
        types, merges = learned[len(alphabet)]
        first = merges.first(room - len(alphabet))
        pieces = [*(piece.decode() for piece in first.pieces), *map(chr, alphabet.tolist())]
        scores = -np.arange(len(pieces), dtype=np.float64)
        data = sentencepiece_model(pieces, scores, model_type="bpe", special_tokens=plan.special_tokens)
        yield Made(data, tuple(notes), rare_tokens(types, first))


def fits(alphabet: NDArray[np.uint32], room: int) -> int:
    """How many characters get a piece where there is room for so many pieces."""
    return len(alphabet) if len(alphabet) <= room else room // 2


def fitting(alphabet: NDArray[np.uint32], room: int, notes: list[str]) -> NDArray[np.uint32]:
    """The characters by code point; where they do not fit, the most frequent, so that half the room is left."""
    kept = fits(alphabet, room)
    if kept < len(alphabet):
        notes.append(
            f"{len(alphabet):,} characters do not fit {room:,} tokens: the {kept:,} most frequent are kept, the "
            "others are written as bytes; a larger vocabulary keeps more"
        )
    return np.sort(alphabet[:kept])
