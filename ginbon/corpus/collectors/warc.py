"""WARC archives (responses, resources), WET (conversions) and old ARC: a document is a page that a record holds.

Every record becomes a document or a reject. A record's place in the file (``locator``) is that of its gzip member, or
of its first byte in a plain file, as ``streams.locate`` writes it.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections.abc import Iterator
from datetime import timedelta
from itertools import pairwise
from typing import Final

from ginbon.corpus import encoding
from ginbon.corpus.collector import Account, Builder, Harvest, Reading, Refusal
from ginbon.corpus.declared import read_date
from ginbon.corpus.extract import HTML_TYPES, Extractor, Page, extract, media_type
from ginbon.corpus.http import BodyError, Response, decoded_body, read_response
from ginbon.corpus.provenance import Signal, http_signals, judge
from ginbon.corpus.readers import streams
from ginbon.corpus.readers.archive import Archive, Record, record_starts
from ginbon.corpus.readers.files import RawFile
from ginbon.engine.extents import COMPRESSED_EXTENT_BYTES, EXTENT_BYTES, Extent, Piece, group
from ginbon.recipes.model import Source, WarcSource

OPENING: Final = (b"WARC/",)
"""What the content of a gzip member that holds a record begins with."""

_DOCUMENT_TYPES: Final = ("response", "resource", "conversion")


class WarcCollector:
    """Records of WARC and ARC files, plain or compressed."""

    name = "warc"
    revision = 1

    def extents(self, source: Source, files: list[tuple[str, str, int]]) -> list[Extent]:
        """gzip files cut at members that begin a record, plain ones at records; others are read whole."""
        weighed = (pair for path, name, size in files for pair in _weighed(path, name, size))
        return group(source.name, weighed)

    def read(self, source: Source, extent: Extent, reading: Reading) -> Iterator[Harvest]:
        """A document or a reject for each record, in order."""
        assert isinstance(source, WarcSource)
        builder = Builder(source, reading, self.name)
        documents = 0
        for piece in extent.pieces:
            for harvest in _Piece(source, piece, reading, builder, documents).read():
                documents += harvest.account.documents
                yield harvest
            if reading.limit is not None and documents + builder.account.documents >= reading.limit:
                break
        yield builder.take()


def _weighed(path: str, name: str, size: int) -> Iterator[tuple[Piece, float]]:
    """The pieces of a file, and the plain bytes that each stands for."""
    kind = streams.compression_of(path, name=name)
    factor = 1.0 if kind == "plain" else EXTENT_BYTES / COMPRESSED_EXTENT_BYTES
    for piece in _pieces(path, name, size, kind):
        yield piece, (piece.stop - piece.start) * factor


def _pieces(path: str, name: str, size: int, kind: str) -> list[Piece]:
    """Where a file can be cut so that every piece starts with a record."""
    if kind == "gz" and not _is_arc(name):
        return streams.pieces(path, name, size, opening=OPENING)
    if kind != "plain" or size <= EXTENT_BYTES:
        return [Piece(path, name, 0, size, size)]
    with RawFile(path, planned=size) as file:
        cuts = record_starts(file, range(EXTENT_BYTES, size, EXTENT_BYTES))
    bounds = [0, *cuts, size]
    return [Piece(path, name, a, b, size) for a, b in pairwise(bounds)]


class _Piece:
    """Reads one piece into a builder."""

    def __init__(self, source: WarcSource, piece: Piece, reading: Reading, builder: Builder, before: int) -> None:
        self.source, self.piece, self.reading, self.builder = source, piece, reading, builder
        self.before = before
        self.malformed = 0

    def read(self) -> Iterator[Harvest]:
        """Harvests while they fill; what is left stays in the builder."""
        account = Account()
        opening = () if _is_arc(self.piece.name) else OPENING
        chunks = streams.read_chunks(self.piece, reading=self.reading, account=account, opening=opening)
        archive = Archive(chunks, max_block_bytes=self.reading.max_document_bytes)
        documents = self.before
        for record in archive.records():
            counted = self.builder.account.documents
            self._record(record)
            documents += self.builder.account.documents - counted
            if self.builder.full:
                yield self._take(account)
            if self.reading.limit is not None and documents >= self.reading.limit:
                account.decoded_bytes -= archive.unread
                break
        self.builder.account.add(account)
        self.builder.account.framing_bytes += archive.framing
        if self.malformed:
            self.builder.account.warnings.append(
                f"{self.piece.name}: {self.malformed:,} malformed licence marks or notices"
            )

    def _take(self, account: Account) -> Harvest:
        self.builder.account.add(streams.drain(account))
        return self.builder.take()

    def _record(self, record: Record) -> None:
        """One record becomes a document or a reject."""
        locator = streams.locate(self.piece.name, record.place.raw_offset, record.place.inner)
        try:
            self.reading.begin(self.source.name, locator)
            self._document(record, locator)
        except Refusal as refusal:
            url = record.headers.get("warc-target-uri", "").strip("<>") or None
            self.builder.refuse(refusal, locator=locator, raw=record.block, span=record.span, url=url)

    def _document(self, record: Record, locator: str) -> None:
        """Add the record's document; raise ``Refusal`` where it holds none."""
        if record.problem is not None:
            p = record.problem
            raise Refusal(p.rule, p.detail, value=p.value, threshold=p.threshold)
        url = record.headers.get("warc-target-uri", "").strip("<>") or None
        collected_at = read_date(record.headers.get("warc-date", ""))
        kind, body, response, charset = _content(record, self.reading)
        signals = list(http_signals(response.headers)) if response else []
        if truncated := record.headers.get("warc-truncated"):
            signals.append(Signal("rights", truncated, "warc-truncated"))
        page = _page(kind, body, charset, url, self.source.extractor) if kind in HTML_TYPES else None
        text = page.text if page else _plain(body, charset)
        if page:
            signals += page.signals
        published_at = page.published_at if page else None
        if published_at and collected_at and published_at > collected_at + timedelta(days=2):
            signals.append(
                Signal("rights", f"{published_at:%Y-%m-%d} is after the collection", "malformed published date")
            )
            published_at = None
            self.malformed += 1
        finding = judge(signals, declared=self.source.rights.licence)
        self.malformed += finding.malformed
        self.builder.add(
            text=text,
            locator=locator,
            raw=body,
            span=record.span,
            url=url,
            title=page.title if page else None,
            published_at=published_at,
            collected_at=collected_at,
            licence=finding.licence,
            rights=finding.rights,
            declared_language=page.language if page else _conversion_language(record),
        )


