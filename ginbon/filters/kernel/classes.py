"""What every code point is, as tables that the kernels read: word-break class, category, terminal marks, script.

All tables come from ICU's data, whose Unicode version is that of the installed ``pyicu-wheels`` on every machine,
not from Python's, which differs between Python versions.
"""

from __future__ import annotations

from functools import cache, lru_cache
from typing import Any, Final

import numpy as np

from ginbon.corpus.tables import unicode_table
from ginbon.languages import scripts

# Word-break classes: bits 0-3. UAX #29's, but for scripts written without spaces.
OTHER: Final = 0
SPACE: Final = 1
NEWLINE: Final = 2
LETTER: Final = 3
NUMERIC: Final = 4
EXTEND: Final = 5  # combining marks and other Extend: stay in the word, and in its hash
FORMAT: Final = 6  # ZWJ, ZWNJ, soft hyphen, bidi controls: stay in the word, left out of its hash
JOINER: Final = 7  # ExtendNumLet, such as the low line
MID_LETTER: Final = 8
MID_NUMBER: Final = 9
MID_BOTH: Final = 10
DICTIONARY: Final = 11  # Thai, Lao, Khmer, Burmese, Han, Kana: words by ICU's dictionaries
SYLLABLE: Final = 12  # no spaces and no dictionary (Yi, Tai Tham, Javanese ...): a word each syllable
HEBREW: Final = 13
DOUBLE_QUOTE: Final = 14
CLASS_MASK: Final = 15

# Categories: bits 4-6.
CATEGORY_SHIFT: Final = 4
NONE, LETTERS, MARKS, DIGITS, PUNCTUATION, SYMBOLS, SEPARATORS = range(7)

# Flags: bits 7-15.
TERMINAL: Final = 1 << 7  # ends a sentence where a space, a closing mark or the end follows
FULL_STOP: Final = 1 << 8  # ends a sentence whatever follows
CLOSER: Final = 1 << 9  # quotes and brackets that may stand behind a terminal mark
BULLET: Final = 1 << 10
FOLDS: Final = 1 << 11  # has a simple case folding
MAYBE: Final = 1 << 12  # NFC quick check: may compose with what stands before it
REORDERS: Final = 1 << 13  # canonical combining class is not zero
OWN: Final = 1 << 14  # a letter of the language's script, or of no script of its own
NEVER: Final = 1 << 15  # NFC quick check: does not occur in NFC

# Signs, a table of their own: bits 0-2.
CLAUSE: Final = 1  # ends a clause or more: comma, colon, full stop ...
BRACKET: Final = 2
QUOTE: Final = 4  # a closing quotation mark

CODE_POINTS: Final = 0x110000
FOLD_LIMIT: Final = 0x20000  # no case folding beyond the first two planes
FOLDED: Final = 0x1FFFFF  # bits of ``casing`` that hold the folded code point
UPPER_SHIFT: Final = 21  # the bit above says that the letter is upper case
COMBINING_SHIFT: Final = 21  # where ``plain`` has the combining class
PLAIN_LETTER: Final = 1 << 29  # in ``plain``: begins a word

DICTIONARY_SCRIPTS: Final = ("Thai", "Laoo", "Khmr", "Mymr", "Hani", "Hira", "Kana")
SYLLABLE_SCRIPTS: Final = ("Lana", "Talu", "Tale", "Ahom", "Java", "Bali", "Yiii", "Tang", "Nshu", "Kits")
"""Written without spaces between words, and ICU has no dictionary for them."""

WORD_SEPARATORS: Final = (
    "\N{TIBETAN MARK INTERSYLLABIC TSHEG}\N{TIBETAN MARK DELIMITER TSHEG BSTAR}\N{ETHIOPIC WORDSPACE}"
    "\N{ZERO WIDTH SPACE}\N{RUNIC SINGLE PUNCTUATION}\N{PHOENICIAN WORD SEPARATOR}\N{UGARITIC WORD DIVIDER}"
    "\N{OLD PERSIAN WORD DIVIDER}\N{AEGEAN WORD SEPARATOR LINE}\N{AEGEAN WORD SEPARATOR DOT}"
)
"""Visible or zero-width marks that stand where other scripts have a space: no punctuation."""

WORDSPACE: Final = 0x1361  # Ethiopic

MORE_TERMINALS: Final = (
    "\N{HORIZONTAL ELLIPSIS}\N{PRESENTATION FORM FOR VERTICAL IDEOGRAPHIC FULL STOP}"
    "\N{PRESENTATION FORM FOR VERTICAL EXCLAMATION MARK}\N{PRESENTATION FORM FOR VERTICAL QUESTION MARK}"
    "\N{COPTIC FULL STOP}\N{COPTIC OLD NUBIAN FULL STOP}"
    "\N{TIBETAN MARK SHAD}\N{TIBETAN MARK NYIS SHAD}\N{TIBETAN MARK TSHEG SHAD}"
    "\N{TIBETAN MARK NYIS TSHEG SHAD}\N{TIBETAN MARK RIN CHEN SPUNGS SHAD}\N{TIBETAN MARK RGYA GRAM SHAD}"
    "\N{FULLWIDTH FULL STOP}"
)
"""Ends of sentences that Unicode's Sentence_Terminal does not list."""

