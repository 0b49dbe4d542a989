"""The tokenizers' table of a report, from ``tokenizers/comparison.json``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def table(comparison: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """What the page shows of the comparison, or None where there is none."""
    if not comparison:
        return None
    return None
