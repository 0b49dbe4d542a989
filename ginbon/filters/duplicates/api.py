"""Copies among texts in memory: for notebooks, and for those who want nothing but this.

A run does the same out of core (``shuffle``, ``match``, ``join``, ``cluster``, ``rank``, ``choose``), with the same
sketches.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from ginbon.corpus import texts
from ginbon.corpus.texts import Texts
from ginbon.errors import UserError
from ginbon.filters import _segment
from ginbon.filters.duplicates import sketch
from ginbon.filters.duplicates.best import best_of, rules_of
from ginbon.filters.duplicates.forest import components
from ginbon.filters.duplicates.gather import links_of, members_of
from ginbon.filters.duplicates.match import pairs_of
from ginbon.filters.duplicates.shuffle import Keys, join
from ginbon.filters.duplicates.sketch import Near, Words
from ginbon.filters.duplicates.verify import verified

BATCH_BYTES: Final = 4 * 2**20
_FEW: Final = 4096


@dataclass(frozen=True)
class Copies:
    """What was found, row for row of what was given.

    ``keep`` (bool): whether the row is the best of its cluster. ``cluster`` (int64): the first row of its cluster, its
    own where it has no copy. ``cluster_size`` (int32): the cluster's rows. ``duplicate_of`` (int64): the row that is
    kept in its place, null where it is kept itself. ``rule`` (string): ``exact-duplicate``, ``same-url`` or
    ``near-duplicate`` of that one, null where it is kept.
    """

    keep: pa.Array
    cluster: pa.Array
    cluster_size: pa.Array
    duplicate_of: pa.Array
    rule: pa.Array


def deduplicate(
    documents: pa.Table | pa.RecordBatch | pa.Array | pa.ChunkedArray | Iterable[str | None],
    *,
    text: str = "text",
    url: str | None = None,
    prefer: tuple[str, ...] = (),
    exact: bool = True,
    near: Near | None = sketch.USUAL,
    words: Words = "unicode",
    verify: float | None = None,
    threads: int = 1,
) -> Copies:
    """Find the copies among documents, and the best of each cluster.

    ``documents`` is a table whose column ``text`` holds the texts, an array of texts, or any iterable of them (which
    then is all held). ``url`` names a column of addresses: rows with one address are copies too. ``prefer`` names
    columns of numbers or times in the order in which they decide which copy is best, the greatest first (``-size`` for
    the smallest first); then the longest text is, then the first row. ``near`` None looks for equal texts only.
    ``words`` says how shingles are cut. ``verify`` is a Jaccard similarity in (0, 1] that holds clusters together:
    texts are compared by their shingles, as ``duplicates.verify`` says. Null texts and those without a word have no
    copies. Same result whatever the threads. Memory: some 150 bytes a document beside the texts.
    """
    table = _table(documents, text)
    columns = [text, *([url] if url else []), *(name.removeprefix("-") for name in prefer)]
    if missing := [name for name in columns if name not in table.column_names]:
        raise UserError(f"there is no column {', '.join(missing)}; there are: {', '.join(table.column_names)}")
    if verify is not None and not 0 < verify <= 1:
        raise UserError(f"verify is a Jaccard similarity above 0, and 1 at most; found {verify}")
    keys = Keys(exact=exact, bands=near.bands if near else 0, url=url is not None)
    sketches = _sketches(table, text, url, near or sketch.USUAL, words, threads)
    numbers, clusters = components(_pairs(sketches, keys))
    if verify is not None and near is not None:
        numbers, clusters = _verified(table.column(text), sketches, numbers, clusters, verify, near, words, keys)
    return _settle(table, text, prefer, sketches, numbers, clusters)


def sketch_texts(documents: pa.Array, near: Near = sketch.USUAL, *, words: Words = "unicode") -> pa.RecordBatch:
    """The sketches of an array of texts: ``sketch/exact`` and ``sketch/bands``."""
    held = _segment.buffers(documents)
    found = sketch.hashes_of_words(held, near) if words == "spaces" else _hashes(held, near)
    return pa.RecordBatch.from_pydict(found.columns())


def _hashes(held: Texts, near: Near) -> sketch.Hashes:
    words = _segment.find_words(held)
    found = sketch.hashes_of(held, words, near)
    if len(strange := words.loose):
        array = texts.array(held.data, held.offsets).take(pa.array(strange))
        composed = pc.utf8_normalize(array, "NFC")
        if len(changed := np.flatnonzero(pc.not_equal(array, composed).to_numpy(zero_copy_only=False))):
            found.replace(strange[changed], _hashes(_segment.buffers(composed.take(pa.array(changed))), near))
    return found


def _table(documents: Any, text: str) -> pa.Table:
    if isinstance(documents, pa.Table):
        return documents
    if isinstance(documents, pa.RecordBatch):
        return pa.Table.from_batches([documents])
    if isinstance(documents, pa.Array | pa.ChunkedArray):
        return pa.table({text: documents})
    given = iter(documents)
    chunks = []
    while some := list(islice(given, _FEW)):
        chunks.append(pa.array(some, pa.large_string()))
    return pa.table({text: pa.chunked_array(chunks, pa.large_string())})


def _sketches(
    table: pa.Table, text: str, url: str | None, near: Near, words: Words, threads: int
) -> list[pa.RecordBatch]:
    """Sketches of batches of a few megabytes, in order."""

    def one(batch: pa.RecordBatch) -> pa.RecordBatch:
        found = sketch_texts(batch.column(text), near, words=words)
        return found if url is None else found.append_column(sketch.URL, sketch.url_hashes(batch.column(url)))

    with ThreadPoolExecutor(threads) as pool:  # kernels run without the interpreter's lock
        return list(pool.map(one, _batches(table.select([text] if url is None else [text, url]), text)))


def _batches(table: pa.Table, text: str) -> Iterator[pa.RecordBatch]:
    for batch in table.to_batches():
        sizes = np.cumsum(pc.fill_null(pc.binary_length(batch.column(text)), 0).to_numpy(zero_copy_only=False))
        start = 0
        while start < batch.num_rows:
            before = int(sizes[start - 1]) if start else 0
            stop = max(start + 1, int(np.searchsorted(sizes, before + BATCH_BYTES, "right")))
            yield batch.slice(start, stop - start)
            start = stop


def _pairs(sketches: list[pa.RecordBatch], keys: Keys) -> npt.NDArray[np.int64]:
    """Rows that share a hash. One kind of hash after another: to sort a fifteenth at a time takes half as long."""
    kinds: list[tuple[list[Any], list[Any]]] = [([], []) for _ in range(len(keys))]
    first = 0
    for batch in sketches:
        rows = np.arange(first, first + batch.num_rows)
        for (hashes, numbers), (h, n) in zip(kinds, keys.of_batch(batch, rows), strict=True):
            hashes.append(h)
            numbers.append(n)
        first += batch.num_rows
    pairs = (pairs_of(join(hashes, np.uint64), join(numbers, np.int64)) for hashes, numbers in kinds)
    return np.concatenate([np.empty((0, 2), np.int64), *pairs])


def _verified(
    texts: pa.ChunkedArray,
    sketches: list[pa.RecordBatch],
    numbers: npt.NDArray[np.int64],
    clusters: npt.NDArray[np.int64],
    verify: float,
    near: Near,
    words: Words,
    keys: Keys,
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """The clusters that hold at that similarity."""
    hashes = pa.Table.from_batches(sketches).take(pa.array(numbers)).combine_chunks()
    members, first = [], 0
    for batch in _batches(pa.table({"text": texts.take(pa.array(numbers))}), "text"):
        rows = slice(first, first + batch.num_rows)
        links = links_of(hashes.slice(first, batch.num_rows).to_batches()[0], keys)
        members.append(members_of(numbers[rows], clusters[rows], batch.column("text"), links, near, words))
        first += batch.num_rows
    found = verified(members, verify)
    return found.documents, found.firsts


def _settle(
    table: pa.Table,
    text: str,
    prefer: tuple[str, ...],
    sketches: list[pa.RecordBatch],
    numbers: npt.NDArray[np.int64],
    clusters: npt.NDArray[np.int64],
) -> Copies:
    """Choose the best of each cluster, and say it of every row."""
    n = table.num_rows
    sizes = pc.fill_null(pc.binary_length(table.column(text)), 0).to_numpy()[numbers]  # their texts are not copied
    members = table.select(list(dict.fromkeys(name.removeprefix("-") for name in prefer)))
    ranks = [_rank(members.take(pa.array(numbers)), name) for name in prefer]
    at, _ = best_of(clusters, [*ranks, -sizes], numbers)
    best = numbers[at]
    count = np.bincount(clusters)[clusters].astype(np.int32) if len(clusters) else clusters
    lost = best != numbers
    keep, cluster, size = np.ones(n, np.bool_), np.arange(n), np.ones(n, np.int32)
    keep[numbers[lost]], cluster[numbers], size[numbers] = False, clusters, count
    instead, rule = np.zeros(n, np.int64), np.full(n, None, object)
    instead[numbers[lost]] = best[lost]
    if lost.any():
        rule[numbers[lost]] = rules_of(pa.Table.from_batches(sketches), numbers[lost], best[lost])
    return Copies(
        pa.array(keep), pa.array(cluster), pa.array(size), pa.array(instead, mask=keep), pa.array(rule, pa.string())
    )


def _rank(members: pa.Table, name: str) -> Any:
    """The members' places in that column, the best first; those that have no value come last."""
    how: Any = "ascending" if name.startswith("-") else "descending"
    column = members.column(name.removeprefix("-"))
    return pc.rank(column, sort_keys=how, tiebreaker="min").to_numpy()
