r"""Split floor: the fertility that no vocabulary of this split pattern can go below.

pre-tokens / words. Unit: pre-tokens per word. Range: 0 upwards. Lower is better. The split pattern cuts text before any
vocabulary is looked at, and no token spans two pre-tokens: tokens per word can be brought down to this by adding
tokens, and no further. Punctuation and blanks that stand alone are pre-tokens too, so 1.1 to 1.2 is as low as it goes
where words have spaces. None for tokenizers that cut nothing beforehand (SentencePiece models, Gemma): they have no
such floor. Text that normalisation changes is counted as it is changed.

By hand: "भारत एक विशाल देश है।" has 5 words. The pattern of Llama 3 takes letters only, so that every vowel sign begins
a pre-token: भ|ारत| एक| व|िश|ाल| द|ेश| ह|ै।: 10 / 5 = 2; o200k's takes marks with them: 6 / 5 = 1.2.
"""

from ginbon.tokenizers.metrics.metric import Ratio

METRIC = Ratio("split-floor", "pre_tokens", "words", "pre-tokens per word", "lower")
