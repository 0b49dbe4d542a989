"""Count the pre-tokens of documents, over threads: whichever thread sees a document, the sum is the same."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ginbon.tokenizers.counts.counts import Counts
from ginbon.tokenizers.counts.pile import Pile, total
from ginbon.tokenizers.counts.runs import Bounds, Runs
from ginbon.tokenizers.patterns import GINBON
from ginbon.tokenizers.protocol import TextColumn
from ginbon.tokenizers.reading import Read
from ginbon.tokenizers.splitting import split

_PIECE_BYTES = 1 << 20
"""Text that is cut at once: where its pre-tokens begin takes eight times as much memory."""


class Counter:
    """Counts documents, batch by batch, into a pile; not for several threads at once."""

    def __init__(self, pattern: str = GINBON, pile: Pile | None = None) -> None:
        self.pattern = pattern
        self.pile = pile or Pile()

    def add(self, batch: pa.RecordBatch) -> None:
        """Count the documents of a batch of ``reading.SCHEMA``."""
        names = zip(batch["language"].to_pylist(), batch["source"].to_pylist(), strict=True)
        codes = np.array([self.pile.place(stratum) for stratum in names], np.int32)
        for first, n in _pieces(batch["text"]):
            texts = TextColumn(batch["text"].slice(first, n))
            found = split(texts, self.pattern)
            marks = np.repeat(codes[first : first + n], found.counts)
            self.pile.add(texts.data, found.stops, marks, np.ones(len(marks), np.uint64))

    def counts(self) -> Counts:
        """What was counted so far."""
        return replace(self.pile.rest(), pattern=self.pattern)


def _pieces(column: pa.Array) -> Iterator[tuple[int, int]]:
    """Rows of a column, first and number, of about ``_PIECE_BYTES`` together."""
    ends = np.cumsum(pc.binary_length(column).to_numpy(zero_copy_only=False).astype(np.int64))
    first = 0
    while first < len(ends):
        before = int(ends[first - 1]) if first else 0
        last = max(int(np.searchsorted(ends, before + _PIECE_BYTES, side="right")), first + 1)
        yield first, last - first
        first = last


def count(read: Read, *, pattern: str = GINBON, threads: int = 1, bounds: Bounds | None = None) -> Counts:
    """Pre-token counts of the documents that ``read`` gives, for each language and source.

    Memory follows the distinct pre-tokens, not the text: some 60 bytes for each and thread, and up to ``bounds``; what
    is more waits on the disk, and nothing is lost. Documents are read in this thread, and counted in ``threads``
    others.
    """
    return count_each(read, [pattern], threads=threads, bounds=bounds)[0]


def count_each(read: Read, patterns: Sequence[str], *, threads: int = 1, bounds: Bounds | None = None) -> list[Counts]:
    """The same by each of several split patterns: the documents are read once."""
    runs = [Runs(bounds) if bounds else None for _ in patterns]
    own = threading.local()
    counters: list[list[Counter]] = []

    def add(batch: pa.RecordBatch) -> None:
        if not hasattr(own, "counters"):
            tables = threads * len(patterns)
            own.counters = [Counter(each, Pile(of, tables=tables)) for each, of in zip(patterns, runs, strict=True)]
            counters.append(own.counters)
        for counter in own.counters:
            counter.add(batch)

    if threads == 1:
        for batch in read():
            add(batch)
    else:
        _over_threads(add, read, threads)
    if not counters:
        return [Counter(pattern).counts() for pattern in patterns]
    piles = [[counter.pile for counter in same] for same in zip(*counters, strict=True)]
    found = [total(same, of) for same, of in zip(piles, runs, strict=True)]
    return [replace(counts, pattern=pattern) for counts, pattern in zip(found, patterns, strict=True)]


def _over_threads(add: Callable[[pa.RecordBatch], None], read: Read, threads: int) -> None:
    with ThreadPoolExecutor(threads) as pool:
        pending: set[Future[None]] = set()
        for batch in read():
            if len(pending) > 2 * threads:  # what is read waits in memory
                done, pending = wait(pending, return_when=FIRST_COMPLETED)
                for future in done:
                    future.result()
            pending.add(pool.submit(add, batch))
        for future in pending:
            future.result()
