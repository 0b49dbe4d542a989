"""The tuning page in Chromium: it decides as the rules do, by mouse, keys and finger, and nothing in it acts."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from ruamel.yaml import YAML
from tuned_run import (
    SENTENCES,
    SIGNALS,
    THRESHOLDS,
    browser,
    make_decided_run,
    open_page,
    random_signals,
    write_parquet,
)

from ginbon.filters.rules import RULES, BoundRule, bind, evaluate, quantised
from ginbon.languages.pack import load_pack
from ginbon.report.tune import page_of_tuning
from ginbon.report.tune_sample import Sample, draw

MOST = 500


@pytest.fixture(scope="module")
def chrome() -> Iterator[Any]:
    with browser() as found:
        yield found


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_decided_run(tmp_path_factory.mktemp("run"), languages=tuple(SENTENCES), documents=400)


@pytest.fixture(scope="module")
def html(run: Path) -> str:
    trusted = run / "trusted.parquet"
    write_parquet(trusted, random_signals(np.random.default_rng(3), 120), 50)
    return page_of_tuning(run, trusted={"por_Latn": trusted}, most=MOST)


@pytest.fixture
def page(chrome: Any, html: str, tmp_path: Path) -> Iterator[Any]:
    """The page; a test that uses it fails where anything went wrong in it."""
    found, wrong = open_page(chrome, html, tmp_path / "tune.html")
    yield found
    found.context.close()
    assert wrong == []


def show(page: Any, label: str) -> None:
    page.click(f'#languages [data-label="{label}"]')
    page.wait_for_selector(f'#languages [data-label="{label}"][aria-pressed="true"]')


def settle(page: Any) -> None:
    """Wait until what was set is shown."""
    page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")


def random_rules(random: np.random.Generator, signals: pa.RecordBatch) -> list[BoundRule]:
    """Some rules with thresholds at, beside, half a millionth beside, and far from values that there are.

    Rules about lines that were taken out are left out: this run takes none.
    """
    found = []
    names = [name for name, rule in RULES.items() if not rule.signal.startswith("left/")]
    for name in random.permutation(names)[: random.integers(1, 9)].tolist():
        rule = RULES[name]
        values = quantised(signals.column(rule.signal).drop_null())
        ends = []
        for _ in range(2):
            at = float(random.choice(values)) / 1e6
            beside = [0.0, 1e-6, -1e-6, 5e-7, -5e-7, 0.5, float(random.random())]
            ends.append(max(0.0, at + beside[random.integers(len(beside))]))
        low, high = min(ends), max(ends)
        low_end = None if rule.keep_if == "<=" else low
        high_end = None if rule.keep_if == ">=" else high
        found.append(BoundRule(name, rule.signal, rule.keep_if, low_end, high_end, "recipe"))
    return found


@pytest.mark.parametrize("label", ["por_Latn", "khm_Khmr"])
def test_the_page_decides_as_the_rules_do(page: Any, run: Path, label: str) -> None:
    """200 random settings: the same documents are kept, and each rule drops as many."""
    show(page, label)
    sample = draw(run, label, THRESHOLDS, SIGNALS, most=MOST)
    random = np.random.default_rng(11)
    settings = [random_rules(random, sample.signals) for _ in range(200)]
    told = [[{"signal": r.signal, "low": r.low, "high": r.high, "on": True} for r in rules] for rules in settings]
    decided = page.evaluate(
        """(settings) => settings.map((rules) => {
          const { count, failed } = decide(now.sample, rules), size = now.sample.size;
          return [count, ...failed].map((numbers) => numbers.subarray(0, size).join(""));
        })""",
        told,
    )
    both = 0
    for rules, (count, *failed) in zip(settings, decided, strict=True):
        wanted = evaluate(sample.signals, rules)
        assert [n == "0" for n in count] == wanted.column("kept").to_pylist(), rules
        reasons = pc.struct_field(wanted.column("reasons").flatten(), "rule").to_pylist()
        assert {r.name: fails.count("1") for r, fails in zip(rules, failed, strict=True)} == {
            r.name: reasons.count(r.name) for r in rules
        }
        both += 0 < count.count("0") < len(count)
    assert both > 60


def test_halves_of_a_millionth_are_rounded_as_python_does(page: Any) -> None:
    values = [0.0000005, 0.0000015, 0.0000025, 0.3, 1e6 + 0.0000005, 0.1234565, 2.5e-6, 7.0]
    assert page.evaluate("(values) => values.map(millionths)", values) == [round(v * 1_000_000) for v in values]


def test_what_the_page_says_is_kept_is_what_the_sample_says(page: Any, run: Path) -> None:
    """Documents and words of the run, exactly; of a moved threshold, the sample's weighted back."""
    show(page, "por_Latn")
    settle(page)
    sample = draw(run, "por_Latn", THRESHOLDS, SIGNALS, most=MOST)
    documents = sample.kept_of.documents + sample.dropped_of.documents
    words = sample.kept_of.words + sample.dropped_of.words
    assert figure(page, "kept") == round(100 * sample.kept_of.documents / documents, 1)
    assert figure(page, "kept-words") == round(100 * sample.kept_of.words / words, 1)
    assert page.inner_text("#kept-within") == ""
    page.fill('[data-rule="min-words"] input[type=number]', "120")
    settle(page)
    moved = [BoundRule(**{**vars(r), "low": 120.0}) if r.name == "min-words" else r for r in THRESHOLDS]
    expected = estimated(sample, moved)
    assert figure(page, "kept") == pytest.approx(100 * expected / documents, abs=0.051)
    assert re.search(r"± \d", page.inner_text("#kept-within"))
    alone = page.inner_text('[data-rule="min-words"] .effect')
    assert "drops" in alone and "alone" in alone and "of trusted text" in alone


