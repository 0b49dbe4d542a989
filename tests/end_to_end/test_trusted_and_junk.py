"""Trusted text passes the default rules and junk does not."""

from __future__ import annotations

from pathlib import Path

import icu
import junk
import pytest


def test_the_junk_is_the_frozen_one(shared_data: Path) -> None:
    """It was made before the rules were tuned; a change of the generator is a new measurement, and is seen here."""
    if icu.ICU_VERSION.partition(".")[0] != "77":
        pytest.skip("words of scripts without spaces are ICU 77's")
    assert junk.digest(shared_data) == "f2b1f190cdfbdddc33bef1e9db3b8063b780882c3f8f27605b6c25b29b8d0325"
