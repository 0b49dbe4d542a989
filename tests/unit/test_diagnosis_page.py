"""The page of a diagnosis loads nothing, says what the terminal says, and shows strangers' names as words."""

from __future__ import annotations

import re

import numpy as np
import pytest
from markupsafe import escape

from ginbon.report.diagnosis import page_of_diagnosis
from ginbon.tokenizers.backends.floors import BytesTokenizer
from ginbon.tokenizers.backends.rank_settings import RankSettings
from ginbon.tokenizers.backends.tiktoken import RankTokenizer
from ginbon.tokenizers.diagnosis import Diagnosis, Material, diagnose, wording
from ginbon.tokenizers.patterns import CL100K
from ginbon.tokenizers.protocol import TextColumn

HOSTILE = "<script>alert(1)</script>\x1b[2J"


def made(name: str = "toy", *, training: int = 12) -> Diagnosis:
    material = Material(
        language="hin_Deva",
        pivot="eng_Latn",
        measured_set=f"set/{name}",
        drawn="lines",
        measured=TextColumn(["भारत एक बड़ा देश है।", "नदी समुद्र में बहती है।"]),
        pivot_lines=TextColumn(["India is big.", "The river flows."]),
        unit=np.arange(2),
        training=TextColumn(["यह देश बड़ा है।", "नदी में जाते हैं।"] * (training // 2)),
        sources=(name,),
        notes=(name,),
    )
    return diagnose(RankTokenizer(name, name, {bytes([b]): b for b in range(256)}, RankSettings(CL100K)), material)


def test_the_page_says_what_was_found_and_loads_nothing() -> None:
    found = made()
    page = page_of_diagnosis(found)
    assert found.advice.headline in page
    assert all(str(escape(finding.text)) in page for finding in wording.findings(found))
    assert wording.figure(found.parts.premium_floor) in page
    assert page.count("<svg") == 1
    assert not re.search(r"https?:|<script|<link|@import|url\(", page)
    assert "default-src 'none'" in page
    assert page_of_diagnosis(made()) == page


def test_fault_29_names_are_words() -> None:
    page = page_of_diagnosis(made(HOSTILE))
    assert "<script" not in page
    assert "\x1b" not in page
    assert "&lt;script&gt;" in page


@pytest.mark.parametrize("case", ["no training text", "a floor"])
def test_without_a_curve_there_is_no_chart(case: str) -> None:
    found = made(training=0) if case == "no training text" else diagnose(BytesTokenizer(), made().material)
    page = page_of_diagnosis(found)
    assert "<svg" not in page
    assert found.advice.headline in page


def test_the_chart_says_in_words_what_it_shows() -> None:
    page = page_of_diagnosis(made())
    label = re.search(r'aria-label="(Premium after more tokens[^"]*)"', page)
    assert label is not None
    assert "own pattern: from" in label[1]
    assert "repaired pattern: from" in label[1]
