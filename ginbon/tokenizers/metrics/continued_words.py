r"""Continued words: the share of words that are cut.

words inside which a token begins / words, over the documents in which it is known where tokens begin. Unit: share.
Range: 0 to 1. Lower means that more words are kept whole. A token may begin before a word (with its space) or go on
after it: only a beginning inside counts. Words stand in their text as they are written there, not one by one.

By hand: "The cat sat." cut as The| ca|t| sat|. has 3 words of which one (cat) is cut: 1 / 3 = 0.333.

Source: Rust et al. 2021 (arXiv 2012.15613), proportion of continued words.
"""

from ginbon.tokenizers.metrics.metric import Ratio

METRIC = Ratio("continued-words", "cut_words", "placed_words", "share of words", "lower")
