"""A stage as a datatrove pipeline: its block, and an executor over our own workers.

datatrove's own local executor hangs for ever when a worker is killed and leaves workers behind when the parent is; here
a dead worker is noticed at once, and every worker ends itself when its parent is gone. Workers are sent the task alone:
importing datatrove would cost each run a third of a second more.
"""

from __future__ import annotations

import pickle
from collections.abc import Iterator, Mapping
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, Future, wait
from pathlib import Path
from typing import Any, Final

from datatrove.executor.base import DistributedEnvVars, PipelineExecutor
from datatrove.pipeline.base import PipelineStep

from ginbon.engine.perform import Attempt, Failure, perform
from ginbon.engine.stage import Stage
from ginbon.engine.workers import Pool, perform_sent

LOGS: Final = "memory://ginbon-logs"
"""datatrove wants a place for its logs; none are written: a full disk must not fail a task whose part is whole, and
heartbeats tell what went wrong.
"""


class StageStep(PipelineStep):  # type: ignore[misc]
    """A stage as a datatrove block: takes no documents, gives none, does task number ``rank``."""

    type = "ginbon"
    name = "stage"

    def __init__(self, stage: Stage, folder: Path, attempts: Mapping[int, Attempt]) -> None:
        super().__init__()
        self.stage = stage
        self.folder = folder
        self.attempts = attempts

    def run(self, data: Any = None, rank: int = 0, world_size: int = 1) -> None:
        """Do the task of that rank."""
        perform(self.stage, self.attempts[rank], self.folder)


class LocalExecutor(PipelineExecutor):  # type: ignore[misc]
    """Tasks on this machine's workers. ``run`` gives up at the first dead worker; what had started are suspects.

    ``finished`` maps ranks to None (done) or to how they failed. ``broken`` says that a worker died, ``ends`` how.
    """

    def __init__(self, step: StageStep, pool: Pool) -> None:
        super().__init__([step], logging_dir=LOGS, skip_completed=False)
        self.step = step
        self._pool = pool
        self.finished: dict[int, Failure | None] = {}
        self.broken = False
        self.ends = ""
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
                    futures[self._pool.submit(perform_sent, self._sent(rank))] = rank
                done, _ = wait(futures, timeout=timeout_s, return_when=FIRST_COMPLETED)
                for future in done:
                    rank = futures.pop(future)
                    error = future.exception()
                    if isinstance(error, BrokenExecutor):
                        self.broken = True
                    else:
                        self.finished[rank] = None if error is None else Failure.of(error)
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

    def _sent(self, rank: int) -> bytes:
        """One task, and what it takes to do it: workers need neither this nor datatrove."""
        return pickle.dumps((self.step.stage, self.step.attempts[rank], self.step.folder))
