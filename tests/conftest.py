"""What all tests share: the real data, and a way to read an extent to its end."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real data: ``$GINBON_DATA``, else ``../shared/data``; the test is skipped where neither is there."""
    folder = Path(os.environ.get("GINBON_DATA") or ROOT.parent / "shared" / "data")
    if not folder.is_dir():
        pytest.skip("no shared data")
    return folder
