"""The stage ``leak``: how much of the held-out split is in the training split after all.

Whole clusters are held out, so what is left are copies that the search for copies did not find, and passages that
texts quote from each other. Held-out documents are looked for in every training shard of their language by their runs
of words, as evaluation sets are.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ginbon.corpus import parquet
from ginbon.engine.parts import Part, digest, read_parts
from ginbon.engine.stage import Result, Task, Work
from ginbon.filters.contamination.build import build_index
from ginbon.filters.contamination.index import SPANS, Index
from ginbon.filters.contamination.items import Items
from ginbon.filters.kernel.classes import unicode_version
from ginbon.filters.shards import HELD_OUT, TRAIN, written_shards

DOCUMENTS: Final = 2_000
"""Held-out documents of a language that are looked for, evenly spread: enough for a share to within two percent."""

LEVELS: Final = (0.2, 0.5, 0.9)
"""Shares of a held-out document's runs that one training document has, from which it is counted."""


@dataclass(frozen=True)
class Leak:
    """The stage; without ``wanted`` it has no task. A task is a training shard."""

    wanted: bool
    documents: int = DOCUMENTS
    name: str = "leak"
    outputs: tuple[str, ...] = ()

    def fingerprint(self) -> dict[str, Any]:
        """How many documents are looked for, and what says what a word is."""
        return {"revision": 1, "documents": self.documents, "unicode": unicode_version()}

    def tasks(self, folder: Path) -> list[Task]:
        """One task for each training shard of a language that has held-out documents."""
        shards = written_shards(folder) if self.wanted else []
        held: dict[str, list[Part]] = {}
        for part in shards:
            if part.facts.get("split") == HELD_OUT and part.facts["rows"]:
                held.setdefault(part.facts["language"], []).append(part)
        return [
            self._task(part, held[part.facts["language"]])
            for part in shards
            if part.facts.get("split") == TRAIN and part.facts["language"] in held
        ]

    def _task(self, train: Part, held: list[Part]) -> Task:
        (file,) = train.files
        looked_for = [f for part in held for f in part.files]
        return Task(
            key=file.path.removeprefix("shards/").removesuffix(".parquet").replace("/", "."),
            inputs={"train": file.sha256, "held_out": digest([f.sha256 for f in looked_for])},
            arguments={"language": train.facts["language"]},
            context={"train": file.path, "held_out": [f.path for f in looked_for]},
            size=file.bytes,
        )

    def run(self, task: Task, work: Work) -> Result:
        """Tell, of the held-out documents, which share of the runs of each one document of the shard has at most."""
        held = tuple(str(work.folder / path) for path in task.context["held_out"])
        index, number = _index(held, task.inputs["held_out"], self.documents)
        most = np.zeros(number, np.float32)
        for batch in parquet.read_batches(work.folder / task.context["train"], ["text"]):
            spans = pc.list_flatten(index.find(batch.column("text")).column(SPANS))
            items, shares = (pc.struct_field(spans, name).to_numpy() for name in ("item", "share"))
            np.maximum.at(most, items, shares)
            work.advance(documents=batch.num_rows)
        found = np.flatnonzero(most >= LEVELS[0])
        shares = {str(item): round(float(most[item]), 4) for item in found.tolist()}
        long_enough = number - index.looked[HELD_OUT].short_items
        return Result(facts={"language": task.arguments["language"], "looked": long_enough, "shares": shares})


@lru_cache(maxsize=1)
def _index(paths: tuple[str, ...], digest: str, most: int) -> tuple[Index, int]:
    """The table of some held-out documents, and how many they are; made once for the shards of a language."""
    texts = pa.concat_arrays(
        [c for path in paths for c in parquet.read_table(Path(path), ["text"]).column("text").chunks]
    )
    if len(texts) > most:
        texts = texts.take(pa.array(np.arange(most) * len(texts) // most))
    return build_index({HELD_OUT: Items(texts, np.arange(len(texts)), len(texts))}), len(texts)


def leakage(folder: Path) -> list[dict[str, Any]]:
    """By language: held-out documents ``looked`` for, and how many of them have, in one training document, at least
    each of ``LEVELS`` of their runs (``from``: share -> documents). Empty where it was not measured.
    """
    looked: dict[str, int] = {}
    most: dict[str, dict[str, float]] = {}
    for part in read_parts(folder, "leak"):
        language = part.facts["language"]
        looked[language] = part.facts["looked"]
        known = most.setdefault(language, {})
        for item, share in part.facts["shares"].items():
            known[item] = max(share, known.get(item, 0.0))
    return [
        {
            "language": language,
            "looked": looked[language],
            "from": {str(level): sum(share >= level for share in most[language].values()) for level in LEVELS},
        }
        for language in sorted(looked)
    ]
