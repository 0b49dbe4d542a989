"""The engine under fire: killed, starved, hung and doubled, on a toy stage in real processes."""

from __future__ import annotations

import json
import os
import resource
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

TOY = Path(__file__).resolve().parents[1] / "support" / "toy_run.py"


def start(folder: Path, *options: str, **more: Any) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, str(TOY), str(folder), *options],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        **more,
    )


def finish(process: subprocess.Popen[str], code: int = 0) -> dict[str, Any]:
    try:
        out, err = process.communicate(timeout=120)
    finally:
        process.kill()  # where it hangs; its workers end with it
    assert process.returncode == code, (process.returncode, out, err)
    value: dict[str, Any] = json.loads(out.splitlines()[-1]) if out.strip() else {}
    return value


def files(folder: Path) -> dict[str, bytes]:
    return {p.name: p.read_bytes() for p in sorted((folder / "toy").glob("*"))}


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    folder = tmp_path_factory.mktemp("undisturbed")
    finish(start(folder))
    return files(folder)


def wait_for(what: Callable[[], object], seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.02)


def workers_of(folder: Path) -> list[int]:
    """Processes that hold the workers' lock of a run folder."""
    target = str(folder / ".workers.lock")
    found = []
    for process in Path("/proc").iterdir():
        if process.name.isdigit():
            try:
                if any(str(fd.readlink()) == target for fd in (process / "fd").iterdir()):
                    found.append(int(process.name))
            except OSError:
                continue
    return found


def test_fault_36_killed_worker_is_noticed_and_its_task_tried_again(tmp_path: Path, undisturbed: Any) -> None:
    """A worker killed once costs nothing but time."""
    process = start(tmp_path, "--sleep", "0.1")
    wait_for(lambda: (tmp_path / "progress/toy").exists() and workers_of(tmp_path))
    wait_for(lambda: any((tmp_path / "progress/toy").glob("*.json")))
    os.kill(next(p for p in workers_of(tmp_path) if p != process.pid), signal.SIGKILL)
    outcome = finish(process)
    assert any("worker died" in line for line in outcome["told"])
    assert outcome["quarantined"] == []
    assert files(tmp_path) == undisturbed


def test_fault_34_item_that_always_kills_is_found_and_left_out(tmp_path: Path, undisturbed: Any) -> None:
    """The culprit alone goes to quarantine; a later run leaves it out alike, without trying."""
    outcome = finish(start(tmp_path, "--kill", "t3:2"))
    assert outcome["quarantined"] == ["t3:2"]
    expected = {**undisturbed, "t3.txt": undisturbed["t3.txt"].replace(b"t3:2\n", b"")}
    assert files(tmp_path) == expected
    shutil.rmtree(tmp_path / "parts")
    again = finish(start(tmp_path))
    assert again["quarantined"] == []
    assert files(tmp_path) == expected


def test_fault_28_item_that_hangs_is_ended_and_left_out(tmp_path: Path, undisturbed: Any) -> None:
    """A heartbeat that stands still ends its worker, and the item is found by careful trying."""
    outcome = finish(start(tmp_path, "--hang", "t1:4", "--hang-after", "2", "--tasks", "3"))
    assert outcome["quarantined"] == ["t1:4"]
    assert files(tmp_path)["t1.txt"] == undisturbed["t1.txt"].replace(b"t1:4\n", b"")


def test_fault_41_worker_out_of_memory_is_named_and_isolated(tmp_path: Path, undisturbed: Any) -> None:
    """An item that cannot fit a worker's memory is left out; the others are unharmed."""
    outcome = finish(start(tmp_path, "--eat", "t2:1", "--memory", str(2**33)))
    assert outcome["quarantined"] == ["t2:1"]
    assert any("out of memory" in line for line in outcome["told"])
    assert files(tmp_path) == {**undisturbed, "t2.txt": undisturbed["t2.txt"].replace(b"t2:1\n", b"")}


