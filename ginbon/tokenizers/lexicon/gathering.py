"""Go through a corpus once: how often each target occurs, from which sources, in which lines; and how often words do.

A context is the line in which a target stands, at most ``AROUND`` bytes of it on either side, cut between words: what
is beyond no split pattern of a published tokenizer sees. The first ``CONTEXTS`` occurrences of a target are kept.
"""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ginbon.filters import words
from ginbon.tokenizers.lexicon.search import Occurrences, Targets
from ginbon.tokenizers.protocol import Int64s, TextColumn
from ginbon.tokenizers.reading import Read

CONTEXTS: Final = 10
AROUND: Final = 400

_LINE_FEED: Final = 0x0A
_BATCH_BYTES: Final = 2**23
"""Memory is some forty times as much."""
_PENDING_WORDS: Final = 2_000_000


@dataclass
class Contexts:
    """Texts in which targets stand: target, and the bytes of it in the text."""

    target: list[int] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)
    start: list[int] = field(default_factory=list)
    stop: list[int] = field(default_factory=list)

    def add(self, target: int, text: bytes, start: int, stop: int) -> None:
        """One more."""
        self.target.append(target)
        self.texts.append(text.decode())
        self.start.append(start)
        self.stop.append(stop)


@dataclass(frozen=True)
class Gathered:
    """What a corpus says of some targets; arrays have a row for each."""

    occurrences: Int64s
    documents: Int64s
    sources: tuple[Counter[str], ...]
    contexts: Contexts
    corpus: dict[str, int]
    """Documents, bytes and words that were read, and documents that were put in NFC first."""
    words: Any
    """A table of ``word`` and ``count``; None where words were not counted."""


def gather(read: Read, targets: Targets, *, count_words: bool, contexts: int = CONTEXTS) -> Gathered:
    """Everything about targets in the documents that ``read`` gives."""
    size = len(targets.texts)
    occurrences, documents = np.zeros(size, np.int64), np.zeros(size, np.int64)
    sources: tuple[Counter[str], ...] = tuple(Counter() for _ in range(size))
    kept = Contexts()
    corpus = dict.fromkeys(("documents", "bytes", "words", "normalised"), 0)
    tally = _Tally()
    for batch in _small(read()):
        texts, normalised = _normal(batch["text"])
        found = words.boundaries(texts.column)
        here = targets.find(texts, found)
        _keep_contexts(kept, here, texts, found, np.maximum(contexts - occurrences, 0))
        occurrences += np.bincount(here.target, minlength=size)
        pairs = np.unique(np.stack([here.target, here.text]), axis=1)
        documents += np.bincount(pairs[0], minlength=size)
        _count_sources(sources, here, batch["source"])
        for name, value in zip(corpus, (len(texts), len(texts.data), len(found.starts), normalised), strict=True):
            corpus[name] += value
        if count_words:
            tally.add(_words(texts, found))
    return Gathered(occurrences, documents, sources, kept, corpus, tally.table() if count_words else None)


