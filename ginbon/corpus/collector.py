"""The collector contract: raw files of one format become batches of documents, and every byte is accounted for.

A collector is two functions of a source: ``extents`` (what can be read alone) and ``read`` (documents out of one
extent). Every record of the input becomes a document or a row of ``excluded``; every byte is document, reject, framing
or damage. Collectors are registered by name; a third party adds one through the entry point ``ginbon.collectors``.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Final, Protocol

import pyarrow as pa

from ginbon.corpus import schema
from ginbon.engine.extents import Extent
from ginbon.recipes.model import Source

BATCH_BYTES: Final = 4 * 2**20
"""Text bytes that a batch aims at: large enough to vectorise, small enough that a worker stays in bounds."""


class Refusal(Exception):  # noqa: N818 - an answer about one record, turned into a reject by the collector
    """The record becomes no document: the rule's public name, a sentence, and value and threshold if there are such."""

    def __init__(self, rule: str, detail: str, *, value: float | None = None, threshold: float | None = None):
        super().__init__(detail)
        self.rule = rule
        self.detail = detail
        self.value = value
        self.threshold = threshold


@dataclass(frozen=True)
class Reading:
    """How an extent is to be read: the limits, counted in size, never in seconds.

    ``quarantine`` holds ids of documents that hung or killed a worker in an earlier try. ``entering`` is called with a
    document's id before work on it begins; it does nothing unless a task is being tried again after a crash. Call
    ``begin`` rather than either of them.
    """

    namespace: str
    max_document_bytes: int = 64_000_000
    max_ratio: int = 200  # decompressed bytes per compressed byte of one member; above it the member is damage
    max_decoded_bytes: int = 2**36  # decompressed bytes of one file
    batch_bytes: int = BATCH_BYTES
    limit: int | None = None  # documents of this extent, for --sample
    quarantine: frozenset[str] = frozenset()
    entering: Callable[[str], None] | None = None

    def begin(self, source: str, locator: str) -> None:
        """Say that work on the record at ``locator`` begins; raise ``Refusal`` if it is in quarantine."""
        if not self.quarantine and self.entering is None:
            return
        identity = schema.document_id(self.namespace, source, locator)
        if identity in self.quarantine:
            raise Refusal("quarantine", "work on it hung or killed a worker before")
        if self.entering is not None:
            self.entering(identity)


@dataclass(frozen=True)
class Damage:
    """Raw bytes that could not be decoded: where, how many, why. Never a record: what it held is unknown."""

    name: str  # file, relative to the source's root
    offset: int  # raw bytes
    length: int  # raw bytes; 0 where a checksum is wrong but every byte was delivered
    reason: str


@dataclass
class Account:
    """The balance of what was read; sums over batches, files and extents.

    Two laws hold for every extent and are checked by ``check``::

        raw_bytes     = intact_bytes + damaged_bytes
        decoded_bytes = document_bytes + rejected_bytes + framing_bytes

    ``decoded_bytes`` are bytes after decompression (Parquet, Arrow: the file bytes of the row groups read, all of
    them ``document_bytes`` or ``framing_bytes``). ``framing_bytes`` belong to no record: line ends, byte-order marks,
    blank lines, XML around pages, footers. ``documents + rejects`` is the number of records.
    """

    documents: int = 0
    rejects: int = 0
    raw_bytes: int = 0
    intact_bytes: int = 0
    damaged_bytes: int = 0
    decoded_bytes: int = 0
    document_bytes: int = 0
    rejected_bytes: int = 0
    framing_bytes: int = 0
    unprotected_bytes: int = 0  # decoded without any checksum in the format: damage could not have been seen
    damages: list[Damage] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)

    def add(self, other: Account) -> None:
        """Add another balance to this one."""
        for name, value in vars(other).items():
            setattr(self, name, getattr(self, name) + value)

    def check(self) -> list[str]:
        """The laws that do not hold, as sentences; empty when all is accounted for."""
        broken = []
        if self.raw_bytes != self.intact_bytes + self.damaged_bytes:
            broken.append(
                f"raw bytes: {self.raw_bytes:,} read, {self.intact_bytes:,} intact + {self.damaged_bytes:,} damaged"
            )
        parts = self.document_bytes + self.rejected_bytes + self.framing_bytes
        if self.decoded_bytes != parts:
            broken.append(
                f"decoded bytes: {self.decoded_bytes:,}, but documents {self.document_bytes:,} + rejects "
                f"{self.rejected_bytes:,} + framing {self.framing_bytes:,} = {parts:,}"
            )
        return broken


