"""Every signal of the kernel equals its definition in plain Python, on real text of many scripts and on odd cases."""

from __future__ import annotations

import csv
import json
import unicodedata
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from real_text import zstd_text
from signals_reference import differences, reference
from sketch_reference import sketch

from ginbon.filters.duplicates.sketch import Near
from ginbon.filters.signals import CATALOGUE, WALK
from ginbon.filters.walk import Walk
from ginbon.languages.pack import Pack, load_pack, packaged


def bare(script: str, **more: object) -> Pack:
    return Pack(label=f"und_{script}", name="", script=script, **more)


FEW_BANDS = Near(bands=2, rows=3)
"""The reference takes its time: six permutations tell as much as a hundred."""


def assert_equal_to_reference(texts: list[str], pack: Pack) -> None:
    columns = Walk(pack.label, pack, FEW_BANDS).measure(pa.array(texts, pa.large_string()))
    for row, text in enumerate(texts):
        wanted = reference(text, script=pack.script, stop_words=pack.stop_words, terminals=pack.terminals)
        found = {s.name: columns[s.column][row].as_py() for s in WALK}
        assert not differences(found, wanted), text
        exact, bands = sketch(text, FEW_BANDS)
        assert (columns["sketch/exact"][row].as_py(), columns["sketch/bands"][row].as_py()) == (exact, bands), text


ODD = [
    "",
    " ",
    "\n\n",
    "a",
    ".",
    "…",
    "a\nb\n\na\nb\n\na\nB ",
    "___ a_b _1_ __",
    "Ends with a quote.” And so. “Another.”  \n- item\n• item...\n* more… \nno end",
    "Wait... what?! 3.14 is 1,000 e.g. this; it's fine. #a ##b ### {x}",
    "lorem ipsum dolor. Lorem Ipsum\nJavaScript and use of cookies\nTerms\nof use\nthe privacy policy, use cookies",
    "a b c d e f g h i j k l\n" * 4,
    "x " * 30,
    "IİıiSẞßſ Σσς ΑΙ ᾳ",
    "नमस्ते दुनिया। यह ठीक है॥ हाँ",
    "ሰላም፡ልዑል፡፡ ሌላ። ነው፡፡",
    "བོད་ཡིག་གི་སྐད། དེ་རེད།།",
    "ราคา 25 บาท ๆ ฯลฯ",
    "私は日本語を勉強しています。「はい。」と言った！ABCアイス",
    "می‌روم به خانه. چرا؟ بله۔",
    "👩‍👩‍👧 🇧🇷 ⅷ ½ ² ๓",
    "\N{ZERO WIDTH SPACE}a\N{SOFT HYPHEN}b\N{ZERO WIDTH NON-JOINER}c\N{COMBINING ACUTE ACCENT}",
    'צה"ל ג\' ד""',
    "a\tb\u2028c\u00a0d\r\ne",
    "1.2.3 1.a a.1 a:b 1:2 a''b 'a' ..a..",
]


def test_the_kernel_equals_the_reference_on_odd_texts() -> None:
    assert_equal_to_reference(ODD, bare("Latn", stop_words=("a", "the", "is", "σ")))


def test_the_kernel_equals_the_reference_on_real_text(shared_data: Path) -> None:
    """A document of every script of the parallel data, under the pack that stands in for its languages."""
    by_script: dict[str, list[str]] = {}
    for line in zstd_text(shared_data / "parallel/udhr.tsv.zst").rstrip("\n").split("\n")[1:]:
        _, _, script, _, _, text = line.split("\t")
        if len(by_script.setdefault(script, [])) < 12:
            by_script[script].append(text)
    with (shared_data / "parallel/languages.tsv").open(encoding="utf-8") as file:
        for row in csv.DictReader(file, delimiter="\t"):
            if row["iso15924"] not in by_script:
                lines = zstd_text(shared_data / "parallel" / row["file"]).split("\n")
                by_script[row["iso15924"]] = lines[:12]
    assert len(by_script) >= 44
    for script, paragraphs in by_script.items():
        pack = load_pack(f"und_{script}") if f"und_{script}" in packaged() else bare(script)
        assert_equal_to_reference(["\n".join(paragraphs)], pack)