def test_fault_36_orphans_end_with_their_parent(tmp_path: Path, undisturbed: Any) -> None:
    """After SIGKILL of the parent no worker lives on, no part is torn, and the next run ends alike."""
    process = start(tmp_path, "--sleep", "0.2")
    wait_for(lambda: len(workers_of(tmp_path)) >= 2)
    process.kill()
    process.wait()
    wait_for(lambda: not workers_of(tmp_path), seconds=5)
    assert not [n for n in files(tmp_path) if not n.startswith(".")] or all(
        undisturbed[n] == data for n, data in files(tmp_path).items() if not n.startswith(".")
    )
    finish(start(tmp_path))
    assert files(tmp_path) == undisturbed


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_fault_37_a_signal_stops_at_a_safe_point(tmp_path: Path, number: signal.Signals, undisturbed: Any) -> None:
    """The first signal lets running tasks finish; what is finished is kept; the same command goes on."""
    process = start(tmp_path, "--sleep", "0.1", "--workers", "1")
    wait_for(lambda: any((tmp_path / "progress/toy").glob("*.json")))
    os.killpg(process.pid, number)
    value = finish(process, 130)
    assert value["kind"] == "Interrupted"
    assert not workers_of(tmp_path)
    done = files(tmp_path)
    assert 0 < len(done) < 6
    assert all(undisturbed[name] == data for name, data in done.items())
    outcome = finish(start(tmp_path))
    assert outcome["kept"] == len(done)
    assert files(tmp_path) == undisturbed


def test_fault_37_the_second_signal_stops_at_once(tmp_path: Path) -> None:
    """A task that would take an hour does not hold up the second Ctrl-C."""
    process = start(tmp_path, "--hang", "t0:0", "--workers", "1")
    wait_for(lambda: any((tmp_path / "progress/toy").glob("*.json")))
    process.send_signal(signal.SIGINT)
    time.sleep(0.5)
    assert process.poll() is None
    process.send_signal(signal.SIGINT)
    finish(process, 130)
    assert not workers_of(tmp_path)
    assert not list((tmp_path / "toy").glob("t*"))


@pytest.mark.parametrize("limit", [100, 4_000, 30_000, 100_000])
def test_fault_39_full_disk_leaves_whole_files_only(tmp_path: Path, limit: int) -> None:
    """A file-size limit stands for the full disk: no partial final file, the folder is named, resuming works."""

    def starve() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))

    value = finish(start(tmp_path, "--bytes", "20000", preexec_fn=starve), 3)
    assert value["kind"] == "NoSpaceError"
    assert str(tmp_path) in value["error"]
    assert "bytes free" in value["error"]
    whole = 5 * (20_000 + 5)
    assert all(len(data) == whole for name, data in files(tmp_path).items())
    finish(start(tmp_path, "--bytes", "20000"))
    assert {len(data) for data in files(tmp_path).values()} == {whole}


@pytest.mark.parametrize("times", [5, pytest.param(20, marks=pytest.mark.slow)])
def test_fault_42_two_processes_on_one_folder(tmp_path: Path, undisturbed: Any, times: int) -> None:
    """Of two that start at once one works; the other names its host, process and since when."""
    for number in range(times):
        folder = tmp_path / str(number)
        pair = [start(folder, "--sleep", "0.05") for _ in range(2)]
        outs = [p.communicate(timeout=120)[0] for p in pair]
        assert sorted(p.returncode for p in pair) == [0, 3], outs
        refused = json.loads(outs[[p.returncode for p in pair].index(3)].splitlines()[-1])
        holder = pair[[p.returncode for p in pair].index(0)].pid
        assert refused["kind"] == "LockedError"
        assert f"process {holder} on " in refused["error"] or "another process" in refused["error"]
        assert files(folder) == undisturbed


def test_fault_43_a_lock_whose_holder_was_killed_is_free(tmp_path: Path) -> None:
    """The lock ends with its holder, however that died, and whatever its file still says."""
    process = start(tmp_path, "--sleep", "1")
    wait_for(lambda: (tmp_path / "lock").exists() and (tmp_path / "lock").stat().st_size > 0)
    process.kill()
    process.wait()
    finish(start(tmp_path))


