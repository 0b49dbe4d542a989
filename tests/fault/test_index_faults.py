"""Faults of the index that a corpus is deduplicated against, and of the shuffle: told clearly, nothing lost."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from ginbon.engine import extents
from ginbon.errors import UserError
from ginbon.filters.duplicates import rank, shuffle
from ginbon.filters.duplicates.index import open_indexes, verify_index
from ginbon.filters.duplicates.shuffle import Keys
from ginbon.filters.duplicates.sketch import Near
from ginbon.run.dedup import Found, Wanted, dedup
from ginbon.run.start import Options

WORDS = ("sal", "mar", "sol", "rio", "lua", "cor", "dia", "mel", "paz", "fim")


def text(number: int) -> str:
    chance = random.Random(number)
    return " ".join(f"{chance.choice(WORDS)}{chance.randrange(99)}" for _ in range(40))


def rows(path: Path, numbers: Any) -> Path:
    path.write_text("".join(json.dumps({"text": text(n)}) + "\n" for n in numbers), encoding="utf-8")
    return path


def found_in(inputs: list[Path], output: Path, **wanted: Any) -> Found:
    return dedup(inputs, output, Wanted(**wanted), options=Options(workers=0))


@pytest.fixture(scope="module")
def known(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An index of 300 documents."""
    folder = tmp_path_factory.mktemp("known")
    found_in([rows(folder / "a.jsonl", range(300))], folder / "out", index=True)
    return folder / "out" / "index"


def copied(known: Path, folder: Path) -> Path:
    for path in known.rglob("*"):
        if path.is_file():
            place = folder / "index" / path.relative_to(known)
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(path.read_bytes())
    return folder / "index"


def test_what_is_in_an_index_is_left_out_and_copies_inside_are_found(known: Path, tmp_path: Path) -> None:
    """Documents of the index are named; those that are new and have copies of their own have one that stays (D8)."""
    found = found_in([rows(tmp_path / "b.jsonl", [*range(290, 310), 305, 299])], tmp_path / "b", against=(str(known),))
    assert found.lost == {"exact-duplicate": 1, "in-index": 11}
    copies = pq.read_table(tmp_path / "b/copies.parquet").to_pylist()
    assert {c["duplicate_of"].partition("#")[0] for c in copies if c["rule"] == "in-index"} == {"a.jsonl"}
    assert sum(c["kept"] for c in copies) == 1


def test_two_indexes_are_as_one(known: Path, tmp_path: Path) -> None:
    """Documents of both are left out, each named by its own."""
    found_in([rows(tmp_path / "c.jsonl", range(300, 305))], tmp_path / "c", index=True)
    against = (str(known), str(tmp_path / "c/index"))
    found = found_in([rows(tmp_path / "d.jsonl", range(295, 310))], tmp_path / "d", against=against)
    assert found.lost == {"in-index": 10}
    named = pq.read_table(tmp_path / "d/copies.parquet").column("duplicate_of").to_pylist()
    assert sorted(n.partition("#")[0] for n in named) == ["a.jsonl"] * 5 + ["c.jsonl"] * 5


def header(change: Callable[[dict[str, Any]], None]) -> Callable[[Path], None]:
    def damage(folder: Path) -> None:
        value = json.loads((folder / "index.json").read_text())
        change(value)
        (folder / "index.json").write_text(json.dumps(value))

    return damage


DAMAGES: dict[str, tuple[Callable[[Path], Any], str]] = {
    "missing": (lambda f: (f / "parts/hashes-00000.parquet").unlink(), "this part of the index is missing"),
    "truncated": (lambda f: os.truncate(f / "parts/hashes-00000.parquet", 100), "100 bytes are there"),
    "version": (header(lambda v: v.update(version=2)), "an index of version 2; this Ginbon reads version 1"),
    "other": (header(lambda v: v["made_with"]["near"].update(rows=5)), "near.rows: 5 -> 8"),
    "unicode": (header(lambda v: v["made_with"].update(unicode="Unicode 3.0")), "made otherwise"),
    "no-header": (lambda f: (f / "index.json").unlink(), "no index of Ginbon is there"),
    "not-json": (lambda f: (f / "index.json").write_text("{"), "no index of Ginbon is there"),
}


