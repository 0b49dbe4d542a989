"""Everything that can be said against a recipe before any work: its text, its rules, and on request its files."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from ginbon.corpus.inputs import expand
from ginbon.errors import Mistake, RecipeError, UserError
from ginbon.filters.presets import thresholds
from ginbon.filters.rules import RULES, BoundRule, bind
from ginbon.languages.pack import load_pack
from ginbon.recipes import Recipe, load


def check(path: Path, *, files: bool = False) -> tuple[Recipe, list[str]]:
    """The recipe in a file and warnings about its inputs; raises ``RecipeError`` with every mistake.

    With ``files``, what it names has to be there: the inputs of every source, packs, the identifier's model,
    classifiers, evaluation sets, tokenizers, counts and parallel text. Nothing in them is read but packs, and what
    files of counts say of themselves.
    """
    recipe = load(path, known_rules=RULES)
    mistakes = list(_rules(recipe))
    warnings: list[str] = []
    mistakes += _tokenizers(recipe, files=files)
    if files:
        mistakes += _named_files(recipe)
        mistakes += _inputs(recipe, warnings)
    if mistakes:
        raise RecipeError(mistakes)
    return recipe, warnings


def bound_rules(recipe: Recipe) -> dict[str, list[BoundRule]]:
    """Every language's rules with their thresholds."""
    packs = {label: load_pack(s.pack or label, folder=recipe.folder) for label, s in recipe.languages.items()}
    own = {label: {**recipe.rules.thresholds, **s.rules} for label, s in recipe.languages.items()}
    return {label: bind(recipe.rules.preset, pack, own[label]) for label, pack in packs.items()}


def _rules(recipe: Recipe) -> Iterator[Mistake]:
    """Thresholds that no document or every document passes, or that a rule cannot have."""
    yield from _second_round(recipe)
    for label, settings in recipe.languages.items():
        place = settings.pack or label
        try:
            pack = load_pack(place, folder=recipe.folder)
        except RecipeError as error:
            yield from error.mistakes
            continue
        except UserError as error:
            if not place.endswith((".yaml", ".yml")):  # a file of the user's own is asked for by `files`
                yield recipe.mistake(f"languages.{label}.pack", str(error))
            continue
        try:
            thresholds(recipe.rules.preset, label)
        except UserError as error:
            yield recipe.mistake("rules.preset", str(error))
            continue
        try:
            bind(recipe.rules.preset, pack, {**recipe.rules.thresholds, **settings.rules})
        except UserError as error:
            named = str(error).split(":")[0].split(" ")[0]
            key = f"languages.{label}.rules.{named}" if named in settings.rules else f"rules.thresholds.{named}"
            yield recipe.mistake(key, str(error))


def _second_round(recipe: Recipe) -> Iterator[Mistake]:
    """Rules for documents that lost lines, where none are looked for."""
    if recipe.duplicates.lines != "off":
        return
    places = {"rules.thresholds": recipe.rules.thresholds}
    places |= {f"languages.{label}.rules": settings.rules for label, settings in recipe.languages.items()}
    for place, named in places.items():
        for name in named:
            if name in RULES and RULES[name].measured.group == "left":
                message = f"the rule {name} is about documents that lost recurring lines"
                yield recipe.mistake(f"{place}.{name}", message, hint="say which in duplicates.lines", at="key")


def _named_files(recipe: Recipe) -> Iterator[Mistake]:
    for label, settings in recipe.languages.items():
        pack = settings.pack or ""
        if pack.endswith((".yaml", ".yml")) and not (recipe.folder / pack).is_file():
            yield recipe.mistake(f"languages.{label}.pack", f"the pack {pack} is not there")
    model = recipe.identify.model
    if model != "packaged" and not model.startswith("hub:") and not (recipe.folder / model).is_file():
        yield recipe.mistake("identify.model", f"the model {model} is not there")
    for n, classifier in enumerate(recipe.classifiers):
        if not (recipe.folder / classifier.model).is_file():
            yield recipe.mistake(f"classifiers.{n}.model", f"the model {classifier.model} is not there")
    for n, one in enumerate(recipe.evaluation.sets):
        try:
            expand(one.paths, root=recipe.folder)
        except UserError as error:
            yield recipe.mistake(f"evaluation.sets.{n}.paths", str(error))


def _tokenizers(recipe: Recipe, *, files: bool) -> list[Mistake]:
    said = recipe.tokenizers
    if not (said.train or (files and (said.sweep or said.extend or said.compare))):
        return []
    from ginbon.tokenizers.building import mistakes_in

    return mistakes_in(recipe, files=files)


def _inputs(recipe: Recipe, warnings: list[str]) -> list[Mistake]:
    from ginbon.run.planning import plan_inputs

    try:
        warnings += plan_inputs(recipe).warnings
    except RecipeError as error:
        return error.mistakes
    return []
