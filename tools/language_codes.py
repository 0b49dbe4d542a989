"""Make the tables of ginbon/languages (codes, names, scripts, regions, wikis) from freely licensed registries.

    npm pack language-subtag-registry cldr-core cldr-localenames-full     # the three inputs, unpacked by this
    script pip download --no-deps pywikibot                                       # the list of Wikipedias
    python tools/language_codes.py FOLDER

* IANA Language Subtag Registry (CC0-1.0): every ISO 639-3 code, its names, its macrolanguage, its usual
  script.
* CLDR (Unicode-3.0): three-letter forms, likely scripts, English and own names, what stands for a
  macrolanguage.
* pywikibot (MIT), families/wikipedia_family.py: which Wikipedias there are (the facts only).

The tables are committed; this script is kept so that they can be made again when a registry grows.
"""

from __future__ import annotations

import ast
import json
import sys
import tarfile
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

OUT = Path(__file__).parent.parent / "ginbon" / "languages"

# What stands for a macrolanguage, where CLDR says nothing, or where the text that is to be had says otherwise
# (FLORES-200, HPLT 2 and FineWeb-2 name these members). `None`: the macro code itself is used, for no member
# dominates.
MEMBERS: dict[str, str | None] = {
    "ak": "twi",  # CLDR names both twi and fat
    "no": "nob",
    "sh": None,  # choosing one of bos, hrv, srp and cnr would be wrong for most of what is labelled hbs
    "sa": None,  # Sanskrit became a macrolanguage in 2024; all data says san
    "qu": "quy",  # CLDR: quz
    "ps": "pbt",  # CLDR: pbu
    "ff": "fuv",  # CLDR: fuc
    "syr": "aii",  # CLDR: cld
    "tmh": "taq",  # CLDR: ttq
    "hmn": "mww",  # CLDR: hea; White Hmong is what is written
    "man": "mnk",  # CLDR: emk
    "kln": None,  # CLDR: spy; the written standard is shared
    "luy": None,  # CLDR: bxk; the written standard is shared
    "raj": None,
    "zap": None,
}

# Wikipedias whose name is not the code of their language.
WIKIS = {
    "als": "gsw", "bat-smg": "sgs", "be-tarask": "bel", "be-x-old": "bel", "bh": "bho", "cbk-zam": "cbk",
    "eml": "egl", "fiu-vro": "vro", "map-bms": "jav", "nah": "nhn", "nds-nl": "nds", "no": "nob",
    "nrm": "nrf", "roa-rup": "rup", "roa-tara": "nap", "simple": "eng", "zh-classical": "lzh",
    "zh-min-nan": "nan", "zh-yue": "yue", "dk": "dan",
}  # fmt: skip
SECOND_WIKIS = {
    "be-tarask",
    "be-x-old",
    "simple",
    "map-bms",
    "nds-nl",
    "roa-tara",
    "dk",
}  # not their language's own

# Codes in use that the registry calls something else: collections, old codes that CLDR does not list.
EXTRA = {"bh": "bho", "bih": "bho", "nah": "nhn", "eml": "egl", "scr": "hrv", "scc": "srp"}

# Names in everyday use that the registries do not list.
SYNONYMS = {
    "Farsi": "pes", "Sorani": "ckb", "Kurmanji": "kmr", "Mandarin": "cmn", "Castilian": "spa",
    "castellano": "spa", "Bahasa Indonesia": "ind", "Bahasa Melayu": "zsm", "Bahasa Malaysia": "zsm",
    "Myanmar": "mya", "Luganda": "lug", "Chichewa": "nya", "Hokkien": "nan", "Taiwanese": "nan",
    "Brazilian": "por", "Tigrigna": "tir", "Oshiwambo": "kua", "Setswana": "tsn", "Sesotho": "sot",
    "isiZulu": "zul", "isiXhosa": "xho", "Kiswahili": "swh", "Gaelic": "gla", "Runyankole": "nyn",
    "Sepedi": "nso", "Panjabi": "pan", "Khmer": "khm", "Cambodian": "khm", "Uygur": "uig",
    "Turkmen": "tuk", "Kazak": "kaz", "Afaan Oromoo": "gaz", "Afan Oromo": "gaz", "Amazigh": "zgh",
    "Tamazight": "zgh", "Manipuri": "mni", "Meitei": "mni", "Meiteilon": "mni", "Bodo": "brx",
    "Maithili": "mai", "Tulu": "tcy", "Aymara": "ayr", "Guaraní": "gug", "Quichua": "qug",
    "Fulani": "fuv", "Pulaar": "fuc", "Dzongkha": "dzo",
}  # fmt: skip

