"""Document numbers: a document is known in pass 2 by its place in the run, a number from 0.

Languages come in the order of their labels, then the extents in the order of the plan, then the rows. The numbering is
derived from the sidecars of ``collect`` alone, so that every task of every stage counts alike.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from ginbon.engine.files import Written
from ginbon.engine.parts import Part, read_parts

Numbers = npt.NDArray[np.int64]


@dataclass(frozen=True)
class DocumentPart:
    """The documents of one language in one extent: ``first`` is the number of its first document."""

    language: str
    key: str
    rows: int
    first: int
    part: Part

    @property
    def source(self) -> str:
        """The source that its extent belongs to."""
        return self.key.rpartition("-")[0]

    @property
    def name(self) -> str:
        """``por_Latn/<extent>``: the path of the part below a folder."""
        return f"{self.language}/{self.key}"

    def file(self, folder: str) -> Written:
        """The part's file below ``documents``, ``sketches`` or ``signals``."""
        found = self.part.file(f"{folder}/{self.language}/")
        if found is None:
            raise KeyError(f"{folder}/{self.name}")
        return found


def document_parts(folder: Path) -> list[DocumentPart]:
    """All document parts of a run in the order of their numbers."""
    collected = read_parts(folder, "collect")
    languages = sorted({language for part in collected for language in part.facts["rows"]})
    found, first = [], 0
    for language in languages:
        for part in collected:
            if rows := part.facts["rows"].get(language, 0):
                found.append(DocumentPart(language, part.key, rows, first, part))
                first += rows
    return found


def locate(parts: list[DocumentPart], numbers: Numbers) -> tuple[Numbers, Numbers]:
    """For each document number, the index of its part in ``parts`` and its row there."""
    firsts = np.array([p.first for p in parts], np.int64)
    index = np.searchsorted(firsts, numbers, "right") - 1
    return index, numbers - firsts[index]
