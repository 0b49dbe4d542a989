"""Counts of tokens beside text in plain Python, one token at a time: slow, and short enough to be right."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence

import icu


def grapheme_ends(text: str) -> set[int]:
    """Bytes at which graphemes begin or end, by ICU."""
    breaks = icu.BreakIterator.createCharacterInstance(icu.Locale.getRoot())
    breaks.setText(icu.UnicodeString(text))
    utf16 = text.encode("utf-16-le")
    return {0, *(len(utf16[: 2 * at].decode("utf-16-le").encode()) for at in breaks)}


def char_ends(text: str) -> set[int]:
    """Bytes at which code points begin or end."""
    return {len(text[:i].encode()) for i in range(len(text) + 1)}


def counts(text: str, pieces: Sequence[bytes], words: Sequence[tuple[int, int]]) -> dict[str, int]:
    """What ``measure`` counts of one text whose ``pieces`` spell it; ``words`` are their first and last bytes."""
    assert b"".join(pieces) == text.encode()
    begins = [sum(map(len, pieces[:i])) for i in range(len(pieces))]
    spans = [(a, a + len(p)) for a, p in zip(begins, pieces, strict=True)]
    inner = begins[1:]
    own = 0
    for a, b in words:
        holding = [(c, d) for c, d in spans if c <= a and b <= d]
        shared = [w for w in words if w != (a, b) and any(c < w[1] and w[0] < d for c, d in holding)]
        own += bool(holding) and not shared
    return {
        "boundaries": len(inner),
        "char_cuts": sum(at not in char_ends(text) for at in inner),
        "grapheme_cuts": sum(at not in grapheme_ends(text) for at in inner),
        "cut_words": sum(any(a < at < b for at in begins) for a, b in words),
        "whole_words": own,
        "fragments": sum(not is_text(p) for p in pieces),
    }


def is_text(piece: bytes) -> bool:
    """Whether these bytes are valid UTF-8."""
    try:
        piece.decode()
    except UnicodeDecodeError:
        return False
    return True


def renyi_efficiency(tokens: Sequence[object], order: float = 2.5) -> float:
    """Zouhar et al. 2023, equation 12, over the tokens that occur."""
    held = Counter(tokens)
    power = sum((n / len(tokens)) ** order for n in held.values())
    return math.log(power) / (1 - order) / math.log(len(held))
