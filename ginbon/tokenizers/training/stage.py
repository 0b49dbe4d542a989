"""Training as a stage of a run."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from ginbon.engine.files import canonical_json
from ginbon.engine.parts import read_parts
from ginbon.engine.stage import Result, Task, Work
from ginbon.tokenizers.counts.stages import MERGED
from ginbon.tokenizers.training.options import REVISION, TrainOptions

FOLDER: Final = "tokenizers"


@dataclass(frozen=True)
class Train:
    """The stage ``train``: ``tokenizers/<name>/`` with the tokenizer's file and ``training.json``."""

    plans: tuple[TrainOptions, ...]
    name: str = "train"

    @property
    def outputs(self) -> tuple[str, ...]:
        """A folder for each tokenizer."""
        return tuple(f"{FOLDER}/{plan.name}" for plan in self.plans)

    def fingerprint(self) -> dict[str, Any]:
        """The revision; the options are the tasks'."""
        return {"revision": REVISION}

    def tasks(self, folder: Path) -> list[Task]:
        """One task a tokenizer."""
        counts = {part.key: part.facts["sha256"] for part in read_parts(folder, "merge-counts")}
        return [
            Task(
                key=plan.name,
                inputs=counts,
                arguments={"plan": plan.to_json()},
                size=0,  # training takes its time after reading: bytes read foretell nothing
            )
            for plan in self.plans
        ]

    def run(self, task: Task, work: Work) -> Result:
        """Train one tokenizer; its facts are what ``training.json`` says in short."""
        from ginbon.tokenizers.counts.file import read
        from ginbon.tokenizers.training.train import train

        trained = train(read(work.folder / MERGED), TrainOptions.of_json(task.arguments["plan"]))
        place = f"{FOLDER}/{trained.options.name}"
        with work.write(f"{place}/{trained.options.file}") as file:
            file.write(trained.data)
        with work.write(f"{place}/training.json") as file:
            file.write(canonical_json(trained.record) + b"\n")
        facts = {key: trained.record[key] for key in ("vocabulary", "sha256", "notes")}
        return Result(facts={**facts, "name": task.key, "file": f"{place}/{trained.options.file}"})
