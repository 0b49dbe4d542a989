r"""Changed characters: the share of the text that a tokenizer's normalisation changes.

code points changed, dropped or added / code points. Unit: share of code points. Range: 0 upwards; above 1 only where a
normaliser writes out more than was there. Lower is better. The kinds are those of ``changed-by-normalisation``.

By hand: "ﬁn" has 2 code points, of which a compatibility form (NFKC) changes one: fin: 1 / 2 = 0.5.
"""

from ginbon.tokenizers.metrics.metric import Ratio

METRIC = Ratio("changed-chars", "changed_chars", "chars", "changed code points per code point", "lower")
