"""HTTP bodies out of their codings, record heads of every kind, and where plain archives may be cut."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import brotli
import pytest
from backports import zstd

from ginbon.corpus.http import BodyError, decoded_body, read_response
from ginbon.corpus.readers.archive import record_starts
from ginbon.corpus.readers.files import RawFile
from ginbon.recipes.model import WarcSource

SOURCE = WarcSource(name="crawl", collector="warc", paths=["."])
BODY = "<p>ຂໍ້ຄວາມພາສາລາວ</p>".encode() * 50
LIMITS = {"max_bytes": 10**6, "max_ratio": 200}


def response(body: bytes, *headers: str) -> Any:
    return read_response("\r\n".join(["HTTP/1.1 200 OK", *headers]).encode() + b"\r\n\r\n" + body)


def chunked(body: bytes, size: int = 100) -> bytes:
    parts = [body[i : i + size] for i in range(0, len(body), size)]
    return b"".join(b"%x;ext=1\r\n%s\r\n" % (len(p), p) for p in parts) + b"0\r\n\r\n"


CODINGS = {
    "gzip": gzip.compress(BODY),
    "x-gzip": gzip.compress(BODY),
    "deflate": zlib.compress(BODY),
    "br": brotli.compress(BODY),
    "zstd": zstd.compress(BODY),
    "identity": BODY,
}


@pytest.mark.parametrize("coding", sorted(CODINGS))
@pytest.mark.parametrize("transfer", [False, True])
def test_bodies_come_out_of_their_codings(coding: str, transfer: bool) -> None:
    body = chunked(CODINGS[coding]) if transfer else CODINGS[coding]
    headers = [f"Content-Encoding: {coding}", *(["Transfer-Encoding: chunked"] if transfer else [])]
    assert decoded_body(response(body, *headers), **LIMITS) == BODY


def test_a_body_that_was_decoded_before_is_taken_as_it_is() -> None:
    for coding in ("gzip", "br", "zstd", "deflate"):
        headers = (f"Content-Encoding: {coding}", "Transfer-Encoding: chunked")
        assert decoded_body(response(BODY, *headers), **LIMITS) == BODY


@pytest.mark.parametrize("coding", ["gzip", "deflate", "br", "zstd"])
def test_a_cut_body_is_an_error_never_a_shorter_body(coding: str) -> None:
    whole = CODINGS[coding]
    for cut in (len(whole) // 2, len(whole) - 1):
        with pytest.raises(BodyError, match="damaged"):
            decoded_body(response(whole[:cut], f"Content-Encoding: {coding}"), **LIMITS)


def test_a_chunked_body_that_is_cut_is_an_error() -> None:
    whole = chunked(BODY)
    for cut in (len(whole) - 1, len(whole) // 2, len(whole) - 5):
        found = response(whole[:cut], "Transfer-Encoding: chunked")
        if cut == len(whole) - 1:  # only the last line end is missing
            assert decoded_body(found, **LIMITS) == BODY
        else:
            with pytest.raises(BodyError):
                decoded_body(found, **LIMITS)


def test_an_unknown_coding_is_named() -> None:
    with pytest.raises(BodyError, match="'compress'"):
        decoded_body(response(BODY, "Content-Encoding: compress"), **LIMITS)


def test_heads_folded_lines_and_bare_newlines() -> None:
    found = read_response(b"HTTP/1.0 404 Not Found\nX-A: one\n two\nContent-Type: text/html\n\nbody")
    assert (found.status, found.header("x-a"), found.body) == (404, "one two", b"body")
    assert read_response(b"no status").status == 0


def record(number: int, size: int) -> bytes:
    block = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n<p>" + b"word " * size + b"</p>"
    head = "WARC/1.0\r\nWARC-Type: response\r\nContent-Type: application/http\r\n"
    head += f"X: {number}\r\nContent-Length: {len(block)}"
    return head.encode() + b"\r\n\r\n" + block + b"\r\n\r\n"


def test_a_plain_archive_is_cut_at_records(tmp_path: Path) -> None:
    parts = [record(i, 10 * i) for i in range(100)]
    path = tmp_path / "a.warc"
    path.write_bytes(b"".join(parts))
    bounds = [0]
    for part in parts:
        bounds.append(bounds[-1] + len(part))
    with RawFile(path) as file:
        starts = record_starts(file, range(1000, file.size, 1000))
    assert starts
    assert set(starts) <= set(bounds)
    assert starts == sorted(set(starts))


def test_extents_of_a_plain_archive_give_each_record_once(
    tmp_path: Path, gather: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.warc"
    path.write_bytes(b"".join(record(i, 10 * (i + 1)) for i in range(100)))
    whole = gather(SOURCE, path)
    monkeypatch.setattr("ginbon.corpus.collectors.warc.EXTENT_BYTES", 5_000)
    cut = gather(SOURCE, path)
    assert [r["locator"] for r in cut.documents] == [r["locator"] for r in whole.documents]
    assert len(whole.documents) == 100
    assert cut.account.decoded_bytes == whole.account.decoded_bytes == path.stat().st_size


def test_a_sample_stops_and_the_balance_holds(tmp_path: Path, gather: Callable[..., Any]) -> None:
    path = tmp_path / "a.warc.gz"
    path.write_bytes(b"".join(gzip.compress(record(i, 50)) for i in range(100)))
    assert len(gather(SOURCE, path, limit=7).documents) == 7


def test_a_quarantined_record_is_passed_over(tmp_path: Path, gather: Callable[..., Any]) -> None:
    path = tmp_path / "a.warc.gz"
    path.write_bytes(b"".join(gzip.compress(record(i, 50)) for i in range(5)))
    all_of_it = gather(SOURCE, path)
    bad = all_of_it.documents[2]["id"]
    found = gather(SOURCE, path, quarantine=frozenset({bad}))
    assert [r["id"] for r in found.excluded] == [bad]
    assert found.rules == {"quarantine": 1}
    assert len(found.documents) == 4
