"""Aligned lines: the same text in many languages, line by line.

A *set* has versions (``por_Latn``, ``por_Latn_BR``: kept apart) with the same number of lines, one of which is the
*pivot* that the others are compared with. A line that is blank in a version or in the pivot is left out of both, so
that sums are always over the same lines.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Final

import numpy as np
import pyarrow as pa

from ginbon.errors import UserError
from ginbon.languages import codes
from ginbon.tokenizers.block_length import common_block
from ginbon.tokenizers.metrics import TextUnits
from ginbon.tokenizers.protocol import Flags, Int64s, TextColumn

PIVOTS: Final = ("eng_Latn", "eng_Latn_US")
"""The pivot where nobody names one: English, and of several Englishes the American one (NTREX's source)."""


@dataclass(frozen=True)
class Version:
    """The lines of one language as the data have them. ``language`` is ``por_Latn``, or the label where that names
    no language."""

    label: str
    lines: pa.LargeStringArray

    @cached_property
    def language(self) -> str:
        """Its language, written as everywhere."""
        return codes.resolve(self.label) or self.label

    @cached_property
    def name(self) -> str:
        """The language's English name; where the label says more than the language, that in brackets."""
        known = codes.language(self.label)
        if known is None:
            return self.label
        said = self.label.replace("-", "_").split("_")[1:]
        more = [part for part in said if part.title() != known.script]
        usual = codes.resolve(known.code)
        script = [] if usual == known.label else [known.script]
        return f"{known.name} ({', '.join([*script, *more])})" if script or more else known.name

    @cached_property
    def texts(self) -> TextColumn:
        """The lines, blank ones included."""
        return TextColumn(self.lines)

    @cached_property
    def text_units(self) -> TextUnits:
        """Its words, graphemes and characters: found once, whatever tokenizers meet it."""
        return TextUnits.of(self.texts, self.language)

    @cached_property
    def written(self) -> Flags:
        """For each line whether there is anything in it."""
        return np.fromiter((bool(line.strip()) for line in self.texts.strings), np.bool_, len(self.lines))


@dataclass(frozen=True)
class Aligned:
    """One set of aligned lines.

    ``units[line]`` is the unit (document) that the bootstrap draws the line with, from 0 on; ``drawn`` says what these
    are, and ``block`` how many of them it draws together. ``notes`` say what was left out.
    """

    name: str
    pivot: str
    versions: Mapping[str, Version]
    units: Int64s
    drawn: str = "lines"
    block: int = 1
    notes: tuple[str, ...] = field(default=(), compare=False)

    def shared(self, label: str) -> Flags:
        """The lines that are compared: neither the version's nor the pivot's is blank."""
        return self.versions[label].written & self.versions[self.pivot].written

    @property
    def bytes(self) -> int:
        """Text of all versions."""
        return sum(int(v.texts.offsets[-1]) for v in self.versions.values())

    @cached_property
    def digest(self) -> str:
        """32 hex digits of a hash over all that decides results: labels, lines, pivot, units, blocks."""
        held = hashlib.sha256(f"{self.name}\n{self.pivot}\n{self.drawn}\n{self.block}\n".encode())
        held.update(self.units.tobytes())
        for label, version in self.versions.items():
            held.update(f"{label}\n".encode())
            held.update(version.texts.offsets.tobytes())
            held.update(version.texts.data.tobytes())
        return held.hexdigest()[:32]


def align(
    name: str,
    versions: Sequence[Version],
    *,
    pivot: str = "",
    languages: Sequence[str] = (),
    documents: Sequence[str] = (),
    notes: Sequence[str] = (),
) -> Aligned:
    """Put versions side by side, by label.

    ``languages`` keeps these (and the pivot): labels, or languages in any spelling with all their versions.
    ``documents`` names the document of each line; documents are then what the bootstrap draws. Without them it draws
    blocks of lines, which are as long for all versions, and whichever of them are kept. Raises ``UserError`` for line
    counts that differ and for a pivot that is not there; versions that share no line with the pivot are left out with
    a note.
    """
    held = {v.label: v for v in sorted(versions, key=lambda v: v.label)}
    _check_lines(name, held, documents)
    label = find_pivot(name, held, pivot)
    chosen = {label, *(one for language in languages for one in named(held, language))} if languages else set(held)
    units, drawn = _units(documents, len(held[label].lines))
    kept = {one: version for one, version in held.items() if one in chosen}
    block = 1 if documents else _block(held, label)
    aligned = Aligned(name, label, kept, units, drawn, block, tuple(notes))
    return _without_blank(aligned)


def find_pivot(name: str, versions: Mapping[str, Version], pivot: str) -> str:
    """The pivot's label: the one written, else the one version of that language."""
    wanted = (pivot,) if pivot else PIVOTS
    exact = next((label for label in wanted if label in versions), "")
    if exact:
        return exact
    language = codes.resolve(wanted[0])
    same = [label for label, v in versions.items() if language and v.language == language]
    if len(same) == 1:
        return same[0]
    if same:
        raise UserError(f"{name}: {wanted[0]} is here in several versions: {', '.join(same)}; name one with --pivot")
    there = ", ".join(list(versions)[:8]) + (f" and {len(versions) - 8:,} more" if len(versions) > 8 else "")
    raise UserError(
        f"{name}: no lines in the pivot language {wanted[0]}; there are {there}. Add it, or name another (--pivot)."
    )


def named(versions: Mapping[str, Version], language: str) -> list[str]:
    """The versions that a person means: the one with this label, else all of the language in whatever spelling."""
    if language in versions:
        return [language]
    resolved = codes.resolve(language)
    return [label for label, v in versions.items() if resolved and v.language == resolved]


def _check_lines(name: str, versions: Mapping[str, Version], documents: Sequence[str]) -> None:
    if not versions:
        raise UserError(f"{name}: no language's lines in it")
    counts: dict[int, list[str]] = {}
    for label, version in versions.items():
        counts.setdefault(len(version.lines), []).append(label)
    if len(counts) > 1:
        usual = max(counts, key=lambda n: len(counts[n]))
        n, labels = next((n, labels) for n, labels in sorted(counts.items()) if n != usual)
        raise UserError(
            f"{name}: {labels[0]} has {n:,} lines and {counts[usual][0]} has {usual:,}: lines that are not aligned "
            "cannot be compared. Put a blank line where a translation is missing; it is then left out of both."
        )
    lines = next(iter(counts))
    if documents and len(documents) != lines:
        raise UserError(
            f"{name}: {len(documents):,} lines of document names, but {lines:,} lines of text; they belong line to line"
        )


def _units(documents: Sequence[str], lines: int) -> tuple[Int64s, str]:
    """The unit of each line, numbered in order of first occurrence."""
    if not documents:
        return np.arange(lines, dtype=np.int64), "lines"
    numbers: dict[str, int] = {}
    units = [numbers.setdefault(document, len(numbers)) for document in documents]
    return np.array(units, np.int64), "documents"


def _block(versions: Mapping[str, Version], pivot: str) -> int:
    """Lines that depend on each other, by the bytes of all versions: told before any tokenizer, and alike for all."""
    beside = versions[pivot]
    others = [version for label, version in versions.items() if label != pivot]
    lines = (np.diff(version.texts.offsets) for version in others)
    return common_block(lines, np.diff(beside.texts.offsets), (v.written & beside.written for v in others))


def _without_blank(aligned: Aligned) -> Aligned:
    """Without versions that share no line with the pivot, and with a note about lines that are left out."""
    lines = len(aligned.units)
    if not aligned.versions[aligned.pivot].written.any():
        raise UserError(f"{aligned.name}: the pivot {aligned.pivot} has no line with text in it")
    shared = {label: int(aligned.shared(label).sum()) for label in aligned.versions}
    empty = [label for label, n in shared.items() if not n]
    short = {label: lines - n for label, n in shared.items() if 0 < n < lines}
    notes = [f"{label}: shares no line with the pivot, left out" for label in empty]
    if short:
        most = max(short, key=lambda label: short[label])
        notes.append(
            f"lines blank on one side are left out of both: in {len(short):,} of {len(shared):,} versions, "
            f"{sum(short.values()):,} lines; most in {most}, {short[most]:,} of {lines:,}"
        )
    kept = {label: v for label, v in aligned.versions.items() if shared[label]}
    return replace(aligned, versions=kept, notes=(*aligned.notes, *notes))
