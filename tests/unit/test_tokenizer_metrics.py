"""Every metric gives what its page works out by hand, and says so where there is nothing to measure."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from tokens_reference import renyi_efficiency
from toy_tokenizer import Toy

from ginbon.errors import UserError
from ginbon.tokenizers import load
from ginbon.tokenizers.metrics import METRICS, Measures, join, measure
from ginbon.tokenizers.metrics.encode_speed import encode_speed
from ginbon.tokenizers.metrics.page import page
from ginbon.tokenizers.protocol import Encoded, Int64s, PreTokens, TextColumn
from ginbon.tokenizers.spelling import Spelling
from ginbon.tokenizers.splitting import split_by_regex
from ginbon.tokenizers.units import REPLICATES, splitmix64, weights


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


def test_tokens_per_char_and_per_byte() -> None:
    found = measured(Toy("नम", "स्ते"), "नमस्ते", language="hin_Deva")
    assert value("tokens-per-char", found) == 2 / 6
    assert value("tokens-per-byte", found) == 2 / 18


def test_a_word_survives_as_one_token_with_its_space_or_full_stop() -> None:
    assert value("single-token-words", measured(Toy("The", " ca", "t", " sat", "."), "The cat sat.")) == 2 / 3
    assert value("single-token-words", measured(Toy("The", " cat", " sat."), "The cat sat.")) == 1


def test_a_token_that_spans_two_words_is_neithers_own() -> None:
    found = measured(Toy("The cat", " sat."), "The cat sat.")
    assert value("single-token-words", found) == 1 / 3
    assert value("continued-words", found) == 0


def test_words_side_by_side_without_spaces_are_told_apart() -> None:
    found = measured(Toy("แม่น้ำ", "ไหลลง", "สู่", "ทะเล"), "แม่น้ำไหลลงสู่ทะเล", language="tha_Thai")
    assert value("single-token-words", found) == 3 / 5


def test_a_word_that_became_unknown_has_not_survived() -> None:
    tokenizer = Placed("cat", " ")
    found = measure(tokenizer, TextColumn(["cat я"]), "eng_Latn")
    assert found.columns["placed_words"].tolist() == [2]
    assert value("single-token-words", found) == 1 / 2


class Placed(Toy):
    """A toy that tells where its tokens begin although one is unknown: each is as long as its piece, or two bytes."""

    def starts(self, texts: TextColumn, encoded: Encoded, spelled: Spelling | None = None) -> Int64s:
        sizes = np.where(self.vocabulary.lengths[encoded.ids] > 0, self.vocabulary.lengths[encoded.ids], 2)
        return np.cumsum(sizes) - sizes


def test_boundaries_inside_graphemes_and_inside_characters_are_told_apart() -> None:
    """क + ि is one grapheme of two characters; the second boundary cuts it, the third lies inside a character."""
    found = measured(Toy("a", "क", b"\xe0\xa4", b"\xbf"), "aकि")
    assert found.columns["boundaries"].tolist() == [3]
    assert value("grapheme-cuts", found) == 2 / 3
    assert value("char-cuts", found) == 1 / 3


@pytest.mark.parametrize(
    "text", ["👩\N{ZERO WIDTH JOINER}🔥", "🇧🇷", "❤\N{VARIATION SELECTOR-16}", "e\N{COMBINING ACUTE ACCENT}"]
)
def test_what_readers_take_for_one_character_is_cut_wherever_it_is_cut(text: str) -> None:
    assert value("grapheme-cuts", measured(Toy(*text), text)) == 1
    assert value("char-cuts", measured(Toy(*text), text)) == 0


def test_fragments_are_tokens_that_are_no_text_by_themselves() -> None:
    assert value("byte-fragment-rate", measured(Toy(b"a\xe0", b"\xa4\x95"), "aक")) == 1
    assert value("byte-fragment-rate", measured(Toy("a", b"\xe0\xa4", b"\x95"), "aक")) == 2 / 3
    assert value("byte-fragment-rate", measured(Toy("a", "क"), "aक")) == 0


def test_renyi_efficiency_of_the_authors_example() -> None:
    """0.8265 at order 2.5; their README shows 0.8031 for it, which is the value at order 3."""
    tokens = ["pick", "@@ed", "pick", "@@l", "@@ed", "pick", "@@les"]
    assert renyi_efficiency(tokens) == pytest.approx(0.8265, abs=5e-5)
    assert renyi_efficiency(tokens, 3) == pytest.approx(0.8031, abs=6e-5)
    toy = Toy("A", "B", "C", "D")
    assert value("renyi-efficiency", measured(toy, "ABACBAD")) == pytest.approx(renyi_efficiency(tokens), abs=1e-12)
    assert value("renyi-efficiency", measured(toy, "ABCD", "DCBA")) == pytest.approx(1)


def test_renyi_efficiency_is_that_of_the_authors_scorer() -> None:
    scorer = pytest.importorskip("tokenization_scorer")
    text = "the cat sat on the mat and the dog sat on the cat"
    theirs = scorer.score([" ".join(text.replace(" ", "_"))], metric="renyi", power=2.5)
    found = measured(Toy(*sorted(set(text))), text)
    assert value("renyi-efficiency", found) == pytest.approx(theirs, abs=1e-12)


def test_draws_of_tokens_are_those_of_the_documents_they_are_in() -> None:
    """Each replicate's different tokens, tokens and powers, counted again from the drawn documents."""
    texts = ["aab", "bcc", "d", "aaaa", ""]
    found = measured(Toy("a", "b", "c", "d"), *texts)
    drawn = found.drawn_types
    for replicate, times in list(enumerate(weights(5, 1).astype(int)))[:50]:
        held = Counter("".join(text * n for text, n in zip(texts, times, strict=True)))
        assert drawn.different[replicate] == len(held)
        assert drawn.tokens[replicate] == held.total()
        assert drawn.powers[replicate] == pytest.approx(sum(n**2.5 for n in held.values()))


