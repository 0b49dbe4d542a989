"""``ginbon classifier``: train quality models whose score is a signal like any other."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from ginbon.run.classifier import Classifier

app = typer.Typer(no_args_is_help=True, help="Train quality models whose score is a signal like any other.")


@app.callback()
def _group() -> None:
    """A group, though it has one command."""


@app.command()
def train(
    positive: Annotated[
        list[str],
        typer.Option(help="Text as you want it: JSONL, Parquet, text, HTML, folders, globs; may be given again."),
    ],
    negative: Annotated[list[str], typer.Option(help="Text to tell it from, the same way; may be given again.")],
    language: Annotated[str, typer.Option(help="The language of both, in any spelling.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="The model's file (.bin); a .json goes beside it.")],
    held_out: Annotated[float, typer.Option(help="Share of the texts that the model is judged on.")] = 0.2,
    dimensions: Annotated[int, typer.Option(help="Numbers that stand for a word or a run of words.")] = 32,
    epochs: Annotated[int, typer.Option(help="Times that every text is seen.")] = 10,
    learning_rate: Annotated[float, typer.Option(help="How far each text moves the model.")] = 0.5,
    word_ngrams: Annotated[int, typer.Option(help="Longest run of words that counts as one.")] = 2,
    buckets: Annotated[int, typer.Option(help="Places for runs of words; 4 bytes times dimensions each.")] = 200_000,
    min_count: Annotated[int, typer.Option(help="Words that occur less often are passed over.")] = 2,
    seed: Annotated[int, typer.Option(help="What the held-out texts and the first weights come from.")] = 1,
    quantise: Annotated[
        bool, typer.Option("--quantise", help="A file about a tenth as large, a little worse.")
    ] = False,
    text: Annotated[str, typer.Option(help="The column of a table that holds the text.")] = "text",
    document: Annotated[str, typer.Option(help="What a document of a text file is: file, line or block.")] = "file",
    limit: Annotated[int | None, typer.Option(min=1, help="Read at most so many documents of each class.")] = None,
    trust_language: Annotated[
        bool, typer.Option("--trust-language", help="Do not ask the identifier whether it is the language.")
    ] = False,
    force: Annotated[bool, typer.Option("--force", help="Overwrite the model if it is there.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Train a fastText classifier of wanted against other text, and say how well it tells held-out text.

    The same text and options give the same file. The lines for the recipe pin it by its hash; its score becomes the
    signal `classify/NAME` of every document.

    Example: ginbon classifier train --positive good/*.jsonl --negative crawl.jsonl --language tha_Thai -o news.bin
    """
    from ginbon.cli.display import print_json
    from ginbon.errors import UserError
    from ginbon.filters.classifier.train import Options
    from ginbon.run.classifier import train_files

    if document not in ("file", "line", "block"):
        raise UserError(f"--document is file, line or block; found {document!r}")
    options = Options(
        dimensions=dimensions,
        epochs=epochs,
        learning_rate=learning_rate,
        word_ngrams=word_ngrams,
        buckets=buckets,
        min_count=min_count,
        held_out=held_out,
        seed=seed,
        quantise=quantise,
    )
    found = train_files(
        positive,
        negative,
        language,
        output=output,
        options=options,
        trust_language=trust_language,
        text=text,
        document=document,  # type: ignore[arg-type]
        limit=limit,
        force=force,
    )
    if as_json:
        print_json(found.record)
    else:
        _show(found)


def _show(found: Classifier) -> None:
    from rich.console import Console

    from ginbon.run.classifier import recipe_lines

    console = Console(highlight=False, width=None if sys.stdout.isatty() else 140)
    record = found.record
    console.print(_table(record["evaluation"]))
    positive, negative = (record["examples"][name] for name in ("positive", "negative"))
    judged = f"judged on {positive['held_out']:,} and {negative['held_out']:,} held-out texts"
    lines = (
        f"trained on {positive['trained_on']:,} positives and {negative['trained_on']:,} negatives, {judged}",
        f"average precision {record['evaluation']['average_precision']:.3f}",
        f"{found.model}: {record['bytes'] / 1e6:,.1f} MB; what it was trained on: {found.card}",
        "for the recipe (with `keep_from: 0.3` the score decides too):",
    )
    for line in lines:
        console.print(line, markup=False, soft_wrap=True)
    console.print(recipe_lines(found), markup=False, soft_wrap=True, end="")
    for note in record["notes"]:
        print(f"ginbon: {note}", file=sys.stderr)  # noqa: T201


def _table(evaluation: dict[str, Any]) -> Any:
    from rich import box
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for name in ("score from", "precision", "recall", "negatives that pass"):
        table.add_column(name, justify="right")
    for at in evaluation["at"]:
        table.add_row(f"{at['threshold']:g}", *(_share(at[name]) for name in ("precision", "recall", "passed")))
    return table


def _share(share: dict[str, Any]) -> str:
    return f"{share['share']:.1%} [{share['low']:.1%}, {share['high']:.1%}]" if share["of"] else "-"
