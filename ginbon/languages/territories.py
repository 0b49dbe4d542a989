"""Where a language is at home: the territory where most of its speakers are, its world region, and towns to draw.

This says where to put a dot on a picture of the world, and nothing about whom a language or a territory belongs to.

Data: ``territories.tsv``, made by ``tools/territories.py``; its licences are in its first lines.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from statistics import median
from typing import Final

_MORE: Final = {"cnr": "ME", "dbr": "SO", "jii": "SO", "orh": "CN", "prs": "AF", "quh": "BO"}
"""Languages for which CLDR has no likely territory (Glottolog 5, CC-BY-4.0)."""


@dataclass(frozen=True)
class Territory:
    """``code`` is ISO 3166's, ``region`` a region of UN M49 in English; ``towns`` are latitude and longitude in
    degrees: one for each time zone.
    """

    code: str
    name: str
    region: str
    towns: tuple[tuple[float, float], ...]

    @property
    def middle(self) -> tuple[float, float]:
        """Amid its towns: the median latitude and longitude."""
        return median(latitude for latitude, _ in self.towns), median(longitude for _, longitude in self.towns)


def home(label: str) -> Territory | None:
    """The territory of a language (``por_Latn``, ``por_Latn_BR``, ``por``); None where nothing says.

    A region in the label decides; else CLDR's likely subtags (language and script first, then the language alone).
    """
    import icu

    code, _, rest = label.partition("_")
    script, _, variant = rest.partition("_")
    if variant in territories():
        return territories()[variant]
    for name in (f"{code}_{script}", code):
        locale = icu.Locale(name)
        locale.addLikelySubtags()
        if locale.getCountry() in territories():
            return territories()[locale.getCountry()]
    return territories().get(_MORE.get(code, ""))


@cache
def territories() -> dict[str, Territory]:
    """Every territory that the tz database knows, by code."""
    lines = files(__package__).joinpath("territories.tsv").read_text("utf-8").splitlines()
    return {row.code: row for row in map(_territory, (line for line in lines if not line.startswith("#")))}


def _territory(line: str) -> Territory:
    code, name, region, towns = line.split("\t")
    pairs = (town.split(" ") for town in towns.split(","))
    return Territory(code, name, region, tuple((float(a), float(b)) for a, b in pairs))
