"""Counts as stages of a run: ``count`` counts each training shard, ``merge-counts`` adds them up to train from,
``share-counts`` adds them up for others.

Counting is not a part of ``write``, so that a recipe may get its tokenizers after its shards.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from ginbon.engine.parts import digest, read_parts
from ginbon.engine.stage import Result, Task, Work
from ginbon.tokenizers.shards import FOLDER as TOKENIZERS
from ginbon.tokenizers.shards import documents, shards

if TYPE_CHECKING:
    from ginbon.tokenizers.counts.counts import Counts
    from ginbon.tokenizers.counts.runs import Bounds

FOLDER: Final = "counts"
SHARED: Final = f"{TOKENIZERS}/counts.parquet"
MERGED: Final = "counts.parquet"
"""The counts of all training shards, in the run's folder."""

COUNT_REVISION: Final = 2
MERGE_REVISION: Final = 2
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

        counts = count(documents(task, work), bounds=_bounds(work))
        path = Path(FOLDER, *Path(task.arguments["shards"][0]).parts[1:])
        with work.write(str(path)) as file:
            write_to(counts, file)
        return Result(facts={"rows": len(counts), "pre_tokens": counts.total})


@dataclass(frozen=True)
class CountsFile:
    """A file of counts that somebody else made, and the hash of its bytes."""

    path: Path
    sha256: str


@dataclass(frozen=True)
class MergeCounts:
    """The stage ``merge-counts``: the sum of what ``count`` counted and of others' counts, ``counts.parquet``."""

    others: tuple[CountsFile, ...] = ()
    name: str = "merge-counts"
    outputs: tuple[str, ...] = (MERGED,)

    def fingerprint(self) -> dict[str, Any]:
        """The revision, and what others counted."""
        return {"revision": MERGE_REVISION, "counts": [one.sha256 for one in self.others]}

    def tasks(self, folder: Path) -> list[Task]:
        """One task."""
        return [_over_all(folder)]

    def run(self, task: Task, work: Work) -> Result:
        """Add them up."""
        from ginbon.tokenizers.counts.file import read
        from ginbon.tokenizers.counts.holding import together

        own, bounds = _merged(task, work), _bounds(work)
        others = [(str(one.path), read(one.path, bounds)) for one in self.others]
        return _written(together([("this run", own), *others], bounds=bounds), MERGED, work)


@dataclass(frozen=True)
class ShareCounts:
    """The stage ``share-counts``: the run's own counts for others, ``tokenizers/counts.parquet``; what occurs less than
    ``least`` times in a language and source is left out."""

    least: int
    name: str = "share-counts"
    outputs: tuple[str, ...] = (SHARED,)

    def fingerprint(self) -> dict[str, Any]:
        """The revision and the threshold."""
        return {"revision": MERGE_REVISION, "least": self.least}

    def tasks(self, folder: Path) -> list[Task]:
        """One task."""
        return [_over_all(folder)]

    def run(self, task: Task, work: Work) -> Result:
        """Add them up, and leave out what is rare."""
        from ginbon.tokenizers.counts.pile import thresholded

        return _written(thresholded(_merged(task, work), self.least, _bounds(work)), SHARED, work)


def _over_all(folder: Path) -> Task:
    """The task that reads all that ``count`` wrote."""
    parts = read_parts(folder, "count")
    return Task(
        key="counts",
        inputs={"counts": digest([p.digest for p in parts])},
        arguments={"files": [p.files[0].path for p in parts]},
        size=sum(p.facts["rows"] for p in parts),
    )


def _merged(task: Task, work: Work) -> Counts:
    """What the run counted, as one: into which shards its text went decides nothing."""
    from ginbon.tokenizers.counts.counting import Counter
    from ginbon.tokenizers.counts.file import read
    from ginbon.tokenizers.counts.pile import add_up

    files = task.arguments["files"]
    parts = (replace(read(work.folder / path), holds=frozenset()) for path in files)
    return add_up(parts, _bounds(work)) if files else Counter().counts()


def _bounds(work: Work) -> Bounds:
    """What is more than memory should hold waits in the run's folder."""
    from ginbon.tokenizers.counts.runs import Bounds

    return Bounds(work.folder)


def _written(counts: Counts, path: str, work: Work) -> Result:
    from ginbon.tokenizers.counts.file import write_to

    with work.write(path) as file:
        write_to(counts, file)
    return Result(facts={"rows": len(counts), "pre_tokens": counts.total, "sha256": counts.sha256})
