"""The page of a sweep in Chromium: it fits a phone and a desk, asks for nothing, and its curves are there."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from counted import MANY, SENTENCES
from tuned_run import browser, open_page

from ginbon.report.sweep import page_of_sweep
from ginbon.tokenizers.counts import write
from ginbon.tokenizers.sweep import SweepOptions, sweep


@pytest.fixture(scope="module")
def chrome() -> Iterator[Any]:
    with browser() as found:
        yield found


@pytest.fixture(scope="module")
def html(tmp_path_factory: pytest.TempPathFactory) -> str:
    place = tmp_path_factory.mktemp("sweep")
    write(MANY, place / "counts.parquet")
    (place / "lines.txt").write_text("\n".join(SENTENCES))
    options = SweepOptions(vocabularies=(330, 400), patterns=("ginbon", "ginbon+" + r"[\p{L}\p{M}]" * 20))
    return page_of_sweep(sweep([place / "counts.parquet"], place / "out", options, held_out=[place / "lines.txt"]))


@pytest.mark.parametrize(("width", "colours"), [(360, "dark"), (1280, "light")])
def test_the_page_fits_every_screen(chrome: Any, html: str, tmp_path: Path, width: int, colours: str) -> None:
    size = {"width": width, "height": 800}
    page, wrong = open_page(
        chrome, html, tmp_path / "page.html", ready="svg.curve", viewport=size, color_scheme=colours
    )
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.locator("#curves ~ svg.curve path.line").count() == 4
    strokes = page.eval_on_selector_all(
        "#curves ~ svg.curve path.line", "all => all.map(e => getComputedStyle(e).stroke)"
    )
    assert len(set(strokes)) == 4
    page.context.close()
    assert wrong == []
