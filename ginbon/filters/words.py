"""What a word is, in any language: the one segmentation that signals, shingles, fertility and statistics share.

Words follow UAX #29 (letters, marks and digits; apostrophes and full stops between letters, separators between digits);
marks are never lost. Thai, Lao, Khmer, Burmese, Chinese and Japanese runs are cut by ICU's dictionaries; scripts
without spaces and without a dictionary (Yi, Tai Tham, Javanese ...) by syllables. Tibetan syllables end at the tsheg,
Ethiopic words at the wordspace. A run of punctuation, symbols or emoji is no word.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from ginbon.filters import _segment


@dataclass(frozen=True)
class Boundaries:
    """Words of an array of texts: those of text ``row`` are ``ends[row]`` to ``ends[row + 1]``.

    ``starts`` and ``stops`` are bytes from the beginning of the text they are in; all three are int64.
    """

    ends: Any
    starts: Any
    stops: Any


def boundaries(texts: pa.Array, language: str = "und") -> Boundaries:
    """Where every word of every text begins and stops. A null has no words.

    ``language`` (``tha_Thai``) is part of the contract; today the script of each run decides alone.
    """
    held = _segment.buffers(texts)
    scanned = _segment.scan(held, spans=True)
    total = int(scanned.word_ends[-1])
    base = held.offsets[:-1].repeat(scanned.word_ends[1:] - scanned.word_ends[:-1])
    return Boundaries(
        ends=scanned.word_ends,
        starts=scanned.spans[: 2 * total : 2] - base,
        stops=scanned.spans[1 : 2 * total : 2] - base,
    )


def words(text: str, language: str = "und") -> list[str]:
    """The words of one text, for people and tests."""
    encoded = text.encode("utf-8", "replace")
    found = boundaries(pa.array([encoded.decode("utf-8")], pa.large_string()), language)
    return [encoded[a:b].decode("utf-8") for a, b in zip(found.starts.tolist(), found.stops.tolist(), strict=True)]


def count(texts: pa.Array, language: str = "und") -> Any:
    """int64 per text: how many words it has; 0 for a null."""
    ends = _segment.scan(_segment.buffers(texts)).word_ends
    return ends[1:] - ends[:-1]
