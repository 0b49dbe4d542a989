"""The engine under fire: killed, starved, hung, stopped, doubled, and given other inputs, on a toy stage."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from toy import (
    carried_out,
    command_of,
    files,
    finish,
    fork_servers_of,
    forked_for,
    running,
    start,
    wait_for,
    workers_of,
)

from ginbon.engine.files import write_json
from ginbon.engine.parts import read_part, sidecar_path
from ginbon.engine.progress import read_beats


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    folder = tmp_path_factory.mktemp("undisturbed")
    carried_out(folder)
    return files(folder)


def kill(pid: int) -> None:
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)


def test_fault_36_killed_worker_is_noticed_and_its_task_tried_again(tmp_path: Path, undisturbed: Any) -> None:
    """A worker killed once costs nothing but time; how it died and what it worked on is told."""
    process = start(tmp_path, "--sleep", "0.1")
    wait_for(lambda: running(tmp_path))
    os.kill(next(p for p in workers_of(tmp_path) if p != process.pid), signal.SIGKILL)
    outcome = finish(process)
    assert any("worker died (signal 9 (Killed))" in line for line in outcome["told"])
    assert outcome["quarantined"] == []
    assert files(tmp_path) == undisturbed


def test_fault_36_workers_that_die_before_any_task_begins_end_the_run(tmp_path: Path, undisturbed: Any) -> None:
    """Nobody can be suspected, so starting again has an end, which says how they died and what to do."""
    process = start(tmp_path)
    while process.poll() is None:
        for worker in forked_for(process):
            kill(worker)
    value = finish(process, 3)
    assert value["kind"] == "SurroundingsError"
    for part in ("toy: ", "before it began a task", "3 times in a row", "--workers"):
        assert part in value["error"]
    assert any("signal 9 (Killed)" in line for line in (*value["told"], value["error"]))  # not of one cut off early
    carried_out(tmp_path)
    assert files(tmp_path) == undisturbed


def test_fault_36_the_process_that_workers_come_from_may_die(tmp_path: Path, undisturbed: Any) -> None:
    """Its workers are ended with it, so that no two ever work on one task, and others are started."""
    process = start(tmp_path, "--sleep", "0.2")
    wait_for(lambda: len(running(tmp_path)) >= 2 and len(workers_of(tmp_path)) >= 2)
    before = set(workers_of(tmp_path))
    (server,) = fork_servers_of(process)
    kill(server)
    wait_for(lambda: len(set(workers_of(tmp_path)) - before) >= 1)
    assert not before & set(workers_of(tmp_path))
    finish(process)
    assert files(tmp_path) == undisturbed


def test_fault_36_orphans_end_with_their_parent(tmp_path: Path, undisturbed: Any) -> None:
    """After SIGKILL of the parent no worker lives on, no part is torn, and the next run ends alike."""
    process = start(tmp_path, "--sleep", "0.2")
    wait_for(lambda: len(running(tmp_path)) >= 2 and len(workers_of(tmp_path)) >= 2)
    process.kill()
    process.wait()
    wait_for(lambda: not workers_of(tmp_path), seconds=5)
    left = files(tmp_path)
    assert any(name.startswith(".") for name in left), "it was killed while it wrote"
    assert all(undisturbed[name] == data for name, data in left.items() if not name.startswith("."))
    carried_out(tmp_path)
    assert files(tmp_path) == undisturbed


def test_fault_36_worker_that_starts_after_its_parents_death_does_nothing(tmp_path: Path, undisturbed: Any) -> None:
    """A worker held up at its start finds its parent dead and the folder another's: it ends without a task."""
    process = start(tmp_path, "--workers", "1")
    wait_for(lambda: forked_for(process))
    (worker,) = forked_for(process)
    os.kill(worker, signal.SIGSTOP)
    time.sleep(0.5)  # what it is to do is on its way to it
    process.kill()
    process.wait()
    try:
        finish(start(tmp_path))
        before = {p.name: p.stat().st_ino for p in (tmp_path / "toy").iterdir()}
        os.kill(worker, signal.SIGCONT)
        wait_for(lambda: not command_of(worker), seconds=10)
        assert {p.name: p.stat().st_ino for p in (tmp_path / "toy").iterdir()} == before
    finally:
        kill(worker)


