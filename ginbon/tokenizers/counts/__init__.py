"""Counts of pre-tokens: made from text once, merged, reweighted, shared, and trained from as often as one likes.

from ginbon.tokenizers import Reading, find
from ginbon.tokenizers.counts import Counts, count, read, write

counts = count(Reading(find(["corpus.jsonl.zst"])), threads=2)
write(counts.thresholded(5), Path("ours.parquet"))
both = Counts.merge([counts, read(Path("theirs.parquet"))])
"""

from __future__ import annotations

from ginbon.tokenizers.counts.arrays import Stratum
from ginbon.tokenizers.counts.counting import Counter, count
from ginbon.tokenizers.counts.counts import Counts
from ginbon.tokenizers.counts.file import read, write
from ginbon.tokenizers.counts.graphemes import graphemes
from ginbon.tokenizers.counts.pile import add_up, thresholded
from ginbon.tokenizers.counts.runs import Bounds

__all__ = ["Bounds", "Counter", "Counts", "Stratum", "add_up", "count", "graphemes", "read", "thresholded", "write"]
