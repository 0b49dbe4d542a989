"""``ginbon tokenizers diagnose`` on small files: what it prints, writes, and says of mistakes."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from rich.cells import cell_len
from typer.testing import CliRunner

from ginbon.cli.tokenizers import app
from ginbon.errors import UserError


@pytest.fixture
def ginbon(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    lines = {
        "eng_Latn": ["India is a big country.", "The river flows to the sea.", "Children go to school.", "It rains."],
        "hin_Deva": ["भारत एक बड़ा देश है।", "नदी समुद्र में बहती है।", "बच्चे स्कूल जाते हैं।", "बारिश होती है।"],
    }
    (tmp_path / "set").mkdir()
    for label, said in lines.items():
        (tmp_path / "set" / f"{label}.txt").write_text("".join(f"{line}\n" for line in said), encoding="utf-8")
    (tmp_path / "more.txt").write_text("यह देश बड़ा है।\nबच्चे नदी में जाते हैं।\n" * 4, encoding="utf-8")
    ranks = "".join(f"{base64.b64encode(bytes([b])).decode()} {b}\n" for b in range(256))
    (tmp_path / "toy.tiktoken").write_text(ranks, encoding="ascii")

    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("GINBON_DATA", raising=False)

    def run(*arguments: str) -> Any:
        return CliRunner().invoke(app, ["diagnose", *arguments])

    return run


COMMON = ("toy.tiktoken", "--pattern", "cl100k", "--parallel", "set", "--text", "more.txt")


def test_the_terminal_shows_it_in_80_columns_and_the_page_is_written(
    ginbon: Callable[..., Any], tmp_path: Path
) -> None:
    done = ginbon(*COMMON, "--language", "Hindi", "-o", "page.html")
    assert done.exit_code == 0, done.stderr
    assert done.stdout.startswith("toy on Hindi (hin_Deva)\n4 lines of set/hin_Deva, against eng_Latn\n")
    assert max(map(cell_len, done.stdout.splitlines())) <= 80
    for word in ("premium floor", "headroom", "unknown rate", "round trip", "new tokens", "│", "◌"):
        assert word in done.stdout
    assert "more.txt; 8 lines, none of them measured" in done.stderr
    assert (tmp_path / "page.html").read_text(encoding="utf-8").startswith("<!doctype html>")


def test_json_is_one_object_and_the_same_twice(ginbon: Callable[..., Any]) -> None:
    done, again = (ginbon(*COMMON, "-l", "hi", "--json") for _ in range(2))
    assert done.stdout == again.stdout
    found = json.loads(done.stdout)
    assert found["schema"] == "ginbon.diagnosis"
    assert found["recommendation"]["action"] in ("use-as-is", "extend", "repair-and-extend", "train-anew")
    assert found["curves"]["repaired"]["floor"]["value"] < found["parts"]["premium_floor"]["value"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((*COMMON, "-l", "Marathi"), "mar_Deva (Marathi): no parallel text in this language"),
        ((*COMMON, "-l", "Hindo"), "Did you mean"),
        ((*COMMON[:3], "-p", "nowhere", "-l", "hi"), "nowhere: no such file or folder"),
        ((*COMMON[:3], "-l", "hi"), "no parallel text: name a folder"),
        (("nothing.json", "-p", "set", "-l", "hi"), "nothing.json: no such file or folder"),
        ((*COMMON, "-l", "hi", "-t", "absent.txt"), "absent.txt: no such file or folder"),
    ],
)
def test_mistakes_are_the_callers_and_say_what_is_wrong(
    ginbon: Callable[..., Any], arguments: tuple[str, ...], said: str
) -> None:
    done = ginbon(*arguments)
    assert isinstance(done.exception, UserError)  # `ginbon` tells its message and ends with 2
    assert said in str(done.exception)
    assert done.stdout == ""


def test_parallel_text_of_the_data_folder_is_read_where_none_is_named(
    ginbon: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "data" / "parallel").mkdir(parents=True)
    (tmp_path / "set").rename(tmp_path / "data" / "parallel" / "mine")
    monkeypatch.setenv("GINBON_DATA", str(tmp_path / "data"))
    done = ginbon(*COMMON[:3], "-l", "hi")
    assert "of mine/hin_Deva, against eng_Latn" in done.stdout
