"""Unigram language models from counts: pieces with probabilities, of which a text takes the likeliest cut.

    from ginbon.tokenizers.counts import read
    from ginbon.tokenizers.unigram import learn

    Path("tokenizer.model").write_bytes(learn(read(Path("counts.parquet")), 32_000).model())

Both names are imported when they are first used, so that a kernel is compiled without the others.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ginbon.tokenizers.unigram.learning import Unigram, learn

__all__ = ["Unigram", "learn"]


def __getattr__(name: str) -> Any:
    if name in __all__:
        from ginbon.tokenizers.unigram import learning

        return getattr(learning, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
