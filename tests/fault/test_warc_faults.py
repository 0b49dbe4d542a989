"""FAULTS 20, 23 and 24 on archives: damaged, cut and lying records, empty files, and bombs in every layer."""

from __future__ import annotations

import base64
import gzip
import hashlib
import resource
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import brotli
import pytest
from backports import zstd

from ginbon.recipes.model import WarcSource

SOURCE = WarcSource(name="crawl", collector="warc", paths=["."])
COUNT = 100
SENTENCES = (
    "ตลาดน้ำเปิดทุกวันเสาร์และอาทิตย์",
    "O mercado abre aos sábados e domingos",
    "Базар работает по субботам и воскресеньям",
    "السوق مفتوح يومي السبت والأحد",
    "ገበያው ቅዳሜና እሁድ ይከፈታል",
)


def page(number: int) -> bytes:
    """An HTML page whose text says its number, long enough that its gzip member has a body worth damaging."""
    lines = "".join(
        f"<p>{SENTENCES[(number + i) % 5]} {number}.{i} {hashlib.sha256(bytes([number, i])).hexdigest()}</p>"
        for i in range(20)
    )
    return f"<html><head><title>Página {number}</title></head><body><h1>{number}</h1>{lines}</body></html>".encode()


def response(body: bytes, *, status: str = "200 OK", headers: str = "Content-Type: text/html; charset=utf-8") -> bytes:
    return f"HTTP/1.1 {status}\r\n{headers}\r\n\r\n".encode() + body


def record(number: int, block: bytes, *, length: int | None = None, digest: bool = False) -> bytes:
    written = base64.b32encode(hashlib.sha1(block).digest()).decode()
    head = (
        "WARC/1.1\r\nWARC-Type: response\r\n"
        f"WARC-Record-ID: <urn:uuid:{number:08}>\r\nWARC-Target-URI: https://example.org/{number}\r\n"
        "WARC-Date: 2026-01-02T03:04:05Z\r\nContent-Type: application/http; msgtype=response\r\n"
        + (f"WARC-Block-Digest: sha1:{written}\r\n" if digest else "")
        + f"Content-Length: {len(block) if length is None else length}\r\n\r\n"
    )
    return head.encode() + block + b"\r\n\r\n"


def members(*, digest: bool = False) -> list[bytes]:
    return [gzip.compress(record(i, response(page(i)), digest=digest), mtime=0) for i in range(COUNT)]


def titles(found: Any) -> list[int]:
    return [int(row["title"].split()[1]) for row in found.documents]


def all_but(*numbers: int) -> list[int]:
    return [i for i in range(COUNT) if i not in numbers]


def whole(found: Any) -> None:
    """No document is shorter than its page was."""
    for row in found.documents:
        number = int(row["title"].split()[1])
        assert row["digest"] == hashlib.sha256(page(number)).digest()
        assert row["text"].count(f"{number}.") == 20


@pytest.fixture
def read(tmp_path: Path, gather: Callable[..., Any]) -> Callable[..., Any]:
    def make(data: bytes, name: str = "crawl.warc.gz", **limits: Any) -> Any:
        path = tmp_path / name
        path.write_bytes(data)
        return gather(SOURCE, path, **limits)

    return make


def test_an_undamaged_archive_gives_all_and_reports_nothing(read: Callable[..., Any]) -> None:
    found = read(b"".join(members()))
    assert titles(found) == all_but()
    assert found.account.damages == []
    whole(found)


def test_fault_20_a_flipped_header_byte_of_member_50(read: Callable[..., Any]) -> None:
    parts = members()
    parts[50] = b"\x1e" + parts[50][1:]
    found = read(b"".join(parts))
    assert titles(found) == all_but(50)
    (damage,) = found.account.damages
    assert damage.offset == len(b"".join(parts[:50]))
    assert damage.length == len(parts[50])
    whole(found)


@pytest.mark.parametrize("share", [0.05, 0.3, 0.6, 0.9])
def test_fault_20_a_flipped_payload_byte_of_member_50(share: float, read: Callable[..., Any]) -> None:
    parts = members()
    broken = bytearray(parts[50])
    broken[10 + int((len(broken) - 20) * share)] ^= 0x10
    parts[50] = bytes(broken)
    found = read(b"".join(parts))
    assert titles(found) == all_but(50), "a record of a member that fails its checksum is no document"
    offset = len(b"".join(parts[:50]))
    assert any(offset <= d.offset < offset + len(broken) for d in found.account.damages)
    for row in found.excluded:
        assert row["rule"] == "cut-record"
        assert f"#{offset}+0" in row["locator"]
    whole(found)


