"""Patterns become files: each once, in one order, and nothing is left out without a word."""

from __future__ import annotations

from pathlib import Path

import pytest

from ginbon.corpus.inputs import expand
from ginbon.errors import UserError


def make(root: Path, *names: str) -> None:
    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(name.encode())


def names(root: Path, *patterns: str) -> list[str]:
    return [name for _, name, _ in expand(patterns, root=root).files]


def test_a_file_a_folder_and_a_glob(tmp_path: Path) -> None:
    make(tmp_path, "a/1.txt", "a/b/2.txt", "a/b/c/3.md", "a/4.md")
    assert names(tmp_path, "a/1.txt") == ["1.txt"]
    assert names(tmp_path, "a") == ["1.txt", "4.md", "b/2.txt", "b/c/3.md"]
    assert names(tmp_path, "a/*.md") == ["4.md"]
    assert names(tmp_path, "a/**/*.txt") == ["1.txt", "b/2.txt"]
    assert names(tmp_path, "a/**") == ["1.txt", "4.md", "b/2.txt", "b/c/3.md"]
    assert names(tmp_path, "a/*/[0-9].txt") == ["b/2.txt"]
    assert names(tmp_path, "a/*") == ["1.txt", "4.md", "b/2.txt", "b/c/3.md"]


def test_files_carry_their_path_and_size(tmp_path: Path) -> None:
    make(tmp_path, "x.txt")
    assert expand(["x.txt"], root=tmp_path).files == ((str(tmp_path / "x.txt"), "x.txt", 5),)


def test_order_is_that_of_the_names_whatever_the_order_of_patterns(tmp_path: Path) -> None:
    make(tmp_path, "b/1", "a/2", "a/10", "c/é", "c/z")
    assert names(tmp_path, "c", "b", "a") == names(tmp_path, "a", "b", "c") == ["a/10", "a/2", "b/1", "c/z", "c/é"]


def test_a_new_file_renames_nothing(tmp_path: Path) -> None:
    """The root comes from the patterns' words, not from what they reach."""
    make(tmp_path, "data/x/1.txt")
    before = names(tmp_path, "data/*/*.txt")
    make(tmp_path, "data/y/1.txt")
    assert before[0] in names(tmp_path, "data/*/*.txt")


def test_a_moved_folder_gives_the_same_names(tmp_path: Path) -> None:
    make(tmp_path, "here/a/1", "here/b/2")
    first = names(tmp_path / "here", "a", "b")
    (tmp_path / "here").rename(tmp_path / "there")
    assert names(tmp_path / "there", "a", "b") == first


def test_variables_come_from_the_environment(tmp_path: Path) -> None:
    make(tmp_path, "deep/1.txt")
    assert expand(["${PLACE}/1.txt"], root="/", environment={"PLACE": str(tmp_path / "deep")}).files[0][1] == "1.txt"
    with pytest.raises(UserError, match="the environment has no NOWHERE"):
        expand(["${NOWHERE}/1.txt"], root=tmp_path, environment={})


def test_an_existing_name_is_never_read_as_a_glob(tmp_path: Path) -> None:
    make(tmp_path, "[1].txt", "1.txt")
    assert names(tmp_path, "[1].txt") == ["[1].txt"]


def test_hidden_files_are_left_out_and_counted(tmp_path: Path) -> None:
    make(tmp_path, ".git/config", "a.txt", ".b.txt")
    found = expand(["."], root=tmp_path)
    assert [n for _, n, _ in found.files] == ["a.txt"]
    assert any("2 hidden" in w for w in found.warnings)
    assert names(tmp_path, ".b.txt") == [".b.txt"]


def test_an_address_is_answered_with_fetch(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="ginbon fetch"):
        expand(["s3://bucket/x.parquet"], root=tmp_path)


def test_no_patterns_are_no_files(tmp_path: Path) -> None:
    assert expand([], root=tmp_path).files == ()
