"""ICU's dictionaries of words, read out of the ICU that is installed: nothing of them is kept in this package.

Thai, Lao, Khmer, Burmese and one for Chinese and Japanese, with costs. What is built takes 10 MB and 0.2 s once a
process, and only in processes that meet such a script. The lists come with ICU's own licence (Unicode-3.0, and those
named in ICU's LICENSE file for its dictionaries).
"""

from __future__ import annotations

import hashlib
import mmap
import struct
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.metadata import PackageNotFoundError, files
from pathlib import Path
from typing import Any, Final

import numpy as np

from ginbon.corpus.tables import source_digest, unicode_table
from ginbon.engine.cache import arrays
from ginbon.filters.kernel import classes
from ginbon.languages import scripts

KNOWN: Final = {"77.1": "282facb80cfeaa1c9c0e3cc8dfb574d5ea7f66f2d1e4ab7cdfe2e74107b934e7"}
"""Versions of ICU whose break engines the compiled search was compared with, and SHA-256 of their dictionaries."""

NAMES: Final = {"cjdict": 5, "thaidict": 1, "laodict": 2, "khmerdict": 3, "burmesedict": 4}
"""ICU's names of the dictionaries, and the kernel's of the engines that use them. The others fill the gaps that the
first, with its many letters, leaves between its nodes."""

_MAGIC: Final = bytes.fromhex("da27 1400 0000 00000200") + b"CmnD"
_OFFSET_TYPE: Final = 0x1000000
_OFFSET_MASK: Final = 0x1FFFFF
_WIDEST: Final = 1 << 16


class UnreadableError(Exception):
    """ICU's data is not where or what it was; ICU itself cuts the words then, more slowly."""


@dataclass(frozen=True)
class Dictionaries:
    """What the kernel ``cut`` looks into; all arrays are read-only.

    ``roots`` holds the root of each engine's dictionary, then the code point that its labels are counted from.
    ``slots`` is the double array of ``kernel.dictionary``. ``codes`` are labels of UTF-16 units in cjdict.
    ``composed``, ``form_ends`` and ``forms`` are NFKC forms; ``voiced`` and ``voiced_forms`` those of two letters.
    """

    roots: Any
    slots: Any
    codes: Any
    composed: Any
    form_ends: Any
    forms: Any
    voiced: Any
    voiced_forms: Any


@cache
def load() -> Dictionaries | None:
    """The dictionaries of the installed ICU; None, and a warning, if they cannot be read."""
    try:
        return read(_data_file(), KNOWN)
    except UnreadableError as exc:
        warnings.warn(
            f"words of Thai, Lao, Khmer, Burmese, Chinese and Japanese are cut by ICU itself, which gives the same "
            f"words and takes three to ten times as long: its dictionaries could not be read ({exc}). "
            f"Install pyicu-wheels with ICU {' or '.join(KNOWN)}.",
            RuntimeWarning,
            stacklevel=2,
        )
        return None


def read(file: Path, known: Mapping[str, str]) -> Dictionaries:
    """The dictionaries in a library of ICU's data, if the installed version is ``known`` and they have its digest.

    Raises ``UnreadableError`` for another version, a file of another form, and one that is cut short or altered.
    """
    import icu

    expected = known.get(icu.ICU_VERSION)
    if expected is None:
        raise UnreadableError(f"ICU is {icu.ICU_VERSION}")
    try:
        items = dict(_items(file))
    except (OSError, struct.error, IndexError, ValueError) as exc:
        raise UnreadableError(f"{file.name} cannot be read: {exc}") from exc
    missing = [name for name in NAMES if name not in items]
    if missing:
        raise UnreadableError(f"{file.name} has no {', '.join(missing)}")
    digest = hashlib.sha256(b"".join(items[name].trie for name in sorted(NAMES))).hexdigest()
    if digest != expected:
        raise UnreadableError(f"SHA-256 of the dictionaries in {file.name} is {digest[:12]}, expected {expected[:12]}")
    sources = source_digest(__name__, "ginbon.filters.kernel.dictionary", "ginbon.languages.scripts")
    return Dictionaries(**arrays("dictionaries", f"{digest} {sources}", lambda: vars(_build(items))))


