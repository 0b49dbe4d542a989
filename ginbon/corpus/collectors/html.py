"""Folders of HTML pages: a page is a file, a document is its main text."""

from __future__ import annotations

import re
from collections.abc import Iterator
from http import HTTPStatus
from typing import Final
from urllib.parse import quote, urljoin

from ginbon.corpus.collector import Builder, Harvest, Reading, Refusal
from ginbon.corpus.extract import Page, extract
from ginbon.corpus.provenance import judge
from ginbon.corpus.readers import streams
from ginbon.engine.extents import Extent, Piece, group_files
from ginbon.recipes.model import HtmlSource, Source

ERROR_PAGE_CHARS: Final = 1_500
"""A page whose title is an HTTP error is one only if it is this short: an article about "404" is longer."""

_ERROR_TITLE: Final = re.compile(r"(?:HTTP(?:\s+(?:status|error))?|error)?\s*[-:]?\s*([45]\d\d)\b", re.IGNORECASE)


class HtmlCollector:
    """Every file of the source is a page, compressed or not."""

    name = "html"
    revision = 2

    def extents(self, source: Source, files: list[tuple[str, str, int]]) -> list[Extent]:
        """Whole files; small ones share an extent."""
        return group_files(source.name, files)

    def read(self, source: Source, extent: Extent, reading: Reading) -> Iterator[Harvest]:
        """A document or a reject for each file, in order."""
        assert isinstance(source, HtmlSource)
        builder = Builder(source, reading, self.name)
        malformed = documents = 0
        for piece in extent.pieces:
            if reading.limit is not None and documents >= reading.limit:
                break
            before = builder.account.documents
            malformed += _read_page(source, piece, reading, builder)
            documents += builder.account.documents - before
            if builder.full:
                yield builder.take()
        if malformed:
            first = extent.pieces[0].name
            builder.account.warnings.append(f"{first} ff.: {malformed:,} malformed licence marks or notices")
        yield builder.take()


def _read_page(source: HtmlSource, piece: Piece, reading: Reading, builder: Builder) -> int:
    """Read one file into the builder; how many of its signals were malformed."""
    raw, size, whole = _content(piece, reading, builder)
    here = _address(source.base_url, piece.name)
    locator = piece.name
    try:
        reading.begin(source.name, locator)
        if not whole:
            raise Refusal("cut-file", f"{piece.name}: what could be read of the file is not all of it")
        if size > reading.max_document_bytes:
            raise Refusal(
                "max-document-bytes",
                f"{size:,} bytes, of which at most {reading.max_document_bytes:,} are read",
                value=size,
                threshold=reading.max_document_bytes,
            )
        if not size:
            raise Refusal("empty-text", "the file is empty", value=0, threshold=1)
        page = extract(raw, charset=source.encoding, base_url=here, extractor=source.extractor)
        refuse_error_page(page)
    except Refusal as refusal:
        builder.refuse(refusal, locator=locator, raw=raw, span=size, url=here)
        return 0
    finding = judge(page.signals, declared=source.rights.licence)
    builder.add(
        text=page.text,
        locator=locator,
        raw=raw,
        span=size,
        url=page.url or here,
        title=page.title,
        published_at=page.published_at,
        licence=finding.licence,
        rights=finding.rights,
        declared_language=page.language,
    )
    return finding.malformed


def _content(piece: Piece, reading: Reading, builder: Builder) -> tuple[bytes, int, bool]:
    """A file's content up to the limit, its size, and whether that is all of it."""
    parts: list[bytes] = []
    size = 0
    whole = True
    for chunk in streams.read_chunks(piece, reading=reading, account=builder.account):
        if chunk.fresh:
            whole = False
        size += len(chunk.data)
        if size <= reading.max_document_bytes:
            parts.append(chunk.data)
    return b"".join(parts), size, whole


def refuse_error_page(page: Page) -> None:
    """Raise ``Refusal`` for a server's error page that was saved as a page: its title begins with the status."""
    match = _ERROR_TITLE.match(page.title or "")
    if match is None or len(page.text) > ERROR_PAGE_CHARS:
        return
    status = int(match[1])
    if status in {s.value for s in HTTPStatus}:
        raise Refusal("error-page", f"the page is titled {page.title!r}", value=status)


def _address(base: str | None, name: str) -> str | None:
    """Where a page is, from the recipe's base address and its relative path."""
    if base is None:
        return None
    return urljoin(base if base.endswith("/") else base + "/", quote(name.encode("utf-8", "surrogateescape")))
