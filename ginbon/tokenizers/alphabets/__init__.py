"""Alphabets: the graphemes that a tokenizer never cuts.

from ginbon.tokenizers.alphabets import alphabet
from ginbon.tokenizers.bpe.training import train_bpe

train_bpe(counts, 32_000, alphabet=alphabet(counts))
"""

from __future__ import annotations

from ginbon.tokenizers.alphabets.alphabet import alphabet
from ginbon.tokenizers.alphabets.characters import characters
from ginbon.tokenizers.alphabets.equivalents import equivalents
from ginbon.tokenizers.alphabets.likely import likely
from ginbon.tokenizers.alphabets.names import names
from ginbon.tokenizers.alphabets.relatives import carried, relatives

__all__ = ["alphabet", "carried", "characters", "equivalents", "likely", "names", "relatives"]
