"""The plan of the shards: contiguous ranges of documents, cut by text bytes, however the input was cut into extents.

The plan is made of sums that ``select`` told of each part; fates are opened of those parts alone that a shard ends in.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, astuple, dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from ginbon.corpus import parquet
from ginbon.engine.files import read_json
from ginbon.engine.parts import Part, digest, read_parts
from ginbon.engine.stage import Result, Task, Work
from ginbon.filters.duplicates.numbering import DocumentPart, document_parts

Numbers = npt.NDArray[np.int64]

FATES: Final = "fates"
SHARDS: Final = "shards.json"

TRAIN: Final = "train"
HELD_OUT: Final = "held_out"
EXCLUDED: Final = "excluded"
"""Kinds of shards: of the splits, and of what was left out."""

KINDS: Final = (TRAIN, HELD_OUT, EXCLUDED)

AMOUNTS: Final = "amounts"
"""The fact of a part of ``select`` that maps the name of each of its documents parts to amounts by kind."""

SEVERAL: Final = "shards"
"""The fact of a part of ``write`` that maps the path of each shard in it to that shard's own facts."""


@dataclass
class Shard:
    """A planned shard: of a split, or of what was left out (kind ``excluded``).

    ``ranges`` are ``[part, first row, last row + 1]`` of documents parts; the rows of that kind among them are the
    shard's. ``bytes`` counts text.
    """

    language: str
    kind: str  # train | held_out | excluded
    number: int
    rows: int = 0
    bytes: int = 0
    words: int = 0
    ranges: list[list[Any]] = field(default_factory=list)

    @property
    def key(self) -> str:
        """``por_Latn-train-00000``."""
        return f"{self.language}-{self.kind}-{self.number:05d}"

    @property
    def path(self) -> str:
        """Where its file goes in the run folder."""
        if self.kind == "excluded":
            return f"excluded/decide/{self.language}-{self.number:05d}.parquet"
        return f"shards/{self.language}/{self.kind}-{self.number:05d}.parquet"

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return asdict(self)

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Shard:
        """The inverse of ``to_json``."""
        return cls(**value)


@dataclass(frozen=True)
class Rows:
    """The rows of one kind in a part, in order, with their text bytes and words."""

    rows: Numbers
    sizes: Numbers
    words: Numbers

    @classmethod
    def of(cls, fates: pa.RecordBatch | pa.Table, kind: str) -> Rows:
        """From the columns ``split``, ``text_bytes`` and ``words`` of fates."""
        split = pc.cast(fates.column("split"), pa.string())
        wanted = pc.is_null(split) if kind == EXCLUDED else pc.fill_null(pc.equal(split, kind), False)
        rows = np.flatnonzero(wanted.to_numpy(zero_copy_only=False))
        return cls(rows, *(fates.column(name).to_numpy()[rows] for name in ("text_bytes", "words")))


@dataclass(frozen=True)
class Amount:
    """How much of one kind is in a part: between which rows, how many of them, their text bytes and words."""

    start: int
    stop: int
    rows: int
    bytes: int
    words: int

    @classmethod
    def of(cls, some: Rows) -> Amount:
        """Of rows that are not none."""
        start, stop = int(some.rows[0]), int(some.rows[-1]) + 1
        return cls(start, stop, len(some.rows), int(some.sizes.sum()), int(some.words.sum()))


def amounts_of(fates: pa.RecordBatch) -> dict[str, list[int]]:
    """By kind, how much of it a part has; without the kinds that it has nothing of."""
    found = ((kind, Rows.of(fates, kind)) for kind in KINDS)
    return {kind: list(astuple(Amount.of(some))) for kind, some in found if len(some.rows)}


class Cutter:
    """Cuts the documents of one language and kind, fed in order, into shards of at most ``limit`` text bytes.

    A document larger than ``limit`` has a shard of its own.
    """

    def __init__(self, language: str, kind: str, limit: int) -> None:
        self.language, self.kind, self.limit = language, kind, limit
        self._shards: list[Shard] = []

    def feed(self, part: str, amount: Amount, rows: Callable[[], Rows]) -> None:
        """Add what one part has of the kind; its ``rows`` are asked for where not all of them go to one shard."""
        if self._held() + amount.bytes <= self.limit:
            self._add(part, amount)
            return
        some, start = rows(), 0
        while start < len(some.rows):
            room = self.limit - self._held()
            take = int(np.searchsorted(np.cumsum(some.sizes[start:]), room, "right"))
            if not take and self._shards and self._shards[-1].rows:
                self._shards.append(Shard(self.language, self.kind, len(self._shards)))
                continue
            own = slice(start, start + max(take, 1))
            self._add(part, Amount.of(Rows(some.rows[own], some.sizes[own], some.words[own])))
            start = own.stop

    def _held(self) -> int:
        return self._shards[-1].bytes if self._shards else 0

    def _add(self, part: str, amount: Amount) -> None:
        """Add to the shard that is open."""
        if not self._shards:
            self._shards.append(Shard(self.language, self.kind, 0))
        shard = self._shards[-1]
        shard.ranges.append([part, amount.start, amount.stop])
        shard.rows += amount.rows
        shard.bytes += amount.bytes
        shard.words += amount.words

    def close(self) -> list[Shard]:
        """All shards, none of them empty."""
        return self._shards


@dataclass(frozen=True)
class PlanShards:
    """The stage ``plan-shards``: one small task. A shard closes before it would pass ``shard_bytes`` of text."""

    shard_bytes: int
    name: str = "plan-shards"
    outputs: tuple[str, ...] = ()

    def fingerprint(self) -> dict[str, Any]:
        """The size of a shard."""
        return {"revision": 1, "shard_bytes": self.shard_bytes}

    def tasks(self, folder: Path) -> list[Task]:
        """One task over what ``select`` told."""
        return [Task("shards", {"fates": digest([p.digest for p in read_parts(folder, "select")])})]

    def run(self, task: Task, work: Work) -> Result:
        """Write ``shards.json``."""
        told = {name: of for part in read_parts(work.folder, "select") for name, of in part.facts[AMOUNTS].items()}
        parts, shards = document_parts(work.folder), []
        for language in sorted({p.language for p in parts}):
            mine = [p for p in parts if p.language == language]
            for kind in KINDS:
                cutter = Cutter(language, kind, self.shard_bytes)
                for part in mine:
                    if (amount := told[part.name].get(kind)) is not None:
                        cutter.feed(part.key, Amount(*amount), partial(_rows, work.folder, part, kind))
                shards += cutter.close()
            work.advance(documents=sum(p.rows for p in mine))
        work.write_json(SHARDS, {"version": 1, "shards": [s.to_json() for s in shards]})
        return Result(facts={"shards": len(shards)})


def _rows(folder: Path, part: DocumentPart, kind: str) -> Rows:
    columns = ("split", "text_bytes", "words")
    return Rows.of(parquet.read_table(folder / FATES / f"{part.name}.parquet", columns), kind)


def planned_shards(folder: Path) -> Iterator[Shard]:
    """The shards of a run that has planned them."""
    for value in (read_json(folder / SHARDS) or {"shards": []})["shards"]:
        yield Shard.from_json(value)


def written_shards(folder: Path) -> list[Part]:
    """What ``write`` made, each shard as if a task had written it alone."""
    found = []
    for part in read_parts(folder, "write"):
        for path, facts in part.facts[SEVERAL].items():
            files = tuple(file for file in part.files if file.path == path)
            found.append(replace(part, files=files, facts=facts))
    return found