@pytest.mark.parametrize("metric", ["renyi-efficiency", "vocabulary-use", "grapheme-cuts", "single-token-words"])
def test_several_documents_have_an_interval_that_holds_the_figure(metric: str) -> None:
    found = measured(Toy("aa", "a", "b", " ", "\u0301"), *["aa b", "b a\u0301 ab", "ab b", "aa aa", "b aab"] * 3)
    estimate = METRICS[metric].compute(found)
    assert estimate.low is not None and estimate.high is not None and estimate.value is not None
    assert estimate.low <= estimate.value <= estimate.high
    assert estimate.low < estimate.high


class Folding(Toy):
    """A toy that folds case before it encodes."""

    def normalise(self, texts: TextColumn) -> TextColumn:
        return TextColumn([text.lower() for text in texts.strings])

    def pre_tokens(self, texts: TextColumn) -> PreTokens:
        return split_by_regex(self.normalise(texts), r"\S+|\s+")


def test_changes_by_normalisation_are_documents_and_characters_by_kind() -> None:
    found = measured(Folding("a", "b"), "Ab", "ab", "AB")
    assert value("changed-by-normalisation", found) == 2 / 3
    assert value("changed-chars", found) == 3 / 6
    assert found.total("case_chars") == 3
    assert found.total("composed_chars") == 0


def test_the_split_floor_is_pre_tokens_per_word() -> None:
    found = measured(Folding("a", "b", " "), "a b  ab", "b")
    assert found.columns["pre_tokens"].tolist() == [5, 1]
    assert value("split-floor", found) == 6 / 4


HINDI, ENGLISH = "भारत एक विशाल देश है।", "India is a vast country."


@pytest.mark.parametrize(
    ("name", "tokens", "char_cuts", "grapheme_cuts", "pre_tokens", "whole"),
    [("cl100k_base", 23, 10, 15, 10, 0), ("llama-3.1", 10, 0, 5, 10, 1), ("o200k_base", 6, 0, 0, 6, 5)],
)
def test_the_sentence_of_the_pages_examples(
    name: str, tokens: int, char_cuts: int, grapheme_cuts: int, pre_tokens: int, whole: int
) -> None:
    try:
        tokenizer = load(name)
    except UserError:
        pytest.skip(f"the vocabulary {name} is not on this machine")
    found = measure(tokenizer, TextColumn([HINDI]), "hin_Deva")
    assert tokenizer.count_batch(TextColumn([HINDI, ENGLISH])).tolist() == [tokens, 6]
    assert value("fertility", found) == tokens / 5
    assert value("tokens-per-char", found) == tokens / 21
    assert value("tokens-per-byte", found) == tokens / 55
    assert value("char-cuts", found) == char_cuts / (tokens - 1)
    assert value("grapheme-cuts", found) == grapheme_cuts / (tokens - 1)
    assert value("split-floor", found) == pre_tokens / 5
    assert value("single-token-words", found) == whole / 5


def test_text_that_no_token_covers_has_no_cuts_and_is_lost() -> None:
    found = measured(Toy("x"), "नमस्ते", language="hin_Deva")
    assert value("unknown-rate", found) == 1
    assert value("lost-text", found) == 1
    assert value("grapheme-cuts", found) is None
    assert value("single-token-words", found) is None


def test_speed_is_the_median_of_several_rounds() -> None:
    ticks = iter([0.0, 0.010, 1.0, 1.020, 2.0, 2.012])
    speed = encode_speed(Toy("a"), TextColumn(["a" * 50_000]), rounds=3, clock=lambda: next(ticks))
    assert speed.value == pytest.approx(50_000 / 1e6 / 0.012)
    assert speed.low == pytest.approx(2.5) and speed.high == pytest.approx(5)
    assert encode_speed(Toy("a"), TextColumn([]), rounds=2).value is None


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


def test_the_reference_page_is_what_the_code_says() -> None:
    written = Path(__file__).parents[2] / "docs" / "reference" / "metrics.md"
    if not written.exists():
        pytest.skip("no docs beside the tests (an installed package)")
    assert written.read_text(encoding="utf-8") == page(), "run python -m ginbon.tokenizers.metrics.page"
