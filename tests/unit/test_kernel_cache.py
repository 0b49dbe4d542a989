"""Compiled kernels are kept in a folder of their own that no source change, CPU or read-only disk can spoil."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from pathlib import Path

from ginbon.engine import kernels

SCRIPT = """
from ginbon.engine import kernels
from ginbon.filters.kernel.lines import cut_lines
print(kernels.prepare())
print(len(cut_lines.signatures))
"""
"""One kernel, which takes a second to compile."""


def run(**environment: str) -> list[str]:
    out = subprocess.run(
        [sys.executable, "-c", SCRIPT], capture_output=True, text=True, env={**os.environ, **environment}, check=True
    )
    return out.stdout.split()


def test_the_cache_is_where_the_user_says_and_is_found_again(tmp_path: Path) -> None:
    folder, signatures = run(NUMBA_CACHE_DIR=str(tmp_path))
    assert Path(folder).parent == tmp_path and signatures == "1"
    compiled = {p: p.stat().st_mtime_ns for p in Path(folder).rglob("*.nbc")}
    assert compiled
    assert run(NUMBA_CACHE_DIR=str(tmp_path)) == [folder, "1"]
    assert {p: p.stat().st_mtime_ns for p in Path(folder).rglob("*.nbc")} == compiled
    # A child that inherits the folder uses it, instead of one inside it.
    assert run(NUMBA_CACHE_DIR=folder) == [folder, "1"]


def test_a_place_that_cannot_be_written_is_replaced_by_a_temporary_folder(tmp_path: Path) -> None:
    """Not by mode bits, which root ignores: a file stands where the folder would be."""
    (tmp_path / "file").write_text("")
    code = "from ginbon.engine import kernels; print(kernels.prepare())"
    environment = {**os.environ, "NUMBA_CACHE_DIR": str(tmp_path / "file"), "TMPDIR": str(tmp_path)}
    folder = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environment, check=True)
    assert Path(folder.stdout.strip()).parent.parent == tmp_path


def test_the_folders_name_depends_on_every_kernel_source(tmp_path: Path) -> None:
    """A kernel is not recompiled when a constant of another module changes: so the name holds all of them."""
    root = Path(kernels.__file__).parents[2]
    for source in kernels.sources():
        copy = tmp_path / source.relative_to(root)
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_bytes(source.read_bytes())
    here = kernels._key(tmp_path / "ginbon")
    assert here == kernels._key()
    for name in ("filters/kernel/columns.py", "corpus/tidy_kernel.py", "engine/compiling.py"):
        with (tmp_path / "ginbon" / name).open("a") as file:
            file.write("\n")
        assert kernels._key(tmp_path / "ginbon") != here
        here = kernels._key(tmp_path / "ginbon")


def test_every_kernel_module_is_warmed() -> None:
    """Every module with compiled code is in the list, so that no worker compiles."""
    root = Path(kernels.__file__).parents[1]
    marks = ("@kernel(", "@njit(")
    compiled = {
        ".".join(("ginbon", *p.relative_to(root).with_suffix("").parts))
        for p in root.rglob("*.py")
        if any(mark in p.read_text(encoding="utf-8") for mark in marks) and p.name != "compiling.py"
    }
    assert compiled == set(kernels.KERNELS)


def test_no_kernel_module_imports_another() -> None:
    """Or two children would compile the same kernel at once: what kernels share stands in files without kernels."""
    root = Path(kernels.__file__).parents[2]
    for name in kernels.KERNELS:
        tree = ast.parse((root / f"{name.replace('.', '/')}.py").read_text(encoding="utf-8"))
        imported = {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
        imported |= {
            f"{node.module}.{alias.name}"
            for node in ast.walk(tree)
            if isinstance(node, ast.ImportFrom)
            for alias in node.names
        }
        assert not imported & set(kernels.KERNELS), name


def test_what_is_wrong_with_a_kernel_is_shown(tmp_path: Path) -> None:
    """A child that fails is silent, so the parent compiles once more where its error is seen."""
    (tmp_path / "no_kernel.py").write_text("raise ValueError('types do not fit')\n")
    code = "from ginbon.engine import kernels as k; k.prepare(); k.KERNELS = ('no_kernel',); k.warm()"
    path = os.pathsep.join((str(tmp_path), str(Path(kernels.__file__).parents[2])))
    environment = {**os.environ, "NUMBA_CACHE_DIR": str(tmp_path), "PYTHONPATH": path}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environment)
    assert done.returncode == 1 and "types do not fit" in done.stderr
    assert not list(tmp_path.rglob(kernels._WARM))


def test_a_kernels_name_is_read_whole() -> None:
    assert max(map(len, kernels.KERNELS)) <= kernels._NAME_BYTES
