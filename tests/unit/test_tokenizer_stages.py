"""A recipe's tokenizers become stages; what it names and this machine has not is a mistake of the recipe."""

from __future__ import annotations

import pickle
import re
from pathlib import Path

import pytest

from ginbon.errors import RecipeError
from ginbon.recipes import read
from ginbon.run.checking import check
from ginbon.tokenizers.building import build_tokenizer_stages
from ginbon.tokenizers.counts import write
from ginbon.tokenizers.counts.gathering import gather
from ginbon.tokenizers.counts.stages import Count, MergeCounts
from ginbon.tokenizers.extension.stage import Extend
from ginbon.tokenizers.patterns import CL100K
from ginbon.tokenizers.stages import Compare, Measure
from ginbon.tokenizers.sweep.stage import SweepStage
from ginbon.tokenizers.training.stage import Train

RECIPE = """\
recipe: tiny
languages: {por_Latn: }
sources:
  one: {collector: text, paths: [texts/*.txt]}
seed: 5
tokenizers:
"""
TRAINED = """\
  train:
    - {name: ours, kind: sentencepiece-unigram, vocabulary: 8000, weights: {one: 2},
       languages: [por_Latn], special_tokens: ["<|tool|>"]}
    - {name: bytes, kind: byte-bpe}
"""


