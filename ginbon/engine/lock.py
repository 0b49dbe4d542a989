"""One process at a time works on a run folder.

The lock is the system's own (``flock``), so it ends with its holder, however that dies; the file's content only tells
people who holds it. Workers hold a second, shared lock: after a parent was killed, the next run waits until its
orphans have stopped, so that there are never two writers.
"""

from __future__ import annotations

import fcntl
import json
import os
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from ginbon.engine.files import told_as_surroundings
from ginbon.errors import LockedError

LOCK: Final = "lock"
WORKERS_LOCK: Final = ".workers.lock"
_ORPHANS_WAIT_S: Final = 60.0


@contextmanager
def run_lock(folder: Path) -> Iterator[None]:
    """Hold the run folder; raise ``LockedError`` naming holder's host, process and since when."""
    with told_as_surroundings(folder / LOCK):
        folder.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(folder / LOCK, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o666)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise LockedError(_held(folder, os.pread(descriptor, 4096, 0))) from error
        holder = {"host": socket.gethostname(), "pid": os.getpid(), "since": time.strftime("%Y-%m-%d %H:%M:%S %z")}
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, json.dumps(holder).encode(), 0)
        with told_as_surroundings(folder / WORKERS_LOCK):
            _wait_for_orphans(folder)
        yield
        os.ftruncate(descriptor, 0)
    finally:
        os.close(descriptor)


def holder(folder: Path) -> dict[str, object] | None:
    """Who holds the run folder now, or None."""
    try:
        descriptor = os.open(folder / LOCK, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
        return None
    except BlockingIOError:
        try:
            value: dict[str, object] = json.loads(os.pread(descriptor, 4096, 0))
            return value
        except ValueError:
            return {}
    finally:
        os.close(descriptor)


def hold_as_worker(folder: Path) -> int:
    """Take the workers' shared lock for the life of this process; gives the descriptor that holds it."""
    descriptor = os.open(folder / WORKERS_LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
    fcntl.flock(descriptor, fcntl.LOCK_SH)
    return descriptor


def _wait_for_orphans(folder: Path) -> None:
    descriptor = os.open(folder / WORKERS_LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
    try:
        deadline = time.monotonic() + _ORPHANS_WAIT_S
        while True:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                return
            except BlockingIOError:
                if time.monotonic() > deadline:
                    raise LockedError(
                        f"{folder}: workers of an earlier run that was killed are still alive after "
                        f"{_ORPHANS_WAIT_S:.0f} s. End them (they hold {folder / WORKERS_LOCK}) and run again."
                    ) from None
                time.sleep(0.05)
    finally:
        os.close(descriptor)


def _held(folder: Path, content: bytes) -> str:
    try:
        who = json.loads(content)
        by = f"process {who['pid']} on {who['host']} since {who['since']}"
    except (ValueError, KeyError):
        by = "another process"
    return f"{folder} is being worked on by {by}. Wait for it, or watch it with: ginbon status {folder}"
