"""Copies in a run: which one stays, what is known elsewhere, and what partners get to know of it."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from ginbon.errors import RecipeError
from ginbon.filters.duplicates.weigh import repeats_of
from ginbon.filters.rules import RULES
from ginbon.release.verify import verify
from ginbon.run.checking import check
from ginbon.run.stages import build_stages
from ginbon.run.start import Options, run

RECIPE = """
recipe: copies
languages: {por_Latn: {rules: {}}}
rules: {preset: ginbon, thresholds: %(off)s}
redact: "off"
held_out: {share: 0, min_documents: 0}
duplicates: %(duplicates)s
release: {repeats: 3, index: true}
sources:
  web:
    collector: table
    paths: [web.jsonl]
    columns: {url: url, published_at: date}
    language: por_Latn
    trust_language: true
    rights: {licence: CC0-1.0, basis: licence, evidence: made for this test}
  books:
    collector: table
    paths: [books.jsonl]
    columns: {url: url, published_at: date}
    language: por_Latn
    trust_language: true
    rights: {licence: CC0-1.0, basis: licence, evidence: made for this test}
"""

OFF = json.dumps({name: "off" for name in RULES if name != "nothing-left" and not name.endswith("-after-cut")})

WORDS = ("rei", "castelo", "mar", "filhas", "caminho", "noite", "vento", "pedra", "cavalo", "floresta", "rio", "ouro")


def text(number: int) -> str:
    chance = random.Random(number)
    sentences = (" ".join(chance.choice(WORDS) + str(chance.randrange(20)) for _ in range(9)) for _ in range(8))
    return ". ".join(sentences) + "."


def row(content: str, *, url: str | None = None, date: str | None = None) -> dict[str, Any]:
    return {"text": content, "url": url, "date": date}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two sources: an old text in both, a page that was visited twice, and others."""
    web = [
        row(text(1) + " Mais uma linha do fim.", date="2020-01-01"),
        row(text(2), url="https://www.example.org/a?b=1", date="2021-01-01"),
        row(text(3), url="http://example.org/a?b=1#top", date="2022-01-01"),
        *(row(text(n)) for n in range(10, 30)),
    ]
    books = [row(text(1), date="2024-01-01"), row(text(1).upper(), date="2019-01-01")]
    for name, rows in (("web", web), ("books", books)):
        (tmp_path / f"{name}.jsonl").write_text("".join(json.dumps(r) + "\n" for r in rows), encoding="utf-8")
    return tmp_path


def carried_out(folder: Path, name: str, duplicates: str) -> Path:
    """A run of the recipe with these settings, rules switched off; gives its folder."""
    (folder / f"{name}.yaml").write_text(RECIPE % {"duplicates": duplicates, "off": OFF}, encoding="utf-8")
    run(folder / f"{name}.yaml", folder / name, options=Options(workers=0))
    verify(folder / name / "release")
    return folder / name


def table(folder: Path, kind: str) -> pa.Table:
    where = folder / "release/data" if kind == "released" else folder / "excluded/decide"
    return pa.concat_tables([pq.read_table(p) for p in sorted(where.rglob("*.parquet"))])


def kept_of_the_tale(folder: Path) -> str:
    """Which copy of text 1 was released."""
    rows = table(folder, "released").to_pylist()
    (found,) = [r for r in rows if r["cluster_size"] == 3]
    return f"{found['source']} {found['published_at'].year}"


@pytest.mark.parametrize(
    ("duplicates", "stays"),
    [
        ("{prefer: [books]}", "books"),  # both of them are as long
        ("{best: [longest]}", "web 2020"),
        ("{best: [newest]}", "books 2024"),
        ("{best: [oldest]}", "books 2019"),
        ("{prefer: [books], best: [source, oldest]}", "books 2019"),
        ("{best: [walk/capitalised_word_share, newest]}", "books 2019"),
    ],
)
def test_the_best_copy_is_what_the_recipe_says(folder: Path, duplicates: str, stays: str) -> None:
    """By source, length, date or a signal; the others are excluded with its id."""
    made = carried_out(folder, "run", duplicates)
    assert kept_of_the_tale(made).startswith(stays)
    lost = [r for r in table(made, "excluded").to_pylist() if r["rule"] in ("near-duplicate", "exact-duplicate")]
    assert len(lost) == 2 and len({r["duplicate_of"] for r in lost}) == 1


def test_one_address_is_one_document(folder: Path) -> None:
    """Two visits to a page: the newer stays, the other is told to be of the same address."""
    made = carried_out(folder, "run", "{url: true, best: [newest]}")
    (lost,) = [r for r in table(made, "excluded").to_pylist() if r["rule"] == "same-url"]
    (kept,) = [r for r in table(made, "released").to_pylist() if r["id"] == lost["duplicate_of"]]
    assert (lost["text"], kept["text"]) == (text(2), text(3))


