"""Damaged, cut and hostile compressed files (FAULTS 7-11, 23, 24), read as lines."""

from __future__ import annotations

import bz2
import gzip
import lzma
import random
import subprocess
import sys
import zlib
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest
from backports import zstd

from ginbon.corpus.collector import Account, Reading
from ginbon.corpus.readers.lines import Line, read_lines
from ginbon.corpus.readers.streams import JUDGED_BYTES, pieces
from ginbon.engine.extents import Piece

KINDS = ("gz", "bz2", "xz", "zst")


@cache
def text_lines(start: int, count: int) -> list[bytes]:
    """Lines that compress about as text does."""
    draw = random.Random(start)
    words = ["ข้าว", "livro", "кітап", "የሚል", "ကျွန်", "libro", "نان", "पुस्तक"]
    return [f"{n} {' '.join(draw.choices(words, k=12))} {draw.random()}".encode() for n in range(start, start + count)]


def joined(lines: list[bytes]) -> bytes:
    return b"".join(line + b"\n" for line in lines)


def read(path: Path, *, cut: int | None = None, **limits: int) -> tuple[list[Line], Account]:
    """All lines of a file, in one piece or in those planned for ``cut`` bytes each, with the laws checked."""
    size = path.stat().st_size
    whole = [Piece(str(path), path.name, 0, size, size)]
    parts = whole if cut is None else pieces(str(path), path.name, size, compressed_extent_bytes=cut)
    lines: list[Line] = []
    account = Account()
    for piece in parts:
        mine = list(read_lines(piece, reading=Reading(namespace="n", **limits), account=account))
        account.framing_bytes += sum(line.span for line in mine)
        lines += mine
    assert account.check() == []
    assert account.raw_bytes == size
    return lines, account


@pytest.mark.parametrize("kind", KINDS)
def test_fault_07_08_what_stands_before_a_cut_is_kept_and_the_cut_is_damage_with_its_offset(
    kind: str, tmp_path: Path, pack: Callable[..., bytes]
) -> None:
    lines = text_lines(0, 12_000)
    raw = pack(kind, joined(lines))[:-100]
    path = tmp_path / f"cut.{kind}"
    path.write_bytes(raw)
    found, account = read(path)
    complete = [line.data for line in found if not line.cut]
    assert complete == lines[: len(complete)]
    assert len(complete) >= all_that_can_be_decoded(kind, raw)
    assert [line.cut for line in found[:-1]] == [False] * (len(found) - 1)
    (damage,) = account.damages
    assert damage.offset + damage.length == len(raw)
    assert f"the file ends at byte {len(raw):,}" in damage.reason


def all_that_can_be_decoded(kind: str, raw: bytes) -> int:
    """How many whole lines the standard decoder gives of a cut file, asked to give what it can."""
    decoder = {
        "gz": lambda: zlib.decompressobj(31),
        "bz2": bz2.BZ2Decompressor,
        "xz": lzma.LZMADecompressor,
        "zst": zstd.ZstdDecompressor,
    }[kind]()
    return int(decoder.decompress(raw).count(b"\n"))


def test_fault_08_other_zstd_bindings_change_nothing(tmp_path: Path, pack: Callable[..., bytes]) -> None:
    """With ``zstandard`` and ``pyzstd`` there, absent or hollow, a cut file gives the same lines and damage."""
    path = tmp_path / "cut.jsonl.zst"
    path.write_bytes(pack("zst", joined(text_lines(0, 12_000)))[:-100])
    program = """
import sys
if sys.argv[2] != "as installed":
    for name in ("zstandard", "pyzstd"):
        sys.modules[name] = None if sys.argv[2] == "missing" else type(sys)(name)
from ginbon.corpus.collector import Account, Reading
from ginbon.corpus.readers.lines import read_lines
from ginbon.engine.extents import Piece
import os
size = os.path.getsize(sys.argv[1])
account = Account()
piece = Piece(sys.argv[1], "f", 0, size, size)
print(sum(1 for _ in read_lines(piece, reading=Reading(namespace="n"), account=account)), account.damages)
"""
    said = {
        subprocess.run(
            [sys.executable, "-c", program, str(path), how], capture_output=True, text=True, check=True, timeout=60
        ).stdout
        for how in ("as installed", "missing", "hollow")
    }
    assert len(said) == 1
    assert "the file ends at byte" in said.pop()


