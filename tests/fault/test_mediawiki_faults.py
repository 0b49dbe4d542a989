"""FAULTS 21, 23, 24, 25 and 28 on dumps: damaged XML, empty files, bombs, outside entities, hostile markup."""

from __future__ import annotations

import bz2
import resource
import socket
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ginbon.recipes.model import MediawikiSource

SOURCE = MediawikiSource(name="wiki", collector="mediawiki", paths=["."])
COUNT = 100
HEAD = """<mediawiki xmlns="http://www.mediawiki.org/xml/export-0.11/" version="0.11" xml:lang="th">
  <siteinfo>
    <sitename>วิกิพีเดีย</sitename>
    <dbname>thwiki</dbname>
    <base>https://th.wikipedia.org/wiki/%E0%B8%AB%E0%B8%99%E0%B9%89%E0%B8%B2%E0%B8%AB%E0%B8%A5%E0%B8%B1%E0%B8%81</base>
    <namespaces>
      <namespace key="0" case="first-letter" />
      <namespace key="6" case="first-letter">ไฟล์</namespace>
      <namespace key="14" case="first-letter">หมวดหมู่</namespace>
    </namespaces>
  </siteinfo>
"""
FOOT = "</mediawiki>\n"


def page(number: int, text: str | None = None) -> str:
    text = f"'''หน้า {number}''' เป็น[[บทความ|บทความสั้น]] &lt;ref&gt;แหล่ง&lt;/ref&gt;" * 3 if text is None else text
    return f"""  <page>
    <title>หน้า {number}</title>
    <ns>0</ns>
    <id>{number + 1}</id>
    <revision>
      <id>{number + 1000}</id>
      <timestamp>2026-01-02T03:04:05Z</timestamp>
      <model>wikitext</model>
      <text bytes="1" xml:space="preserve">{text}</text>
    </revision>
  </page>
"""


def dump(pages: list[str]) -> bytes:
    return (HEAD + "".join(pages) + FOOT).encode()


def pages() -> list[str]:
    return [page(i) for i in range(COUNT)]


def numbers(found: Any) -> list[int]:
    return [int(row["title"].split()[1]) for row in found.documents]


def all_but(*left_out: int) -> list[int]:
    return [i for i in range(COUNT) if i not in left_out]


@pytest.fixture
def read(tmp_path: Path, gather: Callable[..., Any]) -> Callable[..., Any]:
    def make(data: bytes, name: str = "thwiki-20260101-pages.xml", **limits: Any) -> Any:
        path = tmp_path / name
        path.write_bytes(data)
        return gather(SOURCE, path, **limits)

    return make


def test_an_undamaged_dump_gives_all(read: Callable[..., Any]) -> None:
    found = read(dump(pages()))
    assert numbers(found) == all_but()
    first = found.documents[0]
    assert first["text"] == " ".join(["หน้า 0 เป็นบทความสั้น"] * 3)
    assert first["declared_language"] == "tha_Thai"
    assert first["url"] == "https://th.wikipedia.org/wiki/%E0%B8%AB%E0%B8%99%E0%B9%89%E0%B8%B2_0"
    assert first["collected_at"].date().isoformat() == "2026-01-01"


def test_fault_21_cut_in_the_middle_of_a_page(read: Callable[..., Any]) -> None:
    data = dump(pages())
    cut = data.index("หน้า 50</title>".encode()) + 300
    found = read(data[:cut])
    assert numbers(found) == list(range(50))
    (row,) = found.excluded
    assert row["rule"] == "cut-page"
    assert row["title"] == "หน้า 50"
    assert f"#{data[:cut].rindex(b'<page>')}" in row["detail"]


@pytest.mark.parametrize(
    "text",
    ["a < b and more", "a <b> c", "</revision>", "a & b", "&nbsp;", "\x01", "]]> here"],
)
def test_fault_21_text_that_is_not_escaped(text: str, read: Callable[..., Any]) -> None:
    parts = pages()
    parts[50] = page(50, text)
    data = dump(parts)
    found = read(data)
    assert numbers(found) == all_but(50)
    (row,) = found.excluded
    assert (row["rule"], row["title"]) == ("malformed-page", "หน้า 50")
    assert f"#{data.index('หน้า 50</title>'.encode()) - len('<page>') - len('    <title>') - 1}" in row["detail"]


@pytest.mark.parametrize("wrong", ["</pagee>", "</Page>", "<page/>", ""])
def test_fault_21_a_wrong_closing_tag(wrong: str, read: Callable[..., Any]) -> None:
    parts = pages()
    parts[50] = parts[50].replace("</page>", wrong)
    found = read(dump(parts))
    assert numbers(found) == all_but(50)
    (row,) = found.excluded
    assert (row["rule"], row["title"]) == ("malformed-page", "หน้า 50")


def test_fault_21_an_invalid_byte_costs_one_page(read: Callable[..., Any]) -> None:
    data = bytearray(dump(pages()))
    place = data.index("หน้า 50".encode(), data.index("หน้า 50</title>".encode()) + 20)
    data[place] = 0xFF
    found = read(bytes(data))
    assert numbers(found) == all_but(50)
    assert found.rules == {"malformed-page": 1}


