r"""Grapheme cuts: the share of boundaries between tokens that cut what readers take for one character.

boundaries inside a grapheme / boundaries between two tokens of a document. Unit: share. Range: 0 to 1. Lower is better:
a vowel sign that is cut from its consonant, or a flag from its half, is no unit of the writing system. Graphemes are
the extended grapheme clusters of UAX #29 as of Unicode 16 (since 15.1 an Indic conjunct is one). Cuts inside a code
point (``char-cuts``) are among them. Documents in which it is not known where tokens begin are left out.

By hand: "भारत एक विशाल देश है।" is cut by cl100k into 23 tokens, so at 22 places, of which 15 are no boundary of a
grapheme: 15 / 22 = 0.682; Llama 3: 5 / 9 = 0.556; o200k: 0 / 5 = 0.

Source: UAX #29 (Unicode 16), extended grapheme clusters.
"""

from ginbon.tokenizers.metrics.metric import Ratio

METRIC = Ratio("grapheme-cuts", "grapheme_cuts", "boundaries", "share of boundaries", "lower")