def test_no_more_workers_are_started_than_there_are_tasks(tmp_path: Path) -> None:
    """One task starts one worker, however many there may be, and the next stages find it ready."""
    process = start(tmp_path, "--tasks", "1", "--workers", "4", "--stages", "3", "--sleep", "0.1")
    seen: set[int] = set()
    while process.poll() is None:
        seen.update(forked_for(process))
        time.sleep(0.02)
    finish(process)
    assert len(seen) == 1
    assert {beat.pid for stage in ("toy", "toy1", "toy2") for beat in read_beats(tmp_path, stage).values()} == seen


def test_fault_34_item_that_always_kills_is_found_and_left_out(tmp_path: Path, undisturbed: Any) -> None:
    """The culprit alone goes to quarantine; a later run leaves it out alike, without trying."""
    outcome = finish(start(tmp_path, "--kill", "t3:2"))
    assert outcome["quarantined"] == ["t3:2"]
    expected = {**undisturbed, "t3.txt": undisturbed["t3.txt"].replace(b"t3:2\n", b"")}
    assert files(tmp_path) == expected
    shutil.rmtree(tmp_path / "parts")
    again = carried_out(tmp_path)
    assert again["quarantined"] == []
    assert files(tmp_path) == expected


def test_fault_28_item_that_hangs_is_ended_and_left_out(tmp_path: Path, undisturbed: Any) -> None:
    """A heartbeat that stands still ends its worker, and the item is found by careful trying."""
    outcome = finish(start(tmp_path, "--hang", "t1:4", "--hang-after", "2", "--tasks", "3"))
    assert outcome["quarantined"] == ["t1:4"]
    assert files(tmp_path)["t1.txt"] == undisturbed["t1.txt"].replace(b"t1:4\n", b"")


@pytest.mark.parametrize("how", ["--eat", "--map"])
def test_fault_41_worker_out_of_memory_is_named_and_isolated(tmp_path: Path, undisturbed: Any, how: str) -> None:
    """An item that cannot fit a worker's memory is left out, whoever refuses it; the others are unharmed."""
    outcome = finish(start(tmp_path, how, "t2:1", "--memory", str(2**33)))
    assert outcome["quarantined"] == ["t2:1"]
    assert any("t2:1 ran out of memory" in line for line in outcome["told"])
    assert files(tmp_path) == {**undisturbed, "t2.txt": undisturbed["t2.txt"].replace(b"t2:1\n", b"")}


def test_fault_41_task_that_needs_more_memory_than_a_worker_has_is_named(tmp_path: Path) -> None:
    """Where no item is to blame the task fails, with the limit and what to do; the others are done."""
    value = finish(start(tmp_path, "--eat", "t2", "--memory", str(2**33)), 3)
    for part in ("t2 ran out of memory", f"{2**33:,} bytes", "--memory-per-worker"):
        assert part in value["error"]
    assert sorted(files(tmp_path)) == [f"t{i}.txt" for i in (0, 1, 3, 4, 5)]


def test_fault_41_limit_too_small_for_a_worker_is_told(tmp_path: Path) -> None:
    """A limit in which no worker can start is no document's fault: it is named before any task is tried."""
    value = finish(start(tmp_path, "--memory", "900000000"), 3)
    assert value["kind"] == "SurroundingsError"
    for part in ("900,000,000 bytes", "--memory-per-worker"):
        assert part in value["error"]
    assert not read_beats(tmp_path, "toy")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_fault_37_a_signal_stops_at_a_safe_point(tmp_path: Path, number: signal.Signals, undisturbed: Any) -> None:
    """The first signal lets running tasks finish and begins no others; the same command goes on."""
    process = start(tmp_path, "--sleep", "0.1", "--workers", "1")
    wait_for(lambda: running(tmp_path))
    at_work = running(tmp_path)
    os.killpg(process.pid, number)
    value = finish(process, 130)
    assert value["kind"] == "Interrupted"
    assert not workers_of(tmp_path)
    done = files(tmp_path)
    assert {f"{key}.txt" for key in at_work} <= done.keys()
    assert len(done) < 6
    assert all(undisturbed[name] == data for name, data in done.items())
    outcome = carried_out(tmp_path)
    assert outcome["kept"] == len(done)
    assert files(tmp_path) == undisturbed


