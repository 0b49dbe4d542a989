"""The evaluation sets of a recipe: their files found and read before any work; the stage and the rule they bring."""

from __future__ import annotations

from typing import Final

from ginbon.corpus.inputs import expand
from ginbon.errors import RecipeError, UserError
from ginbon.filters.contamination.decontaminate import Decontaminate
from ginbon.filters.contamination.index import SHARE
from ginbon.filters.contamination.items import EvaluationSet, NoFieldError, digest_files, read_items
from ginbon.filters.rules import BoundRule
from ginbon.recipes.model import Recipe

RULE: Final = "evaluation-overlap"


def decontaminate_stage(recipe: Recipe) -> list[Decontaminate]:
    """The stage, where the recipe has evaluation sets.

    Raises ``RecipeError`` for files that are not there, are damaged, hold nothing, or have no field asked for.
    """
    evaluation = recipe.evaluation
    sets, mistakes = [], []
    for number, one in enumerate(evaluation.sets):
        key = f"evaluation.sets.{number}"
        fields = None if one.fields is None else tuple(one.fields)
        try:
            files = tuple(path for path, _, _ in expand(one.paths, root=recipe.folder).files)
            if not len(read_items(files, fields).texts):
                raise UserError(f"the evaluation set {one.name} holds no text: name the fields that do")
            sets.append(EvaluationSet(one.name, files, fields, digest_files(files)))
        except NoFieldError as error:
            mistakes.append(recipe.mistake(f"{key}.fields.{(fields or ()).index(error.field)}", str(error)))
        except UserError as error:
            mistakes.append(recipe.mistake(f"{key}.paths", str(error)))
    if mistakes:
        raise RecipeError(mistakes)
    if not sets:
        return []
    options = evaluation.ngram, evaluation.min_words, evaluation.max_texts
    return [Decontaminate(tuple(sorted(sets, key=lambda s: s.name)), *options)]


def overlap_rules(recipe: Recipe) -> list[BoundRule]:
    """A document that has as much of an item as ``drop_from`` says is dropped."""
    at = recipe.evaluation.drop_from
    if at == "off" or not recipe.evaluation.sets:
        return []
    return [BoundRule(RULE, SHARE, "<", None, at, "recipe")]
