"""Plain text and Markdown: a document a file, a line, or a block between blank lines, in any usual compression.

The encoding is declared in the recipe or found file by file (``corpus.encoding``); text that cannot be decoded
without doubt is rejected with its file, and no replacement character is ever made. NUL and control characters
stay, `tidy` knows what to do with them. Markdown as whole files loses its front matter (read into title, date,
language, licence, attribution) and its comments; by line or block it is text like any other.

Locators: a file's name, or the byte at which a line or block begins (``readers.streams.locate``). The digest is the
SHA-256 of the file's, line's or block's bytes as they stand there, decompressed.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from typing import Final

from ginbon.corpus.collector import Account, Builder, Harvest, Reading, Refusal
from ginbon.corpus.collectors.columns import Mapper
from ginbon.corpus.collectors.markdown import Markdown, read_markdown
from ginbon.corpus.collectors.text_lines import TAKEN, split_lines
from ginbon.corpus.encoding import (
    MINIMUM_CONFIDENCE,
    SAMPLE_BYTES,
    Encoding,
    UndecodableError,
    canonical,
    decode,
    find_encoding,
    looks_like_mojibake,
)
from ginbon.corpus.magic import no_text
from ginbon.corpus.readers.lines import Block, Line, read_blocks, read_lines
from ginbon.corpus.readers.streams import drain, locate, plan, read_chunks
from ginbon.engine.extents import Extent, Piece, group_files
from ginbon.errors import UserError
from ginbon.languages.codes import resolve
from ginbon.recipes.model import Source, TextSource

_MARKDOWN: Final = (".md", ".markdown", ".mdown", ".mkd", ".mdx", ".qmd", ".rmd")
_COMPRESSED: Final = (".gz", ".gzip", ".bz2", ".xz", ".zst", ".zstd")
_NOTED: Final = 20  # warnings of an extent about encodings; more are counted


class TextCollector:
    """Text files -> documents."""

    name = "text"
    revision = 2

    def extents(self, source: Source, files: list[tuple[str, str, int]]) -> list[Extent]:
        """By lines, large files are cut at any place; else files are whole, and small ones share an extent."""
        assert isinstance(source, TextSource)
        if source.encoding is not None and canonical(source.encoding) is None:
            raise UserError(
                f"{source.encoding!r} is no text encoding that is known here; leave it out to have it found"
            )
        return plan(source.name, files) if source.document == "line" else group_files(source.name, files)

    def read(self, source: Source, extent: Extent, reading: Reading) -> Iterator[Harvest]:
        """The documents of the extent's pieces, in order."""
        assert isinstance(source, TextSource)
        read = {"file": _Files, "line": _Lines, "block": _Blocks}[source.document]
        yield from read(source, reading, self.name).harvests(extent)