@dataclass(frozen=True)
class Harvest:
    """What a collector yields: a batch of documents (``COLLECTED``), rejects (``EXCLUDED``), and their balance."""

    documents: pa.RecordBatch
    excluded: pa.RecordBatch
    account: Account


class Collector(Protocol):
    """Raw files of one format -> documents. Stateless: the source says all."""

    name: str
    revision: int  # raised by hand when results change; part of the fingerprint

    def extents(self, source: Source, files: list[tuple[str, str, int]]) -> list[Extent]:
        """The extents of the source's files ``(path, name, size)``, in order; from names, sizes and frames alone."""
        ...

    def read(self, source: Source, extent: Extent, reading: Reading) -> Iterator[Harvest]:
        """Documents of one extent in the order of their offsets, a few megabytes at a time.

        Raises nothing for bad input: damage, rejects and refusals are in the harvests. Raises ``SurroundingsError``
        when the file cannot be opened or read for reasons outside it.
        """
        ...


class Builder:
    """Gathers records one by one and hands them over as harvests; for formats that are parsed record by record.

    Table formats build their columns directly and need only ``harvest_columns``.
    """

    def __init__(self, source: Source, reading: Reading, collector: str) -> None:
        self.source = source
        self.reading = reading
        self.collector = collector
        self.account = Account()
        self._rows: list[dict[str, Any]] = []
        self._excluded: list[dict[str, Any]] = []
        self._pending = 0

    def add(
        self,
        *,
        text: str,
        locator: str,
        raw: bytes,
        span: int | None = None,
        url: str | None = None,
        title: str | None = None,
        published_at: datetime | None = None,
        collected_at: datetime | None = None,
        licence: str | None = None,
        rights: dict[str, Any] | None = None,
        declared_language: str | None = None,
    ) -> None:
        """Add a document.

        ``raw`` are the bytes that the text came from (for the digest); ``span`` how many decoded bytes the record
        takes in the input (``len(raw)`` unless said). ``licence`` and ``rights`` override the source's.
        """
        base = self.source.rights
        self._rows.append(
            {
                "text": text,
                "locator": clip(locator),
                "url": clip(url),
                "title": clip(title),
                "published_at": published_at,
                "collected_at": collected_at,
                "licence": clip(licence or base.licence),
                "rights": {**base.columns(), **(rights or {})},
                "digest": hashlib.sha256(raw).digest(),
                "declared_language": declared_language or self.source.language,
            }
        )
        self.account.documents += 1
        self.account.document_bytes += len(raw) if span is None else span
        self._pending += len(text) * 2

    def reject(
        self,
        *,
        rule: str,
        detail: str,
        locator: str,
        raw: bytes = b"",
        span: int | None = None,
        value: float | None = None,
        threshold: float | None = None,
        url: str | None = None,
        title: str | None = None,
        text: str | None = None,
    ) -> None:
        """Record that the record at ``locator`` becomes no document: the rule's public name and a sentence why.

        ``text`` defaults to an excerpt of ``raw``, decoded with replacement characters.
        """
        span = len(raw) if span is None else span
        if text is None:
            text = raw[: schema.EXCERPT_BYTES].decode("utf-8", "replace")
        self._excluded.append(
            {
                "stage": "collect",
                "rule": rule,
                "value": value,
                "threshold": threshold,
                "reasons": [{"rule": rule, "value": value, "threshold": threshold}],
                "detail": clip(detail),
                "locator": clip(locator),
                "url": clip(url),
                "title": clip(title),
                "text": clip(text, schema.EXCERPT_BYTES),
                "text_bytes": span,
                "digest": hashlib.sha256(raw).digest() if raw else None,
            }
        )
        self.account.rejects += 1
        self.account.rejected_bytes += span
        self._pending += 200

    def refuse(
        self,
        refusal: Refusal,
        *,
        locator: str,
        raw: bytes = b"",
        span: int | None = None,
        url: str | None = None,
        title: str | None = None,
        text: str | None = None,
    ) -> None:
        """Record that the record at ``locator`` was refused, and why."""
        self.reject(
            rule=refusal.rule,
            detail=refusal.detail,
            value=refusal.value,
            threshold=refusal.threshold,
            locator=locator,
            raw=raw,
            span=span,
            url=url,
            title=title,
            text=text,
        )

    @property
    def full(self) -> bool:
        """Whether it is time to ``take`` a harvest."""
        return self._pending >= self.reading.batch_bytes or len(self._rows) + len(self._excluded) >= 20_000

    def take(self) -> Harvest:
        """Everything gathered since the last call, with its balance; starts anew."""
        harvest = Harvest(
            documents=self._documents(),
            excluded=excluded_batch(
                self._excluded, namespace=self.reading.namespace, source=self.source.name, collector=self.collector
            ),
            account=self.account,
        )
        self.account, self._rows, self._excluded, self._pending = Account(), [], [], 0
        return harvest

    def _documents(self) -> pa.RecordBatch:
        ids = schema.document_ids(self.reading.namespace, self.source.name, [r["locator"] for r in self._rows])
        for row, identity in zip(self._rows, ids, strict=True):
            row.update(id=identity, source=self.source.name, collector=self.collector)
        return pa.RecordBatch.from_pylist(self._rows, schema=schema.COLLECTED)


