"""Tidying of hand-checked texts: what must change, and what looks odd but must stay."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from ginbon.corpus.tidy import tidy_text

_LINES = Path(__file__).with_name("tidy.jsonl").read_text(encoding="utf-8").split("\n")
CASES = [json.loads(line) for line in _LINES if line]


@pytest.mark.parametrize("case", CASES, ids=[case["label"] for case in CASES])
def test_the_text_becomes_what_was_checked_by_hand(case: dict[str, Any]) -> None:
    assert tidy_text(case["text"], case["language"]) == case["expect"], case["comment"]