def test_fault_20_a_cut_inside_record_50(read: Callable[..., Any]) -> None:
    parts = members()
    start = len(b"".join(parts[:50]))
    for cut in (5, len(parts[50]) // 2, len(parts[50]) - 4):
        found = read(b"".join(parts)[: start + cut])
        assert titles(found) == list(range(50))
        (damage,) = found.account.damages
        assert (damage.offset, damage.length) == (start, cut) or damage.offset >= start
        if found.excluded:
            (row,) = found.excluded
            assert row["rule"] == "cut-record"
            assert "urn:uuid:00000050" in row["detail"]
        whole(found)


def test_fault_20_a_cut_inside_record_50_of_a_plain_file(read: Callable[..., Any]) -> None:
    parts = [record(i, response(page(i))) for i in range(COUNT)]
    start = len(b"".join(parts[:50]))
    found = read(b"".join(parts)[: start + len(parts[50]) // 2], "crawl.warc")
    assert titles(found) == list(range(50))
    (row,) = found.excluded
    assert row["rule"] == "cut-record"
    assert row["locator"] == f"crawl.warc#{start}"
    assert "urn:uuid:00000050" in row["detail"]


def test_fault_20_the_whole_file_is_one_member(read: Callable[..., Any]) -> None:
    data = b"".join(record(i, response(page(i)), digest=True) for i in range(COUNT))
    found = read(gzip.compress(data, mtime=0))
    assert titles(found) == all_but()
    packed = bytearray(gzip.compress(data, mtime=0))
    packed[len(packed) // 2] ^= 0x08
    found = read(bytes(packed))
    assert found.account.damages
    assert titles(found)[:40] == list(range(40)), "what came before the damage is kept"
    whole(found)


@pytest.mark.parametrize("kind", ["plain", "gz"])
@pytest.mark.parametrize("error", [-700, -2, -1, 1, 2, 5, 700, 10**6, 10**12])
def test_fault_20_a_wrong_content_length(
    kind: str, error: int, read: Callable[..., Any], pack: Callable[..., bytes]
) -> None:
    parts = [record(i, response(page(i))) for i in range(COUNT)]
    block = response(page(50))
    parts[50] = record(50, block, length=len(block) + error)
    found = read(b"".join(pack(kind, p) for p in parts), "crawl.warc" if kind == "plain" else "crawl.warc.gz")
    assert titles(found) == all_but(50)
    (row,) = found.excluded
    assert row["rule"] in ("record-length", "max-document-bytes")
    assert row["threshold"] in (len(block) + error, 64_000_000)
    assert "urn:uuid:00000050" in row["detail"]
    offset = sum(len(pack(kind, p)) for p in parts[:50])
    assert row["locator"].startswith(f"crawl.warc#{offset}" if kind == "plain" else f"crawl.warc.gz#{offset}+0")
    whole(found)


def test_fault_20_a_wrong_length_that_ends_with_the_next_record(read: Callable[..., Any]) -> None:
    """Swallowing exactly one neighbour is seen in a gzip file, for a record does not reach into the next member."""
    parts = [record(i, response(page(i))) for i in range(COUNT)]
    block = response(page(50))
    parts[50] = record(50, block, length=len(block) + 4 + len(parts[51]) - 4)
    found = read(b"".join(gzip.compress(p, mtime=0) for p in parts))
    assert titles(found) == all_but(50)
    assert found.rules == {"record-length": 1}


@pytest.mark.parametrize("length", ["-5", "", "12 34", "9" * 30, "0x10"])
def test_fault_20_a_length_that_is_no_number(length: str, read: Callable[..., Any]) -> None:
    parts = [record(i, response(page(i))) for i in range(5)]
    parts[2] = parts[2].replace(
        f"Content-Length: {len(response(page(2)))}".encode(), f"Content-Length: {length}".encode()
    )
    found = read(b"".join(parts), "crawl.warc")
    assert titles(found) == [0, 1, 3, 4]
    assert found.rules == {"record-length": 1}


def test_fault_20_a_flipped_byte_in_a_plain_file_is_caught_by_the_digest(read: Callable[..., Any]) -> None:
    parts = [record(i, response(page(i)), digest=True) for i in range(COUNT)]
    broken = bytearray(parts[50])
    broken[-100] ^= 1
    parts[50] = bytes(broken)
    found = read(b"".join(parts), "crawl.warc")
    assert titles(found) == all_but(50)
    assert found.rules == {"record-digest": 1}


def test_fault_20_bytes_between_records_are_told(read: Callable[..., Any]) -> None:
    parts = [record(i, response(page(i))) for i in range(3)]
    found = read(parts[0] + parts[1] + b"%%% not a record %%%\r\n\r\n" + parts[2], "crawl.warc")
    assert titles(found) == [0, 2], "record 1 is not followed by a record: its length cannot be trusted"
    assert found.rules == {"record-length": 1}


@pytest.mark.parametrize("kind", ["plain", "gz", "bz2", "xz", "zst"])
@pytest.mark.parametrize("content", [b"", b"\n", b"\r\n\r\n\r\n"])
def test_fault_23_nothing_and_newlines(
    kind: str, content: bytes, read: Callable[..., Any], pack: Callable[..., bytes]
) -> None:
    found = read(pack(kind, content), f"crawl.warc.{kind}")
    assert (found.documents, found.excluded, found.account.damages) == ([], [], [])
    assert found.account.framing_bytes == len(content)


def test_fault_23_an_empty_file_and_a_header_alone(read: Callable[..., Any]) -> None:
    assert read(b"").documents == []
    found = read(b"WARC/1.0\r\nWARC-Type: response\r\n", "crawl.warc")
    assert (found.documents, found.rules) == ([], {"cut-record": 1})
    found = read(record(0, b""), "crawl.warc")
    assert (found.documents, found.rules) == ([], {"http-status": 1})


def test_a_file_that_is_no_archive_is_one_reject(read: Callable[..., Any]) -> None:
    found = read(page(1) * 50, "crawl.warc")
    assert (found.documents, found.rules) == ([], {"not-a-record": 1})
    assert found.account.rejected_bytes == 50 * len(page(1))


def test_fault_24_a_member_that_is_a_bomb(read: Callable[..., Any]) -> None:
    parts = members()
    bomb = zlib.compressobj(9, zlib.DEFLATED, 31)
    packed = bomb.compress(record(50, b"")[:-4] + bytes(100 * 2**20)) + bomb.flush()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    found = read(b"".join([*parts[:50], packed, *parts[51:]]))
    assert titles(found) == all_but(50)
    (damage,) = found.account.damages
    assert "at most 200 is read" in damage.reason
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 120 * 1024


BOMBS = {
    "gzip": lambda: gzip.compress(bytes(80 * 2**20), compresslevel=9),
    "deflate": lambda: zlib.compress(bytes(80 * 2**20), 9),
    "zstd": lambda: zstd.compress(bytes(80 * 2**20)),
    "br": lambda: brotli.compress(bytes(80 * 2**20), quality=3, lgwin=24),
}


@pytest.mark.parametrize("coding", sorted(BOMBS))
def test_fault_24_a_body_that_is_a_bomb(coding: str, read: Callable[..., Any]) -> None:
    head = f"Content-Type: text/html\r\nContent-Encoding: {coding}"
    parts = members()[:5]
    parts[2] = record(2, response(BOMBS[coding](), headers=head))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    found = read(b"".join([*parts[:2], gzip.compress(parts[2], 1), *parts[3:]]), max_ratio=200)
    assert titles(found) == [0, 1, 3, 4]
    (row,) = [r for r in found.excluded if r["rule"] == "http-body"] or [None]
    assert row is not None or found.account.damages
    if row is not None:
        assert row["threshold"] <= 64_000_000 < row["value"] + 64_000_000
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 400 * 1024


def test_fault_24_a_record_larger_than_the_limit(read: Callable[..., Any]) -> None:
    parts = [record(i, response(page(i))) for i in range(3)]
    parts[1] = record(1, response(page(1) + b" " * 300_000))
    found = read(b"".join(parts), "crawl.warc", max_document_bytes=100_000)
    assert titles(found) == [0, 2]
    (row,) = found.excluded
    assert (row["rule"], row["threshold"]) == ("max-document-bytes", 100_000)
    assert row["text_bytes"] == len(parts[1])
