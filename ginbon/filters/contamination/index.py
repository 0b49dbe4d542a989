"""Which runs of words documents share with evaluation sets, where, and how much of each item that is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from ginbon.corpus.texts import Texts
from ginbon.filters import _segment, words
from ginbon.filters.walk import normalised

GROUP: Final = "evaluation"
SHARE: Final = f"{GROUP}/share"
FOUND: Final = f"{GROUP}/items"
SPANS: Final = f"{GROUP}/spans"

SPAN: Final = pa.struct(
    [
        ("set", pa.string()),
        ("item", pa.int64()),  # its number in the set, from 0
        ("share", pa.float32()),  # of the runs of the item's text that the document has
        ("position", pa.int64()),  # in bytes of the UTF-8 text, as those of cuts
        ("length", pa.int64()),
    ]
)

OVERLAPS: Final = pa.schema([(SHARE, pa.float32()), (FOUND, pa.int32()), (SPANS, pa.list_(SPAN))])

_HITS: Final = 4_096
"""So many finds are expected in a batch; where there are more, it is gone through again."""

Numbers = npt.NDArray[np.int64]
Hashes = npt.NDArray[np.uint64]


@dataclass(frozen=True)
class Looked:
    """What is looked for of a set: its items; those none of whose texts is long enough, and those that are nothing but
    wording that others share; runs, and those left out since they are in too many texts.
    """

    items: int
    short_items: int
    common_items: int
    runs: int
    common_runs: int


@dataclass(frozen=True)
class Index:
    """The table of what is looked for (``build.build_index`` makes it).

    ``keys`` and ``values`` give a run's number, ``bits`` is the filter of the first ``anchor`` words of all runs, and
    ``sizes`` are the words that runs have. A run is in the texts ``texts[ends[run]:ends[run + 1]]``. By text:
    ``text_set`` (index in ``sets``), ``text_item``, ``text_size`` (words of its runs), ``text_runs`` (how many of them
    are looked for).
    """

    sets: tuple[str, ...]
    looked: Mapping[str, Looked]
    anchor: int
    sizes: Numbers
    bits: Hashes
    keys: Hashes
    values: Numbers
    ends: Numbers
    texts: Numbers
    text_set: Numbers
    text_item: Numbers
    text_size: Numbers
    text_runs: Numbers

    def find(self, documents: pa.Array) -> pa.RecordBatch:
        """What each text shares with the sets (``OVERLAPS``); a null shares nothing.

        ``share`` is the largest part of a text's runs that the document has, ``items`` how many items have a run in it,
        ``spans`` where, in the order of the text: runs of an item's text that touch or overlap are one span.
        """
        held = _segment.buffers(documents)
        word_ends, places, runs = self._hits(held)
        if not len(places):
            return _none(len(held))
        rows, texts, at, which = self._spread(word_ends, places, runs)
        shares = self._shares(rows, texts, which)
        return self._overlaps(documents, word_ends, rows, texts, at, shares)

    def _hits(self, held: Texts) -> tuple[Numbers, Numbers, Numbers]:
        """Where words of each row end, and the place and number of every run that is in the table."""
        from ginbon.filters.kernel.overlap import find_runs

        if not len(self.sizes) or not len(held):
            return np.zeros(1, np.int64), np.empty(0, np.int64), np.empty(0, np.int64)
        word_ends, hashes = word_hashes(held)
        table = self.anchor, self.sizes, self.bits, self.keys, self.values
        hits = np.empty((_HITS, 2), np.int64)
        while (found := find_runs(word_ends, hashes, *table, hits)) > len(hits):
            hits = np.empty((found, 2), np.int64)
        return word_ends, hits[:found, 0].copy(), hits[:found, 1].copy()

    def _spread(self, word_ends: Numbers, places: Numbers, runs: Numbers) -> tuple[Numbers, Numbers, Numbers, Numbers]:
        """Row, text, place and number of each run found, once for every text that has it; by row, text and place."""
        counts = self.ends[runs + 1] - self.ends[runs]
        own = np.arange(counts.sum()) - (np.cumsum(counts) - counts).repeat(counts)
        texts = self.texts[self.ends[runs].repeat(counts) + own]
        at = places.repeat(counts)
        rows = np.searchsorted(word_ends, at, "right") - 1
        order = np.lexsort((at, texts, rows))
        return rows[order], texts[order], at[order], runs.repeat(counts)[order]

    def _shares(self, rows: Numbers, texts: Numbers, runs: Numbers) -> npt.NDArray[np.float32]:
        """For each run found the share of its text that the document has, each run of the text counted once."""
        pair = np.cumsum(begins(rows, texts)) - 1
        order = np.lexsort((runs, pair))
        distinct = np.bincount(pair[order], weights=begins(pair[order], runs[order])).astype(np.int64)
        shares: npt.NDArray[np.float32] = (distinct[pair] / self.text_runs[texts]).astype(np.float32)
        return shares

    def _overlaps(
        self, documents: pa.Array, word_ends: Numbers, rows: Numbers, texts: Numbers, at: Numbers, shares: Any
    ) -> pa.RecordBatch:
        apart = begins(rows, texts)
        apart[1:] |= at[1:] > at[:-1] + self.text_size[texts[:-1]]  # a gap between two runs
        first = np.flatnonzero(apart)
        last = np.append(first[1:], len(at)) - 1
        rows, texts, shares = rows[first], texts[first], shares[first]
        start, stop = _bytes(
            documents, rows, at[first] - word_ends[rows], at[last] + self.text_size[texts] - word_ends[rows]
        )
        sets, items = self.text_set[texts], self.text_item[texts]
        order = np.lexsort((items, sets, stop, start, rows))
        rows, sets, items = rows[order], sets[order], items[order]
        columns = [
            pa.array(self.sets).take(pa.array(sets)),
            pa.array(items),
            pa.array(shares[order]),
            pa.array(start[order]),
            pa.array((stop - start)[order]),
        ]
        spans = pa.StructArray.from_arrays(columns, fields=list(SPAN))
        ends = np.searchsorted(rows, np.arange(len(documents) + 1)).astype(np.int32)
        largest = np.zeros(len(documents), np.float32)
        np.maximum.at(largest, rows, shares[order])
        by_item = np.unique(np.stack([rows, sets, items]), axis=1)[0]
        found = np.bincount(by_item, minlength=len(documents)).astype(np.int32)
        lists = pa.ListArray.from_arrays(pa.array(ends), spans)
        return pa.RecordBatch.from_arrays([pa.array(largest), pa.array(found), lists], schema=OVERLAPS)


def word_hashes(held: Texts) -> tuple[Numbers, Hashes]:
    """Where the words of each text end, and the hash of each: that of their normal form (NFC)."""
    found = _segment.find_words(held)
    if len(found.loose):
        composed, changed = normalised(held, found.loose)
        found = _segment.find_words(composed) if changed else found
    return found.word_ends, found.words


def _bytes(documents: pa.Array, rows: Numbers, first: Numbers, stop: Numbers) -> tuple[Numbers, Numbers]:
    """The bytes of each row's text from its word ``first`` up to the word ``stop``."""
    some, of = np.unique(rows, return_inverse=True)
    found = words.boundaries(documents.take(pa.array(some)))
    base = found.ends[of]
    return found.starts[base + first], found.stops[base + stop - 1]


def begins(*columns: Any) -> npt.NDArray[np.bool_]:
    """Where a row of sorted columns differs from the one before; the first always does."""
    found = np.ones(len(columns[0]), np.bool_)
    found[1:] = np.any([column[1:] != column[:-1] for column in columns], axis=0)
    return found


def _none(rows: int) -> pa.RecordBatch:
    """The answer for texts that share nothing."""
    lists = pa.ListArray.from_arrays(pa.array(np.zeros(rows + 1, np.int32)), pa.array([], SPAN))
    arrays = [pa.array(np.zeros(rows, np.float32)), pa.array(np.zeros(rows, np.int32)), lists]
    return pa.RecordBatch.from_arrays(arrays, schema=OVERLAPS)
