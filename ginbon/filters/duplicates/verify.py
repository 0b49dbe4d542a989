"""Clusters that are held together by true similarity: what the stage ``verify`` leaves of those that hashes joined.

Documents that share a band are candidates, and candidates of candidates come into one cluster. Here each document of a
cluster is compared with the cluster's leaders, by the Jaccard similarity of their sets of shingles:

1. Documents are taken in the order of a hash of their shingles, which no file order or numbering changes.
2. One that is similar to no leader before it, to the threshold or above, is a leader itself; another one is joined with
   all leaders that it is similar to.
3. Documents of equal exact hash, of one address, or of equal shingles are joined without a comparison.
4. What is joined, directly or through others, is a cluster; who is joined with no one is let go.

So each document that stays has one in its cluster that it is similar to. Two members of one leader at similarity t are
at 2t - 1 or above (1 - Jaccard is a metric, Lipkus 1999); members of leaders that a third one joins may be less.

A cluster with a document of an index stays as hashes joined it: that document's text is not here.

Limits: members are not compared with each other, so two that are similar may part where neither is similar to the
other's leader. Of a cluster with more than ``LOOKED_AT`` leaders, so many are looked at for each member, those with
which it shares its rarest shingles; so time follows the number of documents, whatever the clusters. Shingles of letters
(of texts that are shorter than a shingle of words) meet their like alone, as in sketches. In a run the texts are those
that it keeps, which have their personal data replaced.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ginbon.corpus import parquet
from ginbon.engine.parts import digest, read_parts
from ginbon.engine.stage import Result, Task, Work
from ginbon.filters.duplicates.forest import FOREST, ROWS, components
from ginbon.filters.duplicates.gather import MEMBER, distinct
from ginbon.filters.duplicates.hashing import Hashes
from ginbon.filters.duplicates.match import pairs_of
from ginbon.filters.duplicates.numbering import Numbers
from ginbon.filters.duplicates.sets import values_of
from ginbon.filters.duplicates.shuffle import join, read_range

VERIFIED: Final = "clusters/verified"


@dataclass(frozen=True)
class Effect:
    """What verification did: counts that add up over ranges, clusters with a document of an index left out.

    ``documents`` were in ``clusters_before``; ``compared`` pairs of them were compared; ``let_go`` are in no cluster
    any more; ``clusters`` are left. ``similar`` of those that stay were compared with a leader (or are equal to one),
    and ``similarity`` is the sum of their greatest Jaccard similarities with one, in millionths.
    """

    documents: int = 0
    clusters_before: int = 0
    compared: int = 0
    let_go: int = 0
    clusters: int = 0
    similar: int = 0
    similarity: int = 0

    def __add__(self, other: Effect) -> Effect:
        return Effect(*(a + b for a, b in zip(vars(self).values(), vars(other).values(), strict=True)))

    @property
    def mean(self) -> float | None:
        """The mean Jaccard similarity of those that stay with a leader of their cluster."""
        return round(self.similarity / self.similar / 1e6, 6) if self.similar else None

    def to_json(self) -> dict[str, Any]:
        """For people."""
        names = ("documents", "compared", "let_go", "clusters_before", "clusters")
        return {**{name: getattr(self, name) for name in names}, "mean_jaccard": self.mean}


@dataclass(frozen=True)
class Verified:
    """A forest: the documents that stay, by number, and the smallest of each one's cluster."""

    documents: Numbers
    firsts: Numbers
    effect: Effect


def verified(members: Iterable[pa.RecordBatch], threshold: float) -> Verified:
    """The clusters that hold at a threshold, of batches of ``MEMBER`` that hold whole clusters.

    Memory: 8 bytes for each shingle of the different texts, and up to as much again while they are compared.
    """
    from ginbon.filters.kernel.leaders import WHOLE

    table, sets = _read(members)
    numbers, clusters = (table.column(c).to_numpy() for c in ("document", "cluster"))
    known = pc.is_valid(table.column("name")).to_numpy(zero_copy_only=False)
    named, names = clusters[known], table.column("name").drop_null().to_numpy()
    order, fresh = distinct(named, names)  # equal sets are compared once
    of = np.empty(len(order), np.int64)
    of[order] = np.cumsum(fresh) - 1
    leaf = order[fresh]
    parent, likeness, compared = _compared(named[leaf], *sets.places(names[leaf]), sets.hashes, threshold)
    pairs = [pairs_of(parent[of].view(np.uint64), numbers[known])]
    for kind in ("exact", "url"):
        column = table.column(kind)
        some = pc.is_valid(column).to_numpy(zero_copy_only=False)
        pairs.append(pairs_of(column.drop_null().to_numpy(), numbers[some]))
    elsewhere = clusters < 0
    pairs.append(np.stack([clusters[elsewhere], numbers[elsewhere]], axis=1))
    documents, firsts = components(np.concatenate(pairs))
    alike = likeness[of[np.isin(numbers[known], documents)]]
    leaders = len(np.unique(of[np.isin(numbers[known], documents)][alike == WHOLE]))
    effect = Effect(
        documents=int((~elsewhere).sum()),
        clusters_before=len(np.unique(clusters[~elsewhere])),
        compared=compared,
        let_go=int((~elsewhere).sum() - (firsts >= 0).sum()),
        clusters=len(np.unique(firsts[firsts >= 0])),
        similar=len(alike) - leaders,
        similarity=int(alike.sum()) - leaders * WHOLE,
    )
    return Verified(documents, firsts, effect)


