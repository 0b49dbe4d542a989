"""The shards of a run as texts to count and to measure on."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pyarrow as pa

from ginbon.engine.parts import Part
from ginbon.engine.stage import Task, Work
from ginbon.filters.shards import written_shards
from ginbon.tokenizers.reading import Read

FOLDER: Final = "tokenizers"
"""Where a run's tokenizers are, each in a folder of its own."""


def shards(folder: Path, split: str) -> list[Part]:
    """The shards of a split that have documents, in order."""
    found = [
        p
        for p in written_shards(folder)
        if p.facts.get("kind") == "shard" and p.facts.get("split") == split and p.facts["rows"]
    ]
    return sorted(found, key=lambda p: p.files[0].path)


def documents(task: Task, work: Work) -> Read:
    """The task's shards as documents; reading them tells the progress."""
    from ginbon.tokenizers.reading import Reading

    reading = Reading(tuple(work.folder / path for path in task.arguments["shards"]))

    def read() -> Iterator[pa.RecordBatch]:
        for batch in reading():
            work.advance(documents=batch.num_rows, bytes=batch.column("text").nbytes)
            yield batch

    return read
