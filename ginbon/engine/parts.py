"""Parts and their sidecars: the only truth about what is done.

A sidecar ``parts/<stage>/<task>.json`` is written after all files of its task are whole. A task is complete when its
sidecar is there with the fingerprint that the stage has now, and its files are there with their sizes. Nothing else
decides: no clocks, no worker counts, no marks of the executor.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from ginbon.engine.files import Written, compact_json, read_json, write_whole
from ginbon.engine.inputs import Seen
from ginbon.engine.ledger import Entry
from ginbon.engine.stage import Stage, Task

PARTS: Final = "parts"
STAGE_RECORD: Final = "_stage.json"


@dataclass(frozen=True)
class Part:
    """A finished task: its files, its entries in the ledger, its facts."""

    key: str
    fingerprint: str
    files: tuple[Written, ...]
    entries: tuple[Entry, ...]
    facts: Mapping[str, Any]
    seen: tuple[Seen, ...] = ()

    def file(self, prefix: str) -> Written | None:
        """The part's file below a folder (``documents/por_Latn/``), if it wrote one there."""
        return next((f for f in self.files if f.path.startswith(prefix)), None)

    @property
    def digest(self) -> str:
        """One hash over all files and facts: what later stages depend on."""
        return digest([[f.path, f.sha256] for f in self.files] + [dict(self.facts)])


def digest(value: Any) -> str:
    """SHA-256 (32 hex digits of it) of a plain value."""
    return hashlib.sha256(compact_json(value)).hexdigest()[:32]


def task_fingerprint(stage: Mapping[str, Any], task: Task) -> str:
    """What a task's result depends on: the stage's fingerprint, its inputs, its arguments."""
    return digest([digest(dict(stage)), dict(task.inputs), dict(task.arguments)])


def sidecar_path(folder: Path, stage: str, key: str) -> Path:
    """Where a task's sidecar is."""
    return folder / PARTS / stage / f"{key}.json"


def write_part(folder: Path, stage: str, part: Part) -> None:
    """Write the sidecar of a task whose files are all whole: from now on it is complete."""
    value = {
        "fingerprint": part.fingerprint,
        "files": [asdict(f) for f in sorted(part.files, key=lambda f: f.path)],
        "entries": [e.to_json() for e in part.entries],
        "facts": dict(part.facts),
        "seen": [s.to_json() for s in part.seen],
    }
    write_whole(sidecar_path(folder, stage, part.key), compact_json(value) + b"\n")


def read_part(folder: Path, stage: str, key: str) -> Part | None:
    """A task's part, or None where the sidecar is absent or damaged."""
    value = read_json(sidecar_path(folder, stage, key))
    try:
        return Part(
            key=key,
            fingerprint=value["fingerprint"],
            files=tuple(Written(**f) for f in value["files"]),
            entries=tuple(Entry.from_json(e) for e in value["entries"]),
            facts=value["facts"],
            seen=tuple(Seen(**s) for s in value["seen"]),
        )
    except (KeyError, TypeError, ValueError):
        return None


def read_parts(folder: Path, stage: str) -> list[Part]:
    """All parts of a stage in the order of the stage's tasks; call it only once the stage is complete."""
    record = read_json(folder / PARTS / stage / STAGE_RECORD) or {"tasks": []}
    return [part for key in record["tasks"] if (part := read_part(folder, stage, key)) is not None]


def is_whole(folder: Path, part: Part) -> bool:
    """Whether the part's files are there with their sizes."""
    try:
        return all((folder / f.path).stat().st_size == f.bytes for f in part.files)
    except OSError:
        return False


def record_stage(folder: Path, stage: Stage, tasks: list[Task]) -> list[str]:
    """Remember what the stage depends on; gives what changed since it was last recorded, as sentences."""
    path = folder / PARTS / stage.name / STAGE_RECORD
    old = read_json(path)
    new = {"fingerprint": dict(stage.fingerprint()), "tasks": [t.key for t in tasks]}
    if old != new:
        write_whole(path, compact_json(new) + b"\n")
    if old is None:
        return []
    return changes(old.get("fingerprint", {}), new["fingerprint"])


def changes(old: Any, new: Any) -> list[str]:
    """Which keys of a fingerprint changed, from what to what: ``rules.min-words.por_Latn: 50 -> 30``."""
    before, after = _flat(old), _flat(new)
    return [
        f"{key}: {_show(before.get(key))} -> {_show(after.get(key))}"
        for key in sorted(before.keys() | after.keys())
        if before.get(key) != after.get(key)
    ]


def _flat(value: Any, prefix: str = "") -> dict[str, Any]:
    if isinstance(value, dict) and value:
        return {k: v for key in value for k, v in _flat(value[key], f"{prefix}{key}.").items()}
    if isinstance(value, list) and value and all(isinstance(v, dict) for v in value):
        return {k: v for i, item in enumerate(value) for k, v in _flat(item, f"{prefix}{i}.").items()}
    return {prefix.rstrip("."): value}


def _show(value: Any) -> str:
    text = "nothing" if value is None else str(value)
    return text if len(text) <= 80 else text[:77] + "..."