def _content(record: Record, reading: Reading) -> tuple[str, bytes, Response | None, str | None]:
    """Media type, body, HTTP response if it is one, and charset of a record that may hold a document."""
    if record.type not in _DOCUMENT_TYPES:
        raise Refusal("record-type", f"the record is of type {record.type or 'unknown'!r}, which holds no page")
    declared = record.headers.get("content-type", "")
    response = None
    if record.type == "response":
        if not declared.lower().startswith("application/http"):
            raise Refusal("content-type", f"the response is of type {declared or 'unknown'!r}, not of HTTP")
        response = read_response(record.block)
        if response.status != 200:
            raise Refusal("http-status", f"the server answered {response.status or 'nothing'}", value=response.status)
        declared = response.header("content-type")
    kind, charset = media_type(declared)
    body = response.body if response else record.block
    if not kind and re.match(rb"\s*<(?:!doctype html|html|head|body|!--)", body[:2_000], re.IGNORECASE):
        kind = "text/html"
    allowed = (*HTML_TYPES, "text/plain") if response is None else HTML_TYPES
    if kind not in allowed:
        raise Refusal("content-type", f"the content is of type {kind or 'unknown'!r}, not {' or '.join(allowed)}")
    if not _digest_is_right(record):
        raise Refusal("record-digest", f"the block is not what its digest says: {record.headers['warc-block-digest']}")
    if response is not None:
        try:
            body = decoded_body(response, max_bytes=reading.max_document_bytes, max_ratio=reading.max_ratio)
        except BodyError as error:
            raise Refusal(error.rule, str(error), value=error.value, threshold=error.threshold) from error
    if not body:
        raise Refusal("empty-text", "the body is empty", value=0, threshold=1)
    return kind, body, response, charset


def _page(kind: str, body: bytes, charset: str | None, url: str | None, extractor: Extractor) -> Page:
    return extract(body, charset=charset, base_url=url, extractor=extractor)


def _plain(body: bytes, charset: str | None) -> str:
    """The text of a conversion; an empty one is refused."""
    try:
        text = encoding.decode(body, declared=charset or "utf-8").text.strip()
    except encoding.UndecodableError as error:
        raise Refusal("encoding", str(error), value=error.confidence or None) from None
    if not text:
        raise Refusal("empty-text", "there is no text in it", value=0, threshold=1)
    return text


def _conversion_language(record: Record) -> str | None:
    """The first language that a WET record names (``arg,spa``)."""
    from ginbon.languages.codes import resolve

    first = record.headers.get("warc-identified-content-language", "").split(",")[0]
    return resolve(first) if first else None


_DIGEST_BYTES: Final = {"sha1": 20, "sha256": 32, "md5": 16}


def _digest_is_right(record: Record) -> bool:
    """Whether the block is what ``WARC-Block-Digest`` says; true where there is none that can be read."""
    algorithm, _, written = record.headers.get("warc-block-digest", "").partition(":")
    size = _DIGEST_BYTES.get(algorithm.lower().replace("-", ""))
    if size is None:
        return True
    expected = {d for d in (_hex(written), _base32(written), _base64(written)) if d is not None and len(d) == size}
    return not expected or hashlib.new(algorithm.lower().replace("-", ""), record.block).digest() in expected


def _hex(written: str) -> bytes | None:
    try:
        return bytes.fromhex(written)
    except ValueError:
        return None


def _base32(written: str) -> bytes | None:
    try:
        return base64.b32decode(written.upper() + "=" * (-len(written) % 8))
    except binascii.Error:
        return None


def _base64(written: str) -> bytes | None:
    try:
        return base64.b64decode(written.replace("-", "+").replace("_", "/") + "=" * (-len(written) % 4), validate=True)
    except binascii.Error:
        return None


def _is_arc(name: str) -> bool:
    return re.search(r"\.arc(?:\.|$)", name.lower()) is not None
