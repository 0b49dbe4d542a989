"""Families of languages: what a language may borrow from where too little is known of itself.

Families are the codes of ISO 639-5 (``roa`` Romance, ``bnt`` Bantu), which never clash with those of languages.

Data: ``families.tsv``, made by ``tools/language_families.py``; its licences are in its first lines.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files


def families(label: str) -> tuple[str, ...]:
    """The families of a language (``por_Latn`` or ``por``), the nearest first: ``("roa", "itc", "ine")``.

    Empty for an isolate, and for a language whose family has no code.
    """
    found: list[str] = []
    code = _above().get(label.partition("_")[0], "")
    while code and code not in found:
        found.append(code)
        code = _above().get(code, "")
    return tuple(found)


def family_name(code: str) -> str:
    """In English: ``Romance``; the code itself for what is no family."""
    return _names().get(code, code)


@cache
def _above() -> dict[str, str]:
    return {code: above for code, above, _ in _table()}


@cache
def _names() -> dict[str, str]:
    return {code: name for code, _, name in _table() if name}


@cache
def _table() -> tuple[tuple[str, str, str], ...]:
    text = (files("ginbon.languages") / "families.tsv").read_text("utf-8")
    rows = (line.split("\t") for line in text.split("\n") if line and not line.startswith("# "))
    return tuple((code, above, name) for code, above, name in rows)
