"""Which document of each cluster stays: a task chooses among the members of one range of clusters.

What it finds is written by groups of document parts, so that who goes on with a part reads no other's.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ginbon.corpus import schema
from ginbon.engine.parts import digest, read_parts
from ginbon.engine.stage import Result, Task, Work
from ginbon.filters.duplicates.best import IN_INDEX, best_of, rules_of
from ginbon.filters.duplicates.index import Known, ids_in
from ginbon.filters.duplicates.numbering import DocumentPart, Numbers, document_parts
from ginbon.filters.duplicates.rank import KEY, groups_of
from ginbon.filters.duplicates.shuffle import read_range, write_ranges

CHOSEN: Final = "clusters/chosen"

CHOICE: Final = pa.schema(
    [
        ("document", pa.int64()),
        ("kept", pa.bool_()),  # by the rules
        ("survives", pa.bool_()),
        ("survivor", pa.string()),  # who stays, maybe in another corpus; null where the rules keep no member
        ("rule", schema.LABEL),  # what makes it a copy of that one
        ("cluster", pa.string()),  # the smallest name in the cluster
        ("cluster_size", pa.int32()),
    ]
)


def choose(candidates: pa.Table, known: Mapping[int, str] = MappingProxyType({})) -> pa.Table:
    """Choose the survivor of each cluster: kept by the rules, then by the keys in their order, then the smallest name.

    ``candidates`` are whole clusters, as ``rank.candidate`` says; the answer has a row of ``CHOICE`` for each, in their
    order. ``known`` are the names of documents of other corpora, by the negative numbers that their clusters have:
    nothing survives beside one.
    """
    clusters = candidates.column("cluster").to_numpy()
    names = candidates.column("name").combine_chunks()
    kept = candidates.column("kept").to_numpy().astype(bool)
    keys = [candidates.column(n).to_numpy() for n in candidates.column_names if n.startswith(KEY)]
    best, lowest = best_of(clusters, [~kept, *keys], _places(names))
    elsewhere = clusters < 0
    rule = rules_of(candidates, np.arange(len(clusters)), best)
    rule[elsewhere] = IN_INDEX
    survivor = names.take(pa.array(best, mask=~kept[best]))
    theirs = pa.array([known[number] for number in clusters[elsewhere].tolist()], pa.string())
    size = np.bincount(lowest, minlength=len(clusters))[lowest].astype(np.int32)
    columns = [
        candidates.column("document"),
        pa.array(kept),
        pa.array((best == np.arange(len(clusters))) & kept & ~elsewhere),
        pc.replace_with_mask(survivor, pa.array(elsewhere), theirs),
        pa.array(rule, pa.string()).dictionary_encode().cast(schema.LABEL),
        names.take(pa.array(lowest)),
        pa.array(size),
    ]
    return pa.table(columns, schema=CHOICE)


def _places(names: pa.Array) -> Numbers:
    """Names as numbers of the same order."""
    places = np.empty(len(names), np.int64)
    places[pc.sort_indices(names).to_numpy()] = np.arange(len(names))
    return places


@dataclass(frozen=True)
class Choose:
    """The stage ``choose``. Its tasks' facts have the number of clusters by size, and of documents that others stand
    for, by language and rule.
    """

    against: tuple[Known, ...] = ()
    name: str = "choose"
    outputs: tuple[str, ...] = (CHOSEN,)

    def fingerprint(self) -> dict[str, Any]:
        """Nothing but who is ranked decides."""
        return {"revision": 2}

    def tasks(self, folder: Path) -> list[Task]:
        """A task for each range of clusters."""
        ranked, parts = read_parts(folder, "rank"), document_parts(folder)
        number = len(ranked[0].facts["counts"]) if ranked else 0
        inputs = {"ranked": digest([p.digest for p in ranked])}
        if self.against:
            inputs["against"] = digest([known.digest for known in self.against])
        firsts = {part.language: part.first for part in reversed(parts)}
        arguments = {"groups": [group[0].first for group in groups_of(parts)], "languages": firsts}
        size = sum(f.bytes for p in ranked for f in p.files)
        return [Task(f"range-{i:05d}", inputs, {"range": i, **arguments}, size=size // number) for i in range(number)]

    def run(self, task: Task, work: Work) -> Result:
        """Write what is chosen of one range, by groups of parts."""
        chosen = self._choose(work.folder, task.arguments["range"])
        documents = chosen.column("document").to_numpy()
        groups = task.arguments["groups"]
        counts = np.bincount(np.searchsorted(groups, documents, "right") - 1, minlength=len(groups))
        write_ranges(work, f"{CHOSEN}/{task.key}.parquet", chosen, np.argsort(documents), counts)
        work.advance(documents=len(documents), bytes=task.size)
        facts = {"clusters": _sizes(chosen), "lost": _lost(chosen, task.arguments["languages"])}
        return Result(facts={"counts": counts.tolist(), **facts})

    def _choose(self, folder: Path, index: int) -> pa.Table:
        """What is chosen of one range."""
        batches = list(read_range(folder, "rank", index))
        if not batches:
            return CHOICE.empty_table()
        candidates = pa.Table.from_batches(batches).combine_chunks()
        batches.clear()  # they were copied
        clusters = candidates.column("cluster").to_numpy()
        return choose(candidates, ids_in(self.against, clusters[clusters < 0]))


def _sizes(chosen: pa.Table) -> dict[str, int]:
    """How many clusters there are of each size, by powers of two."""
    members = np.bincount(chosen.column("cluster_size").to_numpy())
    sizes = np.flatnonzero(members)
    low = 2 ** np.floor(np.log2(sizes)).astype(np.int64)
    return {str(s): int((members[sizes] // sizes)[low == s].sum()) for s in np.unique(low).tolist()}


def _lost(chosen: pa.Table, firsts: Mapping[str, int]) -> dict[str, dict[str, int]]:
    """By language and rule, how many documents are kept by the rules and have another one stand for them."""
    lost = chosen.filter(pc.and_not(chosen.column("kept"), chosen.column("survives")))
    order = sorted(firsts, key=firsts.__getitem__)
    of = np.searchsorted([firsts[language] for language in order], lost.column("document").to_numpy(), "right") - 1
    found: dict[str, dict[str, int]] = {}
    rules = lost.column("rule").cast(pa.string())
    for place in np.unique(of).tolist():
        counts = pc.value_counts(rules.filter(pa.array(of == place))).to_pylist()
        found[order[place]] = {c["values"]: c["counts"] for c in sorted(counts, key=lambda c: c["values"])}
    return found


def lost_of(folder: Path) -> dict[str, dict[str, int]]:
    """What ``choose`` left out in all, by language and rule."""
    found: dict[str, dict[str, int]] = {}
    for part in read_parts(folder, "choose"):
        for language, rules in part.facts["lost"].items():
            of = found.setdefault(language, {})
            for rule, number in rules.items():
                of[rule] = of.get(rule, 0) + number
    return {language: dict(sorted(rules.items())) for language, rules in found.items()}


def cluster_sizes(folder: Path) -> dict[str, int]:
    """Clusters of copies by size: the powers of two that a size reaches -> clusters."""
    found: dict[int, int] = {}
    for part in read_parts(folder, "choose"):
        for size, number in part.facts["clusters"].items():
            found[int(size)] = found.get(int(size), 0) + number
    return {str(size): found[size] for size in sorted(found)}


@dataclass(frozen=True)
class Chosen:
    """What was chosen of the documents of some parts: rows of ``CHOICE`` by document."""

    rows: pa.Table
    documents: Numbers

    @classmethod
    def of_group(cls, folder: Path, group: int) -> Chosen:
        """Of one group of ``rank.groups_of``."""
        table = pa.Table.from_batches(read_range(folder, "choose", group), CHOICE).combine_chunks()
        return cls.of(table.take(pa.array(np.argsort(table.column("document").to_numpy()))).combine_chunks())

    @classmethod
    def of(cls, rows: pa.Table) -> Chosen:
        """Of rows in the order of their documents."""
        return cls(rows, rows.column("document").to_numpy())

    def part(self, part: DocumentPart) -> tuple[Numbers, pa.Table]:
        """Of the documents of a part that are in clusters: their rows in it, and what was chosen of each."""
        low, high = np.searchsorted(self.documents, [part.first, part.first + part.rows]).tolist()
        return self.documents[low:high] - part.first, self.rows.slice(low, high - low)
