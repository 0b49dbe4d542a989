"""The page of a diagnosis in Chromium: it fits a phone and a desk, asks for nothing, and its chart is there."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tuned_run import browser, open_page

from ginbon.report.diagnosis import page_of_diagnosis
from ginbon.tokenizers.backends.rank_settings import RankSettings
from ginbon.tokenizers.backends.tiktoken import RankTokenizer
from ginbon.tokenizers.diagnosis import Material, diagnose
from ginbon.tokenizers.patterns import O200K
from ginbon.tokenizers.protocol import TextColumn


@pytest.fixture(scope="module")
def chrome() -> Iterator[Any]:
    with browser() as found:
        yield found


@pytest.fixture(scope="module")
def html() -> str:
    material = Material(
        language="pes_Arab",
        pivot="eng_Latn",
        measured_set="a-set-with-a-long-name/pes_Arab",
        drawn="lines",
        measured=TextColumn(["می\u200cخواهم به مدرسه بروم.", "او نمی\u200cداند."]),
        pivot_lines=TextColumn(["I want to go to school.", "She does not know."]),
        unit=np.arange(2),
        training=TextColumn(["می\u200cخواهم بدانم.", "او به مدرسه می\u200cرود."] * 4),
        sources=("other",),
        notes=(),
    )
    ranks = {bytes([b]): b for b in range(256)}
    return page_of_diagnosis(diagnose(RankTokenizer("x" * 40, "x", ranks, RankSettings(O200K)), material))


@pytest.mark.parametrize(("width", "colours"), [(360, "dark"), (1280, "light")])
def test_the_page_fits_every_screen(chrome: Any, html: str, tmp_path: Path, width: int, colours: str) -> None:
    size = {"width": width, "height": 800}
    page, wrong = open_page(
        chrome, html, tmp_path / "page.html", ready="svg.curve", viewport=size, color_scheme=colours
    )
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.locator("svg.curve path.line").count() == 2
    assert page.locator(".seams bdi").first.inner_text() == "می|⟨ZWNJ⟩خواهم"
    page.context.close()
    assert wrong == []
