"""Carry a recipe out: plan, then stage after stage, each brought up to date and checked against the ledger."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from ginbon.engine import carry
from ginbon.engine.carry import Outcome, Watch
from ginbon.engine.files import canonical_json, foreign, read_json, told_as_surroundings, write_json, write_whole
from ginbon.engine.lock import run_lock
from ginbon.engine.stage import Stage
from ginbon.errors import UserError
from ginbon.recipes.model import Recipe
from ginbon.run.checking import check
from ginbon.run.copies import known_to
from ginbon.run.folder import INTERMEDIATE, ORDER, RECIPE, RESOLVED, TIMINGS
from ginbon.run.ledger import check_damage, check_ledger
from ginbon.run.planning import InputPlan, plan_inputs, sampled, store_plan
from ginbon.run.stages import build_stages, default_folder, recipe_text, warnings_of

READY: Final = "ginbon.run.ready"
"""The module that is loaded before workers are forked."""


@dataclass(frozen=True)
class Options:
    """How a run is carried out; none of it changes a byte of the result, but for ``sample``.

    ``workers`` 0 works in this process. ``memory_per_worker`` limits a worker's address space, in bytes.
    """

    workers: int = field(
        default_factory=lambda: len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 2
    )
    memory_per_worker: int | None = None
    sample: int | None = None
    until: str | None = None
    verify_inputs: bool = False


@dataclass
class Summary:
    """What a run did."""

    folder: Path
    recipe: str
    outcomes: list[Outcome] = field(default_factory=list)
    warnings: tuple[str, ...] = ()


@dataclass
class Listener:
    """Who is told what a run does: the display. All of it is for people."""

    planned: Callable[[InputPlan, list[Stage]], None] = lambda plan, stages: None
    began: Callable[[str, carry.Plan], None] = lambda stage, plan: None
    looked: Callable[[str], None] = lambda stage: None
    ended: Callable[[Outcome], None] = lambda outcome: None
    told: Callable[[str], None] = lambda message: None
    stop: Callable[[], int] = lambda: 0


def run(
    recipe: Recipe | Path | str,
    folder: Path | str | None = None,
    *,
    options: Options | None = None,
    listener: Listener | None = None,
) -> Summary:
    """Carry a recipe out in ``folder`` (``runs/<recipe>``), or bring an earlier run of it up to date.

    Raises ``RecipeError`` before any work for mistakes in the recipe, ``LockedError`` when another process works on the
    folder, ``Interrupted`` when the listener asks to stop, ``TooMuchDamageError`` at the end of a run whose input was
    worse than the recipe allows.
    """
    options, listener = options or Options(), listener or Listener()
    if not isinstance(recipe, Recipe):
        recipe, _ = check(Path(recipe))
    place = Path(folder) if folder is not None else default_folder(recipe, sample=options.sample is not None)
    plan = plan_inputs(recipe)
    limits = None
    if options.sample is not None:
        plan, limits = sampled(plan, options.sample)
    stages = _until(build_stages(recipe, sample=limits), options.until)
    _check_folder(place)
    if options.verify_inputs:
        known_to(recipe, verify=True)
    with run_lock(place), told_as_surroundings(place / RESOLVED):
        _remember(place, recipe, plan)
        listener.planned(plan, stages)
        for warning in warnings_of(stages):
            listener.told(warning)
        summary = Summary(place, recipe.recipe, warnings=plan.warnings)
        _carry_out(stages, place, options, listener, summary)
        check_damage(place, recipe.limits.max_bad_share)
    return summary


def _carry_out(stages: list[Stage], folder: Path, options: Options, listener: Listener, summary: Summary) -> None:
    from ginbon.engine.kernels import CORPUS, warm

    watch = Watch(looked=listener.looked, told=listener.told, stop=listener.stop, verify_inputs=options.verify_inputs)
    with carry.workers(folder, options.workers, memory_bytes=options.memory_per_worker, preload=(READY,)) as pool:
        for stage in stages:
            planned = carry.plan(stage, folder, verify=options.verify_inputs)
            listener.began(stage.name, planned)
            if planned.todo:  # one process compiles, so that no two ever write the same cache
                warm(() if ".tokenizers." in type(stage).__module__ else CORPUS, listener.told)
            outcome = carry.carry_out(stage, folder, pool, watch)
            check_ledger(folder, stage.name)
            _remember_times(folder, outcome)
            summary.outcomes.append(outcome)
            listener.ended(outcome)


def _until(stages: list[Stage], until: str | None) -> list[Stage]:
    if until is None:
        return stages
    names = [s.name for s in stages]
    if until not in names:
        raise UserError(f"there is no stage {until!r}; there are: {', '.join(names)}")
    return stages[: names.index(until) + 1]


def _check_folder(folder: Path) -> None:
    """Refuse a folder that is something else, before anything is written there."""
    if folder.is_symlink() or (folder.exists() and not folder.is_dir()):
        raise UserError(f"{folder} is not a folder; name another one with --into")
    begun = (folder / RESOLVED).exists()
    if not begun and folder.is_dir() and foreign(folder, {"lock", ".workers.lock", RECIPE}):
        raise UserError(f"{folder} holds something that is no run of Ginbon; name another folder with --into")


def _remember(folder: Path, recipe: Recipe, plan: InputPlan) -> None:
    """Keep the recipe as it was given and as it was understood."""
    resolved = {"version": 1, "recipe": recipe.resolved()}
    if canonical_json(read_json(folder / RESOLVED)) != canonical_json(resolved):
        write_json(folder / RESOLVED, resolved)
    text = recipe_text(recipe).encode()
    path = folder / RECIPE
    if not path.exists() or path.read_bytes() != text:
        write_whole(path, text)
    store_plan(folder, plan)


def _remember_times(folder: Path, outcome: Outcome) -> None:
    """Times of the last time that each stage really ran."""
    value: dict[str, Any] = read_json(folder / TIMINGS) or {"version": 1, "stages": []}
    stages = {s["name"]: s for s in value["stages"]}
    if outcome.ran or outcome.stage not in stages:
        stages[outcome.stage] = {
            "name": outcome.stage,
            "tasks": outcome.tasks,
            "ran": outcome.ran,
            "kept": outcome.kept,
            "wall_s": outcome.wall_s,
            "cpu_s": outcome.cpu_s,
            "documents": outcome.documents,
            "bytes": outcome.bytes,
            "peak_memory_bytes": outcome.peak_memory_bytes,
        }
        order = {name: i for i, name in enumerate(ORDER)}
        value["stages"] = sorted(stages.values(), key=lambda s: order.get(s["name"], 99))
        write_json(folder / TIMINGS, value)


def clean(folder: Path | str) -> int:
    """Remove what a run keeps for resuming, leaving what people open (release, report, tokenizers); bytes freed.

    Raises ``LockedError`` while a run is at work, ``UserError`` for a folder that is no run.
    """
    folder = Path(folder)
    if not (folder / RESOLVED).exists():
        raise UserError(f"{folder} is no run of Ginbon (it has no {RESOLVED})")
    freed = 0
    with run_lock(folder):
        for name in INTERMEDIATE:
            place = folder / name
            if place.is_dir() and not place.is_symlink():
                freed += sum(p.stat().st_size for p in place.rglob("*") if p.is_file() and p.stat().st_nlink == 1)
                shutil.rmtree(place)
    return freed
