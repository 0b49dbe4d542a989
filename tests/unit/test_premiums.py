"""What tokenizers charge for the same lines: by hand, with ties, collapses and nothing at all."""

from __future__ import annotations

import csv
import io
import json
import unicodedata
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from toy_tokenizer import Toy

from ginbon.errors import UserError
from ginbon.tokenizers import load
from ginbon.tokenizers.metrics import HONESTY, METRICS, Estimate, Measures
from ginbon.tokenizers.metrics.gini import gini
from ginbon.tokenizers.metrics.price_factor import price_factor
from ginbon.tokenizers.metrics.types_used import Used
from ginbon.tokenizers.parallel import Aligned, MeasuredSet, Version, align, compare_parallel, measure_set
from ginbon.tokenizers.parallel.examples import example_line, pieces, read_cuts, write_cuts
from ginbon.tokenizers.parallel.results import results_json
from ginbon.tokenizers.parallel.tables import tex, to_csv, to_tex
from ginbon.tokenizers.protocol import Encoded

COUNTS = {"tokens": 23, "pivot_tokens": 6, "bytes": 55, "pivot_bytes": 24, "pre_tokens": 15, "pivot_pre_tokens": 6}


def aligned(versions: Mapping[str, Sequence[str]], **options: Any) -> Aligned:
    made = [Version(label, pa.array(list(lines), pa.large_string())) for label, lines in versions.items()]
    return align("set", made, **options)


def measures(counts: Mapping[str, int], words: int = 5) -> Measures:
    columns = {name: np.array([n], np.int64) for name, n in {"documents": 1, "words": words, **counts}.items()}
    return Measures(columns, Used.of(Encoded.of([[]])), 10)


@pytest.mark.parametrize(
    ("metric", "expected"),
    [
        ("premium", 23 / 6),
        ("byte-premium", 55 / 24),
        ("premium-over-bytes", (23 / 6) / (55 / 24)),
        ("premium-floor", 15 / 6),
        ("pre-token-premium", 15 / 6),
        ("context-words", 8192 * 5 / 23),
        ("context-words-128k", 131_072 * 5 / 23),
    ],
)
def test_metrics_against_a_pivot_are_as_their_pages_work_out(metric: str, expected: float) -> None:
    assert METRICS[metric].compute(measures(COUNTS)).value == pytest.approx(expected, rel=1e-15)


@pytest.mark.parametrize("metric", ["premium", "byte-premium", "premium-over-bytes", "premium-floor"])
def test_without_a_pivot_or_without_its_text_there_is_no_premium(metric: str) -> None:
    alone = {name: n for name, n in COUNTS.items() if not name.startswith("pivot")}
    assert METRICS[metric].compute(measures(alone)).value is None
    assert METRICS[metric].compute(measures(dict.fromkeys(COUNTS, 0))).value is None


def test_gini_of_four_costs_is_as_its_page_works_out() -> None:
    assert gini(np.array([20, 24, 30, 46])) == pytest.approx(0.175, abs=1e-15)
    assert gini(np.array([[20, 7], [24, 7], [30, 7], [46, 7]])).tolist() == pytest.approx([0.175, 0])
    assert gini(np.array([5])) == 0
    assert np.isnan(gini(np.array([0, 0])))


def test_price_factor_is_as_its_page_works_out() -> None:
    assert price_factor(23, 2.5, min(6 * 2.5, 7 * 2)) == pytest.approx(57.5 / 14)


def test_a_premium_is_a_ratio_of_sums_over_the_lines_that_both_have() -> None:
    """The pivot's lines have 2, 1 and (blank opposite) 5 tokens; the others 3 and 4: (3 + 4) / (2 + 1)."""
    one = aligned({"eng_Latn": ["aa", "a", "aaaaa"], "por_Latn": ["bbb", "bbbb", " "]})
    found = measure_set(Toy("a", "b", " "), one).versions["por_Latn"]
    assert (found.totals["tokens"], found.totals["pivot_tokens"], found.totals["documents"]) == (7, 3, 2)
    assert found.estimates["premium"] == Estimate(7 / 3, 3 / 2, 4.0, 2)
    assert found.tokens.tolist() == [3, 4, 1]


def test_lines_of_a_document_are_drawn_together() -> None:
    """Within each document the ratio is 2, so no draw of documents gives another; draws of lines would."""
    lines = {"eng_Latn": ["a", "aaa", "aa", "aa"], "por_Latn": ["aaaaaa", "aa", "a", "aaaaaaa"]}
    by_documents = measure_set(Toy("a"), aligned(lines, documents=["x", "x", "y", "y"])).versions["por_Latn"]
    assert by_documents.estimates["premium"] == Estimate(2, 2, 2, 2)
    by_lines = measure_set(Toy("a"), aligned(lines)).versions["por_Latn"].estimates["premium"]
    assert by_lines.value == 2 and by_lines.low is not None and by_lines.low < 2
    assert by_documents.totals["documents"] == 4


