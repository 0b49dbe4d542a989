"""What a classifier reads of a text in any script, where texts go, and how it is judged."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ginbon.errors import UserError
from ginbon.filters import words
from ginbon.filters.classifier.evaluate import average_precision, evaluate
from ginbon.filters.classifier.examples import part, read
from ginbon.filters.classifier.lines import SAMPLE_BYTES, lines
from ginbon.filters.classifier.train import Options
from ginbon.filters.rules import BoundRule
from ginbon.recipes import read as read_recipe
from ginbon.run.stages import classifiers_of, decide_stage, recipe_without_places

CASES = {
    "tha_Thai": ("ผมรักภาษาไทย และ ABC!", "ผม รัก ภาษา ไทย และ abc"),
    "jpn_Jpan": ("日本語のテキストです。", "日本語 の テキスト です"),
    "arb_Arab": ("النَّصُّ العربي، هنا؟", "النَّصُّ العربي هنا"),
    "fas_Arab": ("می\N{ZERO WIDTH NON-JOINER}خواهم.", "می\N{ZERO WIDTH NON-JOINER}خواهم"),
    "hin_Deva": ("हिन्दी में लिखा है।", "हिन्दी में लिखा है"),
    "amh_Ethi": ("ሰላም፡ለዓለም።", "ሰላም ለዓለም"),
    "por_Latn": ("ÁGUA, It's 3.14 – não?", "água it's 3.14 não"),
    "nqo_Nkoo": ("ߒߞߏ ߛߓߍߟߌ", "ߒߞߏ ߛߓߍߟߌ"),
}


@pytest.mark.parametrize("language", CASES)
def test_a_text_is_one_line_of_its_words_in_lower_case(language: str) -> None:
    text, line = CASES[language]
    assert lines(pa.array([text], pa.large_string()), language).to_pylist() == [line]


def test_a_text_cannot_label_itself_nor_end_its_line() -> None:
    found = lines(pa.array(["__label__positive a\n__label__negative b </s>"], pa.large_string()), "eng_Latn")
    assert "__label__" not in found[0].as_py()
    assert "\n" not in found[0].as_py() and "<" not in found[0].as_py()


def test_of_a_long_text_pieces_are_read_that_are_evenly_spread() -> None:
    text = " ".join(f"w{n}" for n in range(50_000))
    found = lines(pa.array([text], pa.large_string()), "eng_Latn")[0].as_py()
    assert len(found) <= SAMPLE_BYTES + 8
    numbers = [int(word[1:]) for word in found.split(" ") if word.startswith("w") and len(word) > 1]
    assert min(numbers) == 0 and max(numbers) > 49_900
    assert len({number // 10_000 for number in numbers}) == 5


@given(st.lists(st.one_of(st.none(), st.text(max_size=40)), max_size=8))
def test_a_line_has_the_words_of_its_text_whatever_stands_beside_it(texts: list[str | None]) -> None:
    texts = [None if t is None else t.encode("utf-8", "replace").decode() for t in texts]
    found = lines(pa.array(texts, pa.large_string()), "und").to_pylist()
    for text, line in zip(texts, found, strict=True):
        alone = pa.array([" ".join(words.words(text or ""))], pa.large_string())
        assert line == pa.compute.utf8_lower(alone)[0].as_py().replace("_", " ")


def batch(texts: list[str]) -> pa.RecordBatch:
    ids = [str(n) for n in range(len(texts))]
    return pa.RecordBatch.from_pydict({"id": pa.array(ids), "text": pa.array(texts, pa.large_string())})


def test_a_text_is_on_one_side_once_and_not_at_all_where_both_classes_have_it(tmp_path: Path) -> None:
    """Case, spaces and punctuation do not make another text."""
    good = [f"good text number {n}" for n in range(300)]
    bad = [f"bad text number {n}" for n in range(200)]
    positive = read([batch(good), batch(["Good  text, number 7!", "...", ""])], "eng_Latn", tmp_path / "p", None)
    negative = read([batch([*bad, "GOOD TEXT NUMBER 8", "bad text number 1"])], "eng_Latn", tmp_path / "n", None)
    found = part(positive, negative, held_out=0.2, seed=1)
    sides = [
        [
            (line, bool(label))
            for lines_, labels in side.batches()
            for line, label in zip(lines_.to_pylist(), labels, strict=True)
        ]
        for side in (found.train, found.held_out)
    ]
    assert (positive.documents, positive.wordless, found.copies, found.in_both) == (303, 2, (1, 1), 1)
    assert Counter(sides[0] + sides[1]) == Counter(
        [(text, True) for text in good if text != "good text number 8"] + [(text, False) for text in bad]
    )
    assert 60 < len(found.held_out) < 140
    again = part(positive, negative, held_out=0.2, seed=2)
    assert set(again.held_out.rows) != set(found.held_out.rows)


def test_figures_of_a_threshold_are_those_counted_by_hand() -> None:
    scores = np.array([0.9, 0.8, 0.6, 0.2, 0.7, 0.1], np.float32)
    positive = np.array([True, True, True, True, False, False])
    found = {at.threshold: at for at in evaluate(scores, positive).at}
    assert (found[0.5].precision.hits, found[0.5].precision.of) == (3, 4)
    assert (found[0.5].recall.hits, found[0.5].recall.of) == (3, 4)
    assert (found[0.5].passed.hits, found[0.5].passed.of) == (1, 2)
    assert found[0.95].precision.of == 0


def test_average_precision_is_that_of_a_plain_count() -> None:
    def plain(scores: list[float], positive: list[bool]) -> float:
        total, before = 0.0, 0
        for cut in sorted(set(scores), reverse=True):
            hits = sum(p for s, p in zip(scores, positive, strict=True) if s >= cut)
            total += (hits - before) / sum(positive) * hits / sum(s >= cut for s in scores)
            before = hits
        return total

    chance = np.random.default_rng(1)
    for _ in range(20):
        scores = (chance.integers(0, 8, 30) / 8).astype(np.float32)
        positive = chance.random(30) < 0.4
        positive[0] = True
        assert average_precision(scores, positive) == pytest.approx(plain(scores.tolist(), positive.tolist()))
    assert average_precision(np.array([0.9, 0.1], np.float32), np.array([True, False])) == 1.0
    assert average_precision(np.zeros(0, np.float32), np.zeros(0, bool)) == 0.0


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (Options(dimensions=0), "dimensions is 1 or more"),
        (Options(learning_rate=0), "learning rate"),
        (Options(held_out=1), "held-out share"),
        (Options(seed=-1), "seed"),
    ],
)
def test_options_that_make_no_sense_are_refused(options: Options, said: str) -> None:
    with pytest.raises(UserError, match=said):
        options.check()


def test_a_classifier_scores_the_languages_that_it_is_for_and_decides_only_with_keep_from() -> None:
    recipe = read_recipe(
        "recipe: x\nlanguages: {tha: , por: }\nsources: {s: {collector: text, paths: [x]}}\nclassifiers:\n"
        f"- {{name: soft, model: s.bin, sha256: {'a' * 64}}}\n"
        f"- {{name: hard, model: h.bin, sha256: {'b' * 64}, languages: [th], keep_from: 0.25}}\n",
        file=Path("recipe.yaml"),
    )
    found = {label: [c.column for c in classifiers_of(recipe, label)] for label in recipe.languages}
    assert found == {"tha_Thai": ["classify/soft", "classify/hard"], "por_Latn": ["classify/soft"]}
    rules = {
        label: [r for r in rules if r.signal.startswith("classify/")]
        for label, rules in decide_stage(recipe).rules.items()
    }
    assert rules == {
        "tha_Thai": [BoundRule("classifier-hard", "classify/hard", ">=", 0.25, None, "recipe")],
        "por_Latn": [],
    }
    places = recipe_without_places(recipe)["classifiers"]
    assert [c["sha256"][0] for c in places] == ["a", "b"] and not any("model" in c for c in places)


def test_a_recipe_tells_two_classifiers_of_a_name_and_languages_that_it_has_not() -> None:
    entry = f"{{name: q, model: q.bin, sha256: {'a' * 64}, languages: [hin]}}"
    head = "recipe: x\nlanguages: {tha: }\nsources: {s: {collector: text, paths: [x]}}\n"
    with pytest.raises(
        UserError, match=r"(?s)hin_Deva is none of the recipe's languages.*two classifiers are called 'q'"
    ):
        read_recipe(f"{head}classifiers: [{entry}, {entry}]\n", file=Path("recipe.yaml"))