@pytest.mark.parametrize("name", DAMAGES)
def test_fault_49_50_an_index_that_is_damaged_or_of_another_version(known: Path, tmp_path: Path, name: str) -> None:
    """Told before any work, with the file and what to do."""
    folder = copied(known, tmp_path)
    damage, says = DAMAGES[name]
    damage(folder)
    with pytest.raises(UserError, match=says):
        open_indexes([folder], Keys(), Near())
    with pytest.raises(UserError, match=says):
        found_in([rows(tmp_path / "b.jsonl", [1])], tmp_path / "out", against=(str(folder),))
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("name", ["hashes-00000.parquet", "documents-00000.parquet"])
def test_fault_49_a_flipped_bit_in_the_index_is_found_when_it_is_read(known: Path, tmp_path: Path, name: str) -> None:
    """The size is right, the pages are not: their checksums say so. Whoever asks to verify inputs is told before any
    work.
    """
    folder = copied(known, tmp_path)
    path = folder / "parts" / name
    data = bytearray(path.read_bytes())
    data[200] ^= 8
    path.write_bytes(data)
    with pytest.raises(UserError, match="SHA-256"):
        verify_index(folder)
    careful = Options(workers=0, verify_inputs=True)
    with pytest.raises(UserError, match=f"{name}: SHA-256 is"):
        dedup([rows(tmp_path / "b.jsonl", [1])], tmp_path / "out", Wanted(against=(str(folder),)), options=careful)
    assert not (tmp_path / "out").exists()
    with pytest.raises(Exception, match=r"cannot be read"):
        found_in([rows(tmp_path / "b.jsonl", [1])], tmp_path / "out", against=(str(folder),))
    assert not (tmp_path / "out/copies.parquet").exists()


def tree(folder: Path) -> dict[str, bytes]:
    """What people get."""
    return {p.name: p.read_bytes() for p in [*(folder / "kept").iterdir(), folder / "copies.parquet"]}


def test_clusters_are_the_same_for_any_number_of_tasks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One range that nothing is shuffled for, or forty ranges out of several files, joined in two steps; survivors are
    chosen by one task, or by some for ranges of clusters, out of what others tell of the parts.
    """
    inputs = [rows(tmp_path / f"{i}.jsonl", [*range(100 * i, 100 * i + 150), *range(40)]) for i in range(4)]
    monkeypatch.setitem(extents.group.__kwdefaults__, "extent_bytes", 20_000)
    one = found_in(inputs, tmp_path / "one")
    monkeypatch.setattr(shuffle, "HASHES_A_TASK", 300)
    monkeypatch.setattr(shuffle, "MANY_TASKS", 40)
    monkeypatch.setattr(rank, "DOCUMENTS_A_TASK", 100)
    monkeypatch.setattr(rank, "MEMBERS_A_TASK", 60)
    assert found_in(inputs, tmp_path / "many") == replace(one, folder=tmp_path / "many")
    assert len(list((tmp_path / "many/clusters/matches").iterdir())) == 38
    assert len(list((tmp_path / "many/clusters/shuffled").iterdir())) == 4
    assert (tmp_path / "many/clusters/joined").exists()
    for name, tasks in (("ranked", 4), ("chosen", 9)):
        assert len(list((tmp_path / "one/clusters" / name).iterdir())) == 1
        assert len(list((tmp_path / "many/clusters" / name).iterdir())) == tasks
    assert tree(tmp_path / "one") == tree(tmp_path / "many")


SMALL = ((shuffle, "HASHES_A_TASK", 20_000), (shuffle, "MANY_TASKS", 40), (rank, "MEMBERS_A_TASK", 400))
"""Tasks as in the processes that are disturbed."""


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, bytes]]:
    """An input, and what comes of it."""
    folder = tmp_path_factory.mktemp("undisturbed")
    inputs = rows(folder / "a.jsonl", [*range(1_500), *range(700)])
    found_in([inputs], folder / "whole")
    return inputs, tree(folder / "whole")


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    for module, name, value in SMALL:
        monkeypatch.setattr(module, name, value)


DISTURBED = """
import json, os, resource, signal, sys, traceback
from pathlib import Path
from ginbon.corpus import parquet
from ginbon.filters.duplicates import rank, shuffle
from ginbon.run.dedup import dedup
from ginbon.run.start import Listener, Options

