"""Laws of identification: canonically equal texts are one to the model, and order of texts decides nothing."""

from __future__ import annotations

import unicodedata

import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from ginbon.filters.identifiers.langid import LangidIdentifier, _prepared, sample

MARKS = (
    "\u064b\u064e\u0651\u0654\u0670\u0301\u0323\u0327\u05b4\u05bc\u0e38\u0e48\u093c\u094d\u0f71\u0f72\u1037\U0001d165"
)
"""Marks of several combining classes; some compose with a letter of ``LETTERS``, some have another form in NFC."""
LETTERS = "a\u00e9\u0628\u0627\u05d1\u0e01\u0915\u0929\u0f40\u1019\u1100\u1161\uac00 \n"


@given(st.lists(st.text(st.sampled_from(LETTERS + MARKS * 2), max_size=30), max_size=6))
@settings(max_examples=300)
def test_the_model_reads_the_normal_form(texts: list[str]) -> None:
    """Marks in canonical order and composed letters: by our loop where order is all, by Python's library else."""
    ready = _prepared(sample(pa.array(texts, pa.large_string()), 800))
    assert [ready.raw(n).decode() for n in range(len(texts))] == [unicodedata.normalize("NFC", text) for text in texts]


@given(st.lists(st.text(max_size=400), min_size=1, max_size=9))
@settings(max_examples=50, deadline=None)
def test_each_text_is_scored_by_itself(texts: list[str]) -> None:
    """Texts in another order, in other groups, have the same scores to the last bit."""
    one = LangidIdentifier()
    together = one.identify(pa.array(texts, pa.large_string()))
    for row, text in enumerate(texts):
        alone = one.identify(pa.array([text], pa.large_string()))
        assert alone.labels[0].as_py() == together.labels[row].as_py()
        assert alone.probabilities[0] == together.probabilities[row]
        assert alone.agreement[0] == together.agreement[row]
