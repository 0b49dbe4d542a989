"""Inline templates whose argument is part of the sentence; all others are dropped.

Templates belong to each wiki, and there are hundreds of thousands. Those that wrap a few words of running text have the
same name on most wikis, since they are copied with the articles; the names below are those of the large ones.
"""

from __future__ import annotations

import re
from typing import Final


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


_FIRST: Final = _names(
    """
    nowrap nobr nwr small smaller big bigger larger em strong nobold noitalic sc smallcaps smcaps mvar var samp
    kbd tt code abbr abbrv tooltip angbr gloss sic not_a_typo vanchor visible_anchor ill interlanguage_link iw
    quote blockquote cquote bquote quotation poem poemquote citation_bloc citação cita citazione citat zitat цитата
    начало_цитаты 引用 引文 인용문 อ้างอิงคำพูด उद्धरण اقتباس ציטוט alıntı kutipan trích_dẫn cytat citát idézet
    formatnum number nombre nb unité nts val lc uc lcfirst ucfirst siècle
    """
)
"""The first argument is text."""

_SECOND: Final = _names("lang langx lingua langue språk sprache lien-langue 언어 color colour font_color fontcolor")
"""The first argument is a code or a colour, the second is text."""

_LAST: Final = _names("transl transliteration translit rtl-lang lang-rtl script bidi")
"""The last argument is text."""

_FIXED: Final = {
    "!": "|",
    "=": "=",
    "'": "'",
    "ndash": "\N{EN DASH}",
    "snd": " \N{EN DASH} ",
    "spnd": " \N{EN DASH} ",
    "spaced_ndash": " \N{EN DASH} ",
    "mdash": "\N{EM DASH}",
    "nbsp": "\N{NO-BREAK SPACE}",
    "pi": "\N{GREEK SMALL LETTER PI}",
    "·": " \N{MIDDLE DOT} ",
    "•": " \N{BULLET} ",
    "zwnj": "\N{ZERO WIDTH NON-JOINER}",
    "zwj": "\N{ZERO WIDTH JOINER}",
}

_RANGE_WORDS: Final = frozenset(
    {"to", "-", "\N{EN DASH}", "and", "or", "by", "x", "\N{MULTIPLICATION SIGN}", "to(-)", "+/-"}
)
_NAMED: Final = re.compile(r"\s*[^\W\d][\w \-]{0,40}=|\s*\d{1,2}\s*=")


def render(arguments: list[str], *, title: str = "") -> str:
    """The text that a template stands for, empty for most; ``arguments[0]`` is its name."""
    name = arguments[0].strip().lower().replace(" ", "_")
    function, colon, _ = name.partition(":")
    if colon and function in _FIRST:  # {{formatnum:1234}}
        return arguments[0].partition(":")[2].strip()
    if name in _FIXED:
        return _FIXED[name]
    if name in ("pagename", "fullpagename", "subpagename"):
        return title
    if name in _FIRST:
        return _positional(arguments, 1)
    if name in _SECOND:
        return _positional(arguments, 2)
    if name in _LAST:
        return _positional(arguments, -1)
    if name.startswith(("lang-", "langue-")):
        return _positional(arguments, 1)
    if name in ("convert", "cvt"):
        return _converted(arguments)
    if name == "nihongo":
        texts = [a.strip() for a in arguments[1:4] if a.strip() and not _NAMED.match(a)]
        return f"{texts[0]} ({', '.join(texts[1:])})" if len(texts) > 1 else "".join(texts)
    return ""


def _positional(arguments: list[str], place: int) -> str:
    """The argument at a place (from 1; -1 is the last), by order or number (``2=``); else ``text=`` or the like."""
    numbered: dict[str, str] = {}
    ordered: list[str] = []
    for argument in arguments[1:]:
        if _NAMED.match(argument):
            key, _, value = argument.partition("=")
            numbered[key.strip().lower()] = value
        else:
            ordered.append(argument)
    if place < 0:
        return ordered[-1].strip() if ordered else numbered.get("text", "").strip()
    if len(ordered) >= place:
        return ordered[place - 1].strip()
    return next((numbered[k].strip() for k in (str(place), "text", "quote", "texto", "texte") if k in numbered), "")


def _converted(arguments: list[str]) -> str:
    """``{{convert|5|to|10|km|mi}}`` -> ``5 to 10 km``: what the author wrote, without the computed part."""
    values = [a.strip() for a in arguments[1:] if not _NAMED.match(a)]
    shown = values[:2]
    while len(values) > len(shown) + 1 and shown[-1] in _RANGE_WORDS:
        shown = values[: len(shown) + 2]
    return " ".join(shown)
