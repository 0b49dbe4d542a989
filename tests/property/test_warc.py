"""Laws of archives: whatever the bytes, every one is counted, and what is emitted is what was written."""

from __future__ import annotations

import gzip
import hashlib
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from ginbon.recipes.model import WarcSource

SOURCE = WarcSource(name="crawl", collector="warc", paths=["."])
WORDS = st.text(st.characters(categories=["Lo", "Ll", "Mn", "Nd"]), min_size=1, max_size=40)


def body(text: str) -> bytes:
    return f"<html><body><p>x{text}</p></body></html>".encode()


def record(text: str) -> bytes:
    block = b"HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\n\r\n" + body(text)
    head = f"WARC/1.0\r\nWARC-Type: response\r\nContent-Type: application/http\r\nContent-Length: {len(block)}\r\n\r\n"
    return head.encode() + block + b"\r\n\r\n"


def read(gather: Callable[..., Any], data: bytes, name: str) -> Any:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / name
        path.write_bytes(data)
        return gather(SOURCE, path)


@settings(max_examples=60)
@given(texts=st.lists(WORDS, max_size=6), groups=st.integers(1, 3), plain=st.booleans())
def test_all_records_come_out_as_they_went_in(
    gather: Callable[..., Any], texts: list[str], groups: int, plain: bool
) -> None:
    """Also where members hold several records, or where a record goes on in the next member."""
    data = b"".join(record(t) for t in texts)
    step = max(1, len(data) // groups)
    packed = b"".join(gzip.compress(data[i : i + step]) for i in range(0, len(data), step))
    found = read(gather, data if plain else packed, "a.warc" if plain else "a.warc.gz")
    assert [r["digest"] for r in found.documents] == [hashlib.sha256(body(t)).digest() for t in texts]
    assert found.excluded == []
    assert found.account.damages == []


@settings(max_examples=80)
@given(
    texts=st.lists(WORDS, min_size=1, max_size=6),
    where=st.floats(0, 1),
    value=st.integers(0, 255),
    cut=st.floats(0, 1),
    plain=st.booleans(),
)
def test_whatever_is_damaged_the_balance_holds_and_no_gzip_record_changes(
    gather: Callable[..., Any], texts: list[str], where: float, value: int, cut: float, plain: bool
) -> None:
    parts = [record(t) if plain else gzip.compress(record(t)) for t in texts]
    data = bytearray(b"".join(parts))
    data[int(where * (len(data) - 1))] = value
    found = read(gather, bytes(data[: int(len(data) * cut)]), "a.warc" if plain else "a.warc.gz")
    if not plain:  # a plain file has no checksum: a changed letter cannot be seen
        written = {hashlib.sha256(body(t)).digest() for t in texts}
        assert {r["digest"] for r in found.documents} <= written


@settings(max_examples=80)
@given(
    st.lists(
        st.sampled_from(
            [b"WARC/1.0\r\n", b"Content-Length: 7\r\n", b"\r\n", b"\n", b"http://a 1 20200101 t 3\n", b"x", b"\0"]
        )
        | st.binary(max_size=30),
        max_size=30,
    )
)
def test_any_bytes_are_read_to_the_end(gather: Callable[..., Any], parts: list[bytes]) -> None:
    data = b"".join(parts)
    found = read(gather, data, "a.warc")
    if found.account.raw_bytes and not found.account.damages:
        assert found.account.raw_bytes == len(data)
