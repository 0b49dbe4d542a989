"""Near-duplicates are found as often as theory says, in every script, whatever the order and the workers."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from many_scripts import SCRIPTS, beginning, news

from ginbon.filters import words as segmentation
from ginbon.filters.duplicates.api import deduplicate
from ginbon.filters.duplicates.compare import jaccard
from ginbon.filters.duplicates.sketch import Near


@pytest.fixture(scope="module")
def texts(shared_data: Path) -> dict[str, str]:
    """All of a language's news as one text, by the source's name."""
    return news(shared_data)


@pytest.mark.parametrize("name", SCRIPTS)
def test_a_text_of_100_words_without_one_of_them_is_found(texts: dict[str, str], name: str) -> None:
    """Whichever word is taken out, in any script: nineteen of twenty are found at the least, in theory all but one of
    thousands."""
    text, spans = beginning(texts[name], 100)
    raw = text.encode()
    changed = [(raw[:a] + raw[b:]).decode() for a, b in spans[2::5]]
    found = [deduplicate([text, other]).keep.to_pylist().count(False) for other in changed]
    assert sum(found) >= 19, f"{sum(found)} of {len(changed)} found"


@pytest.mark.parametrize("near", [Near(), Near(ngram=3, bands=6, rows=4)], ids=["usual", "few"])
@pytest.mark.parametrize("name", SCRIPTS)
def test_pairs_are_found_as_often_as_their_similarity_says(texts: dict[str, str], name: str, near: Near) -> None:
    """Of pairs with some of their words replaced as many meet as the S-curve of bands and rows says, within four
    standard deviations."""
    generator = np.random.default_rng(3)
    known = [
        word for word in sorted(set(segmentation.words(texts[name][:30_000]))) if len(segmentation.words(word)) == 1
    ]
    pairs = [changed(generator, known, replaced=1 + i % 12) for i in range(300)]
    expected = near.probability([jaccard(a, b, ngram=near.ngram) for a, b in pairs])
    clusters = deduplicate([text for pair in pairs for text in pair], near=near, exact=False).cluster.to_numpy()
    found = clusters[0::2] == clusters[1::2]
    spread = np.sqrt((expected * (1 - expected)).sum())
    assert abs(found.sum() - expected.sum()) <= 4 * spread + 1
    assert 30 < expected.sum() < 280  # the pairs are about where the curve rises


def changed(generator: np.random.Generator, known: Sequence[str], *, replaced: int) -> tuple[str, str]:
    """A text of 80 words by chance, and the same with some words replaced by others."""
    words = [known[i] for i in generator.integers(0, len(known), 80)]
    others = list(words)
    for place in generator.integers(0, 80, replaced):
        others[place] = known[generator.integers(0, len(known))]
    return " ".join(words), " ".join(others)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Ọ̀rọ̀ àgbà bí kò bá ṣẹ̀ láàárọ̀ yóò ṣẹ̀ lálẹ́ ọjọ́ náà", "Oro agba bi ko ba se laaro yoo se lale ojo naa"),
        ("má mà mạ mả mã ma lá là lạ lả lã la", "ma ma ma ma ma ma la la la la la la"),
        ("वह दिन में काम करता है और रात को पढ़ता है", "वह दीन मे काम करती हे ओर रात कि पढता हे"),
    ],
    ids=["Yoruba", "Vietnamese", "Hindi"],
)
def test_texts_that_differ_only_in_marks_differ(one: str, other: str) -> None:
    """Marks make other words: such texts share no band (defect D1), while the forms of one text share all."""
    assert deduplicate([one, other]).keep.to_pylist() == [True, True]


@given(st.lists(st.text("ab \n", max_size=12), max_size=12), st.randoms(use_true_random=False))
def test_what_is_kept_does_not_depend_on_the_order(texts: list[str], random: object) -> None:
    """Shuffled documents keep the same texts, and every text that is not kept has its like among those that are."""
    shuffled = list(texts)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    kept = [
        sorted(t for t, k in zip(some, deduplicate(some, near=None).keep.to_pylist(), strict=True) if k)
        for some in (texts, shuffled)
    ]
    folded = [sorted(" ".join(t.split()) for t in some) for some in kept]
    assert folded[0] == folded[1]
    assert {" ".join(t.split()) for t in texts} == set(folded[0])


def test_threads_and_batches_change_nothing(texts: dict[str, str]) -> None:
    """Two threads, chunks and slices give the same copies."""
    lines = [line for name in SCRIPTS for line in texts[name].split("\n")[:60]] * 2
    plain = deduplicate(lines)
    chunked = pa.chunked_array([pa.array(lines[:7]), pa.array(["x", *lines[7:]]).slice(1)])
    assert deduplicate(chunked, threads=2) == plain


def test_empty_and_wordless_texts_have_no_copies() -> None:
    """Nothing is equal to nothing (defects D4, D31, D32)."""
    assert deduplicate(["", "", None, None, "…", "…", "\n", "\n"]).keep.to_pylist() == [True] * 8
    assert deduplicate(["cat", "dog", "cat", "Cat "]).keep.to_pylist() == [False, True, False, True]
