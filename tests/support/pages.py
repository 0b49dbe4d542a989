"""The pages for people as the tests see them: fenced blocks that run in a copy of the repository, files, links."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
_FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_SAVE = re.compile(r"Save this as `([^`]+)`")
_PLACE = re.compile(r"(?<![\w/.-])(?:runs|recipes|sources|release|docs)/[\w./=-]*\w")
_EXEMPT = re.compile(r"^make (test|data)\b.*\n", re.MULTILINE)  # they would run the tests in the tests


@dataclass(frozen=True)
class Block:
    """A fenced block: its language, its text, where it is, and the file that the page says to save it as."""

    kind: str
    text: str
    line: int
    file: str | None


def blocks(page: Path) -> list[Block]:
    """All fenced blocks of a page, in order."""
    text = page.read_text(encoding="utf-8")
    found, end = [], 0
    for match in _FENCE.finditer(text):
        saved = _SAVE.findall(text[end : match.start()])
        line = text.count("\n", 0, match.start()) + 1
        found.append(Block(match[1], match[2], line, saved[-1] if saved else None))
        end = match.end()
    return found


def pages() -> list[Path]:
    """The README and every page of docs/."""
    return [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]


def tracked() -> Iterator[str]:
    """The repository's tracked files that are there."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    yield from (name for name in listed.split("\0") if name and (ROOT / name).is_file())


def clone(to: Path) -> Path:
    """A copy of the tracked files, with this environment as its ``.venv`` and what was fetched as its ``.cache``.

    The package stays where it is: its kernels are compiled there, and in each other place they would be compiled anew.
    """
    for name in tracked():
        if name.startswith("ginbon/"):
            continue
        target = to / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / name, target)
    (to / ".venv").symlink_to(sys.prefix)
    if (ROOT / ".cache" / "quickstart").is_dir():
        (to / ".cache").symlink_to(ROOT / ".cache")
    return to


@cache
def with_quickstart(base: Path) -> Path:
    """A copy in which the quickstart was made, once in a session; skips where its text cannot be fetched."""
    place = clone(base / "quickstart")
    fetched = subprocess.run(
        [sys.executable, "recipes/quickstart_data.py"], cwd=place, capture_output=True, text=True, check=False
    )
    if fetched.returncode == 3:
        pytest.skip(f"the quickstart's text cannot be fetched: {fetched.stderr[-200:]}")
    run(place, "make quickstart")
    run(place, "ginbon run recipes/quickstart.yaml --sample 200")
    return place


def copy_of(made: Path, to: Path) -> Path:
    """A copy of a workspace of one's own, runs included."""
    return Path(shutil.copytree(made, to, symlinks=True))


def run(place: Path, script: str) -> subprocess.CompletedProcess[str]:
    """Run a bash block in a workspace; its exit code has to be 0, and nothing outside the workspace is changed."""
    script = _EXEMPT.sub("", script)
    script = re.sub(r"^make ", "make -o .venv/.installed -o .venv/.developed ", script, flags=re.MULTILINE)
    install = "python -m pip install --quiet --no-deps --target .plugins "
    script = re.sub(r"^pip install ", install, script, flags=re.MULTILINE)
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script],
        cwd=place,
        env=environment(place),
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    if "No matching distribution found for setuptools" in done.stderr:
        pytest.skip("what builds a package cannot be fetched here")
    assert done.returncode == 0, f"{script}\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}"
    return done


def environment(place: Path) -> dict[str, str]:
    """What commands of a page see: this environment first on the path, and what the page installed."""
    return {
        **os.environ,
        "PATH": f"{place / '.venv' / 'bin'}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": os.pathsep.join(map(str, (place / ".plugins", place, ROOT))),
        "HF_HOME": str(place / ".huggingface"),
        "COLUMNS": "200",
    }


def perform(page: Path, place: Path) -> None:
    """Do what a page says, from its first block to its last: save files, run commands, run Python.

    A text block behind a command shows output: every path that it names has to be there then.
    """
    after_command = False
    for block in blocks(page):
        where = f"{page.relative_to(ROOT)}:{block.line}"
        if block.file is not None:
            (place / block.file).parent.mkdir(parents=True, exist_ok=True)
            (place / block.file).write_text(block.text, encoding="utf-8")
        elif block.kind == "bash":
            run(place, block.text)
        elif block.kind == "python":
            (place / ".block.py").write_text(block.text, encoding="utf-8")
            run(place, "python .block.py")
        elif block.kind == "text" and after_command:
            missing = [path for path in _PLACE.findall(block.text) if not there(place, path)]
            assert not missing, f"{where}: shows {missing}, which the commands above do not make"
        after_command = block.kind == "bash" and block.file is None


def there(place: Path, path: str) -> bool:
    """Whether a path that is shown exists; a run's own paths are looked for in every run."""
    return (place / path).exists() or any((folder / path).exists() for folder in (place / "runs").glob("*"))
