"""What a MediaWiki dump says about its wiki: name, address, language, namespaces, encoding."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from html import unescape
from typing import Final
from urllib.parse import quote

from ginbon.corpus.collector import Account, Reading
from ginbon.corpus.readers import streams
from ginbon.corpus.wikitext import Wiki
from ginbon.engine.extents import Piece

HEAD_BYTES: Final = 2**20
"""How far into a file its ``<siteinfo>`` is looked for."""


@dataclass(frozen=True)
class Site:
    """What a dump says about its wiki, from the head of the file or, where that says nothing, its name."""

    name: str  # of the file
    head: bytes
    encoding: str

    @cached_property
    def _siteinfo(self) -> str:
        return self.head.decode(self.encoding, "replace").partition("<page>")[0]

    def _field(self, name: str) -> str:
        match = re.search(rf"<{name}>([^<]{{1,1000}})</{name}>", self._siteinfo)
        return unescape(match[1]).strip() if match else ""

    @property
    def is_dump(self) -> bool:
        """Whether the file begins as a dump, or has nothing in it."""
        return "<mediawiki" in self._siteinfo or not self.head.strip(b"\0 \t\r\n\xef\xbb\xbf\xff\xfe")

    @property
    def has_doctype(self) -> bool:
        """Whether the head names a document type."""
        return "<!DOCTYPE" in self._siteinfo or "<!ENTITY" in self._siteinfo

    @cached_property
    def sitename(self) -> str:
        """``Wikipédia``; empty where unknown."""
        return self._field("sitename")

    @cached_property
    def namespaces(self) -> dict[int, str]:
        """Namespaces by number, with their local names."""
        found = re.findall(r'<namespace key="(-?\d{1,6})"[^<>]*?(?:/>|>([^<]*)</namespace>)', self._siteinfo)
        return {int(key): name for key, name in found}

    @cached_property
    def wiki(self) -> Wiki:
        """What the markup depends on."""
        return Wiki.of(self.namespaces.get(key, "") for key in (-2, 6, 14))

    @cached_property
    def language(self) -> str | None:
        """The label of the wiki's language: by the database's name (``ptwiki``), ``xml:lang``, or the file's name."""
        from ginbon.languages.codes import resolve

        tag = re.search(r"<mediawiki\b[^<>]*\bxml:lang=[\"']([\w-]{2,20})[\"']", self._siteinfo)
        file = re.match(
            r"([a-z][a-z_]{1,30}?wik(?:i|tionary|isource|ibooks|inews|iquote|iversity|ivoyage))-", self._base
        )
        names = (self._field("dbname"), tag[1] if tag else "", file[1] if file else "")
        return next((label for n in names if n and (label := resolve(n))), None)

    @cached_property
    def collected_at(self) -> datetime | None:
        """The day of the dump, where the file's name says it (``ptwiki-20240501-...``)."""
        match = re.search(r"-(20\d\d)(\d\d)(\d\d)-", self._base)
        try:
            return datetime(int(match[1]), int(match[2]), int(match[3]), tzinfo=UTC) if match else None
        except ValueError:
            return None

    @property
    def _base(self) -> str:
        return self.name.rpartition("/")[2]

    def url(self, title: str | None) -> str | None:
        """The address of a page."""
        base = self._field("base")
        if not title or not base.startswith(("http://", "https://")):
            return None
        return base.rpartition("/")[0] + "/" + quote(title.replace(" ", "_"), safe="/:,()!*'@;$~-_.")

    def namespace(self, title: str) -> int:
        """The namespace of a title, in dumps that are too old to give it by number."""
        prefix = title.partition(":")[0] if ":" in title else ""
        return next((key for key, name in self.namespaces.items() if name and name == prefix), 0)


def read_site(path: str, name: str, size: int) -> Site:
    """The site of a file, from its first megabyte; damage there is left to be counted when pages are read."""
    piece = Piece(path, name, 0, size, size)
    head = b""
    for chunk in streams.read_chunks(piece, reading=Reading(namespace=""), account=Account()):
        head += chunk.data
        if chunk.fresh or len(head) >= HEAD_BYTES or b"</siteinfo>" in head or b"<page>" in head:
            break
    marks = ((b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be"), (b"<\0m\0", "utf-16-le"), (b"\0<\0m", "utf-16-be"))
    encoding = next((e for mark, e in marks if head.startswith(mark)), "utf-8")
    return Site(name=name, head=head[:HEAD_BYTES], encoding=encoding)
