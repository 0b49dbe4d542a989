"""Starter recipes, for any language."""

from __future__ import annotations

import pytest

from ginbon.errors import UserError
from ginbon.filters.rules import RULES
from ginbon.languages import codes
from ginbon.recipes import read
from ginbon.recipes.starters import fineweb_2, starter


@pytest.mark.parametrize("spelling", ["pt", "por", "pt-BR", "Portuguese", "português", "por_Latn"])
def test_any_spelling_gives_the_same_recipe(spelling: str) -> None:
    assert starter(spelling) == starter("por_Latn")


def test_it_names_the_sources_that_there_are() -> None:
    text = starter("pt")
    assert "sources/ptwiki-*-pages-articles-multistream.xml.bz2" in text
    assert "sources/fineweb-2/por_Latn/*.parquet" in text
    assert "sources/oscar/pt_meta" in text
    assert "There is no Wikipedia" in starter("aai")


@pytest.mark.parametrize(
    ("spelling", "wiki", "subset"),
    [("zh-TW", "zhwiki", "cmn_Hani"), ("fa", "fawiki", "fas_Arab"), ("ko", "kowiki", "kor_Hang"),
     ("yue", "zh_yuewiki", "yue_Hant"), ("gsw", "alswiki", "gsw_Latn")],
)  # fmt: skip
def test_sources_are_named_as_their_own_makers_do(spelling: str, wiki: str, subset: str) -> None:
    text = starter(spelling)
    assert f"sources/{wiki}-*" in text
    if subset in {s for s, _ in fineweb_2().values()}:
        assert f"sources/fineweb-2/{subset}/" in text


def test_every_sixtieth_language_of_iso_639_3_gets_a_valid_recipe() -> None:
    for found in list(codes.every())[::60]:
        recipe = read(starter(found.label), known_rules=RULES)
        assert list(recipe.languages) == [found.label]


def test_rights_are_left_to_be_filled_in() -> None:
    """What is a team's own has unknown rights until the team says them."""
    recipe = read(starter("th"))
    assert recipe.sources["own-pages"].rights.licence is None
    assert recipe.sources["own-pages"].rights.basis is None
    assert recipe.sources["wikipedia"].rights.licence == "CC-BY-SA-4.0"


def test_an_unknown_language_is_answered_with_names_to_choose_from() -> None:
    with pytest.raises(UserError, match=r"por_Latn \(Portuguese\)"):
        starter("Portugese")
    with pytest.raises(UserError, match="ISO 639-3"):
        starter("qqqqq")
