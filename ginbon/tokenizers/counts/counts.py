"""Counts: how often each pre-token occurs, by language and source. What tokenizers are trained from.

They merge, reweight and travel without the text: two institutions add up theirs and train one tokenizer, and neither
hands out its documents. A threshold leaves out what is rare, since a rare pre-token may be somebody's name, or a whole
sentence in a script without spaces.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ginbon.engine.files import canonical_json
from ginbon.errors import UserError
from ginbon.languages import codes
from ginbon.tokenizers.bpe import Course, Types
from ginbon.tokenizers.counts.arrays import Stratum, buffers, marks_of, numbers
from ginbon.tokenizers.counts.table import Int32s, Table, UInt64s
from ginbon.tokenizers.counts.whole import Share, Whole
from ginbon.tokenizers.patterns import GINBON, finer_pattern
from ginbon.tokenizers.protocol import Bytes, Int64s, TextColumn
from ginbon.tokenizers.splitting import UNICODE, split_by_library

Holding = tuple[str, str]
"""Counts of text, by their SHA-256, and a language: what is in counts that were added up, so that nothing is twice."""

ROW_BYTES: Final = 32
"""What a row takes beside its own bytes."""

_PIECE_ROWS: Final = 2**18
_LOW: Final = np.uint64(2**32 - 1)
_NONE: Final[frozenset[Holding]] = frozenset()
_ALIKE: Final = ("pattern", "finer", "normalisation", "unicode")


@dataclass(frozen=True, eq=False)
class Counts:
    """Rows of (pre-token, language, source, count), in the order of language, source and bytes; none twice, none of 0.

    Row ``i`` is the bytes ``data[offsets[i]:offsets[i + 1]]`` of stratum ``strata[marks[i]]``. ``pattern``,
    ``normalisation`` and ``unicode`` say how text was cut; ``finer`` are patterns that cut on what ``pattern`` cuts, in
    this order. Every count is ``threshold`` or more, and ``dropped`` are the occurrences that this cost. ``holds`` is
    what they were made of, where that is not text, and ``share`` what they were weighed from: no part of what they say.
    """

    offsets: Int64s
    data: Bytes
    marks: Int32s
    counts: UInt64s
    strata: tuple[Stratum, ...]
    pattern: str = GINBON
    normalisation: str = "none"
    unicode: str = UNICODE
    threshold: int = 1
    dropped: int = 0
    finer: tuple[str, ...] = ()
    holds: frozenset[Holding] = frozenset()
    share: Share | None = field(default=None, repr=False)

    @classmethod
    def of_table(cls, table: Table, strata: Sequence[Stratum], *, pattern: str = GINBON) -> Counts:
        """From distinct strings whose marks are places in ``strata``."""
        given, order = _order(cls(table.offsets, table.data, table.marks, table.counts, tuple(strata), pattern))
        return given._rows(order)

    @classmethod
    def in_order(cls, table: Table, strata: Sequence[Stratum]) -> Iterator[Counts]:
        """The same a piece at a time, of ``_PIECE_ROWS`` rows."""
        given, order = _order(cls(table.offsets, table.data, table.marks, table.counts, tuple(strata)))
        for first in range(0, len(order), _PIECE_ROWS):
            yield given._rows(order[first : first + _PIECE_ROWS])

    @classmethod
    def of_stratum(cls, pre_tokens: pa.LargeBinaryArray, counts: UInt64s, stratum: Stratum) -> Counts:
        """From rows of one language and source that are in order."""
        return cls(*buffers(pre_tokens), np.zeros(len(counts), np.int32), counts, (stratum,))

    @classmethod
    def of_rows(
        cls,
        pre_tokens: pa.Array,
        languages: Sequence[str] | pa.Array,
        sources: Sequence[str] | pa.Array,
        counts: UInt64s | Sequence[int],
    ) -> Counts:
        """From rows in any order; those that come twice are added up. Rows that are in order are taken as they are.

        Raises ``UserError`` where all together would pass 2**64: in strangers' files they may.
        """
        marks, strata = marks_of(languages, sources)
        offsets, data = buffers(pre_tokens.cast(pa.large_binary()))
        given = cls(offsets, data, marks, np.asarray(counts, np.uint64), strata)
        check_total(given.total)
        if given._is_ordered():
            return given
        table = Table.sized(len(given), len(data))
        table.add(data, offsets[1:], marks, given.counts)
        return cls.of_table(table, strata)

    @classmethod
    def merge(cls, parts: Sequence[Counts]) -> Counts:
        """The sum of some counts, whatever their order.

        Raises ``UserError`` where they were cut in different ways, or would pass 2**64.
        """
        first = parts[0]
        said = sum_of(parts)
        check_total(sum(part.total for part in parts))
        strata = {one: n for n, one in enumerate(sorted({stratum for part in parts for stratum in part.strata}))}
        table = Table()
        for part in parts:
            places = np.array([strata[stratum] for stratum in part.strata], np.int32)
            table.add(part.data, part.offsets[1:], places[part.marks], part.counts)
        merged = cls.of_table(table, tuple(strata), pattern=first.pattern)
        held = frozenset().union(*(part.held for part in parts)) if any(part.holds for part in parts) else _NONE
        return replace(merged, **said, holds=held)

    def __len__(self) -> int:
        return len(self.counts)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Counts) and self._fields == other._fields and self.column.equals(other.column)

    __hash__ = None  # type: ignore[assignment]

    @cached_property
    def sha256(self) -> str:
        """The SHA-256 of what they say, whatever file they are in; defined in docs/reference/counts-format.md."""
        digest = hashlib.sha256()
        named = {name: getattr(self, name) for name in ("pattern", "normalisation", "unicode", "threshold", "dropped")}
        finer = {"finer": self.finer} if self.finer else {}
        digest.update(canonical_json({**named, **finer, "strata": self.strata}))
        for column, kind in ((self.offsets, "<i8"), (self.data, "u1"), (self.marks, "<i4"), (self.counts, "<u8")):
            digest.update(np.ascontiguousarray(column, kind).data)
        return digest.hexdigest()

    @property
    def held(self) -> frozenset[Holding]:
        """What they hold: themselves, in each of their languages, where they were counted from text."""
        return self.holds or frozenset((self.sha256, language) for language, _ in self.strata)

    @property
    def _fields(self) -> tuple[object, ...]:
        own = (self.pattern, self.finer, self.normalisation, self.unicode, self.threshold, self.dropped)
        return *own, self.strata, self.marks.tobytes(), self.counts.tobytes()

    @cached_property
    def column(self) -> pa.LargeBinaryArray:
        """The pre-tokens as an Arrow column."""
        parts = [None, pa.py_buffer(np.ascontiguousarray(self.offsets)), pa.py_buffer(self.data)]
        return pa.LargeBinaryArray.from_buffers(pa.large_binary(), len(self), parts)

    @cached_property
    def total(self) -> int:
        """Occurrences of all pre-tokens."""
        parts = (self.counts[first : first + _PIECE_ROWS] for first in range(0, len(self), _PIECE_ROWS))
        return sum((int((part >> np.uint64(32)).sum()) << 32) + int((part & _LOW).sum()) for part in parts)

    @cached_property
    def bytes(self) -> Mapping[Stratum, float]:
        """Bytes of text that the counts of each language and source stand for."""
        sums = np.zeros(len(self.strata))
        for first in range(0, len(self), _PIECE_ROWS):
            end = min(first + _PIECE_ROWS, len(self))
            sizes = np.diff(self.offsets[first : end + 1]) * self.counts[first:end].astype(np.float64)
            sums += np.bincount(self.marks[first:end], weights=sizes, minlength=len(self.strata))
        return dict(zip(self.strata, sums.tolist(), strict=True))

    @property
    def size_bytes(self) -> int:
        """What their columns take in memory."""
        return sum(column.nbytes for column in (self.offsets, self.data, self.marks, self.counts))

    def slice(self, first: int, end: int) -> Counts:
        """The rows from ``first`` to before ``end``; nothing but where they begin is copied."""
        offsets = self.offsets[first : end + 1]
        data, rows = self.data[offsets[0] : offsets[-1]], slice(first, end)
        return replace(
            self,
            offsets=offsets - offsets[0],
            data=data,
            marks=self.marks[rows],
            counts=self.counts[rows],
            holds=_NONE,
            share=None,
        )

    def blocks(self, most: int = 2**23) -> Iterator[Counts]:
        """All rows, in pieces of about so many bytes."""
        first, rows = 0, max(most // ROW_BYTES, 1)
        while first < len(self):
            ends = self.offsets[first + 1 : first + 1 + rows] - self.offsets[first]
            ends += ROW_BYTES * np.arange(1, len(ends) + 1)
            end = first + max(int(np.searchsorted(ends, most, side="right")), 1)
            yield self.slice(first, end)
            first = end

    def thresholded(self, least: int) -> Counts:
        """Only the rows that count ``least`` or more; of a language and source, not of all together."""
        return self.above(least, self.at_least(least))

    def at_least(self, least: int) -> Counts:
        """The rows of ``thresholded``, without what it says of them."""
        return self._rows(np.flatnonzero(self.counts >= np.uint64(max(least, 0))))

    def above(self, least: int, kept: Counts) -> Counts:
        """What ``thresholded`` gives where ``kept`` are the rows."""
        return replace(
            kept,
            **self.about,
            threshold=max(least, self.threshold),
            dropped=self.dropped + self.total - kept.total,
            holds=self.held,
        )

    @property
    def about(self) -> dict[str, Any]:
        """How the text was cut, which counts that are added up have in common."""
        return {name: getattr(self, name) for name in _ALIKE}

    def of(self, wanted: Callable[[Stratum], bool]) -> Counts:
        """Only the rows of some languages and sources."""
        keep = np.array([wanted(stratum) for stratum in self.strata], np.bool_)
        if keep.all():
            return self
        kept = self._rows(np.flatnonzero(keep[self.marks]))
        languages = {language for language, _ in kept.strata}
        return replace(kept, holds=frozenset(one for one in self.holds if one[1] in languages))

    def of_languages(self, languages: Collection[str]) -> Counts:
        """Only the rows of these languages, however either side spells them; of all where none are named."""
        wanted = wanted_of(languages)
        return self.of(lambda stratum: wanted(stratum[0]))

    def reweighted(self, weights: Mapping[Stratum, float]) -> Counts:
        """Each count times the weight of its language and source (1 where none is given), to the nearest whole number.

        Rows that become 0 are left out. Exact up to 2**53, the same on every machine.
        """
        factor = np.array([weights.get(stratum, 1.0) for stratum in self.strata], np.float64)
        if len(factor) and not (np.isfinite(factor).all() and factor.min() >= 0):
            raise UserError(f"weights {dict(weights)}; expected numbers of 0 or more")
        exact = self.counts.astype(np.float64) * factor[self.marks]
        if exact.sum() >= 2.0**63:
            raise UserError("these weights make counts of 2**63 or more; divide them by a constant")
        counts = np.where(factor[self.marks] == 1, self.counts, np.rint(exact).astype(np.uint64))
        weighted = replace(self, counts=counts, threshold=1, share=self._share)
        if counts.all():
            return weighted
        rows = np.flatnonzero(counts)
        return replace(weighted._rows(rows), share=self._share.of(rows))

    def recut(self, *finer: str) -> Counts:
        """The counts of the same text where each pre-token is cut on by further patterns, one after another.

        ``finer`` are names (``patterns.FINER``) or regular expressions. Exact, without the text, for whoever cuts by
        the patterns in this order, as a ``tokenizer.json`` with several splits does: a further pattern sees one
        pre-token at a time. No pattern can put together again what is cut: for numbers in groups of three, or o200k's
        own cuts, the text must be counted again. What a threshold left out stays out. Raises ``UserError`` for a
        pattern that is none, and for counts of what is not UTF-8.
        """
        cut = self
        for pattern in map(finer_pattern, finer):
            cut = _recut(cut, pattern)
        return cut

    def types(self) -> Types:
        """Distinct pre-tokens over all languages and sources, as bytes to train from.

        Counts that were weighed have those of all that they were weighed from, some of which may count 0: so what is
        known of the types serves every mix.
        """
        if self.total >= 2**63:
            raise UserError("these counts add up to 2**63 or more; divide them by a constant first")
        return self._share.types(self.counts)

    @property
    def course(self) -> Course:
        """What was learned from these counts, or others of the same text, however they were weighed."""
        return self._share.whole.course

    @property
    def spelling(self) -> tuple[Sequence[str], Types]:
        """The graphemes of the pre-tokens, and the types of them."""
        pieces, offsets, ids = self._share.whole.spelling
        return pieces, Types(offsets, ids, self.types().counts)

    @cached_property
    def _share(self) -> Share:
        return self.share or Share(Whole(self.offsets, self.data))

    def _is_ordered(self) -> bool:
        """Whether the rows are in their order, none twice and none of 0; strata are taken to be."""
        steps = np.diff(self.marks)
        after = numbers(pc.less(self.column[:-1], self.column[1:]).cast(pa.uint8()), np.uint8) > 0
        return bool(self.counts.all() and ((steps > 0) | (steps == 0) & after).all())

    def _rows(self, rows: Int64s) -> Counts:
        """These rows alone, and the strata that they have."""
        taken = self.column.take(pa.array(rows))
        used, marks = np.unique(self.marks[rows], return_inverse=True)
        offsets, data = buffers(taken)
        strata = tuple(self.strata[code] for code in used)
        return replace(
            self,
            offsets=offsets,
            data=data,
            marks=marks.astype(np.int32),
            counts=self.counts[rows],
            strata=strata,
            share=None,
        )


def wanted_of(languages: Collection[str]) -> Callable[[str], bool]:
    """Whether a language is one of these, however either side spells it; every one is where none are named."""
    wanted = {*languages, *(codes.resolve(language) for language in languages)} - {None}
    return lambda language: not languages or language in wanted or codes.resolve(language) in wanted


def sum_of(parts: Sequence[Counts]) -> dict[str, Any]:
    """What is to be said of the sum of some counts. Raises ``UserError`` where they were cut in different ways."""
    for name in _ALIKE:
        mine = getattr(parts[0], name)
        for theirs in (getattr(part, name) for part in parts[1:]):
            if mine != theirs:
                raise UserError(
                    f"counts of different {name} cannot be merged: {str(mine)[:120]!r} and {str(theirs)[:120]!r}. "
                    "Count the texts again with one of them"
                )
    thresholds, dropped = min(part.threshold for part in parts), sum(part.dropped for part in parts)
    return {**parts[0].about, "threshold": thresholds, "dropped": dropped}


def check_total(total: int) -> None:
    """Raises ``UserError`` for more occurrences than a count can hold."""
    if total >= 2**64:
        raise UserError("these counts add up to 2**64 or more; divide them by a constant first")


def _recut(counts: Counts, pattern: str) -> Counts:
    try:
        texts = TextColumn(counts.column.cast(pa.large_string()))
    except pa.ArrowInvalid as error:
        raise UserError(f"these counts hold bytes that are no UTF-8 ({error}); count the text again") from error
    found = split_by_library(texts, pattern)
    table = Table()
    table.add(texts.data, found.stops, np.repeat(counts.marks, found.counts), np.repeat(counts.counts, found.counts))
    cut = Counts.of_table(table, counts.strata, pattern=counts.pattern)
    return replace(
        counts,
        offsets=cut.offsets,
        data=cut.data,
        marks=cut.marks,
        counts=cut.counts,
        strata=cut.strata,
        finer=(*counts.finer, pattern),
        share=None,
    )


def _order(counts: Counts) -> tuple[Counts, Int64s]:
    """The same rows, whose strata are in order now, and the order of language, source and bytes; those of 0 are out."""
    names = sorted(counts.strata)
    place = {stratum: n for n, stratum in enumerate(names)}
    rank = np.array([place[stratum] for stratum in counts.strata], np.int32)
    marks = rank[counts.marks] if len(counts) else counts.marks
    rows = pa.table({"mark": marks, "pre_token": counts.column})
    order = pc.sort_indices(rows, [("mark", "ascending"), ("pre_token", "ascending")]).to_numpy()
    return replace(counts, marks=marks, strata=tuple(names)), order[counts.counts[order] > 0]
