"""Where morphemes meet, from a gold segmentation, and whether a tokenizer cuts there: the counts behind alignment.

A gold file is a table of tabs. Either a word and its morphemes (``absolvent<TAB>ab @@solv @@ent``: SIGMORPHON 2022;
without ``@@`` too), further columns being left alone; or a derivation with the word, the affix and which of both it is
(``axial<TAB>abaxial<TAB>J<TAB>J<TAB>ab<TAB>prefix``: MorphyNet). Morphemes are often canonical: joined they do not
spell the word, and nobody says where in it they meet. Such words are left out, and counted.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import numpy as np

from ginbon.errors import UserError
from ginbon.tokenizers.metrics.measures import Measures
from ginbon.tokenizers.metrics.types_used import Used
from ginbon.tokenizers.protocol import TextColumn, Tokenizer

COLUMNS: Final = {
    "gold_words": "words with at least two morphemes in which it is known where tokens begin",
    "gold_cut_words": "of those, words inside which a token begins",
    "gold_whole_words": "of those, words inside which none does: they say nothing of alignment and are dropped",
    "gold_seams": "places between two morphemes of the words that are cut",
    "gold_cuts": "places inside these words where a token begins",
    "gold_hits": "places that are both",
}
"""Counts of a word."""


@dataclass(frozen=True)
class Gold:
    """Words, and for each the characters at which a morpheme begins (the first one aside).

    ``unspelled`` words are left out since their morphemes do not spell them, ``simple`` ones since they have but one.
    """

    words: tuple[str, ...]
    seams: tuple[tuple[int, ...], ...]
    unspelled: int = 0
    simple: int = 0
    source: str = field(default="", compare=False)

    @classmethod
    def of(cls, pairs: Iterable[tuple[str, Sequence[str]]], source: str = "") -> Gold:
        """From words and their morphemes."""
        words, seams, unspelled, simple = [], [], 0, 0
        for word, morphemes in pairs:
            if "".join(morphemes) != word:
                unspelled += 1
            elif len(morphemes) < 2:
                simple += 1
            else:
                words.append(word)
                seams.append(tuple(np.cumsum([len(m) for m in morphemes[:-1]]).tolist()))
        return cls(tuple(words), tuple(seams), unspelled, simple, source)


def read_gold(path: Path) -> Gold:
    """Read a gold file; ``UserError`` names the first line that is neither of both kinds."""
    pairs = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if not line.strip():
            continue
        row = line.split("\t")
        if len(row) >= 6 and row[5] in ("prefix", "suffix"):
            pairs.append((row[1], _derived(row[1], row[4], prefix=row[5] == "prefix")))
        elif len(row) >= 2 and " " not in row[0].strip():
            pairs.append((row[0], [m.removeprefix("@@") for m in row[1].split(" ") if m.removeprefix("@@")]))
        else:
            raise UserError(
                f"{path}:{number}:1: expected a word, a tab and its morphemes with spaces between, or a derivation "
                f"(source, word, two classes, affix, prefix or suffix); found {line[:60]!r}"
            )
    return Gold.of(pairs, source=path.name)


def _derived(word: str, affix: str, *, prefix: bool) -> list[str]:
    """A word's affix and the rest of it; the word's morphemes do not spell it where the affix is not at its end."""
    if prefix and word.startswith(affix):
        return [affix, word[len(affix) :]] if len(word) > len(affix) else [word]
    if not prefix and word.endswith(affix):
        return [word[: -len(affix)], affix] if len(word) > len(affix) else [word]
    return [affix]


def measure_morphemes(tokenizer: Tokenizer, gold: Gold, *, before: str = " ", seed: int = 1) -> Measures:
    """Count how each gold word is cut, a word being a document of its own.

    A word is encoded behind ``before``, as it stands inside a line: a space, or nothing for scripts without spaces.
    """
    texts = TextColumn([before + word for word in gold.words])
    encoded = tokenizer.encode_batch(texts)
    starts = tokenizer.starts(texts, encoded)
    row = np.repeat(np.arange(len(texts)), encoded.counts)
    begins = texts.offsets[:-1] + len(before.encode())
    known = np.ones(len(texts), np.bool_)
    known[row] = starts >= 0
    inside = starts > begins[row] if len(row) else np.zeros(0, np.bool_)
    cut_at = np.unique(starts[inside])
    char = np.flatnonzero((texts.data & 0xC0) != 0x80)
    first = np.searchsorted(char, begins)
    owner = np.repeat(np.arange(len(texts)), [len(s) for s in gold.seams])
    seams = char[first[owner] + np.array([at for s in gold.seams for at in s], np.int64)] if len(owner) else owner
    cuts = np.bincount(np.searchsorted(texts.offsets, cut_at, "right") - 1, minlength=len(texts))
    cut = known & (cuts > 0)
    hits = np.bincount(owner[np.isin(seams, cut_at)], minlength=len(texts))
    counts = (known, cut, known & ~cut, np.bincount(owner, minlength=len(texts)) * cut, cuts * cut, hits * cut)
    columns = {name: np.asarray(values, np.int64) for name, values in zip(COLUMNS, counts, strict=True)}
    columns = {"documents": np.ones(len(texts), np.int64), **columns}
    return Measures(columns, Used.of(encoded), tokenizer.vocabulary.size, seed)
