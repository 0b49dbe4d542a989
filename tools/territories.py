"""Make ginbon/languages/territories.tsv: name, world region and some towns of every territory.

    python tools/territories.py ZONE_TAB

* tz database, ``zone.tab`` (public domain): a town for each time zone.
* ICU (Unicode-3.0): English names, and the region of UN M49 that a territory is in.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Sequence
from pathlib import Path

import icu

OUT = Path(__file__).resolve().parent.parent / "ginbon" / "languages" / "territories.tsv"
ENGLISH = icu.Locale("en")


def main(arguments: Sequence[str]) -> None:
    """Write the table."""
    lines = [
        "# Made by tools/territories.py from the tz database (zone.tab, public domain) and ICU (Unicode-3.0, copyright",
        "# Unicode, Inc.). Do not edit by hand.",
        "# ISO 3166 code\tname\tregion (UN M49)\ttowns: latitude longitude, degrees",
    ]
    towns: dict[str, list[str]] = {}
    for line in Path(arguments[0]).read_text("utf-8").splitlines():
        if line and not line.startswith("#"):
            code, coordinates, *_ = line.split("\t")
            towns.setdefault(code, []).append(town(coordinates))
    for code in sorted(towns):
        name = icu.Locale("", code).getDisplayCountry(ENGLISH)
        lines.append(f"{code}\t{name}\t{region(code)}\t{','.join(towns[code])}")
    OUT.write_text("\n".join(lines) + "\n", encoding="utf-8")


def region(code: str) -> str:
    """The region that a territory is in, in English: ``Southern Asia``."""
    number = icu.Region.getInstance(code).getContainingRegion().getRegionCode()
    return str(icu.Locale("und", number).getDisplayCountry(ENGLISH))


def town(coordinates: str) -> str:
    """``38.7 -9.1`` for ``+3843-00908`` (degrees and minutes, or degrees, minutes and seconds)."""
    parts = re.fullmatch(r"([+-])(\d\d)(\d\d)(\d\d)?([+-])(\d{3})(\d\d)(\d\d)?", coordinates)
    assert parts is not None, coordinates
    sign, degrees, minutes, _, other, more, rest, _ = parts.groups()
    return f"{angle(sign, degrees, minutes):.1f} {angle(other, more, rest):.1f}"


def angle(sign: str, degrees: str, minutes: str) -> float:
    """Degrees with their sign."""
    return (int(degrees) + int(minutes) / 60) * (-1 if sign == "-" else 1)


if __name__ == "__main__":
    main(sys.argv[1:])
