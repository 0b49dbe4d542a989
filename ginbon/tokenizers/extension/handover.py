"""What a partner needs beside the tokenizer: which tokens, what their embeddings begin with, what each tool wants."""

from __future__ import annotations

import json
from typing import Final

from ginbon.tokenizers.extension.extending import Extension
from ginbon.tokenizers.extension.figures import Figures
from ginbon.tokenizers.extension.replay import Run
from ginbon.tokenizers.guards import joined

_SHOWN: Final = {
    "premium": "premium over the pivot",
    "premium-floor": "premium floor of the split pattern",
    "fertility": "tokens per word",
    "bytes-per-token": "bytes per token",
    "grapheme-cuts": "cuts inside a grapheme",
    "round-trip": "lines that come back exactly",
}


def tokens_table(made: Extension) -> bytes:
    """A line for each new token: id, text (escaped where it is no whole text), bytes, the base tokens it stands for,
    tokens it saved when it was learned, how often it is used in the training text, its lock."""
    rows = ["id\ttoken\tbytes\tbase_tokens\tsaved\tused\tlock"]
    for token, used in zip(made.new.tokens, made.used.tolist(), strict=True):
        parts = len(token.parts)
        rows.append(
            f"{token.id}\t{_printable(token.piece)}\t{token.piece.hex()}\t{parts}\t{token.gain}\t{used}\t{token.lock}"
        )
    return ("\n".join(rows) + "\n").encode()


def mapping(made: Extension) -> bytes:
    """A JSON object a line: a new id, and the base's ids that spell the same bytes."""
    lines = [json.dumps({"id": token.id, "from": list(token.parts)}) for token in made.new.tokens]
    return ("\n".join(lines) + "\n").encode()


def _printable(piece: bytes) -> str:
    text = piece.decode("utf-8", "backslashreplace")
    return "".join(c if c.isprintable() or c in "\u200c\u200d" else ascii(c)[1:-1] for c in text)


def consumers(made: Extension, run: Run | None, figures: Figures | None) -> bytes:
    """The page that goes with the folder."""
    parts = [
        f"# {made.base.name}, extended for {made.language}",
        _what(made),
        _figures(figures) if figures else "",
        _promises(made, run),
        _embeddings(made),
        _tools(made),
    ]
    return ("\n\n".join(part for part in parts if part) + "\n").encode()


def _what(made: Extension) -> str:
    first, last = made.new.first_id, made.new.first_id + len(made.new) - 1
    how = (
        "They are learned behind a gate: one branch for the script in front of the base's split pattern, because that "
        f"pattern cuts this text into {made.floor.own:,} pre-tokens and the gate into {made.floor.gated:,}; no "
        "vocabulary goes under that."
        if made.gated and made.floor is not None
        else "The base's split pattern is unchanged."
        if made.floor is not None
        else "A SentencePiece model has no split pattern."
    )
    return (
        f"{len(made.new):,} new tokens, ids {first} to {last}, behind all ids of the base and its special tokens. "
        f"The embedding needs {made.rows} rows (the last ones are padding).\n\n"
        f"{how}\n\n"
        "| file | what |\n| --- | --- |\n"
        + "".join(f"| `{name}` | the tokenizer |\n" for name in made.files)
        + "| `tokens.tsv` | every new token: text, bytes, what it saves, how often it is used, its lock |\n"
        "| `mapping.jsonl` | every new id and the base's ids that spell the same |\n"
        "| `certificate.json` | hashes, proof, the run over parallel text |"
    )


def _figures(figures: Figures) -> str:
    rows = [f"## Before and after\n\nOn {figures.measured.name}, from which nothing was learned.\n"]
    rows.append("| figure | before | after |\n| --- | --- | --- |")
    for name, one in figures.before.items():
        cells = []
        for estimate in (one, figures.after[name]):
            said = "-" if estimate.value is None else f"{estimate.value:.3f}"
            if estimate.low is not None and estimate.high is not None:
                said += f" [{estimate.low:.3f}, {estimate.high:.3f}]"
            cells.append(said)
        rows.append(f"| {_SHOWN.get(name, name)} | {cells[0]} | {cells[1]} |")
    return "\n".join(rows)


