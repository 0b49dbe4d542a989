"""Texts as a classifier reads them: one line of lower-case words a text, the same in training and in use.

Words are those of ``filters.words``, so that Thai, Khmer or Japanese reach fastText, which knows no word but what
stands between spaces, as words. They are lower-cased and joined by a space; punctuation is left out. An underscore
becomes a space: a text that says ``__label__positive`` must not label itself.

Of a text longer than ``SAMPLE_BYTES`` eight pieces are read, evenly spread: what a document costs is bounded, and its
end counts like its beginning.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ginbon.corpus import texts as buffers
from ginbon.filters import words
from ginbon.filters.identifiers.langid import sample

REVISION: Final = 1

SAMPLE_BYTES: Final = 8_192
"""Bytes of a text that are read: some 1,300 words in Latin scripts, 500 in Thai."""

_SPACE: Final = 0x20
_UNDERSCORE: Final = 0x5F


def lines(texts: Any, language: str) -> pa.Array:
    """For each text of a string array its words as one line (``large_string``); empty where it is null or has none."""
    sampled = sample(texts, SAMPLE_BYTES)
    found = words.boundaries(buffers.array(sampled.data, sampled.offsets), language)
    counts = np.diff(found.ends)
    sizes = found.stops - found.starts
    base = sampled.offsets[:-1].repeat(counts)
    # In what is written a word is as far on as it has words before it, but for the first of each line: no space.
    spaces = np.arange(1, len(sizes) + 1) - np.cumsum(counts > 0).repeat(counts)
    before = np.cumsum(sizes) - sizes
    steps = np.arange(int(sizes.sum()), dtype=np.int64)
    out = np.full(len(steps) + int(spaces[-1] if len(spaces) else 0), _SPACE, np.uint8)
    out[steps + spaces.repeat(sizes)] = sampled.data[steps + (base + found.starts - before).repeat(sizes)]
    out[out == _UNDERSCORE] = _SPACE
    ends = np.concatenate([[0], np.cumsum(sizes) + spaces])
    return pc.utf8_lower(buffers.array(out, ends[found.ends]))
