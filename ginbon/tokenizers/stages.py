"""Tokenizers as stages of a run: ``count``, ``share-counts``, ``merge-counts``, ``train`` and ``extend``, then
``measure`` and ``compare``.

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
from ginbon.engine.stage import Result, Task, Work
from ginbon.tokenizers.libraries import measuring_versions
from ginbon.tokenizers.shards import FOLDER, documents, shards
from ginbon.tokenizers.specs import Located, TokenizerSpec

COMPARED: Final = f"{FOLDER}/comparison"
COMPARISON: Final = f"{FOLDER}/comparison.json"

MEASURE_REVISION: Final = 2
"""Raised by hand when results change."""


@dataclass(frozen=True)
class Measure:
    """The stage ``measure``: each tokenizer on the held-out documents, ``tokenizers/comparison/<name>.json``.

    ``own`` are names of tokenizers of the stages ``train`` and ``extend``; ``others`` those found on this machine.
    """

    own: tuple[str, ...]
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
        made = {p.key: p for stage in ("train", "extend") for p in read_parts(folder, stage)}
        tasks = [
            Task(
                key=name,
                inputs={**texts, "tokenizer": made[name].facts["sha256"]},
                arguments={**arguments, "file": made[name].facts["file"]},
                size=size,
            )
            for name in self.own
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