def figure(page: Any, name: str) -> float:
    return float(page.inner_text(f"#{name}").split("\u00a0")[0])


def estimated(sample: Sample, rules: list[BoundRule]) -> float:
    """Documents that would be kept, from the sample's strata."""
    kept = evaluate(sample.signals, rules).column("kept").to_numpy(zero_copy_only=False)
    total = 0.0
    for stratum, mask in ((sample.kept_of, sample.kept), (sample.dropped_of, ~sample.kept)):
        total += stratum.documents * float(kept[mask].mean()) if mask.any() else 0.0
    return total


def test_intervals_hold_what_all_documents_say(chrome: Any, run: Path, tmp_path: Path) -> None:
    """Of 40 moved settings at least 34 have the true number of all documents within ±: 95 % of them, and some luck."""
    small, wrong = open_page(chrome, page_of_tuning(run, languages=["por_Latn"], most=240), tmp_path / "small.html")
    everything = draw(run, "por_Latn", THRESHOLDS, SIGNALS, most=10_000)
    random = np.random.default_rng(5)
    within = 0
    for _ in range(40):
        words, lines = float(random.integers(20, 200)), float(random.random() * 0.4)
        moved = {"min-words": words, "line-punctuation": lines}
        rules = [BoundRule(**{**vars(r), "low": moved.get(r.name, r.low)}) for r in THRESHOLDS]
        for name, value in moved.items():
            small.fill(f'[data-rule="{name}"] input[type=number]', str(value))
        settle(small)
        found = small.evaluate(
            "() => { const { count } = decide(now.sample, now.rules);"
            " return estimate(now.sample, (i) => count[i] === 0, certainty(now.rules)); }"
        )
        truth = pc.sum(evaluate(everything.signals, rules).column("kept").cast(pa.int64())).as_py()
        within += abs(found["documents"] - truth) <= found["documentsWithin"] + 1e-6
    small.context.close()
    assert wrong == []
    assert within >= 34


def test_documents_that_change_are_listed_with_their_values(page: Any, run: Path) -> None:
    show(page, "arb_Arab")
    page.fill('[data-rule="min-words"] input[type=number]', "150")
    settle(page)
    listed = page.locator("#turned .sample")
    assert listed.count() > 3
    assert re.search(r"min-words \d+", listed.first.inner_text())
    quote = listed.first.locator("blockquote")
    assert (quote.get_attribute("dir"), quote.get_attribute("lang")) == ("auto", "arb")
    assert quote.evaluate("(quote) => getComputedStyle(quote).direction") == "rtl"
    page.click("#tab-gained")
    settle(page)
    assert listed.count() == 0
    page.fill('[data-rule="min-words"] input[type=number]', "5")
    settle(page)
    assert listed.count() > 0
    assert all("ginbon1:" in text for text in listed.all_text_contents())
    page.click("#reset")
    settle(page)
    assert listed.count() == 0
    assert page.inner_text("#difference") == "as in the run"


