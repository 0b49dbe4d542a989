"""One task, performed in a worker: run it, write its sidecar, tell how it ended."""

from __future__ import annotations

import errno
import traceback
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from ginbon.engine import inputs, parts
from ginbon.engine.files import surroundings_error
from ginbon.engine.progress import PROGRESS, Heart
from ginbon.engine.stage import Stage, Task, Work
from ginbon.errors import GinbonError, SurroundingsError, TaskError

AT: Final = ".at"
"""Ending of the file in which a careful task says which item it is working on."""


@dataclass(frozen=True)
class Attempt:
    """How a task is tried: carefully (after it killed a worker), and without which items."""

    task: Task
    fingerprint: str
    careful: bool = False
    quarantine: frozenset[str] = frozenset()


class Failure(TaskError):  # noqa: N818 - it is what happened to a task, and becomes one of our errors
    """How a task failed, in plain text so that it can be sent: ``kind`` is the name of the error's class."""

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(kind, message)
        self.kind, self.message = kind, message

    def __str__(self) -> str:
        return f"{self.kind}: {self.message}"

    @classmethod
    def of(cls, error: BaseException) -> Failure:
        """The failure that an error is; numpy's, Arrow's and the system's want of memory are all ``MemoryError``."""
        if isinstance(error, Failure):
            return error
        no_memory = isinstance(error, MemoryError) or (isinstance(error, OSError) and error.errno == errno.ENOMEM)
        return cls(MemoryError.__name__ if no_memory else type(error).__name__, str(error))

    def as_ours(self) -> GinbonError:
        """One of our errors: trouble of the surroundings and of the user stays that."""
        import ginbon.errors as ours

        kind = getattr(ours, self.kind, None)
        if isinstance(kind, type) and issubclass(
            kind, SurroundingsError | ours.UserError | ours.AnswerIsNo | ours.LedgerError
        ):
            made = kind.__new__(kind)
            Exception.__init__(made, self.message)
            return made
        return TaskError(str(self))


def perform(stage: Stage, attempt: Attempt, folder: Path) -> None:
    """Do one task and write its sidecar last; raises ``Failure`` if it fails."""
    task = attempt.task
    heart = Heart(folder, stage.name, task.key, task.size)
    work = Work(
        folder,
        advance=heart.advance,
        entering=_marker(folder, stage.name, task.key) if attempt.careful else None,
        quarantine=attempt.quarantine,
    )
    try:
        try:
            seen = inputs.see(task.reads)
            result = stage.run(task, work)
            inputs.check_still(task.reads, seen)
            part = parts.Part(
                task.key, attempt.fingerprint, tuple(work.written), result.entries, result.facts, tuple(seen)
            )
            parts.write_part(folder, stage.name, part)
        except OSError as error:
            if error.errno is None or error.errno == errno.ENOMEM:
                raise
            raise surroundings_error(error, Path(error.filename or folder / task.key)) from error
    except Exception as error:
        failure = Failure.of(error)
        heart.end("failed", kind=failure.kind, error=failure.message, traceback=traceback.format_exc())
        raise failure from None
    heart.end("done")


def _marker(folder: Path, stage: str, key: str) -> Callable[[str], None]:
    path = at_path(folder, stage, key)
    path.parent.mkdir(parents=True, exist_ok=True)

    def entering(identity: str) -> None:
        path.write_text(identity, encoding="utf-8")

    return entering


def at_path(folder: Path, stage: str, key: str) -> Path:
    """Where a careful task says which item it is working on."""
    return folder / PROGRESS / stage / f"{key}{AT}"


def take_marker(folder: Path, stage: str, key: str) -> str | None:
    """The item that a careful task was working on when it died, or None; forgets it."""
    path = at_path(folder, stage, key)
    try:
        identity = path.read_text(encoding="utf-8")
    except OSError:
        return None
    with suppress(OSError):
        path.unlink()
    return identity or None
