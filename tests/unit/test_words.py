"""What a word is: hand-checked cases per script, and ICU as the judge on real text."""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

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


@cache
def iterator() -> Any:
    return icu.BreakIterator.createWordInstance(icu.Locale.getRoot())


def icu_words(text: str) -> list[str]:
    """ICU's own words: those with a letter, number, kana or ideograph."""
    units: Any = icu.UnicodeString(text)
    iterator().setText(units)
    if text.isascii() or max(text) < "\U00010000":
        units = text
    found, start = [], 0
    for stop in iterator():
        if iterator().getRuleStatus() >= 100:
            found.append(str(units[start:stop]))
        start = stop
    return found


def letters_and_marks(text: str) -> str:
    return "".join(c for c in text if icu.Char.isalpha(c) or icu.Char.charType(c) in (6, 7, 8))


def lines_of(path: Path, limit: int) -> list[str]:
    zstd = pytest.importorskip("backports.zstd")
    return zstd.decompress(path.read_bytes()).decode("utf-8").split("\n")[:limit]


# Letters and marks of Thai, Lao, Burmese, Khmer; not their digits.
SPACELESS = "\u0e01-\u0e4e\u0e81-\u0ecf\u0edc-\u0edf\u1000-\u103f\u104c-\u108f\u109a-\u109f\u1780-\u17dd\uaa60-\uaa7f"
DELIBERATE = {
    f"[{SPACELESS}](?:[^\\W{SPACELESS}]|['’.:])|(?:[^\\W{SPACELESS}]|['’.:])[{SPACELESS}]": "ICU joins "
    "digits and other letters to Thai, Lao, Burmese and Khmer ones, and two words "
    "of these over a full stop, colon or apostrophe",
    "[\uac00-\ud7a3][A-Za-z0-9'’‘,.]|[A-Za-z0-9'’‘,.][\uac00-\ud7a3]": "ICU parts Hangul from Latin letters, digits "
    "and apostrophes, as no rule of UAX #29 does",
    "[\u05d0-\u05ea]''": "two apostrophes for a gershayim stay in a Hebrew word",
    "\u202f": "narrow no-break space: white space, though UAX #29 joins words over it",
    "_": "low lines alone are no word",
    "[\ua000-\ua4c6]": "Yi: a word a syllable; ICU has one word between spaces",
    "[\u1a20-\u1aad]": "Tai Tham: likewise",
    "[\ua980-\ua9df]": "Javanese: likewise",
}
"""Lines with these may differ from ICU, and no other line does; Tibetan and Ethiopic marks part words for ICU too."""


def parallel(folder: Path, limit: int) -> Iterator[tuple[str, str]]:
    """Language and text: the first lines of every NTREX and FLORES file, the first paragraphs of every Declaration."""
    with (folder / "languages.tsv").open(encoding="utf-8") as file:
        for row in csv.DictReader(file, delimiter="\t"):
            if row["file"].endswith(".txt.zst"):
                yield from ((row["id"], line) for line in lines_of(folder / row["file"], limit) if line)
    seen: Counter[str] = Counter()
    for line in lines_of(folder / "udhr.tsv.zst", 40_000)[1:]:
        key, _, text = line.partition("\t")
        seen[key] += 1
        if text and seen[key] <= limit:
            yield key, text.rpartition("\t")[2]


def differences(folder: Path, limit: int) -> tuple[int, list[tuple[str, str]], set[str | None]]:
    """Texts (in their normal form), those that differ from ICU for no reason of ours, and the reasons why others do."""
    names, raw = zip(*parallel(folder, limit), strict=True)
    texts = [str(icu.Normalizer2.getNFCInstance().normalize(text)) for text in raw]
    found = words.boundaries(pa.array(texts, pa.large_string()))
    unexplained, reasons = [], set()
    for row, text in enumerate(texts):
        encoded = text.encode()
        span = slice(found.ends[row], found.ends[row + 1])
        ours = [encoded[a:b].decode() for a, b in zip(found.starts[span], found.stops[span], strict=True)]
        if ours != icu_words(text):
            reason = next((pattern for pattern in DELIBERATE if re.search(pattern, text)), None)
            reasons.add(reason)
            if reason is None:
                unexplained.append((names[row], text))
    return len(texts), unexplained, reasons


def test_words_are_icus_in_every_language(shared_data: Path) -> None:
    """The beginnings of 853 files in 504 languages and 44 scripts."""
    total, unexplained, _ = differences(shared_data / "parallel", 3)
    assert total > 2_500
    assert unexplained == []


@pytest.mark.slow
def test_words_are_icus_in_every_line_but_for_reasons_that_are_listed(shared_data: Path) -> None:
    total, unexplained, reasons = differences(shared_data / "parallel", 690)
    assert total > 180_000
    assert unexplained == []
    assert reasons == set(DELIBERATE), "a reason that no line has leaves the list"


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
