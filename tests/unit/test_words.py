"""What a word is: hand-checked cases per script, and ICU as the judge on real text."""

from __future__ import annotations

import csv
import re
from pathlib import Path

import icu
import pyarrow as pa
import pytest

from ginbon.filters import words


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "Hello, world! It's 3.14 e.g. can't 1,000,000.",
            ["Hello", "world", "It's", "3.14", "e.g", "can't", "1,000,000"],
        ),
        ("l’homme d'Água col·lecció", ["l’homme", "d'Água", "col·lecció"]),
        ("हिन्दी में लिखा है।", ["हिन्दी", "में", "लिखा", "है"]),
        ("می\u200cروم به خانه", ["می\u200cروم", "به", "خانه"]),
        ("สวัสดีครับ 25 บาท", ["สวัสดี", "ครับ", "25", "บาท"]),
        ("ພາສາລາວ ເປັນພາສາ", ["ພາສາ", "ລາວ", "ເປັນ", "ພາສາ"]),
        ("ខ្ញុំស្រឡាញ់ភាសាខ្មែរ", ["ខ្ញុំ", "ស្រឡាញ់", "ភាសាខ្មែរ"]),
        ("私は日本語を勉強しています。", ["私", "は", "日本語", "を", "勉強", "し", "てい", "ます"]),
        ("今天天气很好，我们去公园玩。", ["今天", "天气", "很好", "我们", "去", "公园", "玩"]),
        ("한국어를 배워요.", ["한국어를", "배워요"]),
        ("བོད་ཡིག་གི་སྐད།", ["བོད", "ཡིག", "གི", "སྐད"]),
        ("ሰላም፡ልዑል።", ["ሰላም", "ልዑል"]),
        ("ߒߞߏ ߞߊ߲", ["ߒߞߏ", "ߞߊ߲"]),
        ("𞤀𞤣𞤤𞤢𞤥 𞤆𞤵𞤤𞤢𞤪", ["𞤀𞤣𞤤𞤢𞤥", "𞤆𞤵𞤤𞤢𞤪"]),
        ("ꆈꌠꁱꂷ", ["ꆈ", "ꌠ", "ꁱ", "ꂷ"]),
        ("צה\"ל ג'", ['צה"ל', "ג'"]),
        ("ʻōlelo Hawaiʻi", ["ʻōlelo", "Hawaiʻi"]),
        ("👩‍👩‍👧 🇧🇷 ok … ½", ["ok"]),
        ("", []),
    ],
)
def test_words_by_script(text: str, expected: list[str]) -> None:
    assert words.words(text) == expected


def icu_words(text: str) -> list[str]:
    """ICU's own words: those with a letter, number, kana or ideograph."""
    iterator = icu.BreakIterator.createWordInstance(icu.Locale.getRoot())
    units = icu.UnicodeString(text)
    iterator.setText(units)
    found, start = [], 0
    for stop in iterator:
        if iterator.getRuleStatus() >= 100:
            found.append(str(units[start:stop]))
        start = stop
    return found


def letters_and_marks(text: str) -> str:
    return "".join(c for c in text if icu.Char.isalpha(c) or icu.Char.charType(c) in (6, 7, 8))


def lines_of(path: Path, limit: int) -> list[str]:
    zstd = pytest.importorskip("backports.zstd")
    return zstd.decompress(path.read_bytes()).decode("utf-8").split("\n")[:limit]


# ICU's tailoring of UAX #29: it parts Hangul from Latin letters and quotes, and joins Burmese and Shan digits to words.
TAILORED = {"kor_Hang": "[A-Za-z0-9'’‘]", "kor_Kore": "[A-Za-z0-9'’‘]", "mya_Mymr": "[\u1040-\u1049\u1090-\u1099]"}


def test_words_are_icus_on_every_ntrex_language(shared_data: Path) -> None:
    """The compiled rules cut 123 languages as ICU does, its tailorings aside."""
    with (shared_data / "parallel/languages.tsv").open(encoding="utf-8") as file:
        rows = [r for r in csv.DictReader(file, delimiter="\t") if r["source"] == "NTREX-128"]
    different = total = 0
    for row in rows:
        tailored = re.compile(TAILORED.get(row["id"], r"(?!)"))
        for line in lines_of(shared_data / "parallel" / row["file"], 20):
            if not tailored.search(line):
                total += 1
                different += words.words(line) != icu_words(line)
    assert total >= 19.5 * len(rows)
    assert different <= 5, f"{different} of {total}"


def test_dictionary_words_do_not_depend_on_what_else_is_in_the_batch(shared_data: Path) -> None:
    """Runs are handed to ICU in bulk: a text alone gives the same words as among others."""
    texts = [
        line
        for name in ("tha_Thai", "lao_Laoo", "khm_Khmr", "mya_Mymr", "jpn_Jpan", "zho_Hans")
        for line in lines_of(shared_data / f"parallel/ntrex/{name}.txt.zst", 15)
    ]
    found = words.boundaries(pa.array(texts, pa.large_string()))
    for row, text in enumerate(texts):
        encoded = text.encode()
        span = slice(found.ends[row], found.ends[row + 1])
        cut = [encoded[a:b].decode() for a, b in zip(found.starts[span], found.stops[span], strict=True)]
        assert cut == words.words(text)


def test_no_mark_is_lost_and_boundaries_lie_between_graphemes(shared_data: Path) -> None:
    """Every letter and mark of a text is in exactly one word, in order (defects D1 and D2 of the peers)."""
    for name in ("hin_Deva", "tha_Thai", "vie_Latn", "yor_Latn", "mya_Mymr", "khm_Khmr", "bod_Tibt", "arb_Arab"):
        for line in lines_of(shared_data / f"parallel/flores/{name}.txt.zst", 40):
            assert letters_and_marks("".join(words.words(line))) == letters_and_marks(line)


def test_a_run_of_eight_thousand_characters_is_cut_and_no_character_is_lost() -> None:
    text = "ภาษาไทย" * 5_000
    assert "".join(words.words(text)) == text


def test_counts_are_those_of_the_lists_and_nulls_have_none() -> None:
    texts = ["สวัสดีครับ", None, "two words", ""]
    assert words.count(pa.array(texts, pa.large_string())).tolist() == [2, 0, 2, 0]
    assert words.count(pa.array(texts, pa.string())[1:]).tolist() == [0, 2, 0]


def test_a_null_that_holds_bytes_has_no_words() -> None:
    """Arrow does not promise that a null is empty."""
    mask = pa.py_buffer(bytes([0b01]))
    offsets = pa.array([0, 3, 9], pa.int64()).buffers()[1]
    hidden = pa.Array.from_buffers(pa.large_string(), 2, [mask, offsets, pa.py_buffer(b"a bhidden")], null_count=1)
    assert hidden.to_pylist() == ["a b", None]
    assert words.count(hidden).tolist() == [2, 0]
