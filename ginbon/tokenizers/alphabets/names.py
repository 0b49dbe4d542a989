"""What CLDR writes in a language: names of languages, scripts, countries, cities, currencies, units and days.

Some four thousand strings for a language that is well covered, a hundred for a small one. Names of what is foreign are
where conjuncts and vowel signs stand together that stand together nowhere else, and news are full of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cache
from itertools import pairwise
from typing import Any, Final

import pyarrow as pa

from ginbon.filters import words

_BUNDLES: Final = ("ICUDATA", *(f"ICUDATA-{part}" for part in ("lang", "region", "curr", "zone", "unit")))
_STRING: Final = 0
_FOLDERS: Final = frozenset({2, 4, 5, 8, 9})
"""Types of ICU's resources (UResType): a string; tables and arrays."""


@cache
def names(label: str) -> frozenset[str]:
    """Graphemes of CLDR's strings in a language (``hin_Deva``); none where CLDR does not have it in that script."""
    import icu

    locale = icu.Locale.createCanonical(label)
    alone = icu.Locale(locale.getLanguage())
    if _script(alone) == _script(locale):
        locale = alone  # where uz says all, uz_Latn says nothing
    return _graphemes(string for bundle in _BUNDLES for string in _strings(bundle, locale))


@cache
def of_script(script: str) -> frozenset[str]:
    """Graphemes of CLDR's strings in all languages that are mostly written in a script, or for which CLDR has a locale
    in it."""
    import icu

    locales = [icu.Locale(name) for name in sorted(icu.Locale.getAvailableLocales())]
    labels = {f"{one.getLanguage()}_{script}" for one in locales if _script(one) == script}
    return frozenset().union(*(names(label) for label in sorted(labels)))


def _script(locale: Any) -> str:
    """The script in which a locale is written, also where that goes without saying."""
    import icu

    full = icu.Locale(locale.getName())
    full.addLikelySubtags()
    return str(full.getScript())


def _strings(bundle: str, locale: Any) -> Iterator[str]:
    """Nothing where ICU would answer with another language: with English, or with the root's."""
    import icu

    if not locale.getLanguage():
        return
    top = icu.ResourceBundle(bundle, locale)
    found = top.getLocale()
    if found.getLanguage() != locale.getLanguage() or _script(found) != _script(locale):
        return
    waiting = [top]
    while waiting:
        table = waiting.pop()
        for place in range(table.getSize()):
            one = table.get(place)
            if table is top and "Exemplar" in one.getKey():  # sets of letters, which ``characters`` reads
                continue
            if one.getType() == _STRING:
                yield str(one.getString())
            elif one.getType() in _FOLDERS:
                waiting.append(one)


def _graphemes(texts: Iterable[str]) -> frozenset[str]:
    text = "\n".join(texts)
    data, stops = text.encode(), words.grapheme_boundaries(pa.array([text], pa.large_string())).stops.tolist()
    return frozenset(data[a:b].decode() for a, b in pairwise([0, *stops]))
