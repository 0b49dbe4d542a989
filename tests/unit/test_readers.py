"""Small facts about reading: what a file is packed with, where it is cut, how a place is named."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path

import pytest

from ginbon.corpus.collector import Account, Damage, Reading
from ginbon.corpus.readers.lines import read_lines
from ginbon.corpus.readers.streams import compression_of, drain, locate, pieces, plan, read_chunks
from ginbon.engine.extents import Piece
from ginbon.errors import SurroundingsError

DRAW = random.Random(1)


@pytest.mark.parametrize("kind", ["plain", "gz", "bz2", "xz", "zst"])
def test_the_first_bytes_say_what_a_file_is_packed_with(kind: str, tmp_path: Path, pack: Callable[..., bytes]) -> None:
    path = tmp_path / "named.wrongly.gz"
    path.write_bytes(pack(kind, b"text\n"))
    assert compression_of(path) == kind
    assert compression_of(pack(kind, b"text\n")) == kind


@pytest.mark.parametrize(
    ("name", "kind"), [("a.gz", "gz"), ("a.bz2", "bz2"), ("a.XZ", "xz"), ("a.zstd", "zst"), ("a", "plain")]
)
def test_the_name_decides_for_an_empty_file_and_for_binary_without_magic(name: str, kind: str, tmp_path: Path) -> None:
    path = tmp_path / name
    path.touch()
    assert compression_of(path) == kind
    path.write_bytes(b"\x00\x01\x02damaged at the very start")
    assert compression_of(path) == kind
    path.write_bytes(b"BZh is how this text begins")
    assert compression_of(path) == "plain"


def test_a_place_is_named_by_the_file_alone() -> None:
    assert locate("a/b.jsonl", 0, 120) == "a/b.jsonl#120"
    assert locate("a/b.jsonl.gz", 5000, 120) == "a/b.jsonl.gz#5000+120"


def test_small_files_share_an_extent_and_large_ones_are_cut(tmp_path: Path, pack: Callable[..., bytes]) -> None:
    sizes = {"a.txt": 100, "b.txt": 250, "c.txt": 30, "d.txt": 30}
    files = []
    for name, size in sizes.items():
        (tmp_path / name).write_bytes(b"x" * size)
        files.append((str(tmp_path / name), name, size))
    extents = plan("s", files, extent_bytes=100, compressed_extent_bytes=25)
    places = [[(p.name, p.start, p.stop) for p in e.pieces] for e in extents]
    assert places == [
        [("a.txt", 0, 100)],
        [("b.txt", 0, 83)],
        [("b.txt", 83, 166)],
        [("b.txt", 166, 250)],
        [("c.txt", 0, 30), ("d.txt", 0, 30)],
    ]


@pytest.mark.parametrize("kind", ["gz", "bz2", "xz", "zst"])
def test_a_file_of_one_frame_is_one_piece_and_of_many_frames_several(
    kind: str, tmp_path: Path, pack: Callable[..., bytes]
) -> None:
    path = tmp_path / f"f.{kind}"
    for frames, least, most in ((1, 1, 1), (40, 4, 6)):
        path.write_bytes(b"".join(pack(kind, DRAW.randbytes(1000)) for _ in range(frames)))
        size = path.stat().st_size
        found = pieces(str(path), "f", size, compressed_extent_bytes=max(size // 5, 100))
        assert least <= len(found) <= most
        assert (found[0].start, found[-1].stop) == (0, size)


def test_members_are_told_from_look_alikes_by_how_they_open(tmp_path: Path, pack: Callable[..., bytes]) -> None:
    """A gzip file stored inside a member (as WARC records hold them) is not taken for a member."""
    inner = b"".join(pack("gz", b"inner" + DRAW.randbytes(40)) for _ in range(50))
    raw = b"".join(pack("gz", b"WARC/1.0\r\n" + inner + DRAW.randbytes(5000)) for _ in range(10))
    path = tmp_path / "f.warc.gz"
    path.write_bytes(raw)
    cut = pieces(str(path), "f", len(raw), compressed_extent_bytes=9000, opening=(b"WARC/",))
    assert len(cut) > 2
    firsts = []
    for piece in cut:
        chunks = read_chunks(piece, reading=Reading(namespace="n"), account=Account(), opening=(b"WARC/",))
        firsts += [c.data[:5] for c in chunks if c.first and not c.beyond]
    assert firsts == [b"WARC/"] * 10


def test_a_file_that_shrank_since_it_was_planned_is_damage(tmp_path: Path) -> None:
    path = tmp_path / "f"
    path.write_bytes(b"a\nb\n")
    account = Account()
    found = list(read_lines(Piece(str(path), "f", 0, 10, 10), reading=Reading(namespace="n"), account=account))
    assert [line.data for line in found] == [b"a", b"b"]
    assert (account.raw_bytes, account.damaged_bytes) == (10, 6)
    assert "4 bytes long; it was 10 when" in account.damages[0].reason


def test_a_file_that_grew_is_read_as_it_was_planned(tmp_path: Path) -> None:
    path = tmp_path / "f"
    path.write_bytes(b"a\nb\nnew")
    account = Account()
    found = list(read_lines(Piece(str(path), "f", 0, 4, 4), reading=Reading(namespace="n"), account=account))
    assert [line.data for line in found] == [b"a", b"b"]


def test_a_file_that_cannot_be_opened_is_no_damage(tmp_path: Path) -> None:
    with pytest.raises(SurroundingsError, match="No such file"):
        list(read_lines(Piece(str(tmp_path / "gone"), "f", 0, 4, 4), reading=Reading(namespace="n"), account=Account()))


def test_a_drained_account_starts_anew() -> None:
    account = Account(documents=2, damages=[Damage("f", 0, 1, "r")])
    taken = drain(account)
    assert (taken.documents, len(taken.damages)) == (2, 1)
    assert account == Account()
    account.damages.append(Damage("f", 5, 1, "r"))
    assert len(taken.damages) == 1
