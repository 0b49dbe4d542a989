r"""Unknown rate: the share of tokens that say only "something was here".

unknown tokens / tokens. Unit: share. Range: 0 to 1. Must be near 0, or every other figure is worthless: a tokenizer
that has never seen a script turns whole words into one unknown token and looks four times thriftier than English.

By hand: "cat ☃" cut as cat| |<unk> has 3 tokens of which 1 is unknown: 1 / 3 = 0.333.
"""

from ginbon.tokenizers.metrics.metric import Ratio

METRIC = Ratio("unknown-rate", "unknown", "tokens", "share of tokens", "lower")