# Scripts that the sources do not tell, or where what is written most is another one.
SCRIPTS = {
    "san": "Deva", "hbs": "Latn", "lzh": "Hant", "yue": "Hant", "nan": "Latn", "hak": "Latn",
    "cdo": "Latn", "gan": "Hans", "wuu": "Hans", "hsn": "Hans", "jpn": "Jpan", "kor": "Kore",
    "cmn": "Hans", "mww": "Latn", "quy": "Latn", "pbt": "Arab", "fuv": "Latn", "taq": "Latn",
    "nhn": "Latn", "mnk": "Latn", "twi": "Latn", "ckb": "Arab", "kmr": "Latn", "zgh": "Tfng",
    "tzm": "Tfng", "iku": "Cans", "ike": "Cans", "cwd": "Cans",
}  # fmt: skip


def npm_json(folder: Path, package: str) -> dict[str, Any]:
    """Every JSON file of a packed npm package, by its path."""
    (path,) = folder.glob(f"{package}-[0-9]*.tgz")
    files = {}
    with tarfile.open(path) as archive:
        for member in archive:
            if member.name.endswith(".json") and (handle := archive.extractfile(member)):
                files[member.name.removeprefix("package/")] = json.load(handle)
    return files


def wikipedias(folder: Path) -> list[str]:
    """The codes of the open Wikipedias, sorted."""
    (path,) = folder.glob("pywikibot-*.whl")
    with zipfile.ZipFile(path) as wheel:
        tree = ast.parse(wheel.read("pywikibot/families/wikipedia_family.py"))
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "codes":
            return sorted(ast.literal_eval(node.value))
    raise SystemExit("pywikibot no longer lists the Wikipedias where it did")


class Sources:
    """The three registries, read once."""

    def __init__(self, folder: Path) -> None:
        registry = npm_json(folder, "language-subtag-registry")["data/json/registry.json"]
        core = npm_json(folder, "cldr-core")
        self.names = npm_json(folder, "cldr-localenames-full")
        self.languages = {x["Subtag"]: x for x in registry if x["Type"] == "language" and ".." not in x["Subtag"]}
        self.scripts = {x["Subtag"]: x["Description"] for x in registry if x["Type"] == "script"}
        self.tags = {
            x["Tag"]: x["Preferred-Value"] for x in registry if x["Type"] == "grandfathered" and "Preferred-Value" in x
        }
        self.likely = core["supplemental/likelySubtags.json"]["supplemental"]["likelySubtags"]
        self.alias = core["supplemental/aliases.json"]["supplemental"]["metadata"]["alias"]["languageAlias"]
        self.english = self.names["main/en/languages.json"]["main"]["en"]["localeDisplayNames"]["languages"]
        self.three = {
            v["_replacement"]: k
            for k, v in self.alias.items()
            if v["_reason"] == "overlong" and len(k) == 3 and len(v["_replacement"]) == 2
        }
        self.three.update({"sh": "hbs", "tw": "twi", "ak": "aka", "tl": "tgl"})
        self.wikis = wikipedias(folder)

    def code(self, subtag: str) -> str:
        """ISO 639-3 of a registry subtag."""
        return self.three.get(subtag, subtag)

    def own(self, subtag: str) -> dict[str, str]:
        """What CLDR calls a language's tags in the language itself."""
        file = self.names.get(f"main/{subtag}/languages.json")
        if file is None:
            return {}
        names: dict[str, str] = file["main"][subtag]["localeDisplayNames"].get("languages", {})
        alternatives = {v: v for k, v in names.items() if k.startswith(f"{subtag}-alt-")}
        return {**({subtag: names[subtag]} if subtag in names else {}), **alternatives}

    def variants(self) -> dict[str, str]:
        """Names of a language in one script or country, in English and in the language itself -> tag."""
        found: dict[str, str] = {}
        for path, file in sorted(self.names.items()):
            if not path.endswith("/languages.json"):
                continue
            ((locale, content),) = file["main"].items()
            for key, name in content["localeDisplayNames"].get("languages", {}).items():
                tag = key.split("-alt-")[0]
                own = tag.split("-")[0] == locale.split("-")[0]
                if "-" in tag and "-menu-" not in tag and (own or locale == "en") and tag not in {"fa-AF", "sw-CD"}:
                    found.setdefault(name, tag)
        return found


def members(sources: Sources) -> dict[str, str]:
    """Macrolanguage (ISO 639-3) -> the member that its name stands for, or itself."""
    found = {}
    for subtag, entry in sources.languages.items():
        if entry.get("Scope") != "macrolanguage":
            continue
        cldr = [k for k, v in sources.alias.items() if v["_reason"] == "macrolanguage" and v["_replacement"] == subtag]
        member = MEMBERS[subtag] if subtag in MEMBERS else (cldr[0] if cldr else None)
        found[sources.code(subtag)] = sources.code(member) if member else sources.code(subtag)
    return found


def script_of(sources: Sources, subtag: str, code: str, macro: str | None) -> str:
    if code in SCRIPTS:
        return SCRIPTS[code]
    for key in (subtag, code, macro):
        if key and key in sources.likely:
            return str(sources.likely[key].split("-")[1])
        if key and (script := sources.languages.get(key, {}).get("Suppress-Script")):
            return str(script)
    return ""


