"""Add up pre-tokens within bounds of memory: in a table, and what is more in sorted runs on the disk.

Nothing is lost and nothing is approximate: whatever the bounds, the sum is the same.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import Final

import numpy as np

from ginbon.tokenizers.counts.arrays import Stratum
from ginbon.tokenizers.counts.columns import Columns
from ginbon.tokenizers.counts.counts import Counts, check_total, sum_of
from ginbon.tokenizers.counts.runs import Bounds, Runs
from ginbon.tokenizers.counts.table import Int32s, Table, UInt64s
from ginbon.tokenizers.protocol import Bytes, Int64s

_SHARE: Final = 4
"""Strings may need a fourth of the memory: their table is doubled as it grows, and then put in order."""


def itself(stratum: Stratum) -> Stratum:
    """Its own name."""
    return stratum


class Pile:
    """Pre-tokens with their counts, whatever their order. Not for several threads at once; ``runs`` may be shared.

    ``tables`` says how many such piles share the memory.
    """

    def __init__(self, runs: Runs | None = None, *, tables: int = 1) -> None:
        self._runs = runs
        self._room = runs.bounds.memory // (_SHARE * tables) if runs is not None else 0
        self._table = Table()
        self._strata: dict[Stratum, int] = {}
        self._total = 0

    def place(self, stratum: Stratum) -> int:
        """The mark of a language and source."""
        return self._strata.setdefault(stratum, len(self._strata))

    def add(self, data: Bytes, ends: Int64s, marks: Int32s, amounts: UInt64s, *, begin: int = 0) -> None:
        """As ``Table.add``."""
        self._table.add(data, ends, marks, amounts, begin=begin)
        if self._runs is not None and self._table.used_bytes > self._room:
            self.spill()

    def add_counts(self, counts: Counts, name: Callable[[Stratum], Stratum | None]) -> None:
        """Add counts; ``name`` says what a language and source is called in the sum, None leaves it out.

        Raises ``UserError`` where all together would pass 2**64.
        """
        for block in counts.blocks():
            own = block.of(lambda stratum: name(stratum) is not None)
            self._total += own.total
            check_total(self._total)
            marks = np.array([self.place(name(stratum) or stratum) for stratum in own.strata], np.int32)
            self.add(own.data, own.offsets[1:], marks[own.marks] if len(own) else own.marks, own.counts)

    def spill(self) -> None:
        """Put what is in memory on the disk."""
        if self._runs is not None and len(self._table):
            self._runs.add(Counts.in_order(self._table, tuple(self._strata)))
            self._table.clear()

    def rest(self) -> Counts:
        """What is in memory, in order."""
        return Counts.of_table(self._table, tuple(self._strata))

    def forget(self) -> None:
        """Give the memory back."""
        self._table = Table()


def total(piles: Sequence[Pile], runs: Runs | None) -> Counts:
    """The sum of piles that share their runs; it lies on the disk where it did not fit. They are used up."""
    if runs is None or not len(runs):
        parts = [pile.rest() for pile in piles]
        return Counts.merge(parts) if len(parts) > 1 else parts[0]
    for pile in piles:
        pile.spill()
        pile.forget()
    columns = Columns(runs.bounds.folder)
    for rows in runs.merged():
        columns.add(rows)
    found = columns.counts()
    check_total(found.total)
    return found


def add_up(
    parts: Iterable[Counts], bounds: Bounds | None = None, *, name: Callable[[Stratum], Stratum | None] = itself
) -> Counts:
    """The sum of one or more counts, whatever their order; each is let go before the next is looked at. ``name`` says
    what each language and source is called in it, None leaves it out.

    Raises ``UserError`` where they were cut in different ways, or would pass 2**64.
    """
    runs = Runs(bounds) if bounds else None
    pile, said = Pile(runs), None
    for part in parts:
        own = part.slice(0, 0)  # what it says without its rows
        said = own if said is None else replace(said, **sum_of([said, own]))
        pile.add_counts(part, name)
    if said is None:
        raise ValueError("no counts to add up")
    return replace(total([pile], runs), **sum_of([said]))


def thresholded(counts: Counts, least: int, bounds: Bounds | None = None) -> Counts:
    """``Counts.thresholded``, within bounds of memory."""
    if bounds is None or bounds.holds(counts):
        return counts.thresholded(least)
    columns = Columns(bounds.folder)
    for block in counts.blocks():
        columns.add(block.at_least(least))
    return counts.above(least, columns.counts())
