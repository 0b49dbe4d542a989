r"""Byte fragment rate: the share of tokens that are no text by themselves.

tokens whose bytes are no valid UTF-8 / tokens. Unit: share. Range: 0 to 1. Lower is better: such a token begins or ends
inside a character. Single bytes (``byte-fallback-rate``) are among them, and so are longer ones: the first two bytes of
a Devanagari letter, or a letter with the first byte of the next.

By hand: "aक" is 61 E0 A4 95; cut as 61 E0|A4 95 both of its 2 tokens are fragments: 2 / 2 = 1; cut as a|E0 A4|95 it is
2 of 3.
"""

from ginbon.tokenizers.metrics.metric import Ratio

METRIC = Ratio("byte-fragment-rate", "fragments", "tokens", "share of tokens", "lower")
