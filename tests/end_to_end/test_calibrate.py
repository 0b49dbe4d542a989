"""``ginbon calibrate`` on real text in three scripts, and the pack that it writes in use."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from backports import zstd
from command_line import ginbon

from ginbon.filters.rules import bind
from ginbon.languages.pack import load_pack


def stories(shared: Path, language: str, folder: Path) -> Path:
    """The stories of one language as a JSONL file."""
    data = zstd.decompress((shared / "docs/stories.jsonl.zst").read_bytes()).decode("utf-8")
    rows = [row for line in data.split("\n") if line and (row := json.loads(line))["language"] == language]
    path = folder / f"{language}.jsonl"
    path.write_text("".join(json.dumps({"id": r["id"], "text": r["text"]}) + "\n" for r in rows), encoding="utf-8")
    return path


def calibrated(language: str, inputs: Sequence[Path], output: Path, *more: str) -> Any:
    done = ginbon("calibrate", *inputs, "--language", language, "-o", output, "--json", *more)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.slow
@pytest.mark.parametrize("label", ["tha_Thai", "hin_Deva", "eng_Latn"])
def test_a_pack_of_real_text_keeps_its_budget_where_the_packaged_one_did_not(
    label: str, shared_data: Path, tmp_path: Path
) -> None:
    """Held-out documents: the budget is in Wilson's interval, and less is dropped than before."""
    sources = {
        "tha_Thai": lambda: shared_data / "docs/thaigov.jsonl.zst",
        "hin_Deva": lambda: stories(shared_data, "hin", tmp_path),
        "eng_Latn": lambda: stories(shared_data, "eng", tmp_path),
    }
    path = tmp_path / f"{label}.yaml"
    told = calibrated(label, [sources[label]()], path)
    assert told["schema"] == "ginbon-calibrate/1" and told["language"] == label
    assert told["after"]["trusted"]["low"] <= 0.01
    assert told["after"]["trusted"]["share"] <= told["before"]["trusted"]["share"]
    pack = load_pack(str(path))
    bound = {rule.name: rule for rule in bind("ginbon", pack)}
    assert pack.fallback is None and len(pack.stop_words) >= 15
    assert all(rule.source == "pack" for rule in bound.values() if rule.name in pack.thresholds)
    assert all(threshold.how for threshold in pack.thresholds.values())


def test_methods_are_compared_on_trusted_and_web_text_and_told_as_a_table(shared_data: Path, tmp_path: Path) -> None:
    trusted = stories(shared_data, "hin", tmp_path)
    web = tmp_path / "web.txt"
    web.write_text("\n".join(f"होम\nसंपर्क\nहमारे बारे में {k}\nलॉगिन\n\n" * 30 for k in range(30)), encoding="utf-8")
    done = ginbon(
        "calibrate",
        trusted,
        "--language",
        "Hindi",
        "--web",
        web,
        "--document",
        "block",
        "--compare",
        "--trust-language",
    )
    assert done.returncode == 0, done.stderr
    for said in ("median-ratio", "published (English)", "prose-lines", "of the web", "held out", "look"):
        assert said in done.stdout
    assert not list(tmp_path.glob("*.yaml"))


def test_standard_input_is_read_and_a_recipe_takes_the_pack(shared_data: Path, tmp_path: Path) -> None:
    given = stories(shared_data, "hin", tmp_path).read_text(encoding="utf-8")
    done = ginbon("calibrate", "-", "--language", "hi", "-o", tmp_path / "own.yaml", given=given)
    assert done.returncode == 0, done.stderr
    recipe = "recipe: own\nlanguages:\n  hin_Deva: {pack: own.yaml}\nsources:\n  a: {collector: text, paths: [x.txt]}\n"
    (tmp_path / "recipe.yaml").write_text(recipe)
    checked = ginbon("recipe", "check", tmp_path / "recipe.yaml")
    assert checked.returncode == 0, checked.stderr


def test_wrong_input_ends_with_what_to_do(shared_data: Path, tmp_path: Path) -> None:
    (tmp_path / "one.txt").write_text("Um documento só.", encoding="utf-8")
    cases = {tmp_path / "one.txt": "at least 20", stories(shared_data, "fra", tmp_path): "look like fra_Latn"}
    for path, said in cases.items():
        done = ginbon("calibrate", path, "--language", "por")
        assert (done.returncode, said in done.stderr) == (2, True), done.stderr
