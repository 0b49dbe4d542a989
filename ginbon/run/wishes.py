"""Other rules than a recipe's, as a person asks for them on the command line: thresholds, and a preset."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ginbon.engine.files import read_json
from ginbon.errors import UserError
from ginbon.recipes.model import Recipe
from ginbon.run.folder import RESOLVED


def recipe_of(folder: Path) -> Recipe:
    """The recipe that a run was carried out with. Raises ``UserError`` for a folder that is no run."""
    resolved = read_json(folder / RESOLVED)
    if resolved is None:
        raise UserError(f"{folder} is no run of Ginbon (it has no {RESOLVED}); runs are in runs/<recipe>")
    return Recipe.model_validate(resolved["recipe"])


@dataclass(frozen=True)
class Wishes:
    """Other rules: a preset, thresholds for all languages, and thresholds by language."""

    preset: str | None = None
    everywhere: Mapping[str, Any] = field(default_factory=dict)
    languages: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    def applied(self, recipe: Recipe) -> Recipe:
        """The recipe with these. A wish for all languages wins over what the recipe says of one."""
        tree = recipe.resolved()
        if self.preset is not None:
            tree["rules"]["preset"] = self.preset
        tree["rules"]["thresholds"].update(self.everywhere)
        for label, settings in tree["languages"].items():
            settings["rules"] = {k: v for k, v in settings["rules"].items() if k not in self.everywhere}
            settings["rules"].update(self.languages.get(label, {}))
        changed = Recipe.model_validate(tree)
        changed._origin = recipe._origin
        return changed

    def to_yaml(self) -> str:
        """What to put into the recipe."""
        lines = []
        if self.preset is not None or self.everywhere:
            lines += ["rules:", *([f"  preset: {self.preset}"] if self.preset else [])]
            lines += ["  thresholds:", *_yaml(self.everywhere, 4)] if self.everywhere else []
        if self.languages:
            lines.append("languages:")
            for label, rules in self.languages.items():
                lines += [f"  {label}:", "    rules:", *_yaml(rules, 6)]
        return "".join(f"{line}\n" for line in lines)


def _yaml(rules: Mapping[str, Any], indent: int) -> list[str]:
    def said(value: Any) -> str:
        return f"[{value[0]:g}, {value[1]:g}]" if isinstance(value, list) else f"{value:g}" if value != "off" else "off"

    return [f"{' ' * indent}{rule}: {said(value)}" for rule, value in rules.items()]


def wishes(settings: Sequence[str], *, preset: str | None, languages: Sequence[str]) -> Wishes:
    """``min-words=40``, ``hin_Deva:stop-words=off``, ``mean-word-length=2,12`` as wishes.

    Raises ``UserError`` for what is no such sentence, and for a language that is not among ``languages``.
    """
    everywhere: dict[str, Any] = {}
    by_language: dict[str, dict[str, Any]] = {}
    for setting in settings:
        name, equals, value = setting.partition("=")
        label, colon, rule = name.strip().rpartition(":")
        if not equals or not rule:
            raise UserError(f"--set takes RULE=VALUE or LANGUAGE:RULE=VALUE, such as min-words=40; found {setting!r}")
        if colon and label not in languages:
            raise UserError(f"--set {setting}: the run has no language {label!r}; it has: {', '.join(languages)}")
        target = by_language.setdefault(label, {}) if colon else everywhere
        target[rule.strip()] = _value(setting, value.strip())
    return Wishes(preset, everywhere, by_language)


def _value(setting: str, text: str) -> float | list[float] | str:
    if text == "off":
        return text
    try:
        numbers = [float(part) for part in text.strip("[]").split(",")]
    except ValueError:
        numbers = []
    if len(numbers) not in (1, 2) or not all(map(math.isfinite, numbers)) or numbers != sorted(numbers):
        raise UserError(f"--set {setting}: expected a number, `low,high` or off; found {text!r}")
    return numbers if len(numbers) == 2 else numbers[0]
