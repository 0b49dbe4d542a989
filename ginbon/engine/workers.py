"""A pool of worker processes that end with their parent; a dead one is noticed at once.

Workers are forked from one process that has loaded what all of them need (multiprocessing's fork server): two workers
share two CPU seconds of imports and tables, and the memory that these take.
"""

from __future__ import annotations

import ctypes
import errno
import mmap
import multiprocessing
import os
import pickle
import resource
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import BrokenExecutor, Future, ProcessPoolExecutor
from contextlib import contextmanager, suppress
from multiprocessing import forkserver
from multiprocessing.context import ForkServerContext, ForkServerProcess
from pathlib import Path
from types import ModuleType
from typing import Any, Final

from ginbon.engine import lock
from ginbon.engine.files import told_as_surroundings
from ginbon.engine.perform import Failure, perform
from ginbon.errors import SurroundingsError

_LIBC: Final = ctypes.CDLL(None)

_ROOM_BYTES: Final = 2**30
"""Address space that libraries, compiled kernels and a batch take in a worker; a third of it is memory in use.

A worker with less takes innocent documents for too large: every one, with a limit of 900 MB.
"""

_TORN: Final = (None, errno.EBADF, errno.EPIPE, errno.ECONNREFUSED, errno.ECONNRESET)
"""What the start of a worker says when it dies at once, or another dies meanwhile (the pool's pipes are closed then),
or when the process is gone that workers are forked from."""

_ALLOCATORS: Final = {
    "MALLOC_MMAP_THRESHOLD_": str(2**30),
    "MALLOC_TRIM_THRESHOLD_": str(2**32),
    "MIMALLOC_PURGE_DELAY": "10000",
    "NUMPY_MADVISE_HUGEPAGE": "0",
}
"""Variables by which glibc, Arrow's pool and numpy keep in a worker what a batch has freed, for the next one takes as
much: given back and taken again, all of it is cleared each time, in pages of 2 MB also what is never used. That took
5 % of a run's CPU time. ``_give_back`` returns it after a task.
"""

_LARGE_BYTES: Final = 16 * 2**20
"""Size of a task after which memory is given back: after every small one that costs 4 % of a run's time."""

_UNKNOWN: Final = 255
"""The exit code of a process whose fork server is gone, be it dead or alive."""

_unfit: SurroundingsError | None = None  # in a worker: why it cannot work


def _begin_worker(folder: str, memory_bytes: int | None, environment: Mapping[str, str]) -> None:
    """Prepare a worker: die with the parent, hold the workers' lock, obey the memory limit, see the parent's variables.

    A worker that cannot be made ready stays, and fails every task with the reason: one that ends leaves none.
    """
    global _unfit
    os.environ.clear()
    os.environ.update(environment)  # those that the fork server has may be older
    threading.Thread(target=_die_with_parent, daemon=True).start()
    try:
        with told_as_surroundings(Path(folder) / lock.WORKERS_LOCK):
            lock.hold_as_worker(Path(folder))  # held until this process ends
        if _parent_is_gone(wait_s=0):  # it died before we held the lock: the next run may have begun
            os._exit(1)
        if memory_bytes:
            _limit_memory(memory_bytes)
    except SurroundingsError as error:
        _unfit = error


def _limit_memory(limit: int) -> None:
    """Bound what this process may take. Address space is what the system can bound, and much of it, mapped by libraries
    before we were forked, is never memory: that is granted on top.
    """
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (limit + _mapped_unused(), hard))
    try:
        mmap.mmap(-1, _ROOM_BYTES, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS, prot=mmap.PROT_READ).close()
    except OSError:
        resource.setrlimit(resource.RLIMIT_AS, (hard, hard))  # else there is no room to say so
        raise SurroundingsError(
            f"a worker's limit of {limit:,} bytes of memory leaves it less than the {_ROOM_BYTES:,} that libraries and "
            "compiled code take. Give workers more (--memory-per-worker), or no limit."
        ) from None


def _mapped_unused() -> int:
    """Bytes of address space that are no memory in use; 0 where the system does not tell."""
    try:
        size, resident, *_ = map(int, Path("/proc/self/statm").read_text().split())
    except OSError:
        return 0
    return (size - resident) * mmap.PAGESIZE


def _die_with_parent() -> None:
    if _parent_is_gone(wait_s=None):
        os.kill(os.getpid(), signal.SIGKILL)


def _parent_is_gone(*, wait_s: float | None) -> bool:
    parent = multiprocessing.parent_process()
    return parent is not None and bool(multiprocessing.connection.wait([parent.sentinel], wait_s))


@contextmanager
def _signals_left_to_the_parent() -> Iterator[None]:
    """Processes started in this block never see requests to stop.

    Terminals and batch systems send them to the whole group, also while a worker is still importing.
    """
    before = signal.pthread_sigmask(signal.SIG_BLOCK, (signal.SIGINT, signal.SIGTERM, signal.SIGHUP))
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


@contextmanager
def _environment(more: Mapping[str, str]) -> Iterator[None]:
    """Processes started in this block have these variables too, where a person has not set them."""
    added = {name: value for name, value in more.items() if name not in os.environ}
    os.environ.update(added)
    try:
        yield
    finally:
        for name in added:
            os.environ.pop(name, None)


