"""Any datatrove block that sees one document at a time, as a step of ours.

Blocks run after ``tidy`` and before the walk. A drop becomes a signal ``block/<n>-<Class>`` (1 kept, 0 dropped) on
which the rule of that name decides; an edit of the text is kept and counted in ``block/<n>-<Class>-edited``; a document
that a block adds is refused. Blocks that need the whole corpus are refused with the name of ours.
"""

from __future__ import annotations

import importlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import pyarrow as pa

from ginbon.corpus.step import with_columns
from ginbon.errors import UserError

REFUSED: Mapping[str, str] = {
    "datatrove.pipeline.dedup": "`duplicates` in the recipe finds copies over the whole run",
    "datatrove.pipeline.readers": "a source with a collector reads",
    "datatrove.pipeline.writers": "`release` writes",
    "datatrove.pipeline.tokens": "`tokenizers` trains and compares tokenizers",
    "datatrove.pipeline.stats": "every signal is measured and stored anyway",
}


@dataclass(frozen=True)
class Block:
    """One datatrove block: its import name and the arguments that it is made with."""

    place: str
    arguments: Mapping[str, Any] = field(default_factory=dict)

    def load(self) -> Any:
        """The block, made. Raises ``UserError`` for one that is not there or cannot work on single documents."""
        from datatrove.pipeline.base import PipelineStep

        for prefix, ours in REFUSED.items():
            if self.place == prefix or self.place.startswith(prefix + "."):
                raise UserError(f"{self.place} needs more than one document at a time and cannot be a block; {ours}")
        module, _, name = self.place.rpartition(".")
        try:
            cls = getattr(importlib.import_module(module), name)
        except (ImportError, AttributeError, ValueError) as error:
            raise UserError(f"there is no block {self.place}: {error}") from error
        if not (isinstance(cls, type) and issubclass(cls, PipelineStep)):
            raise UserError(f"{self.place} is no datatrove block (PipelineStep)")
        try:
            return cls(**self.arguments)
        except (TypeError, ValueError) as error:
            raise UserError(f"{self.place} cannot be made with {json.dumps(dict(self.arguments))}: {error}") from error


@dataclass(frozen=True)
class Blocks:
    """The step that sends each document through the recipe's blocks, in their order.

    Blocks are other people's code, one document at a time: the only step that loops over documents in Python.
    """

    blocks: tuple[Block, ...]
    name: str = "blocks"

    def fingerprint(self) -> dict[str, Any]:
        """Class, version and arguments of each block."""
        from importlib.metadata import version

        return {
            "revision": 1,
            "datatrove": version("datatrove"),
            "blocks": [{"block": b.place, "arguments": dict(b.arguments)} for b in self.blocks],
        }

    def rule_names(self) -> list[str]:
        """The rule, and below ``block/`` the signal, of each block: ``1-LanguageFilter``."""
        return [f"{i}-{b.place.rpartition('.')[2]}" for i, b in enumerate(self.blocks, 1)]

    @cached_property
    def _loaded(self) -> list[Any]:
        from loguru import logger

        logger.disable("datatrove")  # what blocks tell of each document would be told on the terminal
        return [b.load() for b in self.blocks]

    def __getstate__(self) -> dict[str, Any]:
        return {k: v for k, v in vars(self).items() if k != "_loaded"}

    def __call__(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        """The batch with texts as the blocks left them, and a signal pair for each block."""
        texts = batch.column("text").to_pylist()
        columns: dict[str, Any] = {}
        for name, block in zip(self.rule_names(), self._loaded, strict=True):
            try:
                kept, edited = _through(block, name, batch, texts)
            except ImportError as error:  # datatrove asks for its optional packages at the first document
                raise UserError(f"block {name}: {error}") from error
            columns[f"block/{name}"] = pa.array(kept, pa.int8())
            columns[f"block/{name}-edited"] = pa.array(edited, pa.int8())
        return with_columns(batch, {"text": pa.array(texts, pa.large_string()), **columns})


def _through(block: Any, name: str, batch: pa.RecordBatch, texts: list[str]) -> tuple[list[int], list[int]]:
    """Send the documents through one block; edits ``texts`` in place, gives kept and edited flags."""
    ids = batch.column("id").to_pylist()
    row_of = {identity: row for row, identity in enumerate(ids)}
    kept, edited = [0] * len(ids), [0] * len(ids)
    for document in block.run(_documents(batch, ids, texts), rank=0, world_size=1):
        row = row_of.get(document.id)
        if row is None or kept[row]:
            raise UserError(f"block {name} added a document ({document.id!r}); a block may drop or edit, not add")
        kept[row] = 1
        if document.text != texts[row]:
            texts[row], edited[row] = document.text, 1
    return kept, edited


def _documents(batch: pa.RecordBatch, ids: list[str], texts: list[str]) -> Iterator[Any]:
    from datatrove.data import Document

    urls, titles = batch.column("url").to_pylist(), batch.column("title").to_pylist()
    languages = batch.column("language").to_pylist()
    for identity, text, url, title, language in zip(ids, texts, urls, titles, languages, strict=True):
        yield Document(text=text, id=identity, metadata={"url": url, "title": title, "language": language})
