"""CPU seconds of each step of collecting: the run's own stage, in this process, every step behind a clock.

    python benchmarks/steps.py RECIPE.yaml [--profile]

Prints one object: seconds by step over all extents, text bytes, documents. The first extent is gone through twice: the
first time loads models and kernels and is not counted. With ``--profile`` the functions that take most go to standard
error.
"""

from __future__ import annotations

import argparse
import cProfile
import json
import pstats
import shutil
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from ginbon.corpus import collector as collectors
from ginbon.corpus.collect import Collect
from ginbon.engine.stage import Task, Work
from ginbon.run.checking import check
from ginbon.run.planning import plan_inputs, store_plan
from ginbon.run.stages import build_stages

SPENT: Counter[str] = Counter()


@dataclass(frozen=True)
class Timed:
    """A step, and a clock that adds up its CPU time."""

    step: Any

    @property
    def name(self) -> str:
        """The step's own."""
        return str(self.step.name)

    def __call__(self, batch: Any) -> Any:
        """What the step gives."""
        began = time.process_time()
        done = self.step(batch)
        SPENT[self.name] += time.process_time() - began  # type: ignore[assignment]
        return done


class TimedCollector:
    """A collector whose reading is clocked."""

    def __init__(self, inner: Any) -> None:
        self.inner = inner

    def read(self, *arguments: Any) -> Iterator[Any]:
        """What the collector reads."""
        harvests = self.inner.read(*arguments)
        while True:
            began = time.process_time()
            harvest = next(harvests, None)
            SPENT["read"] += time.process_time() - began  # type: ignore[assignment]
            if harvest is None:
                return
            yield harvest


def timed(stage: Collect) -> Collect:
    """The stage with a clock on every step."""
    return replace(
        stage,
        identify={source: Timed(step) for source, step in stage.identify.items()},
        steps={label: tuple(Timed(s) for s in steps) for label, steps in stage.steps.items()},
        redact=Timed(stage.redact) if stage.redact else None,
    )


def measure(stage: Collect, tasks: list[Task], folder: Path, *, profile: bool) -> dict[str, Any]:
    """Seconds by step; ``store`` is what none of the steps took: parting by language, Parquet, hashes."""
    stage.run(tasks[0], Work(folder))
    SPENT.clear()
    size = documents = 0
    profiler = cProfile.Profile(time.process_time) if profile else None
    began = time.process_time()
    for task in tasks:
        facts = (profiler.runcall(stage.run, task, Work(folder)) if profiler else stage.run(task, Work(folder))).facts
        size += facts["account"]["decoded_bytes"]
        documents += facts["account"]["documents"]
    total = time.process_time() - began
    if profiler:
        pstats.Stats(profiler, stream=sys.stderr).sort_stats("tottime").print_stats(45)
        pstats.Stats(profiler, stream=sys.stderr).sort_stats("cumtime").print_stats("ginbon", 60)
    return {"seconds": {**SPENT, "store": total - sum(SPENT.values())}, "bytes": size, "documents": documents}


def main() -> int:
    """Measure one recipe."""
    parser = argparse.ArgumentParser(description="CPU seconds of each step of collecting.")
    parser.add_argument("recipe", type=Path)
    parser.add_argument("--profile", action="store_true")
    options = parser.parse_args()
    recipe, _ = check(options.recipe)
    stage = build_stages(recipe)[0]
    assert isinstance(stage, Collect)
    folder = Path(tempfile.mkdtemp(prefix="ginbon-steps-"))
    try:
        store_plan(folder, plan_inputs(recipe))
        find = collectors.collector
        import ginbon.corpus.collect as place

        place.collector = lambda name: TimedCollector(find(name))  # type: ignore[assignment]
        print(json.dumps(measure(timed(stage), _bare(stage, folder), folder, profile=options.profile)))
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return 0


def _bare(stage: Collect, folder: Path) -> list[Task]:
    tasks = stage.tasks(folder)
    assert tasks, "the recipe's sources are empty"
    return tasks


if __name__ == "__main__":
    sys.exit(main())
