r"""Single-token words: the share of words that survive as one token.

words that are a token of their own / words, over the documents in which it is known where tokens begin. Unit: share.
Range: 0 to 1. Higher means that more words have a meaning of their own in the model. The token may hold a space or
punctuation beside the word, but no other word: a token that spans two is neither's own. A word that became an unknown
token has not survived. So this and ``continued-words`` add up to 1 only where neither happens.

By hand: "The cat sat." cut as The| ca|t| sat|. has 3 words of which two (The, sat) are one token: 2 / 3 = 0.667.
"""

from ginbon.tokenizers.metrics.metric import Ratio

METRIC = Ratio("single-token-words", "whole_words", "placed_words", "share of words", "higher")