class _Pieces:
    """Goes through the pieces of an extent; what a piece gives is for the kinds of document below."""

    def __init__(self, source: TextSource, reading: Reading, collector: str) -> None:
        self.source, self.reading = source, reading
        self.builder = Builder(source, reading, collector)
        self.mapper = Mapper(source, reading, collector=collector, taken=TAKEN, name="")
        self.streamed = Account()  # what the readers count, until it goes into a harvest
        self.left = reading.limit
        self.notes: list[str] = []

    def harvests(self, extent: Extent) -> Iterator[Harvest]:
        for piece in extent.pieces:
            if self.left == 0:
                break
            yield from self.piece(piece)
            if self.builder.full:
                yield self.take()
        self.builder.account.warnings += self.notes[:_NOTED]
        if len(self.notes) > _NOTED:
            self.builder.account.warnings.append(f"{len(self.notes) - _NOTED:,} more files with such notes")
        yield self.take()

    def take(self) -> Harvest:
        """What was built since the last time, with what the readers counted."""
        self.builder.account.add(drain(self.streamed))
        return self.builder.take()

    def piece(self, piece: Piece) -> Iterator[Harvest]:
        raise TypeError("a kind of document says how")

    def add(self, text: str, *, locator: str, raw: bytes, span: int, page: Markdown | None = None) -> None:
        """One record as a document, or rejected where it is blank, too large, or in quarantine."""
        try:
            self.reading.begin(self.source.name, locator)
            if not text.strip():
                what = "holds nothing but white space" if raw.strip() else "is empty"
                raise Refusal("empty-text", f"{locator}: it {what}", value=0.0, threshold=1.0)
        except Refusal as refusal:
            self.builder.refuse(refusal, locator=locator, raw=raw, span=span)
            return
        if span > self.reading.max_document_bytes:
            self.too_large(locator, raw, span)
            return
        page = page or Markdown(text)
        rights = {}
        if page.licence:
            rights = {"basis": "licence", "evidence": f"front matter of {locator}"}
        if page.attribution:
            rights["attribution"] = page.attribution
        self.builder.add(
            text=text,
            locator=locator,
            raw=raw,
            span=span,
            title=page.title,
            published_at=page.published_at,
            licence=page.licence,
            rights=rights,
            declared_language=resolve(page.language) if page.language else None,
        )
        if self.left is not None:
            self.left -= 1

    def too_large(self, locator: str, raw: bytes, span: int) -> None:
        most = self.reading.max_document_bytes
        self.builder.reject(
            rule="max-document-bytes",
            detail=f"{locator}: {span:,} bytes; at most {most:,} are taken as one document",
            locator=locator,
            raw=raw,
            span=span,
            value=float(span),
            threshold=float(most),
        )

    def undecodable(self, error: UndecodableError, *, locator: str, raw: bytes, span: int) -> None:
        self.builder.reject(
            rule="encoding",
            detail=f"{locator}: {error}",
            locator=locator,
            raw=raw,
            span=span,
            value=error.confidence,
            threshold=MINIMUM_CONFIDENCE,
        )

    def note(self, piece: Piece, encoding: Encoding, text: str) -> None:
        """What a person should know about how a file was read."""
        if encoding.note:
            self.notes.append(f"{piece.name}: {encoding.note}")
        if encoding.how == "detected":
            self.notes.append(
                f"{piece.name}: read as {encoding.name}, detected with confidence {encoding.confidence:.2f}"
            )
        if looks_like_mojibake(text):
            self.notes.append(
                f"{piece.name}: letters look as if they were decoded wrongly before; tidy can repair them"
            )


class _Files(_Pieces):
    """A document a file."""

    def piece(self, piece: Piece) -> Iterator[Harvest]:
        raw, size, whole = self._content(piece)
        if not whole:
            self.builder.reject(
                rule="cut-file",
                detail=f"{piece.name}: part of it is lost to damage, and what is left is no whole document",
                locator=piece.name,
                raw=raw,
                span=size,
            )
        elif size > self.reading.max_document_bytes:
            self.too_large(piece.name, raw, size)
        else:
            self._document(piece, raw)
        yield from ()

    def _content(self, piece: Piece) -> tuple[bytes, int, bool]:
        """What the file holds, up to the limit; its size, and whether all of it could be read."""
        parts: list[bytes] = []
        size, whole = 0, True
        for chunk in read_chunks(piece, reading=self.reading, account=self.streamed):
            whole = whole and not chunk.fresh
            size += len(chunk.data)
            if size <= self.reading.max_document_bytes:
                parts.append(chunk.data)
        return b"".join(parts), size, whole

    def _document(self, piece: Piece, raw: bytes) -> None:
        try:
            expect_text(raw)
            decoded = decode(raw, declared=self.source.encoding)
        except UndecodableError as error:
            self.undecodable(error, locator=piece.name, raw=raw, span=len(raw))
            return
        mark = decoded.encoding.bom_bytes
        self.builder.account.framing_bytes += mark
        self.note(piece, decoded.encoding, decoded.text)
        page = read_markdown(decoded.text) if _is_markdown(self.source, piece.name) else Markdown(decoded.text)
        self.add(page.text, locator=piece.name, raw=raw, span=len(raw) - mark, page=page)


@dataclass(frozen=True)
class _Place:
    """A line of any encoding: its bytes without line end and mark, where it begins, and how many bytes end it."""

    raw: bytes
    size: int
    framing: int
    locator: str
    cut: bool = False


