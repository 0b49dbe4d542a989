"""Tokenizers small enough to know every token of: written as files, run by the real libraries."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

from ginbon.tokenizers import TokenizerSpec, load
from ginbon.tokenizers.backends.huggingface import BYTE_OF
from ginbon.tokenizers.protocol import Tokenizer

LETTER = {byte: letter for letter, byte in BYTE_OF.items()}
"""How the byte alphabet writes each byte."""


def ranks(folder: Path, *more: str | bytes, pattern: str = r" ?\p{L}+| ?[^\s\p{L}]+|\s+") -> Tokenizer:
    """A rank file: the 256 bytes, then these pieces by rank."""
    pieces = [bytes([b]) for b in range(256)] + [p.encode() if isinstance(p, str) else p for p in more]
    path = folder / "made.tiktoken"
    path.write_bytes(b"".join(base64.b64encode(p) + b" %d\n" % i for i, p in enumerate(pieces)))
    return load(TokenizerSpec(str(path), pattern=pattern))


def spelled(text: str | bytes) -> str:
    """A text in the byte alphabet."""
    return "".join(LETTER[b] for b in (text.encode() if isinstance(text, str) else text))


def byte_bpe(*merges: tuple[str, str], pattern: str = "", **more: Any) -> dict[str, Any]:
    """A byte-level ``tokenizer.json``: the 256 bytes, then what merges make; ``more`` replaces keys of the file.

    ``vocab`` adds tokens that no merge makes, as they are written in the file; ``model`` replaces keys of the model.
    """
    vocabulary = {LETTER[b]: b for b in range(256)}
    written = [(spelled(a), spelled(b)) for a, b in merges]
    for piece in [a + b for a, b in written] + list(more.pop("vocab", ())):
        vocabulary.setdefault(piece, len(vocabulary))
    level = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": False, "use_regex": not pattern}
    split = {"type": "Split", "pattern": {"Regex": pattern}, "behavior": "Isolated", "invert": False}
    model = {"type": "BPE", "vocab": vocabulary, "merges": [list(m) for m in written], **more.pop("model", {})}
    steps = {"type": "Sequence", "pretokenizers": [split, level]} if pattern else level
    return whole(model, pre_tokenizer=steps, decoder=level, **more)


def whole(model: dict[str, Any], **more: Any) -> dict[str, Any]:
    """A ``tokenizer.json`` around a model."""
    parts = ("normalizer", "pre_tokenizer", "post_processor", "decoder", "truncation", "padding")
    return {"version": "1.0", "added_tokens": [], **dict.fromkeys(parts), "model": model, **more}


def added(id: int, content: str, *, special: bool = False) -> dict[str, Any]:
    """An entry of ``added_tokens``."""
    flags = {"single_word": False, "lstrip": False, "rstrip": False, "normalized": False}
    return {"id": id, "content": content, "special": special, **flags}


def written(folder: Path, file: dict[str, Any]) -> Path:
    """That file, in a folder."""
    path = folder / "tokenizer.json"
    path.write_text(json.dumps(file, ensure_ascii=False), encoding="utf-8")
    return path
