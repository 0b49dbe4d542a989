r"""Fertility: how many tokens a word costs.

tokens / words, over all documents together. Unit: tokens per word. Range: 0 upwards (below 1 only where tokens span
words). Lower is cheaper, if and only if little is lost: read it with ``unknown-rate``, ``lost-text`` and
``round-trip``. Tokens of punctuation and blanks count; punctuation is no word. Words are those of
``ginbon.filters.words``; by white space alone Thai would have 12 tokens a "word".

By hand: "The cat sat." is 3 words; cut as The| cat| sat|. it has 4 tokens: 4 / 3 = 1.333.

Source: Rust et al. 2021 (arXiv 2012.15613), who take words as a treebank gives them.
"""

from ginbon.tokenizers.metrics.metric import Ratio

METRIC = Ratio("fertility", "tokens", "words", "tokens per word", "lower")
