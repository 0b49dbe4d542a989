"""What is learned from and what is measured: text of one language, no line of which is in both."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from ginbon.errors import UserError
from ginbon.languages import codes
from ginbon.tokenizers.diagnosis import gather
from ginbon.tokenizers.extension.figures import Measured
from ginbon.tokenizers.protocol import TextColumn
from ginbon.tokenizers.reading import Reading, find
from ginbon.tokenizers.sample import choose
from ginbon.tokenizers.units import splitmix64

TRAINING_BYTES: Final = 50_000_000
"""Most text that is learned from."""

HELD_OUT: Final = 20
"""Without parallel text one line in so many is measured and not learned from."""


@dataclass(frozen=True)
class Material:
    """Text to learn from, and text to measure on (None where there is too little)."""

    language: str
    training: TextColumn
    measured: Measured | None


def material(
    language: str,
    text: Sequence[Path],
    parallel: Sequence[Path],
    *,
    measure: str = "",
    pivot: str = "",
    seed: int = 1,
) -> Material:
    """Read both. With parallel text the set ``measure`` is measured, and the other sets are learned from too."""
    label = codes.resolve(language)
    if label is None:
        near = ", ".join(codes.suggest(language))
        raise UserError(f"{language}: no language that Ginbon knows." + (f" Did you mean {near}?" if near else ""))
    if parallel:
        found = gather(parallel, label, pivot=pivot, measure=measure, text=text, seed=seed)
        shown = Measured(
            found.measured_set, label, found.measured, found.unit, found.pivot, found.pivot_lines, found.block
        )
        return Material(label, found.training, shown)
    lines = list(dict.fromkeys(_lines(text, label, seed)))
    held = splitmix64(np.arange(len(lines), dtype=np.uint64), seed) % np.uint64(HELD_OUT) == 0
    if held.sum() < 2:
        return Material(label, TextColumn(lines), None)
    kept, out = (
        [line for line, one in zip(lines, held.tolist(), strict=True) if one is side] for side in (False, True)
    )
    shown = Measured(f"{len(out):,} lines held out", label, TextColumn(out), np.arange(len(out), dtype=np.int64))
    return Material(label, TextColumn(kept), shown)


def lines_of(places: Sequence[Path]) -> TextColumn:
    """All lines of some texts, in whatever language, each once."""
    read = Reading(find(places))
    lines = (line for batch in read() for text in batch["text"].to_pylist() for line in text.split("\n"))
    return TextColumn(list(dict.fromkeys(line for line in lines if line.strip())))


def _lines(text: Sequence[Path], label: str, seed: int) -> list[str]:
    read = Reading(find(text, split="train"), language=label, languages=frozenset([label]), split="train")
    sample = choose(read, sample_bytes=TRAINING_BYTES, seed=seed)
    documents = (document for batch in sample.texts(read) for _, document in batch)
    return [line for document in documents for line in document.split("\n") if line.strip()]
