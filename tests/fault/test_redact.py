"""Hostile text through tidy, identify and redact: the work grows with the size, whatever the text is made of."""

from __future__ import annotations

import time

import pyarrow as pa
import pytest

from ginbon.corpus.tidy import tidy_text, tidy_texts
from ginbon.filters.identifiers.langid import LangidIdentifier
from ginbon.filters.identify import Identify
from ginbon.filters.redact import redact_text, redact_url
from ginbon.filters.redact.redact import Options

MEGABYTE = 1_000_000
REGIONS = Options(regions=("BR", "IN", "TH", "DE", "FR", "US"))

FLOODS = {
    "a": "a",
    "brackets": "(",
    "digits": "7",
    "digits and spaces": "12 34 ",
    "digits and dashes": "11-2345-6789 ",
    "leading zeros": "01 23 45 67 89 ",
    "dots": "1.1.1.",
    "at": "@",
    "addresses": "a@b.cd ",
    "addresses in a row": "a@b.cd",
    "at and dots": "a@.",
    "colons": "a:",
    "hexadecimal": "2001:db8:",
    "IBAN heads": "DE89 ",
    "IBAN letters": "AB12CD34",
    "tel": "tel tel: ",
    "dates": "2023-10-15 ",
    "marks": "\N{COMBINING ACUTE ACCENT}",
    "marks in the wrong order": "\N{COMBINING ACUTE ACCENT}\N{COMBINING DOT BELOW}",
    "zero width": "\N{ZERO WIDTH SPACE}\N{ZERO WIDTH JOINER}",
    "bidi": "\N{RIGHT-TO-LEFT OVERRIDE}\N{POP DIRECTIONAL FORMATTING}",
    "tags": "\N{TAG LATIN SMALL LETTER A}",
    "selectors": "\N{VARIATION SELECTOR-16}",
    "spaces": " ",
    "blank lines": "\n \n",
    "mojibake": "Ã©â€™",
    "devanagari digits": "९",
}


@pytest.mark.timeout(60)
@pytest.mark.parametrize("name", FLOODS)
def test_fault_28_a_megabyte_of_one_thing_is_bounded_work(name: str) -> None:
    """No flood makes any step quadratic: each takes seconds at most, where squared work would take hours."""
    unit = FLOODS[name]
    step = Identify(LangidIdentifier())
    seconds = []
    for size in (MEGABYTE // 10, MEGABYTE):
        text = "x " + unit * (size // len(unit.encode()))
        batch = pa.RecordBatch.from_pydict({"text": pa.array([text], pa.large_string())})
        begun = time.process_time()
        step(batch)
        tidied = tidy_texts(batch.column("text"), "por_Latn", mojibake=True).texts
        redacted, _ = redact_text(tidied[0].as_py(), REGIONS)
        seconds.append(time.process_time() - begun)
        assert redacted.startswith("x")
        assert tidied.nbytes <= len(text.encode()) * 31 / 30 + 64
    print(f"injected: 1 MB of {name}; observed: {seconds[0]:.2f} s for 0.1 MB, {seconds[1]:.2f} s for 1 MB")


@pytest.mark.timeout(60)
def test_fault_28_a_million_marks_do_not_make_sorting_quadratic() -> None:
    """Without the joiner after 30 marks ICU sorts them in squared time, 4 s for 80,000 of them."""
    text = "x" + "\N{COMBINING ACUTE ACCENT}\N{COMBINING DOT BELOW}" * 250_000
    done = tidy_text(text, "por_Latn")
    assert done.count("\N{COMBINING DOT BELOW}") + done.count("ẋ") >= 249_999
    assert done.count("\N{COMBINING GRAPHEME JOINER}") >= 500_000 // 30 - 1
    assert tidy_text(done, "por_Latn") == done


def test_fault_14_nul_controls_and_lone_surrogates_never_reach_the_store() -> None:
    text = "a\0b\ud800c\x85d\x9f\ufffee"
    done = tidy_text(text, "por_Latn")
    assert done == "abc\nde"
    assert redact_text(done, REGIONS) == (done, {})


def test_fault_29_hostile_urls_and_titles_are_redacted_in_bounded_work() -> None:
    for unit in ("a@b.c%40", "//x@", "tel=1(", "\x1b[31m\n", "%40", "../", "=cmd|'/c'!A0 "):
        url = "https://h.org/" + unit * (MEGABYTE // 4 // len(unit))
        begun = time.process_time()
        done, _ = redact_url(url, REGIONS)
        print(f"injected: URL of {len(url):,} characters of {unit!r}; observed: {time.process_time() - begun:.2f} s")
        assert done.startswith("https://")
    done, counts = redact_url("https://h.org/\x1b]0;x\x07?q=a@b.org\n<script>", REGIONS)
    assert done == "https://h.org/\x1b]0;x\x07?q=<email>\n<script>"
    assert counts == {"email": 1}
