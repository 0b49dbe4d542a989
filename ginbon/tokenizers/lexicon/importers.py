"""Terms from what other projects keep them in: hunspell dictionaries, CLDR, gettext, language packs."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from ginbon.errors import UserError
from ginbon.tokenizers.lexicon.terms import HEADWORD, Lexicon, Term, text_of

Read = tuple[Iterable[Term], tuple[str, ...]]
"""Terms, and what was dropped."""

_CLDR: Final = {
    "territories": "territory",
    "languages": "language",
    "scripts": "script",
    "months": "month",
    "days": "day",
}
"""Keys of CLDR's JSON, and what the names under them are."""

_WIDTHS: Final = frozenset({"format", "stand-alone", "wide"})
_QUOTED: Final = re.compile(r'"((?:[^"\\]|\\.)*)"\s*$')
_ESCAPES: Final = {"n": "\n", "t": "\t", "r": "\r", '"': '"', "\\": "\\"}


def hunspell(path: Path) -> Read:
    """The stems of a ``.dic``; its encoding is what the ``.aff`` beside it says (``SET``), else UTF-8."""
    affixes = path.with_suffix(".aff")
    said = re.search(rb"^\s*SET\s+(\S+)", affixes.read_bytes(), re.MULTILINE) if affixes.exists() else None
    encoding = said[1].decode("ascii", "replace") if said else "utf-8-sig"
    lines = text_of(path, "utf-8-sig" if encoding.upper() == "UTF-8" else encoding).splitlines()
    if lines and lines[0].strip().isdigit():
        lines = lines[1:]
    stems = (re.split(r"(?<!\\)/|\t", line, maxsplit=1)[0].replace("\\/", "/") for line in lines)
    note = "hunspell: stems only; affixes are not applied, flags and morphology are dropped"
    return (Term(stem, HEADWORD) for stem in stems if not stem.startswith("#")), (note,)


def cldr(path: Path) -> Read:
    """Names of territories, languages, scripts, months and days (wide forms), and of emoji, of a file of CLDR's JSON.

    Variants (``US-alt-short``) are left out.
    """
    try:
        value = json.loads(text_of(path))
    except (ValueError, RecursionError) as error:
        raise UserError(f"{path}: this is no JSON of CLDR, or a damaged one ({error})") from error
    terms = list(_names(value, ""))
    if not terms:
        raise UserError(
            f"{path}: no names here that Ginbon knows; looked for {', '.join(_CLDR)} and annotations, as in CLDR's "
            "territories.json, languages.json, ca-gregorian.json and annotations.json"
        )
    return terms, ("CLDR: wide forms only; variants (-alt-) are left out",)


def _names(value: Any, language: str) -> Iterator[Term]:
    if not isinstance(value, Mapping):
        return
    identity = value.get("identity")
    if isinstance(identity, Mapping):
        language = str(identity.get("language") or language)
    for key, inner in value.items():
        if key in _CLDR:
            yield from _leaves(inner, _CLDR[key], language)
        elif key == "annotations" and isinstance(inner, Mapping) and not isinstance(inner.get("annotations"), Mapping):
            for sign, said in inner.items():
                for name in said.get("tts", ()) if isinstance(said, Mapping) else ():
                    yield Term(str(name), "emoji-name", language, str(sign))
        else:
            yield from _names(inner, language)


def _leaves(value: Any, category: str, language: str) -> Iterator[Term]:
    for key, inner in value.items() if isinstance(value, Mapping) else ():
        if isinstance(inner, Mapping):
            if key in _WIDTHS:
                yield from _leaves(inner, category, language)
        elif isinstance(inner, str) and "-alt-" not in key and inner != key:
            yield Term(inner, category, language, key)


def gettext(path: Path) -> Read:
    """The translations of a ``.po``, with the original as gloss; ``msgctxt`` is the category where there is one."""
    return _entries(path), ("gettext: fuzzy, plural and obsolete entries are left out",)


def _entries(path: Path) -> Iterator[Term]:
    entry: dict[str, str] = {}
    fuzzy, current, language = False, "", ""
    for number, raw in enumerate([*text_of(path).splitlines(), ""], 1):
        line = raw.strip()
        if not line or line.startswith("#"):
            if entry.get("msgstr") and current:
                if not entry.get("msgid"):
                    said = re.search(r"^Language:\s*(\S+)", entry["msgstr"], re.MULTILINE)
                    language = said[1] if said else ""
                elif not fuzzy and "msgid_plural" not in entry:
                    yield Term(entry["msgstr"], entry.get("msgctxt") or "glossary", language, entry["msgid"])
            if current:
                entry, fuzzy, current = {}, False, ""
            fuzzy = fuzzy or (line.startswith("#,") and "fuzzy" in line)
            continue
        quoted = _QUOTED.search(line)
        if quoted is None:
            raise UserError(f"{path}:{number}:1: expected a keyword and a text in double quotes, found {line[:60]!r}")
        keyword = line[: quoted.start()].strip()
        if keyword == "msgid" and "msgstr" in entry:
            raise UserError(f"{path}:{number}:1: an entry begins here without a blank line before it")
        current = keyword or current
        entry[current] = entry.get(current, "") + _unescaped(quoted[1])


def _unescaped(text: str) -> str:
    return re.sub(r"\\(.)", lambda m: _ESCAPES.get(m[1], m[1]), text)


def pack(place: str, language: str) -> Lexicon:
    """The terms of a language pack, packaged or a file; raises ``UserError`` where it has none."""
    from ginbon.languages.pack import load_pack

    found = load_pack(place)
    if not found.terms:
        raise UserError(
            f"{place}: no file of that name, and the pack of {found.label} has no terms. Give a lexicon (.tsv, .jsonl, "
            ".txt, .dic, .json of CLDR, .po), or a pack of your own with the key 'terms'."
        )
    given = (Term(text, category, found.label) for category, texts in found.terms.items() for text in texts)
    return Lexicon.of(given, language=language)
