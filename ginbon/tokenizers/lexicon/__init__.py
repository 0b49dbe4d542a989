"""The cost of a culture's own words: names, places, foods, kin terms, proverbs, in running text.

from ginbon.tokenizers import Reading, find, load
from ginbon.tokenizers.lexicon import charge_lexicon, read_lexicon

cost = charge_lexicon([load("o200k_base")], read_lexicon("terms.tsv"), Reading(find(["corpus.jsonl"])))
"""

from __future__ import annotations

from ginbon.tokenizers.lexicon.charging import charge_lexicon
from ginbon.tokenizers.lexicon.results import Category, Charged, LexiconCost, Present
from ginbon.tokenizers.lexicon.terms import Lexicon, Term, read_lexicon

__all__ = ["Category", "Charged", "Lexicon", "LexiconCost", "Present", "Term", "charge_lexicon", "read_lexicon"]
