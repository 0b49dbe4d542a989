"""Unigram language models from counts: pieces with probabilities, of which a text takes the likeliest cut.

from ginbon.tokenizers.counts import read
from ginbon.tokenizers.unigram import learn

Path("tokenizer.model").write_bytes(learn(read(Path("counts.parquet")), 32_000).model())
"""

from __future__ import annotations

from ginbon.tokenizers.unigram.learning import Unigram, learn

__all__ = ["Unigram", "learn"]
