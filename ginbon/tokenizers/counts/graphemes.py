"""The graphemes that counts hold, and how often each occurs: what an alphabet is chosen from."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise

import numpy as np
import pyarrow as pa

from ginbon.filters import words
from ginbon.tokenizers.counts.counts import Counts
from ginbon.tokenizers.counts.table import Table


def graphemes(counts: Counts) -> dict[str, int]:
    """Each grapheme of the pre-tokens and how often it occurs, over all languages and sources; by code points.

    Graphemes are those of ``ginbon.filters.words``, inside a pre-token: a pattern that cuts one has its parts here.
    What is no UTF-8 is left out.
    """
    texts = pa.LargeStringArray.from_buffers(len(counts), *counts.column.buffers()[1:])
    found = words.grapheme_boundaries(texts)
    number = np.diff(found.ends)
    table = Table()
    stops = found.stops + np.repeat(counts.offsets[:-1], number)
    table.add(counts.data, stops, np.zeros(len(stops), np.int32), np.repeat(counts.counts, number))
    ends = table.offsets.tolist()
    data, amounts = table.data.tobytes(), table.counts.tolist()
    times: Counter[str] = Counter()
    for (a, b), n in zip(pairwise(ends), amounts, strict=True):
        times[data[a:b].decode("utf-8", "ignore")] += n  # several may be one when what is no UTF-8 is left out
    return dict(sorted((piece, n) for piece, n in times.items() if piece))
