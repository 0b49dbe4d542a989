"""A run with evaluation sets: the planted documents are dropped with their evidence; what changes reruns no more than
it must.
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from real_text import zstd_text

from ginbon.cli.why import _lines
from ginbon.engine.files import read_json
from ginbon.filters.contamination.items import digest_files
from ginbon.recipes import load
from ginbon.release.verify import verify
from ginbon.report.why import why
from ginbon.run import start
from ginbon.run.redecide import redecide

RECIPE = """
recipe: clean
languages: {{tha_Thai: , por_Latn: }}
rules: {{preset: c4, thresholds: {{c4-min-sentences: "off"}} }}
duplicates: {{exact: false, near: "off"}}
sources:
  mixed:
    collector: table
    paths: [mixed.jsonl]
    rights: {{licence: CC0-1.0, basis: licence, evidence: made for this test}}
evaluation:
  drop_from: {drop_from}
  sets:
    - {{name: flores, paths: [{paths}], fields: [sentence]}}
{more}
release: {{signals: {signals} }}
"""

PLANTED = {"tha_Thai": (3, 11), "por_Latn": (0, 5, 20)}


@pytest.fixture(scope="module")
def folder(shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """News in two languages, in five documents a line of FLORES; the set, and another one of which nothing is there."""
    place = tmp_path_factory.mktemp("contamination")
    documents, items = [], []
    for language, rows in PLANTED.items():
        news = zstd_text(shared_data / "parallel" / "ntrex" / f"{language}.txt.zst").split("\n")
        sentences = zstd_text(shared_data / "parallel" / "flores" / f"{language}.txt.zst").split("\n")
        for number in range(30):
            lines = news[number * 6 : number * 6 + 6]
            if number in rows:
                lines.insert(2, f"“{sentences[number].upper()}”")
            documents.append({"text": "\n".join(lines), "number": number})
        items += [{"sentence": sentence, "topic": "news"} for sentence in sentences[:100]]
    write(place / "mixed.jsonl", documents)
    write(place / "flores.jsonl", items)
    write(place / "other.jsonl", [{"q": sentence} for sentence in sentences[200:250]])
    return place


def write(path: Path, rows: list[dict[str, Any]]) -> None:
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")


def carry_out(folder: Path, **wishes: Any) -> dict[str, int]:
    """Run the recipe; how many tasks each stage had to do."""
    wanted = {"drop_from": 0.5, "paths": "flores.jsonl", "more": "", "signals": "false"} | wishes
    (folder / "recipe.yaml").write_text(RECIPE.format(**wanted), encoding="utf-8")
    summary = start.run(folder / "recipe.yaml", folder / "run", options=start.Options(workers=0))
    return {outcome.stage: outcome.ran for outcome in summary.outcomes}


def excluded(folder: Path) -> list[dict[str, Any]]:
    return [
        row for path in sorted((folder / "run/excluded/decide").glob("*")) for row in pq.read_table(path).to_pylist()
    ]


def spans(folder: Path) -> list[tuple[str, dict[str, Any]]]:
    """Every span that was recorded, with the text it is in."""
    found = []
    for path in sorted((folder / "run/overlaps").glob("*/*.parquet")):
        texts = pq.read_table(folder / "run/documents" / path.parent.name / path.name)["text"].to_pylist()
        rows = pq.read_table(path)["evaluation/spans"].to_pylist()
        found += [(text, span) for text, own in zip(texts, rows, strict=True) for span in own]
    return found


def test_planted_documents_are_dropped_with_their_evidence(folder: Path) -> None:
    ran = carry_out(folder)
    assert ran["decontaminate"] == 2
    dropped = excluded(folder)
    assert {(row["rule"], row["value"], row["threshold"]) for row in dropped} == {("evaluation-overlap", 1.0, 0.5)}
    assert len(dropped) == 5 and len(spans(folder)) == 5
    items = [json.loads(line)["sentence"] for line in (folder / "flores.jsonl").read_text("utf-8").splitlines()]
    for text, span in spans(folder):
        piece = text.encode()[span["position"] :][: span["length"]].decode()
        assert piece.casefold() in items[span["item"]].casefold() and f"“{piece}" in text
        assert len(piece) > 0.9 * len(items[span["item"]])
    report = read_json(folder / "run/report/report.json")
    (row,) = report["overlaps"]
    assert (row["set"], row["documents"], row["found_items"], row["items"]) == ("flores", 5, 5, 200)
    assert row["sha256"] == digest_files([folder / "flores.jsonl"])
    assert next(r for r in report["rules"] if r["rule"] == "evaluation-overlap")["documents"] == 5
    assert "Evaluation sets" in (folder / "run/report/report.html").read_text("utf-8")
    verify(folder / "run/release")


def test_why_shows_what_was_found(folder: Path) -> None:
    carry_out(folder)
    answer = why(folder / "run", excluded(folder)[0]["id"])
    assert [(o["set"], o["share"]) for o in answer["overlaps"]] == [("flores", 1.0)]
    signals = {row["signal"]: row for row in answer["signals"]}
    assert signals["evaluation/share"]["rules"] == [
        {"rule": "evaluation-overlap", "low": None, "high": 0.5, "below": True}
    ]
    said = "\n".join(_lines(answer))
    assert "holds 100% of item" in said and "evaluation-overlap asks < 0.5" in said
    kept = pq.read_table(next((folder / "run/shards/tha_Thai").glob("*"))).to_pylist()[0]
    assert why(folder / "run", kept["id"])["overlaps"] == []


def test_another_threshold_is_decided_from_what_was_measured(folder: Path) -> None:
    """A document that has exactly the share is dropped, so 1 drops what is there whole; `off` drops nothing."""
    carry_out(folder)
    change = redecide(folder / "run", load(folder / "recipe.yaml"))
    assert sum(c.gained.documents + c.lost.documents for c in change.values()) == 0
    ran = carry_out(folder, drop_from=1)
    assert [stage for stage, tasks in ran.items() if tasks][:1] == ["decide"] and len(excluded(folder)) == 5
    ran = carry_out(folder, drop_from="off")
    assert [stage for stage, tasks in ran.items() if tasks][:1] == ["decide"]
    assert excluded(folder) == [] and len(spans(folder)) == 5
    assert read_json(folder / "run/report/report.json")["overlaps"][0]["documents"] == 5


def test_a_set_more_is_measured_without_collecting_again(folder: Path) -> None:
    carry_out(folder)
    ran = carry_out(folder, more="    - {name: other, paths: [other.jsonl]}")
    assert [stage for stage, tasks in ran.items() if tasks] == ["decontaminate", "report", "seal"]
    assert [row["set"] for row in read_json(folder / "run/report/report.json")["overlaps"]] == ["flores", "other"]


def test_where_a_set_lies_decides_nothing(folder: Path) -> None:
    carry_out(folder)
    (folder / "sets").mkdir(exist_ok=True)
    shutil.copy(folder / "flores.jsonl", folder / "sets/moved.jsonl")
    assert not any(carry_out(folder, paths="sets/moved.jsonl").values())


def test_a_recipe_without_sets_has_no_such_stage_and_tells_nothing_of_an_earlier_one(folder: Path) -> None:
    carry_out(folder)
    recipe = folder / "recipe.yaml"
    head, _, rest = recipe.read_text("utf-8").partition("evaluation:")
    recipe.write_text(f"{head}release: {rest.partition('release:')[2]}", encoding="utf-8")
    summary = start.run(recipe, folder / "run", options=start.Options(workers=0))
    assert "decontaminate" not in {outcome.stage for outcome in summary.outcomes}
    assert excluded(folder) == [] and read_json(folder / "run/report/report.json")["overlaps"] == []


def test_with_signals_the_shards_have_the_numbers(folder: Path) -> None:
    carry_out(folder, drop_from="off", signals="true")
    rows = [row for path in (folder / "run/shards").glob("*/*") for row in pq.read_table(path).to_pylist()]
    assert sorted(row["evaluation/share"] for row in rows)[-6:] == [0.0, 1.0, 1.0, 1.0, 1.0, 1.0]
    assert sum(row["evaluation/items"] for row in rows) == 5 and "evaluation/spans" not in rows[0]
    verify(folder / "run/release")
