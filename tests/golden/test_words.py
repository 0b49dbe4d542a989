"""Words, sentences, lines, paragraphs and graphemes of hand-checked texts, in every way of writing."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ginbon.filters import words

_LINES = Path(__file__).with_name("words.jsonl").read_text(encoding="utf-8").split("\n")
CASES = [json.loads(line) for line in _LINES if line]
UNITS: dict[str, Callable[..., list[str]]] = {
    "words": words.words,
    "sentences": words.sentences,
    "lines": words.lines,
    "paragraphs": words.paragraphs,
    "graphemes": words.graphemes,
}


@pytest.mark.parametrize("case", CASES, ids=[case["label"] for case in CASES])
def test_the_text_is_cut_as_was_checked_by_hand(case: dict[str, Any]) -> None:
    unit, text = case["unit"], case["text"]
    found = UNITS[unit](text, *[case["language"]] * (unit in ("words", "sentences")))
    assert found == case["expect"], case["comment"]
    if unit == "graphemes":
        assert "".join(found) == text
