r"""Morpheme precision: the share of cuts inside words that lie between morphemes.

places inside a word of a gold segmentation where a token begins and a morpheme too / places where a token begins. Unit:
share. Range: 0 to 1. Higher is better. Beside ``morpheme-alignment``, which a cut at every letter would bring to 1.

By hand: "aldiz" (aldi + z) cut as al|di|z is cut twice, once between morphemes: 1 / 2 = 0.5.
"""

from ginbon.tokenizers.metrics.metric import Ratio

METRIC = Ratio("morpheme-precision", "gold_hits", "gold_cuts", "share of cuts", "higher")
