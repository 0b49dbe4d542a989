"""Rules over signals: for every document whether they keep it, and which rules would drop it, at which value.

No text is opened: a new threshold is decided from stored columns, one task a documents part.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc

from ginbon.corpus import parquet, schema
from ginbon.corpus.collect import STORED_BYTES
from ginbon.corpus.step import with_columns
from ginbon.engine.ledger import Entry, Flow
from ginbon.engine.parts import digest, read_part, read_parts
from ginbon.engine.stage import Result, Task, Work
from ginbon.filters.contamination.decontaminate import overlaps_path
from ginbon.filters.duplicates.numbering import DocumentPart, document_parts
from ginbon.filters.rules import BoundRule, Judged, judge

VERDICTS: Final = "verdicts"

LICENCE: Final = "licence"
WITHDRAWN: Final = "withdrawn"
"""The rules that have no number: of the release's policy, and of documents that must not be there any more."""

FAILING: Final = "failing"
"""Fact of a part: by rule, how many documents it would drop, and how many of them no other rule would."""

CUTS: Final = "cuts/documents"
"""What is taken out of each document and the signals of what is left, where the recipe looks for recurring lines."""

_SIZES: Final = frozenset({STORED_BYTES, "walk/words"})
_LEFT: Final = {STORED_BYTES: "left/bytes", "walk/words": "left/words"}

VERDICT: Final = pa.schema(
    [
        ("kept", pa.bool_()),
        ("reasons", pa.list_(schema.REASON)),  # every rule that fails, in the rules' order
        ("text_bytes", pa.int64()),  # of a document that is kept: once lines are taken out
        ("words", pa.int64()),
    ]
)


