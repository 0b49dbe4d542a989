"""What all tests share: the real data, frames of every compression, and files read to their end."""

from __future__ import annotations

import bz2
import gzip
import lzma
import os
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from backports import zstd
from hypothesis import settings

from ginbon.corpus import schema
from ginbon.corpus.collector import Account, Reading
from ginbon.corpus.collector import collector as collector_named
from ginbon.engine import kernels
from ginbon.engine.extents import Extent
from ginbon.recipes.model import Source

ROOT = Path(__file__).resolve().parent.parent

# A first call may compile a kernel, and machines are shared: laws are about results, not about time. The default tests
# try the same examples on every machine; the long ones look for new ones (`--hypothesis-profile search`).
settings.register_profile("ginbon", deadline=None, derandomize=True)
settings.register_profile("search", deadline=None)
settings.load_profile("ginbon")


def pytest_sessionstart(session: pytest.Session) -> None:
    """Kernels are compiled once, before the workers of a session start, and not by each of them."""
    if not hasattr(session.config, "workerinput"):
        kernels.warm()


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


@dataclass(frozen=True)
class Gathered:
    """All that a collector gave: rows of documents and rejects, and the balance, which was checked."""

    documents: list[dict[str, Any]]
    excluded: list[dict[str, Any]]
    account: Account

    @property
    def rules(self) -> dict[str, int]:
        """How many rejects each rule has."""
        return dict(Counter(row["rule"] for row in self.excluded))


def _gather(source: Source, *paths: Path, extents: list[Extent] | None = None, **limits: Any) -> Gathered:
    collector = collector_named(source.collector)
    files = [(str(path), path.name, path.stat().st_size) for path in paths]
    reading = Reading(namespace="tests", **limits)
    gathered = Gathered([], [], Account())
    for extent in collector.extents(source, files) if extents is None else extents:
        for harvest in collector.read(source, extent, reading):
            assert harvest.documents.schema.equals(schema.COLLECTED)
            assert harvest.excluded.schema.equals(schema.EXCLUDED)
            gathered.documents.extend(harvest.documents.to_pylist())
            gathered.excluded.extend(harvest.excluded.to_pylist())
            gathered.account.add(harvest.account)
    assert gathered.account.check() == []
    assert gathered.account.documents == len(gathered.documents)
    assert gathered.account.rejects == len(gathered.excluded)
    return gathered


@pytest.fixture(scope="session")
def gather() -> Callable[..., Gathered]:
    """``gather(source, *paths, extents=None, **limits)``: files read to their end by the source's collector."""
    return _gather


@pytest.hookimpl(tryfirst=True)  # xdist looks at the groups when its own turn comes
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keep a file's tests in one process (they share what is costly to make), and the two that share the quickstart."""
    for item in items:
        path = item.path.relative_to(ROOT).as_posix()
        group = "quickstart" if path in ("tests/end_to_end/test_docs.py", "tests/end_to_end/test_readme.py") else path
        item.add_marker(pytest.mark.xdist_group(group))
