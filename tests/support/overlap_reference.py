"""Overlaps with evaluation sets in plain Python: sets of tuples of words, straight from the definitions."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import icu
import numpy as np
import pyarrow as pa
from sketch_reference import words_of

from ginbon.corpus.tidy import tidy_text
from ginbon.filters import words as segmenter

Run = tuple[str, ...]


@dataclass(frozen=True)
class Looked:
    """A text that is looked for: set, item, words of its runs, and the runs."""

    name: str
    item: int
    size: int
    runs: frozenset[Run]


def folded(text: str) -> list[str]:
    """Words of the normal form, case folded."""
    return words_of(str(icu.Normalizer2.getNFCInstance().normalize(text)))


def runs_of(words: Sequence[str], size: int) -> list[Run]:
    return [tuple(words[at : at + size]) for at in range(len(words) - size + 1)]


def looked_for(
    name: str, items: Sequence[Sequence[str]], ngram: int, min_words: int, max_texts: int
) -> Iterator[Looked]:
    """What is looked for of a set, given as the texts of each item."""
    texts: dict[Run, tuple[int, int]] = {}
    for item, own in enumerate(items):
        for text in own:
            words = folded(tidy_text(text, "und"))
            if len(words) >= min_words:
                texts.setdefault(tuple(words), (item, min(len(words), ngram)))
    often = Counter(run for words, (_, size) in texts.items() for run in set(runs_of(words, size)))
    for words, (item, size) in texts.items():
        runs = frozenset(run for run in runs_of(words, size) if often[run] <= max_texts)
        if runs:
            yield Looked(name, item, size, runs)


def overlaps(
    texts: Sequence[str],
    sets: Mapping[str, Sequence[Sequence[str]]],
    *,
    ngram: int = 13,
    min_words: int = 8,
    max_texts: int = 10,
) -> list[dict[str, Any]]:
    """A row a text, as ``ginbon.filters.contamination.overlaps`` has them."""
    wanted = [one for name, items in sets.items() for one in looked_for(name, items, ngram, min_words, max_texts)]
    return [_row(text, wanted) for text in texts]


def _row(text: str, wanted: Sequence[Looked]) -> dict[str, Any]:
    words = folded(text)
    found = segmenter.boundaries(pa.array([text], pa.large_string()))
    spans: list[dict[str, Any]] = []
    for one in wanted:
        runs = runs_of(words, one.size)
        places = [at for at, run in enumerate(runs) if run in one.runs]
        share = float(np.float32(len({runs[at] for at in places}) / len(one.runs)))
        pieces: list[list[int]] = []
        for at in places:
            if pieces and at <= pieces[-1][1]:
                pieces[-1][1] = at + one.size
            else:
                pieces.append([at, at + one.size])
        for first, stop in pieces:
            start, end = int(found.starts[first]), int(found.stops[stop - 1])
            spans.append({"set": one.name, "item": one.item, "share": share, "position": start, "length": end - start})
    spans.sort(key=lambda s: (s["position"], s["length"], s["set"], s["item"]))
    return {
        "evaluation/share": max((s["share"] for s in spans), default=0.0),
        "evaluation/items": len({(s["set"], s["item"]) for s in spans}),
        "evaluation/spans": spans,
    }