shuffle.HASHES_A_TASK, shuffle.MANY_TASKS, rank.MEMBERS_A_TASK = 20_000, 40, 400
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
inputs, folder, cases = sys.argv[1:]

def disturbed(output, stage, groups):
    left = groups
    flush = parquet.Writer._flush
    def dying(self):
        nonlocal left
        left -= 1
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        flush(self)
    def began(name, plan):
        if name == stage and groups:
            parquet.Writer._flush = dying
        elif name == stage:
            resource.setrlimit(resource.RLIMIT_FSIZE, (2_000, resource.RLIM_INFINITY))
    dedup([inputs], output, options=Options(workers=0), listener=Listener(began=began))

for stage, groups in json.loads(cases):
    output = Path(folder, f"{stage}-{groups}")
    read, written = os.pipe()
    child = os.fork()  # what takes longest is to import all that
    if child == 0:
        os.dup2(written, 2)
        try:
            disturbed(output, stage, groups)
        except BaseException:
            traceback.print_exc()
            sys.stderr.flush()
            os._exit(1)
        os._exit(0)
    os.close(written)
    with open(read) as file:
        said = file.read()
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    print(json.dumps([output.name, code, said]), flush=True)
"""

FULL_DISK = ("shuffle", "match", "join", "cluster", "rank", "choose", "list-copies", "keep")
KILLED = (("shuffle", 1), ("shuffle", 7), ("match", 2), ("join", 1), ("rank", 3), ("choose", 1))


@dataclass(frozen=True)
class Disturbed:
    """What a process left behind that did not come to its end, and how it ended."""

    output: Path
    code: int
    said: str


@pytest.fixture(scope="module")
def disturbed(
    undisturbed: tuple[Path, dict[str, bytes]], tmp_path_factory: pytest.TempPathFactory
) -> dict[tuple[str, int], Disturbed]:
    """By stage and row groups until SIGKILL (0: until the disk is full), each in a process of its own."""
    inputs, _ = undisturbed
    folder = tmp_path_factory.mktemp("disturbed")
    cases = [*((stage, 0) for stage in FULL_DISK), *KILLED]
    command = [sys.executable, "-c", DISTURBED, str(inputs), str(folder), json.dumps(cases)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    found = {name: (code, said) for name, code, said in map(json.loads, done.stdout.splitlines())}
    return {
        (stage, groups): Disturbed(folder / f"{stage}-{groups}", *found[f"{stage}-{groups}"]) for stage, groups in cases
    }


@pytest.mark.parametrize("stage", FULL_DISK)
@pytest.mark.usefixtures("small")
def test_fault_39_a_disk_that_fills_during_the_merge(
    undisturbed: tuple[Path, dict[str, bytes]], disturbed: dict[tuple[str, int], Disturbed], stage: str
) -> None:
    """The limit of a file's size stands for a full disk: a clear end, and the same command goes on."""
    inputs, whole = undisturbed
    left = disturbed[stage, 0]
    assert left.code == 1
    assert "Error" in left.said.splitlines()[-1] and "File too large" in left.said
    assert not list(left.output.rglob("*.tmp*"))
    found_in([inputs], left.output)
    assert tree(left.output) == whole


@pytest.mark.parametrize(("stage", "groups"), KILLED)
@pytest.mark.usefixtures("small")
def test_fault_36_a_task_killed_in_the_middle_of_the_shuffle(
    undisturbed: tuple[Path, dict[str, bytes]], disturbed: dict[tuple[str, int], Disturbed], stage: str, groups: int
) -> None:
    """SIGKILL between two row groups: nothing half has a name, and the next run ends with the same bytes."""
    inputs, whole = undisturbed
    left = disturbed[stage, groups]
    assert left.code == -signal.SIGKILL
    found_in([inputs], left.output)
    assert tree(left.output) == whole
