"""``ginbon new`` and ``ginbon recipe``, as a user calls them."""

from __future__ import annotations

import json
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import command_line
import jsonschema
import pytest

ROOT = Path(__file__).resolve().parents[2]
RECIPES = sorted((ROOT / "recipes").glob("*.yaml"))


def ginbon(*arguments: object, code: int = 0, **more: Any) -> CompletedProcess[str]:
    done = command_line.ginbon(*arguments, **more)
    assert done.returncode == code, (done.stdout, done.stderr)
    return done


def test_check_passes_on_every_recipe_that_we_ship() -> None:
    done = ginbon("recipe", "check", *RECIPES)
    assert done.stdout.count(": valid (") == len(RECIPES) >= 13
    assert done.stderr == ""


def test_check_prints_one_json_object(tmp_path: Path) -> None:
    bad = tmp_path / "bad.yaml"
    bad.write_text("recipe: r\nlanguages: {pt: }\nsources: {a: {collector: text, paths: [x]}}\nsede: 1\n")
    done = ginbon("recipe", "check", "--json", bad, RECIPES[0], code=2)
    answer = json.loads(done.stdout)
    assert answer["version"] == 1
    assert [r["valid"] for r in answer["recipes"]] == [False, True]
    (mistake,) = answer["recipes"][0]["mistakes"]
    assert (mistake["line"], mistake["column"], mistake["hint"]) == (4, 1, "did you mean `seed`?")
    assert done.stderr == ""


def test_schema_is_a_schema_that_a_recipe_fits() -> None:
    schema = json.loads(ginbon("recipe", "schema").stdout)
    jsonschema.Draft202012Validator.check_schema(schema)
    recipe = {"recipe": "r", "languages": {"pt": None}, "sources": {"a": {"collector": "warc", "paths": ["x"]}}}
    jsonschema.validate(recipe, schema)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({**recipe, "fliters": {}}, schema)


def test_explain_says_what_is_done_with_every_default() -> None:
    said = ginbon("recipe", "explain", ROOT / "recipes" / "thai.yaml").stdout
    for word in ("tha_Thai", "government-news", "language-score", "min-words", "unigram-64k", "512 MB"):
        assert word in said
    (punctuation,) = [line for line in said.splitlines() if line.split()[:1] == ["prose-lines"]] or [""]
    assert punctuation == "" or "off" in punctuation
    answer = json.loads(ginbon("recipe", "explain", "--json", ROOT / "recipes" / "thai.yaml").stdout)
    assert answer["recipe"]["held_out"] == {"share": 0.001, "min_documents": 1000, "measure_leakage": False}
    assert answer["rules"]["tha_Thai"]["min-words"]["set_by"] in ("pack", "preset")


def test_new_writes_a_recipe_that_is_valid_and_runs_once_its_files_are_there(tmp_path: Path) -> None:
    done = ginbon("new", "português", cwd=tmp_path)
    assert done.stdout == "portuguese.yaml\n"
    ginbon("recipe", "check", "portuguese.yaml", cwd=tmp_path)
    missing = ginbon("recipe", "check", "--files", "portuguese.yaml", cwd=tmp_path, code=2).stderr
    for place in ("sources/pages/**/*.html", "sources/texts", "ptwiki-", "fineweb-2/por_Latn"):
        assert place in missing
    for file in (
        "pages/a/b.html",
        "texts/c.txt",
        "ptwiki-1-pages-articles-multistream.xml.bz2",
        "fineweb-2/por_Latn/d.parquet",
    ):
        path = tmp_path / "sources" / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"")
    ginbon("recipe", "check", "--files", "portuguese.yaml", cwd=tmp_path)


def test_new_overwrites_nothing_unless_it_is_forced(tmp_path: Path) -> None:
    mine = tmp_path / "mine.yaml"
    mine.write_text("mine")
    refused = ginbon("new", "th", "-o", mine, code=2)
    assert "--force" in refused.stderr
    assert mine.read_text() == "mine"
    ginbon("new", "th", "-o", mine, "--force")
    assert "tha_Thai" in mine.read_text("utf-8")


def test_new_prints_to_standard_output() -> None:
    assert "yor_Latn" in ginbon("new", "Yorùbá", "-o", "-").stdout


def test_new_answers_an_unknown_language_with_suggestions(tmp_path: Path) -> None:
    done = ginbon("new", "Portugese", cwd=tmp_path, code=2)
    assert "por_Latn (Portuguese)" in done.stderr
    assert not list(tmp_path.iterdir())