def test_what_is_measured_comes_back_from_its_file() -> None:
    one = aligned({"eng_Latn": ["ab", "b"], "tha_Thai": ["กข", ""]})
    found = measure_set(Toy("a", "b", "ก"), one)
    assert MeasuredSet.from_json(json.loads(json.dumps(found.to_json()))).to_json() == found.to_json()


ENGLISH = ["the cat sat", "a dog", "the end of it", "yes", "no no", "so it goes on", "up", "down and out"]
THAI = ["แมวนั่ง", "หมา", "จบแล้ว", "ใช่", "ไม่ไม่", "ก็เป็นไป", "ขึ้น", "ลงและออก"]


def compared(*tokenizers: Any, prices: dict[str, float] | None = None) -> dict[str, Any]:
    one = aligned({"eng_Latn": ENGLISH, "tha_Thai": THAI, "por_Latn": [line.upper() for line in ENGLISH]})
    return compare_parallel(tokenizers, [one], prices=prices).to_json()


def toy(name: str) -> Toy:
    return Toy(*(bytes([b]) for b in range(1, 256)), name=name)


def test_tokenizers_that_cut_alike_tie_and_share_a_rank() -> None:
    (one,) = compared(toy("x"), toy("y"), load("chars"))["sets"]
    assert one["pairs"]["tokenizers"] == ["x", "y", "chars"]
    assert one["pairs"]["tokens"] == one["pairs"]["premiums"] == ["=..", "=..", "=.."]
    assert one["tokenizers"]["x"]["ranks"] == one["tokenizers"]["y"]["ranks"] == [1, 1, 1]
    assert one["tokenizers"]["chars"]["ranks"] == [None, None, None]


def test_a_tokenizer_that_needs_fewer_tokens_in_every_draw_ranks_before() -> None:
    pairs = Toy(*(bytes([b]) for b in range(1, 256)), *(a + b for a in "abcdefghi" for b in "nopqrstu "), name="pairs")
    (one,) = compared(toy("bytes-like"), pairs)["sets"]
    assert one["pairs"]["tokens"][0] == ">"
    assert [m["ranks"][0] for m in one["tokenizers"].values()] == [2, 1]
    assert one["tokenizers"]["pairs"]["overview"]["cheapest-in"] == 3


def test_a_collapsed_tokenizer_is_marked_and_counts_nowhere() -> None:
    """All of Thai is unknown: the premium would be a bargain."""
    english = Toy(*(chr(c) for c in range(32, 127)), name="english")
    (one,) = compared(english, toy("x"))["sets"]
    thai = [version["label"] for version in one["versions"]].index("tha_Thai")
    found = one["tokenizers"]["english"]
    assert "of the tokens are unknown" in found["collapsed"]["tha_Thai"]
    assert found["ranks"][thai] is None and found["ranks"][0] == 1
    assert one["pairs"]["tokens"][thai] == "."
    over = found["overview"]
    assert over["collapsed"] == ["tha_Thai"] and over["gini"]["n"] == 2 and over["median-premium"]["n"] == 1
    assert over["worst"] == "por_Latn" and over["above-2"]["value"] == 0


class Composing(Toy):
    """Cuts what is composed (NFC), as Qwen does."""

    def _cut(self, text: str) -> list[int]:
        return super()._cut(unicodedata.normalize("NFC", text))


def test_a_text_that_comes_back_composed_is_not_lost() -> None:
    """Decomposed Yoruba has more bytes than its composed form; nobody loses an accent by that."""
    lines = [unicodedata.normalize("NFD", line) for line in ("ọ̀rẹ́ mi", "ẹ̀kọ́ ilé")]
    one = aligned({"eng_Latn": ["my friend", "home lesson"], "yor_Latn": lines})
    found = measure_set(Composing(*(bytes([b]) for b in range(1, 256))), one).versions["yor_Latn"]
    assert not found.collapsed and found.totals["lost_bytes"] == 0 and found.totals["exact"] == 0


def test_a_tokenizer_that_collapsed_on_the_pivot_has_nothing_to_compare_with() -> None:
    thai = Toy(*sorted({c for line in THAI for c in line}), " ", name="thai")
    (one,) = compared(thai)["sets"]
    found = one["tokenizers"]["thai"]
    assert found["collapsed"]["tha_Thai"].startswith("on the pivot ")
    assert found["overview"]["median-premium"] == {"value": None, "low": None, "high": None, "n": 0}


def test_draws_without_any_line_of_a_version_say_nothing() -> None:
    one = aligned({"eng_Latn": ["a", "bb", "a"], "tha_Thai": ["", "", "ก"], "por_Latn": ["a", "", "aa"]})
    result = compare_parallel([toy("x"), toy("y")], [one], prices={"x": 1.0}).to_json()
    over = json.loads(results_json(result))["sets"][0]["tokenizers"]["x"]["overview"]
    assert over["worst-premium"] == 3 and over["gini"]["high"] is not None


