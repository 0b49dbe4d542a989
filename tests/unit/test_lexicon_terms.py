"""Terms come from tables, lists and what other projects keep them in; what is wrong is said with its line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ginbon.errors import UserError
from ginbon.languages.pack import read_pack
from ginbon.tokenizers.lexicon import Term, read_lexicon


def written(folder: Path, name: str, text: str | bytes) -> Path:
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def test_a_table_has_term_category_language_gloss(tmp_path: Path) -> None:
    table = "# dishes\nบะหมี่\tfood\ttha_Thai\tnoodles\nYaoundé\tplace\n\nword\n"
    assert read_lexicon(written(tmp_path, "t.tsv", table)).terms == (
        Term("บะหมี่", "food", "tha_Thai", "noodles"),
        Term("Yaoundé", "place"),
        Term("word", "headword"),
    )


def test_the_first_line_of_a_table_may_name_its_columns(tmp_path: Path) -> None:
    path = written(tmp_path, "t.tsv", "category\tterm\nkin\tनाना\n")
    assert read_lexicon(path).terms == (Term("नाना", "kin"),)


def test_objects_and_lists_are_read(tmp_path: Path) -> None:
    assert read_lexicon(written(tmp_path, "t.jsonl", '{"term": "ߒߞߏ", "category": "name"}\n\n')).terms == (
        Term("ߒߞߏ", "name"),
    )
    assert read_lexicon(written(tmp_path, "t.txt", "\ufeffone\n# no\n two words \n")).terms == (
        Term("one"),
        Term("two words"),
    )


def test_terms_are_in_nfc_once_in_a_category_and_what_is_left_out_is_counted(tmp_path: Path) -> None:
    text = "cafe\N{COMBINING ACUTE ACCENT}\ncafé\n🙂\n...\n" + "x" * 501 + "\n"
    held = read_lexicon(written(tmp_path, "t.txt", text))
    assert held.terms == (Term("café"),)
    assert held.left_out == (("given twice", 1), ("longer than 500 characters", 1), ("no word in it", 2))


def test_terms_of_other_languages_are_left_out_when_one_is_asked_for(tmp_path: Path) -> None:
    path = written(tmp_path, "t.tsv", "a\tx\thi\nb\tx\tpt\nc\tx\n")
    held = read_lexicon(path, language="hin_Deva")
    assert [t.text for t in held.terms] == ["a", "c"]
    assert held.left_out == (("of another language", 1),)


def test_of_hunspell_the_stems_are_read_in_the_affix_files_encoding(tmp_path: Path) -> None:
    written(tmp_path, "x.aff", "SET ISO8859-9\nSFX A Y 1\n")
    path = written(tmp_path, "x.dic", "3\nçay/A\nkm\\/h/B po:noun\ngüneş\tst:güneş\n".encode("iso8859-9"))
    held = read_lexicon(path)
    assert [t.text for t in held.terms] == ["çay", "km/h", "güneş"]
    assert held.notes == ("hunspell: stems only; affixes are not applied, flags and morphology are dropped",)


def test_of_gettext_the_translations_are_read(tmp_path: Path) -> None:
    po = r"""
msgid ""
msgstr ""
"Language: km\n"

#. a comment
msgctxt "place"
msgid "Cambodia"
msgstr ""
"កម្ពុ"
"ជា"

#, fuzzy
msgid "Laos"
msgstr "no"

msgid "untranslated"
msgstr ""

msgid "day"
msgid_plural "days"
msgstr[0] "ថ្ងៃ"

#~ msgid "old"
#~ msgstr "gone"

msgid "say \"hi\""
msgstr "និយាយ \"hi\""
"""
    assert read_lexicon(written(tmp_path, "x.po", po)).terms == (
        Term("កម្ពុជា", "place", "km", "Cambodia"),
        Term('និយាយ "hi"', "glossary", "km", 'say "hi"'),
    )


def test_of_cldr_names_are_read_by_what_they_name(tmp_path: Path) -> None:
    names = {"territories": {"ET": "ኢትዮጵያ", "US": "ዩናይትድ ስቴትስ", "US-alt-short": "ዩ ኤስ", "XX": "XX"}}
    months = {"format": {"wide": {"1": "ጃንዋሪ"}, "narrow": {"1": "ጃ"}}}
    main = {
        "am": {
            "identity": {"language": "am"},
            "localeDisplayNames": names,
            "dates": {"calendars": {"gregorian": {"months": months}}},
        }
    }
    assert read_lexicon(written(tmp_path, "x.json", json.dumps({"main": main}))).terms == (
        Term("ኢትዮጵያ", "territory", "am", "ET"),
        Term("ዩናይትድ ስቴትስ", "territory", "am", "US"),
        Term("ጃንዋሪ", "month", "am", "1"),
    )


def test_a_pack_may_carry_terms(tmp_path: Path) -> None:
    pack = "label: wol_Latn\nname: Wolof\nscript: Latn\nterms:\n  food: [ceebu jën, yassa]\n  kin: [nijaay]\n"
    assert read_pack(pack, name="p").terms == {"food": ("ceebu jën", "yassa"), "kin": ("nijaay",)}
    held = read_lexicon(written(tmp_path, "wol.yaml", pack))
    assert held.terms[0] == Term("ceebu jën", "food", "wol_Latn")


def test_a_pack_without_terms_says_what_to_give() -> None:
    with pytest.raises(UserError, match=r"the pack of por_Latn has no terms"):
        read_lexicon("por_Latn")


@pytest.mark.parametrize(
    ("name", "data", "says"),
    [
        ("t.tsv", "a\tb\tc\td\te\n", r"t\.tsv:1:1: 5 columns"),
        ("t.tsv", "term\tkind\n", r"t\.tsv:1:1: unknown column 'kind'"),
        ("t.jsonl", '{"term": "a"}\n{"word": "b"}\n', r"t\.jsonl:2:1: expected an object with the key 'term'"),
        ("t.jsonl", "[1]\n", r"t\.jsonl:1:1"),
        ("t.jsonl", '{"term": 1}\n', r"t\.jsonl:1:1"),
        ("t.txt", b"ok\n\xff", r"t\.txt: not utf-8-sig at byte 3"),
        ("t.json", "{}", r"t\.json: no names here"),
        ("t.json", "[" * 100_000, r"t\.json: this is no JSON"),
        ("t.po", 'msgid "a"\nmsgstr b\n', r"t\.po:2:1: expected a keyword"),
        ("t.pdf", "x", r"t\.pdf: no lexicon that Ginbon reads"),
    ],
)
def test_what_is_wrong_is_said_with_its_place(tmp_path: Path, name: str, data: str | bytes, says: str) -> None:
    with pytest.raises(UserError, match=says):
        read_lexicon(written(tmp_path, name, data))


def test_real_dictionaries_and_glossaries_are_read(shared_data: Path) -> None:
    """Turkmen by hunspell, with its count in the first line; CLDR's Amharic names of emoji; a Khmer glossary."""
    fixtures = shared_data / "fixtures"
    stems = read_lexicon(fixtures / "hunspell" / "tk" / "index.dic")
    assert len(stems.terms) > 60_000 - dict(stems.left_out).get("given twice", 0) - 100
    assert stems.terms[0] == Term("ABŞ")
    emoji = read_lexicon(fixtures / "cldr" / "annotations-am.json")
    assert Term("ክፍት ኩርሊ ቅንፍ", "emoji-name", "am", "{") in emoji.terms
    khmer = read_lexicon(fixtures / "po" / "km.po")
    assert Term("អាហ្វារ", "glossary", "km", "Afar") in khmer.terms
