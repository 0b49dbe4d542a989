"""From the bytes of an HTML page to its text, and what it says about itself.

The tree and the main text are resiliparse's (trafilatura's on request). Ours are: which encoding, what the page
declares (title, canonical address, language, date, licence marks, notices), the limits, counted in elements and
attributes and never in seconds, and that a page without text is refused, never an empty document.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any, Final, Literal

from ginbon.corpus import encoding
from ginbon.corpus.collector import Refusal
from ginbon.corpus.declared import Declared, read_declared
from ginbon.corpus.magic import no_text
from ginbon.corpus.maintext import main_text, whole_text
from ginbon.corpus.provenance import Signal
from ginbon.errors import MissingExtraError

REVISION: Final = 1
"""Raised by hand when the text of a page changes."""

Extractor = Literal["resiliparse", "trafilatura"]

MAX_CROWDED_ATTRIBUTES: Final = 20_000
"""Attributes in tags of more than 1,000: parsing them takes time that grows with their square (20,000: 0.7 s)."""

MAX_NESTING_WORK: Final = 2_000_000
"""Sum of the nesting depths of all elements up to which the main text is looked for (2 million: 0.1 s; the pages of the
real set have 26,000 at most). A page beyond it gives the text of its whole body, in time linear in its size."""

MAX_REPLACED: Final = 0.001
"""Share of a page's bytes that may be undecodable: one stray byte must not lose a page. A notice counts them."""


@dataclass(frozen=True)
class Page:
    """A page's text (never empty) and what the page says about itself; ``url`` is the canonical one, where named."""

    text: str
    title: str | None
    url: str | None
    language: str | None
    published_at: datetime | None
    signals: tuple[Signal, ...]
    encoding: encoding.Encoding


def extract(
    raw: bytes,
    *,
    charset: str | None = None,
    base_url: str | None = None,
    extractor: Extractor = "resiliparse",
) -> Page:
    """The page in these bytes; raises ``Refusal`` where there is no text in it.

    ``charset`` is what came with the page (HTTP header, recipe); it goes before the page's own. ``base_url`` is where
    it was found, for relative addresses.
    """
    if (kind := no_text(raw)) is not None:
        raise Refusal("not-html", f"the content is {kind}, not HTML")
    decoded = _decode(raw, charset)
    html = decoded.text
    if not _ANY_TAG.search(html):
        raise Refusal("not-html", "there is no HTML tag in it")
    if (crowded := _crowded_attributes(html)) > MAX_CROWDED_ATTRIBUTES:
        raise Refusal(
            "html-attributes",
            f"{crowded:,} attributes in tags of more than 1,000 each; {MAX_CROWDED_ATTRIBUTES:,} are read",
            value=crowded,
            threshold=MAX_CROWDED_ATTRIBUTES,
        )
    from resiliparse.parse.html import HTMLTree

    tree = HTMLTree.parse(html)
    declared = read_declared(tree, html, base_url=base_url)
    text = _trafilatura_text(html) if extractor == "trafilatura" else _main_text(tree, html)
    if not text:
        raise Refusal("empty-text", f"no text in {len(raw):,} bytes of HTML", value=0, threshold=1)
    return _page(text, declared, decoded)


def _page(text: str, declared: Declared, decoded: encoding.Decoded) -> Page:
    signals = declared.signals
    if decoded.replaced:
        signals = (*signals, Signal("rights", f"{decoded.replaced} bytes replaced by U+FFFD", "encoding"))
    return Page(
        text=text,
        title=declared.title,
        url=declared.url,
        language=declared.language,
        published_at=declared.published_at,
        signals=signals,
        encoding=decoded.encoding,
    )


_ANY_TAG: Final = re.compile(r"<[a-zA-Z!/?]")


# ---- encoding ----------------------------------------------------------------------------------------------------

_META: Final = re.compile(rb"""<meta\s[^>]{0,500}?charset\s*=\s*["']?\s*([A-Za-z0-9._:-]{2,40})""", re.IGNORECASE)
_XML: Final = re.compile(rb"""^\s*<\?xml[^>]{0,200}encoding\s*=\s*["']([A-Za-z0-9._:-]{2,40})""")


def declared_charset(raw: bytes) -> str | None:
    """The encoding that the page names in its first 4,096 bytes; UTF-16 there cannot be true, and means UTF-8."""
    head = raw[:4096]
    match = _META.search(head) or _XML.search(head)
    if match is None:
        return None
    name = match[1].decode("ascii")
    return "utf-8" if name.lower().startswith("utf-16") else name


