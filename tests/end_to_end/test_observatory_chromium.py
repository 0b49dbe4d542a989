"""The observatory in Chromium: it draws, sorts and finds by mouse and keys, on a desk and on a phone."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from observed import LINES, NUMBERS, small_results
from tuned_run import browser, open_page

from ginbon.report.observatory import page_of_results

READY = "#table tbody tr"


@pytest.fixture(scope="module")
def chrome() -> Iterator[Any]:
    with browser() as found:
        yield found


@pytest.fixture(scope="module")
def html(tmp_path_factory: pytest.TempPathFactory) -> str:
    results = small_results(tmp_path_factory.mktemp("lines"))
    results["tokenizers"][0]["oddities"] = [{"code": "odd", "detail": "<img src=x onerror=alert(1)>"}]
    results["sets"][0]["versions"][1]["name"] = "Hindi<script>alert(2)</script>"
    return page_of_results(results)


@pytest.fixture
def page(chrome: Any, html: str, tmp_path: Path) -> Iterator[Any]:
    """The page; a test that uses it fails where anything went wrong in it."""
    found, wrong = open_page(chrome, html, tmp_path / "index.html", ready=READY)
    yield found
    found.context.close()
    assert wrong == []


def test_the_page_shows_every_language_and_tokenizer_and_runs_nothing_of_theirs(page: Any) -> None:
    """Names from files are text, whatever they hold."""
    assert page.locator("#table tbody tr").count() == len(LINES)
    assert page.locator("#summary tbody tr").count() == 4
    assert page.locator("#map circle.dot").count() == len(LINES)
    assert "Hindi<script>alert(2)</script>" in page.inner_text("#table")
    assert "<img src=x" in page.text_content("main")


def test_a_language_is_found_by_its_own_name_with_the_keyboard_alone(page: Any) -> None:
    """Typing, Enter: the language is shown, and the address leads back to it."""
    page.focus("#find")
    page.keyboard.type("ไทย")
    page.keyboard.press("Enter")
    assert "Thai" in page.inner_text("#one h3 >> nth=0")
    assert "language=tha_Thai" in page.evaluate("location.hash")


def test_arrows_walk_from_dot_to_dot(page: Any) -> None:
    """The dot that is chosen has the focus, and the language below changes with it."""
    before = page.inner_text("#one h3 >> nth=0")
    page.focus("#map circle.now")
    for key in ("ArrowLeft", "ArrowRight", "ArrowUp", "ArrowDown"):
        page.keyboard.press(key)
        if page.inner_text("#one h3 >> nth=0") != before:
            break
    assert page.inner_text("#one h3 >> nth=0") != before
    assert page.evaluate("document.activeElement.classList.contains('now')")


def test_a_heading_sorts_by_its_tokenizer_and_says_so(page: Any) -> None:
    """Dearest first, then cheapest first."""
    head = page.locator("#table thead th", has_text="letters")
    for wanted in ("descending", "ascending"):
        head.locator("button").click()
        assert head.get_attribute("aria-sort") == wanted
        column = [float(x) for x in page.locator("#table tbody td:nth-child(2)").all_inner_texts()]
        assert column == sorted(column, reverse=wanted == "descending")


def test_a_tokenizer_that_collapsed_is_marked_and_has_no_rank(page: Any) -> None:
    """Of Thai it knows nothing: its premium is struck through, and why stands beside."""
    page.fill("#filter", "thai")
    assert page.locator("#table td .pale").count() == 1
    page.fill("#find", "thai")
    page.keyboard.press("Enter")
    assert "latin collapsed and has no rank" in page.inner_text("#one")


def test_a_sentence_is_whole_in_every_tokenizer_and_no_mark_leaves_its_base(page: Any) -> None:
    """The text of the pieces, joined, is the line; the tokenizer of bytes within characters tears them."""
    for label in ("hin_Deva", "urd_Arab", "tha_Thai", "yor_Latn"):
        page.fill("#find", label)
        page.keyboard.press("Enter")
        shown = page.locator(".sentences .text").all_text_contents()
        assert len(shown) >= 2
        assert all(text in [LINES[label].format(n) for n in NUMBERS] for text in shown)
        assert page.locator(".sentences .text .torn").count() > 0
        direction = page.locator(".sentences .text >> nth=0").evaluate("e => getComputedStyle(e).direction")
        assert direction == ("rtl" if label == "urd_Arab" else "ltr")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_on_a_phone_nothing_is_wider_than_the_screen(chrome: Any, html: str, tmp_path: Path, scheme: str) -> None:
    """Tables scroll in boxes of their own."""
    screen = {"width": 390, "height": 844}
    page, wrong = open_page(chrome, html, tmp_path / "index.html", ready=READY, viewport=screen, color_scheme=scheme)
    assert page.evaluate("document.documentElement.scrollWidth") <= screen["width"]
    page.context.close()
    assert wrong == []


def test_an_address_opens_what_it_names(chrome: Any, html: str, tmp_path: Path) -> None:
    """So that a figure can be cited."""
    place = tmp_path / "index.html"
    found, wrong = open_page(chrome, html, place, ready=READY)
    found.goto(f"{place.as_uri()}#language=yor_Latn&tokenizer=words&figure=fertility")
    found.reload()
    found.wait_for_selector(READY)
    assert "Yoruba" in found.inner_text("#one h3 >> nth=0")
    assert found.input_value("#metric") == "fertility"
    found.context.close()
    assert [w for w in wrong if not w.startswith("request: file:")] == []
