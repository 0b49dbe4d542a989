"""A fault is covered only if its test fails when the protection is switched off: here each is switched off, in a copy.

``protections*.yaml`` says of each fault which lines protect from it, and which tests must then fail. Where a row's
lines have moved, the row is brought up to date; where a test passes without the protection, the test is at fault.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest
from ruamel.yaml import YAML

ROOT = Path(__file__).resolve().parents[2]
COVERED = (*range(1, 29), 32, 33, 34, 36, 37, 38, 39, 41, 42, 43, 45, 46, 47, 49)
DATA = {"GINBON_DATA": os.environ.get("GINBON_DATA") or str(ROOT.parent / "shared" / "data")}
SECONDS = 150
LIMITED = """
import resource, sys, pytest
resource.setrlimit(resource.RLIMIT_AS, (12 * 2**30,) * 2)
sys.exit(pytest.main(sys.argv[1:]))
"""

BROKEN = re.compile(r"^E +(?:NameError|SyntaxError|IndentationError|ImportError|ModuleNotFoundError)", re.MULTILINE)
"""A copy that cannot run proves nothing."""


@dataclass(frozen=True)
class Protection:
    """Lines that protect from a fault, what they become, and a test that must fail then."""

    fault: int
    off: str
    file: str
    old: str
    new: str
    test: str


def protections() -> list[Protection]:
    tables = sorted(Path(__file__).parent.glob("protections*.yaml"))
    return [Protection(**row) for t in tables for row in YAML(typ="safe").load(t.read_text(encoding="utf-8"))]


@pytest.fixture(scope="module")
def copy() -> Iterator[Path]:
    """The package and its tests, to be broken; compiled kernels of it go into a cache of their own.

    pytest's own folders are closed to others, and some tests try things as an ordinary user.
    """
    folder = Path(tempfile.mkdtemp(prefix="ginbon-copy-")).resolve()
    folder.chmod(0o755)
    for name in ("ginbon", "tests", "recipes"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", folder)
    yield folder
    shutil.rmtree(folder)


def run(copy: Path, test: str) -> tuple[int | None, str]:
    """How pytest ends for one test in the copy, null where it did not end, and what it said."""
    process = subprocess.Popen(
        [sys.executable, "-c", LIMITED, "-x", "-q", "-p", "no:cacheprovider", "--timeout", "60", test],
        cwd=copy,
        env={**os.environ, "PYTHONPATH": str(copy), "NUMBA_CACHE_DIR": str(copy / "kernels"), **DATA},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        start_new_session=True,
    )
    try:
        said = process.communicate(timeout=SECONDS)[0]
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        return None, process.communicate()[0]
    return process.returncode, said


@cache
def passes(copy: Path, test: str) -> bool:
    return run(copy, test)[0] == 0


@pytest.mark.slow
@pytest.mark.timeout(3 * SECONDS)
@pytest.mark.parametrize("row", protections(), ids=lambda row: f"{row.fault:02} {row.off}")
def test_the_test_of_a_fault_fails_without_its_protection(row: Protection, copy: Path) -> None:
    assert passes(copy, row.test), f"{row.test} does not pass with all protections on"
    path = copy / row.file
    content = path.read_text(encoding="utf-8")
    assert content.count(row.old) == 1, f"{row.file} does not hold these lines once: bring the row up to date"
    path.write_text(content.replace(row.old, row.new), encoding="utf-8")
    try:
        code, said = run(copy, row.test)
    finally:
        path.write_text(content, encoding="utf-8")
    print(said[-3_000:])
    assert code in (1, None), f"{row.test} does not notice that {row.off}"
    assert not BROKEN.search(said), "the copy cannot run, which proves nothing"


def test_every_fault_has_a_protection_that_is_switched_off() -> None:
    assert {row.fault for row in protections()} == set(COVERED)
