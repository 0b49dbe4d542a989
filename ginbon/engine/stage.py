"""The stage contract: a named part of a run that turns parts into parts.

The engine decides from fingerprints which tasks run; a stage says what its result depends on, what its tasks are, and
how one task is done. A stage is sent to workers, so it is picklable and holds plain values and paths, no open files.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from ginbon.engine.files import HashingFile, Written, canonical_json, compact_json, whole_file
from ginbon.engine.inputs import FileRange
from ginbon.engine.ledger import Entry


@dataclass(frozen=True)
class Task:
    """One piece of a stage's work.

    ``key`` is unique in the stage and safe as a file name. ``inputs`` maps what it reads to a digest of it: together
    with the stage's fingerprint they decide whether the task must run. ``arguments`` are plain JSON values for
    ``Stage.run``, and decide as well. ``reads`` are ranges of files outside the run folder: the engine hashes them as
    the task runs and looks at them on later runs; where they lie decides nothing. ``context`` is what ``run`` needs and
    the result does not depend on. ``size`` is the expected work in bytes, for the display only.
    """

    key: str
    inputs: Mapping[str, str] = field(default_factory=dict)
    arguments: Mapping[str, Any] = field(default_factory=dict)
    reads: tuple[FileRange, ...] = ()
    context: Mapping[str, Any] = field(default_factory=dict)
    size: int = 0


@dataclass(frozen=True)
class Result:
    """What a task found: entries of the ledger, and facts for later stages (plain JSON values)."""

    entries: tuple[Entry, ...] = ()
    facts: Mapping[str, Any] = field(default_factory=dict)


class Work:
    """A task's hands: where it writes, how it tells its progress, and whether it must be careful.

    ``write(path)`` gives a file that appears whole under ``folder / path``. ``advance`` is cheap and may be called for
    every batch. ``entering`` is None, or (when the task is tried again after it killed a worker) a function to be
    called with the identity of each item before work on it begins. ``quarantine`` holds identities to leave
    out.
    """

    def __init__(
        self,
        folder: Path,
        *,
        advance: Callable[[int, int], None] | None = None,
        entering: Callable[[str], None] | None = None,
        quarantine: frozenset[str] = frozenset(),
    ) -> None:
        self.folder = folder
        self.entering = entering
        self.quarantine = quarantine
        self.written: list[Written] = []
        self._advance = advance

    @contextmanager
    def write(self, path: str) -> Iterator[HashingFile]:
        """A file to write to, which appears as ``folder / path`` when the block ends well."""
        with whole_file(self.folder / path) as file:
            yield file
        self.written.append(Written(path, file.size, file.hexdigest()))

    def write_json(self, path: str, value: Any, *, compact: bool = False) -> None:
        """Write a JSON value as ``folder / path``, with ``compact`` on one line."""
        with self.write(path) as file:
            file.write((compact_json if compact else canonical_json)(value) + b"\n")

    def advance(self, *, documents: int = 0, bytes: int = 0) -> None:
        """Tell that so many more documents and bytes of the task's ``size`` are done."""
        if self._advance is not None:
            self._advance(documents, bytes)


class Stage(Protocol):
    """A named part of a run."""

    @property
    def name(self) -> str:
        """Its name in the folder, the display and the ledger."""
        ...

    @property
    def outputs(self) -> tuple[str, ...]:
        """Folders (relative to the run's) that this stage alone writes; files there that no part lists are removed."""
        ...

    def fingerprint(self) -> Mapping[str, Any]:
        """Everything the result depends on but the tasks' inputs, as plain JSON values; people read it."""
        ...

    def tasks(self, folder: Path) -> list[Task]:
        """The tasks, once all earlier stages are complete; from their parts alone (see ``engine.parts.read_parts``)."""
        ...

    def run(self, task: Task, work: Work) -> Result:
        """Do one task. Same task, same bytes."""
        ...
