r"""Context words, 128k: how many words of a language a context of 131,072 tokens holds.

131072 x words / tokens: sixteen times ``context-words``. Unit: words in 131,072 tokens. Range: 0 upwards. Higher is
better.

By hand: "The cat sat." has 3 words; cut as The| cat| sat|. it has 4 tokens: 131072 x 3 / 4 = 98304.
"""

from ginbon.tokenizers.metrics.context_words import ContextWords

METRIC = ContextWords("context-words-128k", 131_072)
