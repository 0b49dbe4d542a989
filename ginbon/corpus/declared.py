"""What an HTML page declares about itself: title, canonical address, language, date, licence marks and notices."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import urljoin, urlsplit

from ginbon.corpus.provenance import Kind, Signal

MAX_ELEMENTS: Final = 2_000
"""Declaring elements of a kind up to which they are looked at; a page with more of them says nothing reliable."""

MAX_JSON_BYTES: Final = 200_000
"""Longest JSON-LD block that is parsed."""


@dataclass(frozen=True)
class Declared:
    """What the page says; null where it says nothing that can be understood."""

    title: str | None = None
    url: str | None = None
    language: str | None = None
    published_at: datetime | None = None
    signals: tuple[Signal, ...] = ()


_BASIC: Final = 'meta, link[rel], script[type="application/ld+json"]'
# Asked for only where the page has such a word at all: matching attributes of every element costs a third of a parse.
_MARKS: Final = 'a[rel~="license"], area[rel~="license"], [property*="license"], [itemprop="license"]'

_TITLES: Final = ("og:title", "dc.title", "dcterms.title", "citation_title", "twitter:title")
_DATES: Final = (
    "article:published_time",
    "datepublished",
    "citation_publication_date",
    "citation_date",
    "dcterms.issued",
    "dcterms.created",
    "dcterms.date",
    "dc.date.issued",
    "dc.date.created",
    "dc.date",
    "parsely-pub-date",
    "publish-date",
    "pubdate",
    "date",
)
_RIGHTS: Final = (
    "dc.rights",
    "dc.rights.license",
    "dcterms.rights",
    "dcterms.license",
    "rights",
    "copyright",
    "license",
)


def read_declared(tree: Any, html: str, *, base_url: str | None = None) -> Declared:
    """What the page in a resiliparse tree declares; ``html`` is its source."""
    document = tree.document
    metas: dict[str, str] = {}
    signals: list[Signal] = []
    url = ""
    published: list[str] = []
    for element in _at_most(document.query_selector_all(_BASIC)):
        tag = element.tag
        if tag == "meta":
            _meta(element, metas, signals)
        elif tag == "link":
            relations = (element.getattr("rel") or "").lower().split()
            href = element.getattr("href") or ""
            if "canonical" in relations:
                url = url or href
            if "license" in relations:
                signals.append(Signal("licence", href, "link rel=license"))
        elif len(source := element.text or "") <= MAX_JSON_BYTES:
            _json_ld(source, signals, published)
    if "license" in html:
        signals += _licence_elements(document)
    if "creativecommons.org" in html:
        signals += _badges(document)
    dates = [metas[name] for name in _DATES if name in metas] + published
    return Declared(
        title=_clean(tree.title) or next((t for n in _TITLES if (t := _clean(metas.get(n)))), None),
        url=_absolute(url or metas.get("og:url", ""), base_url),
        language=_language(document, metas),
        published_at=next((d for text in dates if (d := read_date(text)) is not None), None),
        signals=tuple(dict.fromkeys(signals)),
    )


def _meta(element: Any, metas: dict[str, str], signals: list[Signal]) -> None:
    """Gather one meta element: its name and content, and a signal if its name is that of one."""
    name = element.getattr("name") or element.getattr("property") or element.getattr("itemprop") or ""
    name = (name or element.getattr("http-equiv") or "").strip().lower()
    content = element.getattr("content")
    if not name or content is None:
        return
    metas.setdefault(name, content)
    if name == "robots":
        signals.append(Signal("robots", content, "meta robots"))
    elif name in ("tdm-reservation", "tdm-policy"):
        kind: Kind = "tdm-reservation" if name == "tdm-reservation" else "tdm-policy"
        signals.append(Signal(kind, content, f"meta {name}"))
    elif name in _RIGHTS:
        from ginbon.corpus.provenance import licence_of

        kind = "licence" if licence_of(content) else "rights"
        signals.append(Signal(kind, content, f"meta {name}"))
    elif re.search(r"\b(?:no(?:image)?ai|noml)\b", content, re.IGNORECASE):
        signals.append(Signal("robots", content, "meta robots", about=name))


def _licence_elements(document: Any) -> Iterator[Signal]:
    """Marks in the body: ``a rel=license``, RDFa ``cc:license``, microdata. ``about`` another work is kept as such."""
    for element in _at_most(document.query_selector_all(_MARKS)):
        if element.tag == "meta":
            continue
        target = element.getattr("href") or element.getattr("resource") or element.getattr("content") or ""
        if not target:
            continue
        where = "rel=license" if "license" in (element.getattr("rel") or "").lower().split() else "property=license"
        about = (element.getattr("about") or "").strip()
        yield Signal("licence", target, f"{element.tag} {where}", about=about if about not in ("", "#") else None)


def _badges(document: Any) -> Iterator[Signal]:
    """Creative Commons buttons: a link to a deed around a picture. A link in running text is no mark of the page."""
    for anchor in _at_most(document.query_selector_all('a[href*="creativecommons.org/"]')):
        if "license" not in (anchor.getattr("rel") or "") and anchor.query_selector("img") is not None:
            yield Signal("licence", anchor.getattr("href") or "", "a badge")


_WORKS: Final = re.compile(
    r"(?:news|scholarly|tech|opinionnews|reportagenews)?article|(?:blog|socialmedia)posting|creativework|report|book|chapter"
    r"|(?:about|medicalweb|item|faq|qa|web)page|website"
)


def _json_ld(source: str, signals: list[Signal], published: list[str]) -> None:
    """Licence and date of the page's own work in a JSON-LD block; a picture's licence is not the page's."""
    try:
        data = json.loads(source)
    except (ValueError, RecursionError):
        if '"license"' in source:
            signals.append(Signal("licence", source[:200], "json-ld (not JSON)"))
        return
    top = data if isinstance(data, list) else [data]
    graph = [g for t in top if isinstance(t, dict) and isinstance(t.get("@graph"), list) for g in t["@graph"]]
    for item in (top + graph)[:100]:
        if not isinstance(item, dict):
            continue
        kinds = item.get("@type")
        named = {str(k).lower() for k in (kinds if isinstance(kinds, list) else [kinds])}
        if not any(_WORKS.fullmatch(name) for name in named):
            continue
        licence = item.get("license")
        for one in licence if isinstance(licence, list) else [licence]:
            address = one.get("@id") or one.get("url") if isinstance(one, dict) else one
            if isinstance(address, str):
                signals.append(Signal("licence", address, "json-ld license"))
        if isinstance(item.get("datePublished"), str):
            published.append(item["datePublished"])


