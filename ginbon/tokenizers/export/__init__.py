"""Write any tokenizer in every format that can hold it, and prove it id by id.

``ByteBpe`` is the one form of a byte-level BPE tokenizer, however its file says it.
"""

from __future__ import annotations

from ginbon.tokenizers.export.huggingface import tokenizer_json
from ginbon.tokenizers.export.ranks import RankFile, rank_file
from ginbon.tokenizers.export.readers import from_ranks, from_tekken, from_tokenizer_json
from ginbon.tokenizers.export.source import AddedToken, ByteBpe

__all__ = [
    "AddedToken",
    "ByteBpe",
    "RankFile",
    "from_ranks",
    "from_tekken",
    "from_tokenizer_json",
    "rank_file",
    "tokenizer_json",
]
