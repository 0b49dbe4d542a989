"""FAULTS 5, 45 (reading), 46 and the loop part of 47: odd patterns, links, permissions and names."""

from __future__ import annotations

import os
import shutil
import tempfile
import unicodedata
from pathlib import Path

import pytest

from ginbon.corpus.inputs import LONGEST_NAME_BYTES, expand
from ginbon.errors import SurroundingsError, UserError


def test_fault_05_a_pattern_that_reaches_nothing_is_named(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("a")
    (tmp_path / "empty").mkdir()
    with pytest.raises(UserError) as caught:
        expand(["a.txt", "*.jsonl", "empty", "gone/x.txt"], root=tmp_path)
    message = str(caught.value)
    for part in ("*.jsonl: no file matches", "empty: the folder holds no files", "gone/x.txt: ", "does not exist"):
        assert part in message
    assert "a.txt:" not in message


def test_fault_05_two_patterns_to_one_file_count_once(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("a")
    found = expand(["a.txt", "*.txt"], root=tmp_path)
    assert [n for _, n, _ in found.files] == ["a.txt"]
    assert any("a.txt and *.txt both reach" in w or "*.txt and a.txt both reach" in w for w in found.warnings)


def test_fault_05_symlink_and_hard_link_count_once(tmp_path: Path) -> None:
    (tmp_path / "real.txt").write_text("a")
    (tmp_path / "a-link.txt").symlink_to("real.txt")
    os.link(tmp_path / "real.txt", tmp_path / "z-hard.txt")
    found = expand(["*.txt"], root=tmp_path)
    assert [n for _, n, _ in found.files] == ["real.txt"], "the route without a link, then the smaller name"
    assert any("a-link.txt is the same file as real.txt" in w for w in found.warnings)
    assert any("z-hard.txt is the same file as real.txt" in w for w in found.warnings)


def test_fault_05_a_linked_folder_is_read_once(tmp_path: Path) -> None:
    (tmp_path / "d").mkdir()
    (tmp_path / "d" / "x").write_text("x")
    (tmp_path / "c").symlink_to("d")
    found = expand(["."], root=tmp_path)
    assert [n for _, n, _ in found.files] == ["d/x"]
    assert any("c/x is the same file as d/x" in w for w in found.warnings)


@pytest.mark.parametrize("kind", ["file", "folder"])
def test_fault_45_what_must_not_be_read_is_named_first(kind: str) -> None:
    """As another user than root, who may read everything; in a folder of its own that this user can reach."""
    root = Path(tempfile.mkdtemp())
    root.chmod(0o755)
    closed = root / "closed"
    closed.mkdir() if kind == "folder" else closed.write_text("x")
    closed.chmod(0)
    before = os.geteuid()
    try:
        if before == 0:
            os.seteuid(65_534)
        with pytest.raises(SurroundingsError, match="closed"):
            expand(["."], root=root)
    finally:
        os.seteuid(before)
        closed.chmod(0o700)
        shutil.rmtree(root)


ODD = [
    "with space.txt",
    "new\nline.txt",
    "-dash.txt",
    "100%.txt",
    "😀.txt",
    "\N{RIGHT-TO-LEFT OVERRIDE}ملف.txt",
    unicodedata.normalize("NFC", "é.txt"),
    unicodedata.normalize("NFD", "é.txt"),
    "CON",
    "dot.",
    "A.txt",
    "a.txt",
    "x" * 251 + ".txt",
]


def test_fault_46_odd_names_work_and_stay_apart(tmp_path: Path) -> None:
    for name in ODD:
        (tmp_path / name).write_text(name)
    found = expand(["."], root=tmp_path).files
    assert {n for _, n, _ in found} == set(ODD)
    assert all(Path(p).read_text() == n for p, n, _ in found)


def test_fault_46_names_that_are_not_utf8_work(tmp_path: Path) -> None:
    for raw in (b"\xff.txt", b"\xfe.txt"):
        (tmp_path / os.fsdecode(raw)).write_bytes(raw)
    found = expand(["*.txt"], root=tmp_path).files
    assert [n for _, n, _ in found] == ["\\xfe.txt", "\\xff.txt"]
    assert [Path(p).read_bytes() for p, _, _ in found] == [b"\xfe.txt", b"\xff.txt"]


def test_fault_46_two_names_that_would_be_written_alike_are_refused(tmp_path: Path) -> None:
    (tmp_path / os.fsdecode(b"\xff.txt")).write_text("1")
    (tmp_path / "\\xff.txt").write_text("2")
    with pytest.raises(UserError, match="would both be called"):
        expand(["."], root=tmp_path)


def test_fault_46_a_name_too_long_to_store_is_refused(tmp_path: Path) -> None:
    """Deeper than a path may be: reached by changing into folders, as an archive would unpack it."""
    nest(tmp_path, LONGEST_NAME_BYTES + 500)
    with pytest.raises((UserError, SurroundingsError), match="dddd"):
        expand(["."], root=tmp_path)


def test_fault_46_a_name_that_can_be_opened_and_not_stored_is_refused() -> None:
    """In a folder with a short name of its own, for the system takes 4,096 bytes in all."""
    with tempfile.TemporaryDirectory() as short:
        size = nest(Path(short), LONGEST_NAME_BYTES + 10)
        with pytest.raises(UserError, match=f"of {size:,} bytes, where {LONGEST_NAME_BYTES:,} can be stored"):
            expand(["."], root=short)


def nest(folder: Path, size: int) -> int:
    """Make a file whose name below the folder has so many bytes; how many it has."""
    here = Path.cwd()
    name = 1
    try:
        os.chdir(folder)
        while name < size:
            part = "d" * min(250, max(1, size - name - 1))
            Path(part).mkdir()
            os.chdir(part)
            name += len(part) + 1
        Path("x").write_text("x")
    finally:
        os.chdir(here)
    return name


def test_fault_47_a_loop_of_links_ends_with_a_warning(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "x.txt").write_text("x")
    (tmp_path / "a" / "up").symlink_to("..")
    (tmp_path / "self").symlink_to("self")
    (tmp_path / "nowhere").symlink_to("gone")
    for pattern in (".", "**", "**/*.txt"):
        found = expand([pattern], root=tmp_path)
        assert [n for _, n, _ in found.files] == ["a/x.txt"]
        assert any("leads back" in w for w in found.warnings)
    warnings = expand(["."], root=tmp_path).warnings
    assert any("self" in w and "loop" in w for w in warnings)
    assert any("nowhere" in w and "a link to nothing" in w for w in warnings)


def test_fault_47_a_fifo_is_not_opened(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "x.txt").write_text("x")
    found = expand(["."], root=tmp_path)
    assert [n for _, n, _ in found.files] == ["x.txt"]
    assert any("pipe" in w for w in found.warnings)