SPACED_TERMINALS: Final = ".!?…‼⁇⁈⁉‽؟۔։؝"
"""Terminal marks that also stand inside words, numbers and abbreviations: a space or the end must follow."""

BULLETS: Final = "•‣◦●○■□▪▫◆◇►▶▸∙·・*-➢➤✓✔"
"""Marks that begin an item of a list. Dashes are left out: they open speech in many languages."""


@lru_cache(maxsize=16)
def properties(script: str = "Zyyy", terminals: str = "") -> Any:
    """uint16 per code point: class, category and flags, for a language written in ``script`` (ISO 15924).

    ``terminals`` are ends of sentences of this language alone (Greek ``;``).
    """
    table = _shared().copy()
    letters = ((table >> CATEGORY_SHIFT) & 7) == LETTERS
    table[letters & own_scripts(script)[scripts.script_table()]] |= OWN
    if terminals:
        table[_ords(terminals)] |= TERMINAL
    return _frozen(table)


@unicode_table("ginbon.languages.scripts")
def _shared() -> Any:
    """What is the same in all languages."""
    table = _classes() | (_categories() << CATEGORY_SHIFT)
    terminals = np.union1d(_points("[:STerm:]"), _ords(MORE_TERMINALS))
    table[np.setdiff1d(terminals, _ords(SPACED_TERMINALS))] |= FULL_STOP
    table[_ords(SPACED_TERMINALS)] |= TERMINAL
    table[_points("[[:Pe:][:Pf:][:Pi:]\\u0022\\u0027]")] |= CLOSER
    table[_ords(BULLETS)] |= BULLET
    table[np.flatnonzero(folding() != np.arange(FOLD_LIMIT))] |= FOLDS
    table[_points("[:NFC_QC=Maybe:]")] |= MAYBE
    table[_points("[:NFC_QC=No:]")] |= NEVER
    table[_points("[:^ccc=0:]")] |= REORDERS
    return _frozen(table)


@cache
def combining() -> Any:
    """uint8 per code point: canonical combining class."""
    from icu import Char, UProperty

    table = np.zeros(CODE_POINTS, np.uint8)
    for point in _points("[:^ccc=0:]"):
        table[point] = Char.getIntPropertyValue(int(point), UProperty.CANONICAL_COMBINING_CLASS)
    return _frozen(table)


@unicode_table("ginbon.languages.scripts")
def pairs() -> Any:
    """uint64 keys, first code point << 21 | second, of pairs that NFC does not leave; open addressing, 0 is free.

    The second composes with the first, or goes before a mark that the first was composed with (acute A, dot below).
    Hangul is left out: its syllables compose by arithmetic.
    """
    from icu import Normalizer2

    composer, decomposer = Normalizer2.getNFCInstance(), Normalizer2.getNFDInstance()
    found = set()
    seconds = [chr(point) for point in _points("[:NFC_QC=Maybe:]")]
    for point in _points("[[:NFC_QC=Yes:]&[:dt=canonical:]-[\\uAC00-\\uD7A3]]"):
        *rest, second = decomposer.normalize(chr(point))
        found.add((composer.normalize("".join(rest)), second))
        found.update((chr(point), second) for second in seconds if not composer.isNormalized(chr(point) + second))
    size = 8_192
    table = [0] * size
    for first, second in sorted(found):
        key = ord(first) << 21 | ord(second)
        slot = _finish(key) % size
        while table[slot]:
            slot = (slot + 1) % size
        table[slot] = key
    return _frozen(np.array(table, np.uint64))


def _finish(h: int) -> int:
    """The kernels' ``finish`` in plain Python."""
    mask = (1 << 64) - 1
    h = ((h ^ h >> 33) * 0xFF51AFD7ED558CCD) & mask
    h = ((h ^ h >> 33) * 0xC4CEB9FE1A85EC53) & mask
    return h ^ h >> 33


@cache
def folding() -> Any:
    """int32 per code point below ``FOLD_LIMIT``: its simple case folding (Unicode's C and S mappings), else itself."""
    from icu import Char

    table = np.arange(FOLD_LIMIT, dtype=np.int32)
    for point in _points("[:Changes_When_Casefolded:]"):
        folded = Char.foldCase(int(point))
        table[point] = folded if 0 <= folded < FOLD_LIMIT else point
    table[0x130] = 0x69  # I with dot above folds to i plus a mark that no table of one code point holds
    return _frozen(table)


@cache
def casing() -> Any:
    """int32 per code point below ``FOLD_LIMIT``: its folding, and bit ``UPPER_SHIFT`` where it is an upper-case letter.

    Cherokee's small letters, final sigma and the like fold, but are not upper case.
    """
    table = folding().copy()
    upper = _points("[[:Uppercase:]&[:L:]]")
    upper = upper[upper < FOLD_LIMIT]
    table[upper[table[upper] != upper]] |= 1 << UPPER_SHIFT
    return _frozen(table)


