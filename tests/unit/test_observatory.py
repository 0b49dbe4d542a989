"""The observatory's page as a file."""

from __future__ import annotations

from pathlib import Path

import pytest
from observed import LINES, small_results

from ginbon.errors import UserError
from ginbon.filters.words import graphemes
from ginbon.report.observatory import page_of_results
from ginbon.report.observatory_data import page_data


def test_the_same_results_give_the_same_page_which_asks_for_nothing(tmp_path: Path) -> None:
    """No address in it leads anywhere."""
    results = small_results(tmp_path)
    page = page_of_results(results)
    assert page == page_of_results(results)
    assert "http" not in page.replace("http://www.w3.org/2000/svg", "").replace("http-equiv", "")


def test_what_is_shown_is_what_was_measured(tmp_path: Path) -> None:
    """Figures as whole numbers, a list for each version."""
    results = small_results(tmp_path)
    data = page_data(results)
    (one,) = results["sets"]
    digits = next(m["digits"] for m in data["metrics"] if m["name"] == "premium")
    for t, card in enumerate(data["tokenizers"]):
        said = one["tokenizers"][card["name"]]["metrics"]["premium"]["value"]
        shown = [row[t][0] / 10**digits for row in data["figures"]["premium"]]
        assert shown == pytest.approx(said, abs=0.5 / 10**digits)
    assert data["collapsed"][[v["id"] for v in data["versions"]].index("tha_Thai")][2] != ""


def test_a_sentence_tells_for_each_character_how_many_tokens_begin_with_it_and_inside(tmp_path: Path) -> None:
    """Their sum is the tokens of the line."""
    results = small_results(tmp_path)
    data = page_data(results)
    examples = results["sets"][0]["examples"]
    for i, (label, example) in enumerate(zip(sorted(LINES), data["examples"], strict=True)):
        assert data["versions"][i]["id"] == label
        assert example["graphemes"] == graphemes(examples["texts"][i])
        for t, name in enumerate(("letters", "words")):
            codes = [int(c, 36) for c in example["cuts"][t]]
            tokens = len(examples["starts"][name][i].replace("z", ""))
            assert example["tokens"][t] == tokens
            assert sum((c & 1) + (c >> 1) for c in codes) == tokens  # no two of these begin at one place


def test_what_are_no_results_is_told() -> None:
    """Another file, or results without anything."""
    with pytest.raises(UserError, match="schema"):
        page_data({"schema": "ginbon.comparison"})
    with pytest.raises(UserError, match="nothing to draw"):
        page_data({"schema": "ginbon.parallel-comparison", "sets": [], "tokenizers": [], "metrics": {}})
