r"""Bytes per token: how much text a token carries.

bytes of UTF-8 / tokens. Unit: bytes per token. Range: 0 upwards; 1 for the tokenizer ``bytes``. Higher is more thrifty
within one language. Never rank languages by it: scripts of three bytes a character get more for the same text.

By hand: "The cat sat." has 12 bytes; cut as The| cat| sat|. it has 4 tokens: 12 / 4 = 3.
"""

from ginbon.tokenizers.metrics.metric import Ratio

METRIC = Ratio("bytes-per-token", "bytes", "tokens", "bytes per token", "higher")
