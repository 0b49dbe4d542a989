"""MediaWiki XML dumps: a document is the text of a page's last revision.

Pages of other namespaces and redirects are told by the head of the page, and rejected without parsing the rest. Every
other page is parsed alone, by expat, which knows no entity there but XML's own five. Files can be read from any place.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from html import unescape
from typing import Any, Final
from xml.parsers import expat

from ginbon.corpus.collector import Account, Builder, Harvest, Reading, Refusal
from ginbon.corpus.declared import read_date
from ginbon.corpus.readers import streams
from ginbon.corpus.readers.pages import Pages, RawPage
from ginbon.corpus.wiki import Site, read_site
from ginbon.corpus.wikitext import MAX_DEPTH, TooDeep, to_text
from ginbon.engine.extents import Extent, Piece
from ginbon.recipes.model import MediawikiSource, Source

_MODELS: Final = ("", "wikitext")


class MediawikiCollector:
    """Pages of dumps, plain or compressed."""

    name = "mediawiki"
    revision = 1

    def extents(self, source: Source, files: list[tuple[str, str, int]]) -> list[Extent]:
        """Files cut at streams, frames or any byte; UTF-16 ones are read whole."""
        extents: list[Extent] = []
        run: list[tuple[str, str, int]] = []
        for path, name, size in files:
            if read_site(path, name, size).encoding == "utf-8":
                run.append((path, name, size))
                continue
            extents += streams.plan(source.name, run)
            extents.append(Extent(source.name, (Piece(path, name, 0, size, size),)))
            run = []
        return extents + streams.plan(source.name, run)

    def read(self, source: Source, extent: Extent, reading: Reading) -> Iterator[Harvest]:
        """A document or a reject for each page, in order."""
        assert isinstance(source, MediawikiSource)
        builder = Builder(source, reading, self.name)
        site = None
        documents = 0
        for piece in extent.pieces:
            if site is None or site.name != piece.name:
                site = read_site(piece.path, piece.name, piece.size)
            for harvest in _read_piece(source, site, piece, reading, builder, documents):
                documents += harvest.account.documents
                yield harvest
            if reading.limit is not None and documents + builder.account.documents >= reading.limit:
                break
        yield builder.take()


def _read_piece(
    source: MediawikiSource, site: Site, piece: Piece, reading: Reading, builder: Builder, before: int
) -> Iterator[Harvest]:
    """Harvests while they fill; what is left stays in the builder. ``before`` documents came from other pieces."""
    account = Account()
    chunks = streams.read_chunks(piece, reading=reading, account=account)
    limit = reading.max_document_bytes + 2**16
    pages = Pages(chunks, account, encoding=site.encoding, head=piece.start == 0, max_page_bytes=limit)
    count = 0
    for page in pages.pages():
        count += 1
        _take_page(source, site, page, reading, builder)
        if builder.full:
            builder.account.add(streams.drain(account))
            before += builder.account.documents
            yield builder.take()
        if reading.limit is not None and before + builder.account.documents >= reading.limit:
            pages.close()
            break
    if piece.start == 0 and not count and account.framing_bytes and not site.is_dump:
        builder.reject(
            rule="not-a-dump",
            detail=f"{piece.name}: neither <mediawiki> nor <page> is in it",
            locator=streams.locate(piece.name, 0, 0),
            raw=site.head[:2_000],
            span=account.framing_bytes,
        )
        account.framing_bytes = 0
    if piece.start == 0 and site.has_doctype:
        builder.account.warnings.append(f"{piece.name}: names a document type or entities, which are never read")
    builder.account.add(account)


def _take_page(source: MediawikiSource, site: Site, raw: RawPage, reading: Reading, builder: Builder) -> None:
    """One page becomes a document or a reject."""
    head = _Head.of(raw, site)
    place = streams.locate(site.name, raw.place.raw_offset, raw.place.inner)
    locator = head.locator(site.name) or place
    try:
        reading.begin(source.name, locator)
        if raw.problem is not None:
            rule, detail = raw.problem
            raise Refusal(rule, f"{head.title or 'a page'} at {place}: {detail}")
        if head.namespace not in source.namespaces:
            raise Refusal("namespace", f"the page is in the namespace {head.namespace}", value=head.namespace)
        if head.redirect:
            raise Refusal("redirect", "the page only leads to another")
        page = _parse(raw, site, f"{head.title or 'a page'} at {place}")
        text = _text(page, site)
    except Refusal as refusal:
        builder.refuse(
            refusal,
            locator=locator,
            raw=raw.raw,
            span=raw.span,
            title=head.title,
            url=site.url(head.title) if head.title else None,
            text=raw.raw[:2_000].decode(site.encoding, "replace"),
        )
    else:
        rights: dict[str, Any] = {}
        if source.rights.attribution is None and site.sitename:
            rights["attribution"] = f"contributors to {site.sitename}"
        builder.add(
            text=text,
            locator=locator,
            raw=raw.raw,
            span=raw.span,
            url=site.url(page.title),
            title=page.title,
            published_at=read_date(page.timestamp),
            collected_at=site.collected_at,
            rights=rights,
            declared_language=site.language,
        )


def _text(page: _Page, site: Site) -> str:
    if page.model not in _MODELS:
        raise Refusal("content-model", f"the page is of the model {page.model[:80]!r}, not wikitext")
    if _REDIRECT.match(page.text) and len(page.text) < 1_000:
        raise Refusal("redirect", "the page only leads to another")
    try:
        text = to_text(page.text, site.wiki, title=page.title)
    except TooDeep:
        detail = f"brackets are nested deeper than {MAX_DEPTH}"
        raise Refusal("wikitext-depth", detail, value=MAX_DEPTH + 1, threshold=MAX_DEPTH) from None
    if not text:
        raise Refusal("empty-text", f"no text is left of {len(page.text):,} characters of markup", value=0, threshold=1)
    return text


# `#REDIRECT [[...]]` in any language, in dumps that are too old to mark redirects.
_REDIRECT: Final = re.compile(r"\s*#[^\W\d_][^\s\[\]#*:]{2,30}\s*:?\s*\[\[[^\[\]]+\]\]")


# ---- the page ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Head:
    """What stands before a page's first revision, found without parsing."""

    title: str
    namespace: int
    page_id: str
    revision_id: str
    redirect: bool

    @classmethod
    def of(cls, raw: RawPage, site: Site) -> _Head:
        tag = "<revision>".encode(site.encoding)
        first, last = raw.raw.find(tag), raw.raw.rfind(tag)
        head = (raw.raw[:first] if first >= 0 else raw.raw[:8_192]).decode(site.encoding, "replace")
        tail = raw.raw[last : last + 400].decode(site.encoding, "replace") if last >= 0 else ""
        title, number, page_id = (_first(p, head) for p in (_TITLE, _NAMESPACE, _ID))
        title = unescape(title).strip()
        return cls(
            title=title,
            namespace=int(number) if number else site.namespace(title),
            page_id=page_id,
            revision_id=_first(_ID, tail),
            redirect="<redirect" in head,
        )

    def locator(self, name: str) -> str | None:
        """``dump.xml.bz2#page=12&revision=345``: the same wherever in the dump the page stands."""
        if not self.page_id:
            return None
        return f"{name}#page={self.page_id}" + (f"&revision={self.revision_id}" if self.revision_id else "")


