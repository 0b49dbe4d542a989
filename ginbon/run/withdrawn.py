"""The documents that a recipe withdraws: ids in files, one a line."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

from ginbon.corpus.schema import ID_PREFIX
from ginbon.errors import Mistake, RecipeError
from ginbon.recipes.model import Recipe

_ID: Final = re.compile(re.escape(ID_PREFIX) + "[0-9a-f]{32}")


def withdrawn_ids(recipe: Recipe) -> tuple[str, ...]:
    """All ids in the recipe's files, each once, in order.

    Raises ``RecipeError`` for a file that cannot be read and for every line that is no id, with its place.
    """
    ids: set[str] = set()
    mistakes: list[Mistake] = []
    for number, place in enumerate(recipe.withdrawn):
        path = recipe.folder / place
        try:
            found, wrong = _read(path)
        except (OSError, UnicodeDecodeError) as error:
            mistakes.append(recipe.mistake(f"withdrawn.{number}", f"{place} cannot be read: {error}"))
            continue
        ids |= found
        mistakes += [recipe.mistake(f"withdrawn.{number}", f"{place}, {message}") for message in wrong]
    if mistakes:
        raise RecipeError(mistakes)
    return tuple(sorted(ids))


def _read(path: Path) -> tuple[set[str], list[str]]:
    """The ids of a file, and what is wrong with its other lines."""
    ids, wrong = set(), []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        said = line.partition("#")[0].strip()
        if _ID.fullmatch(said):
            ids.add(said)
        elif said:
            wrong.append(f"line {number}: {said[:60]!r} is no document id ({ID_PREFIX} and 32 hex digits)")
    return ids, wrong