FLIPPED = {"bz2": 1, "gz": 1, "zst": 1, "xz": 2}


@pytest.mark.parametrize("cut", [None, 4000])
@pytest.mark.parametrize("kind", KINDS)
def test_fault_09_10_a_flipped_header_costs_its_own_frame_only(
    kind: str, cut: int | None, tmp_path: Path, pack: Callable[..., bytes]
) -> None:
    streams = [text_lines(1000 * i, 1000) for i in range(5)]
    frames = [pack(kind, joined(lines)) for lines in streams]
    start = len(frames[0]) + len(frames[1])
    raw = bytearray(b"".join(frames))
    raw[start + FLIPPED[kind]] ^= 0x40
    path = tmp_path / f"five.{kind}"
    path.write_bytes(raw)
    found, account = read(path, cut=cut)
    assert [line.data for line in found] == [line for i in (0, 1, 3, 4) for line in streams[i]]
    (damage,) = account.damages
    assert (damage.offset, damage.length) == (start, len(frames[2]))
    assert account.intact_bytes == len(raw) - len(frames[2])


@pytest.mark.parametrize("kind", KINDS)
def test_fault_09_10_a_flip_anywhere_in_a_frame_loses_nothing_of_the_others(
    kind: str, tmp_path: Path, pack: Callable[..., bytes]
) -> None:
    streams = [text_lines(300 * i, 300) for i in range(5)]
    frames = [pack(kind, joined(lines)) for lines in streams]
    start, size = len(frames[0]) + len(frames[1]), len(frames[2])
    others = [line for i in (0, 1, 3, 4) for line in streams[i]]
    path = tmp_path / f"five.{kind}"
    for place in random.Random(1).sample(range(size), 60):
        raw = bytearray(b"".join(frames))
        raw[start + place] ^= 1 << place % 8
        path.write_bytes(raw)
        found, account = read(path)
        got = {line.data for line in found}
        assert got.issuperset(others), place
        whole = joined(streams[2]) == b"".join(
            line.data + b"\n" for line in found if start <= line.raw_offset < start + size
        )
        assert account.damages or whole, f"byte {place} of the frame was flipped, and nothing says so"


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("garbage", [b"these bytes belong to no frame\n", b"\xff" * 5000, b"BZh and more", b"\x1f\x8b"])
def test_fault_10_trailing_garbage_is_reported_and_not_fatal(
    kind: str, garbage: bytes, tmp_path: Path, pack: Callable[..., bytes]
) -> None:
    lines = text_lines(0, 500)
    raw = pack(kind, joined(lines[:250])) + pack(kind, joined(lines[250:]))
    path = tmp_path / f"two.{kind}"
    path.write_bytes(raw + garbage)
    found, account = read(path)
    assert [line.data for line in found] == lines
    (damage,) = account.damages
    assert (damage.offset, damage.length) == (len(raw), len(garbage))


def test_fault_10_padding_behind_gzip_is_said_and_no_damage(tmp_path: Path, pack: Callable[..., bytes]) -> None:
    path = tmp_path / "tape.gz"
    path.write_bytes(pack("gz", b"a\n") + bytes(1000))
    found, account = read(path)
    assert [line.data for line in found] == [b"a"]
    assert account.damages == []
    assert "1,000 bytes of NUL padding" in account.warnings[0]


def test_fault_10_a_hole_of_nuls_between_members_is_damage(tmp_path: Path, pack: Callable[..., bytes]) -> None:
    frames = [pack("gz", joined(text_lines(100 * i, 100))) for i in range(3)]
    path = tmp_path / "hole.gz"
    path.write_bytes(frames[0] + bytes(len(frames[1])) + frames[2])
    found, account = read(path)
    assert len(found) == 200
    assert (account.damages[0].offset, account.damages[0].length) == (len(frames[0]), len(frames[1]))


