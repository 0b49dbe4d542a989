"""Counts from whatever has them: files of counts, runs that counted, text."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from ginbon.errors import UserError
from ginbon.tokenizers.counts.counting import count, count_each
from ginbon.tokenizers.counts.counts import Counts
from ginbon.tokenizers.counts.file import is_counts, read
from ginbon.tokenizers.counts.holding import together
from ginbon.tokenizers.counts.runs import Bounds
from ginbon.tokenizers.counts.stages import MERGED
from ginbon.tokenizers.patterns import GINBON, PATTERNS
from ginbon.tokenizers.reading import Gauge, Reading, find

_TEXT: Final = "the text"
"""What it is called beside files of counts."""


def gather(
    places: Sequence[Path | str],
    *,
    language: str = "",
    languages: Sequence[str] = (),
    pattern: str = GINBON,
    split: str = "train",
    threads: int = 1,
    gauge: Gauge | None = None,
    bounds: Bounds | None = None,
) -> Counts:
    """The counts of some places, added up: files of counts as they are, of a run what it counted, of text by counting.

    ``language`` is that of text that does not say its own; ``languages`` keeps only these. Each language is called by
    its one label, whatever the places call it (``pt`` is ``por_Latn``); what no table knows stays. Of a run or a
    release, the documents of ``split`` are counted; what a run counted are those of ``train``. Text is cut by
    ``pattern``, but beside counts as those were. ``gauge`` is told how far reading is. Memory is kept within
    ``bounds``. Raises ``UserError`` where places were cut into pre-tokens in different ways, where the same counts come
    twice, and where there is no text, or none in these languages.
    """
    parts: list[tuple[str, Counts]] = []
    texts: list[Path] = []
    for place in map(Path, places):
        counted = _counted(place, split)
        if counted.is_file() and is_counts(counted):
            parts.append((str(place), read(counted, bounds)))
        else:
            texts.append(place)
    if texts and parts and parts[0][1].pattern not in PATTERNS.values():
        raise UserError(
            f"{texts[0]}: to be cut as the counts beside it, by a pattern that is not known here: "
            f"{parts[0][1].pattern[:60]!r}. Count the text first if you trust it (ginbon.tokenizers.counts.count)"
        )
    if texts or not parts:
        reading = Reading(find(texts, split=split), language=language, split=split, gauge=gauge or Gauge())
        found = count(reading, pattern=parts[0][1].pattern if parts else pattern, threads=threads, bounds=bounds)
        parts.append((_TEXT, found))
    return _sum(parts, languages, bounds)


def gather_each(
    places: Sequence[Path | str],
    patterns: Sequence[str],
    *,
    language: str = "",
    languages: Sequence[str] = (),
    split: str = "train",
    threads: int = 1,
    gauge: Gauge | None = None,
    bounds: Bounds | None = None,
) -> dict[str, Counts]:
    """The same by each of several split patterns, text being read once for all of them.

    Of a run its counts are taken for the pattern that they were cut by, and its text for others. Raises ``UserError``
    for a file of counts where another pattern is asked for than its own.
    """
    parts: dict[str, list[tuple[str, Counts]]] = {pattern: [] for pattern in patterns}
    texts: dict[tuple[str, ...], list[Path]] = {}
    for place in map(Path, places):
        counted = _counted(place, split)
        there = read(counted, bounds) if counted.is_file() and is_counts(counted) else None
        missing = tuple(pattern for pattern in patterns if there is None or there.pattern != pattern)
        if there is not None and missing and counted == place:
            raise UserError(
                f"{place}: these counts were cut by {there.pattern[:60]!r}…, not by {missing[0][:60]!r}…. Counts can "
                "be cut on (ginbon+case), never put together again: give the text itself, or leave that pattern out"
            )
        if there is not None and len(missing) < len(patterns):
            parts[there.pattern].append((str(place), there))
        if missing:
            texts.setdefault(missing, []).append(place)
    for missing, own in texts.items():
        reading = Reading(find(own, split=split), language=language, split=split, gauge=gauge or Gauge())
        for pattern, counts in zip(missing, count_each(reading, missing, threads=threads, bounds=bounds), strict=True):
            parts[pattern].append((_TEXT, counts))
    return {pattern: _sum(found, languages, bounds) for pattern, found in parts.items()}


def _counted(place: Path, split: str) -> Path:
    """The file of counts in a run, where it is of that split; else the place itself."""
    own = place / MERGED
    return own if split == "train" and own.is_file() else place


def _sum(parts: Sequence[tuple[str, Counts]], languages: Sequence[str], bounds: Bounds | None) -> Counts:
    if not any(len(counts) for _, counts in parts):
        raise UserError("there is no text in what was named; give text, a run, a release or counts")
    found = together(parts, languages=languages, bounds=bounds)
    if not len(found):
        there = ", ".join(sorted({language for _, counts in parts for language, _ in counts.strata}))
        raise UserError(f"there is no text in {', '.join(languages)}; what was named has text in {there}")
    return found
