"""Document numbers: a document is known in pass 2 by its place in the run, a number from 0.

Languages come in the order of their labels, then the extents in the order of the plan, then the rows. The numbering is
derived from the sidecars of ``collect`` alone, so that every task of every stage counts alike.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from ginbon.engine.files import Written
from ginbon.engine.parts import Part, read_parts
from ginbon.engine.stage import Task

Numbers = npt.NDArray[np.int64]

MANY_TASKS: Final = 64
"""Where there would be more tasks than these, each takes up to four times as much instead, since a range is read from
every file."""


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


def of_a_task(total: int, usual: int, many: int = MANY_TASKS) -> int:
    """How much of ``total`` one task takes: the usual, and up to four times as much where tasks would be too many."""
    return min(max(usual, -(-total // many)), 4 * usual)


def grouped(parts: list[DocumentPart], size: Callable[[DocumentPart], int], room: int) -> Iterator[list[DocumentPart]]:
    """Document parts in order, so many together as have no more than ``room`` of a size; a larger one is alone."""
    group: list[DocumentPart] = []
    held = 0
    for part in parts:
        if group and held + size(part) > room:
            yield group
            group, held = [], 0
        group.append(part)
        held += size(part)
    if group:
        yield group


def arguments_of(parts: list[DocumentPart]) -> dict[str, Any]:
    """Which parts a task sees, and from which number on their documents count."""
    return {"parts": [[p.name, p.first, p.rows] for p in parts]}


def files_of(parts: list[DocumentPart]) -> dict[str, Any]:
    """Where the files of a task's parts are: a task reads no sidecars, of which there may be very many."""
    folders = ("sketches", "signals", "documents")
    return {p.name: [asdict(f) for folder in folders if (f := p.part.file(f"{folder}/{p.language}/"))] for p in parts}


def parts_of(task: Task) -> Iterator[DocumentPart]:
    """The parts of a task, from ``arguments_of`` and ``files_of``."""
    for name, first, rows in task.arguments["parts"]:
        language, _, key = name.partition("/")
        files = tuple(Written(**f) for f in task.context["files"][name])
        yield DocumentPart(language, key, rows, first, Part(key, "", files, (), {}))
