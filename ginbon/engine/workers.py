"""A pool of worker processes that end with their parent, and a datatrove executor over it.

datatrove's own local executor hangs for ever when a worker is killed and leaves workers behind when the parent is;
here a dead worker is noticed at once, and every worker ends itself when its parent is gone.
"""

from __future__ import annotations

import ctypes
import multiprocessing
import os
import resource
import signal
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, Future, ProcessPoolExecutor, wait
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

from datatrove.executor.base import DistributedEnvVars, PipelineExecutor
from loguru import logger

from ginbon.engine import lock
from ginbon.engine.perform import StageStep

_LIBC: Final = ctypes.CDLL(None)

LOGS: Final = "memory://ginbon-logs"
"""datatrove's logs, stats and completion marks stay in the worker's memory: a full disk must not fail a task whose part
is whole, and heartbeats tell what went wrong.
"""


def _begin_worker(folder: str, memory_bytes: int | None, warm: Callable[[], None] | None) -> None:
    """Prepare a worker: leave Ctrl-C to the parent, die with it, hold the workers' lock, obey the memory limit."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)  # batch systems signal the whole group: the parent decides
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    logger.disable("datatrove")  # it would tell on the terminal what heartbeats tell
    threading.Thread(target=_die_with_parent, daemon=True).start()
    lock.hold_as_worker(Path(folder))  # held until this process ends
    if memory_bytes:
        resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))
    if warm is not None:
        warm()


def _die_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        multiprocessing.connection.wait([parent.sentinel])
        os.kill(os.getpid(), signal.SIGKILL)


class Pool:
    """Worker processes, started when first needed and again after one died."""

    def __init__(
        self,
        folder: Path,
        workers: int,
        *,
        memory_bytes: int | None = None,
        warm: Callable[[], None] | None = None,
    ) -> None:
        self.folder = folder
        self.workers = workers
        self.memory_bytes = memory_bytes
        self.warm = warm
        self._executor: ProcessPoolExecutor | None = None

    def submit(self, work: Callable[..., Any], *arguments: Any) -> Future[Any]:
        """Hand work to a worker."""
        if self._executor is None:
            self._executor = ProcessPoolExecutor(
                self.workers,
                mp_context=multiprocessing.get_context("spawn"),
                initializer=_begin_worker,
                initargs=(str(self.folder), self.memory_bytes, self.warm),
            )
        return self._executor.submit(work, *arguments)

    def pids(self) -> list[int]:
        """The workers that are alive."""
        processes = getattr(self._executor, "_processes", None) or {}
        return list(processes)

    def discard(self) -> None:
        """End all workers at once; the next ``submit`` starts new ones."""
        executor, self._executor = self._executor, None
        if executor is None:
            return
        processes = list((getattr(executor, "_processes", None) or {}).values())
        executor.shutdown(wait=False, cancel_futures=True)
        for process in processes:
            with suppress(Exception):
                process.kill()
        for process in processes:
            with suppress(Exception):
                process.join(5)

    def alone(self) -> Pool:
        """A pool of one worker with the same settings, to try a suspect by itself."""
        return Pool(self.folder, 1, memory_bytes=self.memory_bytes, warm=self.warm)


class LocalExecutor(PipelineExecutor):  # type: ignore[misc]
    """Tasks on this machine's workers. ``run`` gives up at the first dead worker; what had started are suspects.

    ``finished`` maps ranks to None (done) or to the exception. ``broken`` says that a worker died.
    """

    def __init__(self, step: StageStep, pool: Pool) -> None:
        super().__init__([step], logging_dir=LOGS, skip_completed=False)
        self.step = step
        self._pool = pool
        self.finished: dict[int, BaseException | None] = {}
        self.broken = False
        self._held = False

    @property
    def world_size(self) -> int:
        """The number of tasks."""
        return len(self.step.attempts)

    def get_distributed_env(self, node_rank: int = -1) -> DistributedEnvVars:
        """datatrove's variables for one machine."""
        return DistributedEnvVars(
            datatrove_node_ips="localhost",
            datatrove_cpus_per_task="1",
            datatrove_mem_per_cpu="0",
            datatrove_gpus_on_node="0",
            datatrove_executor="ginbon-local",
        )

    def mark_rank_as_completed(self, rank: int) -> None:
        """Nothing: sidecars are the only truth about what is done."""

    def run(self) -> None:
        """Run all tasks to the end; see ``events`` to watch them."""
        for _ in self.events(timeout_s=None):
            pass

    def events(self, timeout_s: float | None) -> Iterator[None]:
        """Run all tasks, yielding at least every ``timeout_s`` seconds so that the caller can look after them."""
        futures: dict[Future[Any], int] = {}
        waiting = list(range(self.world_size))[::-1]
        try:
            while (waiting and not self._held) or futures:
                # Few tasks beyond the workers are handed over, so that a stop has little to take back.
                while waiting and not self._held and len(futures) < self._pool.workers + 1:
                    rank = waiting.pop()
                    futures[self._pool.submit(_run_rank, self._bare(rank), rank)] = rank
                done, _ = wait(futures, timeout=timeout_s, return_when=FIRST_COMPLETED)
                for future in done:
                    rank = futures.pop(future)
                    error = future.exception()
                    if isinstance(error, BrokenExecutor):
                        self.broken = True
                    else:
                        self.finished[rank] = error
                if self.broken:
                    return
                yield
        except BrokenExecutor:  # a worker died between two submissions
            self.broken = True
        finally:
            for future in futures:
                future.cancel()

    def hold(self) -> None:
        """Start no more tasks; those that run go on."""
        self._held = True

    def _bare(self, rank: int) -> LocalExecutor:
        """A copy that can be sent: with one task alone, without the pool and the results."""
        step = StageStep(self.step.stage, self.step.folder, {rank: self.step.attempts[rank]})
        made = LocalExecutor.__new__(LocalExecutor)
        made.__dict__.update(self.__dict__, pipeline=[step], step=step, _pool=None, finished={})
        return made


def _run_rank(executor: LocalExecutor, rank: int) -> None:
    """In the worker. ``local_rank=1`` keeps datatrove's log off the terminal."""
    try:
        executor._run_for_rank(rank, 1)
    finally:
        _give_back()
    executor.logging_dir.fs.rm(executor.logging_dir.path, recursive=True)


def _give_back() -> None:
    """Return what a task has freed to the system: else the next stage's memory comes on top of it (80 MB measured)."""
    import pyarrow as pa

    pa.default_memory_pool().release_unused()
    trim = getattr(_LIBC, "malloc_trim", None)  # glibc's; other systems have none
    if trim is not None:
        trim(0)
