"""``ginbon tokenizers compare --parallel``: files for people and programs, the same whoever does the work."""

from __future__ import annotations

import csv
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from ginbon.cli import tokenizers as mounted
from ginbon.errors import UserError
from ginbon.run.compare import Compared, compare_in
from ginbon.run.start import Listener, Options
from ginbon.tokenizers import TokenizerSpec
from ginbon.tokenizers.parallel.stage import Places

VOCABULARIES = Path.home() / ".cache" / "ginbon-data" / "vocabularies"
LINES = {
    "eng_Latn": ["The cat sat on the mat and looked at the rain for a very long time.", "No.", "It is late."],
    "tha_Thai": ["แมวนั่งบนเสื่อและมองดูฝนอยู่นานมาก", "ไม่", "ดึกแล้ว"],
    "fas_Arab": ["گربه روی حصیر نشست و مدت زیادی به باران نگاه کرد", "نه", "دیر شده‌است"],
    "por_Latn_BR": ["O gato sentou no tapete e olhou para a chuva por muito tempo.", "", "É tarde."],
}


@pytest.fixture
def tales(tmp_path: Path) -> Path:
    folder = tmp_path / "tales"
    folder.mkdir()
    for label, lines in LINES.items():
        (folder / f"{label}.txt").write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    return folder


def call(*arguments: str | Path) -> Result:
    """The command in this process; without workers it needs no other."""
    return CliRunner().invoke(mounted.app, ["compare", "--offline", *map(str, arguments)])


def files(folder: Path) -> dict[str, bytes]:
    """What is published, and what was measured."""
    return {
        str(p.relative_to(folder)): p.read_bytes()
        for p in sorted(folder.rglob("*"))
        if p.is_file() and (p.parent.name == "measured" or p.name.startswith("results"))
    }


def outcomes(folder: Path, compared: Compared, **options: Any) -> list[int]:
    """How many tasks ran."""
    ran: list[int] = []
    listener = Listener(ended=lambda outcome: ran.append(outcome.ran))
    compare_in(folder, compared, options=Options(**options), listener=listener)
    return ran


def test_the_command_writes_results_and_says_what_was_lost(tales: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    done = call("bytes", "bytes", "-p", tales, "-o", out, "--show", "pt", "--price", "bytes=2", "--workers", "0")
    assert done.exit_code == 0, done.output
    result = json.loads((out / "results.json").read_bytes())
    assert [t["name"] for t in result["tokenizers"]] == ["bytes", "bytes-2"] and result["prices"] == {"bytes": 2.0}
    (one,) = result["sets"]
    assert (one["name"], one["pivot"], one["lines"]) == ("tales", "eng_Latn", 3)
    assert [v["lines"] for v in one["versions"]] == [3, 3, 2, 3]
    for head in ("median", "premium", "Gini", "collapsed", "unknown", "lost", "up to", "round trip", "from"):
        assert head in done.stdout
    assert "Portuguese (BR): 2 lines" in done.stdout and "tha_Thai, Thai" not in done.stdout
    assert "tales: lines blank on one side" in done.stderr and "Words: words by UAX #29" in done.stderr
    assert (out / "results.tex").read_text().count("\\begin{longtable}") == 1
    assert len(list(csv.reader((out / "results.csv").open()))) == 1 + 4 * 2


def test_json_prints_the_result_alone(tales: Path, tmp_path: Path) -> None:
    done = call("bytes", "-p", tales, "-o", tmp_path / "out", "--json", "--workers", "0", "--language", "th")
    assert json.loads(done.stdout) == json.loads((tmp_path / "out" / "results.json").read_bytes())
    assert done.stderr == ""


def test_any_number_of_workers_gives_the_same_bytes_and_a_second_run_measures_nothing(
    tales: Path, tmp_path: Path
) -> None:
    first, second, third = (TokenizerSpec("bytes", name=name) for name in ("one", "two", "three"))
    compared = Compared(Places((str(tales),)), [first, second])
    assert outcomes(tmp_path / "here", compared, workers=0) == [2]
    assert outcomes(tmp_path / "two", compared, workers=2) == [2]
    assert files(tmp_path / "here") == files(tmp_path / "two")
    assert outcomes(tmp_path / "two", compared, workers=0) == [0]
    more = Compared(Places((str(tales),)), [third, second, first])
    assert outcomes(tmp_path / "two", more, workers=0) == [1]
    (tales / "tha_Thai.txt").write_text("แมว\nไม่\nดึก\n", encoding="utf-8")
    assert outcomes(tmp_path / "two", more, workers=0) == [3]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["bytes"], "either --text"),
        (["bytes", "-p", "tales", "-t", "tales"], "either --text"),
        (["-p", "tales", "-o", "out"], "name tokenizers to compare"),
        (["bytes", "-p", "tales"], "--output"),
        (["bytes", "-p", "nowhere", "-o", "out"], "nowhere: no such file"),
        (["bytes", "-p", "tales", "-o", "out", "--pivot", "deu"], "pivot language deu"),
        (["bytes", "-p", "tales", "-o", "out", "--language", "deu"], "deu: in none of the sets tales"),
        (["bytes", "-p", "tales", "-o", "out", "--show", "deu"], "deu: in none of the sets tales"),
        (["bytes", "-p", "tales", "-o", "out", "--price", "chars=1"], "price of chars"),
        (["bytes", "-p", "tales", "-o", "out", "--price", "bytes"], "expected a tokenizer's name"),
        (["bytes", "-p", "tales", "-o", "tales"], "holds something else"),
        (["no-such", "-p", "tales", "-o", "out"], "no-such: no such file or folder"),
        (["bytes", "-t", "tales", "--pivot", "eng"], "--pivot goes with --parallel"),
    ],
)
def test_a_wrong_call_is_refused_before_any_work(
    tales: Path, arguments: list[str], said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tales.parent)
    done = call(*arguments)
    assert isinstance(done.exception, UserError) and said in str(done.exception)
    assert not (tales.parent / "out").exists()


def test_ctrl_c_ends_with_130_and_the_same_command_goes_on(shared_data: Path, tmp_path: Path) -> None:
    out, flores = tmp_path / "out", shared_data / "parallel" / "flores"
    arguments = [*["bytes"] * 6, "-p", flores, "-o", out, "--workers", "1", "--language", "tha", "--language", "hin"]
    started = subprocess.Popen(
        [sys.executable, "-m", "ginbon", "tokenizers", "compare", *map(str, arguments)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    deadline = time.monotonic() + 60
    while not (out / "parts" / "measure" / "_stage.json").exists() and time.monotonic() < deadline:
        time.sleep(0.01)
    os.killpg(started.pid, signal.SIGINT)
    _, talk = started.communicate(timeout=60)
    assert started.returncode == 130 and "Traceback" not in talk, talk
    assert not (out / "results.json").exists()
    compared = Compared(Places((str(flores),), languages=("tha", "hin")), ["bytes"] * 6)
    (ran,) = outcomes(out, compared, workers=0)
    assert 0 < ran <= 6
    assert (out / "results.json").exists()