@pytest.mark.parametrize("workers", ["1", "0"])
def test_fault_37_the_second_signal_stops_at_once(tmp_path: Path, workers: str) -> None:
    """A task that would take an hour does not hold up the second Ctrl-C, in a worker or in the process itself."""
    process = start(tmp_path, "--hang", "t0:0", "--workers", workers, "--grace", "3600")
    wait_for(lambda: running(tmp_path))
    process.send_signal(signal.SIGINT)
    time.sleep(0.5)
    assert process.poll() is None
    process.send_signal(signal.SIGINT)
    finish(process, 130)
    assert not workers_of(tmp_path)
    assert not list((tmp_path / "toy").glob("t*"))


def test_fault_37_a_batch_systems_grace_is_not_overdrawn(tmp_path: Path) -> None:
    """One signal and a task without an end: the run stops when its time is over, before the system kills it."""
    process = start(tmp_path, "--hang", "t0:0", "--workers", "1", "--grace", "1")
    wait_for(lambda: running(tmp_path))
    os.killpg(process.pid, signal.SIGTERM)
    assert finish(process, 130)["kind"] == "Interrupted"
    assert not workers_of(tmp_path)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_fault_37_a_signal_while_workers_start_is_left_to_the_parent(tmp_path: Path, number: signal.Signals) -> None:
    """A terminal signals the whole group: workers that still import neither die of it nor print a traceback."""
    process = start(tmp_path, "--sleep", "0.1")
    wait_for(lambda: forked_for(process))
    os.killpg(process.pid, number)
    value = finish(process, 130)
    assert value["kind"] == "Interrupted"
    assert value["told"] == []


@pytest.mark.parametrize("times", [3, pytest.param(20, marks=pytest.mark.slow)])
def test_fault_42_two_processes_on_one_folder(tmp_path: Path, undisturbed: Any, times: int) -> None:
    """Of two that start at once one works, the other is refused."""
    for number in range(times):
        folder = tmp_path / str(number)
        pair = [start(folder, "--sleep", "0.05") for _ in range(2)]
        outs = [p.communicate(timeout=55)[0] for p in pair]
        assert sorted(p.returncode for p in pair) == [0, 3], outs
        refused = json.loads(outs[[p.returncode for p in pair].index(3)].splitlines()[-1])
        assert refused["kind"] == "LockedError"
        assert files(folder) == undisturbed


def test_fault_42_the_next_run_waits_for_orphans(tmp_path: Path, undisturbed: Any) -> None:
    """A worker that outlives its parent, here because it is stopped, keeps the next run from writing."""
    process = start(tmp_path, "--sleep", "0.6", "--workers", "1")
    wait_for(lambda: running(tmp_path) and workers_of(tmp_path))
    (worker,) = workers_of(tmp_path)
    os.kill(worker, signal.SIGSTOP)
    try:
        process.kill()
        process.wait()
        second = start(tmp_path)
        wait_for(lambda: f'"pid": {second.pid}' in (tmp_path / "lock").read_text())
        finish(start(tmp_path / "other"))  # one that need not wait begins and ends meanwhile
        assert second.poll() is None
        assert set(workers_of(tmp_path)) <= {worker, second.pid}
        os.kill(worker, signal.SIGCONT)
        finish(second)
    finally:
        kill(worker)
    assert files(tmp_path) == undisturbed


@pytest.mark.parametrize("number", [0, signal.SIGSTOP])
def test_fault_43_a_holder_keeps_its_lock_also_while_it_is_paused(
    tmp_path: Path, undisturbed: Any, number: int
) -> None:
    """There is no lease to outlive: the second is refused with process, host and since when; the first goes on."""
    process = start(tmp_path, "--sleep", "0.2")
    wait_for(lambda: running(tmp_path))
    process.send_signal(number)
    try:
        value = finish(start(tmp_path), 3)
        assert f"process {process.pid} on {os.uname().nodename} since 2" in value["error"]
    finally:
        process.send_signal(signal.SIGCONT)
    finish(process)
    assert files(tmp_path) == undisturbed


def test_fault_43_a_lock_whose_holder_was_killed_is_free(tmp_path: Path) -> None:
    """The lock ends with its holder, however that died."""
    process = start(tmp_path, "--sleep", "1")
    wait_for(lambda: (tmp_path / "lock").exists() and (tmp_path / "lock").stat().st_size > 0)
    process.kill()
    process.wait()
    carried_out(tmp_path)


def test_fault_43_a_lock_left_by_a_crash_of_the_machine_is_free(tmp_path: Path) -> None:
    """What the lock's file says holds nothing, not even when its process number lives again as another."""
    holder = {"host": os.uname().nodename, "pid": os.getpid(), "since": "2026-01-01 00:00:00 +0000"}
    (tmp_path / "lock").write_text(json.dumps(holder))
    finish(start(tmp_path))


