"""Write any tokenizer in every format that can hold it, and prove it id by id.

    from ginbon.tokenizers.export import check, export

    export("o200k_base", "out/o200k")      # tokenizer.json and .tiktoken, fixtures, hashes, a README
    assert check("out/o200k").ok

``ByteBpe`` is the one form of a byte-level BPE tokenizer, however its file says it.
"""

from __future__ import annotations

from ginbon.tokenizers.export.checking import Checked, check
from ginbon.tokenizers.export.exporting import Export, export
from ginbon.tokenizers.export.huggingface import tokenizer_json
from ginbon.tokenizers.export.ranks import RankFile, rank_file
from ginbon.tokenizers.export.readers import from_ranks, from_tekken, from_tokenizer_json
from ginbon.tokenizers.export.source import AddedToken, ByteBpe

__all__ = [
    "AddedToken",
    "ByteBpe",
    "Checked",
    "Export",
    "RankFile",
    "check",
    "export",
    "from_ranks",
    "from_tekken",
    "from_tokenizer_json",
    "rank_file",
    "tokenizer_json",
]
