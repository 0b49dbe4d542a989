"""Redaction of hand-checked texts: personal data in many scripts and forms, and what looks like it but is not."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from ginbon.filters.redact import redact_text
from ginbon.filters.redact.redact import Options

_LINES = Path(__file__).with_name("redact.jsonl").read_text(encoding="utf-8").split("\n")
CASES = [json.loads(line) for line in _LINES if line]


@pytest.mark.parametrize("case", CASES, ids=[case["label"] for case in CASES])
def test_the_text_becomes_what_was_checked_by_hand(case: dict[str, Any]) -> None:
    options = Options(regions=tuple(case["regions"]))
    text, counts = redact_text(case["text"], options)
    assert text == case["expect"], case["comment"]
    assert sum(counts.values()) == text.count("<") - case["text"].count("<")
    assert redact_text(text, options) == (text, {})