@cache
def plain() -> Any:
    """uint32 per code point below ``FOLD_LIMIT``: its folding, its combining class, and ``PLAIN_LETTER`` of a letter.

    That is all that is to be known of a letter or mark that goes on with a word and composes with nothing; else 0.
    """
    table, points = _shared()[:FOLD_LIMIT], np.arange(FOLD_LIMIT, dtype=np.uint32)
    kinds = table & CLASS_MASK
    composes = table & (MAYBE | NEVER) != 0
    letters = (kinds == LETTER) & ~composes & (combining()[:FOLD_LIMIT] == 0)
    marks = (kinds == EXTEND) & ~composes
    known = np.where(letters, (casing() & FOLDED).astype(np.uint32) | np.uint32(PLAIN_LETTER), 0)
    known[marks] = points[marks] | combining()[:FOLD_LIMIT][marks].astype(np.uint32) << COMBINING_SHIFT
    return _frozen(known.astype(np.uint32))


@cache
def signs() -> Any:
    """uint8 per code point: ``CLAUSE`` (Unicode's Terminal_Punctuation and ours), ``BRACKET``, ``QUOTE``."""
    table = np.zeros(CODE_POINTS, np.uint8)
    marks = np.union1d(_points("[[:Terminal_Punctuation:]&[:P:]]"), _ords(MORE_TERMINALS))
    table[np.setdiff1d(marks, _ords(WORD_SEPARATORS))] |= CLAUSE
    table[_points("[[:Ps:][:Pe:]]")] |= BRACKET
    table[_points("[[:Quotation_Mark:]&[[:Pe:][:Pf:][:Pi:]\\u0022\\u0027]]")] |= QUOTE
    return _frozen(table)


def own_scripts(script: str) -> Any:
    """bool per script number: true for the scripts that text in ``script`` (ISO 15924) is written in.

    Letters shared by scripts (Common, Inherited) always belong. For an unknown script every letter does.
    """
    number = scripts.number()
    own = np.zeros(256, np.bool_)
    own[0] = True
    parts = [number[p] for p in scripts.COMPOSITES.get(script, (script,)) if p in number]
    own[parts or slice(None)] = True
    return _frozen(own)


def unicode_version() -> str:
    """Version of Unicode and ICU that the tables and dictionaries are from."""
    import icu

    return f"Unicode {icu.UNICODE_VERSION}, ICU {icu.ICU_VERSION}"


def _classes() -> Any:
    table = np.zeros(CODE_POINTS, np.uint16)
    for pattern, value in (
        ("[:WB=ALetter:]", LETTER),
        ("[:WB=Hebrew_Letter:]", HEBREW),
        ("[:WB=Numeric:]", NUMERIC),
        ("[[:WB=Extend:][:WB=ZWJ:]]", EXTEND),
        ("[[:WB=Format:]\\u200c\\u200d]", FORMAT),
        ("[:WB=ExtendNumLet:]", JOINER),
        ("[:WB=MidLetter:]", MID_LETTER),
        ("[:WB=MidNum:]", MID_NUMBER),
        ("[[:WB=MidNumLet:][:WB=Single_Quote:]]", MID_BOTH),
        ("[:WB=Double_Quote:]", DOUBLE_QUOTE),
    ):
        table[_points(pattern)] = value
    letters = "[[:L:][:Nl:]]"
    for names, value in ((DICTIONARY_SCRIPTS, DICTIONARY), (SYLLABLE_SCRIPTS, SYLLABLE)):
        union = "".join(f"[:sc={name}:]" for name in names)
        table[_points(f"[[{union}]&{letters}]")] = value
    table[_points(f"[[:WB=Katakana:]&{letters}]")] = DICTIONARY
    # UAX #29 leaves Tai Viet to a dictionary, but it is written with spaces, and its vowels are letters.
    table[_points("[[:sc=Tavt:]&[:L:]]")] = LETTER
    # Letters that UAX #29 leaves to a dictionary which nobody has.
    rest = _points("[:L:]")
    table[rest[table[rest] == OTHER]] = SYLLABLE
    table[_points("[:White_Space:]")] = SPACE
    table[ord("\n")] = NEWLINE
    return table


def _categories() -> Any:
    table = np.zeros(CODE_POINTS, np.uint16)
    for pattern, value in (
        ("[[:L:][:Nl:]]", LETTERS),
        ("[:M:]", MARKS),
        ("[[:Nd:][:No:]]", DIGITS),
        ("[:P:]", PUNCTUATION),
        ("[:S:]", SYMBOLS),
        ("[:White_Space:]", SEPARATORS),
    ):
        table[_points(pattern)] = value
    table[_ords(WORD_SEPARATORS)] = SEPARATORS
    return table


def _points(pattern: str) -> Any:
    """Code points of an ICU set pattern, ascending."""
    return np.flatnonzero(scripts.members(pattern))


def _ords(text: str) -> Any:
    return np.array(sorted({ord(c) for c in text}), np.int64)


def _frozen(table: Any) -> Any:
    table.setflags(write=False)
    return table
