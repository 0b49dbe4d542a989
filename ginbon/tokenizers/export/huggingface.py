"""Write a ``ByteBpe`` as Hugging Face's ``tokenizer.json``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import accumulate, pairwise
from operator import itemgetter
from typing import Any, Final

import numpy as np
import orjson

from ginbon.errors import UserError
from ginbon.tokenizers.backends.huggingface import BYTE_OF
from ginbon.tokenizers.export.source import AddedToken, ByteBpe

_TO_CHARS: Final = {b: c for c, b in BYTE_OF.items()}
_BYTE_LEVEL: Final = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": False}


def tokenizer_json(source: ByteBpe) -> bytes:
    """The file: every pair that spells a piece as a merge, and whole pre-tokens looked up first, as ranks mean it.

    Special tokens stand in the vocabulary too where their ids are not the ones behind it: the library numbers added
    tokens anew otherwise. Equal sources give equal bytes.
    """
    tokens = _spelt(source.pieces)
    vocabulary = dict(source.unused) | dict(zip(tokens, source.ids.tolist(), strict=True))
    if clash := next((token.text for token in source.added if token.text in vocabulary), None):
        raise UserError(f"{source.origin}: the added token {clash!r} is spelt like a token of the vocabulary")
    if not _behind(vocabulary, source):
        vocabulary |= {token.text: token.id for token in source.added}
    model = {
        "type": "BPE",
        "dropout": None,
        "unk_token": None,
        "continuing_subword_prefix": None,
        "end_of_word_suffix": None,
        "fuse_unk": False,
        "byte_fallback": False,
        "ignore_merges": source.ignore_merges,
        "vocab": dict(sorted(vocabulary.items(), key=itemgetter(1))),
        "merges": _merges(tokens, source),
    }
    file = {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": [_entry(token) for token in source.added],
        "normalizer": {"type": source.normalisation} if source.normalisation else None,
        "pre_tokenizer": {
            "type": "Sequence",
            "pretokenizers": [*(_split(pattern) for pattern in source.patterns), _BYTE_LEVEL],
        },
        "post_processor": source.post_processor or {**_BYTE_LEVEL, "trim_offsets": False},
        "decoder": {**_BYTE_LEVEL, "use_regex": True},
        "model": model,
    }
    return orjson.dumps(file)


def _spelt(pieces: Sequence[bytes]) -> list[str]:
    """The characters that stand for the bytes of each piece."""
    text = b"".join(pieces).decode("latin-1").translate(_TO_CHARS)
    ends = list(accumulate(map(len, pieces), initial=0))
    return [text[begin:end] for begin, end in pairwise(ends)]


def _merges(tokens: list[str], source: ByteBpe) -> list[str]:
    column = np.array(tokens, object)
    joined: list[str] = (column[source.pairs[:, 0]] + " " + column[source.pairs[:, 1]]).tolist()
    return joined


def _behind(vocabulary: Mapping[str, int], source: ByteBpe) -> bool:
    """Whether the ids of added tokens are the next ones behind a vocabulary without holes."""
    whole = max(vocabulary.values()) == len(vocabulary) - 1
    return whole and [token.id for token in source.added] == list(
        range(len(vocabulary), len(vocabulary) + len(source.added))
    )


def _split(pattern: str) -> dict[str, Any]:
    return {"type": "Split", "pattern": {"Regex": pattern}, "behavior": "Isolated", "invert": False}


def _entry(token: AddedToken) -> dict[str, Any]:
    return {
        "id": token.id,
        "content": token.text,
        "single_word": token.single_word,
        "lstrip": token.lstrip,
        "rstrip": token.rstrip,
        "normalized": token.normalized,
        "special": token.special,
    }
