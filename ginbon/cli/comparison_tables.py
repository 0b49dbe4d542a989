"""What a person sees of a comparison on any text: a table for each language."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
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


def show(comparison: Comparison) -> None:
    """Print the tables; what must be known to read them goes to standard error."""
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
