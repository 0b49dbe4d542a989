"""Pass 1: every raw byte is read once and becomes a document, a reject, framing or damage.

A task is an extent. Documents are identified; each language's go through that language's own steps (tidy, blocks, walk,
redact), and text, signals and sketches are written to files of their own. What belongs to no language of the recipe is
set aside in ``excluded/`` with the language it looked like.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import asdict, dataclass, field, replace
from functools import reduce
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc

from ginbon.corpus import parquet, schema
from ginbon.corpus.collector import Account, Reading, collector
from ginbon.corpus.step import Step
from ginbon.engine.extents import Extent, Piece
from ginbon.engine.files import read_json
from ginbon.engine.inputs import FileRange
from ginbon.engine.ledger import Entry, Flow
from ginbon.engine.stage import Result, Task, Work
from ginbon.errors import LedgerError
from ginbon.recipes.model import Source

PLAN: Final = "plan.json"
EXCLUDED: Final = "excluded/collect"
STORED_BYTES: Final = "stored/text_bytes"
"""Signal: bytes of the text as it is stored; the walk's own count is of the text before redaction."""
REVISION: Final = 2

ENOUGH_BYTES: Final = 4 * 2**20
"""Text of one language that goes through its steps at once. They cost much the same for ten documents as for one, and
what is read at a time may be in a hundred languages.
"""

WAITING_BYTES: Final = 32 * 2**20
"""Text that may wait for more of its language."""

SIGNALS: Final = "signals"
_FOLDER_OF_GROUP: Final = {"sketch": "sketches"}


