"""``ginbon run``."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from ginbon.run.start import Summary


def run(
    recipe: Annotated[Path, typer.Argument(metavar="RECIPE", help="The recipe, a YAML file.")],
    into: Annotated[Path | None, typer.Option("--into", help="Folder of the run; else runs/<recipe>.")] = None,
    workers: Annotated[int | None, typer.Option(min=0, help="Worker processes; else one a core.")] = None,
    sample: Annotated[
        int | None, typer.Option(min=1, help="Try the recipe on so many documents of every source first.")
    ] = None,
    until: Annotated[str | None, typer.Option(help="Stop after this stage (collect, decide, write, ...).")] = None,
    memory_per_worker: Annotated[str | None, typer.Option(help="Limit of a worker's memory, such as '4 GB'.")] = None,
    verify_inputs: Annotated[
        bool, typer.Option("--verify-inputs", help="Compare the hashes of all inputs, not their times only.")
    ] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No progress.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object at the end and nothing else.")] = False,
) -> None:
    """Carry a recipe out, or bring an earlier run of it up to date.

    The same command goes on where an interrupted run stopped, and does only what a change of the recipe needs.

    Example: ginbon run recipes/quickstart.yaml
    """
    # nothing in a run multiplies matrices, but in every process numpy's threads for that look for work for a while
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    from ginbon.cli.display import Stopper, display_for, print_json
    from ginbon.engine.carry import Outcome, Plan
    from ginbon.engine.stage import Stage
    from ginbon.run import Listener, Options, default_folder
    from ginbon.run import run as carry_out
    from ginbon.run.checking import check
    from ginbon.run.planning import InputPlan

    loaded, _ = check(recipe)
    folder = into or default_folder(loaded, sample=sample is not None)
    options = Options(
        **({} if workers is None else {"workers": workers}),
        memory_per_worker=None if memory_per_worker is None else _memory(memory_per_worker),
        sample=sample,
        until=until,
        verify_inputs=verify_inputs,
    )
    shown = display_for(folder, quiet=quiet, as_json=as_json)
    stopper = Stopper(shown.told, here=options.workers == 0)

    def began(stage: str, plan: Plan) -> None:
        shown.began(stage, plan)

    def ended(outcome: Outcome) -> None:
        shown.ended(outcome)

    listener = Listener(began=began, looked=shown.looked, ended=ended, told=shown.told, stop=stopper)

    def planned(plan: InputPlan, stages: list[Stage]) -> None:
        for warning in plan.warnings:
            shown.told(warning)

    listener.planned = planned
    try:
        with stopper.listening():
            summary = carry_out(loaded, folder, options=options, listener=listener)
    except Exception as error:
        shown.close()
        _add_how_to_go_on(error, folder)
        raise
    shown.close()
    if as_json:
        print_json(_json(summary))
    else:
        _print_summary(summary)


def _add_how_to_go_on(error: Exception, folder: Path) -> None:
    from ginbon.errors import Interrupted, LockedError, SurroundingsError

    stopped = isinstance(error, Interrupted | SurroundingsError) and not isinstance(error, LockedError)
    if stopped and folder.exists():
        error.add_note(
            f"What is finished is kept in {folder}; `ginbon status {folder}` shows it. Run the same command to go on."
        )


def _memory(text: str) -> int:
    from ginbon.errors import UserError
    from ginbon.recipes.values import parse_size

    try:
        return parse_size(text)
    except UserError as error:
        raise UserError(f"--memory-per-worker: {error}") from error


def _json(summary: Summary) -> dict[str, object]:
    return {
        "schema": "ginbon-run/1",
        "recipe": summary.recipe,
        "folder": str(summary.folder),
        "stages": [
            {"name": o.stage, "tasks": o.tasks, "ran": o.ran, "kept": o.kept, "changed": list(o.changed)}
            for o in summary.outcomes
        ],
        "quarantined": [q for o in summary.outcomes for q in o.quarantined],
        "warnings": list(summary.warnings),
    }


def _print_summary(summary: Summary) -> None:
    from rich.console import Console
    from rich.table import Table

    from ginbon.cli.display import size
    from ginbon.run.status import funnel

    console = Console(highlight=False)
    flows = funnel(summary.folder)
    if flows:
        table = Table(box=None, padding=(0, 2), header_style="bold", pad_edge=False)
        for column in ("language", "collected", "kept by rules", "released", "text"):
            table.add_column(column, justify="left" if column == "language" else "right")
        for row in flows:
            table.add_row(row.language, *(f"{n:,}" for n in (row.collected, row.kept, row.released)), size(row.bytes))
        console.print(table)
    else:
        console.print("no document was collected in a language of the recipe", style="yellow")
    carried = {o.stage for o in summary.outcomes}
    for name, path, stage in (
        ("release", "release", "seal"),
        ("report", "report/report.html", "report"),
        ("excluded", "excluded", "collect"),
    ):
        if stage in carried and (summary.folder / path).exists():
            console.print(f"{name:9} {summary.folder / path}", markup=False, soft_wrap=True)
    if "seal" in carried and (summary.folder / "release").exists():
        console.print(f"check it with: ginbon verify {summary.folder / 'release'}", markup=False, soft_wrap=True)