class _ByLines(_Pieces):
    """What lines and blocks share: the encoding is found from the file's head, lines are decoded one by one."""

    def places(self, piece: Piece, encoding: Encoding) -> Generator[_Place, None, None]:
        """The lines that start in a piece. Bytes are counted as far as the consumer has taken lines."""
        for line in read_lines(piece, reading=self.reading, account=self.streamed):
            at_start = line.raw_offset == 0 and line.inner == 0
            mark = encoding.bom_bytes if at_start else 0
            yield _Place(line.data[mark:], line.size - mark, line.ending + mark, line.locator(piece.name), line.cut)

    def encoding(self, piece: Piece) -> Encoding | UndecodableError:
        """Of the whole file, from its first bytes, so that every piece finds the same."""
        head, whole = b"", True
        start = replace(piece, start=0, stop=piece.size)
        for chunk in read_chunks(start, reading=self.reading, account=Account()):
            head += chunk.data
            if len(head) >= SAMPLE_BYTES:
                whole = False
                break
        if not whole:
            head = head[: head.rfind(b"\n") + 1] or head
        try:
            expect_text(head)
        except UndecodableError as error:
            return error
        try:
            encoding = find_encoding(head, declared=self.source.encoding, whole=whole)
        except UndecodableError as error:
            flawed = _utf8_with_flaws(head, error)
            if flawed is None:
                return error
            encoding = flawed
        if piece.start == 0:
            self.note(piece, encoding, head[encoding.bom_bytes :].decode(encoding.name, "ignore"))
        return encoding

    def piece(self, piece: Piece) -> Iterator[Harvest]:
        encoding = self.encoding(piece)
        if isinstance(encoding, UndecodableError):
            self._refuse(piece, encoding)
        elif encoding.wide:
            self._refuse(piece, UndecodableError(
                f"{encoding.name} is read as whole files only; convert it to UTF-8, for instance with iconv",
                encoding=encoding.name,
            ))  # fmt: skip
        else:
            yield from self.lines(piece, encoding)

    def lines(self, piece: Piece, encoding: Encoding) -> Iterator[Harvest]:
        raise TypeError("a kind of document says how")

    def _refuse(self, piece: Piece, error: UndecodableError) -> None:
        """All of a piece is one reject."""
        before, size, head = self.streamed.decoded_bytes, 0, b""
        for chunk in read_chunks(piece, reading=self.reading, account=self.streamed):
            if chunk.beyond:
                break
            head = head or chunk.data[:4096]
            size = self.streamed.decoded_bytes - before
        locator = piece.name if piece.start == 0 else locate(piece.name, piece.start, 0)
        self.undecodable(error, locator=locator, raw=head, span=size)

    def decoded(self, raw: bytes, encoding: Encoding, *, locator: str) -> str | None:
        """The text of some bytes; null where they do not fit, and then they are rejected."""
        try:
            return raw.decode(encoding.name)
        except UnicodeDecodeError as error:
            rule = "invalid-utf8" if encoding.name == "utf-8" else "encoding"
            detail = f"{locator}: byte {error.start:,} does not fit {encoding.name} ({error.reason})"
            self.builder.reject(rule=rule, detail=detail, locator=locator, raw=raw)
            return None

    def flawed(self, place: _Place) -> bool:
        """Reject a line that is too long to be held or lacks a part."""
        if place.cut:
            detail = f"{place.locator}: bytes next to it are lost to damage, so that it may lack its beginning or end"
            self.builder.reject(rule="cut-line", detail=detail, locator=place.locator, raw=place.raw, span=place.size)
        elif place.size > len(place.raw):
            self.too_large(place.locator, place.raw, place.size)
        else:
            return False
        return True


class _Lines(_ByLines):
    """A document a line; blank lines are none."""

    def lines(self, piece: Piece, encoding: Encoding) -> Iterator[Harvest]:
        if encoding.name == "utf-8":
            yield from self._blocks(piece, encoding)
            return
        with closing(self.places(piece, encoding)) as places:
            for place in places:
                self.builder.account.framing_bytes += place.framing
                if not place.raw.strip() and not place.cut:
                    self.builder.account.framing_bytes += place.size
                elif not self.flawed(place):
                    text = self.decoded(place.raw, encoding, locator=place.locator)
                    if text is not None:
                        self.add(text, locator=place.locator, raw=place.raw, span=place.size)
                if self.left == 0:
                    return
                if self.builder.full:
                    yield self.take()

    def _blocks(self, piece: Piece, encoding: Encoding) -> Iterator[Harvest]:
        self.mapper.name = piece.name
        with closing(read_blocks(piece, reading=self.reading, account=self.streamed)) as blocks:
            for block in blocks:
                if isinstance(block, Line):
                    self.builder.account.framing_bytes += block.ending
                    self.too_large(block.locator(piece.name), block.data, block.size)
                    continue
                yield self._block(block, piece, encoding)
                if self.left == 0:
                    return

    def _block(self, block: Block, piece: Piece, encoding: Encoding) -> Harvest:
        """The lines of a block as a harvest; those that damage cut are rejected with the next one."""
        lines = split_lines(block, piece.name, mark=encoding.bom_bytes)
        account = Account()
        harvest = self.mapper.harvest(lines.batch, lines.rows, account, limit=self.left)
        used, taken = len(block.data), account.documents + account.rejects
        if self.left is not None:
            self.left -= account.documents
            if self.left == 0:
                used = int(lines.ends[taken - 1])
        cut = [(a, b) for a, b in lines.cut if b <= used]
        for start, stop in cut:
            raw_offset, inner = block.place(start)
            raw = block.data[start:stop]
            self.flawed(_Place(raw, len(raw), 0, locate(piece.name, raw_offset, inner), cut=True))
        self.streamed.decoded_bytes -= len(block.data) - used
        records = account.document_bytes + account.rejected_bytes + sum(b - a for a, b in cut)
        self.builder.account.framing_bytes += used - records
        return harvest


