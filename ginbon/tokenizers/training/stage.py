"""Training as a stage of a run."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ginbon.engine.parts import read_parts
from ginbon.engine.stage import Result, Task, Work
from ginbon.tokenizers.counts.stages import MERGED
from ginbon.tokenizers.libraries import LIBRARIES, characters_by, versions
from ginbon.tokenizers.places import digest_places
from ginbon.tokenizers.shards import FOLDER
from ginbon.tokenizers.training.options import REVISION, TrainOptions

if TYPE_CHECKING:
    from ginbon.tokenizers.training.train import Trained


@dataclass(frozen=True)
class Train:
    """The stage ``train``: ``tokenizers/<name>/`` with the tokenizer's file and ``training.json``.

    With ``export`` in every format that can hold it, with fixtures and ``export.json``, as of ``ginbon tokenizers
    export``.
    """

    plans: tuple[TrainOptions, ...]
    export: bool = True
    name: str = "train"

    @property
    def outputs(self) -> tuple[str, ...]:
        """A folder for each tokenizer."""
        return tuple(f"{FOLDER}/{plan.name}" for plan in self.plans)

    def fingerprint(self) -> dict[str, Any]:
        """The revision, what says which characters there are, and where tokenizers are exported what proves them; the
        options are the tasks'."""
        return {"revision": REVISION, **characters_by(), "export": versions(*LIBRARIES) if self.export else None}

    def tasks(self, folder: Path) -> list[Task]:
        """One task a tokenizer."""
        counts = {part.key: part.facts["sha256"] for part in read_parts(folder, "merge-counts")}
        return [
            Task(
                key=plan.name,
                inputs={**counts, **_development(plan)},
                arguments={"plan": plan.told()},
                size=0,  # training takes its time after reading: bytes read foretell nothing
            )
            for plan in self.plans
        ]

    def run(self, task: Task, work: Work) -> Result:
        """Train one tokenizer; its facts are what ``training.json`` says in short."""
        from ginbon.tokenizers.counts.file import read
        from ginbon.tokenizers.counts.mixing import named
        from ginbon.tokenizers.training.proving import files_of
        from ginbon.tokenizers.training.train import train

        counts = read(work.folder / MERGED)
        there = {name for stratum in counts.strata for name in stratum}
        plan = next(one for one in self.plans if one.name == task.key)
        # a source that the recipe weighs may have lost all its documents
        weights = {name: w for name, w in named(plan.weights, counts.strata).items() if name in there}
        trained = train(counts, replace(plan, weights=weights))
        place = f"{FOLDER}/{trained.options.name}"
        for name, data in (_exported(trained) if self.export else files_of(trained)).items():
            with work.write(f"{place}/{name}") as file:
                file.write(data)
        facts = {key: trained.record[key] for key in ("vocabulary", "sha256", "notes")}
        return Result(facts={**facts, "name": task.key, "file": f"{place}/{trained.options.file}"})


def _development(plan: TrainOptions) -> dict[str, str]:
    """What parallel text a tokenizer depends on."""
    if plan.parity is None or not plan.parity.development:
        return {}
    return {"parallel text": digest_places([Path(plan.parity.development)])}


def _exported(trained: Trained) -> Mapping[str, bytes]:
    """The files of its export."""
    from ginbon.tokenizers.training.proving import prove

    with tempfile.TemporaryDirectory() as place:
        folder = Path(place) / trained.options.name
        prove(trained, folder)
        return {file.name: file.read_bytes() for file in sorted(folder.iterdir())}