def test_fault_21_a_damaged_stream_of_a_multistream_dump(read: Callable[..., Any]) -> None:
    parts = pages()
    groups = [bz2.compress("".join(parts[i : i + 10]).encode()) for i in range(0, COUNT, 10)]
    streams = [bz2.compress(HEAD.encode()), *groups, bz2.compress(FOOT.encode())]
    broken = bytearray(streams[6])
    broken[len(broken) // 2] ^= 0x20
    streams[6] = bytes(broken)
    found = read(b"".join(streams), "thwiki-20260101-pages.xml.bz2")
    assert set(all_but(*range(50, 60))) <= set(numbers(found)), "the pages of all other streams"
    assert found.account.damages
    start = len(b"".join(streams[:6]))
    assert all(start <= d.offset < start + len(broken) for d in found.account.damages)


def test_fault_21_no_index_file_is_needed(read: Callable[..., Any]) -> None:
    """A dump's index may be out of step with it: streams are found in the dump itself, and the index is never read."""
    parts = pages()
    streams = [bz2.compress(HEAD.encode()), *(bz2.compress(p.encode()) for p in parts), bz2.compress(FOOT.encode())]
    assert numbers(read(b"".join(streams), "thwiki-pages-multistream.xml.bz2")) == all_but()


@pytest.mark.parametrize("kind", ["plain", "gz", "bz2", "xz", "zst"])
@pytest.mark.parametrize("content", [b"", b"\n\n", (HEAD + FOOT).encode(), HEAD.encode(), b"\xff\xfe"])
def test_fault_23_dumps_with_nothing_in_them(
    kind: str, content: bytes, read: Callable[..., Any], pack: Callable[..., bytes]
) -> None:
    found = read(pack(kind, content), f"thwiki.xml.{kind}")
    assert (found.documents, found.excluded, found.account.damages) == ([], [], [])
    assert found.account.framing_bytes == len(content)


def test_fault_23_a_page_without_text(read: Callable[..., Any]) -> None:
    found = read(dump([page(0, ""), page(1, "{{ต้นขั้ว}} [[หมวดหมู่:ว่าง]]"), page(2)]))
    assert numbers(found) == [2]
    assert found.rules == {"empty-text": 2}


def test_a_file_that_is_no_dump_is_one_reject(read: Callable[..., Any]) -> None:
    found = read(b"<html><body>not a dump</body></html>")
    assert (found.documents, found.rules) == ([], {"not-a-dump": 1})


def test_fault_24_a_dump_that_is_a_bomb(read: Callable[..., Any]) -> None:
    """200 MB of one letter inside a page, in 140 bytes of bzip2."""
    head, tail = (HEAD + page(0)).encode(), ("</text></revision></page>" + page(2) + FOOT).encode()
    opened = b"<page><title>B</title><ns>0</ns><id>9</id><revision><text>"
    streams = [bz2.compress(head), bz2.compress(opened), bz2.compress(b"a" * 200 * 2**20), bz2.compress(tail)]
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    found = read(b"".join(streams), "thwiki.xml.bz2")
    assert numbers(found) == [0, 2]
    (damage,) = found.account.damages
    assert "at most 200 is read" in damage.reason
    assert found.rules == {"cut-page": 1}
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 150 * 1024


def test_fault_24_a_page_larger_than_the_limit(read: Callable[..., Any]) -> None:
    found = read(dump([page(0), page(1, "ก" * 400_000), page(2)]), max_document_bytes=100_000)
    assert numbers(found) == [0, 2]
    (row,) = found.excluded
    assert (row["rule"], row["title"]) == ("max-document-bytes", "หน้า 1")


def test_a_long_history_keeps_its_last_revision(read: Callable[..., Any]) -> None:
    older = "".join(f"<revision><id>{i}</id><text>{'เก่า ' * 4000}</text></revision>" for i in range(60))
    full = page(1).replace("<revision>", older + "<revision>", 1)
    found = read(dump([page(0), full, page(2)]), max_document_bytes=100_000)
    assert numbers(found) == [0, 1, 2]
    assert "เก่า" not in found.documents[1]["text"]


# ---- 25 ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def listener() -> Any:
    """A socket that counts who connects to it."""
    server = socket.create_server(("127.0.0.1", 0))
    server.settimeout(0.2)
    visitors: list[Any] = []
    stop = threading.Event()

    def accept() -> None:
        while not stop.is_set():
            try:
                visitors.append(server.accept())
            except OSError:
                continue

    thread = threading.Thread(target=accept)
    thread.start()
    yield server.getsockname()[1], visitors
    stop.set()
    thread.join()
    server.close()


LAUGHS = "".join(f'<!ENTITY lol{i} "{f"&lol{i - 1};" * 10}">' for i in range(1, 10))


def test_fault_25_billion_laughs(read: Callable[..., Any]) -> None:
    doctype = f'<!DOCTYPE mediawiki [<!ENTITY lol0 "lol">{LAUGHS}]>'
    read(dump(pages()))  # all that reading takes anyway
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    found = read(doctype.encode() + dump([page(0), page(1, "&lol9;"), page(2)]))
    assert numbers(found) == [0, 2]
    (row,) = found.excluded
    assert row["rule"] == "malformed-page"
    assert "undefined entity" in row["detail"]
    assert any("document type" in w for w in found.account.warnings)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 50 * 1024


def test_fault_25_quadratic_blow_up(read: Callable[..., Any]) -> None:
    doctype = f'<!DOCTYPE mediawiki [<!ENTITY a "{"a" * 100_000}">]>'
    found = read(doctype.encode() + dump([page(0), page(1, "&a;" * 100_000), page(2)]))
    assert numbers(found) == [0, 2]
    (row,) = found.excluded
    assert "undefined entity" in row["detail"]


def test_fault_25_external_entities_are_never_followed(read: Callable[..., Any], tmp_path: Path, listener: Any) -> None:
    port, visitors = listener
    secret = tmp_path / "secret.txt"
    secret.write_text("ความลับของเครื่อง")
    doctype = (
        f'<!DOCTYPE mediawiki SYSTEM "http://127.0.0.1:{port}/dump.dtd" [<!ENTITY f SYSTEM "file://{secret}">'
        f'<!ENTITY n SYSTEM "http://127.0.0.1:{port}/x"><!ENTITY % p SYSTEM "http://127.0.0.1:{port}/y">%p;]>'
    )
    inside = page(3).replace("<title>", doctype + "<title>")
    found = read(doctype.encode() + dump([page(0), page(1, "&f;"), page(2, "&n;"), inside, page(4)]))
    assert numbers(found) == [0, 4]
    assert found.rules == {"malformed-page": 3}
    everything = repr(found.documents) + repr(found.excluded)
    assert "ความลับของเครื่อง" not in everything
    assert visitors == []


# ---- 28 ---------------------------------------------------------------------------------------------------------

MEGABYTE = 2**20
HOSTILE = {
    "templates": "{{" * (MEGABYTE // 2),
    "templates with arguments": "{{a|" * (MEGABYTE // 4),
    "links": "[[" * (MEGABYTE // 2),
    "links with labels": "[[a|" * (MEGABYTE // 4),
    "tables": "{|\n" * (MEGABYTE // 3),
    "closing braces": "}}" * (MEGABYTE // 2),
    "triple braces": "{{{a|" * (MEGABYTE // 5),
    "references": "&lt;ref&gt;" * (MEGABYTE // 5),
    "references with names": "&lt;ref name=a " * (MEGABYTE // 12),
    "bold tags": "&lt;b " * (MEGABYTE // 3),
    "comments": "&lt;!--" * (MEGABYTE // 4),
    "nowiki": "&lt;nowiki&gt;" * (MEGABYTE // 8),
    "quotes": "'" * MEGABYTE,
    "headings": "=" * MEGABYTE,
    "headings in lines": "==a\n" * (MEGABYTE // 4),
    "external links": "[http://a " * (MEGABYTE // 10),
    "entities": "&amp;amp" * (MEGABYTE // 8),
    "lists": "*" * MEGABYTE,
    "combining marks": "a" + "\N{COMBINING ACUTE ACCENT}" * (MEGABYTE - 1),
    "zero-width flood": "\N{ZERO WIDTH NON-JOINER}" * MEGABYTE,
    "bidi controls": "\N{RIGHT-TO-LEFT OVERRIDE}" * MEGABYTE,
    "one letter": "a" * MEGABYTE,
    "round brackets": "(" * MEGABYTE,
    "brackets with blanks": "( ," * (MEGABYTE // 3),
    "variants": "-{" * (MEGABYTE // 2),
    "pipes": "|" * MEGABYTE,
    "underscores": "_" * MEGABYTE,
}


@pytest.mark.timeout(30)
@pytest.mark.parametrize("name", sorted(HOSTILE))
def test_fault_28_hostile_markup_ends_as_text_or_a_reject(name: str, read: Callable[..., Any]) -> None:
    """Each takes milliseconds; where something grows with the square it is hours, and the timeout ends the test."""
    found = read(dump([page(0), page(1, HOSTILE[name]), page(2)]))
    assert {0, 2} <= set(numbers(found))
    if found.excluded:
        (row,) = found.excluded
        assert row["rule"] in ("wikitext-depth", "empty-text")
    else:
        assert len(found.documents[1]["text"].encode()) <= 3 * len(HOSTILE[name].encode())


def test_fault_28_nesting_is_limited_by_count(read: Callable[..., Any]) -> None:
    deep = "{{a|" * 101 + "x" + "}}" * 101
    found = read(dump([page(0), page(1, deep)]))
    (row,) = found.excluded
    assert (row["rule"], row["value"], row["threshold"]) == ("wikitext-depth", 101, 100)