def _data_file() -> Path:
    """The library that holds ICU's data, in the wheel that ``icu`` was imported from."""
    try:
        found = [f for f in files("pyicu-wheels") or () if "icudata" in f.name or f.name.startswith("icudt")]
    except PackageNotFoundError:
        found = []
    if len(found) != 1:
        raise UnreadableError(f"{len(found)} files of ICU's data in the package pyicu-wheels, expected 1")
    return Path(str(found[0].locate()))


@dataclass(frozen=True)
class _Item:
    """A dictionary as ICU has it: units of 8 bits, counted from ``offset``, or ``wide`` ones of 16."""

    trie: bytes
    wide: bool
    offset: int


def _items(file: Path) -> Iterator[tuple[str, _Item]]:
    """Name and content of every dictionary in the file."""
    with file.open("rb") as opened, mmap.mmap(opened.fileno(), 0, access=mmap.ACCESS_READ) as data:
        header = data.find(_MAGIC) - 2
        if header < 0:
            raise UnreadableError(f"{file.name} has no table of contents")
        contents = header + struct.unpack_from("<H", data, header)[0]
        for entry in range(struct.unpack_from("<I", data, contents)[0]):
            name_at, item_at = (contents + n for n in struct.unpack_from("<II", data, contents + 4 + 8 * entry))
            name = data[name_at : data.find(b"\0", name_at)].decode("ascii").rpartition("/")[2]
            if name.endswith(".dict"):
                yield name.removesuffix(".dict"), _item(data, item_at, name)


def _item(data: mmap.mmap, at: int, name: str) -> _Item:
    """A dictionary: ICU's header, eight numbers, the trie."""
    if data[at + 12 : at + 17] != b"Dict\1":
        raise UnreadableError(f"{name} is of format {data[at + 12 : at + 17]!r}, expected b'Dict\x01'")
    at += struct.unpack_from("<H", data, at)[0]
    trie, end, _, _, kind, transformation, _, _ = struct.unpack_from("<8i", data, at)
    if not kind & 7 and transformation & ~_OFFSET_MASK != _OFFSET_TYPE:
        raise UnreadableError(f"{name} counts letters in an unknown way, {transformation:#x}")
    return _Item(data[at + trie : at + end], bool(kind & 7), transformation & _OFFSET_MASK)


def _build(items: Mapping[str, _Item]) -> Dictionaries:
    from ginbon.filters.kernel.dictionary import lay_out
    from ginbon.filters.kernel.roles import ENGINES

    room = sum(len(item.trie) for item in items.values()) // 2 + _WIDEST  # 0.43 slots a byte in ICU 77
    out = np.zeros(room, np.uint64)
    links = np.arange(room, dtype=np.int32)
    hints = np.zeros(16, np.int32)
    roots = np.zeros(2 * (ENGINES + 1), np.int64)
    codes = np.zeros(_WIDEST, np.uint16)
    last = -1
    for name, engine in NAMES.items():
        first, count, labels, values = _expand(items[name])
        if items[name].wide:
            codes = _codes(labels)
            labels = codes[labels].astype(np.int32)
        roots[engine], roots[ENGINES + engine] = last + 1, items[name].offset
        scratch = np.empty(len(first), np.int32)
        last = lay_out(len(first), first, count, labels, values, last + 1, scratch, links, hints, out)
        if last < 0:
            raise UnreadableError(f"{name} does not fit into {room} slots")
    slots = out[: last + _WIDEST].view(np.int64).copy()
    return Dictionaries(roots, slots, codes, *_compatible())


def _expand(item: _Item) -> tuple[Any, Any, Any, Any]:
    """Nodes of a trie of 8 or 16-bit units: first child, number of children, label, value."""
    from ginbon.filters.kernel.dictionary import expand

    units = np.frombuffer(item.trie, "<u2" if item.wide else np.uint8).astype(np.int32)
    arrays = [np.zeros(len(units) + 1, np.int32) for _ in range(7)]
    nodes = expand(units, item.wide, *arrays)
    first, count, labels, values = (a[:nodes] for a in arrays[:4])
    return first, count, labels, values


