"""Which languages are taken for which: the identifier's mistakes on text whose language is known, and known neighbours.

Sentences are asked for, not documents: what is told apart in a page is mistaken in a headline or a comment.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Final

import pyarrow as pa

from ginbon.filters.identifiers.base import Identifier
from ginbon.filters.identify import Identify
from ginbon.languages import codes
from ginbon.languages.pack import Confusable

LEAST_SHARE: Final = 0.02
"""Of the sentences of one language that were taken for another, before the two are neighbours."""

MIN_SENTENCES: Final = 50
MOST: Final = 8

LISTED: Final = (
    ("hrv_Latn", "bos_Latn", "srp_Latn", "cnr_Latn"), ("ind_Latn", "zsm_Latn"),
    ("hin_Deva", "anp_Deva", "mai_Deva", "bho_Deva"), ("cmn_Hans", "wuu_Hans"), ("cmn_Hant", "yue_Hant"),
    ("arb_Arab", "arz_Arab", "ary_Arab", "apc_Arab", "acm_Arab", "ars_Arab", "aeb_Arab"),
    ("nob_Latn", "nno_Latn", "dan_Latn"), ("tir_Ethi", "tig_Ethi", "amh_Ethi"), ("swh_Latn", "swc_Latn"),
)  # fmt: skip
"""Neighbours that every identifier mistakes (the literature's sets), whether or not this one was measured on them."""


def confusions(sentences: Mapping[str, Sequence[str]], identifier: Identifier) -> dict[str, list[Confusable]]:
    """For each label the languages that its sentences are taken for, or whose sentences are taken for it."""
    step = Identify(identifier, tuple(sorted(sentences)))
    taken: dict[tuple[str, str], tuple[float, int]] = {}
    for label, texts in sorted(sentences.items()):
        if len(texts) < MIN_SENTENCES:
            continue
        answers = step(pa.RecordBatch.from_pydict({"text": pa.array(texts, pa.large_string())}))
        for answer, times in Counter(answers.column("language").to_pylist()).items():
            if answer not in ("und", label) and times >= LEAST_SHARE * len(texts):
                taken[label, answer] = (times / len(texts), len(texts))
    found: dict[str, list[Confusable]] = {}
    for label in sentences:
        near = {other for pair in taken if label in pair for other in pair if other != label}
        ranked = [_measured(label, other, taken) for other in near if not codes.same(label, other)]
        ranked.sort(key=lambda c: (-(c.share or 0.0), c.label))
        known = {c.label for c in ranked}
        listed = [other for group in LISTED if label in group for other in group if other not in (label, *known)]
        more = [Confusable(label=other, how="known to be near, not measured") for other in listed]
        found[label] = [*ranked[:MOST], *more]
    return found


def _measured(label: str, other: str, taken: Mapping[tuple[str, str], tuple[float, int]]) -> Confusable:
    there, n = taken.get((label, other), (0.0, 0))
    back, m = taken.get((other, label), (0.0, 0))
    said = f"{n:,} sentences of it taken for {other}" if there >= back else f"{m:,} sentences of {other} taken for it"
    return Confusable(label=other, share=round(max(there, back), 3), how=said)
