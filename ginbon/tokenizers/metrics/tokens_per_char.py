r"""Tokens per character: fertility where a word is not the question.

tokens / code points. Unit: tokens per code point. Range: 0 upwards; 1 for the tokenizer ``chars``. Lower is cheaper
within one language, if little is lost; it needs no segmentation into words. Languages differ in how much a character
says, so it ranks tokenizers, never languages.

By hand: "भारत एक विशाल देश है।" has 21 code points; o200k has 6 tokens for it: 6 / 21 = 0.286.
"""

from ginbon.tokenizers.metrics.metric import Ratio

METRIC = Ratio("tokens-per-char", "tokens", "chars", "tokens per code point", "lower")
