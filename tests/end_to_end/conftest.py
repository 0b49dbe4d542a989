"""A small real corpus and a recipe over it, and the command line as a user calls it."""

from __future__ import annotations

import hashlib
import io
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import command_line
import pytest
from backports import zstd

LANGUAGES = ("eng_Latn", "hin_Deva", "mar_Deva", "por_Latn", "tam_Taml")
SOURCES = 5

RECIPE = """\
recipe: stories
languages: {{eng_Latn: , hin_Deva: , mar_Deva: , por_Latn: {{rules: {{min-words: 40}}}}, tam_Taml: }}
sources:
{sources}
tokenizers:
  train:
    - {{name: bytes-1k, kind: byte-bpe, vocabulary: 1000}}
limits: {{max_bad_share: 1.0}}
"""

SOURCE = """\
  s{i}:
    collector: table
    paths: [{place}s{i}.{kind}]
    columns: {{text: text, title: title, url: url, licence: licence}}
"""


@pytest.fixture(scope="session")
def stories(shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with real children's stories in ninety languages, dealt out to several files, and a recipe."""
    folder = tmp_path_factory.mktemp("stories")
    with zstd.open(shared_data / "docs" / "stories.jsonl.zst", "rt", encoding="utf-8") as file:
        lines = list(file)[::3]
    kinds = []
    for i in range(SOURCES):
        mine = lines[i::SOURCES]
        if i % 2:
            frames = [zstd.compress("".join(mine[n : n + 50]).encode()) for n in range(0, len(mine), 50)]
            (folder / f"s{i}.jsonl.zst").write_bytes(b"".join(frames))
            kinds.append("jsonl.zst")
        else:
            (folder / f"s{i}.jsonl").write_text("".join(mine), encoding="utf-8")
            kinds.append("jsonl")
    sources = "".join(SOURCE.format(i=i, place="", kind=kind) for i, kind in enumerate(kinds))
    (folder / "recipe.yaml").write_text(RECIPE.format(sources=sources), encoding="utf-8")
    return folder


@pytest.fixture
def recipe(stories: Path, tmp_path: Path) -> Path:
    """A recipe of one's own over the same files, to be changed."""
    text = (stories / "recipe.yaml").read_text(encoding="utf-8").replace("paths: [", f"paths: [{stories}/")
    path = tmp_path / "recipe.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def command(*arguments: str | Path) -> list[str]:
    return [sys.executable, "-m", "ginbon", *map(str, arguments)]


@pytest.fixture(scope="session")
def ginbon() -> Callable[..., subprocess.CompletedProcess[str]]:
    """``ginbon("run", recipe, code=0)``: run a command to its end and check its exit code."""

    def call(*arguments: str | Path, code: int = 0, **more: Any) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(command(*arguments), capture_output=True, text=True, timeout=280, **more)
        assert done.returncode == code, (done.returncode, done.stdout[-3000:], done.stderr[-3000:])
        return done

    return call


@pytest.fixture(scope="session")
def called() -> Callable[..., subprocess.CompletedProcess[str]]:
    """``called("status", run, code=0)``: the same in the process of the test, where no other is needed."""

    def call(*arguments: str | Path, code: int = 0) -> subprocess.CompletedProcess[str]:
        done = command_line.ginbon(*arguments)
        assert done.returncode == code, (done.returncode, done.stdout[-3000:], done.stderr[-3000:])
        return done

    return call


@pytest.fixture(scope="session")
def begin() -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """``begin("run", recipe)``: start a command in a session of its own, to be disturbed."""
    started: list[subprocess.Popen[str]] = []

    def call(*arguments: str | Path, **more: Any) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            command(*arguments),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
            **more,
        )
        started.append(process)
        return process

    yield call
    for process in started:
        if process.poll() is None:
            os.killpg(process.pid, 9)


@pytest.fixture(scope="session")
def undisturbed(stories: Path, ginbon: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The run folder of an undisturbed run with one worker."""
    folder = tmp_path_factory.mktemp("undisturbed") / "run"
    ginbon("run", stories / "recipe.yaml", "--into", folder, "--workers", "1", "--quiet")
    return folder


def digests(folder: Path, *, below: Sequence[str] = ("",)) -> dict[str, str]:
    """SHA-256 of every file below a folder."""
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for place in below
        for path in sorted((folder / place).rglob("*"))
        if path.is_file()
    }


@pytest.fixture(scope="session")
def contents() -> Callable[..., dict[str, str]]:
    """``contents(run)``: SHA-256 of all that a run made for people: release, report, excluded."""

    def call(run: Path) -> dict[str, str]:
        return digests(run, below=("release", "report", "excluded", "documents", "fates"))

    return call


@pytest.fixture(scope="session")
def last_json() -> Callable[[str], Any]:
    """The last line of an output as JSON."""
    return lambda text: json.loads(io.StringIO(text).readlines()[-1])