@dataclass(frozen=True)
class Sets:
    """Sets of hashes by name: that of ``names[i]`` (sorted) is ``hashes[starts[i]:stops[i]]``."""

    names: Hashes
    starts: Numbers
    stops: Numbers
    hashes: Hashes

    def places(self, names: Hashes) -> tuple[Numbers, Numbers]:
        """Where the sets of these names begin and end."""
        at = np.searchsorted(self.names, names)
        return self.starts[at], self.stops[at]


def _read(members: Iterable[pa.RecordBatch]) -> tuple[pa.Table, Sets]:
    """The columns of all members but their shingles, and the shingles of those that differ."""
    rows, hashes, names, sizes = [], [], np.empty(0, np.uint64), np.empty(0, np.int64)
    for batch in members:
        rows.append(batch.drop_columns(["shingles"]))
        sets, own = batch.column("shingles").drop_null(), batch.column("name")
        own = own.filter(pc.is_valid(batch.column("shingles"))).to_numpy()
        fresh = np.zeros(len(own), np.bool_)
        fresh[np.unique(own, return_index=True)[1]] = True
        fresh &= ~np.isin(own, names)
        ends, values = values_of(sets.filter(pa.array(fresh)))
        hashes.append(values[int(ends[0]) : int(ends[-1])])
        names, sizes = np.r_[names, own[fresh]], np.r_[sizes, np.diff(ends)]
    stops, order = np.cumsum(sizes), np.argsort(names)
    schema = pa.schema([f for f in MEMBER if f.name != "shingles"])
    table = pa.Table.from_batches(rows, schema).combine_chunks()
    return table, Sets(names[order], (stops - sizes)[order], stops[order], join(hashes, np.uint64))


def _compared(
    clusters: Numbers, starts: Numbers, stops: Numbers, hashes: Hashes, threshold: float
) -> tuple[Numbers, Numbers, int]:
    """Of sets in the order of their clusters: the smallest that each is joined with, how similar it is to a leader
    (in millionths), and how many pairs were compared.
    """
    from ginbon.filters.kernel import leaders
    from ginbon.filters.kernel.forest import flatten

    least = round(threshold * leaders.WHOLE)  # machines may differ in the last digit of a float
    ends = np.r_[np.flatnonzero(np.diff(clusters, prepend=-1)), len(clusters)]
    sizes = stops - starts
    parent, likeness = np.arange(len(sizes)), np.empty(len(sizes), np.int64)
    if not len(sizes):
        return parent, likeness, 0
    listed = sizes - -(-sizes * least // leaders.WHOLE) + 1
    places = min(int(np.add.reduceat(sizes, ends[:-1]).max()), leaders.TABLE)
    compared = leaders.lead(
        ends,
        starts,
        stops,
        hashes,
        least,
        np.empty((2, 1 << (places - 1).bit_length()), np.int32),
        np.empty((3, int(np.add.reduceat(listed, ends[:-1]).max())), np.int32),
        np.full(len(sizes), -1, np.int32),
        np.empty(leaders.BUCKETS + 1, np.int64),
        np.empty(int(sizes.max()), np.uint64),
        parent,
        likeness,
    )
    flatten(parent)
    return parent, likeness, int(compared)


@dataclass(frozen=True)
class Verify:
    """The stage ``verify``, a task for each range of clusters; it has no task where there is no ``threshold``."""

    threshold: float | None
    name: str = "verify"
    outputs: tuple[str, ...] = (VERIFIED,)

    def fingerprint(self) -> dict[str, Any]:
        """The threshold."""
        return {"revision": 1, "threshold": self.threshold}

    def tasks(self, folder: Path) -> list[Task]:
        """As many as there are ranges."""
        groups = read_parts(folder, "gather")
        if self.threshold is None or not groups:
            return []
        number = len(groups[0].facts["counts"])
        inputs = {"gathered": digest([p.digest for p in groups])}
        size = sum(f.bytes for p in groups for f in p.files)
        return [Task(f"range-{i:05d}", inputs, {"range": i}, size=size // number) for i in range(number)]

    def run(self, task: Task, work: Work) -> Result:
        """Write the forest of one range."""

        def batches() -> Iterator[pa.RecordBatch]:
            for batch in read_range(work.folder, "gather", task.arguments["range"]):
                yield batch
                work.advance(documents=batch.num_rows, bytes=batch.nbytes)

        assert self.threshold is not None
        found = verified(batches(), self.threshold)
        columns = [pa.array(found.documents), pa.array(found.firsts)]
        with work.write(f"{VERIFIED}/{task.key}.parquet") as file, parquet.Writer(file, FOREST, rows=ROWS) as writer:
            writer.write(pa.RecordBatch.from_arrays(columns, schema=FOREST))
        return Result(facts=vars(found.effect))


def effect(folder: Path) -> Effect | None:
    """What the stage did in a run; None where it was not asked for."""
    parts = read_parts(folder, "verify")
    return sum((Effect(**p.facts) for p in parts), Effect()) if parts else None
