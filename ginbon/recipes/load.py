"""Read a recipe from its file, or say everything that is wrong with it at once.

Nothing is imported, opened or run for what a recipe names; only the recipe's own file is read. Whether the
files that it names exist is asked by ``ginbon.recipes.inputs``.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from ginbon.errors import Mistake, RecipeError, SurroundingsError, UserError
from ginbon.recipes import checks, messages
from ginbon.recipes.model import Recipe
from ginbon.recipes.parse import MAX_BYTES, Tree, parse
from ginbon.recipes.places import Origin
from ginbon.recipes.values import shown


def load(path: str | Path, *, known_rules: Mapping[str, Any] | None = None) -> Recipe:
    """The recipe in a file; raises ``RecipeError`` with every mistake in it, in the order of the file.

    ``known_rules`` maps the names of rules that there are to anything; rules that the recipe names are looked
    up in it. Without it, names of rules are not checked.
    """
    file = Path(path)
    return read(_text(file), file=file, known_rules=known_rules)


def read(text: str, *, file: Path = Path("recipe.yaml"), known_rules: Mapping[str, Any] | None = None) -> Recipe:
    """The recipe in a text; ``file`` is what messages name and what paths are relative to."""
    tree = parse(text)
    origin = Origin.of(file, text, tree.spots)
    recipe, found = _validate(tree, origin)
    mistakes = [origin.at(f.line, f.column, f.message, hint=f.hint) for f in tree.faults] + found
    if isinstance(tree.value, dict):
        wrong = [*checks.cross(tree.value, known_rules=known_rules)]
        mistakes += [
            origin.mistake(w.keys, w.message, hint=w.hint, at=w.at) for w in wrong if not _hidden(w.keys, tree)
        ]
    if mistakes or recipe is None:
        raise RecipeError(_once(mistakes))
    recipe._origin = origin
    return recipe


def _text(file: Path) -> str:
    try:
        raw = file.open("rb").read(MAX_BYTES * 4)
    except FileNotFoundError:
        near = sorted(p.name for p in file.parent.glob("*.y*ml"))[:5] if file.parent.is_dir() else []
        hint = f" In {file.parent}/ there are: {', '.join(near)}." if near else ""
        raise UserError(f"there is no recipe {file}.{hint} `ginbon new LANGUAGE` writes one.") from None
    except IsADirectoryError:
        raise UserError(f"{file} is a folder; name the recipe's YAML file in it.") from None
    except OSError as error:
        raise SurroundingsError(f"{file} cannot be read: {error.strerror}.") from error
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        column = len(raw[raw.rfind(b"\n", 0, error.start) + 1 : error.start].decode("utf-8", "replace")) + 1
        message = f"byte 0x{raw[error.start]:02x} is not UTF-8; save the recipe as UTF-8"
        raise RecipeError([Mistake(str(file), line, column, message)]) from None


def _validate(tree: Tree, origin: Origin) -> tuple[Recipe | None, list[Mistake]]:
    if not isinstance(tree.value, dict):
        if tree.faults:
            return None, []
        what = "is empty" if tree.value is None else f"holds {shown(tree.value)}"
        return None, [origin.at(1, 1, f"the recipe {what}; expected `recipe`, `languages` and `sources`")]
    try:
        return Recipe.model_validate(tree.value), []
    except ValidationError as error:
        said = [messages.explain(e, tree.value) for e in error.errors(include_url=False)]
    return None, [
        origin.mistake(w.keys, w.message, hint=w.hint, at=w.at)
        for w in said
        if not _hidden(w.keys, tree) and not (w.missing and _hidden((*w.keys, w.missing), tree))
    ]


def _hidden(keys: tuple[str, ...], tree: Tree) -> bool:
    """Whether a mistake only follows from one of syntax: the value could not be read."""
    return any(keys[:n] in tree.broken for n in range(1, len(keys) + 1))


def _once(mistakes: list[Mistake]) -> list[Mistake]:
    """Without those that say the same of the same place."""
    return list(dict.fromkeys(mistakes))