def test_the_kernel_equals_the_reference_on_stories(shared_data: Path) -> None:
    """Short lines, refrains, speech: what news has not."""
    texts = [
        json.loads(line) for line in zstd_text(shared_data / "docs/stories.jsonl.zst").split("\n")[:2900:58] if line
    ]
    assert len(texts) == 50
    assert_equal_to_reference([t["text"] for t in texts if len(t["text"]) < 20_000], bare("Latn"))


def test_a_value_never_leaves_its_signal_range() -> None:
    columns = Walk("und_Latn", bare("Latn")).measure(
        pa.array([*ODD, "a " * 5_000, "\N{BULLET}\n" * 50], pa.large_string())
    )
    for signal in WALK:
        values = columns[signal.column].to_numpy()
        assert (values >= signal.low).all() and (values <= signal.high).all(), signal.name


def test_every_signal_says_what_it_is() -> None:
    for signal in CATALOGUE.values():
        assert signal.formula and signal.unit and signal.source and signal.low < signal.high


def test_a_top_gram_tie_goes_to_the_gram_that_came_first() -> None:
    """Two 2-grams twice each: the longer one stands first in one text, the shorter in the other."""
    long_first, short_first = "aaaa bbbb x aaaa bbbb y c d z c d", "c d z c d y aaaa bbbb x aaaa bbbb"
    columns = Walk("und_Latn", bare("Latn")).measure(pa.array([long_first, short_first], pa.large_string()))
    share = columns["walk/top_2_gram_char_share"].to_pylist()
    assert share == pytest.approx([9 * 2 / len(long_first), 3 * 2 / len(short_first)])


def test_repetition_is_datatroves_given_the_same_words(shared_data: Path) -> None:
    """Its own functions over our words (case folded, joiners left out): the same characters, ties included.

    Where no run of words occurs twice, datatrove takes the first that occurs once; for us nothing repeats.
    """
    from datatrove.pipeline.filters.gopher_repetition_filter import find_all_duplicate, find_top_duplicate, get_n_grams

    from ginbon.filters.calibrate.words import folded_words

    rows = [
        json.loads(line) for line in zstd_text(shared_data / "docs/stories.jsonl.zst").split("\n")[:2900:29] if line
    ]
    texts = [unicodedata.normalize("NFC", row["text"]) for row in rows]
    columns = Walk("und_Latn", bare("Latn")).measure(pa.array(texts, pa.large_string()))
    for row, text in enumerate(texts):
        words = ["".join(c for c in word if unicodedata.category(c) != "Cf") for word in folded_words(text, "und_Latn")]
        for n in (2, 3, 4):
            grams = get_n_grams(words, n)
            wanted = find_top_duplicate(grams) / len(text) if len(set(grams)) < len(grams) else 0.0
            assert columns[f"walk/top_{n}_gram_char_share"][row].as_py() == np.float32(wanted)
        for n in range(5, 11):
            wanted = find_all_duplicate(words, n) / len(text)
            assert columns[f"walk/repeated_{n}_gram_char_share"][row].as_py() == np.float32(wanted)


def test_the_greek_question_mark_ends_a_sentence_in_greek_only() -> None:
    text = "Τι είναι αυτό; Ναι. Όχι;\nκαι;»"
    greek, other = load_pack("ell_Grek"), bare("Grek")
    assert greek.terminals == ";"
    assert_equal_to_reference([text], greek)
    values = [Walk(p.label, p).measure(pa.array([text], pa.large_string())) for p in (greek, other)]
    assert [v["walk/sentences"][0].as_py() for v in values] == [4, 3]
    assert [v["walk/terminal_line_share"][0].as_py() for v in values] == [1.0, 0.0]


def test_running_text_is_prose_without_a_mark_at_its_end_and_a_menu_is_not() -> None:
    """25 words with 7 stop words are prose, 24 words or 6 stop words are not; a line with a final mark is always."""
    pack = bare("Latn", stop_words=("o", "de"))
    lines = {
        " ".join(["o mar"] * 7 + ["sol"] * 11): 1,
        " ".join(["o mar"] * 6 + ["sol"] * 13): 0,
        " ".join(["o mar"] * 7 + ["sol"] * 10): 0,
        "Fim.": 1,
        "Início | Contacto | Sobre o sítio": 0,
    }
    found = Walk(pack.label, pack).measure(pa.array([*lines, "\n\n".join(lines)], pa.large_string()))
    assert found["walk/prose_line_share"].to_pylist() == [*lines.values(), np.float32(2 / 5)]
    assert_equal_to_reference([*lines, "\n".join(lines)], pack)