def _small(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """The same documents in batches of at most ``_BATCH_BYTES`` of text, or of one document."""
    for batch in batches:
        sizes = np.cumsum(pc.binary_length(batch["text"]).to_numpy(zero_copy_only=False))
        first = 0
        while first < batch.num_rows:
            before = sizes[first - 1] if first else 0
            last = max(int(np.searchsorted(sizes, before + _BATCH_BYTES, "right")), first + 1)
            yield batch.slice(first, last - first)
            first = last


def _count_sources(sources: tuple[Counter[str], ...], here: Occurrences, column: Any) -> None:
    named = pc.fill_null(column.cast(pa.string()), "").dictionary_encode()
    names = named.dictionary.to_pylist()
    of_text = named.indices.to_numpy(zero_copy_only=False)
    pairs, counts = np.unique(here.target * max(len(names), 1) + of_text[here.text], return_counts=True)
    for pair, count in zip(pairs.tolist(), counts.tolist(), strict=True):
        sources[pair // len(names)][names[pair % len(names)]] += count


def _normal(column: Any) -> tuple[TextColumn, int]:
    """The texts in NFC, and how many were not."""
    texts = column.to_pylist()
    loose = [n for n, text in enumerate(texts) if not unicodedata.is_normalized("NFC", text)]
    for n in loose:
        texts[n] = unicodedata.normalize("NFC", texts[n])
    return TextColumn(pa.array(texts, pa.large_string()) if loose else column), len(loose)


def _keep_contexts(kept: Contexts, here: Occurrences, texts: TextColumn, found: words.Boundaries, room: Int64s) -> None:
    """The first occurrences of each target, as many as there is room for."""
    order = np.argsort(here.target, kind="stable")
    target = here.target[order]
    rank = np.arange(len(target)) - np.searchsorted(target, target)
    chosen = np.sort(order[rank < room[target]])
    row = np.repeat(np.arange(len(texts)), np.diff(found.ends))
    begins, stops = found.starts + texts.offsets[row], found.stops + texts.offsets[row]
    feeds = np.flatnonzero(texts.data == _LINE_FEED)
    start, stop, text = here.start[chosen], here.stop[chosen], here.text[chosen]
    line = np.append(feeds, -1)[np.searchsorted(feeds, start) - 1] + 1
    end = np.append(feeds, len(texts.data))[np.searchsorted(feeds, stop)]
    first = begins[np.searchsorted(begins, start - AROUND)]
    last = stops[np.searchsorted(stops, stop + AROUND, "right") - 1]
    first = np.maximum(np.maximum(np.where(start - line <= AROUND, line, first), line), texts.offsets[text])
    last = np.minimum(np.minimum(np.where(end - stop <= AROUND, end, last), end), texts.offsets[text + 1])
    first, last = np.minimum(first, start), np.maximum(last, stop)
    for t, a, b, left, right in np.stack([here.target[chosen], start, stop, first, last], axis=1).tolist():
        kept.add(t, texts.data[left:right].tobytes(), a - left, b - left)


def _words(texts: TextColumn, found: words.Boundaries) -> Any:
    """The words of some texts, as an Arrow column."""
    row = np.repeat(np.arange(len(texts)), np.diff(found.ends))
    sizes = found.stops - found.starts
    ends = np.concatenate([np.zeros(1, np.int64), np.cumsum(sizes)])
    place = np.repeat(found.starts + texts.offsets[row] - ends[:-1], sizes) + np.arange(int(ends[-1]))
    buffers = [None, pa.py_buffer(ends), pa.py_buffer(np.ascontiguousarray(texts.data[place]))]
    return pa.Array.from_buffers(pa.large_string(), len(sizes), buffers)


class _Tally:
    """How often each word was seen; merged now and then, so that memory holds words and not their occurrences."""

    def __init__(self) -> None:
        self._parts: list[Any] = []
        self._rows = 0

    def add(self, column: Any) -> None:
        counts = pc.value_counts(column)
        self._parts.append(pa.table({"word": counts.field("values"), "count": counts.field("counts")}))
        self._rows += len(counts)
        if self._rows > _PENDING_WORDS:
            self._parts = [self._merged()]
            self._rows = 0

    def table(self) -> Any:
        return self._merged().sort_by([("count", "descending"), ("word", "ascending")])

    def _merged(self) -> Any:
        empty = pa.table({"word": pa.array([], pa.large_string()), "count": pa.array([], pa.int64())})
        merged = pa.concat_tables([empty, *self._parts]).group_by("word").aggregate([("count", "sum")])
        return merged.rename_columns({"count_sum": "count"})


def carriers(texts: list[str]) -> Iterator[tuple[str, int, int]]:
    """Each text in the neutral carrier, with its bytes there."""
    before, after = CARRIER.split("{term}")
    for text in texts:
        begin = len(before.encode())
        yield before + text + after, begin, begin + len(text.encode())


CARRIER: Final = "1 {term} 1"
"""What a term that does not occur stands in: behind a space, in the middle of a line, between digits of no language."""
