"""The command line: one module a command, each parses, calls one public function, renders.

Nothing heavy is imported here or at the top of a command's module: `ginbon --help` answers at once.
"""

from __future__ import annotations

import atexit
import gc
import os
import sys
import traceback
from importlib import import_module
from typing import Annotated

import typer

from ginbon.errors import GinbonError, Interrupted

app = typer.Typer(
    name="ginbon",
    help="Turn a people's scattered text into a curated corpus and tokenizers, and hand them over with proof.",
    no_args_is_help=True,
    add_completion=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _version(value: bool) -> None:
    if value:
        from ginbon import __version__

        typer.echo(f"ginbon {__version__}")
        raise typer.Exit


@app.callback()
def _main(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version.")
    ] = False,
    debug: Annotated[bool, typer.Option("--debug", help="Show the traceback of an error.")] = False,
) -> None:
    if debug:
        os.environ["GINBON_DEBUG"] = "1"


COMMANDS = (
    "new",
    "run",
    "dedup",
    "measure",
    "decide",
    "calibrate",
    "status",
    "why",
    "report",
    "tune",
    "verify",
    "clean",
)
GROUPS = ("recipe", "tokenizers", "classifier")


def _mount() -> None:
    """Add each command: the function in ``ginbon.cli`` that has its name, in the module that has its name."""
    for name in COMMANDS:
        app.command(name)(getattr(import_module(f"ginbon.cli.{name}"), name))
    for name in GROUPS:
        app.add_typer(import_module(f"ginbon.cli.{name}").app, name=name)


def main() -> None:
    """Entry point: our errors become a message and the exit code of DESIGN.md, section 7."""
    gc.set_threshold(50_000, 20)  # modules are no garbage: looking for it while they load took a tenth of the time
    atexit.register(gc.freeze)  # nor at the end, where it took a sixth of a second
    _mount()
    try:
        app()
    except GinbonError as error:
        fail(error)
    except KeyboardInterrupt:
        fail(Interrupted("interrupted; the same command goes on from here"))
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # the reader has gone, as `| head` does
        sys.exit(0)
    except OSError as error:
        from pathlib import Path

        from ginbon.engine.files import surroundings_error

        fail(surroundings_error(error, Path(error.filename or ".").absolute()))
    except Exception as error:
        if os.environ.get("GINBON_DEBUG"):
            raise
        print(  # noqa: T201
            f"ginbon: an error of ours: {type(error).__name__}: {error}\n"
            "Run the same command with `ginbon --debug ...` and report what it shows.",
            file=sys.stderr,
        )
        sys.exit(4)


def fail(error: GinbonError) -> None:
    """Tell an error on standard error and end with its exit code."""
    if os.environ.get("GINBON_DEBUG"):
        traceback.print_exception(error, file=sys.stderr)
    else:
        notes = getattr(error, "__notes__", [])
        print("\n".join([f"ginbon: {error}", *notes]), file=sys.stderr)  # noqa: T201
    sys.exit(error.exit_code)
