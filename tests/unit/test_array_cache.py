"""Arrays that are kept on a machine: made once, mapped, and made again when anything about them is wrong."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from ginbon.engine import cache

MADE = {"moves": np.arange(1000, dtype=np.uint32), "weights": np.linspace(0, 1, 60, dtype=np.float32).reshape(12, 5)}


class Maker:
    """Gives the arrays and counts how often it was asked."""

    def __init__(self) -> None:
        self.asked = 0

    def __call__(self) -> dict[str, np.ndarray]:
        self.asked += 1
        return MADE


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    return tmp_path


def same(found: cache.Arrays) -> bool:
    return found.keys() == MADE.keys() and all(
        found[name].dtype == array.dtype and np.array_equal(found[name], array) for name, array in MADE.items()
    )


def test_arrays_are_made_once_and_read_from_then_on(home: Path) -> None:
    make = Maker()
    assert same(cache.arrays("model", "v1", make))
    again = cache.arrays("model", "v1", make)
    assert same(again)
    assert make.asked == 1
    assert not again["moves"].flags.writeable


def test_another_key_makes_them_again(home: Path) -> None:
    make = Maker()
    cache.arrays("model", "v1", make)
    cache.arrays("model", "v2", make)
    assert make.asked == 2


@pytest.mark.parametrize("damage", ["bit", "cut", "empty", "header"])
def test_a_damaged_file_is_made_again(home: Path, damage: str) -> None:
    make = Maker()
    cache.arrays("model", "v1", make)
    [path] = (home / "ginbon" / "arrays").glob("model-*.bin")
    raw = bytearray(path.read_bytes())
    if damage == "bit":
        raw[-7] ^= 4
    elif damage == "header":
        raw[5] ^= 4
    path.write_bytes(raw[: len(raw) // 2] if damage == "cut" else b"" if damage == "empty" else raw)
    assert same(cache.arrays("model", "v1", make))
    assert make.asked == 2
    assert same(cache.arrays("model", "v1", make))
    assert make.asked == 2, "what was made again is kept"


def test_without_a_place_to_write_they_are_made_each_time(home: Path) -> None:
    (home / "ginbon").write_text("a file where the folder should be")
    make = Maker()
    assert same(cache.arrays("model", "v1", make))
    assert same(cache.arrays("model", "v1", make))
    assert make.asked == 2
