"""The plan of the shards: contiguous ranges of documents, cut by text bytes, however the input was cut into extents."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from ginbon.engine.parts import Part, read_parts

Numbers = npt.NDArray[np.int64]

EXCLUDED: Final = "excluded"
"""Kind of a shard of what was left out."""

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


class Cutter:
    """Cuts the documents of one language and kind, fed in order, into shards of at most ``limit`` text bytes.

    A document larger than ``limit`` has a shard of its own.
    """

    def __init__(self, language: str, kind: str, limit: int) -> None:
        self.language, self.kind, self.limit = language, kind, limit
        self._shards: list[Shard] = []

    def feed(self, part: str, rows: Numbers, sizes: Numbers, words: Numbers) -> None:
        """Add the rows of one part (in order) with their text bytes and words."""
        start = 0
        while start < len(rows):
            shard = self._open(int(sizes[start]))
            room = self.limit - shard.bytes
            take = int(np.searchsorted(np.cumsum(sizes[start:]), room, "right"))
            stop = start + max(take, 1 if shard.rows == 0 else 0)
            shard.ranges.append([part, int(rows[start]), int(rows[stop - 1]) + 1])
            shard.rows += stop - start
            shard.bytes += int(sizes[start:stop].sum())
            shard.words += int(words[start:stop].sum())
            start = stop

    def _open(self, size: int) -> Shard:
        """The shard that a document of this size goes to."""
        if not self._shards or self._shards[-1].bytes + size > self.limit:
            self._shards.append(Shard(self.language, self.kind, len(self._shards)))
        return self._shards[-1]

    def close(self) -> list[Shard]:
        """All shards, none of them empty."""
        return self._shards


def written_shards(folder: Path) -> list[Part]:
    """What ``write`` made, each shard as if a task had written it alone."""
    found = []
    for part in read_parts(folder, "write"):
        for path, facts in part.facts[SEVERAL].items():
            files = tuple(file for file in part.files if file.path == path)
            found.append(replace(part, files=files, facts=facts))
    return found
