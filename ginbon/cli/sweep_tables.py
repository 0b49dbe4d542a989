"""What a person sees of a sweep: what to take and why, every tokenizer in a row, and a table for each language."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

import typer

from ginbon.cli.narrow import fitting, tell

if TYPE_CHECKING:
    from rich.table import Table

    from ginbon.tokenizers.metrics import Estimate
    from ginbon.tokenizers.parallel.across import Across
    from ginbon.tokenizers.sweep import Sweep

_COLUMNS: Final = ("vocabulary", "tokens over\nthe fewest", "parameters", "rare")
_SPARED: Final = ("rare", "parameters")


def show(done: Sweep, folder: Path) -> None:
    """Print it; the rule goes to standard error."""
    from rich.console import Console

    from ginbon.cli import comparison_tables
    from ginbon.tokenizers.sweep import wording

    comparison_tables.show(done.comparison)
    console = Console(width=None if sys.stdout.isatty() else 120, highlight=False)
    for across in done.parallel.sets if done.parallel else ():
        console.print(_parallel(across))
    left_out = fitting(console, lambda without: [_summary(done, without)], _SPARED)
    console.print(_summary(done, left_out))
    tell(left_out, "sweep.html")
    console.print(wording.headline(done), style="bold")
    for reason in wording.reasons(done):
        console.print(f" - {reason}", markup=False)
    console.print(f"page    {folder / 'sweep.html'}", markup=False, soft_wrap=True)
    console.print(f"result  {folder / 'sweep.json'}", markup=False, soft_wrap=True)
    typer.echo(f"The rule: {wording.rule(done.choice.within)}", file=sys.stderr)
    for note in dict.fromkeys(f"{m.arm.options.name}: {note}" for m in done.made for note in m.record["notes"]):
        typer.echo(f"note: {note}", file=sys.stderr)


def _parallel(across: Across) -> Table:
    """What every tokenizer charges over the languages of a set."""
    from rich import box
    from rich.table import Table

    aligned = across.aligned
    title = f"{aligned.name}: {len(aligned.units):,} lines in {len(across.labels):,} languages, beside {aligned.pivot}"
    table = Table(title=title, title_justify="left", box=box.SIMPLE_HEAD)
    table.add_column("tokenizer", overflow="fold")
    for heading in ("tokens/line", "Gini", "highest premium"):
        table.add_column(heading, justify="right")
    for one in across.measured:
        found = across.overview(one)
        worst = "-" if found.worst_premium is None else f"{found.worst_premium:.2f} {found.worst}"
        figures = (_value(found.tokens_per_line, 1), _value(found.gini, 3))
        table.add_row(one.name, *figures, worst)
    return table


def _value(estimate: Estimate, digits: int) -> str:
    return "-" if estimate.value is None else f"{estimate.value:.{digits}f}"


def _summary(done: Sweep, without: Sequence[str]) -> Table:
    from rich import box
    from rich.table import Table

    from ginbon.tokenizers.sweep import wording
    from ginbon.tokenizers.sweep.choice import parameters
    from ginbon.tokenizers.training.making import RARE

    choice = done.choice
    table = Table(box=box.SIMPLE_HEAD)
    table.add_column("")
    table.add_column("tokenizer", overflow="fold")
    for heading in _COLUMNS:
        if heading not in without:
            table.add_column(f"{heading}\n(< {RARE})" if heading == "rare" else heading, justify="right", no_wrap=True)
    for made in done.made:
        name, size, rare = made.arm.options.name, made.record["vocabulary"], made.record["rare_tokens"]
        above = choice.excess.get(name)
        figures = (
            f"{size:,}",
            wording.figure(above) if above else "not ranked",
            f"{wording.millions(parameters(size, choice.hidden))} M",
            "-" if rare is None else f"{rare / size:.1%}",
        )
        kept = (said for heading, said in zip(_COLUMNS, figures, strict=True) if heading not in without)
        table.add_row(">" if name == choice.taken else "", name, *kept)
    return table
