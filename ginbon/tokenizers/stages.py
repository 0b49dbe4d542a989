"""Tokenizers as stages of a run: ``train``, ``measure``, ``compare``.

``train`` and ``measure`` have a task for each tokenizer; ``compare`` ranks what ``measure`` found. Training sees the
split ``train`` of the shards, measuring the split ``held_out``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, Final

from ginbon.engine.files import canonical_json
from ginbon.engine.inputs import FileRange
from ginbon.engine.parts import Part, digest, read_parts
from ginbon.engine.stage import Result, Stage, Task, Work
from ginbon.errors import GinbonError, Mistake, RecipeError
from ginbon.filters.shards import written_shards
from ginbon.recipes.model import Recipe
from ginbon.tokenizers.specs import Located, TokenizerSpec, distinct, locate

FOLDER: Final = "tokenizers"
COMPARED: Final = f"{FOLDER}/comparison"
COMPARISON: Final = f"{FOLDER}/comparison.json"

TRAIN_REVISION: Final = 1
MEASURE_REVISION: Final = 2
"""Raised by hand when results change."""


@dataclass(frozen=True)
class Plan:
    """What to train; the plain fields of ``TrainOptions``, so that planning imports no trainer."""

    name: str
    kind: str
    vocabulary: int
    languages: tuple[str, ...]
    sample_bytes: int
    character_coverage: float
    special_tokens: tuple[str, ...]


@dataclass(frozen=True)
class Train:
    """The stage ``train``: ``tokenizers/<name>/`` with the tokenizer's file and ``training.json``."""

    plans: tuple[Plan, ...]
    seed: int = 1
    name: str = "train"

    @property
    def outputs(self) -> tuple[str, ...]:
        """A folder for each tokenizer."""
        return tuple(f"{FOLDER}/{plan.name}" for plan in self.plans)

    def fingerprint(self) -> dict[str, Any]:
        """Revision, seed, the trainers' versions; the options are the tasks'."""
        return {"revision": TRAIN_REVISION, "seed": self.seed, **_versions("sentencepiece", "tokenizers")}

    def tasks(self, folder: Path) -> list[Task]:
        """One task a tokenizer; it depends on the training shards of its languages."""
        parts = shards(folder, "train")
        tasks = []
        for plan in self.plans:
            own = [p for p in parts if not plan.languages or p.facts["language"] in plan.languages]
            arguments = {**asdict(plan), "languages": list(plan.languages), "special_tokens": list(plan.special_tokens)}
            tasks.append(
                Task(
                    key=plan.name,
                    inputs={"shards": digest([p.digest for p in own])},
                    arguments={"plan": arguments, "shards": [p.files[0].path for p in own]},
                    size=0,  # training takes its time after reading: bytes read foretell nothing
                )
            )
        return tasks

    def run(self, task: Task, work: Work) -> Result:
        """Train one tokenizer; its facts are what ``training.json`` says in short."""
        from ginbon.tokenizers.training import TrainOptions, train

        plan = dict(task.arguments["plan"])
        plan |= {key: tuple(plan[key]) for key in ("languages", "special_tokens")}
        trained = train(_read(task, work), TrainOptions(**plan), seed=self.seed)
        place = f"{FOLDER}/{plan['name']}"
        with work.write(f"{place}/{trained.options.file}") as file:
            file.write(trained.data)
        with work.write(f"{place}/training.json") as file:
            file.write(canonical_json(trained.record) + b"\n")
        facts = {key: trained.record[key] for key in ("vocabulary", "sha256", "notes")}
        return Result(facts={**facts, "name": plan["name"], "file": f"{place}/{trained.options.file}"})


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
        read = _read(task, work)
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
    settings = recipe.tokenizers
    plans = tuple(
        Plan(
            name=t.name,
            kind=t.kind,
            vocabulary=t.vocabulary,
            languages=tuple(t.languages or ()),
            sample_bytes=settings.sample_bytes,
            character_coverage=t.character_coverage,
            special_tokens=tuple(t.special_tokens),
        )
        for t in settings.train
    )
    others = _others(recipe, {plan.name for plan in plans})
    stages: list[Stage] = [Train(plans, recipe.seed)] if plans else []
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


def shards(folder: Path, split: str) -> list[Part]:
    """The shards of a split that have documents, in order."""
    found = [
        p
        for p in written_shards(folder)
        if p.facts.get("kind") == "shard" and p.facts.get("split") == split and p.facts["rows"]
    ]
    return sorted(found, key=lambda p: p.files[0].path)


def _read(task: Task, work: Work) -> Any:
    """The task's shards as documents; reading them tells the progress."""
    from ginbon.tokenizers.reading import Reading

    reading = Reading(tuple(work.folder / path for path in task.arguments["shards"]))

    def read() -> Any:
        for batch in reading():
            work.advance(documents=batch.num_rows, bytes=batch.column("text").nbytes)
            yield batch

    return read


def measuring_versions() -> dict[str, str]:
    """Versions of the libraries that encode, and of what says what a word is."""
    return _versions("sentencepiece", "tokenizers", "tiktoken", "pyicu-wheels")


def _versions(*libraries: str) -> dict[str, str]:
    """Versions of libraries that can change results; one that is not installed is not used."""
    found = {}
    for library in libraries:
        try:
            found[library] = version(library)
        except PackageNotFoundError:
            found[library] = "none"
    return found
