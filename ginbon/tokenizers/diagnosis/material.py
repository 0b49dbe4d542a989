"""What a diagnosis reads: lines that are measured beside the pivot's, and other text that merges are learned from.

Both are of one language and never share a line. One set of parallel text is measured; the other sets in that language
and the text that the user gives are learned from. Where there is none, the measured set is halved by its units, and
that is said.
"""

from __future__ import annotations

import os
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from ginbon.errors import UserError
from ginbon.languages import codes
from ginbon.tokenizers.parallel import Aligned, read_parallel
from ginbon.tokenizers.protocol import Int64s, TextColumn
from ginbon.tokenizers.reading import Reading, find
from ginbon.tokenizers.sample import choose
from ginbon.tokenizers.units import splitmix64

TRAINING_BYTES: Final = 20_000_000
"""Most text that merges are learned from: enough for 16,000 of them."""

FIRST: Final = "flores"
"""The set that is measured where nobody names one and it is there; else the one with most lines."""


@dataclass(frozen=True)
class Material:
    """Aligned lines of a language and the pivot, the unit that each is from (0 on), and text to learn merges from.

    ``drawn`` says what the units are, ``block`` how many that follow one another the bootstrap draws together.

    ``sources`` name what is learned from: sets with their versions, and files without their folders, since a page is
    shown to others.
    """

    language: str
    pivot: str
    measured_set: str
    drawn: str
    measured: TextColumn
    pivot_lines: TextColumn
    unit: Int64s
    training: TextColumn
    sources: tuple[str, ...]
    notes: tuple[str, ...]
    block: int = 1