def test_one_failing_task_does_not_stop_the_others(tmp_path: Path, undisturbed: Any) -> None:
    """The failed task is named; what the others made is kept for the next try."""
    value = finish(start(tmp_path, "--fail", "t1"), 4)
    assert "t1" in value["error"] and "made to fail" in value["error"]
    assert len(files(tmp_path)) == 5
    assert finish(start(tmp_path))["kept"] == 5
    assert files(tmp_path) == undisturbed


def test_fault_04_changed_inputs_redo_their_own_task_only(tmp_path: Path) -> None:
    """A touched input costs a comparison, a changed one its task; a moved folder nothing."""
    inputs = [tmp_path / f"in{i}" for i in range(3)]
    for path in inputs:
        path.write_text(f"{path.name} as it was")
    folder = tmp_path / "run"
    options = ("--inputs", *map(str, inputs))
    assert finish(start(folder, *options))["ran"] == 6
    inputs[0].touch()
    assert finish(start(folder, *options))["ran"] == 0
    inputs[1].write_text("in1 as it is!")
    assert finish(start(folder, *options))["ran"] == 1
    shutil.copytree(tmp_path, tmp_path.parent / f"{tmp_path.name}-moved")
    moved = [str(tmp_path.parent / f"{tmp_path.name}-moved" / p.name) for p in inputs]
    assert finish(start(tmp_path.parent / f"{tmp_path.name}-moved" / "run", "--inputs", *moved))["ran"] == 0


def test_fault_04_verification_finds_what_size_and_times_hide(tmp_path: Path) -> None:
    """As on a disk that keeps no times: what a task saw of its input is made to fit the changed one but for its hash."""
    source, folder = tmp_path / "in0", tmp_path / "run"
    source.write_text("as it was")
    options = ("--tasks", "1", "--inputs", str(source))
    finish(start(folder, *options))
    source.write_text("as it is!")
    now, sidecar = source.stat(), folder / "parts/toy/t0.json"
    part = json.loads(sidecar.read_text())
    part["seen"][0] |= {"mtime_ns": now.st_mtime_ns, "ctime_ns": now.st_ctime_ns}
    sidecar.write_text(json.dumps(part))
    assert finish(start(folder, *options))["ran"] == 0
    assert finish(start(folder, *options, "--verify"))["ran"] == 1


def test_fault_03_a_changed_setting_is_named_and_replaces_every_part(tmp_path: Path) -> None:
    """What changed is told from what to what; parts that no longer belong are removed."""
    finish(start(tmp_path, "--setting", "old"))
    outcome = finish(start(tmp_path, "--setting", "new", "--tasks", "4"))
    assert outcome["changed"] == ["setting: old -> new"]
    assert (outcome["ran"], outcome["kept"]) == (4, 0)
    assert sorted(files(tmp_path)) == [f"t{i}.txt" for i in range(4)]


def test_fault_45_a_read_only_folder_is_refused_with_its_path(tmp_path: Path) -> None:
    """The missing right is told with the path; nothing is written. Run as an ordinary user."""
    if os.geteuid() == 0 and shutil.which("setpriv") is None:
        pytest.skip("needs an ordinary user, or setpriv to become one")
    place = tmp_path / "locked"
    place.mkdir()
    tmp_path.parent.chmod(0o755)
    tmp_path.chmod(0o755)
    place.chmod(0o555)
    command = [sys.executable, str(TOY), str(place / "run")]
    if os.geteuid() == 0:
        command = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", *command]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    if "Permission denied" in done.stderr and "toy_run" in done.stderr:
        pytest.skip("the source tree cannot be read by an ordinary user here")
    assert done.returncode == 3, done.stderr
    assert str(place) in json.loads(done.stdout)["error"]
    assert list(place.iterdir()) == []
