"""A sample of the kept text: balanced over languages and sources, the same however the documents are cut into files.

Documents are taken in the order of a hash of their identity, so that a document's place depends on nothing but
itself. The budget is shared equally over the languages, and within one equally over its sources; what a small one
leaves is shared among the others. The last document of a source that does not fit whole is cut at a space or line end,
so that the sample has at most ``sample_bytes`` bytes.

The documents are read twice: once for hashes and sizes, once for the text. Between, a hash and a size are held for
the documents that may still be chosen: at most about twice the budget of each source, whatever is read.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from ginbon.tokenizers.reading import Read

Hashes = NDArray[np.uint64]
Stratum = tuple[str, str]
"""Language and source: what the sample is balanced over."""

_TRIM_ROWS: Final = 4_096


@dataclass(frozen=True)
class Share:
    """What is taken of one language and source.

    Documents whose hash is below ``limit`` are taken whole, and the first ``cut_bytes`` of the one that has it.
    ``documents`` and ``bytes`` are what there is.
    """

    documents: int
    bytes: int
    limit: int
    cut_bytes: int


@dataclass(frozen=True)
class Sample:
    """A chosen sample: read it with ``texts``."""

    seed: int
    shares: Mapping[Stratum, Share]

    def texts(self, read: Read) -> Iterator[list[tuple[str, str]]]:
        """Batches of (language, text) that were chosen, in the order they are read."""
        for batch in read():
            hashes = identity_hashes(batch["id"], self.seed)
            rows = zip(batch["language"].to_pylist(), batch["source"].to_pylist(), strict=True)
            chosen: list[tuple[str, str]] = []
            for i, stratum in enumerate(rows):
                share = self.shares.get(stratum)
                if share is None or hashes[i] > share.limit:
                    continue
                text = batch["text"][i].as_py()
                if hashes[i] == share.limit:
                    text = cut(text, share.cut_bytes)
                if text:
                    chosen.append((stratum[0], text))
            if chosen:
                yield chosen


@dataclass
class _Pool:
    """The documents of one stratum that may still be chosen."""

    documents: int = 0
    bytes: int = 0
    ceiling: int = 2**64 - 1
    hashes: list[Hashes] = field(default_factory=list)
    sizes: list[NDArray[np.int64]] = field(default_factory=list)
    pending: int = 0

    def add(self, hashes: Hashes, sizes: NDArray[np.int64], budget: int) -> None:
        self.documents += len(hashes)
        self.bytes += int(sizes.sum())
        near = hashes <= np.uint64(self.ceiling)
        self.hashes.append(hashes[near])
        self.sizes.append(sizes[near])
        self.pending += int(near.sum())
        if self.pending > _TRIM_ROWS:
            self.trim(budget)

    def trim(self, budget: int) -> None:
        """Forget the documents that can no longer be chosen, and sort the others by hash."""
        hashes, sizes = np.concatenate(self.hashes), np.concatenate(self.sizes)
        order = np.lexsort((sizes, hashes))
        hashes, sizes = hashes[order], sizes[order]
        keep = (
            int(np.searchsorted(np.cumsum(sizes), budget, side="right")) + 1
        )  # with the first that does not fit whole
        if keep < len(hashes):
            self.ceiling = int(hashes[keep - 1])
        self.hashes, self.sizes, self.pending = [hashes[:keep]], [sizes[:keep]], 0

    def share(self, budget: int) -> Share:
        """What ``budget`` bytes buy here."""
        if self.bytes <= budget or not self.hashes:
            return Share(self.documents, self.bytes, 2**64, 0)
        self.trim(budget)
        ends = np.cumsum(self.sizes[0])
        last = int(np.searchsorted(ends, budget, side="right"))
        before = int(ends[last - 1]) if last else 0
        return Share(self.documents, self.bytes, int(self.hashes[0][last]), budget - before)


def choose(read: Read, *, sample_bytes: int, seed: int, each_language: bool = False) -> Sample:
    """Choose at most ``sample_bytes`` bytes of the documents that ``read`` gives; all of them where they fit.

    With ``each_language`` that is the budget of each language rather than of all together.
    """
    pools: dict[Stratum, _Pool] = {}
    for batch in read():
        hashes = identity_hashes(batch["id"], seed)
        sizes = pc.binary_length(batch["text"]).to_numpy(zero_copy_only=False).astype(np.int64)
        for stratum, rows in _strata(batch).items():
            pools.setdefault(stratum, _Pool()).add(hashes[rows], sizes[rows], sample_bytes)
    budgets = _budgets({s: pool.bytes for s, pool in pools.items()}, sample_bytes, each_language=each_language)
    return Sample(seed, {stratum: pools[stratum].share(budgets[stratum]) for stratum in sorted(pools)})


def _strata(batch: pa.RecordBatch) -> dict[Stratum, NDArray[np.int64]]:
    """Rows of each (language, source) of a batch."""
    rows: dict[Stratum, list[int]] = {}
    for i, stratum in enumerate(zip(batch["language"].to_pylist(), batch["source"].to_pylist(), strict=True)):
        rows.setdefault(stratum, []).append(i)
    return {stratum: np.array(r, np.int64) for stratum, r in rows.items()}


def _budgets(there: Mapping[Stratum, int], sample_bytes: int, *, each_language: bool) -> dict[Stratum, int]:
    """Bytes for each language and source: equal over languages, then over the sources of each."""
    languages: dict[str, dict[str, int]] = {}
    for (language, source), size in there.items():
        languages.setdefault(language, {})[source] = size
    totals = {language: sum(sources.values()) for language, sources in languages.items()}
    shares = {n: min(t, sample_bytes) for n, t in totals.items()} if each_language else level(totals, sample_bytes)
    return {
        (language, source): size
        for language, sources in languages.items()
        for source, size in level(sources, shares[language]).items()
    }


def level(there: Mapping[str, int], budget: int) -> dict[str, int]:
    """Share a budget equally among names, none getting more than is there; what is left goes to the others."""
    shares: dict[str, int] = {}
    left = budget
    for n, (size, name) in enumerate(sorted((size, name) for name, size in there.items())):
        shares[name] = min(size, left // (len(there) - n))
        left -= shares[name]
    return shares


def identity_hashes(ids: pa.Array, seed: int) -> Hashes:
    """64 bits (BLAKE2b, keyed by the seed) of each identity."""
    key = seed.to_bytes(8, "little")
    digests = [hashlib.blake2b(i.encode("utf-8", "replace"), digest_size=8, key=key).digest() for i in ids.to_pylist()]
    return np.frombuffer(b"".join(digests), "<u8").astype(np.uint64)


def cut(text: str, size: int) -> str:
    """The beginning of a text, at most ``size`` bytes, ending after a space or line end where there is one."""
    raw = text.encode()
    if len(raw) <= size:
        return text
    whole = raw[:size].decode("utf-8", "ignore")
    blank = max(whole.rfind(" "), whole.rfind("\n"))
    return whole[: blank + 1] if blank >= 0 else whole
