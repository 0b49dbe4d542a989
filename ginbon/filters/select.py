"""The fate of every document: the best copy of a cluster stays, a share of clusters is held out, shards are planned.

No text is opened. One task sees the whole corpus, but only as small columns, a part at a time; what it holds at once
are the documents that have near-copies.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from ginbon.corpus import parquet, schema
from ginbon.engine.ledger import Entry, Flow
from ginbon.engine.parts import digest, read_parts
from ginbon.engine.stage import Result, Task, Work
from ginbon.filters.decide import VERDICTS
from ginbon.filters.duplicates.best import RULES
from ginbon.filters.duplicates.cluster import cluster_parts
from ginbon.filters.duplicates.hashing import splitmix
from ginbon.filters.duplicates.index import Known
from ginbon.filters.duplicates.members import Members, Preference, read_members, words_of_ids
from ginbon.filters.duplicates.numbering import DocumentPart, document_parts
from ginbon.filters.shards import Cutter, Shard

FATES: Final = "fates"
SHARDS: Final = "shards.json"
TRAIN: Final = "train"
HELD_OUT: Final = "held_out"

FATE: Final = pa.schema(
    [
        ("fate", schema.LABEL),  # kept | dropped | duplicate
        ("rule", schema.LABEL),
        ("value", pa.float64()),
        ("threshold", pa.float64()),
        ("reasons", pa.list_(schema.REASON)),
        ("duplicate_of", pa.string()),
        ("cluster", pa.string()),
        ("cluster_size", pa.int32()),
        ("split", schema.LABEL),
        ("text_bytes", pa.int64()),
        ("words", pa.int64()),
    ]
)

USUAL_PREFERENCE: Final = Preference()

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Select:
    """The stage ``select``.

    ``held_out_share`` of the clusters is held out, and in each language enough for about ``held_out_documents`` (but
    never more than a tenth). ``preference`` says which copy stays. A shard closes before it would pass ``shard_bytes``
    of text.
    """

    held_out_share: float
    held_out_documents: int
    shard_bytes: int
    preference: Preference = USUAL_PREFERENCE
    against: tuple[Known, ...] = ()
    seed: int = 1
    name: str = "select"
    outputs: tuple[str, ...] = (FATES,)

    def fingerprint(self) -> dict[str, Any]:
        """Preference, held-out share, shard size."""
        return {
            "revision": 2,
            "prefer": self.preference.to_json(),
            "held_out": {"share": self.held_out_share, "documents": self.held_out_documents},
            "shard_bytes": self.shard_bytes,
            "seed": self.seed,
        }

    def tasks(self, folder: Path) -> list[Task]:
        """One task over all verdicts and clusters."""
        verdicts, clusters = read_parts(folder, "decide"), cluster_parts(folder)
        inputs = {"verdicts": digest([p.digest for p in verdicts]), "clusters": digest([p.digest for p in clusters])}
        inputs["documents"] = digest([p.digest for p in read_parts(folder, "collect")])
        return [Task("fates", inputs, size=sum(f.bytes for p in verdicts for f in p.files))]

    def run(self, task: Task, work: Work) -> Result:
        """Write a fate for each document, and the plan of the shards."""
        parts = document_parts(work.folder)
        members = read_members(work.folder, parts, self.preference, against=self.against)
        shares = self._shares(work.folder, parts, members)
        entries, shards = [], []
        for language in sorted({p.language for p in parts}):
            cutters = {kind: Cutter(language, kind, self.shard_bytes) for kind in (TRAIN, HELD_OUT, "excluded")}
            for part in (p for p in parts if p.language == language):
                fates = self._fates(work.folder, part, members, shares[language])
                with work.write(f"{FATES}/{part.name}.parquet") as file, parquet.Writer(file, FATE) as writer:
                    writer.write(fates)
                _cut(cutters, part, fates)
                entries.append(_entry(part, fates))
                work.advance(documents=part.rows)
            shards += [shard for cutter in cutters.values() for shard in cutter.close()]
        work.write_json(SHARDS, {"version": 1, "shards": [s.to_json() for s in shards]})
        return Result(tuple(entries), {"clusters": members.facts(), "shards": len(shards)})

    def _shares(self, folder: Path, parts: list[DocumentPart], members: Members) -> dict[str, float]:
        """The share to hold out in each language."""
        stay: dict[str, int] = {}
        for part in parts:
            kept = _verdicts(folder, part, ["kept"]).column("kept").to_numpy(zero_copy_only=False)
            rows = members.rows(part)
            survivors = kept.copy()
            survivors[members.numbers[rows] - part.first] = members.survives[rows]
            stay[part.language] = stay.get(part.language, 0) + int(survivors.sum())
        return {
            language: max(self.held_out_share, min(0.1, self.held_out_documents / max(1, n)))
            for language, n in stay.items()
        }

    def _fates(self, folder: Path, part: DocumentPart, members: Members, share: float) -> pa.RecordBatch:
        verdict = _verdicts(folder, part)
        rows = members.rows(part)
        at = members.numbers[rows] - part.first
        kept = verdict.column("kept").to_numpy(zero_copy_only=False).copy()
        loses = kept[at] & ~members.survives[rows]
        fate = np.where(kept, "kept", "dropped").astype(object)
        fate[at[loses]] = "duplicate"
        ids = parquet.read_table(folder / part.file("documents").path, ["id"]).column("id").combine_chunks()
        luck = splitmix(words_of_ids(ids), self.seed)
        luck[at] = splitmix(members.smallest[rows], self.seed)
        stays = fate == "kept"
        split = np.where(luck < np.uint64(int(share * 2**64)), HELD_OUT, TRAIN)
        rule, value, threshold = _first_reasons(verdict.column("reasons"))
        rule[at[loses]] = members.rule[rows][loses]
        sizes = np.ones(part.rows, np.int32)
        sizes[at] = members.size[rows]
        columns = {
            "fate": pa.array(fate, pa.string()),
            "rule": pa.array(rule, pa.string()),
            "value": pa.array(value, pa.float64(), from_pandas=True),
            "threshold": pa.array(threshold, pa.float64(), from_pandas=True),
            "reasons": verdict.column("reasons"),
            "duplicate_of": _scatter(part.rows, at[loses], members.survivor[rows][loses]),
            "cluster": _scatter(part.rows, at, members.name[rows]),
            "cluster_size": pa.array(sizes),
            "split": pa.array(split, pa.string(), mask=~stays),
            "text_bytes": verdict.column("text_bytes"),
            "words": verdict.column("words"),
        }
        return parquet.conform(pa.RecordBatch.from_pydict(columns), FATE)


def _verdicts(folder: Path, part: DocumentPart, columns: list[str] | None = None) -> pa.RecordBatch:
    table = parquet.read_table(folder / VERDICTS / f"{part.name}.parquet", columns)
    return pa.RecordBatch.from_arrays([c.combine_chunks() for c in table.columns], names=table.column_names)


def _first_reasons(reasons: pa.Array) -> tuple[npt.NDArray[Any], Floats, Floats]:
    """Rule (None where there is none), value and threshold (NaN) of the first reason of each row."""
    n = len(reasons)
    some = pc.greater(pc.list_value_length(reasons), 0).to_numpy(zero_copy_only=False)
    first = pc.list_element(reasons.filter(pa.array(some)), 0)
    rule, value, threshold = np.full(n, None, object), np.full(n, np.nan), np.full(n, np.nan)
    rule[some] = pc.struct_field(first, "rule").to_numpy(zero_copy_only=False)
    value[some] = pc.struct_field(first, "value").to_numpy(zero_copy_only=False)
    threshold[some] = pc.struct_field(first, "threshold").to_numpy(zero_copy_only=False)
    return rule, value, threshold


def _scatter(n: int, at: npt.NDArray[np.int64], values: npt.NDArray[Any]) -> pa.Array:
    """Texts at some of ``n`` rows, null elsewhere."""
    made = np.full(n, None, object)
    made[at] = values.astype(str)
    return pa.array(made, pa.string())


def _cut(cutters: dict[str, Cutter], part: DocumentPart, fates: pa.RecordBatch) -> None:
    split = fates.column("split").dictionary_decode()
    sizes = fates.column("text_bytes").to_numpy()
    words = fates.column("words").to_numpy()
    for kind, cutter in cutters.items():
        wanted = pc.is_null(split) if kind == "excluded" else pc.fill_null(pc.equal(split, kind), False)
        rows = np.flatnonzero(wanted.to_numpy(zero_copy_only=False))
        cutter.feed(part.key, rows, sizes[rows], words[rows])


def _entry(part: DocumentPart, fates: pa.RecordBatch) -> Entry:
    """The duplicates of a part; what the rules dropped is counted in ``decide``'s own entries."""
    fate = fates.column("fate").dictionary_decode()
    stay = _flow(fates, pc.equal(fate, "kept"))
    dropped = {
        rule: flow
        for rule in RULES
        if (
            flow := _flow(fates, pc.fill_null(pc.equal(fates.column("rule").dictionary_decode(), rule), False))
        ).documents
    }
    return Entry(part.source, part.language, sum(dropped.values(), stay), stay, dropped)


def _flow(fates: pa.RecordBatch, mask: pa.Array) -> Flow:
    sizes = fates.column("text_bytes").filter(mask)
    return Flow(len(sizes), pc.sum(sizes).as_py() or 0)


def planned_shards(folder: Path) -> Iterator[Shard]:
    """The shards of a run whose ``select`` is complete."""
    from ginbon.engine.files import read_json

    for value in (read_json(folder / SHARDS) or {"shards": []})["shards"]:
        yield Shard.from_json(value)
