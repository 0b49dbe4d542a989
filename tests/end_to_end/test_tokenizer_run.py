"""Tokenizers through a run's stages and the command line, on real text, against the libraries called directly."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import command_line
import pytest
from backports import zstd
from made_run import make_run, real_texts

from ginbon.engine.carry import Outcome, Watch, carry_out
from ginbon.engine.parts import read_parts
from ginbon.errors import UserError
from ginbon.filters.shards import written_shards
from ginbon.tokenizers import Reading, TextColumn, TrainOptions, choose, compare, find, gather, load, measure, train
from ginbon.tokenizers.counts import read as read_counts
from ginbon.tokenizers.counts import write as write_counts
from ginbon.tokenizers.counts.stages import Count, CountsFile, MergeCounts, ShareCounts
from ginbon.tokenizers.export import check
from ginbon.tokenizers.extension import read_base, recertify
from ginbon.tokenizers.extension.stage import Extend, Extending
from ginbon.tokenizers.specs import TokenizerSpec, distinct, locate
from ginbon.tokenizers.stages import Compare, Measure
from ginbon.tokenizers.training.options import Kind
from ginbon.tokenizers.training.stage import Train

LANGUAGES = {"por_Latn": "por_Latn_BR", "hin_Deva": "hin_Deva", "tha_Thai": "tha_Thai", "amh_Ethi": "amh_Ethi"}
VOCABULARIES = Path.home() / ".cache" / "ginbon-data" / "vocabularies"


def plan(name: str, kind: Kind, *languages: str, vocabulary: int = 1_200) -> TrainOptions:
    return TrainOptions(name, kind, vocabulary, languages)


def stages(*plans: TrainOptions, seed: int = 1) -> list[Any]:
    others = tuple(distinct([locate("bytes"), locate("chars")]))
    measure = Measure(tuple(p.name for p in plans), others, 50_000, seed)
    return [Count(), MergeCounts(), Train(plans, export=False), measure, Compare(50_000, seed)]


PLANS = (
    plan("uni", "sentencepiece-unigram"),
    plan("bpe-hin", "sentencepiece-bpe", "hin_Deva"),
    plan("bytes-all", "byte-bpe"),
)


def carry(folder: Path, built: list[Any]) -> list[Outcome]:
    return [carry_out(stage, folder, None, Watch()) for stage in built]


def files(folder: Path) -> dict[str, bytes]:
    return {
        str(p.relative_to(folder)): p.read_bytes() for p in sorted((folder / "tokenizers").rglob("*")) if p.is_file()
    }


@pytest.fixture(scope="module")
def texts(shared_data: Path) -> dict[str, list[str]]:
    return real_texts(shared_data, LANGUAGES)


@pytest.fixture(scope="module")
def run(texts: dict[str, list[str]], tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("run")
    make_run(folder, texts=texts, tokenizers=False)
    carry(folder, stages(*PLANS))
    return folder


def test_a_run_trains_and_compares_and_every_row_is_honest(run: Path) -> None:
    comparison = json.loads((run / "tokenizers/comparison.json").read_bytes())
    assert comparison["schema"] == "ginbon.comparison" and comparison["version"] == 1
    assert {t["name"] for t in comparison["tokenizers"]} == {"uni", "bpe-hin", "bytes-all", "bytes", "chars"}
    held_out = {p.facts["language"] for p in written_shards(run) if p.facts.get("split") == "held_out"}
    assert {row["language"] for row in comparison["rows"]} == held_out == set(LANGUAGES)
    for row in comparison["rows"]:
        assert {"fertility", "unknown-rate", "lost-text", "round-trip"} <= row["metrics"].keys()
        assert row["metrics"]["round-trip"]["value"] == 1
        assert row["metrics"]["unknown-rate"]["value"] == 0
        assert (row["rank"] is None) == (row["tokenizer"] in ("bytes", "chars"))
        fertility = row["metrics"]["fertility"]
        assert fertility["low"] <= fertility["value"] <= fertility["high"]
        assert fertility["value"] == row["totals"]["tokens"] / row["totals"]["words"]


def test_the_tokenizer_of_one_language_wins_that_language_and_loses_the_others(run: Path) -> None:
    rows = json.loads((run / "tokenizers/comparison.json").read_bytes())["rows"]
    tokens = {(r["tokenizer"], r["language"]): r["totals"]["tokens"] for r in rows}
    assert tokens["bpe-hin", "hin_Deva"] < tokens["uni", "hin_Deva"]
    assert tokens["bpe-hin", "amh_Ethi"] > tokens["uni", "amh_Ethi"]


def test_an_exported_tokenizer_is_the_same_file_with_its_proof(run: Path, tmp_path: Path) -> None:
    folder = tmp_path / "run"
    shutil.copytree(run, folder)
    carry_out(Train(PLANS[1:]), folder, None, Watch())
    for plan in PLANS[1:]:
        place = folder / "tokenizers" / plan.name
        assert (place / plan.file).read_bytes() == (run / "tokenizers" / plan.name / plan.file).read_bytes()
        assert check(place).ok and check(place).fixtures > 300
        counted = json.loads((place / "training.json").read_bytes())["counts"]["sha256"]
        assert json.loads((place / "export.json").read_bytes())["source"]["counts_sha256"] == counted
        assert counted == read_counts(run / "counts.parquet").sha256


def test_a_partners_tokenizer_is_extended_and_certified_in_a_run(
    run: Path, texts: dict[str, list[str]], tmp_path: Path
) -> None:
    base = tmp_path / "base.json"
    english = train(gather([write_lines(tmp_path / "eng.txt", ["the river runs"] * 9)]), TrainOptions("e", "byte-bpe"))
    base.write_bytes(english.data)
    folder = tmp_path / "run"
    shutil.copytree(run, folder)
    extend = Extend((Extending("more", locate(str(base)), "amh_Ethi", 300),))
    measure = Measure(("more",), (locate("bytes"),), 50_000)
    assert [o.ran for o in carry(folder, [extend, measure, Compare(50_000)])] == [1, 1, 1]
    assert recertify(folder / "tokenizers/more", read_base(str(base))).holds
    rows = json.loads((folder / "tokenizers/comparison.json").read_bytes())["rows"]
    tokens = {r["tokenizer"]: r["totals"]["tokens"] for r in rows if r["language"] == "amh_Ethi"}
    assert tokens["more"] < tokens["bytes"] / 2
    assert [o.ran for o in carry(folder, [extend])] == [0]


def test_counts_are_shared_without_what_is_rare_and_others_counts_are_added(run: Path, tmp_path: Path) -> None:
    own = read_counts(run / "counts.parquet")
    folder = tmp_path / "run"
    shutil.copytree(run, folder)
    theirs = tmp_path / "theirs.parquet"
    write_counts(replace(own, holds=frozenset([("0" * 64, "por_Latn")])), theirs)  # as if they were of other text
    merge = MergeCounts((CountsFile(theirs, "0" * 64),))
    carry(folder, [ShareCounts(3), merge])
    shared = read_counts(folder / "tokenizers/counts.parquet")
    assert (shared.threshold, shared.total + shared.dropped) == (3, own.total)
    assert read_counts(folder / "counts.parquet").total == 2 * own.total
    for inside in (theirs, folder / "tokenizers/counts.parquet"):
        with pytest.raises(UserError, match="already, and would count twice"):
            gather([folder, inside])
    write_counts(own, theirs)
    with pytest.raises(UserError, match=r"theirs\.parquet: the same counts were given before \(this run\)"):
        carry(folder, [MergeCounts((CountsFile(theirs, "1" * 64),))])


def test_training_never_sees_a_held_out_document(run: Path) -> None:
    written = {p.facts["split"]: 0 for p in written_shards(run) if p.facts.get("kind") == "shard"}
    for part in written_shards(run):
        if part.facts.get("kind") == "shard":
            written[part.facts["split"]] += part.facts["bytes"]
    record = json.loads((run / "tokenizers/uni/training.json").read_bytes())
    assert sum(s["bytes"] for s in record["text"]) == written["train"]
    assert written["held_out"] > 0


def test_nothing_runs_again_and_another_seed_measures_again(run: Path) -> None:
    assert [o.ran for o in carry(run, stages(*PLANS))] == [0, 0, 0, 0, 0]
    before = files(run)
    assert [o.ran for o in carry(run, stages(*PLANS, seed=2))] == [0, 0, 0, 5, 1]
    assert carry(run, stages(*PLANS))[3].changed == ("seed: 2 -> 1",)
    assert files(run) == before


def test_a_changed_option_trains_that_tokenizer_alone(run: Path) -> None:
    before = files(run)
    other = (PLANS[0], plan("bpe-hin", "sentencepiece-bpe", "hin_Deva", vocabulary=1_300), PLANS[2])
    assert [o.ran for o in carry(run, stages(*other))] == [0, 0, 1, 1, 1]
    assert [o.ran for o in carry(run, stages(*PLANS))] == [0, 0, 1, 1, 1]
    assert files(run) == before


def test_the_cut_into_shards_changes_no_byte_of_tokenizers_or_comparison(
    run: Path, texts: dict[str, list[str]], tmp_path: Path
) -> None:
    make_run(tmp_path, texts=texts, tokenizers=False, shards=5)
    carry(tmp_path, stages(*PLANS))
    assert len(list((tmp_path / "shards").rglob("*.parquet"))) > len(list((run / "shards").rglob("*.parquet")))
    assert files(tmp_path) == files(run)


def test_a_run_without_documents_gives_empty_tokenizers_and_tables(tmp_path: Path) -> None:
    make_run(tmp_path, texts={}, documents=0, tokenizers=False)
    carry(tmp_path, stages(*PLANS))
    assert json.loads((tmp_path / "tokenizers/comparison.json").read_bytes())["rows"] == []
    assert json.loads((tmp_path / "tokenizers/uni/training.json").read_bytes())["notes"]


def test_an_english_model_without_byte_fallback_is_caught_on_thai(shared_data: Path, tmp_path: Path) -> None:
    """Believed, it is four times thriftier on Thai than on English: its tokens say nothing."""
    import io

    import sentencepiece

    english = flores(shared_data, "eng_Latn")
    model = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(english), model_writer=model, vocab_size=3_000, hard_vocab_limit=False, minloglevel=2
    )
    (tmp_path / "english.model").write_bytes(model.getvalue())
    careless = load(str(tmp_path / "english.model"))
    assert {"no-byte-fallback", "normalises", "dummy-prefix"} <= {o.code for o in careless.oddities}
    read = Reading(find([write_lines(tmp_path / "tha.txt", flores(shared_data, "tha_Thai"))]), language="tha_Thai")
    comparison = compare([careless, load("chars"), load("bytes")], read)
    row = next(r for r in comparison.rows if r.tokenizer == "english")
    assert row.estimates["fertility"].value < 1  # type: ignore[operator]
    assert row.rank is None
    assert "unknown" in row.collapsed
    assert row.estimates["lost-text"].value > 0.5  # type: ignore[operator]


def test_two_files_of_one_tokenizer_are_a_tie(shared_data: Path, tmp_path: Path) -> None:
    file = write_lines(tmp_path / "hin.txt", flores(shared_data, "hin_Deva"))
    read = Reading(find([file]), language="hin_Deva")
    counts = gather([file], language="hin_Deva")
    small, large = (train(counts, TrainOptions(f"v{v}", "byte-bpe", v)).tokenizer for v in (600, 1_500))
    rows = compare([small, large, large], read).rows
    assert [(r.tokenizer, r.rank) for r in rows] == [("v1500", 1), ("v1500", 1), ("v600", 3)]


def test_the_sample_measures_the_same_documents_for_every_tokenizer(shared_data: Path) -> None:
    read = Reading(find([shared_data / "docs/stories.jsonl.zst"]), languages=frozenset(["zul_Latn", "amh_Ethi"]))
    comparison = compare([load("bytes"), load("chars")], read, sample_bytes=20_000)
    by_language = {}
    for row in comparison.rows:
        by_language.setdefault(row.language, set()).add((row.totals["bytes"], row.totals["documents"]))
        assert row.totals["bytes"] <= 20_000
    assert all(len(seen) == 1 for seen in by_language.values()) and len(by_language) == 2
    chosen = choose(read, sample_bytes=20_000, seed=1, each_language=True)
    assert sum(len(t.encode()) for b in chosen.texts(read) for _, t in b) == sum(
        r.totals["bytes"] for r in comparison.rows if r.tokenizer == "bytes"
    )


DIRECT = [
    ("llama-3.1/tokenizer.json", "huggingface"),
    ("qwen-2.5/tokenizer.json", "huggingface"),
    ("mistral-v1/tokenizer.model", "sentencepiece"),
    ("o200k_base/o200k_base.tiktoken", "tiktoken"),
    ("mistral-tekken/tekken.json", "tekken"),
]


@pytest.mark.parametrize(("file", "kind"), DIRECT, ids=[f for f, _ in DIRECT])
def test_counts_are_those_of_the_library_called_directly(shared_data: Path, file: str, kind: str) -> None:
    """To the last token, in scripts of one to four bytes; no special token counts."""
    path = VOCABULARIES / file
    if not path.exists():
        pytest.skip("no vocabulary here; shared/data/get_vocabularies.py fetches it")
    lines = [t for n in ("eng_Latn", "tha_Thai", "pes_Arab", "sat_Olck") for t in flores(shared_data, n)[:60]]
    ours = load(str(path))
    assert ours.kind == kind
    encoded = ours.encode_batch(TextColumn(lines))
    assert encoded.counts.tolist() == [len(ids) for ids in direct(path, kind, lines)]


def direct(path: Path, kind: str, lines: list[str]) -> list[list[int]]:
    if kind == "huggingface":
        import tokenizers as hf_tokenizers

        return [
            hf.ids for hf in hf_tokenizers.Tokenizer.from_file(str(path)).encode_batch(lines, add_special_tokens=False)
        ]
    if kind == "sentencepiece":
        import sentencepiece

        return sentencepiece.SentencePieceProcessor(model_file=str(path)).encode(lines)  # type: ignore[no-any-return]
    import base64

    import tiktoken

    if kind == "tiktoken":
        import tiktoken.load
        import tiktoken_ext.openai_public as public

        ranks = tiktoken.load.load_tiktoken_bpe(str(path))
        load_ranks, public.load_tiktoken_bpe = public.load_tiktoken_bpe, lambda *_, **__: ranks
        try:
            settings = public.o200k_base()  # OpenAI's own split pattern
        finally:
            public.load_tiktoken_bpe = load_ranks
        return tiktoken.Encoding(**settings).encode_ordinary_batch(lines)
    value = json.loads(path.read_bytes())
    size = value["config"]["default_vocab_size"] - value["config"]["default_num_special_tokens"]
    ranks = {base64.b64decode(t["token_bytes"]): t["rank"] for t in value["vocab"][:size]}
    pattern = value["config"]["pattern"]
    return tiktoken.Encoding("peer", pat_str=pattern, mergeable_ranks=ranks, special_tokens={}).encode_ordinary_batch(
        lines
    )


def test_published_fertilities_are_found_again(shared_data: Path) -> None:
    """Hindi under o200k and cl100k by white space: 1.64 and 5.03 in an independent table (997 lines; 400 here)."""
    lines = flores(shared_data, "hin_Deva")
    words = sum(len(line.split()) for line in lines)
    for name, expected in (("o200k_base", 1.64), ("cl100k_base", 5.03)):
        if not (VOCABULARIES / name).exists():
            pytest.skip("no vocabulary here; shared/data/get_vocabularies.py fetches it")
        found = measure(load(name), TextColumn(lines), "hin_Deva")
        assert found.total("tokens") / words == pytest.approx(expected, rel=0.02)


def ginbon(*arguments: str, cwd: Path) -> CompletedProcess[str]:
    return command_line.ginbon("tokenizers", *arguments, cwd=cwd)


def test_the_commands_train_compare_and_keep_talk_off_the_result(shared_data: Path, tmp_path: Path) -> None:
    file = write_lines(tmp_path / "hindi lines.txt", flores(shared_data, "hin_Deva"))
    done = ginbon("train", str(file), "--kind", "bpe", "--vocabulary", "800", "-o", "mine", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "800 tokens from 1" in done.stdout
    again = ginbon("train", str(file), "--kind", "bpe", "--vocabulary", "800", "-o", "mine", cwd=tmp_path)
    assert again.returncode == 2 and "there is a tokenizer in this folder already" in again.stderr
    table = ginbon("compare", "mine", "bytes", "--text", str(file), "--language", "Hindi", cwd=tmp_path)
    assert table.returncode == 0, table.stderr
    assert "hin_Deva: 400 documents" in table.stdout and "mine" in table.stdout
    assert "bootstrap interval" in table.stderr and "bootstrap" not in table.stdout
    found = ginbon("compare", "mine", "bytes", "--text", str(file), "--language", "hi", "--json", cwd=tmp_path)
    assert [r["tokenizer"] for r in json.loads(found.stdout)["rows"]] == ["mine", "bytes"]


def test_counts_are_made_merged_and_thresholded_by_command(tmp_path: Path) -> None:
    file = write_lines(tmp_path / "a.txt", ["o rio corre", "o rio 1234"])
    done = ginbon("merge-counts", str(file), "-l", "Portuguese", "-o", "a.parquet", "--json", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "before they leave the house" in done.stderr
    counts = read_counts(tmp_path / "a.parquet")
    assert json.loads(done.stdout)["sha256"] == counts.sha256
    assert counts.strata == (("por_Latn", ""),)
    assert ginbon("merge-counts", "a.parquet", "-o", "b.parquet", "--least", "2", cwd=tmp_path).returncode == 0
    assert read_counts(tmp_path / "b.parquet").counts.tolist() == [2, 2]  # "o" and " rio"
    done = ginbon("merge-counts", str(file), "-o", "c.parquet", "--pattern", "cl100k", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert b"123" in read_counts(tmp_path / "c.parquet").column.to_pylist()


def test_a_mistake_on_the_command_line_is_told_and_ends_with_two(tmp_path: Path) -> None:
    file = write_lines(tmp_path / "a.txt", ["olá"])
    for arguments, said in (
        (("compare", "nowhere.json", "-t", str(file)), "nowhere.json: no such file or folder"),
        (("compare", "bytes", "-t", "absent"), "absent: no such file or folder"),
        (("compare", "bytes", "-t", str(file), "--language", "Klingonese"), "no language that Ginbon knows"),
        (("train", str(file), "--kind", "wordpiece", "-o", "x"), "unknown kind 'wordpiece'"),
        (("train", str(file), "--vocabulary", "3", "-o", "x"), "a vocabulary of 3"),
    ):
        done = ginbon(*arguments, cwd=tmp_path)
        assert done.returncode == 2, done
        assert said in done.stderr
        assert done.stdout == "" and "Traceback" not in done.stderr
    assert not (tmp_path / "x").exists()


def test_a_spec_object_pins_its_file(run: Path) -> None:
    path = run / "tokenizers/uni/tokenizer.model"
    facts = next(p.facts for p in read_parts(run, "train") if p.key == "uni")
    assert locate(TokenizerSpec(str(path), sha256=facts["sha256"])).name == "uni"


def flores(shared_data: Path, name: str) -> list[str]:
    data = (shared_data / f"parallel/flores/{name}.txt.zst").read_bytes()
    return zstd.decompress(data).decode().splitlines()


def write_lines(path: Path, lines: list[str]) -> Path:
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path