def test_what_an_earlier_release_has_is_left_out(folder: Path) -> None:
    """Its index is in the release; a second run against it keeps what is new, and what is twice there once."""
    first = carried_out(folder, "first", "{}")
    more = [row(text(n)) for n in (10, 11, 50, 51, 51)]
    (folder / "web.jsonl").write_text("".join(json.dumps(r) + "\n" for r in more), encoding="utf-8")
    (folder / "books.jsonl").write_text(json.dumps(row(text(3))) + "\n", encoding="utf-8")
    second = carried_out(folder, "second", "{against: [first/release/index]}")
    assert sorted(table(second, "released").column("text").to_pylist()) == sorted([text(50), text(51)])
    lost = table(second, "excluded").to_pylist()
    assert sorted(r["rule"] for r in lost) == ["exact-duplicate", "in-index", "in-index", "in-index"]
    ids = set(table(first, "released").column("id").to_pylist())
    assert {r["duplicate_of"] for r in lost if r["rule"] == "in-index"} <= ids


def test_mistakes_of_the_recipe(folder: Path) -> None:
    """An index that is not there, one made otherwise, and a signal that nothing measures: told with their lines.
    An index that was changed since is told before any work where inputs are to be verified.
    """
    carried_out(folder, "first", "{}")
    for duplicates, says in (
        ("{against: [nowhere]}", "no index of Ginbon is there"),
        ("{near: {bands: 3}, against: [first/index]}", "made otherwise"),
        ("{best: [classify/quality]}", "no signal of all documents is called classify/quality"),
    ):
        (folder / "bad.yaml").write_text(RECIPE % {"duplicates": duplicates, "off": "{}"}, encoding="utf-8")
        recipe, _ = check(folder / "bad.yaml")
        with pytest.raises(RecipeError, match=says) as caught:
            build_stages(recipe)
        assert "bad.yaml:7" in str(caught.value)
    (folder / "bad.yaml").write_text(RECIPE % {"duplicates": "{against: [first/index]}", "off": OFF}, encoding="utf-8")
    index = folder / "first/index/parts/hashes-00000.parquet"
    damaged = bytearray(index.read_bytes())
    damaged[9] ^= 1
    index.write_bytes(damaged)
    with pytest.raises(RecipeError, match="SHA-256"):
        run(folder / "bad.yaml", folder / "bad", options=Options(workers=0, verify_inputs=True))
    assert not (folder / "bad").exists()


def test_weights_are_in_the_release(folder: Path) -> None:
    """By language and cluster size; nothing is repeated where the rules drop nothing."""
    made = carried_out(folder, "run", "{}")
    weights = json.loads((made / "release/weights.json").read_text())
    assert [repeats_of(weights, "por_Latn", size) for size in (1, 2, 3, 99)] == [1, 1, 1, 1]


def test_what_is_held_out_and_trained_on_after_all_is_measured(folder: Path) -> None:
    """Texts in pairs that share a passage, too little to be copies: the report counts who is in the other split too."""
    passages = [(text(1_000 + n), text(2_000 + n), text(3_000 + n)) for n in range(100)]
    rows = [row(f"{shared} {own}") for shared, one, other in passages for own in (one, other)]
    (folder / "web.jsonl").write_text("".join(json.dumps(r) + "\n" for r in rows), encoding="utf-8")
    recipe = RECIPE.replace("{share: 0, min_documents: 0}", "{share: 0.1, min_documents: 0, measure_leakage: true}")
    for name, wanted in (("on", recipe), ("off", recipe.replace("measure_leakage: true", "measure_leakage: false"))):
        (folder / "recipe.yaml").write_text(wanted % {"duplicates": "{}", "off": OFF}, encoding="utf-8")
        run(folder / "recipe.yaml", folder / "run", options=Options(workers=0))
        report = json.loads((folder / "run/report/report.json").read_text())
        if name == "off":
            assert report["leakage"] == []
            continue
        (found,) = report["leakage"]
        held = pq.read_table(next((folder / "run/release/data/por_Latn").glob("held_out*"))).num_rows
        assert found["looked"] == held > 8
        assert held - 4 <= found["from"]["0.2"] <= held  # the other of a pair may be held out too
        assert found["from"]["0.9"] == 0
        assert "Leakage" in (folder / "run/report/report.html").read_text()


def test_the_next_best_copy_is_promoted_when_one_is_withdrawn(folder: Path) -> None:
    """Withdrawn documents are dropped by that rule; only decisions are made again; lines that are no ids are told."""
    recipe = RECIPE % {"duplicates": "{best: [newest]}", "off": OFF} + "withdrawn: [gone.txt]\n"
    (folder / "recipe.yaml").write_text(recipe, encoding="utf-8")
    (folder / "gone.txt").write_text("# nobody yet\n", encoding="utf-8")
    run(folder / "recipe.yaml", folder / "run", options=Options(workers=0))
    assert kept_of_the_tale(folder / "run") == "books 2024"
    (gone,) = [r["id"] for r in table(folder / "run", "released").to_pylist() if r["cluster_size"] == 3]
    (folder / "gone.txt").write_text(f"{gone}  # asked by its author\n", encoding="utf-8")
    summary = run(folder / "recipe.yaml", folder / "run", options=Options(workers=0))
    assert kept_of_the_tale(folder / "run") == "web 2020"
    assert {o.stage: o.ran for o in summary.outcomes}["collect"] == 0
    (dropped,) = [r for r in table(folder / "run", "excluded").to_pylist() if r["rule"] == "withdrawn"]
    assert dropped["id"] == gone
    (folder / "gone.txt").write_text("someone\n", encoding="utf-8")
    with pytest.raises(RecipeError, match=r"gone.txt, line 1: 'someone' is no document id"):
        run(folder / "recipe.yaml", folder / "run", options=Options(workers=0))
