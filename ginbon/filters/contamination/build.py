"""What of evaluation sets is looked for.

The texts of an item are looked for one by one, equal texts of a set once, under the first item that has them. A text
is its runs of ``ngram`` words; one with fewer words is one run, if it has at least ``min_words``. Words are those of
``filters.words`` (case folded, NFC, marks kept, punctuation left out), so Thai, Khmer and Chinese are cut by their
dictionaries, and Tibetan into syllables. A run that is in more than ``max_texts`` texts of its set is wording that they
share ("which of the following ..."), no sign of any of them, and is left out.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pyarrow as pa

from ginbon.corpus.tidy import tidy_texts
from ginbon.filters import _segment
from ginbon.filters.contamination.index import Hashes, Index, Looked, Numbers, begins, word_hashes
from ginbon.filters.contamination.items import Items

NGRAM: Final = 13
"""Words in a run: that of Brown et al. 2020 (GPT-3, appendix C)."""

MIN_WORDS: Final = 8
"""Shorter texts turn up by chance; the shortest run in Brown et al. 2020."""

MAX_TEXTS: Final = 10
"""A run in more texts of a set is their common wording: Brown et al. 2020 leave out runs found in more than ten
documents; we count the set's own texts, which is known before any document is read.
"""

_BATCH_BYTES: Final = 8 * 2**20


def build_index(
    sets: Mapping[str, Items], *, ngram: int = NGRAM, min_words: int = MIN_WORDS, max_texts: int = MAX_TEXTS
) -> Index:
    """The table of what is looked for of some sets; the same whatever their order.

    Time and memory grow with their runs: a second and 200 MB for a million.
    """
    anchor = min(ngram, min_words)
    names = tuple(sorted(sets))
    looked: dict[str, Looked] = {}
    found: list[_Chosen] = []
    for name in names:
        chosen, looked[name] = _choose(_runs(sets[name], ngram, min_words, anchor), sets[name], max_texts)
        found.append(chosen)
    first = np.cumsum([0, *(len(chosen.item) for chosen in found)])
    text = _joined([chosen.text + at for chosen, at in zip(found, first, strict=False)])
    run = _joined([chosen.run for chosen in found], np.uint64)
    order = np.lexsort((text, run))
    size = _joined([chosen.size for chosen in found])
    runs, starts = np.unique(run[order], return_index=True)
    bits, keys, values = _table(runs, _joined([chosen.anchor for chosen in found], np.uint64))
    return Index(
        sets=names,
        looked=looked,
        anchor=anchor,
        sizes=np.unique(size),
        bits=bits,
        keys=keys,
        values=values,
        ends=np.append(starts, len(order)).astype(np.int64),
        texts=text[order],
        text_set=np.arange(len(names)).repeat(np.diff(first)),
        text_item=_joined([chosen.item for chosen in found]),
        text_size=size,
        text_runs=np.bincount(text, minlength=len(size)).astype(np.int64),
    )


@dataclass(frozen=True)
class _Runs:
    """All texts of a set: ``size`` (words of its runs; 0: it is too short) and ``whole`` (hash of all its words) by
    text; the text of each run, its hash, and that of its first words.
    """

    size: Numbers
    whole: Hashes
    text: Numbers
    run: Hashes
    anchor: Hashes


@dataclass(frozen=True)
class _Chosen:
    """What is looked for: item and size by text, and the runs of each text, each once."""

    item: Numbers
    size: Numbers
    text: Numbers
    run: Hashes
    anchor: Hashes


def _runs(items: Items, ngram: int, min_words: int, anchor: int) -> _Runs:
    """The runs of every text, which is tidied as documents are."""
    from ginbon.filters.kernel.overlap import hash_runs

    sizes: list[Any] = []
    wholes: list[Any] = []
    runs: list[Any] = []
    anchors: list[Any] = []
    counts: list[Any] = []
    for texts in _batches(tidy_texts(items.texts, "und").texts):
        word_ends, words = word_hashes(_segment.buffers(texts))
        number = np.diff(word_ends)
        size = np.where(number >= min_words, np.minimum(number, ngram), 0)
        count = np.where(size > 0, number - size + 1, 0)
        ends = np.concatenate([np.zeros(1, np.int64), np.cumsum(count)])
        run, first, whole = np.empty(ends[-1], np.uint64), np.empty(ends[-1], np.uint64), np.empty(len(size), np.uint64)
        hash_runs(word_ends, words, size, ends, anchor, run, first, whole)
        for column, values in ((sizes, size), (wholes, whole), (counts, count), (runs, run), (anchors, first)):
            column.append(values)
    count = _joined(counts)
    text = np.arange(len(count)).repeat(count)
    return _Runs(_joined(sizes), _joined(wholes, np.uint64), text, *(_joined(c, np.uint64) for c in (runs, anchors)))


def _choose(found: _Runs, items: Items, max_texts: int) -> tuple[_Chosen, Looked]:
    """Equal texts once, runs of a text once, and none that too many texts have."""
    _, first, same = np.unique(found.whole, return_index=True, return_inverse=True)
    is_first = np.zeros(len(found.whole), np.bool_)
    is_first[first] = True
    wanted = is_first[found.text]
    order = np.flatnonzero(wanted)[np.lexsort((found.text[wanted], found.run[wanted]))]
    order = order[begins(found.run[order], found.text[order])]
    text, run, anchor = found.text[order], found.run[order], found.anchor[order]
    of_run = np.cumsum(begins(run)) - 1
    often = np.bincount(of_run)
    common = often[of_run] > max_texts
    has_runs = np.zeros(len(found.size), np.bool_)
    has_runs[text[~common]] = True
    long = np.unique(items.item[found.size > 0])
    told = np.unique(items.item[has_runs[first[same]]])
    looked = Looked(
        items=items.items,
        short_items=items.items - len(long),
        common_items=len(long) - len(told),
        runs=int((often <= max_texts).sum()),
        common_runs=int((often > max_texts).sum()),
    )
    rank = np.cumsum(has_runs) - 1
    chosen = _Chosen(items.item[has_runs], found.size[has_runs], rank[text[~common]], run[~common], anchor[~common])
    return chosen, looked


def _table(runs: Hashes, anchors: Hashes) -> tuple[Hashes, Hashes, Numbers]:
    """The filter of all first words, and the table from a run to its number: half of it is free."""
    from ginbon.filters.kernel.overlap import fill_filter, fill_table

    bits = np.zeros(_power_of_two(len(runs) // 2), np.uint64)  # 32 bits a run: of those that are nowhere 0.4 % pass
    keys = np.zeros(_power_of_two(2 * len(runs)), np.uint64)
    values = np.zeros(len(keys), np.int64)
    fill_filter(anchors, bits)
    fill_table(runs, keys, values)
    return bits, keys, values


def _power_of_two(least: int) -> int:
    return 1 << max(6, (least - 1).bit_length())


def _batches(texts: pa.Array) -> Iterator[pa.Array]:
    """The texts some megabytes at a time, so that scratch is as large as a batch."""
    ends = np.cumsum(np.diff(_segment.buffers(texts).offsets))
    start = 0
    while start < len(texts):
        before = int(ends[start - 1]) if start else 0
        stop = max(start + 1, int(np.searchsorted(ends, before + _BATCH_BYTES, "right")))
        yield texts.slice(start, stop - start)
        start = stop


def _joined(columns: list[Any], kind: Any = np.int64) -> Any:
    return np.concatenate([np.zeros(0, kind), *columns])
