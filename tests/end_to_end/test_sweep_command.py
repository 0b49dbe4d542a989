"""``ginbon tokenizers sweep`` as people use it: text or a run goes in, tokenizers, a page and a choice come out."""

from __future__ import annotations

import json
from pathlib import Path
from subprocess import CompletedProcess

import command_line
import pytest
from counted import SENTENCES

SIZES = ("--vocabulary", "330", "--vocabulary", "400")


def ginbon(folder: Path, *arguments: str) -> CompletedProcess[str]:
    return command_line.ginbon("tokenizers", "sweep", *arguments, cwd=folder)


@pytest.fixture
def texts(tmp_path: Path) -> Path:
    for name, numbers in (("train", range(40)), ("held_out", range(90, 96))):
        rows = [
            {"id": f"{name}{i}{j}", "language": language, "text": f"{SENTENCES[j]} {i}", "source": "made"}
            for i in numbers
            for j, language in ((0, "eng_Latn"), (1, "hin_Deva"), (2, "tha_Thai"))
        ]
        (tmp_path / f"{name}.jsonl").write_text("\n".join(map(json.dumps, rows)))
    for label, place in (("eng_Latn", 0), ("hin_Deva", 1), ("tha_Thai", 2), ("amh_Ethi", 6)):
        (tmp_path / "lines").mkdir(exist_ok=True)
        (tmp_path / "lines" / f"{label}.txt").write_text(f"{SENTENCES[place]}\n{SENTENCES[place]} 7\n")
    return tmp_path


def test_a_sweep_from_text_to_a_choice(texts: Path) -> None:
    arguments = [
        "train.jsonl",
        "--held-out",
        "held_out.jsonl",
        "-o",
        "out",
        *SIZES,
        "--balance",
        "0.3",
        "--balance",
        "1",
    ]
    done = ginbon(texts, *arguments, "--parallel", "lines")
    assert done.returncode == 0, done.stderr
    result = json.loads((texts / "out/sweep.json").read_bytes())
    assert len(result["tokenizers"]) == 8
    assert f"Take {result['choice']['taken']}: " in done.stdout
    assert "The rule: " in done.stderr
    assert (texts / "out/sweep.html").read_text().startswith("<!doctype html>")
    versions = [version["label"] for version in result["parallel"]["sets"][0]["versions"]]
    assert versions == ["eng_Latn", "hin_Deva", "tha_Thai"], "languages that were trained on"
    assert all(result["choice"]["taken"] in table for table in done.stdout.split("documents, ")[1:])

    again = ginbon(texts, *arguments, "--parallel", "lines", "--json")
    assert again.returncode == 0, again.stderr
    assert json.loads(again.stdout) == result
    assert again.stderr.count("is there") == 8


def test_a_mistake_is_told_before_anything_is_trained(texts: Path) -> None:
    done = ginbon(texts, "train.jsonl", "-o", "out", "--held-out", "held_out.jsonl", "--mix", "a=2")
    assert done.returncode == 2, done.stderr
    assert "expected NAME:WHAT=FACTOR" in done.stderr
    assert "Traceback" not in done.stderr
    assert not (texts / "out").exists()
