r"""Characters per token: how much text a token carries, whatever UTF-8 makes of the script.

code points / tokens. Unit: code points per token. Range: 0 upwards; 1 for the tokenizer ``chars``. Higher is more
thrifty within one language; scripts that write a syllable with one character (Chinese, Ethiopic) have less by nature.

By hand: "नमस्ते" has 6 code points (18 bytes); cut as नम|स्ते it has 2 tokens: 6 / 2 = 3.
"""

from ginbon.tokenizers.metrics.metric import Ratio

METRIC = Ratio("chars-per-token", "chars", "tokens", "code points per token", "higher")
