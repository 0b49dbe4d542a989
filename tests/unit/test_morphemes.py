"""Alignment with gold morphemes: where words that are cut are cut; what is dropped is counted."""

from __future__ import annotations

from pathlib import Path

import pytest
from toy_tokenizer import Toy

from ginbon.errors import UserError
from ginbon.tokenizers import load
from ginbon.tokenizers.metrics import MORPHEME_METRICS
from ginbon.tokenizers.metrics.morphemes import Gold, measure_morphemes, read_gold

ALDIZ = Gold.of([("aldiz", ["aldi", "z"])])


def values(toy: Toy, gold: Gold, before: str = " ") -> dict[str, float | None]:
    found = measure_morphemes(toy, gold, before=before)
    return {name: metric.compute(found).value for name, metric in MORPHEME_METRICS.items()}


def test_a_cut_between_morphemes_hits_and_one_beside_misses() -> None:
    hit, missed = values(Toy(" ", "aldi", "z"), ALDIZ), values(Toy(" ", "al", "diz"), ALDIZ)
    assert hit == {"morpheme-alignment": 1, "morpheme-precision": 1, "morphemes-dropped": 0}
    assert missed == {"morpheme-alignment": 0, "morpheme-precision": 0, "morphemes-dropped": 0}


def test_a_whole_word_is_dropped_and_said_to_be() -> None:
    found = values(Toy(" aldiz"), ALDIZ)
    assert found == {"morpheme-alignment": None, "morpheme-precision": None, "morphemes-dropped": 1}


def test_cutting_everywhere_aligns_and_is_not_precise() -> None:
    found = values(Toy(" ", *"aldiz"), ALDIZ)
    assert found == {"morpheme-alignment": 1, "morpheme-precision": 1 / 4, "morphemes-dropped": 0}


def test_places_are_characters_whatever_their_bytes() -> None:
    gold = Gold.of([("үерлэх", ["үер", "лэх"]), ("ngrsay", ["ngr", "say"])])
    assert values(Toy(" ", "үер", "лэх", "ng", "rsay"), gold)["morpheme-alignment"] == 1 / 2


def test_scripts_without_spaces_are_encoded_without_one() -> None:
    assert values(Toy("ဝါသ", "နာ"), Gold.of([("ဝါသနာ", ["ဝါသ", "နာ"])]), before="")["morpheme-alignment"] == 1


def test_no_gold_words_give_no_figure() -> None:
    assert set(values(Toy("a"), Gold.of([])).values()) == {None}


def test_both_kinds_of_gold_files_are_read_and_what_is_no_use_is_counted(tmp_path: Path) -> None:
    path = tmp_path / "gold.tsv"
    path.write_text(
        "abych\taby @@ch\naceton\tacet on\nцууны\tцуу @@ы\t100\nхөөс\tхөөс\t000\naxial\tabaxial\tJ\tJ\tab\tprefix\n"
    )
    gold = read_gold(path)
    assert gold.words == ("abych", "aceton", "abaxial")
    assert gold.seams == ((3,), (4,), (2,))
    assert (gold.unspelled, gold.simple) == (1, 1)


def test_a_line_that_is_no_gold_is_named(tmp_path: Path) -> None:
    path = tmp_path / "gold.tsv"
    path.write_text("aldiz\taldi @@z\na sentence\twith @@s\n")
    with pytest.raises(UserError, match=r"gold\.tsv:2:1: expected a word"):
        read_gold(path)


def test_published_gold_and_a_published_vocabulary_agree_with_plain_counting(shared_data: Path) -> None:
    path = shared_data / "fixtures" / "morph" / "ces.word.dev.tsv"
    if not path.exists():
        pytest.skip("no gold morphemes in the shared data")
    try:
        tokenizer = load("cl100k_base")
    except UserError:
        pytest.skip("the vocabulary cl100k_base is not on this machine")
    gold = read_gold(path)
    assert len(gold.words) + gold.unspelled + gold.simple == 4_000
    words, cut, seams, hits = 0, 0, 0, 0
    for word, places in zip(gold.words, gold.seams, strict=True):
        pieces = [tokenizer.vocabulary.pieces[i] for i in tokenizer.encode(" " + word)]  # type: ignore[attr-defined]
        ends = {sum(map(len, pieces[:i])) - 1 for i in range(1, len(pieces))} - {0}
        words += 1
        if ends:
            cut += 1
            seams += len(places)
            hits += len(ends & {len(word[:at].encode()) for at in places})
    found = measure_morphemes(tokenizer, gold)
    assert (found.total("gold_words"), found.total("gold_cut_words")) == (words, cut)
    assert (found.total("gold_seams"), found.total("gold_hits")) == (seams, hits)
