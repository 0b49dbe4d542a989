"""No figure that a tokenizer earned by losing text is shown, and none without what it hides."""

from __future__ import annotations

import io
from pathlib import Path

from toy_tokenizer import Toy

from ginbon.corpus.readers.codecs import zstd
from ginbon.tokenizers.backends.sentencepiece import SentencePieceTokenizer
from ginbon.tokenizers.metrics import HONESTY, METRICS, Estimate, measure, shown
from ginbon.tokenizers.metrics.honesty import collapse
from ginbon.tokenizers.protocol import TextColumn, Tokenizer


def estimates(tokenizer: Tokenizer, texts: list[str], language: str = "eng_Latn") -> dict[str, Estimate]:
    found = measure(tokenizer, TextColumn(texts), language)
    return {name: metric.compute(found) for name, metric in METRICS.items()}


def lines(folder: Path, language: str) -> list[str]:
    data = (folder / "parallel" / f"{language}.txt.zst").read_bytes()
    return zstd().decompress(data).decode("utf-8").rstrip("\n").split("\n")


def test_a_sound_tokenizer_shows_everything() -> None:
    found = estimates(Toy("the", " cat"), ["the cat", "the"])
    assert collapse(found) == ""
    assert shown(found, words="UAX #29").figures == found
    assert shown(found, words="UAX #29").hidden == {}


def test_a_collapsed_one_shows_what_it_does_to_text_and_nothing_that_it_gained_by_it() -> None:
    found = estimates(Toy("the", " "), ["the cat", "the"])
    picked = shown(found, words="UAX #29")
    assert set(HONESTY) <= picked.figures.keys()
    assert "fertility" not in picked.figures and "bytes-per-token" not in picked.figures
    assert "% of the tokens are unknown" in picked.hidden["fertility"]


def test_nothing_is_shown_where_what_it_hides_was_not_measured() -> None:
    found = estimates(Toy("the", " cat"), ["the cat"])
    del found["round-trip"]
    picked = shown(found, words="UAX #29")
    assert picked.hidden["fertility"] == "not without round-trip"
    assert picked.figures.keys() <= {"unknown-rate", "lost-text", "changed-by-normalisation", "changed-chars"} | {
        "byte-premium",
        "split-floor",
        "premium-floor",
    }


def test_nothing_per_word_is_shown_to_who_does_not_know_what_a_word_is() -> None:
    picked = shown(estimates(Toy("the", " cat"), ["the cat"]), words="")
    assert "fertility" in picked.hidden and "split-floor" in picked.hidden
    assert "tokens-per-char" in picked.figures


def test_the_english_model_that_looks_four_times_thriftier_in_thai_is_caught(shared_data: Path) -> None:
    """SentencePiece, unigram, 3,000 pieces, no byte fallback, its defaults: trained on English, given Thai."""
    import sentencepiece

    english, thai = lines(shared_data, "flores/eng_Latn"), lines(shared_data, "flores/tha_Thai")
    learned = english + lines(shared_data, "ntrex/eng_Latn_US")
    model = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(learned), model_writer=model, vocab_size=3_000, model_type="unigram", minloglevel=2
    )
    tokenizer = SentencePieceTokenizer("english", "0", model.getvalue())
    counted = tokenizer.count_batch(TextColumn(thai)).sum() / tokenizer.count_batch(TextColumn(english)).sum()
    found = estimates(tokenizer, thai, "tha_Thai")
    assert counted < 0.4  # what a premium would be if it were believed
    assert found["unknown-rate"].value > 0.3  # type: ignore[operator]
    assert "of the tokens are unknown" in collapse(found)
    assert "fertility" in shown(found, words="UAX #29").hidden
    assert collapse(estimates(tokenizer, english)) == ""
    assert "has-unknown" in {oddity.code for oddity in tokenizer.oddities}