def rows(sources: Sources) -> Iterator[list[str]]:
    """One row a language, in the order of its code; the columns are those that ``main`` names."""
    heads = members(sources)
    wiki_of: dict[str, str] = {}
    for wiki in sources.wikis:
        code = sources.code(WIKIS.get(wiki, wiki))
        if wiki not in SECOND_WIKIS:
            wiki_of.setdefault(heads.get(code, code), wiki)
    aliases: dict[str, list[str]] = {}
    for old, entry in sources.languages.items():
        if "Deprecated" in entry and (new := entry.get("Preferred-Value")):
            aliases.setdefault(sources.code(new), []).append(old)
    for old, value in sources.alias.items():
        new = value["_replacement"]
        if value["_reason"] in {"bibliographic", "deprecated"} and len(old) <= 3 and len(new) <= 3:
            aliases.setdefault(sources.code(new), []).append(old)
    for old, new in EXTRA.items():
        aliases.setdefault(new, []).append(old)
    for old, new in sources.tags.items():
        if "-" not in new and new != "en":
            aliases.setdefault(sources.code(new), []).append(old.lower())
    for subtag, entry in sorted(sources.languages.items(), key=lambda item: sources.code(item[0])):
        if entry.get("Scope") in {"collection", "special", "private-use"}:
            continue
        if "Deprecated" in entry and subtag != "sh":
            continue
        code = sources.code(subtag)
        macro = entry.get("Macrolanguage")
        head = heads.get(code, "")
        names = [sources.english.get(subtag), *entry["Description"]]
        own = sources.own(subtag)
        if macro and heads.get(sources.code(macro)) == code:
            own = {**sources.own(macro), **own}
            names += [sources.english.get(macro), *sources.languages[macro]["Description"]]
        autonym = own.get(subtag) or own.get(macro or "") or ""
        plain = [n.replace(" (macrolanguage)", "").replace(" (individual language)", "") for n in names if n]
        name = next(n for n in plain)
        if code in {"cmn", "khk", "nob"}:
            name = {"cmn": "Mandarin Chinese", "khk": "Halh Mongolian", "nob": "Norwegian Bokmål"}[code]
        others = dict.fromkeys([*plain, *own.values()])
        codes = dict.fromkeys([*([subtag] if subtag != code else []), *aliases.get(code, [])])
        yield [
            code,
            " ".join(codes),
            sources.code(macro) if macro else "",
            head,
            script_of(sources, subtag, code, macro),
            wiki_of.get(code, ""),
            name,
            autonym,
            "; ".join(n for n in others if n not in (name, autonym) and n),
        ]


def main() -> None:
    sources = Sources(Path(sys.argv[1]))
    origin = (
        "# Made by tools/language_codes.py from the IANA Language Subtag Registry (CC0-1.0) and Unicode CLDR "
        "(licence Unicode-3.0,\n# copyright Unicode, Inc.); which Wikipedias there are: pywikibot (MIT). "
        "Do not edit by hand.\n"
    )
    table = list(rows(sources))
    columns = "code;other codes;macrolanguage;member that stands for this macrolanguage;script;wiki;name;autonym"
    head = "# " + "\t".join([*columns.split(";"), "other names"]) + "\n"
    (OUT / "codes.tsv").write_text(origin + head + "".join("\t".join(r) + "\n" for r in table), "utf-8")
    scripts = "".join(f"{k}\t{'; '.join(v)}\n" for k, v in sorted(sources.scripts.items()) if not k.startswith("Qa"))
    (OUT / "scripts.tsv").write_text(origin + "# ISO 15924\tnames\n" + scripts, "utf-8")
    lines = []
    for key, value in sorted(sources.likely.items()):
        parts = key.split("-")
        if len(parts) == 2 and len(parts[1]) in (2, 3) and parts[0] != "und":
            lines.append(f"{sources.code(parts[0])}\t{parts[1]}\t{value.split('-')[1]}\n")
    text = (
        origin + "# where a language is written in another script than usual: code\tregion\tscript\n" + "".join(lines)
    )
    (OUT / "regions.tsv").write_text(text, "utf-8")
    wikis = "".join(f"{k}\t{v}\n" for k, v in sorted(WIKIS.items()))
    named = {**sources.variants(), **SYNONYMS}
    names = "".join(f"{k}\t{v}\n" for k, v in sorted(named.items()))
    (OUT / "names.tsv").write_text(origin + "# names that codes.tsv does not have -> tag\n" + names, "utf-8")
    (OUT / "wikis.tsv").write_text(
        origin + "# Wikipedias whose name is not the code of their language\n" + wikis, "utf-8"
    )
    print(len(table), "languages", sum(not r[4] for r in table), "without a script")  # noqa: T201


if __name__ == "__main__":
    main()
