"""The state of a run, read from its folder alone."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ginbon.engine import lock, parts, progress
from ginbon.engine.completion import QUARANTINE
from ginbon.engine.files import read_json
from ginbon.errors import UserError
from ginbon.run.folder import LEDGER, ORDER, RESOLVED


@dataclass(frozen=True)
class StageStatus:
    """How far a stage is. ``tasks`` is None while it is not planned yet."""

    name: str
    tasks: int | None
    done: int
    running: int
    failed: tuple[str, ...]
    documents: int


@dataclass(frozen=True)
class Status:
    """How far a run is, and who works on it."""

    folder: str
    recipe: str
    holder: dict[str, object] | None
    stages: tuple[StageStatus, ...]
    quarantined: int

    @property
    def cleaned(self) -> bool:
        """Whether the release is there and what it was made from was removed."""
        return (Path(self.folder) / "release").is_dir() and all(s.tasks is None for s in self.stages)

    @property
    def complete(self) -> bool:
        """Whether every stage that was begun is done and the release is there."""
        return (Path(self.folder) / "release").is_dir() and all(s.tasks == s.done for s in self.stages)


def status(folder: Path | str) -> Status:
    """Read a run's state. Raises ``UserError`` for a folder that is no run."""
    folder = Path(folder)
    resolved = read_json(folder / RESOLVED)
    if resolved is None:
        raise UserError(f"{folder} is no run of Ginbon (it has no {RESOLVED}); runs are in runs/<recipe>")
    holder = lock.holder(folder)
    stages = _needed([_stage(folder, name, working=holder is not None) for name in ORDER])
    quarantine = read_json(folder / QUARANTINE) or {}
    return Status(
        folder=str(folder),
        recipe=resolved["recipe"]["recipe"],
        holder=holder,
        stages=tuple(stages),
        quarantined=sum(len(items) for tasks in quarantine.values() for items in tasks.values()),
    )


def _needed(stages: list[StageStatus]) -> list[StageStatus]:
    """The stages but those that were passed over or have no task: the recipe or its size does not ask for them."""
    last = max((i for i, stage in enumerate(stages) if stage.tasks is not None), default=-1)
    return [stage for i, stage in enumerate(stages) if stage.tasks or (stage.tasks is None and i > last)]


def _stage(folder: Path, name: str, *, working: bool) -> StageStatus:
    record = read_json(folder / parts.PARTS / name / parts.STAGE_RECORD)
    beats = progress.read_beats(folder, name).values()
    running = [b for b in beats if b.state == "running"] if working else []
    return StageStatus(
        name=name,
        tasks=None if record is None else len(record["tasks"]),
        done=len(parts.read_parts(folder, name)),
        running=len(running),
        failed=tuple(f"{b.key}: {b.error}" for b in beats if b.state == "failed"),
        documents=sum(b.documents for b in beats),
    )


@dataclass(frozen=True)
class Flowing:
    """A language's way through the run, in documents; ``bytes`` of text released."""

    language: str
    collected: int
    kept: int
    released: int
    bytes: int


def funnel(folder: Path) -> list[Flowing]:
    """Each language's way through the stages that are done."""
    ledger: dict[str, Any] = read_json(folder / LEDGER) or {"stages": []}
    out: dict[str, dict[str, list[int]]] = {}
    for stage in ledger["stages"]:
        for entry in stage["entries"]:
            if entry["language"]:
                flow = out.setdefault(entry["language"], {}).setdefault(stage["name"], [0, 0])
                flow[0] += entry["out"][0]
                flow[1] += entry["out"][1]
    return [
        Flowing(
            language,
            collected=by.get("collect", [0, 0])[0],
            kept=by.get("decide", [0, 0])[0],
            released=by.get("write", [0, 0])[0],
            bytes=by.get("write", [0, 0])[1],
        )
        for language, by in sorted(out.items())
    ]
