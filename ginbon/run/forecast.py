"""What a run of a recipe would do now: files, extents, stages, and an estimate of time and disk."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from ginbon.corpus.readers.streams import compression_of
from ginbon.engine import carry
from ginbon.engine.extents import Extent
from ginbon.engine.files import canonical_json, read_json
from ginbon.engine.parts import PARTS, STAGE_RECORD
from ginbon.errors import RecipeError
from ginbon.recipes.model import Recipe
from ginbon.run.folder import RESOLVED
from ginbon.run.planning import PLAN, InputPlan, plan_inputs
from ginbon.run.stages import build_stages, default_folder

# Measured on two x86 cores (docs/scale.md): orders of magnitude for a person who plans an evening, not promises.
CPU_S_PER_MB: Final = {"warc": 0.15, "html": 0.15, "mediawiki": 0.12}
"""CPU seconds of pass 1 for each decoded megabyte, by collector."""
CPU_S_PER_MB_OF_TEXT: Final = 0.10
COUNTING_S: Final = 0.03
TRAINING_S: Final = {"sentencepiece-unigram": 0.3, "sentencepiece-bpe": 0.05, "byte-bpe": 0.05, "parity-bpe": 0.1}
"""CPU seconds for each megabyte of text that is counted, and that was counted; less where words come again."""
DECODED: Final = {"plain": 1.0, "gz": 4.0, "zst": 3.5, "bz2": 4.5, "xz": 5.0}
"""Decoded bytes for each raw byte of text."""
DISK: Final = 0.9
"""Bytes of the run folder for each decoded byte: documents, signals, sketches, shards, what was left out."""


@dataclass(frozen=True)
class Forecast:
    """What is to be read and about how long it takes: CPU seconds, and bytes on the disk."""

    plan: InputPlan
    decoded_bytes: int
    cpu_s: float
    disk_bytes: int


def forecast(recipe: Recipe) -> Forecast:
    """Raises ``RecipeError`` where an input is not there."""
    plan = plan_inputs(recipe)
    decoded, cpu = 0.0, 0.0
    for extent in plan.extents:
        size = extent.raw_bytes * DECODED[_compression(extent)]
        decoded += size
        cpu += size / 1e6 * CPU_S_PER_MB.get(recipe.sources[extent.source].collector, CPU_S_PER_MB_OF_TEXT)
    if recipe.tokenizers.train:
        cpu += decoded / 1e6 * (COUNTING_S + sum(TRAINING_S[t.kind] for t in recipe.tokenizers.train))
    return Forecast(plan, int(decoded), cpu, int(decoded * DISK))


def _compression(extent: Extent) -> str:
    piece = extent.pieces[0]
    return compression_of(piece.path, name=piece.name) if piece.unit == "bytes" else "zst"


def explain(recipe: Recipe) -> Iterator[str]:
    """Lines for a person; where inputs are not there yet, that is said instead."""
    yield ""
    yield "what a run would do now"
    try:
        found = forecast(recipe)
    except RecipeError as error:
        for mistake in error.mistakes:
            yield f"  {mistake.message}"
        yield "  (time and disk can be told once the inputs are there)"
        return
    for name, files in found.plan.files.items():
        own = [e for e in found.plan.extents if e.source == name]
        size = sum(e.raw_bytes for e in own)
        yield f"  {name:18} {number(files, 'file')}, {size / 1e6:,.1f} MB, {number(len(own), 'extent')}"
    yield from (f"  warning: {warning}" for warning in found.plan.warnings)
    yield from _stages(recipe, found.plan)
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    minutes = found.cpu_s / cores / 60
    yield (
        f"  about {_duration(minutes)} on {cores} cores ({found.cpu_s / 60:,.1f} CPU minutes) and "
        f"{found.disk_bytes / 1e6:,.0f} MB of disk, for {found.decoded_bytes / 1e6:,.0f} MB once decoded"
    )


def _stages(recipe: Recipe, plan: InputPlan) -> Iterator[str]:
    """What of the stages is to do, seen from the run's folder as it is."""
    folder = default_folder(recipe, sample=False)
    stages = build_stages(recipe)
    if read_json(folder / RESOLVED) is None:
        yield f"  {folder} is new: all stages ({', '.join(s.name for s in stages)})"
        return
    if canonical_json(read_json(folder / PLAN)) != canonical_json(plan.to_json()):
        yield f"  {folder}: the inputs are not those of the last run; collect first, then what depends on it"
        return
    for stage in stages:
        planned = carry.plan(stage, folder)
        if planned.todo or not (folder / PARTS / stage.name / STAGE_RECORD).exists():
            yield f"  {folder}: {stage.name} has {len(planned.todo):,} of {len(planned.tasks):,} tasks to do"
            yield from (f"    {change}" for change in planned.changed[:5])
            yield "    then what depends on it"
            return
    yield f"  {folder}: everything is up to date"


def number(n: int, what: str) -> str:
    """``1 file``, ``1,234 files``."""
    return f"{n:,} {what}" if n == 1 else f"{n:,} {what}s"


def _duration(minutes: float) -> str:
    if minutes < 1.5:
        return "a minute"
    return f"{minutes:,.0f} minutes" if minutes < 90 else f"{minutes / 60:,.1f} hours"
