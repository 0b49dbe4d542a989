r"""Morpheme alignment: the share of places between morphemes at which a word that is cut is cut.

places between two morphemes of a word at which a token begins / places between two morphemes, over the words of a gold
segmentation that are cut at all. Unit: share. Range: 0 to 1. Higher is better, though its link to how well models do is
weak (Arnett et al. 2025, arXiv 2507.06378). Words that are one token are dropped: ``morphemes-dropped`` says how many,
and must be shown beside it. Where a word has one such place, this is the recall of MorphScore; words with several weigh
by their places. A tokenizer that cuts everywhere reaches 1: read ``morpheme-precision`` too.

By hand: "aldiz" (aldi + z) cut as al|diz misses its place, cut as aldi|z hits it, and whole it is dropped: of the two
that are cut, 1 / 2 = 0.5.

Source: MorphScore v1 (Arnett and Bergen 2025, arXiv 2411.14198).
"""

from ginbon.tokenizers.metrics.metric import Ratio

METRIC = Ratio("morpheme-alignment", "gold_hits", "gold_seams", "share of places between morphemes", "higher")
