"""Our own tokenizers for five languages, on real text; figures of the whole are ``benchmarks/national.py``'s."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from benchmark_modules import benchmark

CUT = {"arb_Arab": 0, "jpn_Jpan": 0, "tha_Thai": 0, "khm_Khmr": 0, "hin_Deva": 10}
"""Graphemes cut on all lines of FLORES, NTREX and the UDHR. Hindi's ten are nine conjuncts and misspellings that stand
in FLORES alone; lowering is news."""


@pytest.fixture(scope="module")
def national(shared_data: Path) -> Any:
    module = benchmark("national")
    if not any(place.name == "ginbon-data" for place in module.places()):
        pytest.skip("no documents; make data fetches them")
    if not (found := module.public()):
        pytest.skip("no public vocabulary is on this machine")
    return module, found


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("label", CUT)
def test_a_national_tokenizer_cuts_no_known_grapheme_and_costs_little(
    national: Any, label: str, tmp_path: Path
) -> None:
    module, vocabularies = national
    rows = {
        row["claim"].removeprefix(f"national: {label} "): row for row in module.claims(label, vocabularies, tmp_path)
    }
    assert rows["graphemes cut"]["value"] <= CUT[label], rows["graphemes cut"]["note"]
    assert {claim for claim, row in rows.items() if row["holds"] is False} <= (
        {"graphemes cut"} if CUT[label] else set()
    )
    assert {claim for claim, row in rows.items() if row["holds"]} >= {
        "held out ours over best", "FLORES ours over best", "unknown tokens", "round trip",
    }  # fmt: skip
