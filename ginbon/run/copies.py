"""What a recipe says of copies, as the stages that find them take it."""

from __future__ import annotations

from ginbon.engine.stage import Stage
from ginbon.errors import RecipeError, UserError
from ginbon.filters.contamination.leak import Leak
from ginbon.filters.decide import Decide
from ginbon.filters.duplicates.cluster import Cluster, Join
from ginbon.filters.duplicates.gather import Gather, Stored
from ginbon.filters.duplicates.index import Index, Known, ListIndex, open_indexes, verify_index
from ginbon.filters.duplicates.match import Match
from ginbon.filters.duplicates.members import Preference
from ginbon.filters.duplicates.recur import Recur
from ginbon.filters.duplicates.recurring import Recurring
from ginbon.filters.duplicates.shuffle import Keys, Shuffle
from ginbon.filters.duplicates.sketch import Near
from ginbon.filters.duplicates.spread import Spread
from ginbon.filters.duplicates.trim import Trim
from ginbon.filters.duplicates.verify import Verify
from ginbon.filters.duplicates.weigh import Weigh
from ginbon.filters.signals import CATALOGUE
from ginbon.recipes.model import Recipe


def cluster_stages(recipe: Recipe) -> list[Stage]:
    """The stages that find clusters of copies.

    Those of verifying are always there, without a task where it is not asked for, so that nothing of an earlier run
    stays. Raises ``RecipeError`` for an index or a signal that is not there.
    """
    _check_preference(recipe)
    keys, threshold = keys_of(recipe), threshold_of(recipe)
    return [
        Shuffle(keys),
        Match(keys, known_to(recipe)),
        Join(),
        Cluster(),
        Gather(threshold is not None, keys, near_of(recipe), Stored()),
        Verify(threshold),
    ]


def line_stages(recipe: Recipe, first_round: Decide) -> list[Stage]:
    """The stages that find lines that recur; ``first_round`` says which documents may keep theirs."""
    recurring = recurring_of(recipe)
    if recurring is None:
        return []
    judges = first_round if recurring.keep_first else None
    return [Spread(recurring, judges), Recur(recurring.min_documents, recurring.keep_first), Trim(recurring)]


def stages_beside_shards(recipe: Recipe) -> list[Stage]:
    """What is said of the shards: the release's index, the weights of its documents, leakage between its splits.

    They are always there, without a task where they are not asked for, so that nothing of an earlier run stays.
    """
    release, keys, near = recipe.release, keys_of(recipe), near_of(recipe)
    title = f"{release.title or recipe.recipe} {release.version}" if release.index else None
    return [
        Index(keys, near, wanted=release.index),
        ListIndex(keys, near, title),
        Weigh(release.repeats),
        Leak(recipe.held_out.measure_leakage),
    ]


def near_of(recipe: Recipe) -> Near:
    """How near-duplicates are sketched; as usual where they are not looked for."""
    near = recipe.duplicates.near
    if near == "off":
        return Near(seed=recipe.seed)
    return Near(ngram=near.ngram, bands=near.bands, rows=near.rows, seed=recipe.seed)


def keys_of(recipe: Recipe) -> Keys:
    """What two documents must share to be compared."""
    duplicates = recipe.duplicates
    return Keys(
        exact=duplicates.exact, bands=near_of(recipe).bands if duplicates.near != "off" else 0, url=duplicates.url
    )


def threshold_of(recipe: Recipe) -> float | None:
    """The similarity that clusters are verified at."""
    near = recipe.duplicates.near
    return None if near == "off" else near.verify


def known_to(recipe: Recipe, *, verify: bool = False) -> tuple[Known, ...]:
    """The indexes that the recipe deduplicates against, checked; to ``verify`` them is to read every byte."""
    found, mistakes = [], []
    for number, place in enumerate(recipe.duplicates.against):
        try:
            open_indexes([recipe.folder / place], keys_of(recipe), near_of(recipe))
            if verify:
                verify_index(recipe.folder / place)
            found.append(recipe.folder / place)
        except UserError as error:
            mistakes.append(recipe.mistake(f"duplicates.against.{number}", str(error)))
    if mistakes:
        raise RecipeError(mistakes)
    return open_indexes(found, keys_of(recipe), near_of(recipe))


def preference_of(recipe: Recipe) -> Preference:
    """Which copy is best."""
    return Preference(by=tuple(recipe.duplicates.best), sources=tuple(recipe.duplicates.prefer))


def _check_preference(recipe: Recipe) -> None:
    """A copy can be best by what is measured on all documents only."""
    scores = {f"classify/{c.name}" for c in recipe.classifiers if c.languages is None}
    known = scores | {name for name, signal in CATALOGUE.items() if signal.group != "left"}
    mistakes = []
    for number, by in enumerate(recipe.duplicates.best):
        if "/" in by and by not in known:
            hint = f"there are: {', '.join(sorted([*scores, 'walk/words', 'walk/stop_words']))} and the other signals"
            mistakes.append(
                recipe.mistake(f"duplicates.best.{number}", f"no signal of all documents is called {by}", hint=hint)
            )
    if mistakes:
        raise RecipeError(mistakes)


def recurring_of(recipe: Recipe) -> Recurring | None:
    """Which lines recur; None where the recipe does not ask for it."""
    lines = recipe.duplicates.lines
    if lines == "off":
        return None
    return Recurring(
        sentences=lines.sentences if lines.unit == "sentences" else 0,
        within=lines.within,
        min_documents=lines.min_documents,
        min_words=lines.min_words,
        keep_first=lines.keep_first,
    )
