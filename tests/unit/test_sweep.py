"""A sweep trains what each training alone would, trains nothing twice, and chooses by its rule."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from counted import MANY, SENTENCES, counted
from made_run import make_run

from ginbon.engine.carry import Watch, carry_out
from ginbon.engine.parts import read_parts
from ginbon.errors import UserError
from ginbon.tokenizers.bpe import apply, learn
from ginbon.tokenizers.comparison import Measured, Row
from ginbon.tokenizers.counts import Counts, read, write
from ginbon.tokenizers.counts.stages import Count, MergeCounts
from ginbon.tokenizers.metrics import Estimate
from ginbon.tokenizers.patterns import CL100K, FINER, GINBON, O200K
from ginbon.tokenizers.reading import Reading, find
from ginbon.tokenizers.sweep import Cut, Judging, SweepOptions, choose, left_over, sweep, wording
from ginbon.tokenizers.sweep.stage import SweepStage
from ginbon.tokenizers.training.making import RARE, rare_tokens
from ginbon.tokenizers.training.options import Kind, Parity, TrainOptions
from ginbon.tokenizers.training.train import train, train_each
from ginbon.tokenizers.trial import try_patterns

WIDE = counted(
    " ".join(chr(0x4E00 + i) * (400 - i) for i in range(300)), *(f"{s} {i}" for i in range(9) for s in SENTENCES)
)


TWO = Counts.merge([MANY, counted(*(f"o rio {i} corre para o mar" for i in range(40)), language="por_Latn")])
KINDS: tuple[Kind, ...] = ("byte-bpe", "sentencepiece-bpe", "sentencepiece-unigram", "parity-bpe")
PARITY = Parity(ratio={"und": 2.0, "por_Latn": 1.0})


@pytest.mark.parametrize(
    ("kind", "counts"),
    [(kind, counts) for kind in KINDS for counts in (MANY, WIDE, TWO) if kind != "parity-bpe" or counts is TWO],
)
def test_sizes_that_share_a_learning_are_those_trained_alone_byte_for_byte(kind: Kind, counts: Counts) -> None:
    """Of ``WIDE`` the small sizes keep other characters than the large ones; parity is between languages."""
    sizes = (900, 400, 300, 500, 400)
    parity = PARITY if kind == "parity-bpe" else None
    plans = [
        TrainOptions(f"t{i}", kind, size, balance=b, parity=parity) for i, size in enumerate(sizes) for b in (0.3, 1)
    ]
    together = {id(one.options): one for one in train_each(counts, plans)}
    assert len(together) == len(plans)
    for plan in plans:
        alone = train(counts, plan)
        assert together[id(plan)].data == alone.data
        assert together[id(plan)].record == alone.record


def test_rare_tokens_are_those_that_encoding_the_counts_hardly_ever_gives() -> None:
    types = MANY.types()
    merges = learn(types, 200)
    for n in (0, 50, 150):
        merged = apply(merges.first(n), types)
        often = np.zeros(256 + n)
        np.add.at(often, merged.ids, np.repeat(types.counts, merged.sizes))
        assert rare_tokens(types, merges.first(n)) == np.count_nonzero(often < RARE)


def test_a_finer_pattern_is_in_the_tokenizer_and_its_cuts_in_the_training() -> None:
    trained = train(counted(*["camelCase camelCase"] * 40), TrainOptions("t", "byte-bpe", 400, finer=("case",)))
    assert FINER["case"] in [part["pattern"]["Regex"] for part in _splits(trained.data)]
    tokens = [trained.tokenizer.vocabulary.pieces[i] for i in trained.tokenizer.encode(" camelCase")]
    assert tokens == [b" camel", b"Case"]
    assert trained.record["finer_patterns"] == [FINER["case"]]


def _splits(data: bytes) -> list[Mapping[str, Mapping[str, str]]]:
    return [part for part in json.loads(data)["pre_tokenizer"]["pretokenizers"] if part["type"] == "Split"]


def test_finer_patterns_do_not_backtrack_without_end() -> None:
    try_patterns(tuple(FINER.values()), "huggingface", "finer")


@pytest.mark.parametrize(
    ("said", "name", "pattern", "finer"),
    [
        ("ginbon", "ginbon", GINBON, ()),
        ("ginbon+case", "ginbon-case", GINBON, ("case",)),
        ("ginbon+latin+case", "ginbon-latin-case", GINBON, ("latin", "case")),
        ("ginbon+[a-c]+", "ginbon-pattern-6d1c8a5e", GINBON, ("[a-c]+",)),
        ("llama3+punctuation", "llama3-punctuation", CL100K, ("punctuation",)),
    ],
)
def test_patterns_are_written_as_names_with_plus(said: str, name: str, pattern: str, finer: tuple[str, ...]) -> None:
    cut = Cut.of(said)
    assert cut.name.split("-pattern-")[0] == name.split("-pattern-")[0]
    assert (cut.pattern, cut.finer) == (pattern, finer)


def test_a_regular_expression_with_plus_is_one_pattern() -> None:
    cut = Cut.of(r"\p{L}+|\P{L}+")
    assert (cut.pattern, cut.finer) == (r"\p{L}+|\P{L}+", ())
    assert cut.name.startswith("pattern-")


def test_every_tokenizer_of_a_sweep_has_a_name_that_more_tokenizers_do_not_change() -> None:
    few = SweepOptions(vocabularies=(400,)).arms()
    many = SweepOptions(
        vocabularies=(500, 400),
        balances=(0.3, 1.0),
        patterns=("ginbon", "ginbon+case"),
        mixes={"": {}, "press": {"a": 2}},
    ).arms()
    names = [arm.options.name for arm in many]
    assert len(set(names)) == len(names) == 2 * 2 * 2 * 2 * 2
    assert {arm.options.name for arm in few} <= set(names)
    assert "byte-bpe-ginbon-case-b1-press-500" in names


def test_a_sweep_without_a_kind_is_refused() -> None:
    with pytest.raises(UserError, match="nothing to train"):
        SweepOptions(kinds=()).arms()


# --- the rule ---------------------------------------------------------------------------------------------------------


def made(
    name: str, vocabulary: int, *tokens: float, spread: float = 0.0, unknown: int = 0, exact: int = 50
) -> Measured:
    """A tokenizer with so many tokens in each language; their draws lie ``spread`` around them, alike for all."""
    rows = tuple(_row(name, f"l{i:02}", n, spread, unknown, exact) for i, n in enumerate(tokens))
    return Measured(name, "huggingface", name, vocabulary, (), rows)


def _row(name: str, language: str, tokens: float, spread: float, unknown: int, exact: int) -> Row:
    def share(value: float) -> Estimate:
        return Estimate(value, None, None, 50)

    return Row(
        name,
        language,
        {"tokens": int(tokens), "documents": 50, "unknown": unknown, "exact": exact},
        {"unknown-rate": share(unknown / tokens), "round-trip": share(exact / 50)},
        "",
        None,
        tokens * (1 + spread * np.linspace(-1, 1, 1_000)),
    )


def test_the_smallest_vocabulary_within_the_share_of_the_fewest_tokens_is_taken() -> None:
    found = choose([made("a", 8, 1200), made("b", 16, 1040), made("c", 32, 1000)], within=0.05)
    assert (found.taken, found.best) == ("b", "c")
    assert found.excess["b"].value == pytest.approx(0.04)
    assert found.up is not None
    assert found.up.tokens.value == pytest.approx(1000 / 1040 - 1)
    assert found.up.parameters == 2 * 4_096 * 16
    assert found.down is not None
    assert found.down.name == "a"


def test_the_upper_end_of_the_interval_decides() -> None:
    """4 % more, but 6 % is not beyond doubt."""
    found = choose([made("b", 16, 1040, spread=0.02), made("c", 32, 1000)], within=0.05)
    assert found.excess["b"].high == pytest.approx(0.06, abs=0.002)
    assert found.taken == "c"


def test_every_language_counts_the_same_however_much_text_it_has() -> None:
    found = choose([made("a", 16, 1_000_000, 110), made("b", 16, 1_010_000, 100)], within=0.0)
    assert found.taken == "b"


def test_of_those_that_are_no_different_the_fairest_is_taken() -> None:
    """Both are on average as good; one is far from the best in a language."""
    even, odd = made("even", 16, 1010, 1010, spread=0.2), made("odd", 16, 1000, 1019)
    best = made("best", 32, 1000, 960)
    assert choose([odd, even, best], within=0.5).ties == ("odd",)
    assert choose([odd, even, best], within=0.5).taken == "even"
    assert choose([odd, even, best], within=0.5).worst == "l01"


@pytest.mark.parametrize(
    ("flaw", "why"), [({"unknown": 3}, "3 unknown tokens"), ({"exact": 49}, "1 of 50 documents do not come back")]
)
def test_what_loses_text_may_not_be_taken_however_few_tokens_it_needs(flaw: dict[str, int], why: str) -> None:
    found = choose([made("good", 32, 1000), made("lossy", 16, 500, **flaw)])
    assert found.taken == "good"
    assert why in found.gates["lossy"]
    assert "lossy" not in found.excess
    none = choose([made("lossy", 16, 500, **flaw)])
    assert none.taken == ""
    assert none.to_json()["taken"] is None


def test_a_share_that_rounds_to_nothing_has_no_sign() -> None:
    assert wording.figure(Estimate(0.0001, -0.0001, 0.002, 9)) == "0.0 % [0.0, 0.2]"


def test_within_must_be_a_share() -> None:
    with pytest.raises(UserError, match="expected a share"):
        choose([made("a", 8, 100)], within=5)


# --- the folder -------------------------------------------------------------------------------------------------------

SMALL = SweepOptions(kinds=("byte-bpe", "sentencepiece-bpe"), vocabularies=(330, 400))


@pytest.fixture
def here(tmp_path: Path) -> Path:
    write(counted(*(f"{s} {i}" for i in range(20) for s in SENTENCES)), tmp_path / "counts.parquet")
    (tmp_path / "held_out.txt").write_text("\n".join(f"{s} {i}" for i in range(90, 94) for s in SENTENCES))
    return tmp_path


def swept(here: Path, options: SweepOptions = SMALL, folder: str = "out") -> list[str]:
    """The sweep; gives what was told."""
    told: list[str] = []
    sweep([here / "counts.parquet"], here / folder, options, held_out=[here / "held_out.txt"], told=told.append)
    return told


def test_what_is_there_is_not_trained_again_and_what_is_damaged_is(here: Path) -> None:
    swept(here)
    first = {file.relative_to(here): file.read_bytes() for file in (here / "out").rglob("*") if file.is_file()}
    assert [line.partition(": ")[2] for line in swept(here)[:4]] == ["is there"] * 4
    with (here / "out/byte-bpe-b0.3-400/tokenizer.json").open("ab") as file:
        file.write(b" ")
    (here / "out/bpe-b0.3-330/training.json").unlink()
    told = swept(here)
    assert "byte-bpe-b0.3-400: 400 tokens" in told
    assert any(line.startswith("bpe-b0.3-330: 3") for line in told)
    assert sum(line.endswith("is there") for line in told) == 2
    assert {file.relative_to(here): file.read_bytes() for file in (here / "out").rglob("*") if file.is_file()} == first


def test_parity_with_ratios_is_a_kind_like_others_and_is_found_again(here: Path) -> None:
    write(TWO, here / "counts.parquet")
    options = SweepOptions(kinds=("parity-bpe", "byte-bpe"), vocabularies=(400,), parities=(PARITY,))
    assert [line.partition(": ")[2] for line in swept(here, options)[:2]] == ["400 tokens"] * 2
    assert [line.partition(": ")[2] for line in swept(here, options)[:2]] == ["is there"] * 2


def test_what_makes_languages_pay_alike_is_varied_like_anything_else() -> None:
    each = (PARITY, replace(PARITY, window=50), replace(PARITY, global_merges=20, window=50), Parity("dev"))
    arms = SweepOptions(kinds=("byte-bpe", "parity-bpe"), vocabularies=(400,), parities=each).arms()
    assert [arm.options.parity for arm in arms] == [None, *each]
    assert [arm.series for arm in arms] == [
        "byte-bpe-b0.3", "parity-bpe-ratio-b0.3", "parity-bpe-ratio-w50-b0.3", "parity-bpe-ratio-g20-w50-b0.3",
        "parity-bpe-b0.3",
    ]  # fmt: skip
    with pytest.raises(UserError, match=r"would be called parity-bpe-ratio-b0\.3-400"):
        SweepOptions(kinds=("parity-bpe",), vocabularies=(400,), parities=(PARITY, replace(PARITY, alpha=3))).arms()


def test_tokenizers_of_earlier_sweeps_are_named(here: Path) -> None:
    swept(here)
    few = SweepOptions(kinds=("byte-bpe",), vocabularies=(330,))
    done = sweep([here / "counts.parquet"], here / "out", few, held_out=[here / "held_out.txt"])
    assert left_over(here / "out", done) == ["bpe-b0.3-330", "bpe-b0.3-400", "byte-bpe-b0.3-400"]


def test_other_counts_are_trained_on_anew(here: Path) -> None:
    swept(here)
    write(read(here / "counts.parquet").of(lambda stratum: True).thresholded(3), here / "counts.parquet")
    assert not any(line.endswith("is there") for line in swept(here))


def test_a_sweep_alone_and_in_company_gives_the_same_files(here: Path) -> None:
    swept(here)
    swept(here, SweepOptions(kinds=("byte-bpe",), vocabularies=(330,)), "alone")
    for file in ("tokenizer.json", "training.json"):
        place = f"byte-bpe-b0.3-330/{file}"
        assert (here / "alone" / place).read_bytes() == (here / "out" / place).read_bytes()


def test_the_result_names_every_file_and_what_to_take(here: Path) -> None:
    swept(here)
    result = json.loads((here / "out/sweep.json").read_bytes())
    assert (result["schema"], result["version"]) == ("ginbon.sweep", 1)
    assert result["choice"]["taken"] in [one["name"] for one in result["tokenizers"]]
    for one in result["tokenizers"]:
        assert (here / "out" / one["file"]).is_file()
        assert set(one) >= {"series", "kind", "pattern", "balance", "asked", "vocabulary", "sha256", "parameters"}
    assert [row["tokenizer"] for row in result["comparison"]["rows"]]


def test_counts_cannot_be_cut_otherwise_than_finer(here: Path) -> None:
    with pytest.raises(UserError, match="never put together again"):
        swept(here, SweepOptions(patterns=("o200k",)))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (SweepOptions(mixes={"m": {"nobody": 2}}), "a weight for 'nobody'"),
        (SweepOptions(patterns=("ginbon+(",)), "split pattern"),
        (SweepOptions(balances=(0.3, 0.3000001)), "two tokenizers of this sweep would be called byte-bpe-b0.3-8000"),
        (SweepOptions(kinds=("wordpiece",)), "unknown kind 'wordpiece'"),  # type: ignore[arg-type]
    ],
)
def test_a_mistake_leaves_no_folder(here: Path, options: SweepOptions, message: str) -> None:
    with pytest.raises(UserError, match=message):
        swept(here, options)
    assert not (here / "out").exists()


def test_text_is_cut_by_any_pattern(here: Path) -> None:
    (here / "text.txt").write_text("\n".join(f"{s} 12{i}" for i in range(20, 40) for s in SENTENCES))
    options = SweepOptions(kinds=("byte-bpe",), vocabularies=(400,), patterns=("ginbon", "ginbon+punctuation", "o200k"))
    done = sweep([here / "text.txt"], here / "out", options, held_out=[here / "held_out.txt"], language="und")
    assert [made.record["split_pattern"] == GINBON for made in done.made] == [True, True, False]
    assert done.made[1].record["finer_patterns"] == [FINER["punctuation"]]
    assert len(done.counts) == 2


@pytest.mark.parametrize(
    ("held_out", "message"),
    [((), "name text to measure on with --held-out"), (("text.txt",), "is trained on and cannot be held out")],
)
def test_what_is_trained_on_is_not_measured_on(here: Path, held_out: tuple[str, ...], message: str) -> None:
    (here / "text.txt").write_text("a river\n")
    with pytest.raises(UserError, match=message):
        sweep([here / "text.txt"], here / "out", SMALL, held_out=[here / name for name in held_out])
    assert not (here / "out").exists()


def test_a_file_of_a_folder_that_is_trained_on_is_not_measured_on(here: Path) -> None:
    (here / "texts").mkdir()
    (here / "texts" / "a.txt").write_text("a river\n")
    for held_out in (here / "texts", here / "texts" / "a.txt"):
        with pytest.raises(UserError, match=r"a\.txt: is trained on and cannot be held out"):
            sweep([here / "texts"], here / "out", SMALL, held_out=[held_out])


def test_the_words_tell_the_figures_of_the_choice(here: Path) -> None:
    done = sweep([here / "counts.parquet"], here / "out", SMALL, held_out=[here / "held_out.txt"], within=1.0)
    assert done.choice.taken == "byte-bpe-b0.3-330"
    assert wording.headline(done) == "Take byte-bpe-b0.3-330: 330 tokens."
    said = " ".join(wording.reasons(done))
    assert wording.figure(done.choice.excess[done.choice.taken]) in said
    assert "The next size up" in said
    assert "0.6 million parameters more" in said


def test_of_a_run_its_counts_are_trained_on_and_its_held_out_split_is_measured(tmp_path: Path) -> None:
    make_run(tmp_path / "run", documents=60, tokenizers=False)
    for stage in (Count(), MergeCounts()):
        carry_out(stage, tmp_path / "run", None, Watch())
    options = SweepOptions(kinds=("byte-bpe",), vocabularies=(330,))
    done = sweep([tmp_path / "run"], tmp_path / "out", options)
    assert done.counts[GINBON].sha256 == read(tmp_path / "run/counts.parquet").sha256
    held_out = Reading(find([tmp_path / "run"], split="held_out"), split="held_out")
    documents = sum(batch.num_rows for batch in held_out())
    assert sum(row.totals["documents"] for row in done.comparison.rows) == documents > 0
    other = SweepOptions(kinds=("byte-bpe",), vocabularies=(330,), patterns=("ginbon", "o200k"))
    both = sweep([tmp_path / "run"], tmp_path / "out", other)
    assert [counts.total > 0 for counts in both.counts.values()] == [True, True], "its text is read for another pattern"
    assert sum(both.counts[GINBON].bytes.values()) == sum(both.counts[O200K].bytes.values())


def test_a_sweep_is_a_stage_of_a_run_and_gives_what_the_command_gives(tmp_path: Path) -> None:
    make_run(tmp_path / "run", documents=60, tokenizers=False)
    options = SweepOptions(kinds=("byte-bpe",), vocabularies=(330, 360))
    stages = (Count(), MergeCounts(), SweepStage(options, Judging(within=0.5)))
    for stage in stages:
        outcome = carry_out(stage, tmp_path / "run", None, Watch())
    sweep([tmp_path / "run"], tmp_path / "out", options, within=0.5)
    made = {
        file.relative_to(tmp_path / "run/sweep"): file.read_bytes() for file in (tmp_path / "run/sweep").rglob("*.json")
    }
    assert made == {
        file.relative_to(tmp_path / "out"): file.read_bytes() for file in (tmp_path / "out").rglob("*.json")
    }
    assert len(made) == 5
    assert carry_out(stages[2], tmp_path / "run", None, Watch()) != outcome, "it is there already"
    (part,) = read_parts(tmp_path / "run", "sweep")
    assert part.facts["taken"] == json.loads(made[Path("sweep.json")])["choice"]["taken"]


@pytest.mark.parametrize("said", ["foo", "ginbon+latn", "o200"])
def test_a_split_pattern_that_looks_like_a_name_and_is_none_is_refused(said: str) -> None:
    with pytest.raises(UserError, match="no such name as"):
        Cut.of(said)
    assert Cut.of("o200k_base").pattern == Cut.of("o200k").pattern


def test_what_cannot_be_measured_is_told_before_anything_is_trained(here: Path) -> None:
    (here / "blank.txt").write_text("\n")
    for held_out, within, expected in (("blank.txt", 0.05, "no held-out text"), ("held_out.txt", -1.0, "within -1.0")):
        with pytest.raises(UserError, match=expected):
            sweep([here / "counts.parquet"], here / "none", SMALL, held_out=[here / held_out], within=within)
        assert not (here / "none").exists()


def test_an_alphabet_is_that_of_byte_level_bpe_alone() -> None:
    options = SweepOptions(kinds=("byte-bpe", "sentencepiece-bpe"), vocabularies=(400,), alphabet="language", unseen=9)
    said = [(arm.options.alphabet, arm.options.unseen) for arm in options.arms()]
    assert said == [("language", 9), ("seen", TrainOptions("t", "byte-bpe").unseen)]


def test_larger_sizes_are_not_advised_where_the_text_allows_none(here: Path) -> None:
    options = SweepOptions(kinds=("byte-bpe",), vocabularies=(300, 9_000))
    done = sweep([here / "counts.parquet"], here / "wide", options, held_out=[here / "held_out.txt"])
    said = " ".join(wording.reasons(done))
    assert done.choice.taken == "byte-bpe-b0.3-9000"
    assert "The text allows no larger vocabulary" in said
    assert "a sweep with larger ones" not in said
