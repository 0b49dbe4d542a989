"""Text files as documents: whole, by line, by block; Markdown without what is not its text."""

from __future__ import annotations

import bz2
from datetime import UTC, datetime
from pathlib import Path

import pytest
from tables import read, text

from ginbon.corpus.collectors.markdown import drop_comments, first_heading, read_markdown
from ginbon.corpus.schema import document_id
from ginbon.errors import UserError

POEM = "Eins\r\nzwei\r\n\r\n\r\nดรายスリー\n  \nfour"


def test_a_file_is_a_document_with_its_bytes_as_digest(tmp_path: Path) -> None:
    import hashlib

    (tmp_path / "a.txt").write_bytes(POEM.encode())
    got = read(text(language="deu_Latn", rights={"licence": "CC0-1.0"}), tmp_path / "a.txt")
    (document,) = got.documents
    assert document["text"] == POEM
    assert document["digest"] == hashlib.sha256(POEM.encode()).digest()
    assert (document["locator"], document["licence"], document["declared_language"]) == ("a.txt", "CC0-1.0", "deu_Latn")
    assert document["id"] == document_id("test", "s", "a.txt")


def test_lines_and_blocks_know_where_they_begin(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes(POEM.encode())
    lines = read(text(document="line"), tmp_path / "a.txt")
    assert lines.texts == ["Eins", "zwei", "ดรายスリー", "four"]
    for document in lines.documents:
        offset = int(document["locator"].removeprefix("a.txt#"))
        assert POEM.encode()[offset:].startswith(document["text"].encode())
    blocks = read(text(document="block"), tmp_path / "a.txt")
    assert blocks.texts == ["Eins\nzwei", "ดรายスリー", "four"]
    assert [d["locator"] for d in blocks.documents] == ["a.txt#0", "a.txt#16", f"a.txt#{POEM.encode().index(b'four')}"]


@pytest.mark.parametrize("document", ["file", "line", "block"])
def test_a_legacy_encoding_gives_the_same_as_utf8(tmp_path: Path, document: str) -> None:
    content = "Дети читают книги.\n\nПотом идут домой.\n" * 50
    (tmp_path / "u.txt").write_text(content, encoding="utf-8")
    (tmp_path / "k.txt").write_text(content, encoding="koi8-r")
    assert (
        read(text(document=document), tmp_path / "u.txt").texts
        == read(text(document=document), tmp_path / "k.txt").texts
    )


def test_compressed_text_gives_the_same_lines(tmp_path: Path) -> None:
    (tmp_path / "a.txt.bz2").write_bytes(bz2.compress(b"one\ntwo\n") + bz2.compress(b"three\n"))
    got = read(text(document="line"), tmp_path / "a.txt.bz2")
    assert got.texts == ["one", "two", "three"]
    assert len({d["id"] for d in got.documents}) == 3


@pytest.mark.parametrize("document", ["line", "block"])
def test_a_limit_counts_only_what_was_taken(tmp_path: Path, document: str) -> None:
    (tmp_path / "a.txt").write_bytes(b"one\n\ntwo\n\nthree\n\nfour\n")
    got = read(text(document=document), tmp_path / "a.txt", limit=2)
    assert got.texts == ["one", "two"]


def test_quarantined_text_is_set_aside(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes(b"one\ntwo\n")
    bad = document_id("test", "s", "a.txt#4")
    got = read(text(document="line"), tmp_path / "a.txt", quarantine=frozenset({bad}))
    assert (got.texts, got.rules) == (["one"], ["quarantine"])


PAGE = """---
title: "Guia: início"
lang: pt-BR
license: CC-BY-4.0
date: 2024-03-01T10:00:00Z
authors: [Ana, Rui]
---
<!-- nota -->
# Primeiro *título* #

Texto <!-- some
thing --> fim, `<!-- code -->` fica.

```html
<!-- fica -->
# não é título
```

    <!-- fica também -->
"""


def test_front_matter_says_what_the_document_is(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text(PAGE, encoding="utf-8")
    (document,) = read(text(rights={"licence": "MIT"}), tmp_path / "a.md").documents
    assert document["title"] == "Guia: início"
    assert document["licence"] == "CC-BY-4.0"
    assert document["declared_language"] == "por_Latn"
    assert document["published_at"] == datetime(2024, 3, 1, 10, tzinfo=UTC)
    assert document["rights"]["attribution"] == "Ana, Rui"
    assert document["rights"]["evidence"] == "front matter of a.md"
    assert document["text"].startswith("# Primeiro")
    assert "fim, `<!-- code -->` fica" in document["text"]
    assert "some" not in document["text"]
    assert document["text"].count("fica") == 3


def test_what_is_no_front_matter_is_text() -> None:
    for page in (
        "---\nno mapping\n---\nx",
        "---\na: [\n---\nx",
        "text\n---\na: b\n---\n",
        "---\nx: 1\n",
        "----\na: 1\n----\n",
    ):
        assert read_markdown(page).text == page


def test_front_matter_that_would_unfold_without_end_is_left_alone() -> None:
    bomb = "---\na: &a [x, x]\nb: &b [*a, *a]\nc: [*b, *b]\n---\ntext"
    assert read_markdown(bomb).text == bomb


def test_fault_30_front_matter_makes_no_objects_and_runs_nothing(tmp_path: Path) -> None:
    target = tmp_path / "made"
    page = f"---\ntitle: !!python/object/apply:os.mkdir ['{target}']\n---\ntext"
    assert (read_markdown(page).text, read_markdown(page).values) == (page, {})
    assert not target.exists()


@pytest.mark.parametrize(
    ("page", "title"),
    [
        ("# One\n# Two", "One"),
        ("intro\n\nTitle\n=====\n", "Title"),
        ("Title\n---\n", "Title"),
        ("```\n# no\n```\n## Yes ##\n", "Yes"),
        ("#no space\n", None),
        ("\n---\n", None),
        ("ไม่มีหัวข้อ", None),
    ],
)
def test_the_first_heading_is_the_title(page: str, title: str | None) -> None:
    assert first_heading(page) == title


def test_a_comment_without_end_is_text() -> None:
    assert drop_comments("a <!-- b\nc") == "a <!-- b\nc"
    assert drop_comments("a <!-- b --> c <!-- d") == "a  c <!-- d"
    assert drop_comments("<!-- x -->\ny") == "y"
    assert drop_comments("<!--\n```\n-->\nz\n") == "z\n"


def test_fault_28_hostile_markdown_takes_time_in_proportion() -> None:
    """A megabyte each of comments, backticks, headings made of spaces, fences: quadratic work would take minutes."""
    size = 1_000_000
    for page in (
        "<!--a-->" * (size // 8), "`<!--" * (size // 5), "# a" + " " * size + "b", "<!--" * (size // 4),
        "<!--\n```\n" * (size // 9), "    <!-- x -->\n" * (size // 15), "---\n" * (size // 4), "#" * size,
    ):  # fmt: skip
        assert len(read_markdown(page).text) <= len(page)


def test_an_encoding_that_nobody_knows_stops_before_any_work(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes(b"x")
    with pytest.raises(UserError, match="latin-eins"):
        read(text(encoding="latin-eins"), tmp_path / "a.txt")
