"""Alphabets: characters of languages, equivalent spellings, likely graphemes."""

from __future__ import annotations

import unicodedata

import pyarrow as pa

from ginbon.filters import words
from ginbon.tokenizers.alphabets import alphabet, carried, characters, equivalents, likely, names, relatives
from ginbon.tokenizers.counts import Counts

SHADDA, FATHA = "\N{ARABIC SHADDA}", "\N{ARABIC FATHA}"


def counts(texts: dict[str, int], language: str) -> Counts:
    column = pa.array([text.encode() for text in texts], pa.large_binary())
    return Counts.of_rows(column, [language] * len(texts), ["x"] * len(texts), list(texts.values()))


def test_characters_are_those_of_the_language_and_of_what_is_quoted_in_it() -> None:
    hindi = characters("hin_Deva")
    assert {"क", "ॐ", "।", "५", "a", "é", "ж", "€", "“", "\r\n", " ै"} <= hindi
    assert "ก" not in hindi and "क़" not in hindi
    assert {"ก", "ๆ", "๙", "฿"} <= characters("tha_Thai")
    assert {"ب", "ّ", "؟", "٣", "گ"} <= characters("arb_Arab")
    assert {"ក", "្", "៛"} <= characters("khm_Khmr")
    assert {"あ", "ヴ", "、", "屠", "鄧", "か\N{COMBINING KATAKANA-HIRAGANA SEMI-VOICED SOUND MARK}"} <= characters(
        "jpn_Jpan"
    )
    assert len(characters("kor_Kore")) < 10_000 and "각" in characters("kor_Kore")


def test_a_language_that_nobody_knows_has_the_code_pages_characters() -> None:
    assert characters("xxx_Qaaa") == characters("xxx_Zzzz") < characters("ewe_Latn")


def test_every_character_of_a_language_is_a_grapheme_but_for_tone_contours() -> None:
    for label in ("hin_Deva", "tha_Thai", "arb_Arab", "khm_Khmr", "jpn_Jpan", "nqo_Nkoo", "bod_Tibt", "amh_Ethi"):
        several = {one for one in characters(label) if len(words.graphemes(one)) != 1}
        assert several <= {"˥˩", "˩˥"}, (label, several)


def test_marks_in_another_order_and_composed_letters_are_the_same_spelling() -> None:
    assert equivalents(["ب" + FATHA + SHADDA]) == {"ب" + FATHA + SHADDA, "ب" + SHADDA + FATHA}
    assert equivalents(["é"]) == {"é", "e\N{COMBINING ACUTE ACCENT}"}
    assert "\N{DEVANAGARI LETTER FA}" in equivalents(["फ\N{DEVANAGARI SIGN NUKTA}"])
    assert equivalents(["\N{OHM SIGN}", "Ω"]) == {"\N{OHM SIGN}", "Ω"}
    assert equivalents(["Ω"]) == {"Ω"} and equivalents([]) == set()


def test_what_is_likely_follows_what_was_seen() -> None:
    seen = [a + b for a in "กขคงจ" for b in ("", "ิ", "ี", "้", "ี้")] + ["ช", "ชิ"]
    assert set(likely(seen, 8)) >= {"ชี", "ช้", "ชี้"}
    assert likely(seen, 3, known={"ชี"})[:2] == [one for one in likely(seen, 3) if one != "ชี"]
    assert likely(seen, 0) == likely([], 10) == likely(["👩", "1"], 10) == []


def test_a_conjunct_of_two_seen_ones_is_likely() -> None:
    virama = "\N{DEVANAGARI SIGN VIRAMA}"
    seen = ["स", "त", "र", f"स{virama}त", f"त{virama}र", f"त{virama}री", "री", "ती", f"स{virama}ती"]
    assert f"स{virama}त{virama}र" in likely(seen, 20)


def test_an_alphabet_is_what_was_seen_often_enough_the_languages_characters_and_their_spellings() -> None:
    own = counts({" ที่นี่": 5, "日": 1, "ที่กั้น": 2, "\N{ARABIC LETTER BEH}" + FATHA + SHADDA: 9}, "tha_Thai")
    found = alphabet(own, min_count=2, unseen=10)
    assert {"ที่", "นี่", "กั้", "ب" + SHADDA + FATHA, "ๆ", "é", "e\N{COMBINING ACUTE ACCENT}"} <= found
    assert "日" not in found and "日" in alphabet(own)
    assert all(len(words.graphemes(one)) == 1 for one in found)
    assert found == alphabet(own.reweighted({}), min_count=2, unseen=10)
    assert len(found) == len(alphabet(own, min_count=2, unseen=0)) + 10
    assert all(unicodedata.category(one[0])[0] in "LMZ" for one in found - alphabet(own, min_count=2, unseen=0))


def test_what_is_heard_in_a_sister_script_counts_as_heard_in_the_own_and_what_is_foreign_does_not() -> None:
    own = counts({"की का कि गी गा": 1}, "hin_Deva")
    found = alphabet(own, unseen=3_000, heard=["घ्झी"])
    assert found == alphabet(own, unseen=3_000, heard=["ઘ્ઝી", "ឃ្ឈី"]) != alphabet(own, unseen=3_000)


def test_names_are_those_of_the_language_in_its_script() -> None:
    assert {"त्स्क", "ज़ी"} <= names("hin_Deva")
    assert "ő" in names("hun_Latn") and "ж" in names("uzb_Cyrl") and "o" in names("uzb_Latn")
    assert names("und_Deva") == names("xxx_Qaaa") == names("hin_Thai") == frozenset()


def test_relatives_are_other_languages_of_the_script_and_sister_scripts_carried_to_it() -> None:
    assert {"र्झ्या", "ट्व्हि"} <= names("mar_Deva") & relatives("Deva") - names("hin_Deva")
    assert "স্ট্রে" in relatives("Beng") and all(one not in relatives("Khmr") for one in ("क", "a"))
    assert carried(["ક્ષ", "ক্ষ", "క్ష", "क्ष", "ก", "1"], "Deva") == {"क्ष"}
    assert carried(["ક", "ก", "ก็"], "Thai") == {"ก", "ก็"} and carried(["あ", "日", "x"], "Jpan") == {"あ", "日"}
    assert relatives("Qaaa") == frozenset()


def test_what_others_write_is_likelier_than_what_nobody_does() -> None:
    seen = [a + b for a in "กขคงจ" for b in ("", "ิ", "ี")] + ["ช", "ชิ"]
    assert "ชื" not in likely(seen, 9) and "ชื" in likely(seen, 2, heard=["ฌ", "ชื"])
    assert likely([], 5, heard=["ชี"]) == [] and "ชิ" not in likely(seen, 9, heard=["ชิ"])
