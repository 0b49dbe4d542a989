"""Which documents of a sample are worth a look, and how they begin.

Text is opened only in a bounded number of row groups, whatever the size of the run.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path
from typing import Final

import numpy as np
import pyarrow.compute as pc
import pyarrow.parquet as pq

from ginbon.filters.rules import QUANTUM, BoundRule, evaluate, quantised
from ginbon.report.text import clip, one_line, visible
from ginbon.report.tune_sample import Place, Sample, by_part, take

CLIP_CHARS: Final = 240

_TEXT_GROUPS: Final = 200
"""Row groups (8 MB) of text that are opened for one language."""


@dataclass(frozen=True)
class Excerpt:
    """How document ``row`` of the sample begins, as it is stored: personal data replaced; nothing in it acts."""

    row: int
    id: str
    source: str
    text: str
    clipped: bool


def excerpts(folder: Path, language: str, sample: Sample, rules: Sequence[BoundRule], *, most: int) -> list[Excerpt]:
    """At most ``most`` documents of the sample, in its order.

    Half are those that the smallest moves of one threshold turn around, on both sides and of each rule alike; the
    others come by chance.
    """
    documents = folder / "documents" / language
    rows = _within_reach(documents, sample.places, _worth_reading(sample, rules, most))
    places = [sample.places[row] for row in rows]
    found = []
    for part, positions in by_part(places).items():
        texts = (
            dict(zip(("id", "source", "text"), values, strict=True))
            for table in take(documents / part, [places[p].row for p in positions], ["id", "source", "text"])
            for values in zip(
                table.column("id").to_pylist(),
                table.column("source").to_pylist(),
                pc.utf8_slice_codeunits(table.column("text"), 0, CLIP_CHARS + 64).to_pylist(),
                strict=True,
            )
        )
        found += [_excerpt(rows[p], document) for p, document in zip(positions, texts, strict=True)]
    return sorted(found, key=lambda excerpt: excerpt.row)


def _excerpt(row: int, document: dict[str, str]) -> Excerpt:
    text = visible(document["text"])
    begins = clip(text, CLIP_CHARS)
    identity, source = (clip(one_line(document[name]), 120) for name in ("id", "source"))
    return Excerpt(row, identity, source, begins, len(begins) < len(text))


def _worth_reading(sample: Sample, rules: Sequence[BoundRule], most: int) -> list[int]:
    """Rows of the sample, the most wanted first."""
    outside = [~np.asarray(evaluate(sample.signals, [r]).column("kept").to_numpy(zero_copy_only=False)) for r in rules]
    failing = np.sum(outside, axis=0, dtype=np.int64) if rules else np.zeros(len(sample.kept), np.int64)
    beside = []
    for rule, fails in zip(rules, outside, strict=True):
        alone = np.flatnonzero(failing == fails)  # no other rule drops it
        values = quantised(sample.signals.column(rule.signal))[alone]
        for end, sign in ((rule.low, 1), (rule.high, -1)):
            if end is not None:
                inside = sign * (values - round(end * QUANTUM))
                order = np.argsort(np.abs(inside), kind="stable")
                beside += [alone[order[side[order]]][:most].tolist() for side in (inside < 0, inside >= 0)]
    turns = (row for turn in zip_longest(*beside) for row in turn if row is not None)
    near = list(dict.fromkeys(turns))[: most // 2]
    return list(dict.fromkeys([*near, *range(len(sample.kept))]))[:most]


def _within_reach(documents: Path, places: Sequence[Place], wanted: Sequence[int]) -> list[int]:
    """Those of the wanted rows that lie in the first ``_TEXT_GROUPS`` row groups which they ask for."""
    ends: dict[str, list[int]] = {}
    groups: set[tuple[str, int]] = set()
    reached = []
    for position in wanted:
        place = places[position]
        if place.part not in ends:
            footer = pq.read_metadata(documents / place.part)
            ends[place.part] = np.cumsum([footer.row_group(g).num_rows for g in range(footer.num_row_groups)]).tolist()
        group = (place.part, int(np.searchsorted(ends[place.part], place.row, "right")))
        if group in groups or len(groups) < _TEXT_GROUPS:
            groups.add(group)
            reached.append(position)
    return reached