def test_the_recipe_has_only_what_differs_and_binds_as_it_is(page: Any) -> None:
    """What the page says is loaded, bound over a pack, and has the thresholds that were set; a rule can be off."""
    assert page.is_disabled("#copy")
    show(page, "por_Latn")
    page.fill('[data-rule="min-words"] input[type=number]', "33")
    page.fill('[data-rule="mean-word-length"] input[type=number] >> nth=1', "12.25")
    page.uncheck('[data-rule="lorem-ipsum"] [role=switch]')
    page.evaluate("document.getElementById('unused').open = true")
    page.check('[data-rule="bullet-lines"] [role=switch]')
    show(page, "khm_Khmr")
    page.fill('[data-rule="line-punctuation"] input[type=number]', "0.05")
    settle(page)
    text = page.inner_text("#yaml")
    loaded = YAML(typ="safe").load(text)["languages"]
    assert set(loaded) == {"por_Latn", "khm_Khmr"}
    assert set(loaded["por_Latn"]["rules"]) == {"min-words", "mean-word-length", "lorem-ipsum", "bullet-lines"}
    assert loaded["khm_Khmr"]["rules"] == {"line-punctuation": 0.05}
    bound = {r.name: r for r in bind("ginbon", load_pack("por_Latn"), loaded["por_Latn"]["rules"])}
    assert (bound["min-words"].low, bound["mean-word-length"].high) == (33, 12.25)
    assert "lorem-ipsum" not in bound
    assert "# was 50" in text
    page.fill('[data-rule="line-punctuation"] input[type=number]', "7")
    settle(page)
    assert "drops every document" in page.inner_text('[data-rule="line-punctuation"]')
    text = page.inner_text("#yaml")
    assert set(YAML(typ="safe").load(text)["languages"]) == {"por_Latn"}
    assert "# left out, khm_Khmr line-punctuation: 7" in text


def test_a_ladder_is_left_out_until_both_its_rules_are_moved(page: Any) -> None:
    """A longer run repeats no more often than a shorter one, so a recipe that says otherwise would be refused."""
    show(page, "por_Latn")
    page.fill('[data-rule="repeated-6-grams"] input[type=number]', "0.97")
    settle(page)
    assert "move both" in page.inner_text('[data-rule="repeated-6-grams"]')
    assert YAML(typ="safe").load(page.inner_text("#yaml")) is None
    page.fill('[data-rule="repeated-5-grams"] input[type=number]', "0.98")
    settle(page)
    rules = YAML(typ="safe").load(page.inner_text("#yaml"))["languages"]["por_Latn"]["rules"]
    assert rules == {"repeated-5-grams": 0.98, "repeated-6-grams": 0.97}
    assert bind("ginbon", load_pack("por_Latn"), rules)


def test_every_slider_moves_by_keys(page: Any) -> None:
    """An arrow changes the value, Page keys change it more, and what is said aloud has value and effect."""
    show(page, "por_Latn")
    sliders = page.locator("#rules input[type=range]")
    for n in range(sliders.count()):
        slider = sliders.nth(n)
        slider.focus()
        said = [slider.get_attribute("aria-valuetext")]
        for key in ("ArrowRight", "PageDown"):
            page.keyboard.press(key)
            settle(page)
            said.append(slider.get_attribute("aria-valuetext"))
        assert slider.get_attribute("aria-label")
        assert re.fullmatch(r"[\d.]+ [a-z ]+; [<> ]*[\d.]+\u00a0% of documents kept", said[0])
        assert len(set(said)) == 3 or said[0] == said[2], (slider.get_attribute("aria-label"), said)
        if page.is_enabled("#reset"):
            page.click("#reset")
            settle(page)


def test_a_dragged_thumb_stays_under_the_pointer(page: Any) -> None:
    """The chart's scale and the slider's are one: the threshold's ground begins where the thumb is."""
    show(page, "por_Latn")
    card = page.locator('[data-rule="repeated-lines"]')
    card.scroll_into_view_if_needed()
    chart = card.locator(".chart svg").bounding_box()
    thumb_x = chart["x"] + chart["width"] * float(card.locator("input[type=range]").input_value()) / 1000
    y = chart["y"] + chart["height"]
    page.mouse.move(thumb_x, y)
    page.mouse.down()
    page.mouse.move(chart["x"] + chart["width"] * 0.4, y, steps=5)
    page.mouse.up()
    settle(page)
    ground = card.locator("path.ground").bounding_box()
    assert ground["x"] == pytest.approx(chart["x"] + chart["width"] * 0.4, abs=3)


