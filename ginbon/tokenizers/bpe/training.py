"""Train byte-level BPE from counts: the same counts give the same file.

Ids are those of the bytes, then the merges in the order in which they were learned, then the special tokens: so a
token has one id in all formats, and a vocabulary's first part is what a smaller vocabulary would have been.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, Final

from ginbon.errors import UserError
from ginbon.tokenizers.backends.huggingface import _byte_alphabet
from ginbon.tokenizers.bpe.allowed import Allowed
from ginbon.tokenizers.bpe.learning import learn
from ginbon.tokenizers.bpe.types import BYTES, Merges
from ginbon.tokenizers.counts import Counts

END_OF_TEXT: Final = "<|endoftext|>"


def train_bpe(
    counts: Counts,
    vocabulary: int,
    *,
    special_tokens: Sequence[str] = (END_OF_TEXT,),
    min_count: int = 2,
    max_token_bytes: int | None = None,
) -> bytes:
    """A ``tokenizer.json`` of at most ``vocabulary`` tokens, the 256 bytes and the special ones included.

    It has fewer where no pair occurs ``min_count`` times any more. Raises ``UserError`` where there is no room for
    the bytes and special tokens.
    """
    merges = vocabulary - len(BYTES) - len(special_tokens)
    if merges < 0:
        raise UserError(
            f"a vocabulary of {vocabulary:,}; expected {len(BYTES) + len(special_tokens):,} or more: the bytes and "
            f"{len(special_tokens):,} special tokens"
        )
    allowed = Allowed() if max_token_bytes is None else Allowed(max_token_bytes)
    learned = learn(counts.types(), merges, min_count=min_count, allowed=allowed)
    return tokenizer_json(learned, pattern=counts.pattern, special_tokens=special_tokens)


def tokenizer_json(merges: Merges, *, pattern: str, special_tokens: Sequence[str] = (END_OF_TEXT,)) -> bytes:
    """Merges that were learned from bytes, as Hugging Face's format: byte level, no normalisation, every merge.

    Raises ``UserError`` for a special token that is empty, comes twice, or is a token of text already.
    """
    letters = {byte: letter for letter, byte in _byte_alphabet().items()}
    tokens = ["".join(letters[b] for b in piece) for piece in (*BYTES, *merges.pieces)]
    _check_special(special_tokens, set(merges.pieces) | set(BYTES))
    file = {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": [_special(token, len(tokens) + i) for i, token in enumerate(special_tokens)],
        "normalizer": None,
        "pre_tokenizer": {
            "type": "Sequence",
            "pretokenizers": [
                {"type": "Split", "pattern": {"Regex": pattern}, "behavior": "Isolated", "invert": False},
                _byte_level(),
            ],
        },
        "post_processor": None,
        "decoder": _byte_level(),
        "model": {
            "type": "BPE",
            "dropout": None,
            "unk_token": None,
            "continuing_subword_prefix": None,
            "end_of_word_suffix": None,
            "fuse_unk": False,
            "byte_fallback": False,
            "ignore_merges": False,
            "vocab": {token: id for id, token in enumerate(tokens)},
            "merges": [[tokens[left], tokens[right]] for left, right in merges.pairs.tolist()],
        },
    }
    return json.dumps(file, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


def _byte_level() -> dict[str, Any]:
    return {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": False}


def _special(content: str, id: int) -> dict[str, Any]:
    flags = {"single_word": False, "lstrip": False, "rstrip": False, "normalized": False, "special": True}
    return {"id": id, "content": content, **flags}


def _check_special(special_tokens: Sequence[str], pieces: set[bytes]) -> None:
    for i, token in enumerate(special_tokens):
        if not token or token in special_tokens[:i] or token.encode() in pieces:
            raise UserError(
                f"special token {token!r}: expected one that is not empty, comes once, and is no token of text"
            )