@dataclass(frozen=True)
class Collect:
    """The stage ``collect``.

    ``identify`` maps a source to its step, since a source's own label may be trusted; ``steps`` a language to its
    steps; ``redact`` is for what is set aside before its language's own steps. ``sample`` limits the documents that are
    taken from each extent of a source.
    """

    sources: Mapping[str, Source]
    reading: Reading
    identify: Mapping[str, Step]
    steps: Mapping[str, tuple[Step, ...]]
    redact: Step | None
    sample: Mapping[str, int] = field(default_factory=dict)
    name: str = "collect"
    outputs: tuple[str, ...] = ("documents", SIGNALS, "sketches", EXCLUDED)

    def fingerprint(self) -> dict[str, Any]:
        """Sources (but not where their files lie), steps and limits."""
        r = self.reading
        return {
            "revision": REVISION,
            "namespace": r.namespace,
            "limits": {
                "max_document_bytes": r.max_document_bytes,
                "max_ratio": r.max_ratio,
                "max_decoded_bytes": r.max_decoded_bytes,
            },
            "pyarrow": pa.__version__,
            "sources": {name: _source_fingerprint(source) for name, source in self.sources.items()},
            "identify": {name: dict(step.fingerprint()) for name, step in self.identify.items()},
            "steps": {
                language: {step.name: dict(step.fingerprint()) for step in steps}
                for language, steps in self.steps.items()
            },
            "redact": dict(self.redact.fingerprint()) if self.redact else None,
            "sample": dict(self.sample),
        }

    def narrow(self, fingerprint: Mapping[str, Any], task: Task) -> dict[str, Any]:
        """A task depends on its own source, not on the others."""
        name = task.arguments["source"]
        return {
            **fingerprint,
            "sources": fingerprint["sources"][name],
            "identify": fingerprint["identify"][name],
            "sample": fingerprint["sample"].get(name),
        }

    def tasks(self, folder: Path) -> list[Task]:
        """One task an extent of ``plan.json``, in its order."""
        plan = read_json(folder / PLAN) or {"extents": []}
        return [self._task(Extent.from_json(e)) for e in plan["extents"]]

    def _task(self, extent: Extent) -> Task:
        return Task(
            key=extent.key,
            arguments={"source": extent.source, "places": [[p.name, p.start, p.stop, p.unit] for p in extent.pieces]},
            reads=tuple(self._range(p) for p in extent.pieces if p.unit != "shards"),  # a commit fixes those
            context={"extent": extent.to_json()},
            size=extent.raw_bytes,
        )

    def _range(self, piece: Piece) -> FileRange:
        """What a piece depends on: its bytes, and those that may finish the record which begins inside it."""
        if piece.unit != "bytes":
            return FileRange(piece.path, piece.name, 0, piece.size)
        stop = piece.stop if piece.stop == piece.size else piece.stop + self.reading.max_document_bytes
        return FileRange(piece.path, piece.name, piece.start, min(stop, piece.size))

    def run(self, task: Task, work: Work) -> Result:
        """Read one extent. Raises ``LedgerError`` when a byte is unaccounted for."""
        extent = Extent.from_json(task.context["extent"])
        source = self.sources[extent.source]
        reading = replace(
            self.reading, limit=self.sample.get(source.name), quarantine=work.quarantine, entering=work.entering
        )
        account, gathered = Account(), _Gathered()
        with _Sink(work, extent) as sink:
            for harvest in collector(source.collector).read(source, extent, reading):
                account.add(harvest.account)
                for documents in _portions(harvest.documents, work.entering):
                    sink.documents += documents.num_rows
                    gathered.add(self.identify[sink.source](documents))
                    self._put(gathered.all() if work.entering else gathered.enough(), sink)
                if harvest.excluded.num_rows:
                    sink.reject(self._redacted(harvest.excluded))
                work.advance(documents=harvest.documents.num_rows, bytes=harvest.account.raw_bytes)
            self._put(gathered.all(), sink)
        if broken := account.check():
            raise LedgerError(f"{extent.key}: {'; '.join(broken)}")
        if (account.documents, account.rejects) != (sink.documents, sink.rejects):
            raise LedgerError(
                f"{extent.key}: {account.documents:,} documents and {account.rejects:,} rejects were counted, "
                f"{sink.documents:,} and {sink.rejects:,} were handed over"
            )
        return Result(
            tuple(sink.entries()), {"account": _account_json(account), "rows": dict(sorted(sink.rows.items()))}
        )

    def _put(self, batches: Iterator[tuple[str, pa.RecordBatch]], sink: _Sink) -> None:
        """Take batches of one language each through its steps, or set them aside."""
        for language, batch in batches:
            steps = self.steps.get(language)
            if steps is None:
                sink.set_aside(self._redacted(batch), language)
            else:
                sink.keep(reduce(lambda done, step: step(done), steps, batch), language)

    def _redacted(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        return batch if self.redact is None else self.redact(batch)


def _portions(documents: pa.RecordBatch, entering: Callable[[str], None] | None) -> Iterator[pa.RecordBatch]:
    """The batch, or (when a task is tried again after a crash) one document at a time, each announced."""
    if entering is None:
        if documents.num_rows:
            yield documents
        return
    for row, identity in enumerate(documents.column("id").to_pylist()):
        entering(identity)
        yield documents.slice(row, 1)


class _Gathered:
    """Identified documents by language, in order, until there are enough of one."""

    def __init__(self) -> None:
        self._batches: dict[str, list[pa.RecordBatch]] = {}
        self._waiting: Counter[str] = Counter()

    def add(self, batch: pa.RecordBatch) -> None:
        """Part a batch by language, and keep the parts."""
        for language, part in _by_language(batch):
            self._batches.setdefault(language, []).append(part)
            self._waiting[language] += _bytes(part.column("text"))

    def enough(self) -> Iterator[tuple[str, pa.RecordBatch]]:
        """Languages with enough text, each as one batch; then those with most, until little enough waits."""
        for language, size in sorted(self._waiting.items()):
            if size >= ENOUGH_BYTES:
                yield language, self._take(language)
        while self._waiting.total() > WAITING_BYTES:
            language = min(self._batches, key=lambda label: (-self._waiting[label], label))
            yield language, self._take(language)

    def all(self) -> Iterator[tuple[str, pa.RecordBatch]]:
        """What waits, a language at a time."""
        for language in sorted(self._batches):
            yield language, self._take(language)

    def _take(self, language: str) -> pa.RecordBatch:
        del self._waiting[language]
        return _joined(self._batches.pop(language))


class _Sink:
    """The files of one part, opened as languages turn up, and the count of what went into them."""

    def __init__(self, work: Work, extent: Extent) -> None:
        self.source = extent.source
        self.documents = self.rejects = 0
        self.rows: Counter[str] = Counter()
        self._work = work
        self._key = extent.key
        self._stack = ExitStack()
        self._writers: dict[str, parquet.Writer] = {}
        self._left: dict[str, Flow] = {}
        self._dropped: dict[str, dict[str, Flow]] = {}

    def __enter__(self) -> _Sink:
        self._stack.__enter__()
        return self

    def __exit__(self, *error: Any) -> None:
        self._stack.__exit__(*error)

    def _write(self, path: str, batch: pa.RecordBatch, table: pa.Schema, weigh: str | None = None) -> None:
        if path not in self._writers:
            file = self._stack.enter_context(self._work.write(path))
            packing = parquet.QUICK if weigh else parquet.NUMBERS
            self._writers[path] = self._stack.enter_context(parquet.Writer(file, table, weigh=weigh, packing=packing))
        self._writers[path].write(batch)

    def keep(self, batch: pa.RecordBatch, language: str) -> None:
        """Documents of a language of the recipe, with the columns that its steps added."""
        code, script = language.split("_")
        batch = _set(batch, "script", pa.array([script] * batch.num_rows))
        batch = _set(batch, "language", pa.array([code] * batch.num_rows))
        batch = _set(batch, "language_score", batch.column("identify/score"))
        batch = _set(batch, STORED_BYTES, pc.binary_length(batch.column("text")).cast(pa.int64()))
        self._write(f"documents/{language}/{self._key}.parquet", batch, schema.DOCUMENT, weigh="text")
        for folder, columns in _measured(batch).items():
            part = batch.select(columns)
            self._write(f"{folder}/{language}/{self._key}.parquet", part, part.schema)
        self.rows[language] += batch.num_rows
        self._left[language] = self._left.get(language, Flow()) + Flow(batch.num_rows, _bytes(batch.column("text")))

    def set_aside(self, batch: pa.RecordBatch, language: str) -> None:
        """Documents of no language of the recipe, with the language they looked like."""
        sizes = pc.binary_length(batch.column("text")).cast(pa.int64())
        n = batch.num_rows
        reason = {"rule": "language", "value": None, "threshold": None}
        batch = _set(batch, "language", pa.array([language] * n))
        batch = _set(batch, "language_score", batch.column("identify/score"))
        for name, value in (("stage", "collect"), ("rule", "language"), ("detail", f"looks like {language}")):
            batch = _set(batch, name, pa.array([value] * n))
        batch = _set(batch, "reasons", pa.array([[reason]] * n, pa.list_(schema.REASON)))
        self._exclude(_set(batch, "text_bytes", sizes), "language")

    def reject(self, batch: pa.RecordBatch) -> None:
        """Records that became no document."""
        self.rejects += batch.num_rows
        rules = batch.column("rule").dictionary_decode()
        for rule in sorted(pc.unique(rules).to_pylist()):
            self._exclude(batch.filter(pc.equal(rules, rule)), rule)

    def _exclude(self, batch: pa.RecordBatch, rule: str) -> None:
        self._write(f"{EXCLUDED}/{self._key}.parquet", batch, schema.EXCLUDED, weigh="text")
        dropped = self._dropped.setdefault("", {})
        flow = Flow(batch.num_rows, pc.sum(batch.column("text_bytes")).as_py() or 0)
        dropped[rule] = dropped.get(rule, Flow()) + flow

    def entries(self) -> Iterator[Entry]:
        """The part's entries in the ledger: one for each language, and one for what has none."""
        for language in sorted({*self._left, *self._dropped}):
            left, dropped = self._left.get(language, Flow()), self._dropped.get(language, {})
            came = sum(dropped.values(), left)
            yield Entry(self.source, language, came, left, dropped)


def _by_language(batch: pa.RecordBatch) -> Iterator[tuple[str, pa.RecordBatch]]:
    """The batch's rows of each language, in order of the label."""
    column = batch.column("language")
    labels = column.dictionary_decode() if pa.types.is_dictionary(column.type) else column
    for label in sorted(pc.unique(labels).to_pylist()):
        yield label, batch.filter(pc.equal(labels, label))


def _joined(batches: list[pa.RecordBatch]) -> pa.RecordBatch:
    if len(batches) == 1:
        return batches[0]
    table = pa.Table.from_batches(batches).unify_dictionaries().combine_chunks()
    return table.to_batches()[0]


def _measured(batch: pa.RecordBatch) -> dict[str, list[str]]:
    """Columns of what was measured, by the folder they go to: groups by their names, in each as they were measured."""
    names = sorted((name for name in batch.schema.names if "/" in name), key=lambda name: name.partition("/")[0])
    folders: dict[str, list[str]] = {}
    for name in names:
        folders.setdefault(_FOLDER_OF_GROUP.get(name.partition("/")[0], SIGNALS), []).append(name)
    return folders


def _set(batch: pa.RecordBatch, name: str, array: pa.Array) -> pa.RecordBatch:
    index = batch.schema.get_field_index(name)
    return batch.append_column(name, array) if index < 0 else batch.set_column(index, name, array)


def _bytes(text: pa.Array) -> int:
    size: int = pc.sum(pc.binary_length(text)).as_py() or 0
    return size


def _source_fingerprint(source: Source) -> dict[str, Any]:
    options = source.model_dump(mode="json", exclude={"paths"})
    return {**options, "revision": collector(source.collector).revision}


def _account_json(account: Account) -> dict[str, Any]:
    return {**vars(account), "damages": [asdict(d) for d in account.damages]}
