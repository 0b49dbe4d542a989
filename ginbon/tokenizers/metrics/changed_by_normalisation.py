r"""Changed by normalisation: the share of documents of which something else is encoded than what was written.

documents whose normal form is not the very text / documents. Unit: share. Range: 0 to 1. Lower is better: what a
tokenizer changes before it encodes, a model never sees. A space made up before a text is no change (it is named as an
oddity). By what kind of change, in code points: the counts ``composed_chars``, ``zero_width_chars``, ``spaces_chars``,
``case_chars``, ``compatibility_chars``, ``marks_chars`` and ``other_chars``. What the vocabulary does not know is lost
later: see ``lost-text``.

By hand: of "Ab" and "ab", a tokenizer that folds case changes the first: 1 / 2 = 0.5 (``case_chars`` is 1).
"""

from ginbon.tokenizers.metrics.metric import Ratio

METRIC = Ratio("changed-by-normalisation", "changed", "documents", "share of documents", "lower")
