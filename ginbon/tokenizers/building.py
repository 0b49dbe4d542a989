"""The stages of a recipe's tokenizers; all that they need is found on this machine first."""

from __future__ import annotations

from pathlib import Path

from ginbon.engine.stage import Stage
from ginbon.errors import GinbonError, Mistake, RecipeError, UserError
from ginbon.filters.contamination.items import digest_files
from ginbon.recipes.model import Recipe
from ginbon.tokenizers.counts.stages import Count, CountsFile, MergeCounts, ShareCounts
from ginbon.tokenizers.extension.stage import Extend, Extending
from ginbon.tokenizers.specs import Located, TokenizerSpec, distinct, locate
from ginbon.tokenizers.stages import Compare, Measure
from ginbon.tokenizers.training.options import TrainOptions
from ginbon.tokenizers.training.stage import Train


def build_tokenizer_stages(recipe: Recipe, *, sample_bytes: int = 4_000_000) -> list[Stage]:
    """The stages of a recipe's tokenizers, none where it has none; ``sample_bytes`` is measured of each language.

    Raises ``RecipeError`` for tokenizers, counts and parallel text that are not on this machine: a run uses no network.
    """
    settings = recipe.tokenizers
    plans, extended = _trained(recipe), _extended(recipe)
    stages: list[Stage] = []
    if plans or settings.share_counts:
        stages.append(Count())
    if settings.share_counts:
        stages.append(ShareCounts(settings.share_counts))
    if plans:
        stages += [MergeCounts(_counts(recipe)), Train(plans, settings.export)]
    if extended:
        stages.append(Extend(extended, recipe.seed))
    own = (*(plan.name for plan in plans), *(plan.name for plan in extended))
    others = _others(recipe, set(own))
    if own or others:
        stages += [Measure(own, others, sample_bytes, recipe.seed), Compare(sample_bytes, recipe.seed)]
    return stages


def _trained(recipe: Recipe) -> tuple[TrainOptions, ...]:
    """The tokenizers to train."""
    return tuple(
        TrainOptions(
            name=t.name,
            kind=t.kind,
            vocabulary=t.vocabulary,
            languages=tuple(t.languages or ()),
            balance=t.balance,
            weights=t.weights,
            character_coverage=t.character_coverage,
            special_tokens=tuple(t.special_tokens),
        )
        for t in recipe.tokenizers.train
    )


def _counts(recipe: Recipe) -> tuple[CountsFile, ...]:
    """The counts of others that a recipe adds to its own."""
    found: list[CountsFile] = []
    mistakes: list[Mistake] = []
    for n, place in enumerate(recipe.tokenizers.counts):
        path = Path(recipe.folder, place)
        try:
            found.append(CountsFile(path, digest_files([path])))
        except GinbonError as error:
            mistakes.append(recipe.mistake(f"tokenizers.counts.{n}", str(error)))
    if mistakes:
        raise RecipeError(mistakes)
    return tuple(found)


def _extended(recipe: Recipe) -> tuple[Extending, ...]:
    """The tokenizers to extend, their bases and parallel text found on this machine."""
    found: list[Extending] = []
    mistakes: list[Mistake] = []
    for n, one in enumerate(recipe.tokenizers.extend):
        try:
            base = locate(one.base, folder=recipe.folder)
            folders = tuple(Path(recipe.folder, place) for place in one.parallel)
            files = sorted(file for folder in folders for file in _files(folder))
            sha256 = digest_files(files) if files else ""
            found.append(Extending(one.name, base, one.language, one.tokens, one.split, folders, sha256))
        except GinbonError as error:
            mistakes.append(recipe.mistake(f"tokenizers.extend.{n}", str(error)))
    if mistakes:
        raise RecipeError(mistakes)
    return tuple(found)


def _files(place: Path) -> list[Path]:
    """A file, or the files of a folder."""
    if not place.exists():
        raise UserError(f"{place}: no such file or folder")
    return [place] if place.is_file() else [file for file in place.rglob("*") if file.is_file()]


def _others(recipe: Recipe, taken: set[str]) -> tuple[Located, ...]:
    """The tokenizers that a recipe names beside its own, found on this machine."""
    found: list[Located] = []
    mistakes: list[Mistake] = []
    for n, place in enumerate(recipe.tokenizers.compare):
        try:
            found.append(locate(place, folder=recipe.folder))
        except GinbonError as error:
            mistakes.append(recipe.mistake(f"tokenizers.compare.{n}", str(error)))
    if mistakes:
        raise RecipeError(mistakes)
    own = [Located(TokenizerSpec(name), name, "", "") for name in sorted(taken)]
    return tuple(distinct([*own, *found])[len(own) :])
