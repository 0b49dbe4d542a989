r"""Byte premium: how many bytes of UTF-8 a language needs for what the pivot says in one.

bytes / bytes of the pivot, over the lines that both have. Unit: bytes per byte of the pivot. Range: 0 upwards; 1 for
the pivot itself. Neither direction is better: no tokenizer changes it. It is what a tokenizer without merges
(``bytes``) would charge, so a premium above it comes from the vocabulary and not from UTF-8. Only on parallel text.

By hand: "India is a vast country." has 24 bytes, its Hindi translation of 21 code points 55: 55 / 24 = 2.292.

Source: Arnett et al. 2024 (arXiv 2403.00686).
"""

from ginbon.tokenizers.metrics.metric import Ratio

METRIC = Ratio("byte-premium", "bytes", "pivot_bytes", "bytes per byte of the pivot", "neither")
