"""Compiled kernels are kept in a folder of their own that no source change, CPU or read-only disk can spoil."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from ginbon.filters.kernel import cache

SCRIPT = """
from ginbon.filters.kernel import cache
cache.warm()
from ginbon.filters import words
print(cache.prepare())
print(len(words.words("one two")))
"""


def run(**environment: str) -> list[str]:
    out = subprocess.run(
        [sys.executable, "-c", SCRIPT], capture_output=True, text=True, env={**os.environ, **environment}, check=True
    )
    return out.stdout.split()


def test_the_cache_is_where_the_user_says_and_is_found_again(tmp_path: Path) -> None:
    folder, words = run(NUMBA_CACHE_DIR=str(tmp_path))
    assert Path(folder).parent == tmp_path and words == "2"
    compiled = {p: p.stat().st_mtime_ns for p in Path(folder).rglob("*.nbc")}
    assert len(compiled) >= 6
    assert run(NUMBA_CACHE_DIR=str(tmp_path)) == [folder, "2"]
    assert {p: p.stat().st_mtime_ns for p in Path(folder).rglob("*.nbc")} == compiled
    # A child that inherits the folder uses it, instead of one inside it.
    assert run(NUMBA_CACHE_DIR=folder) == [folder, "2"]


def test_a_place_that_cannot_be_written_is_replaced_by_a_temporary_folder(tmp_path: Path) -> None:
    """Not by mode bits, which root ignores: a file stands where the folder would be."""
    (tmp_path / "file").write_text("")
    code = "from ginbon.filters.kernel import cache; print(cache.prepare())"
    environment = {**os.environ, "NUMBA_CACHE_DIR": str(tmp_path / "file"), "TMPDIR": str(tmp_path)}
    folder = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environment, check=True)
    assert Path(folder.stdout.strip()).parent.parent == tmp_path


def test_the_folders_name_depends_on_every_kernel_source(tmp_path: Path) -> None:
    """A kernel is not recompiled when a constant of another module changes: so the name holds all of them."""
    for source in Path(cache.__file__).parent.glob("*.py"):
        (tmp_path / source.name).write_bytes(source.read_bytes())
    here = cache._key(tmp_path)
    assert here == cache._key()
    with (tmp_path / "columns.py").open("a") as file:
        file.write("\n")
    assert cache._key(tmp_path) != here


def test_every_kernel_module_is_warmed() -> None:
    folder = Path(cache.__file__).parent
    compiled = {p.stem for p in folder.glob("*.py") if "@kernel(" in p.read_text(encoding="utf-8")}
    assert compiled == set(cache.KERNELS)