class _Process(ForkServerProcess):
    """A worker's process. When one dies the executor terminates the others and waits, and they leave SIGTERM to others.

    Since Python 3.12 it holds its lock meanwhile: without this, everybody would wait for ever.
    """

    put_down = False

    def start(self) -> None:
        """Start it; without the program's own main module where that came from standard input: no worker can read it
        again, and all would die of it.
        """
        main = sys.modules["__main__"]
        if Path(getattr(main, "__file__", None) or __file__).exists():
            super().start()
            return
        sys.modules["__main__"] = ModuleType("__main__")
        try:
            super().start()
        finally:
            sys.modules["__main__"] = main

    def terminate(self) -> None:
        """Kill it, and remember that it did not die by itself."""
        self.join(0.05)  # one that is just dying is known to be dead before its exit code is
        self.put_down = self.exitcode is None
        if self.exitcode in (None, _UNKNOWN):
            self.kill()

    def kill(self) -> None:
        """End it at once, also when the process that it was forked from is gone, and with it all news of it."""
        super().kill()
        if self.exitcode == _UNKNOWN and self.pid is not None:
            with suppress(ProcessLookupError):
                os.kill(self.pid, signal.SIGKILL)


class _Context(ForkServerContext):
    """Makes workers, and remembers them: an executor forgets its processes as soon as one of them is dead."""

    def __init__(self) -> None:
        super().__init__()
        self.made: list[_Process] = []

    def Process(self, *arguments: Any, **options: Any) -> _Process:  # type: ignore[override]  # noqa: N802
        made = _Process(*arguments, **options)
        self.made.append(made)
        return made


def stop_fork_server() -> None:
    """End the process that workers are forked from, unless others of this program's children came from it.

    multiprocessing leaves it until the program ends, and then unwaited for: its CPU time would be nobody's.
    """
    if not multiprocessing.active_children():
        forkserver._forkserver._stop()  # type: ignore[attr-defined]


class Pool:
    """Worker processes, started when first needed and again after one died.

    ``preload`` names modules that the process which workers are forked from imports once; those of the first pool of a
    process count.
    """

    def __init__(
        self, folder: Path, workers: int, *, memory_bytes: int | None = None, preload: Sequence[str] = ()
    ) -> None:
        self.folder = folder
        self.workers = workers
        self.memory_bytes = memory_bytes
        self.preload = list(preload)
        self._executor: ProcessPoolExecutor | None = None
        self._context = _Context()

    def submit(self, work: Callable[..., Any], *arguments: Any) -> Future[Any]:
        """Hand work to a worker; another worker is started only if none is idle, so never more than there is work.

        Raises ``BrokenExecutor`` if a worker died.
        """
        if self._executor is None:
            with (
                _signals_left_to_the_parent()
            ):  # here Python's resource tracker is started, and takes some of them back
                self._context = _Context()
                self._context.set_forkserver_preload(self.preload)
                self._executor = ProcessPoolExecutor(
                    self.workers,
                    mp_context=self._context,
                    initializer=_begin_worker,
                    initargs=(str(self.folder), self.memory_bytes, dict(os.environ)),
                )
            with _signals_left_to_the_parent(), _environment(_ALLOCATORS):
                forkserver.ensure_running()  # the variables are read when a process begins: workers are forked from it
        try:
            with _signals_left_to_the_parent():
                return self._executor.submit(work, *arguments)
        except (OSError, EOFError) as error:
            if isinstance(error, OSError) and error.errno not in _TORN:
                raise
            raise BrokenExecutor("a worker died while one was being started") from error

    def pids(self) -> list[int]:
        """The workers that are alive."""
        processes = getattr(self._executor, "_processes", None) or {}
        return list(processes)

    def ends(self) -> str:
        """How workers of a broken pool ended, for people: ``signal 9 (Killed)``, ``exit code 1``."""
        codes: set[int] = set()
        deadline = time.monotonic() + 1  # the executor's own thread is told at the same time: one of us has to wait
        while not codes and time.monotonic() < deadline:
            codes = {p.exitcode for p in self._context.made if p.exitcode is not None and not p.put_down}
            time.sleep(0.01)
        ends = [f"signal {-n} ({signal.strsignal(-n)})" if n < 0 else f"exit code {n}" for n in sorted(codes)]
        return ", ".join(ends) or "how is not known"

    def discard(self) -> None:
        """End all workers at once; the next ``submit`` starts new ones."""
        executor, self._executor = self._executor, None
        if executor is None:
            return
        processes = self._context.made
        executor.shutdown(wait=False, cancel_futures=True)
        for process in processes:
            with suppress(Exception):
                process.kill()
        for process in processes:
            with suppress(Exception):
                process.join(5)

    def alone(self) -> Pool:
        """A pool of one worker with the same settings, to try a suspect by itself."""
        return Pool(self.folder, 1, memory_bytes=self.memory_bytes, preload=self.preload)


def perform_sent(sent: bytes) -> None:
    """In a worker: do the task that ``sent`` holds, as a stage, an attempt and a folder.

    It comes as bytes: what cannot be unpickled fails the task and not the worker.
    """
    if _unfit is not None:
        raise Failure.of(_unfit)
    stage, attempt, folder = pickle.loads(sent)
    try:
        perform(stage, attempt, folder)
    finally:
        if attempt.task.size >= _LARGE_BYTES:
            _give_back()


def _give_back() -> None:
    """Return what a task has freed to the system: else the next stage's memory comes on top of it (80 MB measured)."""
    import pyarrow as pa

    pa.default_memory_pool().release_unused()
    trim = getattr(_LIBC, "malloc_trim", None)  # glibc's; other systems have none
    if trim is not None:
        trim(0)
