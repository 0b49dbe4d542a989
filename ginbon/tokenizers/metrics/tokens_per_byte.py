r"""Tokens per byte: what a tokenizer leaves of the sequence that UTF-8 would be.

tokens / bytes of UTF-8. Unit: tokens per byte. Range: 0 upwards; 1 for the tokenizer ``bytes``. Lower is cheaper within
one language, if little is lost. The inverse of ``bytes-per-token``; never rank languages by it.

By hand: "भारत एक विशाल देश है।" has 55 bytes; o200k has 6 tokens for it: 6 / 55 = 0.109.
"""

from ginbon.tokenizers.metrics.metric import Ratio

METRIC = Ratio("tokens-per-byte", "tokens", "bytes", "tokens per byte", "lower")
