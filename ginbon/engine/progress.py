"""Heartbeats: small files that tasks write beside their parts, so that one display works for every executor.

``progress/<stage>/<task>.json`` is replaced at most twice a second while a task advances. A heartbeat that stands still
means a task that hangs. Heartbeats are for people and the watchdog; nothing that is done is ever
decided from them.
"""

from __future__ import annotations

import json
import os
import resource
import time
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

PROGRESS: Final = "progress"
BEAT_S: Final = 0.5


@dataclass
class Beat:
    """One task's state. ``state`` is running, done, failed or crashed; times are of the task, not of the day."""

    key: str
    state: str = "running"
    documents: int = 0
    bytes: int = 0
    size: int = 0
    pid: int = 0
    cpu_s: float = 0.0
    wall_s: float = 0.0
    peak_memory_bytes: int = 0
    error: str = ""
    error_kind: str = ""
    traceback: str = ""


def beat_path(folder: Path, stage: str, key: str) -> Path:
    """Where a task's heartbeat is."""
    return folder / PROGRESS / stage / f"{key}.json"


class Heart:
    """Writes a task's heartbeat; trouble with it never harms the task."""

    def __init__(self, folder: Path, stage: str, key: str, size: int) -> None:
        self.path = beat_path(folder, stage, key)
        self.beat = Beat(key=key, size=size, pid=os.getpid())
        self._began = time.monotonic()
        self._cpu = time.process_time()
        self._last = 0.0
        with suppress(OSError):
            self.path.parent.mkdir(parents=True, exist_ok=True)
        self._write()

    def advance(self, documents: int, bytes: int) -> None:
        """Count progress; the file is replaced at most every ``BEAT_S`` seconds."""
        self.beat.documents += documents
        self.beat.bytes += bytes
        if time.monotonic() - self._last >= BEAT_S:
            self._write()

    def end(self, state: str, *, kind: str = "", error: str = "", traceback: str = "") -> None:
        """Say how the task ended."""
        self.beat.state = state
        self.beat.error_kind, self.beat.error, self.beat.traceback = kind, error, traceback
        self._write()

    def _write(self) -> None:
        self._last = time.monotonic()
        beat = self.beat
        beat.wall_s = round(self._last - self._began, 3)
        beat.cpu_s = round(time.process_time() - self._cpu, 3)
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        beat.peak_memory_bytes = peak if os.uname().sysname == "Darwin" else peak * 1024
        temporary = self.path.with_suffix(f".{beat.pid}.new")
        with suppress(OSError):
            temporary.write_text(json.dumps(asdict(beat)))
            temporary.replace(self.path)


def read_beats(folder: Path, stage: str) -> dict[str, Beat]:
    """The heartbeats of a stage by task; damaged ones are left out."""
    beats = {}
    for path in sorted((folder / PROGRESS / stage).glob("*.json")):
        if (beat := read_beat(path)) is not None:
            beats[beat.key] = beat
    return beats


def read_beat(path: Path) -> Beat | None:
    """One heartbeat, or None where it is absent or damaged."""
    try:
        value: dict[str, Any] = json.loads(path.read_bytes())
        return Beat(**value)
    except (OSError, ValueError, TypeError):
        return None


def clear_beat(folder: Path, stage: str, key: str) -> None:
    """Forget a task's heartbeat, so that the next one is of the next try."""
    with suppress(OSError):
        beat_path(folder, stage, key).unlink()


def clear_beats(folder: Path, stage: str) -> None:
    """Forget the heartbeats of an earlier try."""
    for path in (folder / PROGRESS / stage).glob("*"):
        with suppress(OSError):
            path.unlink()
