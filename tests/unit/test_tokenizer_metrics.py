"""Every metric gives what its page works out by hand, and says so where there is nothing to measure."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from toy_tokenizer import Toy

from ginbon.tokenizers.metrics import METRICS, Measures, join, measure
from ginbon.tokenizers.metrics.page import page
from ginbon.tokenizers.protocol import TextColumn
from ginbon.tokenizers.units import REPLICATES, splitmix64, sums_of_units, weights


def measured(tokenizer: Toy, *texts: str, language: str = "eng_Latn") -> Measures:
    return measure(tokenizer, TextColumn(list(texts)), language)


def value(metric: str, measures: Measures) -> float | None:
    return METRICS[metric].compute(measures).value


def test_fertility_of_the_cat_sat_is_four_thirds() -> None:
    assert value("fertility", measured(Toy("The", " cat", " sat", "."), "The cat sat.")) == 4 / 3


def test_bytes_per_token_of_the_cat_sat_is_three() -> None:
    assert value("bytes-per-token", measured(Toy("The", " cat", " sat", "."), "The cat sat.")) == 3


def test_chars_per_token_counts_code_points() -> None:
    found = measured(Toy("नम", "स्ते"), "नमस्ते", language="hin_Deva")
    assert value("chars-per-token", found) == 3
    assert value("bytes-per-token", found) == 9


def test_a_word_is_continued_where_a_token_begins_inside_it() -> None:
    found = measured(Toy("The", " ca", "t", " sat", "."), "The cat sat.")
    assert value("continued-words", found) == 1 / 3


def test_a_token_that_spans_two_words_continues_neither() -> None:
    assert value("continued-words", measured(Toy("The cat", " sat."), "The cat sat.")) == 0


def test_thai_words_are_those_of_the_dictionary_not_of_blanks() -> None:
    found = measured(Toy("แม่น้ำ", "ไหล", "ลง", "สู่", "ทะเล"), "แม่น้ำไหลลงสู่ทะเล", language="tha_Thai")
    assert found.total("words") == 5
    assert value("fertility", found) == 1
    assert value("continued-words", found) == 0


def test_unknown_rate_and_lost_text_stand_for_what_no_piece_covers() -> None:
    found = measured(Toy("cat", " "), "cat ☃")
    assert value("unknown-rate", found) == 1 / 3
    assert value("lost-text", found) == 3 / 6
    assert value("round-trip", found) == 0


def test_lone_bytes_of_a_character_count_and_whole_characters_of_one_byte_do_not() -> None:
    found = measured(Toy("a", b"\xc3", b"\xa9"), "aé")
    assert value("byte-fallback-rate", found) == 2 / 3
    assert value("byte-fallback-rate", measured(Toy("a", b"\n"), "a\na")) == 0


def test_round_trip_counts_documents() -> None:
    assert value("round-trip", measured(Toy("a", " ", "b", squeezes=True), "a b", "a  b")) == 1 / 2


def test_vocabulary_use_counts_different_ids_over_all_documents() -> None:
    toy = Toy("the", " cat", " the", size=10)
    assert value("vocabulary-use", measured(toy, "the cat the")) == 3 / 10
    assert value("vocabulary-use", measured(toy, "the cat", "the the")) == 3 / 10


def test_a_document_whose_tokens_have_no_place_leaves_continued_words_alone() -> None:
    found = measured(Toy("a", "b"), "ab", "a☃ b")
    assert found.columns["placed_words"].tolist() == [1, 0]
    assert found.columns["words"].tolist() == [1, 2]
    assert value("continued-words", found) == 1


@pytest.mark.parametrize("metric", sorted(METRICS))
def test_no_text_gives_no_figure_and_no_error(metric: str) -> None:
    estimate = METRICS[metric].compute(measured(Toy("a", size=2)))
    assert (estimate.low, estimate.high, estimate.n) == (None, None, 0)
    assert estimate.value in (None, 0)  # of nothing, 0 of 2 ids are used; nothing else can be said


NOTHING_TO_SAY = {
    "split-floor": "the toy has no split pattern",
    "grapheme-cuts": "one token has no boundary",
    "char-cuts": "one token has no boundary",
    "renyi-efficiency": "one kind of token is neither even nor uneven",
    **dict.fromkeys(
        ("premium", "byte-premium", "premium-over-bytes", "premium-floor", "pre-token-premium"), "there is no pivot"
    ),
}


@pytest.mark.parametrize("metric", sorted(set(METRICS) - set(NOTHING_TO_SAY)))
def test_one_document_has_a_figure_and_no_interval(metric: str) -> None:
    estimate = METRICS[metric].compute(measured(Toy("a"), "a"))
    assert estimate.value is not None
    assert (estimate.low, estimate.high, estimate.n) == (None, None, 1)


@pytest.mark.parametrize("metric", sorted(NOTHING_TO_SAY))
def test_one_token_gives_no_figure_where_there_is_nothing_to_measure(metric: str) -> None:
    assert METRICS[metric].compute(measured(Toy("a"), "a")).value is None


def test_empty_documents_have_no_words_and_cost_nothing() -> None:
    found = measured(Toy("a"), "", "")
    assert value("fertility", found) is None
    assert value("round-trip", found) == 1


def test_an_interval_holds_its_value_and_narrows_with_more_documents() -> None:
    toy = Toy("a", "aa", " ", "b")
    texts = ["a b", "aa b", "aaa b b", "b", "aaaa aa", "a", "b b b", "aaaaa"]
    few = METRICS["fertility"].compute(measured(toy, *texts))
    many = METRICS["fertility"].compute(measured(toy, *texts * 40))
    assert few.value == many.value
    assert few.low is not None and few.high is not None and many.low is not None and many.high is not None
    assert few.low < few.value < few.high  # type: ignore[operator]
    assert many.high - many.low < (few.high - few.low) / 3


def test_interval_agrees_with_the_normal_approximation() -> None:
    """For a mean of many independent documents the bootstrap is the textbook interval."""
    counts = splitmix64(np.arange(500, dtype=np.uint64), 7) % np.uint64(9) + np.uint64(1)
    found = measured(Toy("a"), *("a" * int(n) for n in counts))
    estimate = METRICS["fertility"].compute(found)  # one word a document: a plain mean
    error = 1.96 * counts.astype(float).std(ddof=1) / np.sqrt(500)
    assert estimate.value == counts.astype(float).mean()
    assert estimate.high - estimate.low == pytest.approx(2 * error, rel=0.1)  # type: ignore[operator]


def test_measuring_in_batches_is_measuring_at_once() -> None:
    toy = Toy("a", " ", "b")
    texts = ["a b", "ba", "☃", "", "b b"]
    whole = measured(toy, *texts)
    parts = join([measured(toy, *texts[a:b]) for a, b in pairwise([0, 2, 3, 5])])
    for name, metric in METRICS.items():
        assert metric.compute(parts) == metric.compute(whole), name


def test_draws_are_fixed_for_all_time() -> None:
    """A change here changes every interval ever published: the values are those of SplitMix64 as in its paper."""
    assert splitmix64(np.array([1], np.uint64), 0)[0] == 0xE220A8397B1DCDAF  # first output of state 0
    drawn = weights(5, 1)
    assert drawn.shape == (REPLICATES, 5)
    assert (drawn.sum(axis=1) == 5).all()
    assert drawn[:2].tolist() == weights(5, 1)[:2].tolist() != weights(5, 2)[:2].tolist()


def test_many_documents_are_dealt_into_units_that_lose_none() -> None:
    counts = np.arange(10_000, dtype=np.int64)
    assert sums_of_units(counts).sum() == counts.sum()
    assert len(sums_of_units(counts)) == 2_048


def test_the_reference_page_is_what_the_code_says() -> None:
    written = Path(__file__).parents[2] / "docs" / "reference" / "metrics.md"
    if not written.exists():
        pytest.skip("no docs beside the tests (an installed package)")
    assert written.read_text(encoding="utf-8") == page(), "run python -m ginbon.tokenizers.metrics.page"
