r"""Premium: how many tokens a language needs for what the pivot says in one.

tokens / tokens of the pivot, over the lines that both have: a ratio of sums, not a mean of ratios. Unit: tokens per
token of the pivot. Range: 0 upwards; 1 for the pivot itself. Lower is cheaper for the language, if and only if little
is lost: read it with ``unknown-rate``, ``lost-text`` and ``round-trip``. The pivot moves too: a tokenizer that is dear
in the pivot looks fair in all others, so compare tokenizers by their tokens and languages by their premium.
Only on parallel text; None elsewhere.

By hand: "India is a vast country." has 6 tokens, its Hindi translation 23: 23 / 6 = 3.833.

Source: Petrov et al. 2023 (arXiv 2305.15425).
"""

from ginbon.tokenizers.metrics.metric import Ratio

METRIC = Ratio("premium", "tokens", "pivot_tokens", "tokens per token of the pivot", "lower")
