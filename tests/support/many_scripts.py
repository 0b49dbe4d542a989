"""Real text in eighteen scripts, some of which put nothing between words."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
from trusted import ntrex

from ginbon.filters import words as segmentation

SCRIPTS = (
    "eng_Latn",
    "vie_Latn",
    "yor_Latn",
    "rus_Cyrl",
    "arb_Arab",
    "hin_Deva",
    "tam_Taml",
    "tha_Thai",
    "mya_Mymr",
    "khm_Khmr",
    "lao_Laoo",
    "bod_Tibt",
    "amh_Ethi",
    "jpn_Jpan",
    "zho_Hans",
    "kor_Kore",
    "kat_Geor",
    "div_Thaa",
)


def news(shared_data: Path) -> dict[str, str]:
    """All of a language's news as one text, by the source's name."""
    return {t.name: " ".join(t.documents) for t in ntrex(shared_data) if t.name in SCRIPTS}


def beginning(text: str, words: int) -> tuple[str, list[tuple[int, int]]]:
    """A text's beginning of so many words, and where its words are, in bytes."""
    found = segmentation.boundaries(pa.array([text[:20_000]], pa.large_string()))
    stop = int(found.stops[words - 1])
    spans = list(zip(found.starts[:words].tolist(), found.stops[:words].tolist(), strict=True))
    return text.encode()[:stop].decode(), spans