def test_one_failing_task_does_not_stop_the_others(tmp_path: Path, undisturbed: Any) -> None:
    """The failed task is named; what the others made is kept for the next try."""
    value = finish(start(tmp_path, "--fail", "t1"), 4)
    assert "t1" in value["error"] and "made to fail" in value["error"]
    assert len(files(tmp_path)) == 5
    assert carried_out(tmp_path)["kept"] == 5
    assert files(tmp_path) == undisturbed


def test_fault_04_changed_inputs_redo_their_own_task_only(tmp_path: Path) -> None:
    """A touched input costs a comparison, a changed one its task; where they lie decides nothing."""
    inputs = [tmp_path / f"in{i}" for i in range(3)]
    for path in inputs:
        path.write_text(f"{path.name} as it was")
    folder = tmp_path / "run"
    options = ("--inputs", *map(str, inputs))
    assert carried_out(folder, *options)["ran"] == 6
    inputs[0].touch()
    assert carried_out(folder, *options)["ran"] == 0
    inputs[1].write_text("in1 as it is!")
    assert carried_out(folder, *options)["ran"] == 1
    shutil.copytree(tmp_path, tmp_path.parent / f"{tmp_path.name}-moved")
    moved = [str(tmp_path.parent / f"{tmp_path.name}-moved" / p.name) for p in inputs]
    assert carried_out(tmp_path.parent / f"{tmp_path.name}-moved" / "run", "--inputs", *moved)["ran"] == 0


def test_fault_04_verification_finds_what_size_and_times_hide(tmp_path: Path) -> None:
    """Other bytes under the same size, times and inode are found by --verify, and only by it."""
    source, folder = tmp_path / "in0", tmp_path / "run"
    source.write_text("as it was")
    options = ("--inputs", str(source))
    carried_out(folder, *options)
    source.write_text("as it is!")
    stat = source.stat()
    sidecar = sidecar_path(folder, "toy", "t0")  # no clock here can be set back, so what was seen is set forward
    value = json.loads(sidecar.read_bytes())
    value["seen"][0].update(mtime_ns=stat.st_mtime_ns, ctime_ns=stat.st_ctime_ns, inode=stat.st_ino)
    write_json(sidecar, value)
    assert carried_out(folder, *options)["ran"] == 0
    assert carried_out(folder, *options, "--verify")["ran"] == 1


def test_fault_04_an_input_that_changes_while_it_is_read_is_told(tmp_path: Path) -> None:
    """Nothing made from it is kept; the others are done."""
    source, folder = tmp_path / "in0", tmp_path / "run"
    source.write_text("as it was")
    process = start(folder, "--inputs", str(source), "--sleep", "0.3", "--tasks", "2")
    wait_for(lambda: "t0" in running(folder))
    time.sleep(0.3)
    source.write_text("as it is!")
    value = finish(process, 3)
    assert str(source) in value["error"] and "while it was being read" in value["error"]
    assert read_part(folder, "toy", "t0") is None
    assert read_part(folder, "toy", "t1") is not None


def test_fault_03_a_changed_setting_is_named_and_replaces_every_part(tmp_path: Path) -> None:
    """What changed is told from what to what; parts that no longer belong are removed."""
    carried_out(tmp_path, "--setting", "old")
    outcome = carried_out(tmp_path, "--setting", "new", "--tasks", "4")
    assert outcome["changed"] == ["setting: old -> new"]
    assert (outcome["ran"], outcome["kept"]) == (4, 0)
    assert sorted(files(tmp_path)) == [f"t{i}.txt" for i in range(4)]
    assert not sidecar_path(tmp_path, "toy", "t4").exists()


def test_a_script_from_standard_input_has_workers_too(tmp_path: Path) -> None:
    """Workers would look for the file that the program is in, and there is none."""
    (tmp_path / "a.jsonl").write_text('{"text": "one and two"}\n{"text": "One and  two"}\n')
    script = (
        "from ginbon.run.dedup import dedup\nfrom ginbon.run.start import Options\n"
        f"print(dedup(['{tmp_path}/a.jsonl'], '{tmp_path}/out', options=Options(workers=2)).kept)\n"
    )
    done = subprocess.run([sys.executable, "-"], input=script, capture_output=True, text=True, check=True)
    assert done.stdout == "1\n"
