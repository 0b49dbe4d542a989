"""Languages by any name: one label, ``por_Latn``, from every spelling that people, dumps and data sets use.

A label is ISO 639-3 of the individual language and ISO 15924 of the script. What is understood: codes of ISO
639-1, -2 and -3 (``pt``, ``por``, ``ger``), BCP 47 tags and locales (``pt-BR``, ``sr_RS@latin``,
``pt_BR.UTF-8``), labels with a region (``por_Latn_BR``), Wikipedia database names (``ptwiki``,
``zh_yuewiki``), and names in English or in the language itself (``Portuguese``, ``português``, ``العربية``),
whatever their case and accents.

A macrolanguage stands for its main member (``zho`` is ``cmn``, ``ara`` is ``arb``); the one table is the
fourth column of ``codes.tsv``. Where no member dominates, the macrolanguage's own code is kept (``hbs``,
``zap``).

Data: ``codes.tsv`` and its neighbours, made by ``tools/language_codes.py``; their licences are in their first
lines.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache, lru_cache
from importlib.resources import files
from typing import Final

UNKNOWN_SCRIPT: Final = "Zyyy"
"""ISO 15924 "undetermined": no table says how the language is written, or it is a sign language."""

# One name per way of writing: a script's styles, and the parts of a mixed script.
_STYLES: Final = {
    "Aran": "Arab", "Latf": "Latn", "Latg": "Latn", "Cyrs": "Cyrl", "Syre": "Syrc", "Syrj": "Syrc",
    "Syrn": "Syrc", "Hanb": "Hant",
}  # fmt: skip
_MIXED: Final = {("jpn", part): "Jpan" for part in ("Hira", "Kana", "Hrkt", "Hani")} | {("kor", "Hang"): "Kore"}

# What glibc writes behind "@".
_MODIFIERS: Final = {"latin": "Latn", "cyrillic": "Cyrl", "devanagari": "Deva", "arabic": "Arab"}

_WIKI: Final = re.compile(
    r"([a-z][a-z_-]+?)[._]?wik(?:i|ipedia|ibooks|inews|iquote|isource|iversity|ivoyage|tionary)(?:\.org)?"
)


@dataclass(frozen=True)
class Language:
    """What is known of a language in one script.

    ``name`` is English, ``autonym`` its own name or empty, ``macro`` its macrolanguage (ISO 639-3) or empty,
    ``wiki`` the code of its Wikipedia (``pt``, ``zh-yue``) or empty, ``short`` its ISO 639-1 code (its
    macrolanguage's where it stands for that) or its own where there is none.
    """

    code: str
    script: str
    name: str
    autonym: str
    macro: str
    wiki: str
    short: str

    @property
    def label(self) -> str:
        """``por_Latn``."""
        return f"{self.code}_{self.script}"


@dataclass(frozen=True)
class _Row:
    code: str
    codes: tuple[str, ...]
    macro: str
    member: str
    script: str
    wiki: str
    name: str
    autonym: str
    names: tuple[str, ...]


def resolve(text: str) -> str | None:
    """The label of a language from any spelling: ``pt-BR`` -> ``por_Latn``; null where it names none.

    Codes win over names (``mon`` is Mongolian, the language Mon is ``mnw``). The script is the one named,
    else that of the region (``zh-TW``), else the usual one; ``Zyyy`` where no table says.
    """
    return _resolve(text.strip()) if len(text) <= 100 else None


def language(text: str) -> Language | None:
    """What is known of the language that ``resolve`` finds."""
    label = resolve(text)
    if label is None:
        return None
    code, _, script = label.partition("_")
    return _known(_rows()[code], script)


def same(a: str, b: str) -> bool:
    """Whether two spellings are one language in one script; ``Hani`` holds both ``Hans`` and ``Hant``."""
    first, second = resolve(a), resolve(b)
    if first is None or second is None:
        return False
    if first == second:
        return True
    return (
        first[:4] == second[:4]
        and "Hani" in (first[4:], second[4:])
        and {first[4:], second[4:]} <= {"Hani", "Hans", "Hant"}
    )


def suggest(text: str, *, limit: int = 5) -> list[str]:
    """Labels that may have been meant, the likeliest first; names in other languages count."""
    key = _fold(text)
    found: dict[str, None] = {}
    if len(key) > 100 or not key:
        return []
    for name in _foreign_names().get(key, ()):
        found[name] = None
    head = re.split(r"[-_.@\s]", text.strip().lower())[0]
    if label := resolve(head):
        found[label] = None
    for match in get_close_matches(key, _by_name(), n=limit, cutoff=0.75):
        found[_label(_by_name()[match])] = None
    if len(key) >= 4:
        for name, code in _by_name().items():
            if name.startswith(key):
                found[_label(code)] = None
    return list(found)[:limit]


def scripts() -> dict[str, str]:
    """Every script of ISO 15924 with its English name."""
    return _scripts()


def every() -> Iterator[Language]:
    """Every individual language, by code, in its usual script."""
    for row in _rows().values():
        if row.member in ("", row.code):
            yield _known(row, _label(row.code).partition("_")[2])


def _known(row: _Row, script: str) -> Language:
    macro = _rows().get(row.macro)
    names = [*row.codes, *(macro.codes if macro and macro.member == row.code else ())]
    short = next((code for code in names if len(code) == 2), row.code)
    return Language(row.code, script, row.name, row.autonym, row.macro, row.wiki, short)


@lru_cache(maxsize=4096)
def _resolve(text: str) -> str | None:
    lower = text.lower()
    if (match := _WIKI.fullmatch(lower)) and (found := _wiki(match[1].replace("_", "-"))):
        return found
    tag, _, modifier = lower.partition("@")
    tag = tag.split(".")[0].replace("_", "-")
    label = _tag(tag, script=_MODIFIERS.get(modifier))
    if label is not None:
        return label
    key = _fold(text)
    if code := _by_name().get(key):
        return _label(code)
    named = _named_tags().get(key)
    return _tag(named.lower(), script=None) if named else None


def _tag(tag: str, *, script: str | None) -> str | None:
    """A BCP 47 tag, lower case, with ``-``."""
    if code := _by_code().get(tag):  # whole tags: i-lux, zh-min-nan
        return _label(code, script=script)
    parts = tag.split("-")
    code = _by_code().get(parts[0])
    if code is None:
        return None
    region = None
    for part in parts[1:]:
        if len(part) == 1:  # an extension, or private use
            break
        if len(part) == 3 and part.isalpha():  # zh-yue
            member = _rows().get(part)
            if member is None or member.macro != code:
                return None
            code = part
        elif len(part) == 4 and part.isalpha():
            script = part.title()
            if script not in _scripts():
                return None
        elif (len(part) == 2 and part.isalpha()) or (len(part) == 3 and part.isdigit()):
            region = part.upper()
        elif not re.fullmatch(r"[0-9a-z]{5,8}|[0-9][0-9a-z]{3}", part):
            return None
    if script is None and region is not None:
        script = _regions().get((code, region))
    return _label(code, script=script)


def _wiki(name: str) -> str | None:
    code = _wikis().get(name) or _by_code().get(name)
    return _label(code) if code else None


def _label(code: str, *, script: str | None = None) -> str:
    row = _rows()[code]
    if row.member and row.member != code:
        return _label(row.member, script=script)
    chosen = script or row.script or UNKNOWN_SCRIPT
    return f"{code}_{_MIXED.get((code, chosen)) or _STYLES.get(chosen, chosen)}"


def _fold(name: str) -> str:
    """A name without case, Latin accents, spaces and punctuation; marks of other scripts stay."""
    decomposed = unicodedata.normalize("NFKD", name.casefold())
    kept = (
        c for c in decomposed if not "\u0300" <= c <= "\u036f" and (c.isalnum() or unicodedata.category(c)[0] == "M")
    )
    return unicodedata.normalize("NFC", "".join(kept))


def _table(name: str) -> Iterator[list[str]]:
    text = (files("ginbon.languages") / name).read_text("utf-8")
    for line in text.split("\n"):
        if line and not line.startswith("# "):
            yield line.split("\t")


@cache
def _rows() -> dict[str, _Row]:
    return {
        code: _Row(code, tuple(codes.split()), macro, member, script, wiki, name, autonym, tuple(names.split("; ")))
        for code, codes, macro, member, script, wiki, name, autonym, names in _table("codes.tsv")
    }


@cache
def _by_code() -> dict[str, str]:
    codes = {code: code for code in _rows()}
    for row in _rows().values():
        for other in row.codes:
            codes.setdefault(other, row.code)
    return codes


@cache
def _by_name() -> dict[str, str]:
    """Folded name -> code. Where languages share a name, the one that is written more comes first."""
    names: dict[str, str] = {}
    ranked = sorted(_rows().values(), key=lambda r: (not r.member, not any(len(c) == 2 for c in r.codes), not r.wiki))
    for own in (True, False):
        for row in ranked:
            for name in (row.name, row.autonym) if own else row.names:
                for spelling in (name, re.sub(r" \(.*?\)$", "", name)):
                    if key := _fold(spelling):
                        names.setdefault(key, row.code)
    return names


@cache
def _named_tags() -> dict[str, str]:
    return {_fold(name): tag for name, tag in _table("names.tsv")}


@cache
def _regions() -> dict[tuple[str, str], str]:
    found = {}
    for code, region, script in _table("regions.tsv"):
        row = _rows().get(code)
        found[code, region] = script
        if row and row.member:
            found[row.member, region] = script
    return found


@cache
def _scripts() -> dict[str, str]:
    return {code: names.split("; ")[0] for code, names in _table("scripts.tsv")}


@cache
def _wikis() -> dict[str, str]:
    return {wiki: code for wiki, code in _table("wikis.tsv")}  # noqa: C416 - rows are lists


@cache
def _foreign_names() -> dict[str, list[str]]:
    """Folded names in the languages that most administrations write in, from ICU -> labels."""
    import icu

    found: dict[str, list[str]] = {}
    for locale in (
        "fr",
        "es",
        "pt",
        "ru",
        "ar",
        "zh",
        "id",
        "de",
        "hi",
        "tr",
        "fa",
        "sw",
        "it",
        "nl",
        "uk",
        "vi",
        "th",
        "am",
    ):
        shown = icu.Locale(locale)
        for row in _rows().values():
            if not (row.wiki or any(len(c) == 2 for c in row.codes)):
                continue
            short = next((c for c in row.codes if len(c) == 2), row.code)
            name = icu.Locale(short).getDisplayLanguage(shown)
            labels = found.setdefault(_fold(name), [])
            if (label := _label(row.code)) not in labels:
                labels.append(label)
    return found
