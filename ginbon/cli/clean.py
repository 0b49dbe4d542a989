"""``ginbon clean``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def clean(
    run: Annotated[Path, typer.Argument(metavar="RUN", help="The run's folder, such as runs/quickstart.")],
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
) -> None:
    """Remove what a run keeps for resuming; release, report, tokenizers and excluded/ stay.

    Afterwards `ginbon why` knows less, and the next `ginbon run` starts from the beginning.

    Example: ginbon clean runs/quickstart --yes
    """
    from ginbon.cli.display import size
    from ginbon.run import clean as remove
    from ginbon.run.status import status

    found = status(run)
    if not yes:
        typer.confirm(f"Remove the intermediate files of {found.recipe} in {run}?", abort=True, err=True)
    typer.echo(f"{size(remove(run))} freed in {run}")
