"""What all tests share: the real data, and frames of every compression."""

from __future__ import annotations

import bz2
import gzip
import lzma
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from backports import zstd

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real data: ``$GINBON_DATA``, else ``../shared/data``; tests that need it are skipped without."""
    folder = Path(os.environ.get("GINBON_DATA") or ROOT.parent / "shared" / "data")
    if not folder.is_dir():
        pytest.skip("no shared data")
    return folder


def _pack(kind: str, data: bytes, *, checksum: bool = True) -> bytes:
    if kind == "zst":
        return zstd.compress(data, options={zstd.CompressionParameter.checksum_flag: int(checksum)})
    packers: dict[str, Callable[[bytes], bytes]] = {
        "plain": bytes,
        "gz": lambda d: gzip.compress(d, mtime=0),
        "bz2": bz2.compress,
        "xz": lambda d: lzma.compress(d, check=lzma.CHECK_CRC64 if checksum else lzma.CHECK_NONE),
    }
    return packers[kind](data)


@pytest.fixture(scope="session")
def pack() -> Callable[..., bytes]:
    """``pack(kind, data, checksum=True)``: one frame of plain, gz, bz2, xz or zst; frames may be joined."""
    return _pack
