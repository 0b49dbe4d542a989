"""The alphabet of counts: what of their languages' writing is to be whole in a tokenizer."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise
from typing import Final

import pyarrow as pa

from ginbon.filters import words
from ginbon.tokenizers.alphabets.characters import characters
from ginbon.tokenizers.alphabets.equivalents import equivalents
from ginbon.tokenizers.alphabets.likely import likely
from ginbon.tokenizers.counts import Counts, graphemes

UNSEEN: Final = 2_000


def alphabet(counts: Counts, *, min_count: int = 1, unseen: int = UNSEEN) -> frozenset[str]:
    """The graphemes that counts hold ``min_count`` times or more, the characters of their languages, the equivalent
    spellings of both; and ``unseen`` graphemes of several characters that are likely beside these.

    The more text there is, the fewer are needed of the unseen. Counts without languages (``und``) bring no characters
    but those of the code pages.
    """
    seen = [grapheme for grapheme, times in graphemes(counts).items() if times >= min_count]
    known = set(seen).union(*(characters(label) for label in sorted({language for language, _ in counts.strata})))
    known = _whole(equivalents(known))
    return frozenset(known | set(likely(seen, unseen, known=known)))


def _whole(strings: Iterable[str]) -> set[str]:
    """Those that are one grapheme."""
    ordered = sorted(strings)
    ends = words.grapheme_boundaries(pa.array(ordered, pa.large_string())).ends.tolist()
    return {string for string, (a, b) in zip(ordered, pairwise(ends), strict=True) if b - a == 1}
