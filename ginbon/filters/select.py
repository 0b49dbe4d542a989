"""The fate of every document: rules drop, of copies the chosen one stays, a share of the clusters is held out.

No text is opened. A task sees some documents parts, one at a time, and what was chosen among their copies.
"""

from __future__ import annotations

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
from ginbon.filters.duplicates.choose import Chosen, lost_of
from ginbon.filters.duplicates.hashing import splitmix
from ginbon.filters.duplicates.members import words_of_ids
from ginbon.filters.duplicates.numbering import DocumentPart, arguments_of, document_parts, files_of, parts_of
from ginbon.filters.duplicates.rank import groups_of
from ginbon.filters.shards import AMOUNTS, FATES, HELD_OUT, TRAIN, amounts_of

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

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Select:
    """The stage ``select``: ``held_out_share`` of the clusters is held out, and in each language enough for about
    ``held_out_documents`` (but never more than a tenth).
    """

    held_out_share: float
    held_out_documents: int
    seed: int = 1
    name: str = "select"
    outputs: tuple[str, ...] = (FATES,)

    def fingerprint(self) -> dict[str, Any]:
        """What is held out."""
        return {
            "revision": 3,
            "held_out": {"share": self.held_out_share, "documents": self.held_out_documents},
            "seed": self.seed,
        }

    def tasks(self, folder: Path) -> list[Task]:
        """A task for each group of documents parts; the shares to hold out come from the sums of all."""
        decided = {part.key: part for part in read_parts(folder, "decide")}
        chosen = digest([p.digest for p in read_parts(folder, "choose")])
        shares = self._shares(folder)
        tasks = []
        for i, parts in enumerate(groups_of(document_parts(folder))):
            verdicts = [decided[f"{p.language}.{p.key}"] for p in parts]
            inputs = {
                "verdicts": digest([p.digest for p in verdicts]),
                "documents": digest([p.file("documents").sha256 for p in parts]),
                "chosen": chosen,
            }
            languages = sorted({p.language for p in parts})
            held_out = {language: shares[language] for language in languages}
            arguments = {**arguments_of(parts), "group": i, "held_out": held_out}
            size = sum(f.bytes for p in verdicts for f in p.files)
            tasks.append(Task(f"group-{i:05d}", inputs, arguments, context={"files": files_of(parts)}, size=size))
        return tasks

    def _shares(self, folder: Path) -> dict[str, float]:
        """The share to hold out in each language: of the documents that stay, whose number the stages before told."""
        stay: dict[str, int] = {}
        for entry in (e for part in read_parts(folder, "decide") for e in part.entries):
            stay[entry.language] = stay.get(entry.language, 0) + entry.left.documents
        for language, lost in lost_of(folder).items():
            stay[language] -= sum(lost.values())
        return {
            language: max(self.held_out_share, min(0.1, self.held_out_documents / max(1, n)))
            for language, n in stay.items()
        }

    def run(self, task: Task, work: Work) -> Result:
        """Write a fate for each document; the facts say how much of each kind every part has."""
        chosen = Chosen.of_group(work.folder, task.arguments["group"])
        entries, amounts = [], {}
        for part in parts_of(task):
            fates = self._fates(work.folder, part, chosen, task.arguments["held_out"][part.language])
            with work.write(f"{FATES}/{part.name}.parquet") as file, parquet.Writer(file, FATE) as writer:
                writer.write(fates)
            entries.append(_entry(part, fates))
            amounts[part.name] = amounts_of(fates)
            work.advance(documents=part.rows)
        return Result(tuple(entries), {AMOUNTS: amounts})

    def _fates(self, folder: Path, part: DocumentPart, chosen: Chosen, share: float) -> pa.RecordBatch:
        verdict = _verdicts(folder, part)
        at, choices = chosen.part(part)
        kept = verdict.column("kept").to_numpy(zero_copy_only=False)
        loses = kept[at] & ~choices.column("survives").to_numpy()
        fate = np.where(kept, "kept", "dropped").astype(object)
        fate[at[loses]] = "duplicate"
        rule, value, threshold = _first_reasons(verdict.column("reasons"))
        rule[at[loses]] = choices.column("rule").cast(pa.string()).to_numpy()[loses]
        sizes = np.ones(part.rows, np.int32)
        sizes[at] = choices.column("cluster_size").to_numpy()
        columns = {
            "fate": pa.array(fate, pa.string()),
            "rule": pa.array(rule, pa.string()),
            "value": pa.array(value, pa.float64(), from_pandas=True),
            "threshold": pa.array(threshold, pa.float64(), from_pandas=True),
            "reasons": verdict.column("reasons"),
            "duplicate_of": _scatter(part.rows, at[loses], choices.column("survivor").filter(pa.array(loses))),
            "cluster": _scatter(part.rows, at, choices.column("cluster")),
            "cluster_size": pa.array(sizes),
            "split": pa.array(self._splits(folder, part, chosen, share), pa.string(), mask=fate != "kept"),
            "text_bytes": verdict.column("text_bytes"),
            "words": verdict.column("words"),
        }
        return parquet.conform(pa.RecordBatch.from_pydict(columns), FATE)

    def _splits(self, folder: Path, part: DocumentPart, chosen: Chosen, share: float) -> npt.NDArray[Any]:
        """The split of each document, drawn by its cluster, so that copies are on one side."""
        at, choices = chosen.part(part)
        ids = parquet.read_table(folder / part.file("documents").path, ["id"]).column("id").combine_chunks()
        luck = splitmix(words_of_ids(ids), self.seed)
        luck[at] = splitmix(words_of_ids(choices.column("cluster").combine_chunks()), self.seed)
        return np.where(luck < np.uint64(int(share * 2**64)), HELD_OUT, TRAIN)


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


def _scatter(n: int, at: npt.NDArray[np.int64], values: pa.ChunkedArray) -> pa.Array:
    """Texts at some of ``n`` rows, null elsewhere."""
    places = np.full(n, -1)
    places[at] = np.arange(len(at))
    return values.combine_chunks().take(pa.array(places, mask=places < 0))


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
