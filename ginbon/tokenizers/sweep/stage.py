"""A sweep as a stage of a run: from its counts, measured on its held-out shards."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from ginbon.engine.files import canonical_json
from ginbon.engine.parts import digest, read_parts
from ginbon.engine.stage import Result, Task, Work
from ginbon.tokenizers.counts.stages import MERGED
from ginbon.tokenizers.libraries import measuring_versions
from ginbon.tokenizers.shards import documents, shards
from ginbon.tokenizers.sweep.plan import FILE, Judging, SweepOptions
from ginbon.tokenizers.training.options import REVISION as TRAIN_REVISION

FOLDER: Final = "sweep"

REVISION: Final = 1
"""Raised by hand when results change."""


@dataclass(frozen=True)
class SweepStage:
    """The stage ``sweep``: ``sweep/<name>/`` for each tokenizer as of ``train``, and ``sweep/sweep.json``.

    One task, since sizes share their learning. Its tokenizers are no part of a release: the one to take is named in
    the recipe's next version.
    """

    options: SweepOptions
    judging: Judging
    name: str = "sweep"
    outputs: tuple[str, ...] = (FOLDER,)

    def fingerprint(self) -> dict[str, Any]:
        """Revisions, how one is chosen, and the libraries that encode and say what a word is."""
        revisions = {"revision": REVISION, "training": TRAIN_REVISION}
        return {**revisions, **asdict(self.judging), **measuring_versions()}

    def tasks(self, folder: Path) -> list[Task]:
        """One task; it depends on the counts, the held-out shards and every tokenizer's options."""
        parts = shards(folder, "held_out")
        counts = {part.key: part.facts["sha256"] for part in read_parts(folder, "merge-counts")}
        plans = [arm.options.to_json() for arm in self.options.arms()]
        return [
            Task(
                key="sweep",
                inputs={**counts, "held-out documents": digest([part.digest for part in parts])},
                arguments={"plans": plans, "shards": [part.files[0].path for part in parts]},
                size=2 * len(plans) * sum(part.facts["bytes"] for part in parts),
            )
        ]

    def run(self, task: Task, work: Work) -> Result:
        """Train, write, measure, choose."""
        from ginbon.tokenizers.counts.file import read
        from ginbon.tokenizers.sweep.sweeping import judge
        from ginbon.tokenizers.training.proving import files_of
        from ginbon.tokenizers.training.train import train_each

        counts, arms, trained = read(work.folder / MERGED), self.options.arms(), []
        for one in train_each(counts, [arm.options for arm in arms]):
            for name, data in files_of(one).items():
                with work.write(f"{FOLDER}/{one.options.name}/{name}") as file:
                    file.write(data)
            trained.append(one)
        done = judge(arms, trained, {counts.pattern: counts}, documents(task, work), self.judging)
        with work.write(f"{FOLDER}/{FILE}") as file:
            file.write(canonical_json(done.to_json()) + b"\n")
        return Result(facts={"tokenizers": len(trained), "taken": done.choice.taken or None})
