"""``ginbon tokenizers``: train tokenizers, and compare any of them on any text."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from ginbon.cli.audit import audit
from ginbon.cli.compare import compare
from ginbon.cli.diagnose import diagnose
from ginbon.cli.export import check, export
from ginbon.cli.extend import certify, extend
from ginbon.cli.lexicon import lexicon

app = typer.Typer(no_args_is_help=True, help="Train tokenizers, and compare any of them on any text.")

_KINDS = {
    "unigram": "sentencepiece-unigram",
    "bpe": "sentencepiece-bpe",
    "byte-bpe": "byte-bpe",
}


@app.command()
def train(
    inputs: Annotated[
        list[Path],
        typer.Argument(
            metavar="INPUT", help="JSONL, Parquet or text files (packed or not), folders, runs or releases."
        ),
    ],
    output: Annotated[Path, typer.Option("--output", "-o", help="Folder for the tokenizer and its training.json.")],
    kind: Annotated[
        str, typer.Option(help="unigram, bpe (both SentencePiece) or byte-bpe (Hugging Face).")
    ] = "byte-bpe",
    vocabulary: Annotated[int, typer.Option(help="Tokens, special ones and bytes included.")] = 32_000,
    name: Annotated[str, typer.Option(help="What it is called; left out: the output folder's name.")] = "",
    language: Annotated[
        list[str] | None, typer.Option(help="Train on these languages only (por_Latn); may be given again.")
    ] = None,
    sample_bytes: Annotated[
        int, typer.Option(help="Most text to train on, balanced over languages and sources.")
    ] = 100_000_000,
    character_coverage: Annotated[
        float, typer.Option(help="Share of characters with tokens of their own; the rest are bytes (SentencePiece).")
    ] = 0.9999,
    special_token: Annotated[
        list[str] | None, typer.Option(help="A token that text never becomes; may be given again.")
    ] = None,
    seed: Annotated[int, typer.Option(help="What the sample's choice comes from.")] = 1,
    as_json: Annotated[bool, typer.Option("--json", help="Print training.json.")] = False,
) -> None:
    """Train a tokenizer. The same text and options give the same bytes on every machine.

    Of a run or release, the split `train` is read.
    """
    from ginbon.engine.files import canonical_json, write_whole
    from ginbon.errors import UserError
    from ginbon.tokenizers.reading import Reading, find
    from ginbon.tokenizers.training import TrainOptions
    from ginbon.tokenizers.training import train as train_tokenizer

    options = TrainOptions(
        name=name or output.resolve().name,
        kind=_KINDS.get(kind, kind),  # type: ignore[arg-type]
        vocabulary=vocabulary,
        sample_bytes=sample_bytes,
        character_coverage=character_coverage,
        special_tokens=tuple(special_token or ()),
        languages=tuple(language or ()),
    )
    if any((output / file).exists() for file in ("tokenizer.json", "tokenizer.model")):
        raise UserError(f"{output}: there is a tokenizer in this folder already; choose another, or remove it first")
    read = Reading(find(inputs, split="train"), languages=frozenset(options.languages), split="train")
    trained = train_tokenizer(read, options, seed=seed)
    write_whole(output / options.file, trained.data)
    write_whole(output / "training.json", canonical_json(trained.record) + b"\n")
    for note in trained.record["notes"]:
        typer.echo(f"note: {note}", file=sys.stderr)
    if as_json:
        print(canonical_json(trained.record).decode())  # noqa: T201
        return
    documents = sum(s["documents"] for s in trained.record["sample"])
    size = sum(s["bytes"] for s in trained.record["sample"])
    typer.echo(
        f"{output / options.file}: {trained.record['vocabulary']:,} tokens from {documents:,} documents, "
        f"{size / 1e6:,.1f} MB; SHA-256 {trained.record['sha256'][:12]}…"
    )


for _command in (compare, diagnose, audit, lexicon, export, check, extend, certify):
    app.command()(_command)
