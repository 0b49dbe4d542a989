"""Carrying a stage out: which tasks must run, running them, tidying up after them."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ginbon.engine import parts, progress
from ginbon.engine.carrier import Carrier, Outcome, Watch
from ginbon.engine.completion import is_complete, read_quarantine, with_quarantine
from ginbon.engine.files import read_json, remove_temporaries
from ginbon.engine.stage import Stage, Task
from ginbon.engine.workers import Pool, stop_fork_server

__all__ = ["Outcome", "Plan", "Watch", "carry_out", "plan", "workers"]


@dataclass(frozen=True)
class Plan:
    """What carrying a stage out would do."""

    stage: str
    tasks: tuple[Task, ...]
    todo: tuple[Task, ...]
    changed: tuple[str, ...]


def plan(stage: Stage, folder: Path, *, verify: bool = False) -> Plan:
    """Which tasks of a stage are complete and which must run.

    ``verify`` compares the hashes of inputs even where size, times and inode are unchanged.
    """
    tasks = stage.tasks(folder)
    fingerprint = stage.fingerprint()
    record = read_json(folder / parts.PARTS / stage.name / parts.STAGE_RECORD)
    changed = parts.changes(record["fingerprint"], dict(fingerprint)) if record else []
    quarantine = read_quarantine(folder, stage.name)
    todo = [
        t for t in tasks if not is_complete(stage, with_quarantine(t, quarantine), fingerprint, folder, verify=verify)
    ]
    return Plan(stage.name, tuple(tasks), tuple(todo), tuple(changed))


def carry_out(stage: Stage, folder: Path, pool: Pool | None, watch: Watch) -> Outcome:
    """Bring a stage up to date: run what must run, keep what is complete, remove what no longer belongs.

    ``pool`` None runs the tasks in this process. Raises ``Interrupted`` when asked to stop, ``NoSpaceError`` or
    ``SurroundingsError`` when the surroundings failed, ``TaskError`` when tasks failed (after all others went on).
    """
    began = time.monotonic()
    planned = plan(stage, folder, verify=watch.verify_inputs)
    parts.record_stage(folder, stage, list(planned.tasks))
    outcome = Outcome(stage.name, len(planned.tasks), kept=len(planned.tasks) - len(planned.todo))
    outcome.changed = planned.changed
    if planned.todo:
        progress.clear_beats(folder, stage.name)
        Carrier(stage, folder, pool, watch, outcome).run(list(planned.todo))
    _sweep(stage, folder, {t.key for t in planned.tasks})
    outcome.wall_s = round(time.monotonic() - began, 3)
    return outcome


def _sweep(stage: Stage, folder: Path, keys: set[str]) -> None:
    """Remove sidecars of tasks that are no more, then files that no part lists."""
    listed = {f.path for key in keys if (p := parts.read_part(folder, stage.name, key)) for f in p.files}
    for sidecar in (folder / parts.PARTS / stage.name).glob("*.json"):
        if sidecar.stem in keys or sidecar.name == parts.STAGE_RECORD:
            continue
        stale = parts.read_part(folder, stage.name, sidecar.stem)
        for file in stale.files if stale else ():
            if file.path not in listed:
                (folder / file.path).unlink(missing_ok=True)
        sidecar.unlink()
    remove_temporaries(folder)
    remove_temporaries(folder / parts.PARTS / stage.name)
    for output in stage.outputs:
        for path in sorted((folder / output).rglob("*"), reverse=True):
            if path.is_dir() and not path.is_symlink():
                if not any(path.iterdir()):
                    path.rmdir()
            elif str(path.relative_to(folder)) not in listed:
                path.unlink()


@contextmanager
def workers(folder: Path, number: int, **options: Any) -> Iterator[Pool | None]:
    """Workers for a run, ended with it; None for ``number`` 0 (tasks then run in this process)."""
    pool = Pool(folder, number, **options) if number else None
    try:
        yield pool
    finally:
        if pool is not None:
            pool.discard()
            stop_fork_server()
