"""``ginbon status``."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer


def status(
    run: Annotated[Path, typer.Argument(metavar="RUN", help="The run's folder, such as runs/quickstart.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Show how far a run is, who works on it, and what failed.

    Example: ginbon status runs/quickstart
    """
    from ginbon.cli.display import print_json
    from ginbon.run.status import status as read

    found = read(run)
    if as_json:
        print_json({"schema": "ginbon-status/1", **asdict(found), "complete": found.complete})
        return
    from rich.console import Console
    from rich.table import Table

    console = Console(highlight=False)
    who = found.holder
    at_work = f"process {who.get('pid')} on {who.get('host')} since {who.get('since')}" if who else "nobody"
    console.print(f"{found.recipe} in {found.folder}", style="bold", markup=False)
    console.print(f"at work: {at_work}", markup=False)
    table = Table(box=None, padding=(0, 2), header_style="bold", pad_edge=False)
    for column in ("stage", "tasks", "done", "running"):
        table.add_column(column, justify="left" if column == "stage" else "right")
    for stage in found.stages:
        tasks = "not planned" if stage.tasks is None else f"{stage.tasks:,}"
        table.add_row(stage.name, tasks, f"{stage.done:,}", f"{stage.running:,}")
    console.print(table)
    for stage in found.stages:
        for failed in stage.failed:
            console.print(f"failed: {stage.name} {failed}", style="red", markup=False)
    if found.quarantined:
        console.print(f"{found.quarantined:,} documents are in quarantine.json", markup=False)
    if found.cleaned:
        console.print(f"cleaned: only what people open is left, among it {run / 'release'}", markup=False)
    elif found.complete:
        console.print(f"complete: {run / 'release'}", markup=False)