_TITLE: Final = re.compile(r"<title>([^<]{0,1100})</title>")
_NAMESPACE: Final = re.compile(r"<ns>(-?\d{1,6})</ns>")
_ID: Final = re.compile(r"<id>(\d{1,18})</id>")


def _first(pattern: re.Pattern[str], text: str) -> str:
    match = pattern.search(text)
    return match[1] if match else ""


@dataclass
class _Page:
    """The last revision of a page."""

    title: str = ""
    timestamp: str = ""
    model: str = ""
    text: str = ""
    _path: list[str] = field(default_factory=list)
    _parts: list[str] = field(default_factory=list)

    def start(self, name: str, attributes: dict[str, str]) -> None:
        self._path.append(name)
        self._parts.clear()
        if name == "revision":
            self.timestamp = self.model = self.text = ""

    def data(self, data: str) -> None:
        self._parts.append(data)

    def end(self, name: str) -> None:
        self._path.pop()
        value = "".join(self._parts)
        self._parts.clear()
        if self._path == ["page"] and name == "title":
            self.title = value.strip()
        elif self._path in _REVISION_PATHS and name in ("timestamp", "model", "text"):
            setattr(self, name, value)


_REVISION_PATHS: Final = (["page", "revision"], ["page", "revision", "content"])  # the second: export format 0.11


def _parse(raw: RawPage, site: Site, where: str) -> _Page:
    """The page's last revision. Raises ``Refusal`` where it is no well-formed XML, or uses an entity of its own."""
    content = raw.raw
    if site.encoding != "utf-8":
        content = content.decode(site.encoding, "surrogatepass").encode("utf-8", "surrogatepass")
    page = _Page()
    parser = expat.ParserCreate("utf-8")
    parser.buffer_text = True
    parser.buffer_size = 2**16
    parser.StartElementHandler = page.start
    parser.CharacterDataHandler = page.data
    parser.EndElementHandler = page.end
    try:
        parser.Parse(content, True)
    except expat.ExpatError as error:
        reason = expat.ErrorString(error.code)
        place = f"line {error.lineno}, byte {parser.ErrorByteIndex:,}"
        raise Refusal("malformed-page", f"{where}: {reason} in its {place}", value=parser.ErrorByteIndex) from None
    return page
