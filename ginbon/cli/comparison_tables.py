"""What a person sees of a comparison on any text: a table for each language."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

import typer

from ginbon.cli.narrow import fitting, tell

if TYPE_CHECKING:
    from rich.table import Table

    from ginbon.tokenizers.comparison import Comparison, Row
    from ginbon.tokenizers.metrics import Estimate

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


_SPARED = ("vocabulary used", "chars/token", "lone bytes", "bytes/token", "words cut")
"""What a narrow terminal does without, the first of them first: a figure that is cut off is worse than none."""


def show(comparison: Comparison) -> None:
    """Print the tables; what must be known to read them goes to standard error."""
    from rich.console import Console

    console = Console(width=None if sys.stdout.isatty() else 200)
    rows = comparison.rows
    if not rows:
        typer.echo("There is no text to measure.")
    by_language = [[row for row in rows if row.language == language] for language in sorted({r.language for r in rows})]
    left_out = fitting(console, lambda without: [_table(own, without) for own in by_language], _SPARED)
    for own in by_language:
        console.print(_table(own, left_out))
        for row in own:
            if row.collapsed:
                typer.echo(f"{row.tokenizer} collapsed and is not ranked: {row.collapsed}.", file=sys.stderr)
    tell((heading for heading, _, _ in _COLUMNS if heading in left_out), "--json")
    _explain(comparison)


def _table(rows: Sequence[Row], without: Sequence[str]) -> Table:
    """The tokenizers on one language's text."""
    from rich import box
    from rich.table import Table

    totals = rows[0].totals
    title = f"{totals['documents']:,} documents, {totals['words']:,} words, {totals['bytes']:,} bytes"
    table = Table(title=f"{rows[0].language}: {title}", title_justify="left", box=box.SIMPLE_HEAD)
    columns = [column for column in _COLUMNS if column[0] not in without]
    table.add_column("rank", justify="right", no_wrap=True)
    table.add_column("tokenizer", overflow="fold")
    for heading, _, _ in columns:
        table.add_column(heading, justify="right", no_wrap=True)
    for row in rows:
        figures = [_figure(row.estimates[name], form, interval=name == "fertility") for _, name, form in columns]
        table.add_row(_rank(row), row.tokenizer, *figures)
    return table


def _explain(comparison: Comparison) -> None:
    typer.echo(
        "Brackets: 95 % bootstrap interval over documents (--json has those of all figures). "
        "Equal ranks: no difference beyond doubt.\n"
        f"Words: {comparison.to_json()['words']}.",
        file=sys.stderr,
    )
    said: dict[str, list[str]] = {}
    for one in comparison.tokenizers:
        for oddity in one.oddities:
            said.setdefault(f"{oddity.code}: {oddity.detail}", []).append(one.name)
    for what, names in said.items():
        typer.echo(f"{', '.join(names)}: {what}", file=sys.stderr)


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
