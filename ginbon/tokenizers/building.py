"""The stages of a recipe's tokenizers; all that they need is found on this machine first."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

from ginbon.engine.stage import Stage
from ginbon.errors import GinbonError, Mistake, RecipeError, UserError
from ginbon.recipes.model import Recipe
from ginbon.recipes.tokenizers import ExtendTokenizer, SweepTokenizers, TrainTokenizer
from ginbon.tokenizers.counts.counts import Holding
from ginbon.tokenizers.counts.file import holdings_of, pattern_of
from ginbon.tokenizers.counts.holding import check_apart
from ginbon.tokenizers.counts.stages import Count, CountsFile, MergeCounts, ShareCounts
from ginbon.tokenizers.extension.stage import Extend, Extending
from ginbon.tokenizers.patterns import GINBON
from ginbon.tokenizers.places import digest_places
from ginbon.tokenizers.specs import Located, TokenizerSpec, distinct, locate
from ginbon.tokenizers.stages import Compare, Measure
from ginbon.tokenizers.sweep.plan import Judging, SweepOptions
from ginbon.tokenizers.sweep.stage import SweepStage
from ginbon.tokenizers.training.options import Parity, TrainOptions
from ginbon.tokenizers.training.stage import Train

Item = TypeVar("Item")
Found = TypeVar("Found")


def build_tokenizer_stages(recipe: Recipe, *, sample_bytes: int = 4_000_000) -> list[Stage]:
    """The stages of a recipe's tokenizers, none where it has none; ``sample_bytes`` is measured of each language.

    Raises ``RecipeError`` for tokenizers, counts and parallel text that are not on this machine: a run uses no network.
    """
    settings = recipe.tokenizers
    plans, extended = _trained(recipe), _extended(recipe)
    stages: list[Stage] = []
    if plans or settings.sweep or settings.share_counts:
        stages.append(Count())
    if settings.share_counts:
        stages.append(ShareCounts(settings.share_counts))
    if plans or settings.sweep:
        stages.append(MergeCounts(_counts(recipe)))
    if settings.sweep:
        stages.append(_sweep(settings.sweep, recipe.seed))
    if plans:
        stages.append(Train(plans, settings.export))
    if extended:
        stages.append(Extend(extended, recipe.seed))
    own = (*(plan.name for plan in plans), *(plan.name for plan in extended))
    others = _others(recipe, set(own))
    if own or others:
        stages += [Measure(own, others, sample_bytes, recipe.seed), Compare(sample_bytes, recipe.seed)]
    return stages


def mistakes_in(recipe: Recipe, *, files: bool) -> list[Mistake]:
    """What is wrong with a recipe's tokenizers; with ``files`` also what they name and this machine has not."""
    looks: list[Callable[[], object]] = [lambda: _trained(recipe, files=files)]
    if files:
        looks += [lambda: _counts(recipe), lambda: _extended(recipe), lambda: _others(recipe, set())]
    found: list[Mistake] = []
    for look in looks:
        try:
            look()
        except RecipeError as error:
            found += error.mistakes
    return found


def _each(recipe: Recipe, key: str, items: Sequence[Item], make: Callable[[Item], Found]) -> tuple[Found, ...]:
    """What is made of each item of a list in ``tokenizers``; raises ``RecipeError`` with the mistakes of all."""
    found: list[Found] = []
    mistakes: list[Mistake] = []
    for n, item in enumerate(items):
        try:
            found.append(make(item))
        except GinbonError as error:
            mistakes.append(recipe.mistake(f"tokenizers.{key}.{n}", str(error)))
    if mistakes:
        raise RecipeError(mistakes)
    return tuple(found)


def _trained(recipe: Recipe, *, files: bool = True) -> tuple[TrainOptions, ...]:
    """The tokenizers to train, the parallel text that some are developed on found on this machine."""
    return _each(recipe, "train", recipe.tokenizers.train, lambda one: _plan(recipe, one, files=files))


def _plan(recipe: Recipe, one: TrainTokenizer, *, files: bool) -> TrainOptions:
    parity = None
    if one.parity is not None:
        place = Path(recipe.folder, one.parity.development) if one.parity.development else None
        digest_places([place] if place and files else [])
        values = one.parity.model_dump(exclude={"development"})
        parity = Parity(str(place or ""), **values)
    return TrainOptions(
        name=one.name,
        kind=one.kind,
        vocabulary=one.vocabulary,
        languages=tuple(one.languages or ()),
        balance=one.balance,
        weights=one.weights,
        character_coverage=one.character_coverage,
        special_tokens=tuple(one.special_tokens),
        finer=tuple(one.finer),
        alphabet=one.alphabet,
        unseen=one.unseen,
        parity=parity,
    )


def _sweep(wanted: SweepTokenizers, seed: int) -> SweepStage:
    options = SweepOptions(
        kinds=tuple(wanted.kinds),
        vocabularies=tuple(wanted.vocabularies),
        balances=tuple(wanted.balances),
        patterns=tuple(wanted.patterns),
        languages=tuple(wanted.languages or ()),
    )
    return SweepStage(options, Judging(within=wanted.within, seed=seed))


def _counts(recipe: Recipe) -> tuple[CountsFile, ...]:
    """The counts of others that a recipe adds to its own."""

    def counted(place: str) -> CountsFile:
        path = Path(recipe.folder, place)
        digest = digest_places([path])
        if (pattern := pattern_of(path)) != GINBON:
            raise UserError(
                f"{place}: cut into pre-tokens by another split pattern than a run's ({pattern[:40]}…), so that they "
                "cannot be added up; count that text again with merge-counts"
            )
        held.append((place, holdings_of(path)))
        check_apart(held)
        return CountsFile(path, digest)

    held: list[tuple[str, frozenset[Holding]]] = []
    return _each(recipe, "counts", recipe.tokenizers.counts, counted)


def _extended(recipe: Recipe) -> tuple[Extending, ...]:
    """The tokenizers to extend, their bases and parallel text found on this machine."""

    def extending(one: ExtendTokenizer) -> Extending:
        base = locate(one.base, folder=recipe.folder)
        folders = tuple(Path(recipe.folder, place) for place in one.parallel)
        return Extending(one.name, base, one.language, one.tokens, one.split, folders, digest_places(folders))

    return _each(recipe, "extend", recipe.tokenizers.extend, extending)


def _others(recipe: Recipe, taken: set[str]) -> tuple[Located, ...]:
    """The tokenizers that a recipe names beside its own, found on this machine."""
    found = _each(recipe, "compare", recipe.tokenizers.compare, lambda place: locate(place, folder=recipe.folder))
    own = [Located(TokenizerSpec(name), name, "", "") for name in sorted(taken)]
    return tuple(distinct([*own, *found])[len(own) :])