@pytest.fixture(autouse=True)
def _no_caches(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("GINBON_DATA", "HOME", "TIKTOKEN_CACHE_DIR"):
        monkeypatch.setenv(name, str(tmp_path))


def test_a_recipe_without_tokenizers_has_no_stages() -> None:
    assert build_tokenizer_stages(read(RECIPE + "  compare: []\n")) == []


def test_what_the_recipe_says_reaches_the_stages_and_names_stay_distinct() -> None:
    recipe = read(RECIPE + TRAINED + "  compare: [bytes, chars]\n")
    count, merge, train, measure, compare = build_tokenizer_stages(recipe)
    assert isinstance(count, Count) and isinstance(merge, MergeCounts)
    assert isinstance(train, Train) and isinstance(measure, Measure) and isinstance(compare, Compare)
    assert train.outputs == ("tokenizers/ours", "tokenizers/bytes")
    ours = train.plans[0]
    assert (ours.kind, ours.vocabulary, ours.languages) == ("sentencepiece-unigram", 8_000, ("por_Latn",))
    assert (ours.balance, ours.weights, ours.special_tokens) == (0.3, {"one": 2.0}, ("<|tool|>",))
    assert measure.own == ("ours", "bytes")
    assert [one.name for one in measure.others] == ["bytes-2", "chars"]


def test_stages_can_be_sent_to_workers() -> None:
    stages = build_tokenizer_stages(read(RECIPE + TRAINED + "  compare: [chars]\n"))
    assert pickle.loads(pickle.dumps(stages)) == stages


def test_files_are_looked_for_beside_the_recipe(tmp_path: Path) -> None:
    (tmp_path / "here").mkdir()
    (tmp_path / "here/tokenizer.json").write_text('{"version": "1.0"}')
    recipe = read(RECIPE + "  compare: [here]\n", file=tmp_path / "recipe.yaml")
    measure = build_tokenizer_stages(recipe)[0]
    assert isinstance(measure, Measure)
    assert [(one.name, one.path) for one in measure.others] == [("here", tmp_path / "here/tokenizer.json")]


def test_every_tokenizer_that_is_not_here_is_told_at_its_place_in_the_recipe() -> None:
    with pytest.raises(RecipeError) as caught:
        build_tokenizer_stages(read(RECIPE + "  compare:\n    - o200k_base\n    - chars\n    - nowhere.json\n"))
    assert [(m.line, m.column) for m in caught.value.mistakes] == [(8, 7), (10, 7)]
    assert "its rank file is not on this machine" in str(caught.value)
    assert "nowhere.json: no such file or folder" in str(caught.value)


def test_counts_and_extensions_of_a_recipe_become_stages(tmp_path: Path) -> None:
    (tmp_path / "theirs.txt").write_text("o rio\n")
    write(gather([tmp_path / "theirs.txt"]), tmp_path / "theirs.parquet")
    (tmp_path / "partner").mkdir()
    (tmp_path / "partner/tokenizer.json").write_text('{"version": "1.0"}')
    text = RECIPE + TRAINED + "  counts: [theirs.parquet]\n  share_counts: 5\n"
    text += "  extend:\n    - {name: more, base: partner, language: por_Latn, tokens: 500, split: keep}\n"
    stages = build_tokenizer_stages(read(text, file=tmp_path / "recipe.yaml"))
    assert [s.name for s in stages] == [
        "count", "share-counts", "merge-counts", "train", "extend", "measure", "compare",
    ]  # fmt: skip
    merge, extend, measure = stages[2], stages[4], stages[5]
    assert isinstance(merge, MergeCounts) and merge.others[0].path == tmp_path / "theirs.parquet"
    assert isinstance(extend, Extend) and extend.outputs == ("tokenizers/more",)
    assert (extend.plans[0].base.path, extend.plans[0].tokens) == (tmp_path / "partner/tokenizer.json", 500)
    assert isinstance(measure, Measure) and measure.own == ("ours", "bytes", "more")


def test_a_sweep_of_a_recipe_is_a_stage_behind_its_counts() -> None:
    text = RECIPE + "  sweep: {vocabularies: [8000, 16000], balances: [0.3, 1], patterns: [ginbon, ginbon+case]}\n"
    stages = build_tokenizer_stages(read(text))
    assert [s.name for s in stages] == ["count", "merge-counts", "sweep"]
    assert isinstance(stages[2], SweepStage)
    assert len(stages[2].options.arms()) == 2 * 2 * 2 * 2
    for wrong, message in (("patterns: [o200k]", "o200k"), ("languages: [hin_Deva]", "none of the recipe's languages")):
        with pytest.raises(RecipeError, match=message):
            read(RECIPE + f"  sweep: {{{wrong}}}\n")


def test_what_counts_and_extensions_need_is_told_at_its_place(tmp_path: Path) -> None:
    text = RECIPE + TRAINED + "  counts: [theirs.parquet]\n"
    with pytest.raises(RecipeError, match=r"theirs\.parquet") as caught:
        build_tokenizer_stages(read(text, file=tmp_path / "recipe.yaml"))
    assert caught.value.mistakes[0].line == 11
    text = RECIPE + "  extend:\n    - {name: more, base: nowhere, language: por_Latn, tokens: 5, parallel: [gone]}\n"
    with pytest.raises(RecipeError, match="nowhere"):
        build_tokenizer_stages(read(text, file=tmp_path / "recipe.yaml"))
    with pytest.raises(RecipeError, match="hin_Deva is none of the recipe's languages"):
        read(RECIPE + "  extend:\n    - {name: more, base: bytes, language: hin_Deva, tokens: 5}\n")


def test_other_characters_train_anew_whether_exported_or_not() -> None:
    """An alphabet is what the installed Unicode says; without an export nothing else in the fingerprint tells it."""
    for export in (True, False):
        assert {"revision", "unicode", "pyicu-wheels"} <= Train((), export).fingerprint().keys()


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("  train: [{name: a, kind: parity-bpe}]", "parity-bpe needs parallel text"),
        ("  train: [{name: a, kind: sentencepiece-bpe, alphabet: language}]", "is for byte-bpe"),
        ("  train: [{name: a, kind: byte-bpe}]\n  counts: [theirs.parquet]", "another split pattern than a run's"),
        ("  train: [{name: a, kind: byte-bpe}]\n  counts: [cut.parquet]", "no whole Parquet file"),
        ("  train: [{name: a, kind: byte-bpe}]\n  counts: [one.parquet, both.parquet]", "is in it already, and would"),
        ("  extend: [{name: a, base: none.json, language: por_Latn, tokens: 9}]", "none.json: no such file"),
    ],
)
def test_checking_a_recipe_finds_what_its_run_would_stumble_on_hours_later(
    tmp_path: Path, said: str, expected: str
) -> None:
    (tmp_path / "theirs.txt").write_text("o rio\n")
    write(gather([tmp_path / "theirs.txt"], pattern=CL100K), tmp_path / "theirs.parquet")
    write(gather([tmp_path / "theirs.txt"]), tmp_path / "one.parquet")
    (tmp_path / "more.txt").write_text("o mar\n")
    write(gather([tmp_path / "one.parquet", tmp_path / "more.txt"]), tmp_path / "both.parquet")
    (tmp_path / "cut.parquet").write_bytes((tmp_path / "theirs.parquet").read_bytes()[:900])
    (tmp_path / "texts").mkdir()
    (tmp_path / "texts" / "a.txt").write_text("o rio corre\n")
    (tmp_path / "tiny.yaml").write_text(f"{RECIPE.replace('collector', 'language: por_Latn, collector')}{said}\n")
    with pytest.raises(RecipeError, match=re.escape(expected)):
        check(tmp_path / "tiny.yaml", files=True)