def _decode(raw: bytes, charset: str | None) -> encoding.Decoded:
    """Header, byte-order mark, meta, detection: the first that fits the bytes."""
    own = declared_charset(raw)
    first = charset if charset and encoding.canonical(charset) else own
    try:
        decoded = encoding.decode(raw, declared=first, max_replaced=MAX_REPLACED)
        if decoded.encoding.how == "detected" and own and own != first:
            decoded = encoding.decode(raw, declared=own, max_replaced=MAX_REPLACED)
        return decoded
    except encoding.UndecodableError as error:
        raise Refusal("encoding", str(error), value=error.confidence or None) from None


# ---- limits ------------------------------------------------------------------------------------------------------

# Comments and raw text are stepped over; a quoted value may hold anything. Possessive: no backtracking.
_TAG: Final = re.compile(
    r"<!--.*?(?:-->|\Z)|<(script|style|textarea|title|xmp|iframe|noembed|noframes)\b[^>]*+>.*?(?:</\1\b|\Z)"
    r"|<(/?)([a-z][^\s/>]*+)",
    re.IGNORECASE | re.DOTALL,
)
_ATTRIBUTES: Final = re.compile(r"""<[a-zA-Z](?:=\s*+(?:"[^"]*+"|'[^']*+')|[^>])*+""")
# Elements that hold no others, or whose end tags are left out as a rule: counting them would see depth where none is.
_UNCOUNTED: Final = re.compile(
    "area|base|br|col|embed|hr|img|input|link|meta|param|source|track|wbr|p|li|td|th|tr|dt|dd|option|thead|tbody|tfoot"
)


def _crowded_attributes(html: str) -> int:
    """Attributes in tags that have more than 1,000; at least as many as a parser would find."""
    if len(html) < 20_000:
        return 0
    total = 0
    for match in _ATTRIBUTES.finditer(html):
        if match.end() - match.start() > 2_000:
            tag = re.sub(r"""=\s*+(?:"[^"]*+"|'[^']*+')""", " ", match[0])
            attributes = len(re.findall(r"[\s/]+[^\s/]", tag))
            total += attributes if attributes > 1_000 else 0
    return total


def _nesting_work(html: str) -> int:
    """Sum of the nesting depths of elements, estimated from tags; counting stops where the limit is passed."""
    if html.count("<") < 1_000:
        return 0
    open_tags: dict[str, int] = {}
    depth = work = 0
    for match in _TAG.finditer(html):
        name = match[3]
        if name is None:
            continue
        name = name.lower()
        if match[2]:
            if open_tags.get(name):
                open_tags[name] -= 1
                depth -= 1
        else:
            work += depth
            if not _UNCOUNTED.fullmatch(name):
                open_tags[name] = open_tags.get(name, 0) + 1
                depth += 1
            if work > MAX_NESTING_WORK:
                break
    return work


# ---- text --------------------------------------------------------------------------------------------------------


def _main_text(tree: Any, html: str) -> str:
    """The main text; the whole body's where there is none, and as one line where the page is nested too deep."""
    if _nesting_work(html) > MAX_NESTING_WORK:
        return whole_text(tree, lines=False)
    return main_text(tree) or whole_text(tree)


def _trafilatura_text(html: str) -> str:
    return str(_trafilatura()(html, include_comments=False) or "").strip()


@lru_cache(maxsize=1)
def _trafilatura() -> Any:
    try:
        from trafilatura import extract as trafilatura_extract
    except ImportError as error:
        raise MissingExtraError("extractor: trafilatura", "trafilatura", "trafilatura") from error
    return trafilatura_extract


def media_type(content_type: str | None) -> tuple[str, str | None]:
    """The type and charset of a Content-Type header, lower case: ``text/html; charset=X`` -> ``("text/html", "x")``."""
    if not content_type:
        return "", None
    kind, _, parameters = content_type.partition(";")
    match = re.search(r"""charset\s*=\s*["']?\s*([^\s"';,]{1,40})""", parameters, re.IGNORECASE)
    return kind.strip().lower(), match[1].lower() if match else None


HTML_TYPES: Final[Sequence[str]] = ("text/html", "application/xhtml+xml")
"""Media types that are read as HTML."""
