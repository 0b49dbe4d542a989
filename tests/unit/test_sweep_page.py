"""The page of a sweep loads nothing, says what the terminal says, and shows strangers' names as words."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from counted import SENTENCES, counted
from markupsafe import escape

from ginbon.report.curves import SERIES, Line, curves, key
from ginbon.report.sweep import page_of_sweep
from ginbon.tokenizers.counts import write
from ginbon.tokenizers.metrics import Estimate
from ginbon.tokenizers.sweep import Sweep, SweepOptions, sweep, wording

HOSTILE = "<script>alert(1)</script>\x1b[2J"


def estimate(value: float, wide: float = 0.1) -> Estimate:
    return Estimate(value, value - wide, value + wide, 9)


@pytest.fixture
def done(tmp_path: Path) -> Sweep:
    write(counted(*(f"{s} {i}" for i in range(20) for s in SENTENCES)), tmp_path / "counts.parquet")
    (tmp_path / "lines.txt").write_text("\n".join(SENTENCES))
    options = SweepOptions(vocabularies=(330, 400), balances=(0.3, 1.0))
    return sweep([tmp_path / "counts.parquet"], tmp_path / "out", options, held_out=[tmp_path / "lines.txt"])


def test_the_page_says_what_was_found_and_loads_nothing(done: Sweep) -> None:
    page = page_of_sweep(done)
    assert wording.headline(done) in page
    assert all(str(escape(reason)) in page for reason in wording.reasons(done))
    assert all(made.record["sha256"] in page for made in done.made)
    assert not re.search(r"https?:|<script|<link|@import|url\(", page)
    assert "default-src 'none'" in page
    assert page_of_sweep(done) == page


def test_the_chart_has_a_line_for_each_series_and_says_in_words_what_it_shows(done: Sweep) -> None:
    page = page_of_sweep(done)
    label = re.search(r'aria-label="(Tokens over the fewest;[^"]*)"', page)
    assert label is not None
    for made in done.made:
        assert f"{made.arm.series}: " in label[1]
    assert page.count('class="ring"') == 1 + len({row.language for row in done.comparison.rows})


def test_fault_29_names_are_words() -> None:
    chart = curves([Line(HOSTILE, ((8, estimate(1.0)),))], label=HOSTILE)
    assert "<script" not in chart
    assert "\x1b" not in chart
    assert "&lt;script&gt;" in chart


def test_figures_stand_higher_the_larger_they_are_and_to_the_right_the_larger_the_vocabulary() -> None:
    chart = curves([Line("a", ((1_000, estimate(1.0)), (2_000, estimate(3.0)), (4_000, estimate(2.0))))], label="x")
    places = re.search(r'class="line s0" d="M([\d. L]+)"', chart)
    assert places is not None
    points = [tuple(map(float, point.split())) for point in places[1].split("L")]
    (x1, y1), (x2, y2), (x3, y3) = points
    assert x2 - x1 == pytest.approx(x3 - x2, abs=0.2), "logarithmic"
    assert y2 < y3 < y1
    assert x1 < x2


def test_a_limit_is_a_broken_line_and_the_axis_begins_at_nought() -> None:
    chart = curves([Line("a", ((8, estimate(0.0, 0.2)),))], label="x", percent=True, limit=0.05)
    assert chart.count('class="threshold"') == 1
    assert "-" not in "".join(re.findall(r'class="tick"[^>]*>([^<]*)<', chart))


def test_series_beyond_the_colours_are_told_apart_by_their_stroke() -> None:
    assert key(0) != key(SERIES)
    assert "broken" in key(SERIES)


def test_without_figures_there_is_no_chart() -> None:
    assert curves([Line("a", ((8, Estimate(None, None, None, 0)),))], label="x") == ""


@pytest.mark.parametrize("points", [((8, estimate(1.0, 0.0)),), ((8, estimate(0.0, 0.0)), (16, estimate(0.0, 0.0)))])
def test_a_single_point_and_equal_figures_are_drawn(points: tuple[tuple[int, Estimate], ...]) -> None:
    assert "nan" not in curves([Line("a", points)], label="x")
