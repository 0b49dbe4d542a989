"""Where languages are at home."""

from __future__ import annotations

import pytest

from ginbon.languages.territories import home, territories


@pytest.mark.parametrize(
    ("label", "territory", "region"),
    [
        ("por_Latn", "BR", "South America"),
        ("por_Latn_PT", "PT", "Southern Europe"),
        ("yor_Latn", "NG", "Western Africa"),
        ("prs_Arab", "AF", "Southern Asia"),
        ("mya_Mymr", "MM", "Southeast Asia"),
        ("yue_Hant", "HK", "Eastern Asia"),
    ],
)
def test_a_language_is_at_home_where_most_of_its_speakers_are(label: str, territory: str, region: str) -> None:
    """A region in the label decides before that."""
    found = home(label)
    assert found is not None
    assert (found.code, found.region) == (territory, region)


def test_a_constructed_language_is_at_home_nowhere() -> None:
    """No dot is drawn for it."""
    assert home("epo_Latn") is None


def test_every_territory_has_a_place_on_earth() -> None:
    """Degrees, and a name."""
    assert len(territories()) > 240
    for territory in territories().values():
        latitude, longitude = territory.middle
        assert -90 <= latitude <= 90
        assert -180 <= longitude <= 180
        assert territory.name
        assert territory.region
