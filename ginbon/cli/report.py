"""``ginbon report RUN``: the run's own page."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def report(
    run: Annotated[Path, typer.Argument(metavar="RUN", help="The run's folder.")],
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="Where the page goes; RUN/report.html if not given.")
    ] = None,
) -> None:
    """Write the page of a run: what became of every document, and the time of each stage.

    It shows what there is, also of a run that is still going on. The page without times is RUN/report/report.html.
    """
    from ginbon.engine.files import write_whole
    from ginbon.report.stage import page_of_run

    target = output or run / "report.html"
    write_whole(target, page_of_run(run).encode())
    typer.echo(str(target))
