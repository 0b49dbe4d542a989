"""The main text of a page: what resiliparse finds, with the paragraphs given back that it lost in between.

resiliparse (2.0) leaves out lists, code and tables whose class names look like navigation, in the middle of an article.
What stands between two lines that it kept, in the text of the whole page, and is neither hidden nor navigation by its
element, nor made of links, belongs to the article. On the set of benchmarks/extract.py this raises token F1 from .929
to .955, in every language; where the two texts do not match line by line nothing is given back.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from typing import Any, Final

REVISION: Final = 1
"""Raised by hand when the text of a page changes."""

MAX_LINK_SHARE: Final = 0.3
"""Share of characters in lines that are nothing but a link, up to which a gap is text."""

MIN_MATCHED: Final = 0.9
"""Share of the main text's lines that must be found in the whole text before anything is given back."""

MAX_LINKS: Final = 20_000
"""Links of a page up to which their texts are looked at."""

_SKIPPED: Final = (
    "[hidden]",
    '[style*="display:none"]',
    '[style*="display: none"]',
    "nav",
    "aside",
    "footer",
    "form",
    "button",
    "select",
)
_BULLET: Final = re.compile(r"(?:[\u2022\u25e6\u25aa\u2023*-]|\d+\.)\s+")


def main_text(tree: Any) -> str:
    """The main text of a resiliparse tree, one block a line; empty where there is none.

    Alternative texts of pictures are left out: they are no running text.
    """
    from resiliparse.extract.html2text import extract_plain_text

    main = str(extract_plain_text(tree, main_content=True, alt_texts=False))
    if not main.strip():
        return ""
    return _fill(tree, main.split("\n"), whole_text(tree).split("\n")).strip()


def whole_text(tree: Any, *, lines: bool = True) -> str:
    """The text of the whole page without what is hidden or navigation by its element.

    Without ``lines`` all of it is one line: list items are indented by their depth, so that lists nested thousands deep
    would give text that grows with the square of the page.
    """
    from resiliparse.extract.html2text import extract_plain_text

    return str(extract_plain_text(tree, preserve_formatting=lines, alt_texts=False, skip_elements=_SKIPPED)).strip()


def _fill(tree: Any, main: list[str], whole: list[str]) -> str:
    """The lines of ``main`` with the gaps that ``whole`` shows between them."""
    found = _places(main, whole)
    if len(found) < MIN_MATCHED * sum(1 for line in main if line.strip()):
        return "\n".join(main)
    links: set[str] | None = None
    lines: list[str] = []
    for last, place in zip([found[0] - 1, *found], found, strict=False):
        gap = whole[last + 1 : place]
        if any(line.strip() for line in gap):
            links = _link_texts(tree) if links is None else links
            lines += gap if _link_share(gap, links) <= MAX_LINK_SHARE else [""]
        else:
            lines += gap
        lines.append(whole[place])
    return "\n".join(lines)


def _places(main: list[str], whole: list[str]) -> list[int]:
    """Where each line of ``main`` stands in ``whole``, each behind the one before; lines not found are left out."""
    known: dict[str, list[int]] = {}
    for place, line in enumerate(whole):
        if stripped := line.strip():
            known.setdefault(stripped, []).append(place)
    found: list[int] = []
    for line in main:
        places = known.get(line.strip())
        if places is None:
            continue
        at = bisect_right(places, found[-1] if found else -1)
        if at < len(places):
            found.append(places[at])
    return found


def _link_texts(tree: Any) -> set[str]:
    """The texts of the page's links; none where there are too many to look at."""
    anchors = tree.document.query_selector_all("a")
    return {" ".join((a.text or "").split()) for a in anchors.values()} if len(anchors) <= MAX_LINKS else set()


def _link_share(gap: list[str], links: set[str]) -> float:
    """Share of a gap's characters that are in lines which are one link, its bullet aside."""
    sizes = [(len(line.strip()), _BULLET.sub("", line.strip(), count=1) in links) for line in gap]
    return sum(size for size, linked in sizes if linked) / max(1, sum(size for size, _ in sizes))
