"""Which tokens may be learned: as an automaton over their bytes, so that the kernel asks in a step a byte."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

_ANY: Final = 2**31 - 1


def _everything() -> NDArray[np.int32]:
    return np.zeros((1, 256), np.int32)


@dataclass(frozen=True)
class Allowed:
    """Tokens that may be learned: those whose bytes lead from state 0 to an accepting one, of at most ``max_bytes``.

    ``automaton[state, byte]`` is the next state. Without arguments every token may be.
    """

    max_bytes: int = _ANY
    automaton: NDArray[np.int32] = field(default_factory=_everything)
    accepts: NDArray[np.bool_] = field(default_factory=lambda: np.ones(1, np.bool_))

    @classmethod
    def locked(cls, codepoints: Iterable[int], *, max_bytes: int = _ANY) -> Allowed:
        """Only tokens that no text without these characters can hold.

        Such a token has, somewhere, a character of the set, or the beginning of one that no other character has. So
        encodings of text without them stay as they are, to the id. Hand in a script's unassigned code points too: then
        two bytes tell Tamil (U+0B80 to U+0BFF), otherwise only the third does.
        """
        return cls(max_bytes, *_lock(_prefixes(set(codepoints))))

    def whole(self) -> Allowed:
        """Of these tokens those that cut no character in two: whole characters, or some bytes of a single one.

        Without this, scripts of little text get tokens that end in the first bytes of the next character, which all of
        a block share: 2,275 of 4,000 for Lao behind o200k's pattern.
        """
        step, whole = _wholeness()
        kinds = len(whole)
        automaton = self.automaton[:, None, :] * kinds + step[None, :, :]
        accepts = self.accepts[:, None] & whole[None, :]
        return Allowed(self.max_bytes, automaton.reshape(-1, 256).astype(np.int32), accepts.reshape(-1))


def _prefixes(codepoints: set[int]) -> set[bytes]:
    """The shortest beginnings that only characters of a set have."""
    encoded = {chr(c).encode() for c in codepoints if not 0xD800 <= c <= 0xDFFF}
    found: set[bytes] = set()
    for size in (1, 2, 3, 4):
        begun = Counter(
            c[:size] for c in encoded if len(c) >= size and not any(c[:shorter] in found for shorter in range(1, size))
        )
        found |= {prefix for prefix, n in begun.items() if n == _characters(prefix)}
    return found


def _characters(prefix: bytes) -> int:
    """How many characters begin with some bytes: those of valid UTF-8, and no surrogates."""
    if prefix[0] < 0x80:
        return 1
    size = 2 if prefix[0] < 0xE0 else 3 if prefix[0] < 0xF0 else 4
    low = prefix[0] & (0x7F >> size)
    for byte in prefix[1:]:
        low = low << 6 | byte & 0x3F
    bits = 6 * (size - len(prefix))
    low, high = low << bits, ((low + 1) << bits) - 1
    low, high = max(low, (0x80, 0x800, 0x10000)[size - 2]), min(high, 0x10FFFF)
    surrogates = max(0, min(high, 0xDFFF) - max(low, 0xD800) + 1)
    return high - low + 1 - surrogates


def _lock(prefixes: set[bytes]) -> tuple[NDArray[np.int32], NDArray[np.bool_]]:
    """The automaton that accepts whatever holds one of the prefixes; state 1 is the end of all of them.

    A byte that does not go on starts anew: UTF-8 needs no other way back, since no character begins inside another.
    """
    states: dict[bytes, int] = {b"": 0}
    for prefix in sorted(prefixes):
        for size in range(1, len(prefix)):
            states.setdefault(prefix[:size], len(states) + 1)
    automaton = np.zeros((len(states) + 1, 256), np.int32)
    steps = dict.fromkeys(prefixes, 1) | {begun: state for begun, state in states.items() if begun}
    for prefix, state in steps.items():
        if len(prefix) == 1:
            automaton[:, prefix[0]] = state
    for prefix, state in steps.items():
        automaton[states[prefix[:-1]], prefix[-1]] = state
    automaton[1] = 1
    accepts = np.zeros(len(automaton), np.bool_)
    accepts[1] = True
    return automaton, accepts


def _wholeness() -> tuple[NDArray[np.int32], NDArray[np.bool_]]:
    """An automaton over UTF-8, and which of its states are those of whole characters or of bytes of a single one."""
    nothing, characters, first, later, tail, cut = 0, 1, 2, 5, 8, 9  # first and later: 1, 2 or 3 bytes are missing
    step = np.full((10, 256), cut, np.int32)
    step[[nothing, tail], 0x80:0xC0] = tail
    for lead, missing in ((slice(0xC0, 0xE0), 1), (slice(0xE0, 0xF0), 2), (slice(0xF0, 0x100), 3)):
        step[nothing, lead], step[characters, lead] = first + missing - 1, later + missing - 1
    step[[nothing, characters], :0x80] = characters
    for begun in (first, later):
        step[[begun, begun + 1, begun + 2], 0x80:0xC0] = np.array([[characters], [begun], [begun + 1]])
    whole = np.zeros(10, np.bool_)
    whole[[nothing, characters, first, first + 1, first + 2, tail]] = True
    return step, whole
