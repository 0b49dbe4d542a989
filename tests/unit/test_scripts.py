"""Scripts of code points and of texts."""

from __future__ import annotations

import numpy as np
import pytest

from ginbon.languages import scripts


@pytest.mark.parametrize(
    ("text", "script"),
    [
        ("Olá, mundo 123", "Latn"),
        ("नमस्ते दुनिया", "Deva"),
        ("東京は日本の首都である", "Jpan"),
        ("カタカナ", "Jpan"),
        ("中国的经济发展很快", "Hans"),
        ("中國的經濟發展很快", "Hant"),
        ("山水人", "Hani"),
        ("한국어 漢字", "Kore"),
        ("สวัสดีครับ", "Thai"),
        ("ሰላም ለዓለም", "Ethi"),
        ("ᏣᎳᎩ", "Cher"),
        ("ߒߞߏ", "Nkoo"),
        ("1234 … ☎", "Zyyy"),
        ("", "Zyyy"),
        ("\ud800a", "Latn"),
    ],
)
def test_the_main_script_is_that_of_most_letters(text: str, script: str) -> None:
    assert scripts.main_script(text) == script


def test_marks_and_digits_are_no_letters() -> None:
    """A vowel sign adds no weight: two Latin letters outweigh one Devanagari letter with four marks."""
    assert scripts.main_script("ab क" + "\N{DEVANAGARI SIGN CANDRABINDU}" * 4 + "१२३४") == "Latn"


def test_a_label_accepts_the_scripts_that_its_text_can_show() -> None:
    assert scripts.accepts("Jpan", "Hani")
    assert scripts.accepts("Kore", "Kore")
    assert scripts.accepts("Hans", "Hani")
    assert not scripts.accepts("Hans", "Hant")
    assert not scripts.accepts("Hant", "Jpan")
    assert not scripts.accepts("Latn", "Cyrl")
    assert not scripts.accepts("Latn", scripts.COMMON)


def test_right_to_left_scripts_are_those_of_unicode() -> None:
    import icu

    found = {
        name
        for name in sorted(set(scripts.names()[1:]) - set(scripts.COMPOSITES))
        if any(len(icu.UnicodeSet(f"[[:Script={name}:]&[:L:]&[:bc={bidi}:]]")) for bidi in ("R", "AL"))
    }
    assert found == scripts.RIGHT_TO_LEFT


def test_tables_agree_with_each_other_and_cannot_be_written() -> None:
    letters, every = scripts.letter_table(), scripts.script_table()
    han = [scripts.number()[name] for name in ("Hans", "Hant")]
    plain = letters[~np.isin(letters, [0, *han])]
    assert np.array_equal(plain, every[~np.isin(letters, [0, *han])])
    assert not letters.flags.writeable
    assert letters[ord("国")] == scripts.number()["Hans"]
    assert letters[ord("國")] == scripts.number()["Hant"]
