"""FAULT 31 and 29 on pages: conflicting, malformed, foreign and oversized claims; the strictest valid one wins."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ginbon.recipes.model import Rights, WarcSource

TEXT = "<p>Um texto sobre o rio, com palavras que bastam para que seja lido como principal.</p>"


@pytest.fixture
def read(tmp_path: Path, gather: Callable[..., Any]) -> Callable[..., Any]:
    def make(head: str = "", headers: str = "", licence: str | None = None, body: str = "") -> Any:
        page = f"<html><head><title>T</title>{head}</head><body>{TEXT}{body}</body></html>"
        block = f"HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\n{headers}\r\n{page}".encode()
        record = (
            "WARC/1.0\r\nWARC-Type: response\r\nWARC-Target-URI: https://example.org/a\r\n"
            "WARC-Date: 2024-05-01T00:00:00Z\r\nContent-Type: application/http; msgtype=response\r\n"
            f"Content-Length: {len(block)}\r\n\r\n"
        ).encode()
        path = tmp_path / "a.warc.gz"
        path.write_bytes(gzip.compress(record + block + b"\r\n\r\n"))
        source = WarcSource(name="crawl", collector="warc", paths=["."], rights=Rights(licence=licence))
        found = gather(source, path)
        (row,) = found.documents
        return row, found.account.warnings

    return make


def reserved(row: dict[str, Any]) -> bool:
    return any(notice.startswith("reserved: ") for notice in row["rights"]["notices"])


BY, NC = "https://creativecommons.org/licenses/by/4.0/", "https://creativecommons.org/licenses/by-nc-nd/4.0/"


def test_fault_31_page_denies_and_header_allows(read: Callable[..., Any]) -> None:
    row, _ = read('<meta name="robots" content="noai">', "tdm-reservation: 0\r\n")
    assert reserved(row)
    assert "meta robots: noai" in row["rights"]["notices"]
    assert "http tdm-reservation: 0" in row["rights"]["notices"], "the signal that lost is kept too"


def test_fault_31_header_denies_and_page_allows(read: Callable[..., Any]) -> None:
    for header in ("TDM-Reservation: 1", "X-Robots-Tag: noai, noindex", "Content-Usage: train-ai=n"):
        row, _ = read('<meta name="tdm-reservation" content="0">', f"{header}\r\n")
        assert reserved(row), header


def test_fault_31_nothing_said_is_nothing_found(read: Callable[..., Any]) -> None:
    row, warnings = read('<meta name="robots" content="index, max-image-preview:large">')
    assert row["rights"]["notices"] == []
    assert row["licence"] is None
    assert warnings == []


@pytest.mark.parametrize(("first", "second"), [(BY, NC), (NC, BY)])
def test_fault_31_of_two_licences_the_stricter_in_any_order(first: str, second: str, read: Callable[..., Any]) -> None:
    row, _ = read(f'<link rel="license" href="{first}">', body=f'<a rel="license" href="{second}">x</a>')
    assert row["licence"] == "CC-BY-NC-ND-4.0"
    assert NC in row["rights"]["evidence"]
    assert sum(BY in notice for notice in row["rights"]["notices"]) == 1


def test_fault_31_a_page_does_not_loosen_what_the_recipe_says(read: Callable[..., Any]) -> None:
    row, _ = read(f'<link rel="license" href="{BY}">', licence="CC-BY-NC-4.0")
    assert row["licence"] == "CC-BY-NC-4.0"
    row, _ = read(f'<link rel="license" href="{NC}">', licence="CC-BY-4.0")
    assert row["licence"] == "CC-BY-NC-ND-4.0"


@pytest.mark.parametrize(
    "head",
    [
        '<link rel="license" href="<rdf:RDF><License rdf:about=">',
        '<script type="application/ld+json">{"@type": "Article", "license": </script>',
        '<meta name="tdm-reservation" content="yes, please">',
        '<meta name="tdm-reservation" content="">',
    ],
)
def test_fault_31_malformed_signals_are_counted_and_kept(head: str, read: Callable[..., Any]) -> None:
    row, warnings = read(head)
    assert any(notice.startswith("malformed ") for notice in row["rights"]["notices"])
    assert warnings == ["a.warc.gz: 1 malformed licence marks or notices"]
    assert row["licence"] is None, "a licence that cannot be understood is none"
    assert reserved(row) == ("tdm" in head), "a reservation that cannot be understood is one"


@pytest.mark.parametrize(
    "address",
    [
        "https://creativecommons.org.evil.example/licenses/by/4.0/",
        "https://evil.example/creativecommons.org/licenses/by/4.0/",
        "https://creativecommons.org/licenses/by/9.0/",
        "https://creativecommons.org/licenses/by-free/4.0/",
        "javascript:alert('CC0')",
        "https://example.org/terms",
    ],
)
def test_fault_31_look_alikes_are_no_licence(address: str, read: Callable[..., Any]) -> None:
    row, _ = read(f'<link rel="license" href="{address}">')
    assert row["licence"] is None
    assert any(address[:30] in notice for notice in row["rights"]["notices"])


def test_fault_31_signals_for_others_decide_nothing(read: Callable[..., Any]) -> None:
    head = '<meta name="otherbot" content="noai">'
    body = f'<a rel="license" about="https://elsewhere.example/photo" href="{BY}">photo</a>'
    row, _ = read(head, "X-Robots-Tag: otherbot: noai\r\n", body=body)
    assert not reserved(row)
    assert row["licence"] is None
    assert sum("not followed" in notice for notice in row["rights"]["notices"]) == 3


def test_fault_31_a_pictures_licence_is_not_the_pages(read: Callable[..., Any]) -> None:
    row, _ = read(f'<script type="application/ld+json">{{"@type": "ImageObject", "license": "{BY}"}}</script>')
    assert row["licence"] is None


def test_fault_31_a_date_after_the_collection_is_none(read: Callable[..., Any]) -> None:
    row, warnings = read('<meta property="article:published_time" content="2099-01-01T00:00:00Z">')
    assert row["published_at"] is None
    assert any("after the collection" in notice for notice in row["rights"]["notices"])
    assert len(warnings) == 1
    row, _ = read('<meta property="article:published_time" content="2023-04-05T06:07:08+02:00">')
    assert row["published_at"].isoformat() == "2023-04-05T04:07:08+00:00"


def test_fault_29_claims_are_single_lines_of_bounded_length(read: Callable[..., Any]) -> None:
    hostile = "noai \x1b[2J\n=cmd()\u2028" + "x" * 2**20
    many = "".join(f'<meta name="robots{i}" content="noai">' for i in range(500))
    row, _ = read(f'<meta name="robots" content="{hostile}">{many}<title>{"t" * 2**20}</title>')
    notices = row["rights"]["notices"]
    assert len(notices) <= 33
    for notice in notices:
        assert len(notice.encode()) <= 400
        assert notice.isprintable()
    assert len(row["title"].encode()) <= 4096
