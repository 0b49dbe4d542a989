"""The engine's files under fire: torn, full, refused, damaged, and traps in their places, on a toy stage."""

from __future__ import annotations

import json
import os
import resource
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from toy import TOY, carried_out, files, finish, start

from ginbon.engine.files import write_json, write_whole
from ginbon.engine.parts import Part, sidecar_path, write_part
from ginbon.engine.stage import Work


def test_fault_38_data_is_on_the_disk_before_anything_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of every file: written, synced, renamed, its folder synced; and only then the sidecar that lists it."""
    calls: list[tuple[str, str]] = []
    real = {name: getattr(os, name) for name in ("write", "fsync", "replace")}

    def name_of(descriptor: int) -> str:
        name = str(Path(f"/proc/self/fd/{descriptor}").readlink().relative_to(tmp_path))
        return name.replace(f".{os.getpid()}.tmp", "~")

    def traced(name: str) -> Any:
        def call(target: Any, *more: Any) -> Any:
            done = real[name](target, *more)
            calls.append(
                (name, name_of(target) if isinstance(target, int) else str(Path(more[0]).relative_to(tmp_path)))
            )
            return done

        return call

    for name in real:
        monkeypatch.setattr(os, name, traced(name))
    work = Work(tmp_path)
    with work.write("toy/a.txt") as file:
        file.write(b"data")
    write_part(tmp_path, "toy", Part("a", "f", tuple(work.written), (), {}))
    write_json(tmp_path / "state.json", {})
    assert calls == [
        (call, name)
        for folder, file_name in (("toy", "a.txt"), ("parts/toy", "a.json"), (".", "state.json"))
        for hidden in [str(Path(folder) / f".{file_name}~")]
        for call, name in (
            *([("write", hidden)] * calls.count(("write", hidden))),
            ("fsync", hidden),
            ("replace", str(Path(folder) / file_name)),
            ("fsync", folder),
        )
    ]
    assert len(calls) == 12


@pytest.mark.parametrize("workers", ["2", "0"])
@pytest.mark.parametrize("limit", [100, 200, 4_000, 30_000, 100_000])
def test_fault_39_full_disk_leaves_whole_files_only(tmp_path: Path, limit: int, workers: str) -> None:
    """A file-size limit stands for the full disk: no partial file, the folder is named, resuming works.

    At 100 bytes not even the stage's record fits, at 200 no heartbeat does.
    """

    def starve() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))

    options = ("--bytes", "20000", "--tasks", "4", "--workers", workers)
    value = finish(start(tmp_path, *options, preexec_fn=starve), 3)
    assert value["kind"] == "NoSpaceError"
    assert str(tmp_path) in value["error"]
    assert "bytes free" in value["error"]
    assert files(tmp_path) == {}
    carried_out(tmp_path, *options)
    assert {name: len(data) for name, data in files(tmp_path).items()} == {f"t{i}.txt": 5 * 20_005 for i in range(4)}


@pytest.mark.parametrize("workers", ["2", "0"])
def test_fault_39_full_disk_begins_no_more_tasks(tmp_path: Path, workers: str) -> None:
    """The first task without space stops the stage: a thousand others would fail alike."""

    def starve() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (4_000, 4_000))

    finish(start(tmp_path, "--bytes", "20000", "--tasks", "40", "--workers", workers, preexec_fn=starve), 3)
    assert 0 < len(list((tmp_path / "progress/toy").glob("*.json"))) < 20


def test_fault_36_what_killed_writers_left_is_removed(tmp_path: Path) -> None:
    """Temporary names beside outputs, sidecars and the run's own files are gone after the next run."""
    carried_out(tmp_path)
    left = [tmp_path / place / ".t0.json.99999.tmp" for place in ("", "toy", "parts/toy")]
    for path in left:
        path.write_text("half")
    carried_out(tmp_path)
    assert not [path for path in left if path.exists()]


@pytest.mark.parametrize("damage", ["sidecar cut", "sidecar gone", "file cut", "file gone"])
def test_fault_49_damaged_state_is_made_again(tmp_path: Path, damage: str) -> None:
    """What a sidecar says is believed only while it is whole and its files are: else that task runs again."""
    carried_out(tmp_path)
    whole = files(tmp_path)
    path = sidecar_path(tmp_path, "toy", "t1") if damage.startswith("sidecar") else tmp_path / "toy/t1.txt"
    if damage.endswith("gone"):
        path.unlink()
    else:
        path.write_bytes(path.read_bytes()[:-7])
    outcome = carried_out(tmp_path)
    assert (outcome["ran"], outcome["kept"]) == (1, 5)
    assert files(tmp_path) == whole


def test_fault_45_a_read_only_folder_is_refused_with_its_path(tmp_path: Path) -> None:
    """The missing right is told with the path; nothing is written. Run as an ordinary user."""
    if os.geteuid() == 0 and shutil.which("setpriv") is None:
        pytest.skip("needs an ordinary user, or setpriv to become one")
    place = tmp_path / "locked"
    place.mkdir()
    tmp_path.parent.chmod(0o755)
    tmp_path.chmod(0o755)
    place.chmod(0o555)
    drop = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"] if os.geteuid() == 0 else []
    if subprocess.run([*drop, sys.executable, str(TOY), "--help"], capture_output=True, timeout=60).returncode:
        pytest.skip("an ordinary user cannot run this Python, or not read the source tree")
    command = [*drop, sys.executable, str(TOY), str(place / "run")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert done.returncode == 3, done.stderr
    assert str(place) in json.loads(done.stdout)["error"]
    assert list(place.iterdir()) == []


def test_fault_47_a_trap_under_a_temporary_name_is_not_written_through(tmp_path: Path) -> None:
    """A link to elsewhere where the temporary file or the lock belongs leads nowhere."""
    elsewhere = tmp_path / "elsewhere"
    elsewhere.write_text("not ours")
    (tmp_path / f".a.json.{os.getpid()}.tmp").symlink_to(elsewhere)
    write_whole(tmp_path / "a.json", b"ours")
    run = tmp_path / "run"
    run.mkdir()
    (run / "lock").symlink_to(elsewhere)
    assert str(run / "lock") in finish(start(run), 3)["error"]
    assert elsewhere.read_text() == "not ours"