def test_fault_10_a_wrong_checksum_delivers_all_and_says_so(tmp_path: Path, pack: Callable[..., bytes]) -> None:
    lines = text_lines(0, 200)
    raw = bytearray(pack("gz", joined(lines)))
    raw[-6] ^= 1
    path = tmp_path / "sum.gz"
    path.write_bytes(raw)
    found, account = read(path)
    assert [line.data for line in found] == lines
    (damage,) = account.damages
    assert (damage.offset, damage.length) == (0, 0)
    assert "checksum" in damage.reason


@pytest.mark.parametrize("kind", ["zst", "xz"])
def test_fault_11_frames_without_checksum_are_counted_as_unprotected(
    kind: str, tmp_path: Path, pack: Callable[..., bytes]
) -> None:
    data = joined(text_lines(0, 2000))
    for checksum in (False, True):
        path = tmp_path / f"{checksum}.{kind}"
        path.write_bytes(pack(kind, data, checksum=checksum))
        _, account = read(path)
        assert account.unprotected_bytes == (0 if checksum else len(data))


def test_fault_11_of_200_flips_in_protected_frames_none_is_silent(tmp_path: Path, pack: Callable[..., bytes]) -> None:
    """In a frame without checksum some of them change the text in silence; its bytes are counted as unprotected."""
    data = joined(text_lines(0, 300))
    silent = {}
    for checksum in (True, False):
        good = pack("zst", data, checksum=checksum)
        silent[checksum] = 0
        path = tmp_path / f"{checksum}.zst"
        for place in random.Random(2).choices(range(len(good)), k=200):
            raw = bytearray(good)
            raw[place] ^= 1 << place % 8
            path.write_bytes(raw)
            found, account = read(path)
            changed = b"".join(line.data + b"\n" for line in found) != data
            if changed and not account.damages:
                silent[checksum] += 1
                assert account.unprotected_bytes > 0
    assert silent[True] == 0
    assert silent[False] > 0


@pytest.mark.parametrize("kind", ["plain", *KINDS])
@pytest.mark.parametrize("data", [b"", b"\n", b"\n\n\r\n", b"header"])
def test_fault_23_empty_and_nearly_empty_files(
    kind: str, data: bytes, tmp_path: Path, pack: Callable[..., bytes]
) -> None:
    path = tmp_path / f"f.{kind}"
    path.write_bytes(pack(kind, data))
    found, account = read(path)
    assert [line.data for line in found] == data.replace(b"\r", b"").splitlines()
    assert account.decoded_bytes == len(data)
    assert account.damages == []


@pytest.mark.parametrize("kind", ["plain", *KINDS])
def test_fault_23_a_file_of_no_bytes(kind: str, tmp_path: Path) -> None:
    path = tmp_path / f"f.{kind}"
    path.touch()
    assert read(path) == ([], Account())


