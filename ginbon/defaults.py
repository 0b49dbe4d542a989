"""What a tokenizer is trained with where nobody says: the same in commands, recipes and Python.

Nothing is imported here, since commands show these before anything heavy is loaded.
"""

from __future__ import annotations

from typing import Final

VOCABULARY: Final = 32_000

SIZES: Final = (8_000, 16_000, 32_000, 64_000)
"""Vocabularies of a sweep."""

BALANCE: Final = 0.3
"""As for XLM-R (Conneau et al. 2020): with 1 small languages get hardly a token, with 0 their noise gets many."""

COVERAGE: Final = 0.9999
"""Share of the text's characters that get tokens of their own, as SentencePiece has it for languages with many."""

UNSEEN: Final = 2_000
"""Graphemes that were not seen and are likely, in an alphabet of the language."""

WITHIN: Final = 0.05
"""A twentieth of the tokens: about what the last doubling of a vocabulary buys, for half of the embedding."""
