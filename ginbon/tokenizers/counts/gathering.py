"""Counts from whatever has them: files of counts, runs that counted, text."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from ginbon.languages import codes
from ginbon.tokenizers.counts.counting import count
from ginbon.tokenizers.counts.counts import Counts
from ginbon.tokenizers.counts.file import is_counts, read
from ginbon.tokenizers.counts.stages import MERGED
from ginbon.tokenizers.patterns import GINBON
from ginbon.tokenizers.reading import Reading, find


def gather(
    places: Sequence[Path | str],
    *,
    language: str = "",
    languages: Sequence[str] = (),
    pattern: str = GINBON,
    split: str = "train",
    threads: int = 1,
) -> Counts:
    """The counts of some places, added up: files of counts as they are, of a run what it counted, of text by counting.

    ``language`` is that of text that does not say its own; ``languages`` keeps only these. Of a run or a release, the
    documents of ``split`` are counted. Raises ``UserError`` where places were cut into pre-tokens in different ways.
    """
    parts, texts = [], []
    for place in map(Path, places):
        counted = place / MERGED if (place / MERGED).is_file() else place
        if counted.is_file() and is_counts(counted):
            parts.append(read(counted))
        else:
            texts.append(place)
    if texts or not parts:
        reading = Reading(find(texts, split=split), language=language, split=split)
        parts.append(count(reading, pattern=parts[0].pattern if parts else pattern, threads=threads))
    merged = Counts.merge(parts) if len(parts) > 1 else parts[0]
    if not languages:
        return merged
    return merged.of(lambda stratum: stratum[0] in languages or codes.resolve(stratum[0]) in languages)
