"""Languages by any name."""

from __future__ import annotations

import csv
import subprocess
import sys
from pathlib import Path

import pytest

from ginbon.languages import codes

SPELLINGS = {
    "por_Latn": "pt por pt-BR pt_BR.UTF-8 Portuguese português PORTUGUES por_Latn por_Latn_BR ptwiki pt.wikipedia.org",
    "cmn_Hans": "zh zho cmn chi zh-CN zh-Hans cmn_Hans Chinese Mandarin 中文 简体中文 zhwiki zh-cmn-Hans",
    "cmn_Hant": "zh-Hant zh-TW zh_HK cmn_Hant 繁體中文",
    "arb_Arab": "ar ara arb Arabic العربية arwiki ar-EG",
    "pes_Arab": "fa per fas pes Persian Farsi فارسی fa_IR",
    "hin_Deva": "hi hin Hindi हिन्दी hi-IN hiwiki",
    "tha_Thai": "th tha Thai ไทย thwiki",
    "kor_Kore": "ko kor kor_Hang 한국어",
    "jpn_Jpan": "ja jpn jpn_Hira jpn_Hani 日本語",
    "srp_Cyrl": "sr srp sr_RS Serbian српски",
    "srp_Latn": "sr-Latn sr_RS@latin sr_ME srp_Latn",
    "yue_Hant": "yue zh-yue zh_yuewiki Cantonese",
    "gsw_Latn": "gsw alswiki",
    "als_Latn": "sq sqi alb als Albanian shqip sqwiki",
    "nob_Latn": "no nb nor nob nowiki Norwegian",
    "heb_Hebr": "he iw heb עברית",
    "tgl_Latn": "tl tgl Tagalog tlwiki",
    "ell_Grek": "el gre ell Greek Ελληνικά",
    "uzn_Arab": "uz_AF uz-Arab",
    "eng_Latn": "en simplewiki en_US.UTF-8 English",
    "bel_Cyrl": "be be_x_oldwiki be_taraskwiki Belarusian",
    "nqo_Nkoo": "nqo N’Ko N'Ko ߒߞߏ",
}


@pytest.mark.parametrize(("label", "spelling"), [(k, s) for k, v in SPELLINGS.items() for s in v.split()])
def test_every_usual_spelling_gives_one_label(label: str, spelling: str) -> None:
    assert codes.resolve(spelling) == label


MEMBERS = """
    msa=zsm_Latn swa=swh_Latn ori=ory_Orya est=ekk_Latn lav=lvs_Latn uzb=uzn_Latn aze=azj_Latn mon=khk_Cyrl
    mlg=plt_Latn nep=npi_Deva yid=ydd_Hebr orm=gaz_Latn kur=kmr_Latn pus=pbt_Arab que=quy_Latn aka=twi_Latn
    san=san_Deva hbs=hbs_Latn
"""


@pytest.mark.parametrize(("macro", "label"), [pair.split("=") for pair in MEMBERS.split()])
def test_a_macrolanguage_stands_for_its_main_member(macro: str, label: str) -> None:
    assert codes.resolve(macro) == label


@pytest.mark.parametrize(
    "text", ["", " ", "C", "POSIX", "xx", "zz-ZZ", "por_Abcd", "pt/../etc", "p" * 10_000, "\x00", "wiki"]
)
def test_what_names_no_language_gives_none(text: str) -> None:
    assert codes.resolve(text) is None
    assert isinstance(codes.suggest(text), list)


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("Portugese", "por_Latn"),
        ("portugais", "por_Latn"),
        ("арабский", "arb_Arab"),
        ("por-Ltn", "por_Latn"),
        ("Swahilli", "swh_Latn"),
    ],
)
def test_a_near_miss_or_a_foreign_name_is_suggested_first(text: str, meant: str) -> None:
    assert codes.resolve(text) is None
    assert codes.suggest(text)[0] == meant


def test_every_language_has_a_label_that_resolves_to_itself() -> None:
    languages = list(codes.every())
    assert len(languages) > 7_800
    for found in languages:
        assert codes.resolve(found.label) == found.label
        assert len(found.code) == 3
        assert found.script in codes.scripts()
        assert found.name


def test_hani_is_the_same_as_either_way_of_writing_chinese() -> None:
    assert codes.same("cmn_Hani", "zh-TW")
    assert codes.same("pt", "Portuguese")
    assert not codes.same("zh-TW", "zh-CN")
    assert not codes.same("pt", "es")
    assert not codes.same("pt", "nonsense")


def test_what_is_known_of_a_language() -> None:
    assert codes.language("zh-yue") == codes.Language("yue", "Hant", "Cantonese", "粵語", "zho", "zh-yue", "yue")
    assert codes.language("nonsense") is None


def test_every_code_of_the_shared_parallel_sets_is_known(shared_data: Path) -> None:
    with (shared_data / "parallel" / "languages.tsv").open(encoding="utf-8") as table:
        rows = list(csv.DictReader(table, delimiter="\t"))
    unknown = {
        f"{r['iso639_3']}_{r['iso15924']}" for r in rows if codes.resolve(f"{r['iso639_3']}_{r['iso15924']}") is None
    }
    assert not unknown


def test_no_heavy_library_is_imported_to_resolve_a_code() -> None:
    code = "import sys; from ginbon.languages import codes; codes.resolve('pt'); "
    code += "sys.exit('icu' in sys.modules or 'pyarrow' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