class _Blocks(_ByLines):
    """A document a run of lines between blank lines; its lines are joined by LF."""

    def lines(self, piece: Piece, encoding: Encoding) -> Iterator[Harvest]:
        with closing(self.places(piece, encoding)) as places:
            yield from self._gather(places, encoding)

    def _gather(self, places: Iterator[_Place], encoding: Encoding) -> Iterator[Harvest]:
        held: list[_Place] = []
        size = 0
        for place in places:
            if place.raw.strip() or place.cut:
                held.append(place if size <= self.reading.max_document_bytes else replace(place, raw=b""))
                size += place.size + place.framing
                continue
            self._block(held, encoding)
            held, size = [], 0
            self.builder.account.framing_bytes += place.size + place.framing
            if self.left == 0:
                return
            if self.builder.full:
                yield self.take()
        self._block(held, encoding)

    def _block(self, held: list[_Place], encoding: Encoding) -> None:
        if not held:
            return
        locator = held[0].locator
        span = sum(p.size for p in held)
        self.builder.account.framing_bytes += sum(p.framing for p in held)
        raw = b"\n".join(p.raw for p in held)
        if any(p.cut for p in held):
            detail = f"{locator}: bytes in or next to it are lost to damage"
            self.builder.reject(rule="cut-block", detail=detail, locator=locator, raw=raw, span=span)
        elif span > self.reading.max_document_bytes:
            self.too_large(locator, raw[:4096], span)
        else:
            text = self._text(held, encoding, locator, raw, span)
            if text is not None:
                self.add(text, locator=locator, raw=raw, span=span)

    def _text(self, held: list[_Place], encoding: Encoding, locator: str, raw: bytes, span: int) -> str | None:
        try:
            return "\n".join(p.raw.decode(encoding.name) for p in held)
        except UnicodeDecodeError as error:
            detail = f"{locator}: a byte does not fit {encoding.name} ({error.reason})"
            rule = "invalid-utf8" if encoding.name == "utf-8" else "encoding"
            self.builder.reject(rule=rule, detail=detail, locator=locator, raw=raw, span=span)
            return None


def expect_text(head: bytes) -> None:
    """Raise ``UndecodableError`` where the first bytes of a file say that it is no text."""
    if (kind := no_text(head)) is not None:
        raise UndecodableError(f"it is {kind}, not text; unpack or convert it")


def _utf8_with_flaws(head: bytes, error: UndecodableError) -> Encoding | None:
    """UTF-8 where all but a few lines are: those are rejected one by one, and the file is read.

    A few: fewer than the good ones where statistics say UTF-8 too, else one in ten of at least ten.
    """
    lines = [line for line in head.split(b"\n") if not line.isascii()]
    good = sum(1 for line in lines if _fits(line))
    sure = good > len(lines) - good if error.encoding == "utf-8" else good >= 10 and good >= 0.9 * len(lines)
    if not sure:
        return None
    return Encoding("utf-8", "utf-8", confidence=round(good / len(lines), 3), note="some lines are not UTF-8")


def _fits(line: bytes) -> bool:
    try:
        line.decode()
    except UnicodeDecodeError:
        return False
    return True


def _is_markdown(source: TextSource, name: str) -> bool:
    if source.format is not None:
        return source.format == "markdown"
    lowered = name.lower()
    for suffix in _COMPRESSED:
        lowered = lowered.removesuffix(suffix)
    return lowered.endswith(_MARKDOWN)
