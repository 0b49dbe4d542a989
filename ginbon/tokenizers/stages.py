"""Tokenizers as stages of a run: ``count``, ``merge-counts`` and ``train``, then ``measure`` and ``compare``.

``measure`` has a task for each tokenizer; ``compare`` ranks what it found. Training sees the split ``train`` of the
shards, measuring the split ``held_out``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from ginbon.engine.files import canonical_json
from ginbon.engine.inputs import FileRange
from ginbon.engine.parts import digest, read_parts
from ginbon.engine.stage import Result, Stage, Task, Work
from ginbon.errors import GinbonError, Mistake, RecipeError
from ginbon.recipes.model import Recipe
from ginbon.tokenizers.counts.stages import Count, MergeCounts
from ginbon.tokenizers.libraries import measuring_versions
from ginbon.tokenizers.shards import documents, shards
from ginbon.tokenizers.specs import Located, TokenizerSpec, distinct, locate
from ginbon.tokenizers.training.options import TrainOptions
from ginbon.tokenizers.training.stage import FOLDER, Train

COMPARED: Final = f"{FOLDER}/comparison"
COMPARISON: Final = f"{FOLDER}/comparison.json"

MEASURE_REVISION: Final = 2
"""Raised by hand when results change."""


@dataclass(frozen=True)
class Measure:
    """The stage ``measure``: each tokenizer on the held-out documents, ``tokenizers/comparison/<name>.json``.

    ``trained`` are names of tokenizers of the stage ``train``; ``others`` those found on this machine.
    """

    trained: tuple[str, ...]
    others: tuple[Located, ...]
    sample_bytes: int
    seed: int = 1
    name: str = "measure"
    outputs: tuple[str, ...] = (COMPARED,)

    def fingerprint(self) -> dict[str, Any]:
        """Revision, seed, budget, and the versions of what encodes and of what says what a word is."""
        sample = {"sample_bytes": self.sample_bytes}
        return {"revision": MEASURE_REVISION, "seed": self.seed, **sample, **measuring_versions()}

    def tasks(self, folder: Path) -> list[Task]:
        """One task a tokenizer; it depends on the tokenizer's bytes and on the held-out shards."""
        parts = shards(folder, "held_out")
        texts = {"held-out documents": digest([p.digest for p in parts])}
        arguments = {"shards": [p.files[0].path for p in parts]}
        size = 2 * sum(p.facts["bytes"] for p in parts)
        trained = {p.key: p for p in read_parts(folder, "train")}
        tasks = [
            Task(
                key=name,
                inputs={**texts, "tokenizer": trained[name].facts["sha256"]},
                arguments={**arguments, "file": trained[name].facts["file"]},
                size=size,
            )
            for name in self.trained
        ]
        return tasks + [_other(one, texts, arguments, size) for one in self.others]

    def run(self, task: Task, work: Work) -> Result:
        """Measure one tokenizer on a sample of each language."""
        from ginbon.tokenizers.comparison import measure_all
        from ginbon.tokenizers.sample import choose
        from ginbon.tokenizers.specs import load

        if "file" in task.arguments:
            tokenizer = load(TokenizerSpec(str(work.folder / task.arguments["file"]), name=task.key))
        else:
            tokenizer = load(next(one for one in self.others if _key(one.name) == task.key))
        read = documents(task, work)
        sample = choose(read, sample_bytes=self.sample_bytes, seed=self.seed, each_language=True)
        with work.write(f"{COMPARED}/{task.key}.json") as file:
            file.write(canonical_json(measure_all(tokenizer, read, sample).to_json()) + b"\n")
        return Result()


@dataclass(frozen=True)
class Compare:
    """The stage ``compare``: what was measured, ranked, as ``tokenizers/comparison.json``."""

    sample_bytes: int
    seed: int = 1
    name: str = "compare"
    outputs: tuple[str, ...] = (COMPARISON,)

    def fingerprint(self) -> dict[str, Any]:
        """The revision and what the result repeats."""
        return {"revision": MEASURE_REVISION, "seed": self.seed, "sample_bytes": self.sample_bytes}

    def tasks(self, folder: Path) -> list[Task]:
        """One task."""
        parts = read_parts(folder, "measure")
        return [
            Task(
                key="comparison",
                inputs={"measured": digest([p.digest for p in parts])},
                arguments={"files": [p.files[0].path for p in parts]},
            )
        ]

    def run(self, task: Task, work: Work) -> Result:
        """Rank the tokenizers within each language."""
        import json

        from ginbon.tokenizers.comparison import Measured, ranked

        measured = [
            Measured.from_json(json.loads((work.folder / path).read_bytes())) for path in task.arguments["files"]
        ]
        comparison = ranked(measured, sample_bytes=self.sample_bytes, seed=self.seed)
        with work.write(COMPARISON) as file:
            file.write(canonical_json(comparison.to_json()) + b"\n")
        return Result(facts={"tokenizers": len(measured)})


def build_tokenizer_stages(recipe: Recipe, *, sample_bytes: int = 4_000_000) -> list[Stage]:
    """The stages of a recipe's tokenizers, none where it has none; ``sample_bytes`` is measured of each language.

    Raises ``RecipeError`` for tokenizers to compare that are not on this machine: a run uses no network.
    """
    plans = tuple(
        TrainOptions(
            name=t.name,
            kind=t.kind,
            vocabulary=t.vocabulary,
            languages=tuple(t.languages or ()),
            balance=t.balance,
            weights=t.weights,
            character_coverage=t.character_coverage,
            special_tokens=tuple(t.special_tokens),
        )
        for t in recipe.tokenizers.train
    )
    others = _others(recipe, {plan.name for plan in plans})
    stages: list[Stage] = [Count(), MergeCounts(), Train(plans, recipe.tokenizers.export)] if plans else []
    if plans or others:
        stages += [
            Measure(tuple(plan.name for plan in plans), others, sample_bytes, recipe.seed),
            Compare(sample_bytes, recipe.seed),
        ]
    return stages


def _others(recipe: Recipe, taken: set[str]) -> tuple[Located, ...]:
    """The tokenizers that a recipe names beside its own, found on this machine."""
    found: list[Located] = []
    mistakes: list[Mistake] = []
    for n, place in enumerate(recipe.tokenizers.compare):
        try:
            found.append(locate(place, folder=recipe.folder))
        except GinbonError as error:
            mistakes.append(recipe.mistake(f"tokenizers.compare.{n}", str(error)))
    if mistakes:
        raise RecipeError(mistakes)
    own = [Located(TokenizerSpec(name), name, "", "") for name in sorted(taken)]
    return tuple(distinct([*own, *found])[len(own) :])


def _other(one: Located, texts: Mapping[str, str], arguments: Mapping[str, Any], size: int) -> Task:
    reads: tuple[FileRange, ...] = ()
    if one.path is not None:
        reads = (FileRange(str(one.path), one.name, 0, one.path.stat().st_size),)
    said = {"name": one.name, "kind": one.kind, "pattern": one.pattern}
    inputs = {**texts, "tokenizer": one.sha256}
    return Task(key=_key(one.name), inputs=inputs, arguments={**arguments, **said}, reads=reads, size=size)


def _key(name: str) -> str:
    """A tokenizer's name as a file name: a hub name has a slash."""
    return name.replace("/", "--")
