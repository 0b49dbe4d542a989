r"""Round trip: the share of documents that come back from their tokens exactly.

documents whose decoded tokens are the very text / documents. Unit: share. Range: 0 to 1. Higher is better; below 1 a
model trained on the tokens never sees some of what was written (zero-width characters, spaces, line ends, forms).
One character is enough to fail, so longer documents fail more often.

By hand: of "a b" and "a  b", a tokenizer that squeezes spaces gives back the first alone: 1 / 2 = 0.5.
"""

from ginbon.tokenizers.metrics.metric import Ratio

METRIC = Ratio("round-trip", "exact", "documents", "share of documents", "higher")
