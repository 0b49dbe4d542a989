r"""Premium floor: the premium that no vocabulary of this split pattern can go below.

pre-tokens / tokens of the pivot, over the lines that both have. Unit: pre-tokens per token of the pivot. Range: 0
upwards. A pre-token costs at least one token, so however many tokens are added for the language, its premium stays
above this while the pivot's tokens are what they are. Lower is better. Only on parallel text, and only for tokenizers
with a split pattern.

By hand: a pattern that cuts at marks splits a Hindi line into 15 pre-tokens; the pivot's line has 6 tokens:
15 / 6 = 2.5.
"""

from ginbon.tokenizers.metrics.metric import Ratio

METRIC = Ratio("premium-floor", "pre_tokens", "pivot_tokens", "pre-tokens per token of the pivot", "lower")
