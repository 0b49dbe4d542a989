"""A quality model from training to release: real text against made junk, its score a signal, a rule, a column."""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from backports import zstd
from junk import junk

from ginbon.corpus.schema import RELEASED
from ginbon.errors import MissingExtraError, RecipeError, UserError
from ginbon.filters.classifier.classify import Classify
from ginbon.filters.classifier.train import Options
from ginbon.recipes import load
from ginbon.release.verify import verify
from ginbon.report.why import why
from ginbon.run import start
from ginbon.run.classifier import Classifier, recipe_lines, train_files
from ginbon.run.redecide import redecide
from ginbon.run.stages import build_stages, warnings_of

pytest.importorskip("fasttext")

SMALL = Options(dimensions=8, epochs=10, buckets=2_000)

RECIPE = """
recipe: scored
languages: {{tha_Thai: {{}}, por_Latn: {{}}}}
rules: {{preset: c4, thresholds: {{c4-min-sentences: "off"}} }}
duplicates: {{exact: false, near: "off"}}
sources:
  mixed:
    collector: table
    paths: [mixed.jsonl]
    rights: {{licence: CC0-1.0, basis: licence, evidence: made for this test}}
classifiers:
  - name: news
    model: news.bin
    sha256: {sha256}
    languages: [tha_Thai]
{keep_from}
release: {{signals: {signals} }}
"""


@dataclass(frozen=True)
class Made:
    """A trained classifier, and the files that it was trained on."""

    classifier: Classifier
    news: Path
    junk: Path


def texts_of(shared_data: Path) -> Iterator[str]:
    """News of the Thai government."""
    packed = zstd.decompress((shared_data / "docs" / "thaigov.jsonl.zst").read_bytes())
    yield from (json.loads(line)["text"] for line in packed.decode().rstrip("\n").split("\n"))