def _promises(made: Extension, run: Run | None) -> str:
    said = [
        "## What is promised",
        f"- **Identical, proven:** text without any of {joined(made.guard.ranges)} has the ids that it had.",
        "- **Never longer, counted:** behind the gate a text in the script can need more tokens than before."
        if made.gated
        else "- **Never longer, proven:** no text has more tokens than before.",
    ]
    if run is not None:
        said.append(
            f"- **Run** over {run.total('lines'):,} lines in {len(run.versions):,} versions: "
            f"{run.total('free'):,} lines without the script, of which {run.total('free_changed'):,} changed; "
            f"{run.total('changed'):,} lines with it changed: {run.total('shorter'):,} shorter, "
            f"{run.total('longer'):,} longer."
        )
        if run.worst is not None:
            name, worst = run.worst
            said.append(
                f"- **Worst case:** {worst.label} in {name}: {worst.longer:,} of {worst.lines:,} lines longer, "
                f"line {worst.worst} by {worst.worst_by}."
            )
    said.append(
        "\nCheck it again, from this folder and the base's own file:\n\n"
        f"    ginbon tokenizers certify FOLDER --base {made.base.name} --parallel PLACE"
    )
    return "\n".join(said)


def _embeddings(made: Extension) -> str:
    return (
        "## Embeddings of the new tokens\n\n"
        "`mapping.jsonl` says which of the base's tokens each new one stands for. Begin its row, in the input and in "
        "the output embedding, with the mean of theirs; weighting each by its bytes is as simple. "
        "FOCUS (Dobler and de Melo 2023) and WECHSEL (Minixhofer et al. 2022) start from similar "
        "tokens instead. Then go on training on text in the language; with rows that were never trained the model is "
        "worse than before, however good the tokenizer.\n\n"
        "    for row in map(json.loads, open('mapping.jsonl')):\n"
        "        embedding[row['id']] = embedding[row['from']].mean(0)"
    )


def _tools(made: Extension) -> str:
    if made.base.kind == "sentencepiece":
        return (
            "## Tools\n\n"
            "- SentencePiece, transformers and llama.cpp read `tokenizer.model` as it is; new pieces are ordinary ones "
            "with scores below all others.\n"
            "- A fast tokenizer.json beside the base's model must be converted anew."
        )
    gate = (
        "- **llama.cpp** knows split patterns by name, and finds the name by hashing the ids of one fixed text. A gate "
        "for a script that this text does not hold goes unnoticed: conversion succeeds, the gate is left out, and text "
        "in the script gets other ids than those the model was trained with. Where the text holds the script, "
        'conversion ends with "BPE pre-tokenizer was not recognized". Either way the pattern must be added to '
        "llama.cpp under a "
        "name of its own (convert_hf_to_gguf_update.py, src/llama-vocab.cpp), and tried on text in the script.\n"
        if made.gated
        else "- **llama.cpp** finds the split pattern by hashing the ids of one fixed text. The pattern is the base's: "
        "where that text holds the script, the hash is new and must be entered for the base's name "
        "(convert_hf_to_gguf_update.py); else nothing is to be done.\n"
    )
    return (
        "## Tools\n\n"
        "- **transformers, vLLM, TGI**: `tokenizer.json` is all they need; resize the embeddings to the rows above.\n"
        "- **tiktoken**: `Encoding(pat_str=..., mergeable_ranks=..., special_tokens=...)`; all three are in the "
        "`.tiktoken` file and the JSON beside it. Ranks have a hole where special tokens are; that is allowed.\n" + gate
    ).rstrip()
