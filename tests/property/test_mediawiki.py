"""Laws of dumps: any cut into pieces gives the same pages and the same balance; any markup ends as text."""

from __future__ import annotations

import bz2
import tempfile
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

from hypothesis import given, settings
from hypothesis import strategies as st

from ginbon.corpus.wikitext import TooDeep, Wiki, to_text
from ginbon.engine.extents import Extent, Piece
from ginbon.recipes.model import MediawikiSource

SOURCE = MediawikiSource(name="wiki", collector="mediawiki", paths=["."])
TEXT = st.text(st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\ufffe\uffff"), max_size=60)
MARKS = (
    "[[ ]] {{ }} {{{ }}} {| |} | ''' <ref> </ref> <nowiki> </nowiki> <!-- --> == * a क्ष \u0301 İ [http://x ] : File: "
    "-{ }- &amp; <br> ( )"
)
MARKUP = st.lists(st.sampled_from([*MARKS.split(" "), " ", "\n"]) | TEXT, max_size=40).map("".join)


def dump(texts: list[str]) -> bytes:
    pages = "".join(
        f"<page><title>T{i}</title><ns>{i % 3 % 2}</ns><id>{i}</id>"
        f"<revision><id>{i}</id><text>{escape(t)}</text></revision></page>\n"
        for i, t in enumerate(texts)
    )
    return f"<mediawiki xml:lang='hi'>\n{pages}</mediawiki>\n".encode()


def places(found: Any) -> list[tuple[str, str]]:
    rows = [(r["locator"], r["text"]) for r in found.documents]
    return sorted(rows + [(r["locator"], r["rule"]) for r in found.excluded])


@settings(max_examples=60)
@given(texts=st.lists(MARKUP, max_size=8), cuts=st.lists(st.floats(0, 1), max_size=5), packed=st.booleans())
def test_any_cut_into_pieces_gives_the_same(
    gather: Callable[..., Any], texts: list[str], cuts: list[float], packed: bool
) -> None:
    data = dump(texts)
    bounds = sorted({0, len(data), *(int(c * len(data)) for c in cuts)})
    parts = [data[a:b] for a, b in pairwise(bounds)]
    if packed:  # streams that end anywhere, inside tags and characters too
        parts = [bz2.compress(p) for p in parts]
        data = b"".join(parts)
        bounds = [0]
        for part in parts:
            bounds.append(bounds[-1] + len(part))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "hiwiki.xml"
        path.write_bytes(data)
        extents = [Extent("wiki", (Piece(str(path), path.name, a, b, len(data)),)) for a, b in pairwise(bounds)]
        whole = gather(SOURCE, path)
        cut = gather(SOURCE, path, extents=extents)
    assert places(cut) == places(whole)
    assert len(places(whole)) == len(texts)
    for name in ("raw_bytes", "decoded_bytes", "document_bytes", "rejected_bytes", "framing_bytes"):
        assert getattr(cut.account, name) == getattr(whole.account, name), name


@settings(max_examples=60)
@given(texts=st.lists(MARKUP, min_size=1, max_size=6), where=st.floats(0, 1), value=st.integers(0, 255))
def test_any_changed_byte_keeps_the_balance(
    gather: Callable[..., Any], texts: list[str], where: float, value: int
) -> None:
    data = bytearray(dump(texts))
    data[int(where * (len(data) - 1))] = value
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "hiwiki.xml"
        path.write_bytes(bytes(data))
        found = gather(SOURCE, path)
    assert len(found.documents) + len(found.excluded) >= len(texts) - 2


@settings(max_examples=300)
@given(MARKUP)
def test_markup_ends_as_text(markup: str) -> None:
    try:
        text = to_text(markup, Wiki.of())
    except TooDeep:
        return
    assert text == text.strip()
    assert "\n\n\n" not in text


@given(TEXT.filter(lambda t: not set(t) & set("[]{}|'=*#:;<>&_-()（）!\n\r")))
def test_text_without_markup_stays(text: str) -> None:
    assert to_text(text, Wiki.of()).split() == text.split()