@pytest.mark.parametrize("width", [360, 390, 768, 1280, 1920])
def test_the_page_fits_every_screen_and_does_not_jump(chrome: Any, html: str, tmp_path: Path, width: int) -> None:
    """Nothing is wider than the screen, and a moved threshold moves no card."""
    size = {"width": width, "height": 800}
    page, wrong = open_page(chrome, html, tmp_path / "tune.html", viewport=size, has_touch=width < 500)
    show(page, "por_Latn")
    settle(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    places = (
        "() => [...document.querySelectorAll('#rules .card')].map((c) => [c.offsetLeft, c.offsetTop, c.offsetHeight])"
    )
    before = page.evaluate(places)
    for value in ("75", "1000", "2"):
        page.fill('[data-rule="min-words"] input[type=number]', value)
        settle(page)
        assert page.evaluate(places) == before
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.context.close()
    assert wrong == []


def test_many_languages_are_searched(chrome: Any, run: Path, tmp_path: Path) -> None:
    """With more than eight there is a field to find one by name, own name or label."""
    found = json.loads(re.search(r'id="data">(.*?)</script>', page_of_tuning(run, most=60), re.DOTALL)[1])  # type: ignore[index]
    one = found["languages"][0]
    labels = [
        "deu_Latn",
        "hin_Deva",
        "kat_Geor",
        "kor_Hang",
        "sin_Sinh",
        "tam_Taml",
        "tha_Thai",
        "uig_Arab",
        "yor_Latn",
    ]
    from ginbon.report.tune import render

    many = [
        {**one, "label": label, "name": label[:3], "autonym": {"kat_Geor": "ქართული"}.get(label, "")}
        for label in labels
    ]
    page, wrong = open_page(chrome, render(many, title="many"), tmp_path / "many.html")
    page.fill("#search", "ქართ")
    assert page.locator("#languages li:visible").all_inner_texts()[0].startswith("kat")
    assert page.locator("#languages li:visible").count() == 1
    page.fill("#search", "klingon")
    assert page.is_visible("#none")
    page.context.close()
    assert wrong == []


HOSTILE = (
    "</script><script>window.hacked=1</script><img src=x onerror='window.hacked=1'>\u202egnp.exe\x1b[31m\u2066&lt;b&gt;"
)


def test_faults_29_and_30_hostile_documents_are_shown_as_words(chrome: Any, tmp_path: Path) -> None:
    """Text, ids and sources of strangers are seen letter by letter; controls are signs; nothing of them runs."""
    run = make_decided_run(
        tmp_path / "run",
        languages=("por_Latn",),
        documents=60,
        change=lambda d: d.update(text=HOSTILE + d["text"], id=HOSTILE + d["id"], source=HOSTILE),
    )
    page, wrong = open_page(chrome, page_of_tuning(run), tmp_path / "tune.html")
    page.fill('[data-rule="min-words"] input[type=number]', "400")
    settle(page)
    quote = page.locator("#turned blockquote").first
    assert quote.text_content().startswith("</script><script>window.hacked=1</script><img src=x")
    assert "␛[31m" in quote.text_content()
    assert "&lt;b&gt;" in quote.text_content()
    assert quote.evaluate("(quote) => getComputedStyle(quote).unicodeBidi") == "isolate"
    origin = page.locator("#turned .from").first.text_content()
    assert not {"\u202e", "\u2066", "\x1b"} & set(origin)
    assert page.evaluate("window.hacked === undefined")
    assert page.locator("img").count() == 0
    assert wrong == []
    # Were a document's words ever to become mark-up, the policy would still not let them act.
    page.evaluate("document.body.insertAdjacentHTML('beforeend', '<img src=x onerror=\"window.hacked=1\">')")
    settle(page)
    assert page.evaluate("window.hacked === undefined")
    assert any("Content Security Policy" in told for told in wrong)
    page.context.close()
