"""The README of an exported folder: for those who load the files."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from ginbon.tokenizers.cascades import DEEPSEEK, DIGITS_FIRST
from ginbon.tokenizers.export.formats import Subject
from ginbon.tokenizers.patterns import CL100K, O200K, QWEN2, R50K, TEKKEN

LLAMA_CPP: Final[Mapping[tuple[str, ...], str]] = {
    (R50K,): "gpt-2",
    (CL100K,): "llama-bpe",
    (QWEN2,): "qwen2",
    (O200K,): "gpt-4o",
    (TEKKEN,): "tekken",
    DEEPSEEK: "deepseek-v3",
    DIGITS_FIRST: "command-r",
}
"""Split patterns that llama.cpp has, by its name for them (``tokenizer.ggml.pre``)."""

_LOAD: Final = {
    "tokenizer.json": (
        "`tokenizer.json` (Hugging Face)",
        "tokenizers.Tokenizer.from_file('tokenizer.json').encode(text, add_special_tokens=False).ids",
    ),
    "tiktoken": (
        "`tokenizer.tiktoken` (ranks) with `tokenizer.tiktoken.json` (split pattern, special tokens{more})",
        "tiktoken.Encoding('name', pat_str=settings['pattern'], mergeable_ranks=ranks, special_tokens={{}})",
    ),
    "model": (
        "`tokenizer.model` (SentencePiece)",
        "sentencepiece.SentencePieceProcessor(model_file='tokenizer.model').encode(text)",
    ),
}


def readme(record: Mapping[str, Any], subject: Subject) -> str:
    """Markdown: the files, how each is loaded, what was shown, and what else needs work (llama.cpp)."""
    proof = record["proof"]
    parts = [
        f"# {record['name']}",
        f"{record['vocabulary']:,} tokens; an embedding needs {record['rows']:,} rows.",
        "\n".join(_loading(form, subject) for form in record["formats"]),
        _shown(proof),
        _normalised(record),
        _llama_cpp(subject),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _shown(proof: Mapping[str, Any]) -> str:
    return (
        f"All files give the same ids: shown on {proof['texts']:,} texts ({proof['tokens']:,} tokens, "
        f"{len(proof['scripts'])} scripts) and on the text of each of {proof['token_texts']:,} tokens. "
        "`fixtures.jsonl` "
        "has texts with their ids, special tokens left out: a loader conforms if it gives these ids. Check the folder "
        "with `ginbon tokenizers check .`, which compares the hashes in `export.json` and runs the fixtures."
    )


def _loading(form: str, subject: Subject) -> str:
    title, call = _LOAD[form]
    more = ""
    if form == "tiktoken" and subject.bpe is not None:
        bpe = subject.bpe
        more += ", ids: the numbers in the rank file are ranks, `ids` has the id of each" if not bpe.ordered else ""
        more += f", normal form: bring text into {bpe.normalisation} first" if bpe.normalisation else ""
        more += ", `in_text`: tokens to pass as special and to allow" if bpe.in_text else ""
    return f"- {title.format(more=more)}: `{call.format()}`"


def _normalised(record: Mapping[str, Any]) -> str:
    altered = record["normalisation"]["altered_texts"]
    if not altered:
        return "No text is altered: what was encoded decodes to the same bytes."
    said = "; ".join(one["detail"] for one in record["normalisation"]["oddities"])
    return f"{altered:,} of {record['proof']['texts']:,} texts decode to other text than was encoded: {said}."


def _llama_cpp(subject: Subject) -> str:
    if subject.bpe is None:
        return ""
    name = LLAMA_CPP.get(subject.bpe.patterns)
    known = (
        f"Its split pattern is the one that llama.cpp calls `{name}`: add the hash under that name"
        if name
        else "No pre-tokenizer of llama.cpp has this split pattern: besides the hash, its source needs the pattern"
    )
    return (
        "llama.cpp: its converter knows a tokenizer by a hash of the ids that it gives for one long text, and refuses "
        f'an unknown one ("pre-tokenizer not recognized"). {known} (`convert_hf_to_gguf_update.py`). It runs some '
        "patterns in a form of its own and does not normalise text: try the fixtures on the converted file before use."
    )
