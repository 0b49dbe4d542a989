"""``ginbon tokenizers``: train tokenizers, and compare any of them on any text."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ginbon.cli.audit import audit
from ginbon.cli.lexicon import lexicon

if TYPE_CHECKING:
    from ginbon.tokenizers.comparison import Comparison, Row
    from ginbon.tokenizers.metrics import Estimate

app = typer.Typer(no_args_is_help=True, help="Train tokenizers, and compare any of them on any text.")
app.command()(audit)
app.command()(lexicon)

_KINDS = {
    "unigram": "sentencepiece-unigram",
    "bpe": "sentencepiece-bpe",
    "byte-bpe": "byte-bpe",
}
_COLUMNS = (
    ("tokens/word", "fertility", "{:.2f}"),
    ("bytes/token", "bytes-per-token", "{:.2f}"),
    ("chars/token", "chars-per-token", "{:.2f}"),
    ("words cut", "continued-words", "{:.1%}"),
    ("lone bytes", "byte-fallback-rate", "{:.1%}"),
    ("unknown", "unknown-rate", "{:.1%}"),
    ("lost", "lost-text", "{:.1%}"),
    ("round trip", "round-trip", "{:.1%}"),
    ("vocabulary used", "vocabulary-use", "{:.1%}"),
)


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


@app.command()
def compare(
    specs: Annotated[
        list[str],
        typer.Argument(
            metavar="TOKENIZER",
            help="Tokenizers: files, folders, o200k_base, organisation/name on the hub, bytes, chars.",
        ),
    ],
    text: Annotated[
        list[Path], typer.Option("--text", "-t", help="Text to measure on: files, a folder, a run or a release.")
    ],
    language: Annotated[
        str, typer.Option(help="Language of text that does not say its own; of text that does: only this one.")
    ] = "",
    pattern: Annotated[str, typer.Option(help="Split pattern of rank files that are not known by their hash.")] = "",
    sample_bytes: Annotated[int, typer.Option(help="Most text to measure, of each language.")] = 4_000_000,
    seed: Annotated[int, typer.Option(help="What the sample and the intervals come from.")] = 1,
    offline: Annotated[bool, typer.Option("--offline", help="Use local files and caches only.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the comparison as one JSON object.")] = False,
) -> None:
    """Compare tokenizers on the same text: cost with intervals, and what is lost beside it.

    Of a run or release, the split `held_out` is read.
    """
    from ginbon.tokenizers.comparison import compare as compare_tokenizers
    from ginbon.tokenizers.reading import Reading, find
    from ginbon.tokenizers.specs import TokenizerSpec, load_all

    files = find(text, split="held_out")
    tokenizers = load_all([TokenizerSpec(spec, pattern=pattern) for spec in specs], network=not offline)
    label = _label(language)
    read = Reading(files, language=label, languages=frozenset([label] if label else []), split="held_out")
    comparison = compare_tokenizers(tokenizers, read, sample_bytes=sample_bytes, seed=seed)
    if as_json:
        print(json.dumps(comparison.to_json(), ensure_ascii=False, sort_keys=True, indent=1))  # noqa: T201
    else:
        _show(comparison)


def _label(language: str) -> str:
    """``por_Latn`` for what a person writes."""
    if not language:
        return ""
    from ginbon.errors import UserError
    from ginbon.languages.codes import resolve

    label = resolve(language)
    if label is None:
        raise UserError(f"{language}: no language that Ginbon knows; write por_Latn, por, pt or Portuguese")
    return label


def _show(comparison: Comparison) -> None:
    from rich import box
    from rich.console import Console
    from rich.table import Table

    console = Console(width=None if sys.stdout.isatty() else 200)
    rows = comparison.rows
    if not rows:
        typer.echo("There is no text to measure.")
    for language in sorted({row.language for row in rows}):
        own = [row for row in rows if row.language == language]
        totals = own[0].totals
        table = Table(
            title=f"{language}: {totals['documents']:,} documents, {totals['words']:,} words, "
            f"{totals['bytes']:,} bytes",
            title_justify="left",
            box=box.SIMPLE_HEAD,
        )
        table.add_column("rank", justify="right")
        table.add_column("tokenizer", no_wrap=True)
        for heading, _, _ in _COLUMNS:
            table.add_column(heading, justify="right")
        for row in own:
            figures = [_figure(row.estimates[name], form, interval=name == "fertility") for _, name, form in _COLUMNS]
            table.add_row(_rank(row), row.tokenizer, *figures)
        console.print(table)
        for row in own:
            if row.collapsed:
                typer.echo(f"{row.tokenizer} collapsed and is not ranked: {row.collapsed}.", file=sys.stderr)
    _explain(comparison)


def _explain(comparison: Comparison) -> None:
    typer.echo(
        "Brackets: 95 % bootstrap interval over documents (--json has those of all figures). "
        "Equal ranks: no difference beyond doubt.\n"
        f"Words: {comparison.to_json()['words']}.",
        file=sys.stderr,
    )
    for one in comparison.tokenizers:
        for oddity in one.oddities:
            typer.echo(f"{one.name}: {oddity.code}: {oddity.detail}", file=sys.stderr)


def _rank(row: Row) -> str:
    return "collapsed" if row.collapsed else "" if row.rank is None else str(row.rank)


def _figure(estimate: Estimate, form: str, *, interval: bool) -> str:
    """A figure, with its interval where asked for and there is one; every interval is in ``--json``."""
    if estimate.value is None:
        return "-"
    said = form.format(estimate.value)
    if not interval or estimate.low is None or estimate.high is None:
        return said
    return f"{said} [{form.format(estimate.low)}-{form.format(estimate.high)}]"
