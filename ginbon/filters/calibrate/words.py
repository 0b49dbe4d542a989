"""Stop words out of text: the words that stand in the most windows of 25 words, whatever the text is about.

Words are counted by the walk's hashes; only the commonest are spelled.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ginbon.filters import _segment
from ginbon.filters import words as segmenter
from ginbon.filters.kernel import classes

STOP_WORDS: Final = 60
MIN_STOP_WORDS: Final = 15
LEAST_SHARE: Final = 0.005
"""Of windows that a stop word is in: languages with many endings have few words that stand in every sentence."""

MIN_WINDOWS: Final = 30
"""Fewer (750 words) do not tell common words from a topic's."""

WINDOW: Final = 25
"""Words of a window: a sentence's. A share of windows does not depend on how long documents or lines are."""

_BATCH_BYTES: Final = 8 << 20
_VOWEL_SIGNS: Final = {
    "Arab": frozenset(map(chr, (*range(0x64B, 0x653), 0x670))),
    "Hebr": frozenset(map(chr, (*range(0x5B0, 0x5BE), 0x5BF, 0x5C1, 0x5C2, 0x5C4, 0x5C5, 0x5C7))),
}
"""Signs that a script's readers do without: most texts have none, and poems, scriptures and schoolbooks all."""


def frequent_words(sources: Mapping[str, pa.Array], label: str) -> tuple[str, ...]:
    """Words by the share of windows that they are in; none where the text is too little.

    So that a topic's words do not count, a word's share is that of the source where it is second commonest; of one
    source alone half as many are taken, for the same reason. In Arabic and Hebrew forms with vowel signs stand behind
    them, as far as a source has them.
    """
    shares = [found for texts in sources.values() if (found := window_shares(texts))]
    signs = _VOWEL_SIGNS.get(label.partition("_")[2], frozenset())
    by_word: dict[str, list[float]] = {}
    for found in shares:
        for word, share in _without(found, signs).items():
            by_word.setdefault(word, []).append(share)
    together = min(2, len(shares))
    common = [(sorted(s)[-together], word) for word, s in by_word.items() if len(s) >= together > 0]
    most = STOP_WORDS if together == 2 else STOP_WORDS // 2
    best = sorted(common, key=lambda item: (-item[0], item[1]))[:most]
    listed = tuple(word for share, word in best if share >= LEAST_SHARE)
    if len(listed) < MIN_STOP_WORDS:
        return ()
    return (*listed, *_vowelled(listed, shares, signs))


def window_shares(texts: pa.Array) -> dict[str, float]:
    """The commonest words, each with the share of windows that it is in; empty for under ``MIN_WINDOWS``."""
    hashes: list[Any] = []
    counts: list[Any] = []
    spelled: dict[int, str] = {}
    windows = 0
    for batch in _batches(texts):
        held = _segment.buffers(batch)
        scanned = _segment.scan(held, spans=True)
        found, first, times, number = _windowed(scanned)
        hashes.append(found)
        counts.append(times)
        windows += number
        for k in np.flatnonzero(times >= max(2, LEAST_SHARE * number / 2)):
            if int(found[k]) not in spelled:
                start, stop = scanned.spans[2 * first[k] : 2 * first[k] + 2]
                spelled[int(found[k])] = _folded(held.data[start:stop].tobytes().decode("utf-8", "replace"))
    if windows < MIN_WINDOWS:
        return {}
    distinct, where = np.unique(np.concatenate(hashes), return_inverse=True)
    totals = np.bincount(where, np.concatenate(counts))
    share = dict(zip(distinct.tolist(), (totals / windows).tolist(), strict=True))
    return {word: share[h] for h, word in spelled.items() if _is_letters(word)}


def _windowed(scanned: Any) -> tuple[Any, Any, Any, int]:
    """Hashes, the place of each one's first word, the windows that have it, and how many windows there are."""
    ends = scanned.word_ends
    words = scanned.words[: ends[-1]]
    sizes = np.diff(ends)
    per_row = -(-sizes // WINDOW)
    place = np.arange(len(words)) - np.repeat(ends[:-1], sizes)
    window = np.repeat(np.cumsum(per_row) - per_row, sizes) + place // WINDOW
    order = np.lexsort((words, window))
    ordered, of = words[order], window[order]
    new = np.ones(len(words), np.bool_)
    new[1:] = (ordered[1:] != ordered[:-1]) | (of[1:] != of[:-1])
    found, at, times = np.unique(ordered[new], return_index=True, return_counts=True)
    return found, order[new][at], times, int(per_row.sum())


def _batches(texts: pa.Array) -> Sequence[pa.Array]:
    sizes = np.cumsum(pc.fill_null(pc.binary_length(texts), 0).to_numpy(zero_copy_only=False))
    if not len(texts):
        return []
    cuts = np.searchsorted(sizes, np.arange(_BATCH_BYTES, sizes[-1] + _BATCH_BYTES, _BATCH_BYTES), side="right")
    edges = sorted({0, *(int(c) for c in cuts), len(texts)})
    return [texts.slice(a, b - a) for a, b in pairwise(edges)]


def _without(found: Mapping[str, float], signs: frozenset[str]) -> dict[str, float]:
    """Shares of words without vowel signs: that of the form which is in the most windows."""
    bare: dict[str, float] = {}
    for word, share in found.items():
        key = "".join(c for c in word if c not in signs)
        bare[key] = max(share, bare.get(key, 0.0))
    return bare


def _vowelled(listed: Sequence[str], shares: Sequence[Mapping[str, float]], signs: frozenset[str]) -> tuple[str, ...]:
    """Forms of the listed words with vowel signs, the commonest first."""
    found: dict[str, float] = {}
    for source in shares:
        for word, share in source.items():
            bare = "".join(c for c in word if c not in signs)
            if bare != word and word not in listed and bare in listed and share >= LEAST_SHARE:
                found[word] = max(share, found.get(word, 0.0))
    return tuple(sorted(found, key=lambda word: (-found[word], word))[:STOP_WORDS])


def folded_words(text: str, label: str) -> list[str]:
    """The text's words with case folded as the walk folds it."""
    return [_folded(word) for word in segmenter.words(text, label)]


def _folded(word: str) -> str:
    fold = classes.folding()
    done = "".join(chr(fold[ord(c)]) if ord(c) < classes.FOLD_LIMIT else c for c in word)
    return unicodedata.normalize("NFC", done)


def _is_letters(word: str) -> bool:
    table = classes.properties()
    kinds = {(int(table[ord(c)]) >> classes.CATEGORY_SHIFT) & 7 for c in word}
    return classes.LETTERS in kinds and classes.DIGITS not in kinds
