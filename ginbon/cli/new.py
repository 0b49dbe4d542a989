"""``ginbon new``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def new(
    language: Annotated[
        str,
        typer.Argument(metavar="LANGUAGE", help="The language, in any spelling: pt, por_Latn, Portuguese, português."),
    ],
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="The file to write, - for standard output; else <language>.yaml."),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Overwrite the file if it is there.")] = False,
) -> None:
    """Write a commented starter recipe for a language.

    It names the sources that a team would begin with, with the rights still to be filled in.

    Example: ginbon new por_Latn
    """
    from ginbon.errors import SurroundingsError, UserError
    from ginbon.recipes.starters import default_file, find, starter

    found = find(language)
    if output == Path("-"):
        typer.echo(starter(language), nl=False)
        return
    file = output or default_file(found)
    text = starter(language, file=file)
    try:
        with file.open("w" if force else "x", encoding="utf-8") as handle:
            handle.write(text)
    except FileExistsError:
        raise UserError(f"{file} is already there. Name another file with -o, or overwrite it with --force.") from None
    except OSError as error:
        raise SurroundingsError(f"{file} cannot be written: {error.strerror}.") from error
    typer.echo(file)
    typer.echo(
        f"A recipe for {found.name}, {found.label}. Look for CHANGE in it, then: ginbon recipe check --files {file}",
        err=True,
    )
