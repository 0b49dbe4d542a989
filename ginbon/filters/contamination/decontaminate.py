"""The stage ``decontaminate``: what every document shares with evaluation sets. Drops nothing; a rule may.

It stands behind ``collect`` and reads ``documents/``, so that one more evaluation set measures that and nothing else.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc

from ginbon.corpus import parquet
from ginbon.engine.stage import Result, Task, Work
from ginbon.filters.contamination.build import build_index
from ginbon.filters.contamination.index import OVERLAPS as SCHEMA
from ginbon.filters.contamination.index import SPANS, Index
from ginbon.filters.contamination.items import EvaluationSet
from ginbon.filters.duplicates.numbering import DocumentPart, document_parts
from ginbon.filters.kernel.classes import unicode_version

OVERLAPS: Final = "overlaps"

LOOKED: Final = "looked"
"""Fact of a part: what is looked for, by set (``index.Looked``); the same in every part."""

OVERLAPPING: Final = "overlapping"
"""Fact of a part: how many documents share a run with each set that has any."""

REVISION: Final = 1


@dataclass(frozen=True)
class Decontaminate:
    """Its options are those of ``build.build_index``."""

    sets: tuple[EvaluationSet, ...]
    ngram: int
    min_words: int
    max_texts: int
    name: str = "decontaminate"
    outputs: tuple[str, ...] = (OVERLAPS,)

    def fingerprint(self) -> dict[str, Any]:
        """What the sets hold, wherever their files lie, and what says what a word is."""
        return {
            "revision": REVISION,
            "unicode": unicode_version(),
            "ngram": self.ngram,
            "min_words": self.min_words,
            "max_texts": self.max_texts,
            "sets": {s.name: [s.sha256, None if s.fields is None else sorted(s.fields)] for s in self.sets},
        }

    def tasks(self, folder: Path) -> list[Task]:
        """One task for each documents part."""
        return [_task(part) for part in document_parts(folder)]

    def run(self, task: Task, work: Work) -> Result:
        """Write what the documents of the part share, in its order."""
        index = _index(self.sets, self.ngram, self.min_words, self.max_texts)
        overlapping = dict.fromkeys(index.sets, 0)
        path = overlaps_path(task.arguments["language"], task.arguments["part"])
        with work.write(path) as file, parquet.Writer(file, SCHEMA) as writer:
            for batch in parquet.read_batches(work.folder / task.context["documents"], ["text"]):
                found = index.find(batch.column("text"))
                writer.write(found)
                for name, documents in _documents_by_set(found).items():
                    overlapping[name] += documents
                work.advance(documents=batch.num_rows)
        work.advance(bytes=task.size)
        looked = {name: vars(looked) for name, looked in index.looked.items()}
        return Result(facts={LOOKED: looked, OVERLAPPING: {name: n for name, n in overlapping.items() if n}})


def overlaps_path(language: str, part: str) -> str:
    """The file of a part, below the run's folder."""
    return f"{OVERLAPS}/{language}/{part}.parquet"


def _task(part: DocumentPart) -> Task:
    documents = part.file("documents")
    return Task(
        key=f"{part.language}.{part.key}",
        inputs={"documents": documents.sha256},
        arguments={"language": part.language, "part": part.key},
        context={"documents": documents.path},
        size=documents.bytes,
    )


def _documents_by_set(found: Any) -> dict[str, int]:
    spans = found.column(SPANS)
    pairs = {"row": pc.list_parent_indices(spans), "set": pc.struct_field(pc.list_flatten(spans), "set")}
    sets = pa.table(pairs).group_by(["row", "set"]).aggregate([]).column("set")
    return {count["values"]: count["counts"] for count in pc.value_counts(sets).to_pylist()}


@lru_cache(maxsize=1)
def _index(sets: tuple[EvaluationSet, ...], ngram: int, min_words: int, max_texts: int) -> Index:
    """Made once by each worker."""
    items = {s.name: s.read() for s in sets}
    return build_index(items, ngram=ngram, min_words=min_words, max_texts=max_texts)