@dataclass(frozen=True)
class Decide:
    """The stage ``decide``: the rules of each language, thresholds bound.

    ``licences`` is the release's policy: a document whose licence is unknown or not among them is dropped by the rule
    ``licence``. None: no policy. Documents whose ids are ``withdrawn`` are dropped by the rule of that name. With
    ``overlaps`` rules may also ask for what ``decontaminate`` measured. ``cuts`` names the rule by which lines were
    taken out before, if any were.
    """

    rules: Mapping[str, Sequence[BoundRule]]
    licences: tuple[str, ...] | None = None
    withdrawn: tuple[str, ...] = ()
    overlaps: bool = False
    cuts: str | None = None
    name: str = "decide"
    outputs: tuple[str, ...] = (VERDICTS,)

    def fingerprint(self) -> dict[str, Any]:
        """The rules of each language with their thresholds."""
        return {
            "revision": 2,
            "rules": {language: {r.name: r.to_json() for r in rules} for language, rules in self.rules.items()},
            "licences": list(self.licences) if self.licences is not None else None,
            **({"withdrawn": digest(sorted(self.withdrawn))} if self.withdrawn else {}),
            **({"cuts": self.cuts} if self.cuts else {}),
        }

    def narrow(self, fingerprint: Mapping[str, Any], task: Task) -> dict[str, Any]:
        """A part depends on the rules of its own language."""
        return {**fingerprint, "rules": fingerprint["rules"][task.arguments["language"]]}

    def tasks(self, folder: Path) -> list[Task]:
        """One task for each documents part; it depends on its signals (and licences, where there is a policy)."""
        trimmed = {f.path: f.sha256 for p in read_parts(folder, "trim") for f in p.files} if self.cuts else {}
        return [self._task(folder, part, trimmed) for part in document_parts(folder)]

    def _task(self, folder: Path, part: DocumentPart, trimmed: Mapping[str, str]) -> Task:
        key = f"{part.language}.{part.key}"
        files = [part.file(name) for name in (("signals", "documents") if self._needs_documents else ("signals",))]
        if self.overlaps and (measured := read_part(folder, "decontaminate", key)) is not None:
            files += measured.files
        cuts = {"cuts": trimmed[f"{CUTS}/{part.name}.parquet"]} if self.cuts else {}
        return Task(
            key=key,
            inputs={"signals": digest([f.sha256 for f in files]), **cuts},
            arguments={"language": part.language, "part": part.key, "source": part.source},
            context=dict(zip(("signals", "documents", "overlaps"), self._paths(part), strict=True)),
            size=sum(f.bytes for f in files),
        )

    def _paths(self, part: DocumentPart) -> tuple[str, str, str | None]:
        overlaps = overlaps_path(part.language, part.key) if self.overlaps else None
        return part.file("signals").path, part.file("documents").path, overlaps

    def judge(self, folder: Path, part: DocumentPart) -> Judged:
        """What the rules and the release's policy say of each document of a part, in its order."""
        return self._judge(folder, part.name, *self._paths(part))[0]

    def _judge(
        self, folder: Path, name: str, signals: str, documents: str, overlaps: str | None
    ) -> tuple[Judged, pa.RecordBatch]:
        """What is said of each document of the part of that name, and the signals that it is said on."""
        rules = self.rules[name.partition("/")[0]]
        wanted = {*_SIZES, *(rule.signal for rule in rules)}
        measured = _columns(folder / signals, wanted)
        if overlaps is not None and (folder / overlaps).is_file():  # a run of another recipe may have none
            overlapping = _columns(folder / overlaps, wanted)
            measured = with_columns(measured, dict(zip(overlapping.schema.names, overlapping.columns, strict=True)))
        if self.cuts:
            left = _columns(folder / CUTS / f"{name}.parquet", {*_LEFT.values(), *wanted})
            measured = with_columns(measured, dict(zip(left.schema.names, left.columns, strict=True)))
        judged = judge(measured, rules)
        return (self._by_policy(judged, folder / documents) if self._needs_documents else judged), measured

    @property
    def _needs_documents(self) -> bool:
        return self.licences is not None or bool(self.withdrawn)

    def _by_policy(self, judged: Judged, documents: Path) -> Judged:
        """What else drops documents: who they are and whose."""
        table = parquet.read_table(documents, ["id", "licence"]).combine_chunks()
        if self.licences is not None:
            licence = pc.cast(table.column("licence"), pa.string())
            allowed = pc.is_in(licence, value_set=pa.array(self.licences, pa.string()))  # never null
            judged = judged.and_rule(LICENCE, ~allowed.to_numpy())
        if self.withdrawn:
            gone = pc.is_in(table.column("id"), value_set=pa.array(self.withdrawn, pa.string()))
            judged = judged.and_rule(WITHDRAWN, gone.to_numpy())
        return judged

    def run(self, task: Task, work: Work) -> Result:
        """Write a verdict for each document of the part, in its order."""
        name = f"{task.arguments['language']}/{task.arguments['part']}"
        paths = (task.context[kind] for kind in ("signals", "documents", "overlaps"))
        judged, signals = self._judge(work.folder, name, *paths)
        kept = pa.array(judged.kept)
        table = pa.RecordBatch.from_arrays(
            [kept, judged.reasons().cast(VERDICT.field("reasons").type), *self._sizes(kept, signals)], schema=VERDICT
        )
        path = f"{VERDICTS}/{name}.parquet"
        with work.write(path) as file, parquet.Writer(file, VERDICT) as writer:
            writer.write(table)
        work.advance(documents=table.num_rows, bytes=task.size)
        return Result((self._entry(task, table, signals.column(STORED_BYTES)),), {FAILING: _failing(judged)})

    def _sizes(self, kept: pa.Array, signals: pa.RecordBatch) -> Iterator[pa.Array]:
        """Text bytes and words of each document as it will be written: with its lines taken out if it is kept."""
        for name in (STORED_BYTES, "walk/words"):
            whole = signals.column(name).cast(pa.int64())
            left = pc.coalesce(signals.column(_LEFT[name]).cast(pa.int64()), whole) if self.cuts else whole
            yield pc.if_else(kept, left, whole)

    def _entry(self, task: Task, verdicts: pa.RecordBatch, came: pa.Array) -> Entry:
        """What the rules drop, by the first rule that fails, and what was taken out of documents that they keep."""
        sizes = verdicts.column("text_bytes")
        dropped: dict[str, Flow] = {}
        reasons = verdicts.column("reasons").filter(pc.invert(verdicts.column("kept")))
        rules = pc.struct_field(pc.list_element(reasons, 0), "rule") if len(reasons) else pa.array([], pa.string())
        lost = sizes.filter(pc.invert(verdicts.column("kept")))
        for rule in sorted(pc.unique(rules).to_pylist()):
            of_rule = lost.filter(pc.equal(rules, rule))
            dropped[rule] = Flow(len(of_rule), pc.sum(of_rule).as_py())
        stay = sizes.filter(verdicts.column("kept"))
        left = Flow(len(stay), pc.sum(stay).as_py() or 0)
        total = Flow(len(came), pc.sum(came).as_py() or 0)
        if self.cuts and (taken := total.bytes - (pc.sum(sizes).as_py() or 0)):
            dropped[self.cuts] = Flow(0, taken)
        return Entry(task.arguments["source"], task.arguments["language"], total, left, dropped)


def _failing(judged: Judged) -> dict[str, list[int]]:
    once = judged.failed.sum(axis=1) == 1
    counts = ((rule, judged.failed[:, k]) for k, rule in enumerate(judged.rules))
    return {rule: [int(failed.sum()), int((failed & once).sum())] for rule, failed in counts if failed.any()}


def _columns(path: Path, wanted: Set[str]) -> pa.RecordBatch:
    """The columns of these names, as far as they are there."""
    with parquet.open_parquet(path) as file:
        names = [name for name in file.schema_arrow.names if name in wanted]
        table = file.read(columns=names, use_threads=False)
    return pa.RecordBatch.from_pydict({name: table.column(name).combine_chunks() for name in names})
