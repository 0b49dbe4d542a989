"""``ginbon decide``: a finished run under other thresholds, in seconds."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from ginbon.run.redecide import Amount, LanguageChange, RuleChange
    from ginbon.run.wishes import Wishes


def decide(
    run: Annotated[Path, typer.Argument(metavar="RUN", help="The run's folder, such as runs/quickstart.")],
    settings: Annotated[
        list[str] | None,
        typer.Option("--set", help="RULE=VALUE or LANGUAGE:RULE=VALUE; a number, low,high or off. May be given again."),
    ] = None,
    preset: Annotated[str | None, typer.Option(help="Another preset: ginbon, gopher, c4, fineweb or fineweb2.")] = None,
    recipe: Annotated[Path | None, typer.Option(help="Take the rules of this recipe instead of the run's.")] = None,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="Write each document's fate now and then to a Parquet file."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Show what other thresholds would keep and lose of a finished run, from the signals that it stored.

    The run stays as it is. To carry the thresholds out, put the lines that are shown into the recipe and give
    `ginbon run` again: it does only what they change.

    Example: ginbon decide runs/quickstart --set min-words=40 --set "hin_Deva:stop-words=off"
    """
    from ginbon.cli.display import print_json
    from ginbon.run.checking import check
    from ginbon.run.redecide import redecide
    from ginbon.run.wishes import recipe_of, wishes

    present = recipe_of(run)
    wished = wishes(settings or [], preset=preset, languages=list(present.languages))
    base = present if recipe is None else check(recipe)[0]
    changes = redecide(run, wished.applied(base), output=output)
    if as_json:
        print_json(_json(run, changes, wished))
    else:
        _show(changes, wished, output)


def _json(run: Path, changes: dict[str, LanguageChange], wished: Wishes) -> dict[str, Any]:
    from dataclasses import asdict

    return {
        "schema": "ginbon-decide/1",
        "run": str(run),
        "recipe": wished.to_yaml(),
        "languages": {label: asdict(change) for label, change in sorted(changes.items())},
    }


def _show(changes: dict[str, LanguageChange], wished: Wishes, output: Path | None) -> None:
    import sys

    from rich.console import Console
    from rich.table import Table

    console = Console(highlight=False, width=None if sys.stdout.isatty() else 140)

    def table(*columns: str, left: int = 1) -> Table:
        made = Table(box=None, padding=(0, 2, 0, 0), header_style="bold", pad_edge=False)
        for number, column in enumerate(columns):
            made.add_column(column, justify="left" if number < left else "right", no_wrap=number < left)
        return made

    of_languages = table("language", "collected", "kept now", "kept then", "gained", "lost", "text now", "text then")
    for label, change in sorted(changes.items()):
        of_languages.add_row(label, *_kept(change))
    console.print(of_languages)
    for label, change in sorted(changes.items()):
        rules = {name: rule for name, rule in change.rules.items() if _differs(rule)}
        if rules:
            of_rules = table(f"rule in {label}", "now", "then", "drops now", "drops then", "only it", "words of these")
            for name, rule in rules.items():
                of_rules.add_row(name, *_rule(rule))
            console.print()
            console.print(of_rules)
        for flip in change.flips:
            reason = "" if flip.rule is None or flip.value is None else f": {flip.rule} {flip.value:g}"
            limit = "" if flip.threshold is None else f", threshold {flip.threshold:g}"
            console.print(f"  {flip.id} {flip.now} -> {flip.then}{reason}{limit}", markup=False, soft_wrap=True)
    if output is not None:
        console.print(f"\nwritten to {output}", markup=False, soft_wrap=True)
    if yaml := wished.to_yaml():
        console.print(f"\nto carry it out, put this into the recipe:\n\n{yaml}", markup=False, soft_wrap=True)


def _kept(change: LanguageChange) -> list[str]:
    from ginbon.cli.display import size

    amounts = (change.collected, change.kept_now, change.kept_then, change.gained, change.lost)
    return [*(f"{a.documents:,}" for a in amounts), size(change.kept_now.bytes), size(change.kept_then.bytes)]


def _differs(rule: RuleChange) -> bool:
    return rule.now != rule.then or rule.drops_now != rule.drops_then or rule.fires != "sometimes"


def _rule(rule: RuleChange) -> list[str]:
    fires = {"sometimes": "", "never": " (never fires)", "always": " (always fires)"}[rule.fires]
    return [_ends(rule.now), _ends(rule.then) + fires, *map(_documents, (rule.drops_now, rule.drops_then)),
            _documents(rule.alone_then), f"{rule.alone_then.words:,}"]  # fmt: skip


def _documents(amount: Amount) -> str:
    return f"{amount.documents:,}"


def _ends(ends: tuple[float | None, float | None] | None) -> str:
    if ends is None:
        return "off"
    low, high = ends
    if low is not None and high is not None:
        return f"{low:g} to {high:g}"
    return f">= {low:g}" if low is not None else f"<= {high:g}" if high is not None else "any"
