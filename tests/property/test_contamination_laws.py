"""Laws of overlaps with evaluation sets over all of Unicode: the kernel finds what sets of tuples of words find."""

from __future__ import annotations

from typing import Any

import numpy as np
import overlap_reference
import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from ginbon.filters.contamination import overlaps
from ginbon.filters.contamination.items import Items

# Few words, so that runs meet; and what changes them: case, marks in both forms, joiners, scripts without spaces.
WORDS = st.sampled_from(
    ["a", "B", "b", "é", "e\u0301", "ṣẹ", "se", "กำลัง", "日本", "語", "བོད་", "ශ්‍රී", "12", "ß", "ΟΣ", "ος"]
)
GAPS = st.sampled_from([" ", " ", "\n", ", ", "", "… ", "\u200b", "  «"])
TEXTS = st.lists(WORDS | GAPS, max_size=40).map("".join) | st.text(
    st.characters(exclude_categories=["Cs"]), max_size=30
)
SETS = st.dictionaries(st.sampled_from(["x", "y"]), st.lists(st.lists(TEXTS, max_size=3), max_size=8), max_size=2)


def made(items: list[list[str]]) -> Items:
    flat = [text for own in items for text in own]
    return Items(
        pa.array(flat, pa.large_string()), np.arange(len(items)).repeat([len(own) for own in items]), len(items)
    )


@settings(max_examples=400)
@given(st.lists(TEXTS, max_size=5), SETS, st.integers(1, 5), st.integers(1, 5), st.integers(1, 3))
def test_the_kernel_equals_the_reference(
    texts: list[str], sets: dict[str, list[list[str]]], ngram: int, min_words: int, max_texts: int
) -> None:
    texts = [*texts, *(text for items in sets.values() for own in items for text in own)]  # so that something is found
    options: dict[str, Any] = {"ngram": ngram, "min_words": min_words, "max_texts": max_texts}
    found = overlaps(texts, {name: made(items) for name, items in sets.items()}, **options)
    assert found.to_pylist() == overlap_reference.overlaps(texts, sets, **options)


@settings(max_examples=60)
@given(st.lists(TEXTS, min_size=1, max_size=6), SETS)
def test_no_row_depends_on_its_neighbours(texts: list[str], sets: dict[str, list[list[str]]]) -> None:
    given_sets = {name: made(items) for name, items in sets.items()}
    together = overlaps(texts, given_sets, ngram=3, min_words=2).to_pylist()
    assert together == [overlaps([text], given_sets, ngram=3, min_words=2).to_pylist()[0] for text in texts]


@settings(max_examples=60)
@given(st.lists(TEXTS, min_size=1, max_size=6), SETS)
def test_another_set_changes_nothing_of_the_first(texts: list[str], sets: dict[str, list[list[str]]]) -> None:
    given_sets = {name: made(items) for name, items in sets.items()}
    together = overlaps(texts, given_sets, ngram=3, min_words=2).column("evaluation/spans").to_pylist()
    for name, items in given_sets.items():
        alone = overlaps(texts, {name: items}, ngram=3, min_words=2).column("evaluation/spans").to_pylist()
        assert alone == [[span for span in spans if span["set"] == name] for spans in together]
