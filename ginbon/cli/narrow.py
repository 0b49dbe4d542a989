"""Tables on terminals of any width: what is of least use is left out, and told, before a figure is cut off."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

Tables = Callable[[Sequence[str]], Iterable["Table"]]
"""Makes tables without some of their columns, which are told by their headings."""


def fitting(console: Console, tables: Tables, spared: Sequence[str]) -> Sequence[str]:
    """The columns that a terminal has no room for: as few as possible of those that may go, the first of them first.

    Tables that are shown together go without the same ones. A heading of several lines is told in one.
    """
    for n in range(len(spared)):
        if all(_width(console, table) <= console.width for table in tables(spared[:n])):
            return spared[:n]
    return spared


def _width(console: Console, table: Table) -> int:
    """Columns of the terminal that a table takes with no figure cut off."""
    return console.measure(table, options=console.options.update(width=10_000)).maximum


def tell(left_out: Iterable[str], where: str) -> None:
    """Say what is not shown, and where it is."""
    if names := ", ".join(heading.replace("\n", " ") for heading in left_out):
        typer.echo(f"Not shown, for want of width: {names}. A wider terminal shows them, and {where}.", file=sys.stderr)
