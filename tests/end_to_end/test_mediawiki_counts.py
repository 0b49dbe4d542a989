"""Every page of the dump fixtures is a document or a reject, as many as mwxml counts."""

from __future__ import annotations

import bz2
import io
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import mwxml
import pytest

from ginbon.recipes.model import MediawikiSource

SOURCE = MediawikiSource(name="wiki", collector="mediawiki", paths=["."])
NAMES = [
    "enwiki-latest-pages-articles1-shortened.xml.bz2",
    "bgwiki-latest-pages-articles-shortened.xml.bz2",
    "mwxml-dump.xml",
]


@pytest.mark.parametrize("name", NAMES)
def test_pages_are_documents_or_rejects_as_mwxml_counts(
    name: str, shared_data: Path, gather: Callable[..., Any]
) -> None:
    path = shared_data / "fixtures" / "mediawiki" / name
    data = bz2.decompress(path.read_bytes()) if name.endswith(".bz2") else path.read_bytes()
    text = data.decode("utf-16" if data.startswith(b"\xff\xfe") else "utf-8")
    expected: Counter[str] = Counter()
    revisions = {}
    for page in mwxml.Dump.from_file(io.StringIO(text)):
        kind = "namespace" if page.namespace != 0 else "redirect" if page.redirect else "document"
        expected[kind] += 1
        revisions[page.id] = [revision.id for revision in page][-1]
    found = gather(SOURCE, path)
    assert Counter({"document": len(found.documents), **found.rules}) == expected
    for row in found.documents:
        page_id, revision = row["locator"].partition("#page=")[2].split("&revision=")
        assert revisions[int(page_id)] == int(revision), "the last revision of the page"


def test_a_dump_without_siteinfo_is_read_where_mwxml_refuses(shared_data: Path, gather: Callable[..., Any]) -> None:
    path = shared_data / "fixtures" / "mediawiki" / "enwiki-table-markup.xml.bz2"
    assert bz2.decompress(path.read_bytes()).count(b"<page>") == 5
    found = gather(SOURCE, path)
    assert len(found.documents) == 5
    assert {row["declared_language"] for row in found.documents} == {"eng_Latn"}


def test_utf_16_and_what_the_wiki_says_of_itself(shared_data: Path, gather: Callable[..., Any]) -> None:
    found = gather(SOURCE, shared_data / "fixtures" / "mediawiki" / NAMES[1])
    (page,) = found.documents
    assert page["title"] == "Григориански календар"
    assert page["declared_language"] == "bul_Cyrl"
    assert page["url"].startswith("https://bg.wikipedia.org/wiki/%D0%93%D1%80")
    assert page["licence"] is None, "a dump names no licence, and none is assumed"
    assert page["rights"]["attribution"] == "contributors to Уикипедия"
    assert page["text"].startswith("Григорианският календар (понякога наричан и Грегориански календар, „нов стил“)")
    for mark in ("[[", "]]", "{{", "}}", "{|", "'''", "<ref", "Файл:", "Категория:"):
        assert mark not in page["text"]