def test_one_line_has_figures_and_no_intervals() -> None:
    one = aligned({"eng_Latn": ["abc"], "por_Latn": ["abcabc"]})
    result = compare_parallel([toy("x"), toy("y")], [one]).to_json()["sets"][0]
    assert result["tokenizers"]["x"]["metrics"]["premium"] == {"value": [1, 2], "low": [None] * 2, "high": [None] * 2}
    assert result["tokenizers"]["x"]["overview"]["gini"] == {"value": 0.166667, "low": None, "high": None, "n": 2}
    assert result["pairs"]["tokens"] == ["=", "="]


def test_prices_make_a_price_factor_against_the_cheapest_pivot() -> None:
    (one,) = compared(toy("dear"), load("bytes"), toy("free"), prices={"dear": 3.0, "bytes": 1.5})["sets"]
    assert one["tokenizers"]["dear"]["metrics"]["price-factor"]["value"][0] == 2
    assert one["tokenizers"]["bytes"]["metrics"]["price-factor"]["value"][0] == 1
    assert "price-factor" not in one["tokenizers"]["free"]["metrics"]
    with pytest.raises(UserError, match="price of nobody"):
        compared(toy("x"), prices={"nobody": 1.0})
    with pytest.raises(UserError, match="above 0"):
        compared(toy("x"), prices={"x": 0.0})


def test_no_premium_stands_in_a_table_without_what_was_lost() -> None:
    english = Toy(*(chr(c) for c in range(32, 127)), name="=english&co")
    result = compared(english, toy("x"), load("bytes"))
    rows = list(csv.DictReader(io.StringIO(to_csv(result).decode())))
    assert len(rows) == 9
    for row in rows:
        assert row["premium"] and row["fertility"] and row["words"].startswith("words by UAX #29")
        assert all(row[metric] for metric in HONESTY)
    assert {row["tokenizer"] for row in rows} == {"'=english&co", "x", "bytes"}
    collapsed = next(row for row in rows if row["version"] == "tha_Thai" and row["tokenizer"] == "'=english&co")
    assert collapsed["collapsed"] and not collapsed["rank"]
    page = to_tex(result, {"set": ["tha_Thai"]}).decode()
    for table in page.split("\\toprule")[1:]:
        head = table.split("\\\\")[0]
        assert "remium" in head and all(name in head for name in ("Unknown", "Lost", "Round trip"))
    assert page.count("Words: words by UAX \\#29") == 2
    assert "=english\\&co\\textsuperscript{\\dag}" in page


def test_ties_with_the_best_are_all_bold() -> None:
    page = to_tex(compared(toy("x"), toy("y"), load("bytes")), {"set": ["por_Latn"]}).decode()
    detail = page.split("longtable}")[2]
    assert detail.count("\\textbf{1.00 ") == 2


def test_special_characters_do_not_reach_latex() -> None:
    assert tex("a_b & 50% \\x {$#~^}\n") == (
        "a\\_b \\& 50\\% \\textbackslash{}x \\{\\$\\#\\textasciitilde{}\\textasciicircum{}\\}"
    )


def test_results_are_plain_json_with_their_version() -> None:
    result = compared(toy("x"), load("bytes"))
    assert (result["schema"], result["version"]) == ("ginbon.parallel-comparison", 1)
    assert json.loads(results_json(result)) == result
    assert results_json(result) == results_json(compared(toy("x"), load("bytes")))
    (one,) = result["sets"]
    for measured in one["tokenizers"].values():
        for columns in measured["metrics"].values():
            assert {len(c) for c in columns.values()} in ({3}, {0})


def test_the_example_is_the_shortest_line_of_enough_bytes_that_all_have() -> None:
    lines = ["x" * 70, "x" * 59, "x" * 61, "x" * 60]
    one = aligned({"eng_Latn": lines, "tha_Thai": ["ก", "ก", "ก", ""]})
    assert example_line(one) == 2
    assert example_line(aligned({"eng_Latn": ["a", "abc", ""]})) == 1  # none is long enough: the longest


def test_cuts_are_told_in_bytes_and_drawn_in_graphemes() -> None:
    text = "का म"  # one grapheme of 6 bytes, a space, one of 3
    assert write_cuts(np.array([0, 3, 6])) == "033"
    assert pieces(text, "033") == [type(pieces(text, "0")[0])("का", 2), type(pieces(text, "0")[0])(" म", 1)]
    assert write_cuts(np.array([0, 35, 105])) == "0z0zz0" and read_cuts("0z0zz0") == [0, 35, 105]
    assert write_cuts(np.array([-1, -1])) is None
    assert write_cuts(np.zeros(0, np.int64)) == "" and pieces("", "") == []
