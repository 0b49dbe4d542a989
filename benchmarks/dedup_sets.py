"""The sets of ``benchmarks/dedup.py``, with what is known of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pyarrow.parquet as pq
from _common import ROOT, claim
from judging import Pairs
from planted import Planted, Recipe, all_pairs, labels_of, part
from shingled import Shingles, shingle

CACHE: Final = ROOT / ".cache" / "dedup"

SAMPLE: Final = 0.05
"""Share of the mixed set that ``datatrove-as-is`` gets."""

TRUTHS: Final = {"mixed": "planted pairs", "sample": "planted pairs"}
"""What is known of a set where it is not every pair."""


@dataclass
class Known:
    """A set and what is known of it; ``few`` are some documents of each of its languages."""

    planted: Planted
    few: Planted
    shingles: Shingles
    truth: Pairs
    copies: Pairs
    short: Pairs

    @property
    def name(self) -> str:
        """What it is called in the claims."""
        return str(self.planted.facts["name"])


def recipes() -> dict[str, Recipe]:
    """The sets."""
    return {
        "pt": Recipe("pt", ("por_Latn",)),
        "hi": Recipe("hi", ("hin_Deva",)),
        "ja": Recipe("ja", ("jpn_Jpan",)),
        "mixed": Recipe("mixed", tuple(labels_of()), originals=180_000, pieces=True),
    }


def known(planted: Planted, name: str) -> Known:
    """Shingles and true pairs of a set."""
    planted.facts["name"] = name
    pairs = planted.pairs()
    is_short = pairs["kind"] == "short"  # no shingles
    copies, short = (
        Pairs(*(pairs[key][rows] for key in ("copy", "original", "jaccard", "alone"))) for rows in (~is_short, is_short)
    )
    truth = copies
    if name not in TRUTHS:
        left, right, jaccard = all_pairs(planted)
        truth = Pairs(left, right, jaccard, np.zeros(len(left), bool))
    return Known(planted, few(planted), shingle(planted.texts()), truth, copies, short)


def few(planted: Planted) -> Planted:
    """The first twenty documents of a set, or one of each of its languages: what a tool takes to start with them."""
    languages = pq.read_table(planted.path, columns=["language"]).column("language").combine_chunks()
    codes = languages.indices.to_numpy()
    each = max(1, 20 // len(planted.facts["languages"]))
    chosen = np.zeros(len(codes), bool)
    for code in np.unique(codes):
        chosen[np.flatnonzero(codes == code)[:each]] = True
    return part(planted, chosen, CACHE, "few")


def sample(planted: Planted) -> Planted:
    """Some originals of the mixed set with all their copies."""
    pairs = planted.pairs()
    head = np.arange(planted.facts["documents"])
    head[pairs["copy"]] = pairs["original"]
    chosen = np.random.default_rng(1).random(len(head))[head] < SAMPLE
    return part(planted, chosen, CACHE, "sample")


def of_set(whole: Known) -> Iterator[dict[str, Any]]:
    """What a set is."""
    facts = whole.planted.facts
    about = f"{facts['megabytes']:.1f} MB, {facts['pairs']:,} planted copies, sha256 {facts['sha256'][:16]}"
    bar = 200_000 if whole.name == "mixed" else None
    yield claim(f"dedup: {whole.name} documents", facts["documents"], "documents", bar, note=about)
    if whole.name == "mixed":
        scripts = facts["scripts"]
        yield claim("dedup: mixed scripts", len(scripts), "scripts", 10, note=" ".join(scripts))
