"""Laws of unigram models: nothing of the text is lost or counted twice, and order means nothing."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
import sentencepiece
from hypothesis import given, settings
from hypothesis import strategies as st

from ginbon.tokenizers.counts import Counts
from ginbon.tokenizers.counts.segments import segments
from ginbon.tokenizers.unigram import learn
from ginbon.tokenizers.unigram.estimation import Estimate
from ginbon.tokenizers.unigram.seeds import candidates

PIECE = "\N{LOWER ONE EIGHTH BLOCK}"

words = st.one_of(
    st.text("ab", min_size=1, max_size=12),
    st.text(" aé12\n\tकि्ကျ日本\N{ZERO WIDTH JOINER}👩" + PIECE, min_size=1, max_size=9),
    st.text(min_size=1, max_size=9),
)
corpora = st.dictionaries(words, st.integers(1, 2**33), max_size=25)


def counts_of(rows: dict[str, int]) -> Counts:
    column = pa.array([key.encode() for key in rows], pa.binary())
    return Counts.of_rows(column, ["und"] * len(rows), ["made"] * len(rows), list(rows.values()))


@given(corpora, st.integers(2, 20), st.integers(0, 200), st.booleans())
@settings(max_examples=60)
def test_every_character_belongs_to_one_piece(rows: dict[str, int], longest: int, most: int, whole: bool) -> None:
    """Expected counts times lengths add up to the text's characters, whatever pieces there are."""
    text = segments(counts_of(rows), character_coverage=1.0, most=60_000)
    estimate = Estimate(text, candidates(text, longest=longest, most=most, whole_graphemes=whole))
    for _ in range(3):
        assert float(estimate.count() @ estimate.tried.sizes) == pytest.approx(float(text.used.sum()), rel=1e-6)
        estimate.improve()
        estimate.keep(estimate.losses(), len(text.alphabet) + most // 2)


@given(corpora, st.integers(1, 9))
@settings(max_examples=40)
def test_order_division_and_threads_do_not_matter(rows: dict[str, int], threads: int) -> None:
    """Equal counts give equal bytes."""
    whole = learn(counts_of(rows), 400)
    backwards = Counts.merge([counts_of({key: n}) for key, n in reversed(rows.items())] or [counts_of({})])
    other = learn(backwards, 400, threads=threads)
    assert other.model() == whole.model()
    assert len(set(whole.pieces)) == len(whole.pieces) <= 400 - 259


@given(corpora, st.text(max_size=40), st.integers(260, 400))
@settings(max_examples=40)
def test_any_text_comes_back(rows: dict[str, int], text: str, vocabulary: int) -> None:
    """But for U+2581, which is a space to SentencePiece; scores are logarithms of probabilities."""
    model = learn(counts_of(rows), vocabulary)
    assert np.exp(model.scores.astype(np.float64)).sum() < 1 + 1e-6
    processor = sentencepiece.SentencePieceProcessor(model_proto=model.model())
    for said in (text, *rows):
        assert processor.decode(processor.encode(said)) == said.replace(PIECE, " ")
