"""What recurs: which lines, or runs of sentences, are looked for, among which documents, and how they are hashed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ginbon.corpus import parquet
from ginbon.filters.duplicates.cluster import cluster_parts, read_forest
from ginbon.filters.duplicates.hashing import Hashes, splitmix
from ginbon.filters.duplicates.numbering import DocumentPart, Numbers, grouped
from ginbon.filters.outline import SITE, UNITS, Units, name_hash

RECURRING_LINE: Final = "recurring-line"
REPEATED_SPAN: Final = "repeated-span"


@dataclass(frozen=True)
class Recurring:
    """A line recurs where ``min_documents`` documents of a group have it, each once; with ``sentences`` above 0, what
    recurs is a run of so many sentences.

    ``within`` says what a group is: documents of one site (of one source where they have no URL), of one source, or
    all. Documents that are near-copies of each other count as one: what recurs because a page was collected ten times
    is no boilerplate. What has fewer than ``min_words`` words is left alone. With ``keep_first`` one document keeps it:
    of those that the rules keep the one with the smallest id, and its near-copies.
    """

    sentences: int = 0
    within: Literal["site", "source", "corpus"] = "site"
    min_documents: int = 10
    min_words: int = 3
    keep_first: bool = False

    @property
    def rule(self) -> str:
        """What a cut is called."""
        return REPEATED_SPAN if self.sentences else RECURRING_LINE

    @property
    def span(self) -> int:
        """Units of what is looked for."""
        return max(1, self.sentences)

    def fingerprint(self) -> dict[str, Any]:
        """All of it but how many documents are asked for."""
        return {name: value for name, value in vars(self).items() if name != "min_documents"}

    def read(self, folder: Path, part: DocumentPart) -> Iterator[tuple[Units, int, Hashes]]:
        """The units of a part's documents, their first document's row, and the group of each document."""
        row = 0
        for batch in parquet.read_batches(folder / part.file("sketches").path, [UNITS, SITE]):
            yield Units.of(batch.column(UNITS)), row, self._groups(batch.column(SITE), part.source)
            row += batch.num_rows

    def _groups(self, sites: pa.Array, source: str) -> Hashes:
        own = name_hash(f"source:{source}")
        if self.within == "site":
            groups: Hashes = pc.fill_null(sites, pa.scalar(own, pa.uint64())).to_numpy()
            return groups
        return np.full(len(sites), own if self.within == "source" else 0, np.uint64)

    def keys(self, units: Units, groups: Hashes) -> tuple[Hashes, Numbers, Numbers]:
        """Of all that may recur in some documents: its hash (different by group), the document's row, and its first
        unit.
        """
        rows = np.repeat(np.arange(len(groups)), np.diff(units.ends))
        n = max(0, len(rows) - self.span + 1)
        hashes, words = splitmix(units.hashes[:n], 1), units.words[:n].astype(np.int64)
        for k in range(1, self.span):
            hashes = splitmix(hashes ^ units.hashes[k : n + k], k + 1)
            words = words + units.words[k : n + k]
        fits = (rows[:n] == rows[self.span - 1 : n + self.span - 1]) & (words >= self.min_words)
        first = np.flatnonzero(fits)
        of = rows[:n][fits]
        return splitmix(hashes[fits] ^ splitmix(groups[of], 0), 0), of, first


GROUP_BYTES: Final = 256_000_000
"""Text of the document parts that a task of ``spread`` or ``trim`` sees: at 60 bytes a line some 4 million of them."""


def groups_of(parts: list[DocumentPart]) -> Iterator[list[DocumentPart]]:
    """Document parts in order, so many together as hold ``GROUP_BYTES`` of text."""
    return grouped(parts, text_bytes, GROUP_BYTES)


def text_bytes(part: DocumentPart) -> int:
    """Text of a part's documents."""
    return sum(e.left.bytes for e in part.part.entries if e.language == part.language)


def texts_of(folder: Path, part: DocumentPart) -> Numbers:
    """Of each document of a part, the number of the first of its near-copies; its own where it has none.

    One in another corpus is below -1, which ``recur`` takes for nobody.
    """
    found = np.arange(part.first, part.first + part.rows)
    numbers, firsts = read_forest(folder, cluster_parts(folder), part.first, part.first + part.rows)
    found[numbers - part.first] = np.where(firsts < 0, firsts - 1, firsts)
    return found
