"""Faults while recurring lines are looked for: a kill amid the shuffle, files that are cut, gone or damaged."""

from __future__ import annotations

import hashlib
import os
import random
import shutil
import signal
from pathlib import Path
from typing import Any

import pytest
from lines_runs import WORK, sentence, write

from ginbon.corpus import parquet
from ginbon.engine.parts import read_parts
from ginbon.errors import GinbonError
from ginbon.filters.duplicates import recurring, spread
from ginbon.run.start import Options, run

NOTICE = "Este sítio usa cookies para melhorar a sua visita."
MADE = ("cuts", "verdicts", "fates", "shards", "excluded")


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A recipe and its finished run, each stage in several tasks."""
    folder = tmp_path_factory.mktemp("faults")
    rng = random.Random(1)
    texts = [f"{sentence(rng, 'por_Latn')}\n{NOTICE}\n{sentence(rng, 'por_Latn')}" for _ in range(60)]
    pages = [{"url": f"https://por.example/{n}", "text": text, "language": "por_Latn"} for n, text in enumerate(texts)]
    recipe = write(folder, pages, "{}", sources=4)
    with small():
        run(recipe, folder / "run", options=WORK)
        assert len(read_parts(folder / "run", "spread")) > 1 and len(read_parts(folder / "run", "recur")) > 1
    return folder


def small() -> Any:
    """Several groups and ranges of little text."""
    patch = pytest.MonkeyPatch()
    patch.setattr(recurring, "GROUP_BYTES", 4_000)
    patch.setattr(spread, "RANGE_BYTES", 4_000)
    return _Undone(patch)


class _Undone:
    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self.patch = patch

    def __enter__(self) -> None:
        return None

    def __exit__(self, *_: object) -> None:
        self.patch.undo()


def contents(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for name in MADE
        for path in sorted((folder / name).rglob("*"))
        if path.is_file()
    }


@pytest.mark.parametrize("group", [2, 9])
def test_a_kill_in_the_middle_of_the_shuffle_costs_nothing_but_time(
    undisturbed: Path, tmp_path: Path, group: int
) -> None:
    """Killed while a file is half written (in the second task the second time): the next run makes the same bytes."""
    with small():
        run(undisturbed / "recipe.yaml", tmp_path / "run", options=Options(workers=0, until="cluster"))
        child = os.fork()
        if not child:
            _killed_at(group)
            run(undisturbed / "recipe.yaml", tmp_path / "run", options=WORK)
            os._exit(0)
        assert os.waitpid(child, 0)[1] == signal.SIGKILL
        left = [path.name for path in (tmp_path / "run/cuts").rglob("*") if path.is_file()]
        assert any(name.startswith(".") for name in left), "it was killed while it wrote"
        run(undisturbed / "recipe.yaml", tmp_path / "run", options=WORK)
    assert contents(tmp_path / "run") == contents(undisturbed / "run")


def _killed_at(group: int) -> None:
    """This process is killed when so many row groups were ended."""
    ended = [0]
    whole = parquet.Writer.end_group

    def end_group(self: parquet.Writer) -> None:
        whole(self)
        ended[0] += 1
        if ended[0] == group:
            os.kill(os.getpid(), signal.SIGKILL)

    parquet.Writer.end_group = end_group  # type: ignore[method-assign]


@pytest.mark.parametrize("place", ["cuts/spread", "cuts/recurring", "cuts/documents"])
@pytest.mark.parametrize("harm", ["gone", "cut"])
def test_a_file_that_is_gone_or_cut_is_made_again(undisturbed: Path, tmp_path: Path, place: str, harm: str) -> None:
    shutil.copytree(undisturbed / "run", tmp_path / "run")
    broken = sorted(path for path in (tmp_path / "run" / place).rglob("*.parquet"))[0]
    if harm == "gone":
        broken.unlink()
    else:
        broken.write_bytes(broken.read_bytes()[:-7])
    with small():
        summary = run(undisturbed / "recipe.yaml", tmp_path / "run", options=WORK)
    stage = {"cuts/spread": "spread", "cuts/recurring": "recur", "cuts/documents": "trim"}[place]
    assert {o.stage: o.ran for o in summary.outcomes if o.ran} == {stage: 1}, "the same bytes: nothing else reruns"
    assert contents(tmp_path / "run") == contents(undisturbed / "run")


def test_damage_that_keeps_the_size_is_an_error_that_names_the_file(undisturbed: Path, tmp_path: Path) -> None:
    """A flipped byte is never counted with: the page's checksum tells it, and the text stays as it was."""
    shutil.copytree(undisturbed / "run", tmp_path / "run")
    for path in sorted((tmp_path / "run/cuts/spread").glob("*.parquet")):
        raw = bytearray(path.read_bytes())
        raw[60] ^= 255
        path.write_bytes(raw)
    for sidecar in (tmp_path / "run/parts/recur").glob("range-*.json"):
        sidecar.unlink()
    before = contents(tmp_path / "run")
    with small(), pytest.raises(GinbonError, match=r"recur|range-"):
        run(undisturbed / "recipe.yaml", tmp_path / "run", options=WORK)
    after = contents(tmp_path / "run")
    assert {name: after.get(name) for name in before if name.startswith("shards/")} == {
        name: digest for name, digest in before.items() if name.startswith("shards/")
    }
