"""``ginbon tune RUN``: a page for moving thresholds and seeing what they keep."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def tune(
    run: Annotated[Path, typer.Argument(metavar="RUN", help="The run's folder.")],
    language: Annotated[
        list[str] | None, typer.Option("--language", help="Only this language; may be given several times.")
    ] = None,
    trusted: Annotated[
        list[str] | None,
        typer.Option(
            help="Text that ought to pass: a file of `ginbon measure`, or any text that it reads. LANGUAGE=FILE where "
            "the file does not say its language. May be given several times."
        ),
    ] = None,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="Where the page goes; RUN/tune.html if not given.")
    ] = None,
    show: Annotated[bool, typer.Option("--open", help="Open the page in the browser.")] = False,
) -> None:
    """Write a page for tuning thresholds by looking.

    It has a slider for every threshold over the histogram of kept, dropped and trusted text; what all rules together
    keep and lose, at once; the documents that a move turns around; and the YAML to paste into the recipe. It is one
    file that loads nothing, and holds a sample of the run.

    Example: ginbon tune runs/quickstart --language arb_Arab --open
    """
    from tempfile import TemporaryDirectory

    from ginbon.engine.files import write_whole
    from ginbon.report.tune import page_of_tuning
    from ginbon.run.trusted import trusted_signals

    target = output or run / "tune.html"
    with TemporaryDirectory(prefix="ginbon-trusted-") as scratch:
        signals = trusted_signals(trusted or [], run, only=language or [], scratch=Path(scratch))
        page = page_of_tuning(run, languages=language or [], trusted=signals)
    write_whole(target, page.encode())
    typer.echo(str(target))
    if show:
        import webbrowser

        webbrowser.open(target.absolute().as_uri())
