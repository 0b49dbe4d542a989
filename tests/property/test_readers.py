"""Laws of reading: whatever content, frames and cuts, every line comes once and every byte is counted once."""

from __future__ import annotations

import itertools
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from ginbon.corpus.collector import Account, Reading
from ginbon.corpus.readers.lines import Line, read_lines
from ginbon.corpus.readers.streams import compression_of, pieces, read_chunks
from ginbon.engine.extents import Piece

KINDS = ("plain", "gz", "bz2", "xz", "zst")
LINES = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])

content = st.lists(
    st.one_of(st.sampled_from([b"\n", b"\r\n", b"\r", b"\n\n", b"a", b"{}", b"\xff", b"\0"]), st.binary(max_size=6)),
    max_size=40,
).map(b"".join)


@contextmanager
def file_of(data: bytes, kind: str) -> Iterator[str]:
    with tempfile.NamedTemporaryFile(suffix=f".{kind}") as file:
        file.write(data)
        file.flush()
        yield file.name


def expected_lines(data: bytes) -> list[bytes]:
    lines = data.split(b"\n")
    ended = [line[:-1] if line.endswith(b"\r") else line for line in lines[:-1]]
    return ended + ([lines[-1]] if lines[-1] else [])


def framed(data: bytes, at: list[int], kind: str, pack: Callable[..., bytes]) -> tuple[bytes, list[int]]:
    """The data as a file of frames cut at ``at``, and where the frames start (plain: these very cuts)."""
    bounds = [0, *sorted(min(a, len(data)) for a in at), len(data)]
    if kind == "plain":
        assume(compression_of(data, name="f.plain") == "plain")
        return data, bounds[1:-1]
    frames = [pack(kind, data[a:b]) for a, b in itertools.pairwise(bounds)]
    starts = [sum(map(len, frames[:i])) for i in range(1, len(frames))]
    return b"".join(frames), starts


def cut_into(path: str, raw: bytes, starts: list[int]) -> list[Piece]:
    bounds = [0, *starts, len(raw)]
    return [Piece(path, "f", a, b, len(raw)) for a, b in itertools.pairwise(bounds)]


def read_all(parts: list[Piece], reading: Reading) -> tuple[list[Line], Account]:
    lines, total = [], Account()
    for piece in parts:
        account = Account()
        mine = list(read_lines(piece, reading=reading, account=account))
        account.framing_bytes = sum(line.span for line in mine)
        assert account.check() == []
        assert account.raw_bytes == piece.stop - piece.start
        total.add(account)
        lines += mine
    return lines, total


@pytest.mark.parametrize("kind", KINDS)
@LINES
@given(
    data=content,
    at=st.lists(st.integers(0, 200), max_size=6),
    keep=st.lists(st.booleans(), min_size=6, max_size=6),
    limit=st.sampled_from([3, 10, 1000]),
)
def test_pieces_give_every_line_once_and_their_accounts_sum_to_the_file(
    kind: str, data: bytes, at: list[int], keep: list[bool], limit: int, pack: Callable[..., bytes]
) -> None:
    raw, starts = framed(data, at, kind, pack)
    cuts = [s for s, k in zip(starts, keep, strict=False) if k]
    reading = Reading(namespace="n", max_document_bytes=limit)
    with file_of(raw, kind) as path:
        lines, total = read_all(cut_into(path, raw, cuts), reading)
        whole, _ = read_all(cut_into(path, raw, []), reading)
    expected = expected_lines(data)
    assert [line.size for line in lines] == [len(e) for e in expected]
    assert [line.data for line in lines] == [e if len(e) <= limit else e[:limit] for e in expected]
    assert [line.locator("f") for line in lines] == [line.locator("f") for line in whole]
    assert len({line.locator("f") for line in lines}) == len(lines)
    assert not any(line.cut for line in lines)
    assert total.decoded_bytes == len(data)
    assert total.raw_bytes == total.intact_bytes == len(raw)
    assert total.unprotected_bytes == (len(data) if kind == "plain" else 0)


@pytest.mark.parametrize("kind", ["gz", "bz2", "xz", "zst"])
@LINES
@given(
    parts=st.lists(st.binary(min_size=1, max_size=30), min_size=1, max_size=5),
    keep=st.lists(st.booleans(), min_size=6, max_size=6),
    flip=st.tuples(st.integers(0, 10_000), st.integers(0, 7)),
    cut=st.integers(0, 400),
    tail=st.binary(max_size=12),
)
def test_whatever_is_damaged_every_raw_byte_is_intact_or_damage_and_every_decoded_byte_a_line(
    kind: str,
    parts: list[bytes],
    keep: list[bool],
    flip: tuple[int, int],
    cut: int,
    tail: bytes,
    pack: Callable[..., bytes],
) -> None:
    frames = [pack(kind, p + b"\n") for p in parts]
    starts = [sum(map(len, frames[:i])) for i in range(1, len(frames))]
    raw = bytearray(b"".join(frames)[: cut or None] + tail)
    if raw:
        raw[flip[0] % len(raw)] ^= 1 << flip[1]
    cuts = [s for s, k in zip(starts, keep, strict=False) if k and s < len(raw)]
    with file_of(bytes(raw), kind) as path:
        lines, total = read_all(cut_into(path, bytes(raw), cuts), Reading(namespace="n"))
    assert total.raw_bytes == len(raw)
    assert total.damaged_bytes == sum(d.length for d in total.damages)
    places = sorted((d.offset, d.offset + d.length) for d in total.damages if d.length)
    assert all(a[1] <= b[0] for a, b in itertools.pairwise(places)), "damages overlap"
    assert len({line.locator("f") for line in lines}) == len(lines)


@pytest.mark.parametrize("kind", KINDS)
@LINES
@given(data=st.binary(min_size=1, max_size=300), frame=st.integers(1, 40), aim=st.integers(1, 60))
def test_planned_pieces_cover_the_file_and_decode_to_it(
    kind: str, data: bytes, frame: int, aim: int, pack: Callable[..., bytes]
) -> None:
    raw, _ = framed(data, list(range(frame, len(data), frame)), kind, pack)
    with file_of(raw, kind) as path:
        parts = pieces(path, "f", len(raw), extent_bytes=aim, compressed_extent_bytes=aim)
        assert parts[0].start == 0
        assert parts[-1].stop == len(raw)
        assert all(a.stop == b.start for a, b in itertools.pairwise(parts))
        decoded = b""
        for piece in parts:
            chunks = read_chunks(piece, reading=Reading(namespace="n"), account=Account())
            decoded += b"".join(c.data for c in chunks if not c.beyond)
    assert decoded == data


@pytest.mark.parametrize("kind", KINDS)
@LINES
@given(data=content, at=st.lists(st.integers(0, 200), max_size=4), taken=st.integers(0, 20))
def test_a_consumer_that_stops_early_is_charged_for_what_it_took(
    kind: str, data: bytes, at: list[int], taken: int, pack: Callable[..., bytes]
) -> None:
    raw, _ = framed(data, at, kind, pack)
    account = Account()
    reading = Reading(namespace="n", max_document_bytes=4)
    with file_of(raw, kind) as path:
        lines = read_lines(Piece(path, "f", 0, len(raw), len(raw)), reading=reading, account=account)
        spans = [line.span for line in itertools.islice(lines, taken)]
        lines.close()
    assert account.decoded_bytes == sum(spans)