def write(path: Path, texts: list[str]) -> Path:
    path.write_text("".join(json.dumps({"text": text}, ensure_ascii=False) + "\n" for text in texts), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def made(shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Made:
    """Thai news against junk made of Thai pages."""
    folder = tmp_path_factory.mktemp("classifier")
    news = write(folder / "news.jsonl", list(texts_of(shared_data))[:300])
    bad = write(folder / "junk.jsonl", [item.text for item in junk(shared_data, labels=("tha_Thai",))])
    found = train_files([news], [bad], "Thai", output=folder / "news.bin", options=SMALL)
    return Made(found, news, bad)


def test_it_tells_news_from_junk_on_held_out_text(made: Made) -> None:
    record = made.classifier.record
    figures = {at["threshold"]: at for at in record["evaluation"]["at"]}
    print(
        json.dumps({k: [at[name]["share"] for name in ("precision", "recall", "passed")] for k, at in figures.items()})
    )
    assert record["evaluation"]["average_precision"] > 0.98
    assert figures[0.7]["precision"]["share"] >= 0.95
    assert figures[0.7]["recall"]["share"] >= 0.9
    counted = record["examples"]
    assert counted["positive"]["documents"] == 300
    for side in counted.values():
        assert side["documents"] == side["wordless"] + side["copies"] + side["trained_on"] + side["held_out"]
    assert json.loads(made.classifier.card.read_text(encoding="utf-8")) == record
    assert [file["name"] for file in record["files"]["positive"]] == ["news.jsonl"]


def test_the_same_texts_in_another_order_give_the_same_file(made: Made, tmp_path: Path) -> None:
    lines = made.news.read_text(encoding="utf-8").rstrip("\n").split("\n")
    turned = tmp_path / "turned.jsonl"
    turned.write_text("\n".join(reversed(lines)) + "\n", encoding="utf-8")
    again = train_files(
        [turned], [made.junk], "tha_Thai", output=tmp_path / "again.bin", options=SMALL, trust_language=True
    )
    assert again.sha256 == made.classifier.sha256


def test_a_quantised_model_is_smaller_and_still_scores(made: Made, tmp_path: Path) -> None:
    options = Options(dimensions=8, epochs=10, buckets=2_000, quantise=True)
    small = train_files([made.news], [made.junk], "tha", output=tmp_path / "q.ftz", options=options)
    assert small.record["bytes"] < made.classifier.record["bytes"]
    assert small.record["evaluation"]["average_precision"] > 0.95


def test_a_documents_score_depends_on_nothing_else_in_its_batch(made: Made, shared_data: Path) -> None:
    texts = [*list(texts_of(shared_data))[290:300], "", None, "!!! ...", "ข่าว", "long ไทย " * 20_000]
    step = Classify("news", str(made.classifier.model), made.classifier.sha256, "tha_Thai")

    def scored(some: list[str | None]) -> list[float | None]:
        done = step(pa.RecordBatch.from_pydict({"text": pa.array(some, pa.large_string())}))
        assert done.schema.field("classify/news").type == pa.float32()
        return list(done.column("classify/news").to_pylist())

    together = scored(texts)
    assert together == [scored([text])[0] for text in texts]
    assert together == scored(texts[::-1])[::-1]
    assert together[10:13] == [None, None, None]
    assert all(0 <= score <= 1 for score in together if score is not None)
    assert scored([]) == []


def test_few_texts_an_empty_class_and_texts_of_both_classes_are_told(made: Made, tmp_path: Path) -> None:
    news = made.news.read_text(encoding="utf-8").rstrip("\n").split("\n")
    few = tmp_path / "few.jsonl"
    few.write_text("\n".join(news[:50]) + "\n", encoding="utf-8")
    with pytest.raises(UserError, match=r"5\d? distinct texts are left of the positives.* some 168 of each class"):
        train_files([few], [made.junk], "tha", output=tmp_path / "x.bin", options=SMALL)
    with pytest.raises(UserError, match=r"0 distinct texts are left of the positives.*300 texts are among"):
        train_files([made.news], [made.news], "tha", output=tmp_path / "x.bin", options=SMALL)
    assert not list(tmp_path.glob("x*"))
    found = train_files([made.news], [made.junk, few], "tha", output=tmp_path / "x.bin", options=SMALL)
    assert found.record["in_both"] == 50
    assert "50 texts are among the positives and the negatives; they were left out" in found.record["notes"]
    with pytest.raises(UserError, match=r"x\.bin is already there.*--force"):
        train_files([made.news], [made.junk], "tha", output=tmp_path / "x.bin", options=SMALL)


def test_text_in_another_language_is_told(made: Made, tmp_path: Path) -> None:
    found = train_files([made.news], [made.junk], "lao_Laoo", output=tmp_path / "lao.bin", options=SMALL)
    assert any("positives only 0% look like lao_Laoo" in note for note in found.record["notes"])


def test_without_the_package_the_extra_is_named(made: Made, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "fasttext", None)
    with pytest.raises(MissingExtraError, match=r"pip install 'ginbon\[fasttext\]'"):
        train_files([made.news], [made.junk], "tha", output=tmp_path / "x.bin", options=SMALL)


def place(made: Made, shared_data: Path, folder: Path, **settings: Any) -> Path:
    """A recipe over news and junk in Thai, and some Portuguese, with the classifier beside it."""
    news = list(texts_of(shared_data))[300:400]
    bad = made.junk.read_text(encoding="utf-8").rstrip("\n").split("\n")[:60]
    stories = (
        zstd.decompress((shared_data / "docs" / "stories.jsonl.zst").read_bytes()).decode().rstrip("\n").split("\n")
    )
    portuguese = [row["text"] for row in map(json.loads, stories) if row["language"] == "por"]
    write(folder / "mixed.jsonl", [*news, *(json.loads(line)["text"] for line in bad), *portuguese])
    (folder / "news.bin").write_bytes(made.classifier.model.read_bytes())
    return say(made, folder, **settings)


def say(made: Made, folder: Path, *, keep_from: str = "", signals: str = "true", pin: str = "") -> Path:
    """Write the recipe."""
    sha256 = pin or made.classifier.sha256
    text = RECIPE.format(sha256=sha256, keep_from=keep_from, signals=signals)
    (folder / "recipe.yaml").write_text(text, encoding="utf-8")
    return folder / "recipe.yaml"


def run(recipe: Path) -> start.Summary:
    return start.run(recipe, recipe.parent / "run", options=start.Options(workers=0))


def test_a_wrong_pin_is_told_at_its_line_before_any_work(made: Made, shared_data: Path, tmp_path: Path) -> None:
    recipe = place(made, shared_data, tmp_path, pin="f" * 64)
    with pytest.raises(RecipeError, match=r"recipe\.yaml:\d+:\d+: .*SHA-256 is [0-9a-f]{64}, the recipe pins f{64}"):
        run(recipe)
    assert not (tmp_path / "run" / "documents").exists()
    (tmp_path / "news.bin").unlink()
    say(made, tmp_path)
    with pytest.raises(
        RecipeError, match=r"recipe\.yaml:\d+:\d+: the classifier news's model .*news\.bin' was not found"
    ):
        run(recipe)


def test_a_run_warns_of_a_classifier_that_scores_another_language(
    made: Made, shared_data: Path, tmp_path: Path
) -> None:
    recipe = place(made, shared_data, tmp_path)
    (tmp_path / "news.json").write_bytes(made.classifier.card.read_bytes())
    assert not [w for w in warnings_of(build_stages(load(recipe))) if "classifier" in w]
    recipe.write_text(recipe.read_text(encoding="utf-8").replace("    languages: [tha_Thai]\n", ""), encoding="utf-8")
    assert [w for w in warnings_of(build_stages(load(recipe))) if "classifier" in w] == [
        "the classifier news was trained on tha_Thai, and scores documents of por_Latn too; name its own in `languages`"
    ]


def released(folder: Path) -> dict[str, dict[str, Any]]:
    """Documents of the release by id."""
    tables = [pq.read_table(path) for path in sorted((folder / "release" / "data").rglob("*.parquet"))]
    return {row["id"]: row for table in tables for row in table.to_pylist()}


def measured(folder: Path) -> dict[str, dict[str, Any]]:
    """Signals of every collected document by id."""
    found: dict[str, dict[str, Any]] = {}
    for path in sorted((folder / "documents").rglob("*.parquet")):
        ids = pq.read_table(path, columns=["id"])["id"].to_pylist()
        rows = pq.read_table(folder / "signals" / path.relative_to(folder / "documents")).to_pylist()
        found |= dict(zip(ids, rows, strict=True))
    return found


def test_scores_are_stored_released_and_decide_only_where_they_are_told_to(
    made: Made, shared_data: Path, tmp_path: Path
) -> None:
    recipe = place(made, shared_data, tmp_path)
    run(recipe)
    folder = tmp_path / "run"
    signals, soft = measured(folder), released(folder)
    thai = {i for i, row in soft.items() if row["language"] == "tha"}
    assert len(thai) > 50 and len(soft) > len(thai)
    names = {name for row in signals.values() for name in row}
    assert {"classify/news", "walk/words", "identify/score"} <= names
    for identity, row in soft.items():
        assert {name: row[name] for name in names} == {name: signals[identity].get(name) for name in names}
        assert (row["classify/news"] is not None) == (identity in thai)
    assert not any(name.startswith("sketch/") for row in soft.values() for name in row)
    assert verify(folder / "release").findings == []
    assert not ran(run(recipe))

    say(made, tmp_path, keep_from="    keep_from: 0.6")
    foreseen = redecide(folder, load(recipe))["tha_Thai"]
    assert foreseen.rules["classifier-news"].drops_then.documents == foreseen.lost.documents > 0
    again = ran(run(recipe))
    assert "collect" not in again and {"decide", "select", "write", "report", "seal"} <= again
    hard = released(folder)
    stay = {i for i in soft if i not in thai or soft[i]["classify/news"] >= 0.6}
    assert set(hard) == stay and len(stay) == len(soft) - foreseen.lost.documents
    assert "scores of quality models" in (folder / "release" / "README.md").read_text(encoding="utf-8")
    gone = next(i for i in soft if i not in hard)
    score = next(s for s in why(folder, gone)["signals"] if s["signal"] == "classify/news")
    assert score["value"] < 0.6
    assert score["unit"] == "probability"
    assert [asked["rule"] for asked in score["rules"]] == ["classifier-news"]
    figures = json.loads((folder / "report" / "report.json").read_text(encoding="utf-8"))
    shown = {h["signal"]: h for h in figures["histograms"]["tha_Thai"]}["classify/news"]
    assert sum(shown["kept"]) == len(thai & stay)
    assert max(shown["edges"]) <= 1.01
    assert verify(folder / "release").ok


def ran(summary: start.Summary) -> set[str]:
    """The stages of which a task was done."""
    return {outcome.stage for outcome in summary.outcomes if outcome.ran}


def test_a_release_with_signals_loads_and_a_changed_column_is_found(
    made: Made, shared_data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every shard has the same columns, whatever was measured in its language, so that they load as one."""
    run(place(made, shared_data, tmp_path))
    folder = tmp_path / "run" / "release"
    shards = sorted((folder / "data").rglob("*.parquet"))
    assert len({tuple(pq.read_schema(shard).names) for shard in shards}) == 1 and len(shards) > 2
    listed = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))["files"]
    signals = next(file["signals"] for file in listed if file["kind"] == "data")
    assert pq.read_schema(shards[0]).names == [*RELEASED.names, *signals]
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    datasets = pytest.importorskip("datasets")
    datasets.disable_progress_bars()
    loaded = datasets.load_dataset(str(folder), cache_dir=str(tmp_path / "cache"))
    expected = released(tmp_path / "run")
    for rows in loaded.values():
        for identity, *values in zip(rows["id"], *(rows[name] for name in signals), strict=True):
            assert values == [expected[identity][name] for name in signals]

    table = pq.read_table(shards[0])
    pq.write_table(table.drop_columns(["classify/news"]), shards[0])
    assert {(f.path, f.kind) for f in verify(folder).findings} == {
        (shards[0].relative_to(folder).as_posix(), "changed")
    }
    new = hashlib.sha256(shards[0].read_bytes()).hexdigest()
    entry = next(file for file in listed if file["path"] == shards[0].relative_to(folder).as_posix())
    for name in ("manifest.json", "SHA256SUMS"):
        text = (folder / name).read_text(encoding="utf-8").replace(entry["sha256"], new)
        (folder / name).write_text(text.replace(f'"bytes": {entry["bytes"]},', f'"bytes": {shards[0].stat().st_size},'))
    assert any("column classify/news is missing" in f.message for f in verify(folder).findings)


def test_a_release_without_signals_has_no_column_more(made: Made, shared_data: Path, tmp_path: Path) -> None:
    run(place(made, shared_data, tmp_path, signals="false"))
    folder = tmp_path / "run" / "release"
    for shard in (folder / "data").rglob("*.parquet"):
        assert pq.read_schema(shard).names == RELEASED.names
    assert "signals" not in (folder / "manifest.json").read_text(encoding="utf-8")


def test_the_command_prints_one_object(made: Made, tmp_path: Path, called: Any) -> None:
    command = ["classifier", "train", "--positive", made.news, "--negative", made.junk]
    command += ["--language", "tha", "-o", tmp_path / "news.bin", "--dimensions", "8", "--buckets", "2000", "--json"]
    done = called(*command)
    assert json.loads(done.stdout) == made.classifier.record
    assert sorted(path.name for path in tmp_path.iterdir()) == ["news.bin", "news.json"]


def test_the_lines_for_the_recipe_are_a_recipes(made: Made, tmp_path: Path) -> None:
    from ginbon.recipes import read

    head = "recipe: x\nlanguages: {tha: }\nsources: {s: {collector: text, paths: [x]}}\n"
    found = read(head + recipe_lines(made.classifier, folder=tmp_path), file=tmp_path / "recipe.yaml")
    assert (tmp_path / found.classifiers[0].model).resolve() == made.classifier.model.resolve()
    assert found.classifiers[0].sha256 == made.classifier.sha256
    assert found.classifiers[0].keep_from is None
