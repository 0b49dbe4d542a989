r"""Morphemes dropped: the share of words of a gold segmentation that are not cut, of which alignment says nothing.

words of several morphemes inside which no token begins / words of several morphemes. Unit: share. Range: 0 to 1.
Neither direction is better by itself; the higher it is, the fewer words ``morpheme-alignment`` is about.

By hand: of "aldiz" cut as al|diz, cut as aldi|z, and whole, one of three is dropped: 1 / 3 = 0.333.
"""

from ginbon.tokenizers.metrics.metric import Ratio

METRIC = Ratio("morphemes-dropped", "gold_whole_words", "gold_words", "share of words", "neither")
