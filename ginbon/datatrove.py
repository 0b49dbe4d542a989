"""Our steps as datatrove blocks, for pipelines that already exist.

    from datatrove.executor import LocalPipelineExecutor
    from datatrove.pipeline.readers import JsonlReader
    from datatrove.pipeline.writers import JsonlWriter
    from ginbon.datatrove import identify, redact, rules, tidy, walk

    LocalPipelineExecutor([
        JsonlReader("in/"), identify(), tidy("por_Latn"), walk("por_Latn"), rules("por_Latn"),
        redact(regions=["BR"]), JsonlWriter("out/"),
    ]).run()

Signals go into ``metadata`` under their names (``walk/words``). Nothing is lost between blocks but what ``rules``
drops; its reasons are counted in datatrove's own statistics.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Any, Final

import pyarrow as pa
from datatrove.data import Document
from datatrove.pipeline.base import PipelineStep

from ginbon.corpus.step import Step

BATCH_DOCUMENTS: Final = 1_000


class StepBlock(PipelineStep):  # type: ignore[misc]
    """A step of ours over batches of datatrove's documents: text and metadata in, text and signals out."""

    type = "🥈 - GINBON"

    def __init__(self, step: Step, *, batch_documents: int = BATCH_DOCUMENTS) -> None:
        self.name = step.name  # before datatrove names its statistics after it
        super().__init__()
        self.step = step
        self.batch_documents = batch_documents

    def run(self, data: Iterable[Document], rank: int = 0, world_size: int = 1) -> Iterator[Document]:
        """Every document of ``data``, in order, with what the step made of it."""
        documents = iter(data)
        while batch := list(islice(documents, self.batch_documents)):
            with self.track_time(unit="batch"):
                made = self.step(_batch(batch))
            _put_back(batch, made)
            for document in batch:
                self.update_doc_stats(document)
                yield document


class RulesBlock(PipelineStep):  # type: ignore[misc]
    """Keeps what the rules keep, from the signals that ``identify`` and ``walk`` put into the metadata."""

    type = "🔻 - FILTER"
    name = "ginbon rules"

    def __init__(self, bound: Sequence[Any], *, batch_documents: int = BATCH_DOCUMENTS) -> None:
        super().__init__()
        self.bound = list(bound)
        self.batch_documents = batch_documents

    def run(self, data: Iterable[Document], rank: int = 0, world_size: int = 1) -> Iterator[Document]:
        """The documents that every rule keeps."""
        from ginbon.filters.rules import evaluate

        documents = iter(data)
        names = sorted({rule.signal for rule in self.bound})
        while batch := list(islice(documents, self.batch_documents)):
            columns = [pa.array([d.metadata.get(name) for d in batch]) for name in names]
            signals = pa.RecordBatch.from_arrays([_numbers(c) for c in columns], names=names)
            verdicts = evaluate(signals, self.bound)
            reasons = verdicts.column("reasons").to_pylist()
            for document, kept, why in zip(batch, verdicts.column("kept").to_pylist(), reasons, strict=True):
                self.stat_update("total")
                if kept:
                    self.stat_update("forwarded")
                    yield document
                else:
                    self.stat_update("dropped", f"dropped_{why[0]['rule']}")


def identify(model: str | None = None, *, sha256: str | None = None) -> StepBlock:
    """Say each document's language: ``language`` and ``identify/score`` in its metadata."""
    from ginbon.filters.identifiers import PACKAGED, identifier
    from ginbon.filters.identify import Identify

    return StepBlock(Identify(identifier(model or PACKAGED, sha256=sha256)))


def tidy(language: str, *, mojibake: bool = False) -> StepBlock:
    """Put the characters of texts in one language in order."""
    from ginbon.corpus.tidy import Tidy

    return StepBlock(Tidy(_label(language), mojibake=mojibake))


def walk(language: str) -> StepBlock:
    """Measure every signal of texts in one language."""
    from ginbon.filters.walk import Walk
    from ginbon.languages.pack import load_pack

    return StepBlock(Walk(_label(language), load_pack(_label(language))))


def redact(types: Sequence[str] | None = None, *, regions: Sequence[str] = ()) -> StepBlock:
    """Replace personal data by typed placeholders; how many is in ``redactions``."""
    from ginbon.filters.redact import TYPES, Redact

    return StepBlock(Redact(types=tuple(types or TYPES), regions=tuple(regions)))


def rules(language: str, *, preset: str = "ginbon", thresholds: dict[str, Any] | None = None) -> RulesBlock:
    """Keep what the rules of a preset keep, with the language's own thresholds."""
    from ginbon.filters.rules import bind
    from ginbon.languages.pack import load_pack

    return RulesBlock(bind(preset, load_pack(_label(language)), thresholds))


def _label(language: str) -> str:
    from ginbon.errors import UserError
    from ginbon.languages.codes import resolve, suggest

    label = resolve(language)
    if label is None:
        near = ", ".join(suggest(language)) or "codes such as por_Latn, pt or Portuguese"
        raise UserError(f"no language is called {language!r}; nearest: {near}")
    return label


def _batch(documents: list[Document]) -> pa.RecordBatch:
    """The columns that our steps read."""
    texts = [d.text.encode("utf-8", "replace").decode() for d in documents]  # lone surrogates have no UTF-8
    columns = {
        "id": pa.array([str(d.id) for d in documents], pa.string()),
        "text": pa.array(texts, pa.large_string()),
        "url": pa.array([_text(d.metadata.get("url")) for d in documents], pa.string()),
        "title": pa.array([_text(d.metadata.get("title")) for d in documents], pa.string()),
        "declared_language": pa.nulls(len(documents), pa.string()).dictionary_encode(),
    }
    return pa.RecordBatch.from_pydict(columns)


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) else None


def _put_back(documents: list[Document], made: pa.RecordBatch) -> None:
    """Text, url and title as the step left them; all other columns, but for hashes, into the metadata."""
    for name in made.schema.names:
        if name in ("id", "declared_language") or name.startswith("sketch/"):
            continue
        column = made.column(name)
        values = column.to_pylist()
        if pa.types.is_map(column.type):
            values = [dict(value or ()) for value in values]
        for document, value in zip(documents, values, strict=True):
            if name == "text":
                document.text = value
            elif name not in ("url", "title") or name in document.metadata:
                document.metadata[name] = value


def _numbers(column: pa.Array) -> pa.Array:
    return column.cast(pa.float64()) if pa.types.is_null(column.type) else column
