r"""Byte fallback rate: the share of tokens that are a single byte of a character of several bytes.

tokens that are one byte from 0x80 up / tokens. Unit: share. Range: 0 to 1; 1 for ``bytes`` on Thai. Lower is better:
such a token means nothing by itself, and a character costs two to four of them. Byte fallback of SentencePiece and
single bytes of byte-level BPE count alike; a line end written as <0x0A> is a whole character and does not count.

By hand: "aé" cut as a|<0xC3>|<0xA9> has 3 tokens of which 2 are lone bytes: 2 / 3 = 0.667.
"""

from ginbon.tokenizers.metrics.metric import Ratio

METRIC = Ratio("byte-fallback-rate", "lone_bytes", "tokens", "share of tokens", "lower")
