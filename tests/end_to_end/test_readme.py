"""The README keeps its word: every command runs, and what it says is there afterwards is there."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pages
import pytest

README = pages.ROOT / "README.md"


@pytest.mark.timeout(900)  # it makes the quickstart
def test_every_command_of_the_readme_runs(tmp_path: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    """From `make quickstart` on, in the order of the page; what its tables name is there."""
    place = pages.copy_of(pages.with_quickstart(tmp_path_factory.getbasetemp()), tmp_path / "clone")
    pages.perform(README, place)
    named = re.findall(r"`(runs/[\w./-]+)`", README.read_text(encoding="utf-8"))
    assert named
    assert [path for path in named if not (place / path).exists()] == []


def test_the_readme_fits_one_screen() -> None:
    """It sells the tool; everything else is in docs/."""
    assert README.read_text(encoding="utf-8").count("\n") <= 80


@pytest.mark.slow
@pytest.mark.timeout(1200)
def test_a_fresh_clone_needs_python_and_make_only(tmp_path: Path) -> None:
    """A true clone with an environment of its own, as a stranger has it."""
    place = tmp_path / "clone"
    subprocess.run(["git", "clone", "--quiet", str(pages.ROOT), str(place)], check=True)
    env = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "TMPDIR", "PIP_INDEX_URL") if name in os.environ}
    done = subprocess.run(
        ["make", f"PYTHON={sys.executable}", "quickstart"],
        cwd=place,
        env=env,
        capture_output=True,
        text=True,
        timeout=900,
        check=False,
    )
    if done.returncode and ("cannot be had" in done.stderr or "No matching distribution" in done.stderr):
        pytest.skip("no packages can be fetched here")
    assert done.returncode == 0, done.stderr[-3000:]
    assert (place / "runs/quickstart/release/manifest.json").is_file()