def bomb(kind: str, pack: Callable[..., bytes]) -> bytes:
    size = 1_000_000_000 if kind == "zst" else 200_000_000
    if kind == "zst":
        packer = zstd.ZstdCompressor(level=1)
        return b"".join(packer.compress(bytes(10**7)) for _ in range(size // 10**7)) + packer.flush()
    return pack(kind, bytes(size))


PEAK = """
import resource, sys
from ginbon.corpus.collector import Account, Reading
from ginbon.corpus.readers.lines import read_lines
from ginbon.engine.extents import Piece
import os
base = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
for path in sys.argv[1:]:
    account = Account()
    size = os.path.getsize(path)
    lines = read_lines(Piece(path, "f", 0, size, size), reading=Reading(namespace="n"), account=account)
    print(sum(line.span for line in lines), account.decoded_bytes, [d.reason for d in account.damages], sep="|")
print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - base) // 1024)
"""


def in_a_child(*paths: Path) -> tuple[list[list[str]], int]:
    """What a child says of each file (bytes in lines, bytes decoded, damage), and by how many MiB its memory grew."""
    command = [sys.executable, "-c", PEAK, *map(str, paths)]
    *said, peak = subprocess.run(command, capture_output=True, text=True, check=True, timeout=240).stdout.splitlines()
    return [line.split("|") for line in said], int(peak)


@pytest.mark.parametrize("kind", ["bz2", "zst", "gz"])
def test_fault_24_a_bomb_is_stopped_with_both_numbers_and_the_next_file_is_read(
    kind: str, tmp_path: Path, pack: Callable[..., bytes]
) -> None:
    path, after = tmp_path / f"bomb.{kind}", tmp_path / f"after.{kind}"
    path.write_bytes(bomb(kind, pack))
    after.write_bytes(pack(kind, b"alive\n"))
    (bombed, next_file), peak = in_a_child(path, after)
    assert int(bombed[1]) <= JUDGED_BYTES + 200 * 2**17 + 2**21
    assert "a ratio of" in bombed[2]
    assert "bytes for" in bombed[2]
    assert next_file == ["6", "6", "[]"]
    assert peak < 150


@pytest.mark.parametrize("kind", ["bz2", "zst", "gz"])
def test_fault_24_the_frame_after_a_bomb_is_read(kind: str, tmp_path: Path, pack: Callable[..., bytes]) -> None:
    path = tmp_path / f"bomb.{kind}"
    path.write_bytes(pack(kind, b"before\n") + pack(kind, bytes(60_000_000)) + pack(kind, b"\nbehind\n"))
    found, account = read(path, max_ratio=100)
    assert [found[0].data, found[-1].data] == [b"before", b"behind"]
    assert "a ratio of" in account.damages[0].reason


def test_fault_24_decoded_bytes_of_a_file_are_capped(tmp_path: Path, pack: Callable[..., bytes]) -> None:
    path = tmp_path / "large.gz"
    path.write_bytes(b"".join(pack("gz", random.Random(3).randbytes(20_000) + b"\n") for _ in range(20)))
    _, account = read(path, max_decoded_bytes=100_000)
    assert account.decoded_bytes <= 100_000
    assert account.damaged_bytes > 200_000
    assert "at most 100,000 are read" in account.damages[0].reason


def test_fault_24_the_largest_zst_window_is_refused_in_little_memory(
    tmp_path: Path, pack: Callable[..., bytes]
) -> None:
    header = bytearray(b"\x28\xb5\x2f\xfd\x00" + bytes([(31 - 10) << 3]))  # no checksum, no size, a window of 2 GiB
    block = (1 | 0 << 1 | 4 << 3).to_bytes(3, "little") + b"huge"  # the last block, raw, four bytes
    path = tmp_path / "window.zst"
    path.write_bytes(bytes(header) + block + pack("zst", b"small\n"))
    (said,), peak = in_a_child(path)
    assert said[0] == "6"
    assert "needs a window of 2,147,483,648 bytes, at most 134,217,728" in said[2]
    assert peak < 30


def test_fault_24_an_xz_that_wants_a_huge_dictionary_is_refused(tmp_path: Path) -> None:
    filters = [{"id": lzma.FILTER_LZMA2, "preset": 0, "dict_size": 1_500_000_000}]
    path = tmp_path / "dictionary.xz"
    try:
        path.write_bytes(lzma.compress(b"small\n", filters=filters))
    except MemoryError:
        pytest.skip("this machine cannot make such a file")
    (said,), peak = in_a_child(path)
    assert said[0] == "0"
    assert "emory" in said[2]
    assert peak < 300


def test_fault_10_gzip_written_by_the_library_and_by_us_is_found_from_the_middle(tmp_path: Path) -> None:
    """Cuts are planned at true member starts: no frame is read twice or lost, whatever header fields members have, and
    though what looks like a start stands in stored members.
    """
    path = tmp_path / "many.gz"
    alike = b"\x1f\x8b\x08\0\0\0\0\0\0\xff is no start "
    with path.open("wb") as out:
        for i in range(400):
            with gzip.GzipFile(
                filename=f"n{i}" if i % 2 else "", fileobj=out, mode="wb", mtime=i, compresslevel=9 * (i % 3 > 0)
            ) as member:
                member.write(joined([alike + line for line in text_lines(i, 20)]))
    found, account = read(path, cut=10_000)
    assert len(pieces(str(path), path.name, path.stat().st_size, compressed_extent_bytes=10_000)) > 5
    assert [line.data for line in found] == [alike + line for i in range(400) for line in text_lines(i, 20)]
    assert account.damages == []