def _codes(labels: Any) -> Any:
    """uint16 per UTF-16 unit: small numbers for the units that lead to most nodes, 0 for those in no word."""
    often = np.bincount(labels[1:], minlength=_WIDEST)
    order = np.argsort(-often, kind="stable")[: np.count_nonzero(often)]
    codes = np.zeros(_WIDEST, np.uint16)
    codes[order] = np.arange(1, len(order) + 1)
    return codes


CJK_LETTERS: Final = "[[:Han:][:Hiragana:][:Katakana:]\\u30fc\\uff70\\uff9e\\uff9f]"
SPACELESS_LETTERS: Final = (
    # engine, its letters, those that may begin a word that no dictionary has, those that may not end one
    (1, "[[:Thai:]&[:LineBreak=SA:]]", "[\\u0e01-\\u0e2e\\u0e40-\\u0e44]", "[\\u0e31\\u0e40-\\u0e44]"),
    (2, "[[:Laoo:]&[:LineBreak=SA:]]", "[\\u0e81-\\u0eae\\u0edc\\u0edd\\u0ec0-\\u0ec4]", "[\\u0ec0-\\u0ec4]"),
    (3, "[[:Khmr:]&[:LineBreak=SA:]]", "[\\u1780-\\u17b3]", "[\\u17d2]"),
    (4, "[[:Mymr:]&[:LineBreak=SA:]]", "[\\u1000-\\u102a]", "[]"),
)


@unicode_table("ginbon.filters.kernel.roles", "ginbon.languages.scripts")
def roles() -> Any:
    """uint16 per code point: what it does in a run of dictionary characters (bits of ``kernel.roles``)."""
    from ginbon.filters.kernel import roles as k

    table = np.zeros(classes.CODE_POINTS, np.uint16)
    katakana, extends = (
        scripts.members("[:WB=Katakana:]"),
        scripts.members("[[:WB=Extend:][:WB=Format:][:WB=ZWJ:]-[:Han:]]"),
    )
    letters = scripts.members(CJK_LETTERS)
    table[(scripts.members("[[:Han:][:Hiragana:]]") & ~katakana)] = k.IDEOGRAPH << k.JOIN_SHIFT
    table[katakana] = k.KATAKANA << k.JOIN_SHIFT
    table[katakana & ~letters] |= k.NO_ENGINE
    table[letters] |= k.CJK
    for engine, own, begin, not_end in SPACELESS_LETTERS:
        held = scripts.members(own)
        table[held] = engine | k.SPACELESS << k.JOIN_SHIFT
        table[held & scripts.members(begin)] |= k.BEGINS
        table[held & ~scripts.members(not_end)] |= k.ENDS
        table[held & scripts.members("[:M:]")] |= k.NOT_ALONE
    table[[k.PAIYANNOI, k.MAIYAMOK]] |= k.SUFFIX
    table[extends] |= k.EXTENDS
    table[(table > 0) & scripts.members("[:Zyyy:]")] |= k.COMMON
    table[_altered()] |= k.COMPOSED
    table.setflags(write=False)
    return table


def _altered() -> Any:
    """Letters of Chinese and Japanese that have another form under NFKC."""
    return np.flatnonzero(scripts.members(CJK_LETTERS) & scripts.members("[:NFKC_QC=No:]"))


def _compatible() -> tuple[Any, Any, Any, Any, Any]:
    """NFKC forms of those letters, and of the pairs of a letter and a voicing mark."""
    from icu import Normalizer2

    from ginbon.filters.kernel.roles import HALF_VOICED, VOICED

    composer = Normalizer2.getNFKCInstance()
    altered = _altered()
    forms = [composer.normalize(chr(c)) for c in altered]
    pairs = {
        int(c) << 1 | bit: composer.normalize(chr(c) + chr(mark))
        for c in np.flatnonzero(scripts.members("[[:Hiragana:][:Katakana:]]"))
        for bit, mark in enumerate((VOICED, HALF_VOICED))
    }
    voiced = {key: ord(form) for key, form in sorted(pairs.items()) if len(form) == 1}
    return (
        altered.astype(np.int32),
        np.cumsum([0, *map(len, forms)]).astype(np.int32),
        np.array([ord(c) for form in forms for c in form], np.int32),
        np.array(list(voiced), np.int32),
        np.array(list(voiced.values()), np.int32),
    )
