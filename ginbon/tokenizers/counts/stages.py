"""Counts as stages of a run: ``count`` counts each training shard, ``merge-counts`` adds them up.

Counting is not a part of ``write``, so that a recipe may get its tokenizers after its shards.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from ginbon.engine.parts import digest, read_parts
from ginbon.engine.stage import Result, Task, Work
from ginbon.tokenizers.shards import documents, shards

FOLDER: Final = "counts"
MERGED: Final = "counts.parquet"
"""The counts of all training shards, in the run's folder."""

COUNT_REVISION: Final = 1
MERGE_REVISION: Final = 1
"""Raised by hand when results change."""


@dataclass(frozen=True)
class Count:
    """The stage ``count``: pre-token counts of each training shard, ``counts/<language>/train-00000.parquet``."""

    name: str = "count"
    outputs: tuple[str, ...] = (FOLDER,)

    def fingerprint(self) -> dict[str, Any]:
        """The revision and the split pattern."""
        from ginbon.tokenizers.patterns import GINBON

        return {"revision": COUNT_REVISION, "pattern": GINBON}

    def tasks(self, folder: Path) -> list[Task]:
        """One task a training shard."""
        return [
            Task(
                key=f"{part.facts['language']}-{Path(part.files[0].path).stem}",
                inputs={"shard": part.digest},
                arguments={"shards": [part.files[0].path]},
                size=part.facts["bytes"],
            )
            for part in shards(folder, "train")
        ]

    def run(self, task: Task, work: Work) -> Result:
        """Count one shard."""
        from ginbon.tokenizers.counts.counting import count
        from ginbon.tokenizers.counts.file import write_to

        counts = count(documents(task, work))
        path = Path(FOLDER, *Path(task.arguments["shards"][0]).parts[1:])
        with work.write(str(path)) as file:
            write_to(counts, file)
        return Result(facts={"rows": len(counts), "pre_tokens": counts.total})


@dataclass(frozen=True)
class MergeCounts:
    """The stage ``merge-counts``: the sum of what ``count`` counted, ``counts.parquet``."""

    name: str = "merge-counts"
    outputs: tuple[str, ...] = (MERGED,)

    def fingerprint(self) -> dict[str, Any]:
        """The revision."""
        return {"revision": MERGE_REVISION}

    def tasks(self, folder: Path) -> list[Task]:
        """One task."""
        parts = read_parts(folder, "count")
        return [
            Task(
                key="counts",
                inputs={"counts": digest([p.digest for p in parts])},
                arguments={"files": [p.files[0].path for p in parts]},
                size=sum(p.facts["rows"] for p in parts),
            )
        ]

    def run(self, task: Task, work: Work) -> Result:
        """Add them up."""
        from ginbon.tokenizers.counts.counting import Counter
        from ginbon.tokenizers.counts.counts import Counts
        from ginbon.tokenizers.counts.file import read, write_to

        parts = [read(work.folder / path) for path in task.arguments["files"]]
        counts = Counts.merge(parts or [Counter().counts()])
        with work.write(MERGED) as file:
            write_to(counts, file)
        return Result(facts={"rows": len(counts), "pre_tokens": counts.total, "sha256": counts.sha256})
