r"""Gates: a branch for one script in front of a tokenizer's own split pattern, which other text cannot reach.

    [^\r\n\p{L}\p{M}\p{N}]?(?=[\u0B80-\u0BFF...])[\p{L}\p{M}][\p{L}\p{M}\u200C\u200D]*|(the tokenizer's own pattern)

The branch takes a run of letters, marks and joiners that begins with a letter or mark of the script, with the one
character before it that the own pattern would take too. Digits are left to the own pattern. A Tibetan syllable keeps
its tsheg.

What opens a gate is written out as ranges of code points, its *guard*: the characters of the script, and the code
points of its blocks that no Unicode version has given away yet. So it does not depend on the Unicode version of
whatever runs the pattern, and the same set says which tokens are locked to the script (``Guard.lock``). Characters that
scripts share (a danda, a joiner, a combining accent) are never in it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Final

import numpy as np

from ginbon.languages import scripts
from ginbon.tokenizers.protocol import Flags, Int64s, TextColumn

_TSHEG: Final = r"\u0F0B\u0F0C"
_SURROGATES: Final = (0xD800, 0xE000)


@dataclass(frozen=True)
class Guard:
    """The characters of a script (ISO 15924) as ranges of code points, the ends included; none for a code that names
    no characters."""

    script: str
    ranges: tuple[tuple[int, int], ...]

    @cached_property
    def points(self) -> Flags:
        """For each code point whether it is one of them."""
        flags = np.zeros(scripts.CODE_POINTS, np.bool_)
        for first, last in self.ranges:
            flags[first : last + 1] = True
        return flags

    @property
    def branch(self) -> str:
        """The gate, in the syntax of tiktoken, of Oniguruma and of Python's ``regex``; nothing without characters."""
        if not self.ranges:
            return ""
        own = "".join(_range(first, last) for first, last in self.ranges)
        tail = rf"\p{{L}}\p{{M}}\u200C\u200D{_TSHEG if self.script == 'Tibt' else ''}"
        return rf"[^\r\n\p{{L}}\p{{M}}\p{{N}}]?(?=[{own}])[\p{{L}}\p{{M}}][{tail}]*"

    def before(self, pattern: str) -> str:
        """A split pattern that tries the gate first."""
        return f"{self.branch}|{pattern}"

    def holds(self, texts: TextColumn) -> Flags:
        """For each text whether a character of the script is in it."""
        points = np.frombuffer("".join(texts.strings).encode("utf-32-le"), np.uint32)
        ends = np.cumsum(np.fromiter(map(len, texts.strings), np.int64, len(texts)))
        before: Int64s = np.concatenate([np.zeros(1, np.int64), np.cumsum(self.points[points], dtype=np.int64)])
        found: Flags = np.diff(before[np.append(np.int64(0), ends)]) > 0
        return found

    def lock(self, piece: bytes) -> str:
        """Why no text without these characters can hold these bytes: the place of the first character that is one of
        them, or the beginning of one that no other character has. Nothing where there is no such reason."""
        for at, byte in enumerate(piece):
            size = 1 if byte < 0x80 else 2 if 0xC2 <= byte < 0xE0 else 3 if 0xE0 <= byte < 0xF0 else 4
            if 0x80 <= byte < 0xC2 or byte > 0xF4:
                continue
            known = piece[at : at + size]
            while len(known) > 1 and any(b & 0xC0 != 0x80 for b in known[1:]):
                known = known[:-1]
            if self._only(known, size):
                return f"character {known.decode()!a}" if len(known) == size else f"begins one: {known.hex(' ')}"
        return ""

    def _only(self, begun: bytes, size: int) -> bool:
        """Whether all characters of ``size`` bytes that begin so are of the script, and there are any."""
        value = begun[0] if size == 1 else begun[0] & (0x7F >> size)
        for byte in begun[1:]:
            value = value << 6 | byte & 0x3F
        bits = 6 * (size - len(begun))
        first, last = value << bits, ((value + 1) << bits) - 1
        first, last = max(first, (0, 0x80, 0x800, 0x10000)[size - 1]), min(last, scripts.CODE_POINTS - 1)
        points = np.arange(first, last + 1)
        points = points[(points < _SURROGATES[0]) | (points >= _SURROGATES[1])]
        return bool(len(points)) and bool(self.points[points].all())


@lru_cache(maxsize=32)
def guard(script: str) -> Guard:
    """The guard of a script; of a script of several (``Jpan``) the characters of all of them."""
    number = scripts.number()
    codes = scripts.COMPOSITES.get(script, frozenset({script}))
    table = scripts.script_table()
    own = np.isin(table, [number[code] for code in sorted(codes) if code in number])
    own[slice(*_SURROGATES)] = False
    return Guard(script, _ranges(own | _free(own)) if own.any() else ())


def _free(own: Flags) -> Flags:
    """The unassigned code points of the blocks in which all characters of a script are these."""
    import icu

    table, unassigned = scripts.script_table(), scripts.members("[:Cn:]")
    free = np.zeros(scripts.CODE_POINTS, np.bool_)
    blocks = {icu.Char.getIntPropertyValue(point, icu.UProperty.BLOCK) for point in np.flatnonzero(own).tolist()}
    for block in sorted(blocks - {0}):
        name = icu.Char.getPropertyValueName(icu.UProperty.BLOCK, block, icu.UPropertyNameChoice.LONG_PROPERTY_NAME)
        inside = scripts.members(f"[:Block={name}:]")
        if not (inside & (table > 0) & ~own).any():
            free |= inside & unassigned
    return free


def _ranges(flags: Flags) -> tuple[tuple[int, int], ...]:
    edges = np.flatnonzero(np.diff(np.concatenate([[False], flags, [False]]).astype(np.int8))).reshape(-1, 2)
    return tuple((int(first), int(last) - 1) for first, last in edges)


def _range(first: int, last: int) -> str:
    return _escaped(first) if first == last else f"{_escaped(first)}-{_escaped(last)}"


def _escaped(point: int) -> str:
    return rf"\u{point:04X}" if point < 0x10000 else rf"\x{{{point:X}}}"


def joined(ranges: Sequence[tuple[int, int]]) -> str:
    """Ranges as people write them: ``U+0B80-0BFF, U+11FC0-11FFF``."""
    return ", ".join(f"U+{first:04X}-{last:04X}" if first < last else f"U+{first:04X}" for first, last in ranges)
