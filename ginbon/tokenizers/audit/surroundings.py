"""Text around a token: whether a split pattern that cuts a token's text alone leaves it whole inside other text.

A mark and the letter behind it are cut where nothing stands before them, and whole behind a letter. So every token that
its own pattern cuts is tried again between letters (one of its own, and Latin ones that end contractions), signs,
digits, spaces and line ends.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

import numpy as np
import pyarrow as pa

from ginbon.tokenizers.protocol import TextColumn, Tokenizer

_LETTERS: Final = "astm"
_OTHERS: Final = "; \n1"


def whole_in(tokenizer: Tokenizer, texts: Sequence[str]) -> dict[int, str]:
    """For each text (by its place) that the pattern leaves whole somewhere: the first surroundings where it does."""
    tried = [(n, before, after) for n, text in enumerate(texts) for before, after in _surroundings(text)]
    column = TextColumn(pa.array([before + texts[n] + after for n, before, after in tried], pa.large_string()))
    cut = tokenizer.pre_tokens(column)
    if cut is None or not tried:
        return {}
    begin = column.offsets[:-1] + np.array([len(before.encode()) for _, before, _ in tried], np.int64)
    end = column.offsets[1:] - np.array([len(after.encode()) for _, _, after in tried], np.int64)
    begin, end = (place - column.offsets[:-1] + cut.texts.offsets[:-1] for place in (begin, end))
    whole = np.searchsorted(cut.starts, begin, "right") == np.searchsorted(cut.starts, end, "left")
    found: dict[int, str] = {}
    for row in np.flatnonzero(whole).tolist():
        n, before, after = tried[row]
        if cut.texts.strings[row] == column.strings[row]:  # else places have moved
            found.setdefault(n, f"{before}{texts[n]}{after}")
    return found


def _surroundings(text: str) -> Iterator[tuple[str, str]]:
    own = next((c for c in text if c.isalpha()), "a")
    for letter in dict.fromkeys(own + _LETTERS):
        yield from ((letter, ""), ("", letter), (letter, letter))
    for other in _OTHERS:
        yield from ((other, ""), ("", other))
    yield ";", own
