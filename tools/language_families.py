"""Make ginbon/languages/families.tsv: which family (ISO 639-5) each language and family belongs to.

    npm pack cldr-core language-subtag-registry
    python tools/language_families.py FOLDER

* CLDR (Unicode-3.0), supplemental/languageGroups: members of each group.
* IANA Language Subtag Registry (CC0-1.0): the groups' names.
* Glottolog 5 (CC-BY-4.0), for the facts in ``MORE``: languages that CLDR leaves out.

Languages whose family has no code in ISO 639-5 (Jivaroan, Panoan, Arawan ...) and isolates are in no group.
"""

from __future__ import annotations

import json
import sys
import tarfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from ginbon.languages import codes  # noqa: E402

OUT = ROOT / "ginbon" / "languages" / "families.tsv"
MORE = {
    "buc": "poz", "cnr": "zls", "dbr": "cus", "guk": "ssa", "hlt": "tbq", "jii": "cus", "kkh": "tai", "kua": "bnt",
    "mad": "poz", "ndo": "bnt", "pap": "cpp", "pnb": "inc", "swb": "bnt", "tgl": "phi",
}  # fmt: skip
TOP = "mul"  # CLDR's root of all groups


def main(arguments: Sequence[str]) -> None:
    """Write the table."""
    folder = Path(arguments[0])
    groups = read_json(folder, "cldr-core", "supplemental/languageGroups.json")["supplemental"]["languageGroups"]
    registry = read_json(folder, "language-subtag-registry", "data/json/registry.json")
    names = {x["Subtag"]: x["Description"][0] for x in registry if x.get("Scope") == "collection"}
    above: dict[str, str] = {}
    for group, members in groups.items():
        for member in members.split():
            if group != TOP:
                above.setdefault(member, group)
    above.update(MORE)
    lines = [
        "# Made by tools/language_families.py from Unicode CLDR (Unicode-3.0, copyright Unicode, Inc.), the IANA",
        "# Language Subtag Registry (CC0-1.0) and Glottolog 5 (CC-BY-4.0). Do not edit by hand.",
        "# code\tfamily it belongs to (ISO 639-5)\tname, for a family",
        *rows(above, set(groups) - {TOP}, names),
    ]
    OUT.write_text("\n".join(lines) + "\n", encoding="utf-8")


def rows(above: dict[str, str], groups: set[str], names: dict[str, str]) -> Iterator[str]:
    """Families, then languages that Ginbon knows."""
    for group in sorted(groups & (set(above) | set(above.values()))):
        yield f"{group}\t{above.get(group, '')}\t{names.get(group, group).removesuffix(' languages')}"
    for code, row in sorted(codes._rows().items()):
        macro = codes._rows().get(row.macro)
        spellings = [code, *row.codes, *([row.macro, *macro.codes] if macro else [])]
        group = next((above[s] for s in spellings if s in above), None)
        if group is not None and code not in groups:
            yield f"{code}\t{group}\t"


def read_json(folder: Path, package: str, name: str) -> Any:
    """One file of an npm package."""
    (path,) = folder.glob(f"{package}-*.tgz")
    with tarfile.open(path) as archive:
        file = archive.extractfile(f"package/{name}")
        assert file is not None
        return json.load(file)


if __name__ == "__main__":
    main(sys.argv[1:])
