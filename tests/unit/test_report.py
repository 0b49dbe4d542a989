"""The report: its figures agree with the ledger, its page needs nothing else, and strangers' words stay words."""

from __future__ import annotations

import itertools
import json
import re
import shutil
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from made_run import MadeRun, carry_out, make_run

from ginbon.errors import UserError
from ginbon.filters.signals import CATALOGUE
from ginbon.languages.codes import every
from ginbon.report import charts
from ginbon.report.figures import gather
from ginbon.report.histograms import edges_of
from ginbon.report.page import bounds, render, seconds, share, size
from ginbon.report.stage import Report, page_of_run
from ginbon.report.text import clip, one_line, visible

VOID = {"meta", "br", "hr", "img", "input", "link"}


class Page(HTMLParser):
    """A strict little reader: every tag is closed, no attribute acts."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.feed(html)
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID and not tag.startswith("!"):
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words.append(data)


@pytest.fixture(scope="session")
def run(tmp_path_factory: pytest.TempPathFactory) -> MadeRun:
    return make_run(tmp_path_factory.mktemp("run"))


@pytest.fixture(scope="session")
def figures(run: MadeRun) -> dict[str, Any]:
    return gather(run.folder, title="A corpus")


def test_every_record_is_in_exactly_one_fate(run: MadeRun, figures: dict[str, Any]) -> None:
    totals = figures["totals"]
    assert totals["read"][0] == len(run.rows) + len(run.rejected)
    assert totals["released"][0] == len(run.ids("kept"))
    assert totals["copies"][0] == len(run.ids("duplicate"))
    assert totals["rules"][0] == len(run.ids("dropped"))
    for row in [totals, *figures["languages"], *figures["sources"]]:
        assert row["read"] == [sum(row[f][i] for f in ("released", "copies", "rules", "set_aside")) for i in (0, 1)]


def test_rules_have_their_counts_thresholds_and_samples(run: MadeRun, figures: dict[str, Any]) -> None:
    rules = {row["rule"]: row for row in figures["rules"]}
    assert rules["min-words"]["documents"] == sum(r["rule"] == "min-words" for r in run.rows)
    assert rules["min-words"]["thresholds"]["tha_Thai"] == {"low": 12.0, "high": None}
    dropped = {r["id"]: r for r in [*run.rows, *run.rejected] if r["rule"]}
    assert {s["rule"] for s in figures["samples"]} == set(rules)
    for sample in figures["samples"]:
        assert sample["rule"] == dropped[sample["id"]]["rule"]
        assert dropped[sample["id"]]["text"].startswith(sample["text"])


def test_samples_are_the_documents_with_the_smallest_ids(run: MadeRun, figures: dict[str, Any]) -> None:
    wanted = sorted(r["id"] for r in run.rows if r["rule"] == "min-words" and r["label"] == "hin_Deva")[:5]
    found = [s["id"] for s in figures["samples"] if s["rule"] == "min-words" and s["language"] == "hin_Deva"]
    assert found == wanted


def test_histograms_count_every_document_once(run: MadeRun, figures: dict[str, Any]) -> None:
    for label, found in figures["histograms"].items():
        of_language = [r for r in run.rows if r["label"] == label]
        for histogram in found:
            assert sum(histogram["kept"]) == sum(not r["reasons"] for r in of_language)
            assert sum(histogram["dropped"]) == sum(bool(r["reasons"]) for r in of_language)
            assert len(histogram["edges"]) == len(histogram["kept"]) + 1
    words = next(h for h in figures["histograms"]["por_Latn"] if h["signal"] == "walk/words")
    assert words["outside"] == sum(r["words"] < 12 for r in run.rows if r["label"] == "por_Latn")


def test_personal_data_and_languages_elsewhere_are_counted(run: MadeRun, figures: dict[str, Any]) -> None:
    emails = sum(n for r in run.rows for _, n in r["redactions"])
    assert [(r["type"], r["count"]) for r in figures["redactions"]] == [("email", emails)]
    assert {r["language"]: r["documents"] for r in figures["elsewhere"]} == {"eng_Latn": 3, "fra_Latn": 3}


@pytest.mark.parametrize("signal", CATALOGUE)
def test_bins_hold_every_value_that_a_signal_can_have(signal: str) -> None:
    edges = edges_of(signal)
    assert (np.diff(edges) > 0).all()
    top = min(CATALOGUE[signal].high, 2.0**40)
    values = np.array([0.0, top, top / 3])
    assert np.histogram(values, edges)[0].sum() == 3


def test_the_page_is_whole_and_asks_nothing_of_any_network(figures: dict[str, Any]) -> None:
    html = render(figures)
    page = Page(html)
    for tag, attributes in page.tags:
        assert tag not in {"script", "link", "iframe", "img", "object", "base"}
        assert not any(name.startswith("on") for name in attributes)
        for name in ("src", "href", "action", "xlink:href"):
            assert (attributes.get(name) or "#").startswith("#")
    assert "url(" not in html
    assert "@import" not in html
    assert len(html.encode()) < 1_000_000


def test_a_page_of_very_many_languages_stays_small(tmp_path: Path) -> None:
    labels = [f"{known.code}_{known.script}" for known in itertools.islice(every(), 70)]
    make_run(tmp_path, texts={label: ["देवनागरी " * 60 + str(i) for i in range(10)] for label in labels})
    html = render(gather(tmp_path, title="A corpus"))
    Page(html)
    assert len(html.encode()) < 1_000_000


def test_the_page_can_be_read_by_ear(figures: dict[str, Any]) -> None:
    """Ranks of headings without gaps, charts with words, headers with scope, links that lead somewhere."""
    page = Page(render(figures))
    ranks = [int(tag[1]) for tag, _ in page.tags if re.fullmatch("h[1-6]", tag)]
    assert ranks.count(1) == 1
    assert all(b - a <= 1 for a, b in itertools.pairwise(ranks))
    assert all(a.get("role") == "img" and a.get("aria-label") for tag, a in page.tags if tag == "svg")
    assert all(a.get("scope") for tag, a in page.tags if tag == "th")
    ids = [a["id"] for _, a in page.tags if a.get("id")]
    assert len(ids) == len(set(ids))
    assert {a["href"] for tag, a in page.tags if tag == "a"} <= {f"#{i}" for i in ids}
    assert all(a.get("dir") == "auto" for tag, a in page.tags if tag == "blockquote")


def test_fault_29_hostile_documents_stay_words(tmp_path: Path) -> None:
    hostile = "</blockquote></script><script>alert(1)</script><img src=x onerror=alert(2)>\x1b[2J\x00\u202e{{ 7 * 7 }}"
    change = {"text": hostile, "title": hostile, "url": hostile, "licence": hostile}
    make_run(tmp_path, change=lambda row: row.update(change))
    ledger = json.loads((tmp_path / "ledger.json").read_text())
    for account in ledger["inputs"].values():
        account["warnings"] = [hostile]
        account["damages"][0] |= {"name": hostile, "reason": hostile}
    for entry in ledger["stages"][1]["entries"]:
        entry["source"] = hostile
        entry["dropped"] = {hostile + rule: flow for rule, flow in entry["dropped"].items()}
    (tmp_path / "ledger.json").write_text(json.dumps(ledger))
    html = render(gather(tmp_path, title=hostile))
    page = Page(html)
    assert any(hostile[:12] in (a.get("aria-label") or "") for tag, a in page.tags if tag == "svg")
    assert not {"script", "img"} & {tag for tag, _ in page.tags}
    assert not {"\x1b", "\x00"} & set(html)
    assert any("{{ 7 * 7 }}" in words for words in page.words)


def test_the_same_run_gives_the_same_page_without_times(tmp_path: Path) -> None:
    pages = []
    for name in ("one", "two"):
        run = make_run(tmp_path / name)
        carry_out(Report(title="A corpus"), run.folder)
        pages.append([(run.folder / "report" / f).read_bytes() for f in ("report.html", "report.json")])
    assert pages[0] == pages[1]
    assert b'id="times"' not in pages[0][0]
    assert str(tmp_path).encode() not in b"".join(pages[0])


def test_the_runs_own_page_has_times(run: MadeRun) -> None:
    assert 'id="times"' in page_of_run(run.folder)


def test_a_cleaned_run_still_has_its_page(tmp_path: Path) -> None:
    run = make_run(tmp_path)
    carry_out(Report(title="A corpus"), run.folder)
    for name in ("parts", "documents", "signals", "verdicts", "fates", "shards"):
        shutil.rmtree(tmp_path / name)
    page = page_of_run(tmp_path)
    assert "A corpus" in page
    assert f"<dd>{len(run.ids('kept'))}</dd>" in page


def test_a_run_that_has_just_begun_has_a_page(tmp_path: Path) -> None:
    (tmp_path / "parts").mkdir()
    Page(page_of_run(tmp_path))


def test_a_folder_that_is_no_run_is_the_callers_mistake(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no run"):
        page_of_run(tmp_path)


@pytest.mark.parametrize(
    ("value", "shown"),
    [(0, "0"), (7, "7"), (999, "999"), (1_000, "1k"), (1_250, "1.25k"), (0.3, "0.3"), (0.012, "0.012"), (12.5, "12.5")],
)
def test_numbers_are_short(value: float, shown: str) -> None:
    assert charts.short(value) == shown


def test_shares_are_never_rounded_to_nothing_or_to_all() -> None:
    assert [share(1, 10**6), share(10**6 - 1, 10**6), share(0, 5), share(5, 5), share(0, 0)] == [
        "< 0.1\u00a0%",
        "> 99.9\u00a0%",
        "0\u00a0%",
        "100\u00a0%",
        "–",
    ]


def test_sizes_times_and_bounds_are_said_as_people_do() -> None:
    assert [size(12), size(1_234_567), seconds(4.2), seconds(200), seconds(7_500)] == [
        "12\u00a0B",
        "1.2\u00a0MB",
        "4.2\u00a0s",
        "3\u00a0min 20\u00a0s",
        "2\u00a0h 5\u00a0min",
    ]
    assert [bounds(50, None), bounds(None, 0.3), bounds(3, 10)] == ["≥ 50", "≤ 0.3", "3 to 10"]


def test_a_threshold_lies_within_its_bin_in_proportion() -> None:
    assert [charts.place(v, [0, 1, 2, 4]) for v in (-1, 0, 1, 3, 4, 9)] == [0, 0, 1, 2.5, 3, 3]


def test_text_is_never_cut_before_a_mark() -> None:
    assert clip("कि", 1) == ""
    assert clip("किताब", 3) == "कि"
    assert clip("👩‍🚀x", 2) == ""
    assert clip("abc", 3) == "abc"


def test_controls_are_shown_and_do_not_act() -> None:
    assert visible("a\x00b\x1bc\x9bd\ne") == "a␀b␛c\ufffdd\ne"
    assert one_line("a\n b\u202ec\t d") == "a bc d"
