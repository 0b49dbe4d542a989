"""The folder map of docs/architecture.md holds: imports point downwards, names shadow nothing."""

from __future__ import annotations

import ast
import importlib.metadata
import os
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

import ginbon

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = Path(ginbon.__file__).parent  # the installed one, where the tests run outside the tree

# What stands earlier may import what stands later, never the other way round.
ROOMS = (
    "cli",
    "run",
    "report",
    "release",
    "tokenizers",
    "filters",
    "corpus",
    "engine",
    "recipes",
    "languages",
    "errors",
    "defaults",
)
# Doors for other people's programs: they stand above every room but the command line.
DOORS = {"datatrove": 0.5, "__main__": -1, "__init__": 99}


def modules() -> Iterator[tuple[Path, float]]:
    for path in sorted(PACKAGE.rglob("*.py")):
        room = path.relative_to(PACKAGE).parts[0].removesuffix(".py")
        yield path, DOORS[room] if room in DOORS else ROOMS.index(room)


def imported_rooms(path: Path) -> Iterator[tuple[int, str]]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        names: list[str] = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            names = [node.module] if node.module != "ginbon" else [f"ginbon.{a.name}" for a in node.names]
        elif isinstance(node, ast.ImportFrom) and node.level:
            yield node.lineno, "(relative import)"
        for name in names:
            if name.startswith("ginbon."):
                yield node.lineno, name.split(".")[1]


def test_imports_point_downwards() -> None:
    """No room imports a room above it, nor by a relative import."""
    wrong = [
        f"{path.relative_to(PACKAGE.parent)}:{line}: imports {room}"
        for path, height in modules()
        for line, room in imported_rooms(path)
        if room == "(relative import)" or (room in ROOMS and ROOMS.index(room) < height)
    ]
    assert not wrong, "\n".join(wrong)


def test_every_folder_of_the_package_is_a_room() -> None:
    """A new folder must be placed in the map before code goes into it."""
    folders = {p.name for p in PACKAGE.iterdir() if p.is_dir() and p.name != "__pycache__"}
    assert folders == set(ROOMS) - {"errors", "defaults"}


def test_no_folder_takes_the_name_of_a_dependency() -> None:
    """A folder at the root, under tests/ or in recipes/ that is named like a library shadows it."""
    libraries = set(importlib.metadata.packages_distributions()) - {"ginbon", "tests", "docs", "benchmarks", "recipes"}
    folders = [p for place in (ROOT, ROOT / "tests", ROOT / "recipes") for p in place.iterdir() if p.is_dir()]
    assert not {p.name for p in folders} & libraries


def test_no_test_folder_is_a_package() -> None:
    """An ``__init__.py`` under tests/ changes how imports resolve."""
    assert not list((ROOT / "tests").rglob("__init__.py"))


def test_no_name_that_a_package_loads_when_asked_is_a_module_in_it() -> None:
    """Importing the module would put it in the place of what is called so."""
    taken = [
        f"{path.parent.relative_to(PACKAGE.parent)}: {name}"
        for path in PACKAGE.rglob("__init__.py")
        if "def __getattr__" in path.read_text(encoding="utf-8")
        for name in names_for_all(path)
        if (path.parent / f"{name}.py").exists() or (path.parent / name / "__init__.py").exists()
    ]
    assert not taken


def names_for_all(path: Path) -> list[str]:
    """What ``__all__`` of a module lists."""
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.Assign) and [ast.unparse(target) for target in node.targets] == ["__all__"]:
            return list(ast.literal_eval(node.value))
    return []


def test_every_module_is_tracked() -> None:
    """What is on one's own disk alone is in no clone."""
    listed = subprocess.run(["git", "ls-files", "ginbon"], cwd=ROOT, capture_output=True, text=True, check=False)
    if listed.returncode:
        pytest.skip("not in a repository")
    here = {p.relative_to(ROOT).as_posix() for p in (ROOT / "ginbon").rglob("*.py")}
    assert here <= set(listed.stdout.splitlines())


def test_modules_stay_readable() -> None:
    """No module of the package passes 500 lines."""
    long = {str(p.relative_to(PACKAGE.parent)): n for p, _ in modules() if (n := p.read_text().count("\n")) > 500}
    assert not long


def test_nothing_is_left_undone() -> None:
    """No stub or note to self in the package."""
    words = ("TO" + "DO", "FIX" + "ME", "XX" + "X", "NotImplemented" + "Error")
    found = [
        f"{p.relative_to(PACKAGE.parent)}: {w}"
        for p, _ in modules()
        for w in words
        if w in p.read_text(encoding="utf-8")
    ]
    assert not found


def test_help_imports_nothing_heavy() -> None:
    """``ginbon --help`` answers at once, so no heavy library is imported for it."""
    heavy = ("numpy", "pyarrow", "numba", "datatrove", "pydantic", "icu", "tokenizers", "rich.table")
    code = (
        "import sys; sys.argv = ['ginbon', '--help']\n"
        "try:\n import ginbon.cli; ginbon.cli.main()\nexcept SystemExit: pass\n"
        f"print([m for m in {heavy} if m in sys.modules])"
    )
    env = {**os.environ, "COLUMNS": "80"}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=env, check=True)
    assert done.stdout.splitlines()[-1] == "[]"


def test_lower_bounds_are_stated_for_every_dependency() -> None:
    """Every dependency names the lowest version that it was tried with."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    extras = [d for name, ds in project["optional-dependencies"].items() if name != "all" for d in ds]
    assert all(">=" in d for d in [*project["dependencies"], *extras])
