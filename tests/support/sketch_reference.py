"""The sketch of a document in plain Python: its exact hash and its MinHash bands, straight from their definitions."""

from __future__ import annotations

import icu
import pyarrow as pa
from signals_reference import fold, is_joiner, is_mark, space

from ginbon.filters import words as segmenter
from ginbon.filters.duplicates.sketch import Near

MASK = (1 << 64) - 1
SEED = 0x9E3779B97F4A7C15
LETTER = 0x9FB21C651E98DF25
P1, P2 = 0x9E3779B185EBCA87, 0xC2B2AE3D27D4EB4F


def spread(h: int) -> int:
    """MurmurHash3's finaliser."""
    h ^= h >> 33
    h = h * 0xFF51AFD7ED558CCD & MASK
    h ^= h >> 33
    h = h * 0xC4CEB9FE1A85EC53 & MASK
    return h ^ h >> 33


def hash_chars(chars: str) -> int:
    h = SEED
    for char in chars:
        h = (h ^ ord(char)) * P1 & MASK
    return spread(h)


def words_of(text: str) -> list[str]:
    """Words as they are hashed: case folded, joiners left out."""
    found = segmenter.boundaries(pa.array([text], pa.large_string()))
    raw = text.encode()
    words = [raw[a:b].decode() for a, b in zip(found.starts.tolist(), found.stops.tolist(), strict=True)]
    return ["".join(c if is_mark(c) else fold(c) for c in word if not is_joiner(c)) for word in words]


def sketch(text: str, near: Near) -> tuple[bytes | None, list[int] | None]:
    """What ``sketch/exact`` and ``sketch/bands`` are of one text."""
    text = str(icu.Normalizer2.getNFCInstance().normalize(text))
    words = words_of(text)
    if not words:
        return None, None
    a, b = SEED, P2
    for run in "".join(" " if c in space() else fold(c) for c in text).split(" "):
        if run:
            f = hash_chars(run)
            a = (a ^ f) * P1 & MASK
            b = (b ^ f >> 29 ^ f << 35 & MASK) * P2 & MASK
    exact = spread(a).to_bytes(8, "little") + spread(b).to_bytes(8, "little")
    if len(words) < near.ngram and len(text.encode()) <= 4096:
        return exact, bands([spread(ord(char) ^ LETTER) for word in words for char in word], near)
    return exact, bands([hash_chars(word) for word in words], near)


def bands(words: list[int], near: Near) -> list[int] | None:
    """Band hashes of word hashes; None for fewer than a shingle has."""
    count = near.bands * near.rows
    numbers, state = [], near.seed
    for _ in range(2 * count):  # SplitMix64
        state = state + SEED & MASK
        z = (state ^ state >> 30) * 0xBF58476D1CE4E5B9 & MASK
        z = (z ^ z >> 27) * 0x94D049BB133111EB & MASK
        numbers.append((z ^ z >> 31) >> 32)
    shingles = set()
    for i in range(len(words) - near.ngram + 1):
        h = 0
        for word in words[i : i + near.ngram]:
            h = h * SEED + word & MASK
        shingles.add(spread(h))
    if not shingles:
        return None
    smallest = [
        min(permuted(shingle, x, f | 1) for shingle in shingles)
        for x, f in zip(numbers[:count], numbers[count:], strict=True)
    ]
    found = []
    for band in range(near.bands):
        h = (band + 1) * SEED & MASK
        for value in smallest[band * near.rows : (band + 1) * near.rows]:
            h = spread(h ^ value) * SEED & MASK
        found.append(spread(h))
    return found


def permuted(shingle: int, x: int, factor: int) -> int:
    low, high = shingle & 0xFFFFFFFF, shingle >> 32
    value = (low ^ x) * factor & 0xFFFFFFFF
    value ^= value >> 15
    value = (value ^ high) * 0x85EBCA6B & 0xFFFFFFFF
    return value ^ value >> 13
