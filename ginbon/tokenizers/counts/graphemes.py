"""The graphemes that counts hold, and how often each occurs: what an alphabet is chosen from."""

from __future__ import annotations

from collections import Counter

from ginbon.tokenizers.counts.counts import Counts


def graphemes(counts: Counts) -> dict[str, int]:
    """Each grapheme of the pre-tokens and how often it occurs, over all languages and sources; by code points.

    Graphemes are those of ``ginbon.filters.words``, inside a pre-token: a pattern that cuts one has its parts here.
    What is no UTF-8 is left out.
    """
    pieces, types = counts.spelling
    times: Counter[str] = Counter()
    for piece, n in zip(pieces, types.occurrences.tolist(), strict=True):
        times[piece] += n  # several may be one when what is no UTF-8 is left out
    return dict(sorted((piece, n) for piece, n in times.items() if piece and n))
