"""What is done: a task whose sidecar has the fingerprint of now, whose files are there, whose inputs are as they were.

The list of items that hung or killed a worker is an input of their tasks like any other.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Final, Protocol, runtime_checkable

from ginbon.engine import inputs, parts
from ginbon.engine.files import read_json, write_json
from ginbon.engine.stage import Stage, Task

QUARANTINE: Final = "quarantine.json"


@runtime_checkable
class Narrows(Protocol):
    """A stage whose tasks depend on a part of its fingerprint only (their source, their language)."""

    def narrow(self, fingerprint: Mapping[str, Any], task: Task) -> Mapping[str, Any]:
        """The part of the fingerprint that this task's result depends on."""
        ...


def is_complete(
    stage: Stage, task: Task, fingerprint: Mapping[str, Any], folder: Path, *, verify: bool = False
) -> bool:
    """Whether a task need not run; ``verify`` compares its inputs' hashes even where nothing points to a change."""
    part = parts.read_part(folder, stage.name, task.key)
    if part is None or part.fingerprint != fingerprint_of(stage, fingerprint, task):
        return False
    if not parts.is_whole(folder, part):
        return False
    same, now = inputs.unchanged(task.reads, list(part.seen), verify=verify)
    if same and tuple(now) != part.seen:  # only times or places differ: remember them
        parts.write_part(folder, stage.name, replace(part, seen=tuple(now)))
    return same


def fingerprint_of(stage: Stage, fingerprint: Mapping[str, Any], task: Task) -> str:
    """What a task's result depends on, given its stage's fingerprint."""
    narrow = stage.narrow(fingerprint, task) if isinstance(stage, Narrows) else fingerprint
    return parts.task_fingerprint(narrow, task)


def with_quarantine(task: Task, quarantine: Mapping[str, list[str]]) -> Task:
    """The task with its quarantine list as an input, like any other."""
    items = quarantine.get(task.key)
    return replace(task, inputs={**task.inputs, "quarantine": parts.digest(items)}) if items else task


def read_quarantine(folder: Path, stage: str) -> dict[str, list[str]]:
    """Task -> identities of items that hung or killed a worker, sorted."""
    value = read_json(folder / QUARANTINE) or {}
    found: dict[str, list[str]] = value.get(stage, {})
    return found


def add_to_quarantine(folder: Path, stage: str, key: str, identity: str) -> None:
    """Put an item into quarantine, so that every later run leaves it out alike."""
    value = read_json(folder / QUARANTINE) or {}
    items = value.setdefault(stage, {}).setdefault(key, [])
    value[stage][key] = sorted({*items, identity})
    write_json(folder / QUARANTINE, value)
