"""The tasks of one stage on their way: side by side, alone where they are suspected, item by item where they kill."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from ginbon.engine import progress
from ginbon.engine.completion import (
    QUARANTINE,
    add_to_quarantine,
    fingerprint_of,
    is_complete,
    read_quarantine,
    with_quarantine,
)
from ginbon.engine.executor import LocalExecutor, StageStep
from ginbon.engine.perform import Attempt, Failure, perform, take_marker
from ginbon.engine.stage import Stage, Task
from ginbon.engine.workers import Pool
from ginbon.errors import GinbonError, Interrupted, NoSpaceError, SurroundingsError, TaskError

_LOOK_S: Final = 0.2
_TRIES: Final = 20
"""Items of one task that may be put into quarantine before the task is given up."""
_STARTS: Final = 3
"""How often in a row workers may die before any task began: more is no accident."""


@dataclass
class Outcome:
    """What carrying a stage out did; times in seconds."""

    stage: str
    tasks: int = 0
    ran: int = 0
    kept: int = 0
    changed: tuple[str, ...] = ()
    failed: dict[str, GinbonError] = field(default_factory=dict)
    quarantined: list[str] = field(default_factory=list)
    wall_s: float = 0.0
    cpu_s: float = 0.0
    documents: int = 0
    bytes: int = 0
    peak_memory_bytes: int = 0


@dataclass
class Watch:
    """How a run is watched: told of every look, asked whether to stop; a task that stands still is ended."""

    looked: Callable[[str], None] = lambda stage: None
    told: Callable[[str], None] = lambda message: None
    stop: Callable[[], int] = lambda: 0  # 0 go on, 1 finish what runs, 2 at once
    grace_s: float = 15.0  # how long running tasks may finish after the first request to stop
    hang_s: float = 900.0  # a heartbeat that stands still for so long is a hang
    verify_inputs: bool = False


class Carrier:
    """The tasks of one stage on their way: done, failed, or suspects of having killed a worker."""

    def __init__(self, stage: Stage, folder: Path, pool: Pool | None, watch: Watch, outcome: Outcome) -> None:
        self.stage = stage
        self.folder = folder
        self.pool = pool
        self.watch = watch
        self.outcome = outcome
        self.fingerprint = stage.fingerprint()
        self.failed_starts = 0
        self.stood_still: dict[Path, tuple[int, float]] = {}  # heartbeat -> its time, and since when we have seen that

    def run(self, tasks: list[Task]) -> None:
        """Run tasks to their end, whatever they do; raises what ``carry_out`` does."""
        left = tasks
        while left and not any(isinstance(e, NoSpaceError) for e in self.outcome.failed.values()):
            suspects = self._together(left) if self.pool is not None else self._here(left)
            for task in suspects:
                self._alone(task)
            left = [t for t in left if not self._settled(t)]
        self._add_up()
        if self.outcome.failed:
            raise _failure(self.stage.name, self.outcome.failed)

    def _settled(self, task: Task) -> bool:
        if task.key in self.outcome.failed:
            return True
        quarantine = read_quarantine(self.folder, self.stage.name)
        return is_complete(self.stage, with_quarantine(task, quarantine), self.fingerprint, self.folder)

    def _attempt(self, task: Task, *, careful: bool = False) -> Attempt:
        quarantine = read_quarantine(self.folder, self.stage.name)
        task = with_quarantine(task, quarantine)
        fingerprint = fingerprint_of(self.stage, self.fingerprint, task)
        return Attempt(task, fingerprint, careful, frozenset(quarantine.get(task.key, ())))

    def _here(self, tasks: list[Task]) -> list[Task]:
        for task in tasks:
            if self.watch.stop():
                raise Interrupted(f"stopped in {self.stage.name}")
            try:
                perform(self.stage, self._attempt(task), self.folder)
            except Failure as failure:
                self.outcome.failed[task.key] = failure.as_ours()
                if failure.kind == NoSpaceError.__name__:
                    return []
            except KeyboardInterrupt:
                raise Interrupted(f"stopped in {self.stage.name}") from None
            self.watch.looked(self.stage.name)
        return []

    def _together(self, tasks: list[Task]) -> list[Task]:
        """Run tasks side by side; gives those that were running when a worker died."""
        assert self.pool is not None
        executor = self._drive(self.pool, [self._attempt(t) for t in tasks])
        suspects = []
        for rank, task in enumerate(tasks):
            failure = executor.finished.get(rank)
            if failure is None:
                if rank not in executor.finished and self._was_running(task):
                    suspects.append(task)
            elif failure.kind == MemoryError.__name__:
                suspects.append(task)
            else:
                self.outcome.failed[task.key] = failure.as_ours()
        if executor.broken and suspects:
            self.watch.told(
                f"{self.stage.name}: a worker died ({executor.ends}) while {', '.join(t.key for t in suspects)} "
                "was being worked on; trying that again by itself"
            )
        self._count_start(executor, begun=bool(suspects))
        return suspects

    def _alone(self, task: Task) -> None:
        """Try a suspect by itself; if it dies again, item by item, putting the culprit into quarantine."""
        careful = False
        for _ in range(_TRIES + 1):
            take_marker(self.folder, self.stage.name, task.key)
            executor = self._drive_alone(self._attempt(task, careful=careful))
            failure = executor.finished.get(0)
            if not executor.broken and failure is None:
                return
            if failure is not None and failure.kind != MemoryError.__name__:
                self.outcome.failed[task.key] = failure.as_ours()
                return
            how = "ran out of memory" if failure is not None else f"killed its worker ({executor.ends})"
            culprit = take_marker(self.folder, self.stage.name, task.key) if careful else None
            if culprit is not None:
                add_to_quarantine(self.folder, self.stage.name, task.key, culprit)
                self.outcome.quarantined.append(culprit)
                self.watch.told(
                    f"{self.stage.name}: {culprit} {how}, also when tried alone; it is now in {QUARANTINE} and counted "
                    "as a reject"
                )
            elif careful:
                break
            careful = True
        told = f"{task.key} {how}, also when tried alone, and no single item could be found that does it"
        short_of_memory = SurroundingsError(f"{self.stage.name}: {told}. {self._more_memory()}")
        self.outcome.failed[task.key] = short_of_memory if failure is not None else TaskError(told)

    def _drive_alone(self, attempt: Attempt) -> LocalExecutor:
        """Try a task in a pool of its own until it has begun."""
        assert self.pool is not None
        while True:
            progress.clear_beat(self.folder, self.stage.name, attempt.task.key)
            pool = self.pool.alone()
            try:
                executor = self._drive(pool, [attempt])
            finally:
                pool.discard()
            begun = not executor.broken or self._was_running(attempt.task)
            self._count_start(executor, begun=begun)
            if begun:
                return executor

    def _count_start(self, executor: LocalExecutor, *, begun: bool) -> None:
        """Tell of workers that died before they began a task; give up when that happens again and again."""
        if begun or not executor.broken:
            self.failed_starts = 0
            return
        self.failed_starts = 1 if executor.finished else self.failed_starts + 1
        how = f"{self.stage.name}: a worker died ({executor.ends}) before it began a task"
        if self.failed_starts == _STARTS:
            raise SurroundingsError(
                f"{how}, and so did those before it, {_STARTS} times in a row. {self._more_memory()} "
                "Without worker processes: --workers 0."
            )
        self.watch.told(f"{how}; starting another")

    def _more_memory(self) -> str:
        limit = self.pool.memory_bytes if self.pool is not None else None
        if limit is None:
            return "The machine may be short of memory: look what else runs, or take fewer --workers."
        return f"A worker may take {limit:,} bytes of memory: give it more (--memory-per-worker)."

    def _drive(self, pool: Pool, attempts: list[Attempt]) -> LocalExecutor:
        step = StageStep(self.stage, self.folder, dict(enumerate(attempts)))
        executor = LocalExecutor(step, pool)
        stopping_since: float | None = None
        for _ in executor.events(_LOOK_S):
            self.watch.looked(self.stage.name)
            asked = self.watch.stop()
            if asked and stopping_since is None:
                stopping_since = time.monotonic()
                executor.hold()
            if asked > 1 or (stopping_since and time.monotonic() - stopping_since > self.watch.grace_s):
                pool.discard()
                break
            if self._no_space(executor):
                executor.hold()
            self._end_hanging(pool)
        if stopping_since is not None:
            pool.discard()
            raise Interrupted(f"stopped in {self.stage.name}")
        if executor.broken:
            executor.ends = pool.ends()
            pool.discard()
        return executor

    def _no_space(self, executor: LocalExecutor) -> bool:
        return any(f is not None and f.kind == NoSpaceError.__name__ for f in executor.finished.values())

    def _end_hanging(self, pool: Pool) -> None:
        """End workers whose heartbeat stands still, by our own monotonic clock: the one that stamps files may jump."""
        now = time.monotonic()
        for path in (self.folder / progress.PROGRESS / self.stage.name).glob("*.json"):
            try:
                stamp = path.stat().st_mtime_ns
            except OSError:
                continue
            before, since = self.stood_still.get(path, (None, now))
            if stamp != before:
                self.stood_still[path] = stamp, now
            elif now - since >= self.watch.hang_s:
                beat = progress.read_beat(path)
                if beat is not None and beat.state == "running" and beat.pid in pool.pids():
                    self.watch.told(
                        f"{self.stage.name}: {beat.key} has stood still for {now - since:.0f} s; ending its worker"
                    )
                    os.kill(beat.pid, signal.SIGKILL)

    def _was_running(self, task: Task) -> bool:
        beat = progress.read_beat(progress.beat_path(self.folder, self.stage.name, task.key))
        return beat is not None and beat.state == "running"

    def _add_up(self) -> None:
        for beat in progress.read_beats(self.folder, self.stage.name).values():
            if beat.state == "done":
                self.outcome.ran += 1
                self.outcome.cpu_s = round(self.outcome.cpu_s + beat.cpu_s, 3)
                self.outcome.documents += beat.documents
                self.outcome.bytes += beat.bytes
                self.outcome.peak_memory_bytes = max(self.outcome.peak_memory_bytes, beat.peak_memory_bytes)


def _failure(stage: str, failed: Mapping[str, GinbonError]) -> GinbonError:
    """One error for all failed tasks: of the surroundings if any is, else the first, with the number of the others."""
    for error in failed.values():
        if isinstance(error, SurroundingsError):
            return error
    first, *others = failed.items()
    more = f" (and {len(others)} other tasks)" if others else ""
    message = f"stage {stage}, task {first[0]}{more}: {first[1]}"
    return first[1] if first[1].exit_code in (1, 2) else TaskError(message)
