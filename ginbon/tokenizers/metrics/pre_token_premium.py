r"""Pre-token premium: how many pre-tokens a language is split into where the pivot is split into one.

pre-tokens / pre-tokens of the pivot, over the lines that both have. Unit: pre-tokens per pre-token of the pivot. Range:
0 upwards; 1 for the pivot itself. Lower is better: it is the premium that would remain if every pre-token of both
languages were one token. Only on parallel text, and only for tokenizers with a split pattern.

By hand: a Hindi line is split into 15 pre-tokens, the pivot's into 6: 15 / 6 = 2.5.
"""

from ginbon.tokenizers.metrics.metric import Ratio

METRIC = Ratio("pre-token-premium", "pre_tokens", "pivot_pre_tokens", "pre-tokens per pre-token of the pivot", "lower")
