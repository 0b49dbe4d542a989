"""SentencePiece BPE from counts: merges over characters, in a file that SentencePiece reads.

Same rules as SentencePiece's own trainer with identity normalisation, byte fallback and no dummy prefix, which cannot
be given counts of our split; it also drops lines in silence and writes its input's path into the file.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from ginbon.tokenizers.bpe import Merges, Types, learn
from ginbon.tokenizers.counts import Counts
from ginbon.tokenizers.counts.segments import MAX_SYMBOLS, Segments, segments
from ginbon.tokenizers.export.sentencepiece_model import pieces_in, sentencepiece_model
from ginbon.tokenizers.training.making import Made, rare_tokens, too_many_characters
from ginbon.tokenizers.training.options import TrainOptions


def make(counts: Counts, plans: Sequence[TrainOptions]) -> Iterator[Made]:
    """The model files. Sizes that the same characters fit share their merges, which are learned up to the largest."""
    coverage, special = plans[0].character_coverage, plans[0].special_tokens
    rooms = [pieces_in(plan.vocabulary, special) for plan in plans]
    alone = [token for token in special if len(token) == 1]
    whole = segments(counts, character_coverage=coverage, most=MAX_SYMBOLS, never=alone)
    known = len(whole.alphabet)
    learned: dict[int, tuple[str, Types, Merges]] = {}
    for room in rooms:
        kept = _fitting(known, room)
        if kept not in learned:
            most = max(other for other in rooms if _fitting(known, other) == kept)
            text = whole
            if kept < known:
                text = segments(counts, character_coverage=coverage, most=kept, never=alone)
            base = [char.encode() for char in text.alphabet]
            types = _types(text)
            learned[kept] = text.alphabet, types, learn(types, most - kept, base=base)
        alphabet, types, merges = learned[kept]
        first = merges.first(room - kept)
        pieces = [*(piece.decode() for piece in first.pieces), *alphabet]
        scores = -np.arange(len(pieces), dtype=np.float64)
        data = sentencepiece_model(
            pieces, scores, model_type="bpe", special_tokens=special, character_coverage=coverage
        )
        yield Made(data, too_many_characters(known, kept, room), rare_tokens(types, first))


def _fitting(characters: int, room: int) -> int:
    """How many characters get a piece where there is room for so many pieces: at most half."""
    return min(characters, max(room // 2, 1))


def _types(text: Segments) -> Types:
    """Segments as types whose ids are places in the alphabet."""
    symbols = text.text[text.text > 0].astype(np.int32) - 1
    return Types(np.append(0, text.ends - np.arange(len(text.ends))), symbols, text.counts)
