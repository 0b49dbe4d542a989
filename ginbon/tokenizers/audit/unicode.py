"""Characters of the tokens: normal forms, code points that should not be there, mixed scripts; tokens by script."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from typing import Final

import numpy as np

from ginbon.languages import scripts
from ginbon.languages.pack import packaged
from ginbon.languages.scripts import members
from ginbon.tokenizers.audit.findings import Found
from ginbon.tokenizers.audit.pieces import Pieces
from ginbon.tokenizers.protocol import Flags

_EAST: Final = ("Hani", "Hira", "Kana", "Bopo", "Hang")
"""Scripts that one word may mix."""

_LOST_MOJIBAKE: Final = "(ÃÂ){2}|(Ã‚){2}"
"""What repeated wrong decoding leaves of a no-break space."""

_MAY_BE_MOJIBAKE: Final = r"[\x{C2}-\x{F4}][\x{80}-\x{BF}\x{152}-\x{192}\x{2C6}-\x{2122}]"


def unicode(pieces: Pieces) -> Iterator[Found]:
    """Everything about the characters of the tokens."""
    if not len(pieces):
        return
    yield from _normal_forms(pieces)
    yield Found("unassigned", pieces.ids[pieces.holding(members("[[:Cn:]]"))])
    yield Found("private-use", pieces.ids[pieces.holding(members("[:Co:]"))])
    yield Found("replacement-character", pieces.ids[pieces.holding(members("[\\uFFFD]"))])
    controls = pieces.holding(members("[[:Cc:]-[\\t\\n\\r]]"))
    yield Found("control-character", pieces.ids[controls & (pieces.sizes > 1)])
    yield from _mojibake(pieces)
    yield Found("mixed-script", pieces.ids[_mixed(pieces)])


def _normal_forms(pieces: Pieces) -> Iterator[Found]:
    """Tokens that are not in NFC, and those of them whose normal form is a token too, or that of another."""
    loose = [n for n, text in enumerate(pieces.strings) if not unicodedata.is_normalized("NFC", text)]
    forms = {n: unicodedata.normalize("NFC", pieces.strings[n]) for n in loose}
    first: dict[str, int] = {}
    wanted = set(forms.values())
    for i, text in zip(pieces.ids.tolist(), pieces.strings, strict=True):
        if text in wanted:
            first.setdefault(text, i)
    notes, twins = {}, {}
    for n, form in forms.items():
        own = int(pieces.ids[n])
        notes[own] = "NFC: " + " ".join(f"U+{ord(c):04X}" for c in form[:6])
        twin = first.setdefault(form, own)
        if twin != own:
            twins[own] = f"as token {twin}"
    yield Found("not-nfc", np.array(list(notes), np.int64), notes)
    yield Found("normal-twin", np.array(list(twins), np.int64), twins)


def _mojibake(pieces: Pieces) -> Iterator[Found]:
    """Where two bytes of a character of UTF-8 were read as one character each."""
    twice = np.flatnonzero(pieces.matching(_LOST_MOJIBAKE)).tolist()
    notes = {int(pieces.ids[n]): "decoded wrongly more than once" for n in twice}
    for n in np.flatnonzero(pieces.matching(_MAY_BE_MOJIBAKE)).tolist():
        text = pieces.strings[n].strip()
        for encoding in ("latin-1", "cp1252"):
            try:
                meant = text.encode(encoding).decode()
            except UnicodeError:
                continue
            notes[int(pieces.ids[n])] = f"meant {meant!r}"
            break
    yield Found("mojibake", np.array(sorted(notes), np.int64), notes)


def _mixed(pieces: Pieces) -> Flags:
    """Texts with letters of two scripts, East Asian ones counted as one."""
    table = np.where(members("[:L:]"), scripts.script_table(), np.uint8(0))
    east = [scripts.number()[name] for name in _EAST]
    table[np.isin(table, east)] = east[0]
    kinds = table[pieces.code_points].astype(np.int64)
    letters = kinds > 0
    first = np.full(len(pieces), 256, np.int64)
    last = np.zeros(len(pieces), np.int64)
    np.minimum.at(first, pieces.row[letters], kinds[letters])
    np.maximum.at(last, pieces.row[letters], kinds[letters])
    mixed: Flags = (last > 0) & (first != last)
    return mixed


def by_script(pieces: Pieces) -> dict[str, int]:
    """Tokens that hold a character of each script; 0 for scripts of language packs that no token holds.

    Characters of no script of their own (digits, punctuation, marks that many scripts share) count for none.
    """
    names = scripts.names()
    pairs = pieces.row * 256 + scripts.script_table()[pieces.code_points] if len(pieces) else np.zeros(0, np.int64)
    counts = np.bincount(np.unique(pairs) % 256, minlength=len(names))
    written = {label.partition("_")[2] for label in packaged()} - set(scripts.COMPOSITES) - {scripts.COMMON}
    shown = {name: int(counts[n]) for n, name in enumerate(names) if n and (counts[n] or name in written)}
    return dict(sorted(shown.items(), key=lambda item: (-item[1], item[0])))
