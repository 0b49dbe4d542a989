"""Runs of the toy stage, in processes of their own where they are disturbed, and what tests look at while they work."""

from __future__ import annotations

import contextlib
import io
import json
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from unittest import mock

import toy_run

from ginbon.engine.progress import read_beats

TOY = Path(__file__).with_name("toy_run.py")


def start(folder: Path, *options: str, **more: Any) -> subprocess.Popen[str]:
    """A toy run in a session of its own, to be disturbed."""
    return subprocess.Popen(
        [sys.executable, str(TOY), str(folder), *options],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        **more,
    )


def finish(process: subprocess.Popen[str], code: int = 0) -> dict[str, Any]:
    """What a toy run says at its end, which must be this exit code and no traceback; ``err`` is its standard error."""
    try:
        out, err = process.communicate(timeout=55)
    finally:
        process.kill()  # where it hangs; its workers end with it
    assert process.returncode == code, (process.returncode, out, err)
    assert "Traceback" not in err, err
    value: dict[str, Any] = json.loads(out.splitlines()[-1]) if out.strip() else {}
    return {**value, "err": err}


def carried_out(folder: Path, *options: str) -> dict[str, Any]:
    """What a toy run says that nobody disturbs, carried out in this process, without workers."""
    said = io.StringIO()
    command = [str(TOY), str(folder), *options, "--workers", "0"]
    with mock.patch.object(sys, "argv", command), contextlib.redirect_stdout(said):
        toy_run.main()
    value: dict[str, Any] = json.loads(said.getvalue().splitlines()[-1])
    return value


def files(folder: Path) -> dict[str, bytes]:
    """What lies where the toy stage writes, under temporary names too."""
    return {p.name: p.read_bytes() for p in sorted((folder / "toy").glob("*"))}


def wait_for(what: Callable[[], object], seconds: float = 30) -> None:
    """Wait until something is true."""
    deadline = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.02)


def running(folder: Path) -> list[str]:
    """Tasks that say that they run."""
    return [key for key, beat in read_beats(folder, "toy").items() if beat.state == "running"]


def workers_of(folder: Path) -> list[int]:
    """Processes that have the workers' lock of a run folder open."""
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


def forked_for(process: subprocess.Popen[str]) -> list[int]:
    """Worker processes of a run, from the moment that they exist: children of its fork server."""
    return [pid for server in fork_servers_of(process) for pid in children_of(server)]


def fork_servers_of(process: subprocess.Popen[str]) -> list[int]:
    """The processes that a run's workers are forked from."""
    return [pid for pid in children_of(process.pid) if b"forkserver" in command_of(pid)]


def command_of(pid: int) -> bytes:
    """What a process was started as; nothing where it is gone."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""


def children_of(parent: int) -> list[int]:
    """Processes whose parent it is."""
    found = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            if path.read_text().rpartition(")")[2].split()[1] == str(parent):
                found.append(int(path.parent.name))
        except OSError:
            continue
    return found
