"""Measuring tokenizers on parallel text as a stage: a task for each tokenizer and set.

A part is known by the tokenizer's bytes and by the set's lines, so that a second run measures what is new alone, in
whatever folder the files lie.
"""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from ginbon.engine.inputs import FileRange
from ginbon.engine.stage import Result, Task, Work
from ginbon.errors import SurroundingsError
from ginbon.tokenizers.libraries import measuring_versions
from ginbon.tokenizers.metrics import METRICS
from ginbon.tokenizers.parallel.aligned import Aligned
from ginbon.tokenizers.parallel.measured import measure_set
from ginbon.tokenizers.parallel.reading import read_parallel
from ginbon.tokenizers.specs import Located, load
from ginbon.tokenizers.stages import MEASURE_REVISION

FOLDER: Final = "measured"

REVISION: Final = 2
"""Raised by hand when results change."""


@dataclass(frozen=True)
class Places:
    """Where parallel text lies and what of it is wanted: the arguments of ``read_parallel``."""

    places: tuple[str, ...]
    pivot: str = ""
    languages: tuple[str, ...] = ()

    def read(self) -> list[Aligned]:
        """The sets."""
        return read_parallel(self.places, pivot=self.pivot, languages=self.languages)


@dataclass(frozen=True)
class MeasureParallel:
    """The stage ``measure``: ``measured/<set>--<tokenizer>.json``.

    ``sets`` maps the name of each set to its digest and bytes. Large tokenizers come first: the last tasks are short.
    """

    places: Places
    tokenizers: tuple[Located, ...]
    sets: tuple[tuple[str, str, int], ...]
    seed: int = 1
    name: str = "measure"
    outputs: tuple[str, ...] = (FOLDER,)

    def fingerprint(self) -> dict[str, Any]:
        """Revisions, seed, the metrics, and the versions of what encodes and of what says what a word is."""
        revisions = {"revision": REVISION, "measure_revision": MEASURE_REVISION}
        return {**revisions, "seed": self.seed, "metrics": list(METRICS), **measuring_versions()}

    def tasks(self, folder: Path) -> list[Task]:
        """One task for each tokenizer and set."""
        order = sorted(enumerate(self.tokenizers), key=lambda one: (-_file_bytes(one[1]), one[0]))
        return [
            Task(
                key=_key(name, one.name),
                inputs={"tokenizer": one.sha256, "lines": digest},
                arguments={"set": name, "name": one.name, "kind": one.kind, "pattern": one.pattern},
                reads=_reads(one),
                context={"tokenizer": number},
                size=size,
            )
            for number, one in order
            for name, digest, size in self.sets
        ]

    def run(self, task: Task, work: Work) -> Result:
        """Measure one tokenizer on one set."""
        aligned = _set(self.places, task.arguments["set"], task.inputs["lines"])
        tokenizer = load(self.tokenizers[task.context["tokenizer"]])
        measured = measure_set(
            tokenizer,
            aligned,
            seed=self.seed,
            advance=lambda lines, size: work.advance(documents=lines, bytes=size),
        )
        with work.write(f"{FOLDER}/{task.key}.json") as file:
            file.write(json.dumps(measured.to_json(), ensure_ascii=False, separators=(",", ":")).encode() + b"\n")
        return Result(facts={"tokenizer": task.arguments["name"], "set": aligned.name})


def _set(places: Places, name: str, digest: str) -> Aligned:
    """A set as it was when the tasks were planned."""
    for _ in range(2):
        found = _sets(places).get(name)
        if found is not None and found.digest == digest:
            return found
        _sets.cache_clear()  # read for an earlier comparison of this process
    raise SurroundingsError(f"{name}: the lines changed while they were in use; start again")


@lru_cache(maxsize=1)
def _sets(places: Places) -> dict[str, Aligned]:
    """The sets, read once by each worker."""
    return {one.name: one for one in places.read()}


def _key(name: str, tokenizer: str) -> str:
    """A set and a tokenizer as a file name; what is no part of one is told apart by a hash."""
    said = f"{name}--{tokenizer}"
    safe = re.sub(r"[^\w.-]", "-", said)[:100]
    return safe if safe == said else f"{safe}-{hashlib.sha256(said.encode()).hexdigest()[:8]}"


def _file_bytes(one: Located) -> int:
    return one.path.stat().st_size if one.path is not None else 0


def _reads(one: Located) -> tuple[FileRange, ...]:
    return (FileRange(str(one.path), one.name, 0, _file_bytes(one)),) if one.path is not None else ()
