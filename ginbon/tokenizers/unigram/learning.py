"""Learn a unigram language model from counts (Kudo 2018, arXiv 1804.10959).

Every piece has a probability, and a text is cut in the likeliest way. From many candidates, expectation and
maximisation in turns find their probabilities; then those whose loss would cost the text least likelihood are left out,
and so on until few more than wanted are left. Of these the ones are kept that save most tokens.

How we differ from SentencePiece's trainer: candidates are counted with the counts of the types, which its way to read
counts ignores; a piece's loss is measured with what it is expected to occur, not with what the likeliest cut has, and
against the likeliest pieces of its text at their present probabilities; the last cut, from a fifth too many, goes by
tokens saved, not by probability (0.3 % fewer tokens on held-out text); and five candidates for each piece are enough.
Pieces may hold several scripts and punctuation where pre-tokens do. On six languages, held-out text took 5 % fewer
tokens than with its model (``benchmarks/training.py``).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ginbon.errors import UserError
from ginbon.tokenizers.counts import Counts
from ginbon.tokenizers.counts.segments import Segments, segments
from ginbon.tokenizers.export.sentencepiece_model import BYTE_PIECES, RESERVED, pieces_in, sentencepiece_model
from ginbon.tokenizers.unigram.estimation import Estimate
from ginbon.tokenizers.unigram.seeds import Candidates, candidates

CANDIDATES: Final = 5
"""So many are tried for each piece: with 3 or 15 held-out text took up to 1 % more tokens."""

ROUNDS: Final = 2
SHRINK: Final = 0.75
"""Expectation and maximisation so often, then this share of the pieces stays: as in SentencePiece."""

SURPLUS: Final = 1.2
"""So many times the pieces wanted are left when likelihood has chosen."""

MAX_PIECE_CHARS: Final = 255


@dataclass(frozen=True, eq=False)
class Unigram:
    """Pieces, the likeliest first, and the natural logarithms of their probabilities.

    Spaces in pieces are spaces. The 256 bytes and special tokens are not among them: they come with the file. Of
    ``wanted`` characters that were to be pieces there was room for ``characters``.
    """

    pieces: tuple[str, ...]
    scores: NDArray[np.float32]
    special_tokens: tuple[str, ...] = ()
    character_coverage: float = 0.9999
    wanted: int = 0
    characters: int = 0

    def __len__(self) -> int:
        return len(self.pieces)

    def model(self) -> bytes:
        """The SentencePiece ``.model`` file: equal pieces and scores give equal bytes."""
        return sentencepiece_model(
            self.pieces,
            self.scores,
            model_type="unigram",
            special_tokens=self.special_tokens,
            character_coverage=self.character_coverage,
        )


def learn(
    counts: Counts,
    vocabulary: int,
    *,
    character_coverage: float = 0.9999,
    special_tokens: Sequence[str] = (),
    max_piece_chars: int = 16,
    whole_graphemes: bool = True,
    threads: int = 1,
) -> Unigram:
    """A model of at most ``vocabulary`` tokens: ``<unk>``, ``<s>``, ``</s>``, special tokens and 256 bytes included.

    It has fewer where the text has no more strings that occur twice, and a space alone where there is no text. The most
    frequent characters that together are a share of ``character_coverage`` of the text are pieces, but of at most half
    of those there is room for; all others are bytes, and so are NUL and U+2581, by which SentencePiece writes
    spaces. Decimal digits stand alone. With ``whole_graphemes`` no piece of several characters begins with a
    mark or joiner, or ends with a joiner or virama. The result does not depend on the order of the counts, nor on
    ``threads``. Takes some 30 bytes of memory for each character of the distinct pre-tokens.

    Raises ``UserError`` where there is no room for bytes, special tokens and one piece.
    """
    reserved = (*RESERVED, *special_tokens, *BYTE_PIECES)
    room = pieces_in(vocabulary, special_tokens)
    if not 2 <= max_piece_chars <= MAX_PIECE_CHARS:
        raise UserError(f"max_piece_chars {max_piece_chars}; expected 2 to {MAX_PIECE_CHARS}")
    alone = [token for token in reserved if len(token) == 1]
    text = segments(counts, character_coverage=character_coverage, most=(room + 1) // 2, never=alone)
    tried = candidates(text, longest=max_piece_chars, most=CANDIDATES * room, whole_graphemes=whole_graphemes)
    tried = _without(tried, text, frozenset(reserved))
    pieces, scores = _search(Estimate(text, tried, threads), room)
    return Unigram(pieces, scores, tuple(special_tokens), character_coverage, text.wanted, len(text.alphabet))


def _search(estimate: Estimate, room: int) -> tuple[tuple[str, ...], NDArray[np.float32]]:
    """Estimate and leave out in turns; the pieces that stay, with their scores."""
    while True:
        for _ in range(ROUNDS):
            estimate.improve()
        size = len(estimate.tried)
        if size <= room * SURPLUS:
            break
        estimate.keep(estimate.losses(), max(int(SHRINK * size), int(SURPLUS * room)))
    estimate.keep(estimate.saved(), room)
    tried, text = estimate.tried, estimate.text
    scores = estimate.scores.tolist()
    spelled = [text.spell(place, size) for place, size in zip(tried.places.tolist(), tried.sizes.tolist(), strict=True)]
    rows = sorted(zip(scores, spelled, strict=True), key=lambda row: (-row[0], row[1]))
    return tuple(piece for _, piece in rows), np.array([score for score, _ in rows], np.float32)


def _without(tried: Candidates, text: Segments, reserved: frozenset[str]) -> Candidates:
    """Leave out what has a meaning of its own in the file: text may say ``<s>``."""
    begins = np.isin(text.text[tried.places], [text.alphabet.find(token[0]) + 1 for token in reserved if token])
    alike = np.flatnonzero(begins & np.isin(tried.sizes, [len(token) for token in reserved]) & (tried.sizes > 1))
    kept = np.ones(len(tried), np.bool_)
    for i in alike.tolist():
        kept[i] = text.spell(int(tried.places[i]), int(tried.sizes[i])) not in reserved
    return tried.keep(kept)
