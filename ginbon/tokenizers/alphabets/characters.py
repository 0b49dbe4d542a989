"""The characters that a language is written with, and that stand in its texts, whatever a corpus holds of them.

From published tables alone: CLDR's exemplar characters of the language, Unicode's characters of its script, its
national character set where the script has thousands of characters, signs of currencies, and the code pages of Windows
for foreign names and punctuation.
"""

from __future__ import annotations

import unicodedata
from typing import Final

import numpy as np

from ginbon.languages import scripts

_CODE_PAGES: Final = tuple(f"cp{number}" for number in range(1250, 1259))
"""Central European, Cyrillic, Western, Greek, Turkish, Hebrew, Arabic, Baltic, Vietnamese."""

_CONTROLS: Final = frozenset({"\t", "\n", "\r\n"})

_NATIONAL: Final = {"Jpan": "euc_jis_2004", "Kore": "euc_kr"}
"""Scripts of thousands of characters whose national set says which are in use: JIS X 0213 (levels 1 to 3), KS X
1001."""

_MOST_OF_SCRIPT: Final = 1_000
"""Characters of a script that is taken as a whole; of larger ones the exemplars are taken alone."""


def characters(label: str) -> frozenset[str]:
    """Graphemes of a language (``hin_Deva``): mostly single characters, and each mark of its script behind a space,
    where it stands when it is written about.

    A language or script that ICU does not know has the code pages' alone. They follow the installed ICU: an alphabet
    that must not change is kept as a list.
    """
    script = label.rpartition("_")[2]
    found = set(_CONTROLS) | {chr(code) for code in range(0x20, 0x7F)}
    for code_page in _CODE_PAGES:
        found |= _one_byte(code_page)
    found |= _members("[[:Sc:]&[:NFKC_QC=Yes:]]")
    if script in _NATIONAL:
        return frozenset(found | _two_bytes(_NATIONAL[script]))
    found |= _exemplars(label)
    own = _of_script(script)
    if len(own) <= _MOST_OF_SCRIPT:
        found |= own
    return frozenset(found | {" " + char for char in found if unicodedata.category(char[0])[0] == "M"})


def _one_byte(code_page: str) -> set[str]:
    """The upper half of a code page, without controls."""
    return {
        char
        for code in range(0x80, 0x100)
        if (char := bytes([code]).decode(code_page, "ignore")).isprintable() and char
    }


def _two_bytes(codec: str) -> set[str]:
    """What a national set of 94 rows of 94 holds; some are a character and a mark."""
    rows = range(0xA1, 0xFF)
    return {char for a in rows for b in rows if (char := bytes([a, b]).decode(codec, "ignore"))}


def _exemplars(label: str) -> set[str]:
    """CLDR's letters of a language: usual, in foreign names, in indexes; and punctuation. Strings such as ``ch`` fall
    into their characters."""
    import icu

    data = icu.LocaleData(icu.Locale.createCanonical(label).getName())
    found: set[str] = set()
    for kind in range(4):  # standard, auxiliary, index, punctuation
        try:
            strings = list(data.getExemplarSet(0, kind))
        except icu.ICUError:  # not every language has every kind
            continue
        found |= {char for string in strings for char in str(string)}
    return found


def _of_script(script: str) -> set[str]:
    """What Unicode says is used with a script, without what is only another form of something (NFKC)."""
    if script not in scripts.names():
        return set()
    return _members(f"[[:scx={script}:]&[[:L:][:M:][:N:][:P:][:S:]]&[:NFKC_QC=Yes:]]")


def _members(of: str) -> set[str]:
    return {chr(code) for code in np.flatnonzero(scripts.members(of)).tolist()}
