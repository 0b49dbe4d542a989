"""``ginbon recipe``: check, schema, explain."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from ginbon.errors import Mistake
    from ginbon.recipes import Recipe

app = typer.Typer(help="Check, explain and describe recipes.", no_args_is_help=True, rich_markup_mode=None)


@app.command()
def check(
    recipes: Annotated[list[Path], typer.Argument(metavar="RECIPE", help="Recipes, YAML files.")],
    files: Annotated[
        bool, typer.Option("--files", help="Look whether the files that they name are there, too.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Say everything that is wrong with recipes; nothing is run. Exit code 0: nothing. 2: something.

    Example: ginbon recipe check recipes/*.yaml
    """
    from ginbon.errors import RecipeError, UserError
    from ginbon.run.checking import check as find

    answers: list[dict[str, Any]] = []
    for file in recipes:
        mistakes: list[Mistake] = []
        warnings: list[str] = []
        message = ""
        try:
            recipe, warnings = find(file, files=files)
            message = _in_short(recipe)
        except RecipeError as error:
            mistakes = error.mistakes
        except UserError as error:
            mistakes = [_without_place(file, error)]
        if not as_json:
            _say(file, message, warnings, mistakes)
        answers.append(
            {
                "file": str(file),
                "valid": not mistakes,
                "warnings": warnings,
                "mistakes": [vars(m) for m in mistakes],
            }
        )
    if as_json:
        typer.echo(json.dumps({"version": 1, "recipes": answers}, ensure_ascii=False, indent=1))
    if not all(answer["valid"] for answer in answers):
        raise typer.Exit(2)


def _without_place(file: Path, error: Exception) -> Mistake:
    from ginbon.errors import Mistake

    return Mistake(str(file), 1, 1, str(error))


def _in_short(recipe: Recipe) -> str:
    languages, sources = len(recipe.languages), len(recipe.sources)
    return f"{languages} language{'s' * (languages != 1)}, {sources} source{'s' * (sources != 1)}"


def _say(file: Path, message: str, warnings: list[str], mistakes: list[Mistake]) -> None:
    for warning in warnings:
        typer.echo(f"{file}: warning: {warning}", err=True)
    if not mistakes:
        typer.echo(f"{file}: valid ({message})")
        return
    for mistake in mistakes:
        typer.echo(str(mistake), err=True)
    typer.echo(f"{file}: {len(mistakes)} mistake{'s' * (len(mistakes) != 1)}", err=True)


@app.command()
def schema() -> None:
    """Print the JSON Schema of recipes, for editors that complete and check YAML.

    Example: ginbon recipe schema > recipe.schema.json
    """
    from ginbon.recipes.describe import schema as describe

    typer.echo(json.dumps(describe(), ensure_ascii=False, indent=1))


@app.command()
def explain(
    recipe: Annotated[Path, typer.Argument(metavar="RECIPE", help="The recipe, a YAML file.")],
    as_json: Annotated[
        bool, typer.Option("--json", help="Print one JSON object: the recipe with every default.")
    ] = False,
) -> None:
    """Say what a recipe asks for, with every default: languages, sources, rules with thresholds, tokenizers, release.

    Example: ginbon recipe explain recipes/quickstart.yaml
    """
    from ginbon.recipes.explain import explained
    from ginbon.run.checking import bound_rules
    from ginbon.run.checking import check as find

    loaded, _ = find(recipe)
    rules = bound_rules(loaded)
    if as_json:
        thresholds = {label: {r.name: {**r.to_json(), "set_by": r.source} for r in own} for label, own in rules.items()}
        typer.echo(
            json.dumps({"version": 1, "recipe": loaded.resolved(), "rules": thresholds}, ensure_ascii=False, indent=1)
        )
        return
    for line in explained(loaded):
        typer.echo(line)
    for line in [*_thresholds(rules), *_plan(loaded)]:
        typer.echo(line)


def _plan(recipe: Recipe) -> list[str]:
    """What a run would do, where the inputs are there."""
    from ginbon.run import explain as explain_run

    return list(explain_run(recipe))


def _thresholds(rules: dict[str, Any]) -> list[str]:
    """A line a rule: the threshold that most languages have, and those that differ."""
    lines = ["", "rules (a document is kept where all of these hold)"]
    names = list(dict.fromkeys(rule.name for own in rules.values() for rule in own))
    for name in names:
        by_language = {label: next((r for r in own if r.name == name), None) for label, own in rules.items()}
        said = {label: _threshold(rule) for label, rule in by_language.items()}
        common = max(dict.fromkeys(said.values()), key=list(said.values()).count)
        others = ", ".join(f"{label}: {text}" for label, text in said.items() if text != common)
        lines.append(f"  {name:26} {common:22} {others}".rstrip())
    return lines


def _threshold(rule: Any) -> str:
    if rule is None:
        return "off"
    if rule.keep_if == "between":
        return f"{rule.low:g} to {rule.high:g}"
    end = rule.low if rule.low is not None else rule.high
    return f"{rule.keep_if} {end:g}"