def gather(
    places: Sequence[Path | str],
    language: str,
    *,
    pivot: str = "",
    measure: str = "",
    text: Sequence[Path | str] = (),
    seed: int = 1,
) -> Material:
    """Read parallel text of a language from ``places`` (the set ``measure`` is measured), and text to learn from.

    Without places the folder ``parallel`` of the data folder (``$GINBON_DATA``, ``~/.cache/ginbon-data``) is read.
    Raises ``UserError`` for a language that nobody knows or that has no parallel text here, naming the nearest.
    """
    label = codes.resolve(language)
    if label is None:
        near = ", ".join(codes.suggest(language))
        raise UserError(f"{language}: no language that Ginbon knows." + (f" Did you mean {near}?" if near else ""))
    own = [one for one in _sets(places or [_data_folder()], label, pivot) if _versions(one, label)]
    if not own:
        raise UserError(f"{label}: the pivot itself, whose premium is 1; name another language, or another --pivot")
    chosen = _chosen(own, measure)
    version = _versions(chosen, label)[0]
    rows = np.flatnonzero(chosen.shared(version))
    lines = _rows(chosen.versions[version].texts, rows)
    pivot_lines = _rows(chosen.versions[chosen.pivot].texts, rows)
    unit = np.unique(chosen.units[rows], return_inverse=True)[1].astype(np.int64)
    others = [(one, name) for one in own if one is not chosen for name in _versions(one, label)]
    sources = [(f"{one.name}/{name}", one.versions[name].texts.strings) for one, name in others]
    if text:
        sources.append((", ".join(Path(file).name for file in text), _given(text, label, seed)))
    notes, block = list(chosen.notes), chosen.block
    held = {_key(line) for line in lines}
    training = [line for _, said in sources for line in said if line.strip() and _key(line) not in held]
    if not training:
        lines, pivot_lines, unit, training, note = _halved(lines, pivot_lines, unit, seed)
        sources = [(f"{chosen.name}/{version}, the half that is not measured", training)] if training else []
        notes.append(note)
        block = -(-block // 2)  # of neighbours every other one is gone
    return Material(
        language=label,
        pivot=chosen.pivot,
        measured_set=f"{chosen.name}/{version}",
        drawn=chosen.drawn,
        measured=TextColumn(lines),
        pivot_lines=TextColumn(pivot_lines),
        unit=unit,
        training=TextColumn(training),
        sources=tuple(name for name, _ in sources),
        notes=tuple(notes),
        block=block,
    )


def _data_folder() -> Path:
    folders = [os.environ.get("GINBON_DATA"), Path.home() / ".cache" / "ginbon-data"]
    found = next((Path(f) / "parallel" for f in folders if f and (Path(f) / "parallel").is_dir()), None)
    if found is None:
        raise UserError(
            "no parallel text: name a folder with the same lines in several languages (eng_Latn.txt, hin_Deva.txt ...) "
            "with --parallel, or put one into $GINBON_DATA/parallel or ~/.cache/ginbon-data/parallel"
        )
    return found


def _sets(places: Sequence[Path | str], label: str, pivot: str) -> list[Aligned]:
    """The sets with that language; where there is none, all are read, to tell what is near."""
    try:
        return read_parallel(places, pivot=pivot, languages=[label])
    except UserError as error:
        sets = read_parallel(places, pivot=pivot)
        if any(version.language == label for one in sets for version in one.versions.values()):
            raise
        raise UserError(_missing(label, sets)) from error


def _versions(one: Aligned, label: str) -> list[str]:
    """Labels of a set's versions in a language, the one without variants first; the pivot's is none."""
    found = [name for name, version in one.versions.items() if version.language == label and name != one.pivot]
    return sorted(found, key=lambda name: (name != label, name))


def _missing(label: str, sets: Sequence[Aligned]) -> str:
    """Which languages are here, the nearest first: those of the same script or code."""
    there = sorted({v.language for one in sets for v in one.versions.values()} - {one.pivot for one in sets})
    known = codes.language(label)
    code, _, script = label.partition("_")
    near = [one for one in there if one.startswith(f"{code}_")] + [one for one in there if one.endswith(f"_{script}")]
    shown = ", ".join(list(dict.fromkeys(near))[:8]) or "none of its script"
    name = f"{label} ({known.name})" if known else label
    return (
        f"{name}: no parallel text in this language among {len(there):,} in {', '.join(one.name for one in sets)}. "
        f"The nearest here: {shown}. Add {label}.txt, line by line the pivot's, to one of the sets."
    )


def _chosen(own: Sequence[Aligned], measure: str) -> Aligned:
    if measure:
        named = next((one for one in own if one.name == measure), None)
        if named is None:
            raise UserError(f"{measure}: no set of that name; there are {', '.join(one.name for one in own)}")
        return named
    return max(own, key=lambda one: (one.name == FIRST, len(one.units)))


def _rows(texts: TextColumn, rows: Int64s) -> list[str]:
    chosen: list[str] = texts.column.take(rows).to_pylist()
    return chosen


def _given(text: Sequence[Path | str], label: str, seed: int) -> list[str]:
    """The lines of the user's text in a language, at most ``TRAINING_BYTES``."""
    read = Reading(find(text), language=label, languages=frozenset([label]))
    sample = choose(read, sample_bytes=TRAINING_BYTES, seed=seed)
    return [line for batch in sample.texts(read) for _, document in batch for line in document.split("\n")]


def _key(line: str) -> str:
    """What makes two lines the same: their normal form, without outer blanks."""
    return unicodedata.normalize("NFC", line).strip()


def _halved(
    lines: list[str], pivot_lines: list[str], unit: Int64s, seed: int
) -> tuple[list[str], list[str], Int64s, list[str], str]:
    """Half of the units to measure, half to learn from; with one unit there is nothing to learn from."""
    units = int(unit.max(initial=-1)) + 1
    if units < 2:
        return lines, pivot_lines, unit, [], "one unit of text only: no curve and no intervals"
    order = np.argsort(splitmix64(np.arange(units, dtype=np.uint64), seed), kind="stable")
    learned = np.isin(unit, order[: units // 2])
    held = {_key(lines[i]) for i in np.flatnonzero(~learned).tolist()}
    kept: Iterable[int] = np.flatnonzero(~learned).tolist()
    training = [lines[i] for i in np.flatnonzero(learned).tolist() if _key(lines[i]) not in held]
    measured = list(kept)
    return (
        [lines[i] for i in measured],
        [pivot_lines[i] for i in measured],
        np.unique(unit[~learned], return_inverse=True)[1].astype(np.int64),
        training,
        "no other text in this language: half of the measured set's units are learned from, half are measured",
    )
