"""What a run's steps and the default rules make of texts: identified as what, kept or dropped by which rules."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import pyarrow as pa

from ginbon.corpus.tidy import Tidy
from ginbon.filters.identifiers import PACKAGED, identifier
from ginbon.filters.identify import Identify
from ginbon.filters.rules import bind, evaluate
from ginbon.filters.walk import Walk
from ginbon.languages.pack import load_pack

PRESET = "ginbon"


@dataclass(frozen=True)
class Judged:
    """One text: the language that it was judged as, and every rule that would drop it.

    A text that is identified as no language of the recipe is dropped by ``language``, as a run sets it aside.
    """

    label: str
    score: float | None
    drops: tuple[str, ...]

    @property
    def kept(self) -> bool:
        """Whether nothing drops it."""
        return not self.drops


def judge(texts: Sequence[str], *, languages: Sequence[str]) -> list[Judged]:
    """As a run whose recipe has these languages: identified, then tidied, walked and judged as what was found."""
    found: list[Judged | None] = [None] * len(texts)
    batch = _identified(texts, tuple(languages))
    labels = batch.column("language").dictionary_decode().to_pylist()
    for label in sorted(set(labels)):
        rows = [row for row, other in enumerate(labels) if other == label]
        some = batch.take(pa.array(rows))
        if label in languages:
            judged = _ruled(some, label)
        else:
            judged = [Judged(label, score, ("language",)) for score in some.column("identify/score").to_pylist()]
        for row, one in zip(rows, judged, strict=True):
            found[row] = one
    return [one for one in found if one is not None]


def judge_as(texts: Sequence[str], label: str) -> list[Judged]:
    """As a run whose source says its language, and is trusted: nothing is lost by identification."""
    declared = pa.array([label] * len(texts), pa.string())
    return _ruled(_identified(texts, (label,), declared), label)


def signals(texts: Sequence[str], label: str) -> pa.RecordBatch:
    """What the rules see of texts of a declared language."""
    declared = pa.array([label] * len(texts), pa.string())
    return _walked(_identified(texts, (label,), declared), label)


def _identified(texts: Sequence[str], languages: tuple[str, ...], declared: Any = None) -> pa.RecordBatch:
    columns = {"text": pa.array(texts, pa.large_string())}
    if declared is not None:
        columns["declared_language"] = declared
    return Identify(_identifier(), languages, trust=declared is not None)(pa.RecordBatch.from_pydict(columns))


@cache
def _identifier() -> Any:
    return identifier(PACKAGED)


def _walked(batch: pa.RecordBatch, label: str) -> pa.RecordBatch:
    return Walk(label, load_pack(label))(Tidy(label)(batch))


def _ruled(batch: pa.RecordBatch, label: str) -> list[Judged]:
    fates = evaluate(_walked(batch, label), bind(PRESET, load_pack(label)))
    scores = batch.column("identify/score").to_pylist()
    return [
        Judged(label, score, tuple(reason["rule"] for reason in reasons))
        for score, reasons in zip(scores, fates.column("reasons").to_pylist(), strict=True)
    ]
