"""The same lines in several languages: checked, cut into pre-tokens, encoded with merges."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from ginbon.errors import UserError
from ginbon.tokenizers.bpe.applying import apply
from ginbon.tokenizers.bpe.types import Int64s, Merges, Types
from ginbon.tokenizers.counts import Counts
from ginbon.tokenizers.counts.table import Table
from ginbon.tokenizers.parallel import Aligned
from ginbon.tokenizers.parallel.aligned import named
from ginbon.tokenizers.protocol import TextColumn
from ginbon.tokenizers.splitting import split


def of_set(aligned: Aligned, languages: Sequence[str]) -> dict[str, list[str]]:
    """The lines of some languages out of a set: of the version that is called so, else of the pivot, else of the only
    version of that language. Blank lines are among them. Raises ``UserError`` where there is none, or several.
    """
    found = {}
    for language in languages:
        labels = named(aligned.versions, language)
        label = aligned.pivot if aligned.pivot in labels else next(iter(labels), "")
        if not label:
            there = ", ".join(list(aligned.versions)[:8])
            raise UserError(f"{aligned.name}: no lines in {language}; it has {there}, ... ({len(aligned.versions):,})")
        if len(labels) > 1 and label != aligned.pivot:
            raise UserError(f"{aligned.name}: {language} is here in several versions: {', '.join(labels)}; keep one")
        found[language] = aligned.versions[label].texts.strings
    return found


def same_lines(lines: Mapping[str, Sequence[str]]) -> dict[str, TextColumn]:
    """The lines that every language has, by language: one that is blank in any is left out of all.

    Raises ``UserError`` for numbers of lines that differ, for a language that has no line with text in it, and where no
    line is left.
    """
    numbers = {language: len(own) for language, own in sorted(lines.items())}
    if len(set(numbers.values())) > 1:
        said = ", ".join(f"{language} {n:,}" for language, n in numbers.items())
        raise UserError(
            f"lines that are not aligned: {said}; expected the same number in every language. Put a blank line where a "
            "translation is missing; it is then left out of all"
        )
    written = {language: np.array([bool(line.strip()) for line in lines[language]], np.bool_) for language in numbers}
    if empty := [language for language, has in written.items() if not has.any()]:
        raise UserError(f"{empty[0]}: not one line with text in it; give the same lines in every language")
    kept: list[int] = np.flatnonzero(np.logical_and.reduce(list(written.values()))).tolist()
    if not kept:
        raise UserError("no line has text in every language; give lines that are translated into all of them")
    return {language: TextColumn([lines[language][i] for i in kept]) for language in numbers}


def types_of(lines: TextColumn, pattern: str, finer: Sequence[str] = ()) -> Types:
    """The pre-tokens of some lines, as bytes, and how often each occurs; ``finer`` patterns cut on."""
    found, table = split(lines, pattern), Table()
    n = len(found.starts)
    table.add(lines.data, found.stops, np.zeros(n, np.int32), np.ones(n, np.uint64))
    return Counts.of_table(table, [("", "")], pattern=pattern).recut(*finer).types()


def tokens_of(merges: Merges, lines: TextColumn, pattern: str) -> Int64s:
    """Tokens of each line, encoded with merges from bytes."""
    found = split(lines, pattern)
    once = np.ones(len(found.starts), np.int64)
    sizes = apply(merges, Types(np.append(0, found.stops), lines.data.astype(np.int32), once)).sizes
    return np.diff(np.append(0, np.cumsum(sizes))[found.offsets])
