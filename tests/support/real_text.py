"""Reading the real data."""

from __future__ import annotations

from pathlib import Path

import pytest


def zstd_text(path: Path) -> str:
    """The text of a Zstandard file; the test is skipped without the library."""
    zstd = pytest.importorskip("backports.zstd")
    return zstd.decompress(path.read_bytes()).decode("utf-8")
