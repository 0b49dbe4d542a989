"""Faults of evaluation sets: what is not there, cut short, no JSON, or lacks what was asked for stops before any work,
and the recipe's line is shown.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from ginbon.errors import RecipeError, UserError
from ginbon.filters.contamination.items import EvaluationSet, digest_files
from ginbon.recipes import load
from ginbon.run import start
from ginbon.run.checking import check
from ginbon.run.stages import build_stages

RECIPE = """\
recipe: checked
languages: {por_Latn: }
sources:
  docs: {collector: text, paths: [docs.txt]}
evaluation:
  sets:
    - name: quiz
      paths: [QUIZ]
      fields: [question, answer]
"""

ITEMS = "".join(json.dumps({"question": f"Which {n}?", "answer": "This one"}) + "\n" for n in range(2_000)).encode()


def test_fault_05_a_check_of_the_files_tells_it_too(tmp_path: Path) -> None:
    (tmp_path / "docs.txt").write_text("Um texto.", encoding="utf-8")
    (tmp_path / "recipe.yaml").write_text(RECIPE, encoding="utf-8")
    with pytest.raises(RecipeError, match=r"recipe\.yaml:8:.*QUIZ"):
        check(tmp_path / "recipe.yaml", files=True)


def refused(folder: Path, name: str) -> str:
    """What is said against a recipe with this evaluation set; nothing was begun."""
    (folder / "docs.txt").write_text("Um texto.", encoding="utf-8")
    (folder / "recipe.yaml").write_text(RECIPE.replace("QUIZ", name), encoding="utf-8")
    with pytest.raises(RecipeError) as error:
        start.run(folder / "recipe.yaml", folder / "run", options=start.Options(workers=0))
    assert not (folder / "run").exists()
    return str(error.value)


def test_fault_05_a_set_that_is_not_there(tmp_path: Path) -> None:
    said = refused(tmp_path, "quiz.jsonl")
    assert "recipe.yaml:8:" in said and "quiz.jsonl" in said and "does not exist" in said


@pytest.mark.parametrize("kind", ["gz", "zst", "xz", "bz2"])
def test_fault_07_08_a_packed_set_that_is_cut_short(tmp_path: Path, pack: Callable[..., bytes], kind: str) -> None:
    packed = pack(kind, ITEMS)
    (tmp_path / f"quiz.jsonl.{kind}").write_bytes(packed[: len(packed) // 2])
    said = refused(tmp_path, f"quiz.jsonl.{kind}")
    assert "recipe.yaml:8:" in said and "cut short or damaged behind line" in said and "whole file again" in said


def test_fault_17_a_parquet_file_that_is_cut_short(tmp_path: Path) -> None:
    (tmp_path / "quiz.parquet").write_bytes(b"PAR1" + b"\0" * 100)
    assert "cut short or damaged" in refused(tmp_path, "quiz.parquet")


def test_fault_12_a_line_that_is_no_json_and_one_that_is_no_object(tmp_path: Path) -> None:
    (tmp_path / "quiz.jsonl").write_bytes(ITEMS[:100].rpartition(b"\n")[0] + b'\n{"question": "a" "b"}\n')
    said = refused(tmp_path, "quiz.jsonl")
    assert "recipe.yaml:8:" in said and "quiz.jsonl:3:18: " in said
    (tmp_path / "quiz.jsonl").write_bytes(ITEMS + b"[1, 2]\n")
    assert "quiz.jsonl:2001:1: expected a JSON object" in refused(tmp_path, "quiz.jsonl")


def test_fault_19_a_field_that_no_row_has(tmp_path: Path) -> None:
    """The field's own place in the recipe is shown, and what there is."""
    (tmp_path / "quiz.jsonl").write_bytes(ITEMS.replace(b'"answer"', b'"answers"'))
    said = refused(tmp_path, "quiz.jsonl")
    assert "recipe.yaml:9:26: " in said
    assert "none of its 2,000 rows has the field `answer`; did you mean `answers`? there are: question, answers" in said


def test_fault_23_a_set_without_rows_or_without_text(tmp_path: Path) -> None:
    (tmp_path / "quiz.jsonl").write_bytes(b"\n\n")
    assert "holds no items" in refused(tmp_path, "quiz.jsonl")
    (tmp_path / "quiz.jsonl").write_bytes(b'{"question": 1, "answer": null}\n')
    assert "the evaluation set quiz holds no text" in refused(tmp_path, "quiz.jsonl")


def test_all_mistakes_are_told_at_once(tmp_path: Path) -> None:
    (tmp_path / "docs.txt").write_text("Um texto.", encoding="utf-8")
    more = "    - {name: other, paths: [other.jsonl]}\n"
    (tmp_path / "recipe.yaml").write_text(RECIPE.replace("QUIZ", "quiz.jsonl") + more, encoding="utf-8")
    with pytest.raises(RecipeError) as error:
        build_stages(load(tmp_path / "recipe.yaml"))
    assert [mistake.line for mistake in error.value.mistakes] == [8, 10]
    (tmp_path / "recipe.yaml").write_text(RECIPE + more.replace("other,", "quiz,"), encoding="utf-8")
    with pytest.raises(RecipeError, match="two evaluation sets are called 'quiz'"):
        load(tmp_path / "recipe.yaml")


def test_fault_04_a_set_that_changes_while_a_run_is_at_work_is_not_taken(tmp_path: Path) -> None:
    (tmp_path / "quiz.jsonl").write_bytes(ITEMS)
    files = (str(tmp_path / "quiz.jsonl"),)
    found = EvaluationSet("quiz", files, None, digest_files(files))
    assert found.read().items == 2_000
    (tmp_path / "quiz.jsonl").write_bytes(ITEMS[:-1] + b" \n")
    with pytest.raises(UserError, match="the evaluation set quiz changed since the run was started"):
        found.read()