def excluded_batch(rows: list[dict[str, Any]], *, namespace: str, source: str, collector: str) -> pa.RecordBatch:
    """Rows of rejects as an ``EXCLUDED`` batch, with their ids; missing keys are null."""
    ids = schema.document_ids(namespace, source, [r["locator"] for r in rows])
    filled = [{**r, "id": i, "source": source, "collector": collector} for r, i in zip(rows, ids, strict=True)]
    return pa.RecordBatch.from_pylist(filled, schema=schema.EXCLUDED)


def clip(value: str | None, limit: int = schema.MAX_FIELD_BYTES) -> str | None:
    """The longest prefix of at most ``limit`` UTF-8 bytes that is valid Unicode; lone surrogates become U+FFFD."""
    if value is None or (value.isascii() and len(value) <= limit):  # nearly all are, and each record has several
        return value
    encoded = value.encode("utf-16", "surrogatepass").decode("utf-16", "replace").encode("utf-8")
    if len(encoded) <= limit:
        return encoded.decode("utf-8")
    return encoded[:limit].decode("utf-8", "ignore")


def sample(reading: Reading, limit: int) -> Reading:
    """The same reading, of at most ``limit`` documents."""
    return replace(reading, limit=limit)


_REGISTRY: dict[str, Callable[[], Collector]] = {}


def register(name: str, factory: Callable[[], Collector]) -> None:
    """Make a collector known by name; the factory is called where the collector is used, so imports stay lazy."""
    _REGISTRY[name] = factory


def collector(name: str) -> Collector:
    """The collector of that name: one of ours, or one that an installed package declares in ``ginbon.collectors``."""
    import ginbon.corpus.collectors  # noqa: F401 - registers ours
    from ginbon.errors import UserError

    if name in _REGISTRY:
        return _REGISTRY[name]()
    from importlib.metadata import entry_points

    for entry in entry_points(group="ginbon.collectors", name=name):
        made: Collector = entry.load()()
        return made
    known = ", ".join(sorted(_REGISTRY))
    raise UserError(f"no collector is called {name!r}; there are: {known}, and those of installed packages")
