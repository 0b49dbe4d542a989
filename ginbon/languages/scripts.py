"""Scripts of code points, from the Unicode data of the installed ICU.

Scripts are ISO 15924 codes. Text is measured in a few codes of its own writing systems: ``Jpan`` (kana with kanji),
``Kore`` (Hangul with or without hanja), ``Hans`` and ``Hant`` (told apart by characters that only one of them has),
and ``Hani`` where nothing tells. ``accepts`` says which of them a label's script covers.

Tables are numpy arrays over all code points, made once a process (some 30 ms) and never written to.
"""

from __future__ import annotations

from functools import cache
from typing import Any, Final

import numpy as np
import numpy.typing as npt

CODE_POINTS: Final = 0x110000

COMMON: Final = "Zyyy"
"""Code points of no script of their own; also the main script of a text without letters."""

COMPOSITES: Final = {
    "Jpan": frozenset({"Jpan", "Hira", "Kana", "Hrkt", "Hani", "Hans", "Hant"}),
    "Kore": frozenset({"Kore", "Hang", "Hani", "Hans", "Hant"}),
    "Hani": frozenset({"Hani", "Hans", "Hant", "Bopo"}),
    "Hans": frozenset({"Hans", "Hani", "Bopo"}),
    "Hant": frozenset({"Hant", "Hani", "Bopo"}),
    "Hrkt": frozenset({"Hrkt", "Hira", "Kana"}),
}
"""Scripts of labels that are written with several scripts of characters -> the main scripts that such a text can
have.
"""

_LABELS_ONLY: Final = frozenset({"Jpan", "Kore", "Hans", "Hant", "Hrkt"})

RIGHT_TO_LEFT: Final = frozenset(
    {
        "Adlm", "Arab", "Armi", "Avst", "Chrs", "Cprt", "Elym", "Gara", "Hatr", "Hebr", "Hung", "Khar", "Lydi",
        "Mand", "Mani", "Mend", "Merc", "Mero", "Narb", "Nbat", "Nkoo", "Orkh", "Ougr", "Palm", "Phli", "Phlp",
        "Phnx", "Prti", "Rohg", "Samr", "Sarb", "Sogd", "Sogo", "Syrc", "Thaa", "Yezi",
    }
)  # fmt: skip
"""Scripts whose letters run from right to left (Bidi_Class R or AL; a test compares them with ICU's)."""


def accepts(label_script: str, text_script: str) -> bool:
    """Whether a text whose main script is ``text_script`` can be of a label with ``label_script``.

    A text that has no letters (``Zyyy``) can be of none.
    """
    return text_script in COMPOSITES.get(label_script, (label_script,))


@cache
def names() -> tuple[str, ...]:
    """Script codes by the numbers that the tables hold: ``Zyyy`` is 0, then by code; the composites are among them."""
    import icu

    codes = {icu.Script(n).getShortName() for n in range(icu.Char.getIntPropertyMaxValue(icu.UProperty.SCRIPT) + 1)}
    assigned = {code for code in codes if len(icu.UnicodeSet(f"[:Script={code}:]"))}
    found = sorted((assigned | set(COMPOSITES)) - {COMMON, "Zinh", "Zzzz"})
    return (COMMON, *found)


@cache
def number() -> dict[str, int]:
    """The inverse of ``names``."""
    return {name: n for n, name in enumerate(names())}


@cache
def script_table() -> npt.NDArray[np.uint8]:
    """The script of each code point, as an index into ``names``; 0 for common, inherited and unassigned ones."""
    table = np.zeros(CODE_POINTS, np.uint8)
    for name, value in number().items():
        if value and name not in _LABELS_ONLY:
            _fill(table, f"[:Script={name}:]", value)
    return _frozen(table)


@cache
def letter_table() -> npt.NDArray[np.uint8]:
    """The script of each letter, 0 for all else: what main scripts are counted with.

    Marks do not count (a vowel sign is no second letter). A Han character that only simplified or only traditional
    Chinese has stands as ``Hans`` or ``Hant``, the others as ``Hani``.
    """
    table = np.where(members("[:L:]"), script_table(), np.uint8(0))
    simplified, traditional = _distinguishing()
    table[simplified] = number()["Hans"]
    table[traditional] = number()["Hant"]
    return _frozen(table)


def members(pattern: str) -> npt.NDArray[np.bool_]:
    """Which code points an ICU set pattern (``[:Mn:]``, ``[[:Emoji:]-[0-9]]``) holds."""
    table = np.zeros(CODE_POINTS, np.bool_)
    _fill(table, pattern, True)
    return table


def main_script(text: str) -> str:
    """The main script of one text; for people and tests, the batch function is ``filters.identify.main_scripts``."""
    table, code = letter_table(), names()
    counts = np.bincount(table[[ord(c) for c in text]], minlength=len(code)) if text else np.zeros(len(code), int)
    counts[0] = 0
    by_name = {name: int(counts[n]) for name, n in number().items()}
    return decide(by_name)[0]


def decide(counts: dict[str, int]) -> tuple[str, int]:
    """Main script and how many letters it has, from the letters of each script (the reference of the compiled one).

    Kana, Han, Hangul and bopomofo count as one, so that a Japanese page is not "Hani" by its kanji. Of them: ``Kore``
    when Hangul is at least as common as kana and a tenth of all; else ``Jpan`` when kana is a twentieth; else
    Chinese, and ``Hans`` or ``Hant`` as most distinguishing characters say. Equal counts go to the script first in
    ``names``.
    """
    east = {name: counts.get(name, 0) for name in ("Hira", "Kana", "Hani", "Hans", "Hant", "Hang", "Bopo")}
    total = sum(east.values())
    best, most = COMMON, 0
    for name in names():
        if name not in east and counts.get(name, 0) > most:
            best, most = name, counts[name]
    if total <= most:
        return best, most
    kana = east["Hira"] + east["Kana"]
    if east["Hang"] * 10 >= total and east["Hang"] >= kana:
        return "Kore", total - kana - east["Bopo"]
    if kana * 20 >= total:
        return "Jpan", total - east["Hang"] - east["Bopo"]
    chinese = total - east["Hang"] - kana
    if east["Hans"] == east["Hant"]:
        return "Hani", chinese
    return ("Hans" if east["Hans"] > east["Hant"] else "Hant"), chinese


def _distinguishing() -> tuple[list[int], list[int]]:
    """Characters of simplified only, and of traditional only, by ICU's transliterators between the two."""
    import icu

    han = [chr(c) for c in range(0x3400, 0xA000)]
    to_simplified = (
        icu.Transliterator.createInstance("Traditional-Simplified").transliterate("\n".join(han)).split("\n")
    )
    to_traditional = (
        icu.Transliterator.createInstance("Simplified-Traditional").transliterate("\n".join(han)).split("\n")
    )
    triples = list(zip(han, to_simplified, to_traditional, strict=True))
    simplified = [ord(c) for c, s, t in triples if s == c and t != c]
    traditional = [ord(c) for c, s, t in triples if s != c and t == c]
    return simplified, traditional


def _fill(table: npt.NDArray[Any], pattern: str, value: int | bool) -> None:
    import icu

    found = icu.UnicodeSet(pattern)
    for n in range(found.getRangeCount()):
        table[ord(found.getRangeStart(n)) : ord(found.getRangeEnd(n)) + 1] = value


def _frozen(table: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    table.setflags(write=False)
    return table
