r"""Character cuts: the share of boundaries between tokens that lie inside a code point.

boundaries inside a code point / boundaries between two tokens of a document. Unit: share. Range: 0 to 1. Lower is
better: on either side of such a boundary stands no text at all, and a model that stops there has written no character.
A tokenizer without byte fallback has none, and loses what it does not know instead. Documents in which it is not known
where tokens begin are left out.

By hand: cl100k cuts "भारत एक विशाल देश है।" at 22 places, of which 10 lie between the bytes of one character:
10 / 22 = 0.455.
"""

from ginbon.tokenizers.metrics.metric import Ratio

METRIC = Ratio("char-cuts", "char_cuts", "boundaries", "share of boundaries", "lower")