def _language(document: Any, metas: dict[str, str]) -> str | None:
    """The label (``por_Latn``) of the language that the page names; null where it names none that we know."""
    from ginbon.languages.codes import resolve

    root = document.query_selector("html")
    named = (root.getattr("lang") or root.getattr("xml:lang")) if root is not None else None
    for name in (named, metas.get("content-language"), metas.get("og:locale"), metas.get("dc.language")):
        # The first of several ("en, fr") says nothing sure, but "x-default" and "und" say nothing at all.
        if name and "," not in name and (label := resolve(name)):
            return label
    return None


_DATE: Final = re.compile(r"\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d{1,6})?)?\s?(?:Z|[+-]\d{2}:?\d{2})?)?")


def read_date(text: str) -> datetime | None:
    """The moment that an ISO 8601 date says, in UTC; without a zone it is taken as UTC. Null for anything else."""
    text = text.strip().replace("/", "-")[:40]
    match = _DATE.match(text)
    if match is None:
        return None
    try:
        when = datetime.fromisoformat(match[0].replace(" ", "T", 1).replace(" ", ""))
        when = when.replace(tzinfo=UTC) if when.tzinfo is None else when.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return when.replace(microsecond=0) if 1000 <= when.year <= 2100 else None


def _absolute(address: str, base: str | None) -> str | None:
    """The address as an absolute http(s) one; null where it is none."""
    address = address.strip()
    if not address or len(address) > 2_000:
        return None
    try:
        joined = urljoin(base, address) if base else address
        parts = urlsplit(joined)
    except ValueError:
        return None
    return joined if parts.scheme in ("http", "https") and parts.hostname else None


def _clean(title: str | None) -> str | None:
    """A title as one line; null where it is blank."""
    if not title:
        return None
    return re.sub(r"\s+", " ", title).strip() or None


def _at_most(elements: Any) -> list[Any]:
    """The elements as a list, none where they are too many: iterating over the collection costs 40 times as much."""
    found: list[Any] = elements.values() if len(elements) <= MAX_ELEMENTS else []
    return found
