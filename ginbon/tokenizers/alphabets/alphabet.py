"""The alphabet of counts: what of their languages' writing is to be whole in a tokenizer."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise

import pyarrow as pa

from ginbon.defaults import UNSEEN
from ginbon.filters import words
from ginbon.tokenizers.alphabets.characters import characters
from ginbon.tokenizers.alphabets.equivalents import equivalents
from ginbon.tokenizers.alphabets.likely import likely
from ginbon.tokenizers.alphabets.names import names
from ginbon.tokenizers.alphabets.relatives import carried, relatives
from ginbon.tokenizers.counts import Counts, graphemes


def alphabet(counts: Counts, *, min_count: int = 1, unseen: int = UNSEEN, heard: Iterable[str] = ()) -> frozenset[str]:
    """The graphemes that counts hold ``min_count`` times or more, the characters of their languages and the names in
    them, the equivalent spellings of all; and ``unseen`` graphemes of several characters that are likely beside these.

    What is likely follows what was seen and what relatives write: names in the other languages of the scripts and in
    sister scripts, and ``heard``, graphemes of texts in any such language (``counts.graphemes``). The more text there
    is, the fewer are needed of the unseen. Counts without languages (``und``) bring no characters but those of the
    code pages.
    """
    labels = sorted({language for language, _ in counts.strata})
    seen = {grapheme for grapheme, times in graphemes(counts).items() if times >= min_count}
    written = seen.union(*map(names, labels))
    known = _whole(equivalents(written.union(*map(characters, labels))))
    heard = set(heard)
    others: set[str] = set()
    for script in sorted({label.rpartition("_")[2] for label in labels}) if unseen else []:
        others |= relatives(script) | carried(heard, script)
    return frozenset(known | set(likely(written, unseen, known=known, heard=others)))


def _whole(strings: Iterable[str]) -> set[str]:
    """Those that are one grapheme."""
    ordered = sorted(strings)
    ends = words.grapheme_boundaries(pa.array(ordered, pa.large_string())).ends.tolist()
    return {string for string, (a, b) in zip(ordered, pairwise(ends), strict=True) if b - a == 1}
