"""Where in its file each key and value of a recipe stands, so that every mistake can be shown in its line."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from ginbon.errors import Mistake

Keys = tuple[str, ...]
"""Keys from the top; items of lists by their number as text."""

EXCERPT_CHARS = 160
"""Longest part of a line that a message shows."""


@dataclass(frozen=True)
class Spot:
    """A key's place and its value's; lines and columns count from 1. Items of lists have no key of their own."""

    key: tuple[int, int]
    value: tuple[int, int]


@dataclass(frozen=True, eq=False)
class Origin:
    """A recipe's file: its name as the user gave it, its lines, and the spot of every key.

    All origins are equal: recipes that say the same are, wherever they were read.
    """

    file: str = "recipe"
    folder: str = "."
    lines: tuple[str, ...] = ()
    spots: dict[Keys, Spot] = field(default_factory=dict)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Origin)

    def __hash__(self) -> int:
        return 0

    @classmethod
    def of(cls, file: Path, text: str, spots: dict[Keys, Spot]) -> Origin:
        """The origin of a recipe that was read."""
        return cls(str(file), str(file.parent), tuple(text.split("\n")), spots)

    def mistake(self, path: Keys, message: str, *, hint: str = "", at: Literal["key", "value"] = "value") -> Mistake:
        """A mistake at a key, or at the nearest key around it that the file has."""
        while path and path not in self.spots:
            path, at = path[:-1], "key"
        spot = self.spots.get(path)
        line, column = (1, 1) if spot is None else (spot.key if at == "key" else spot.value)
        return self.at(line, column, message, hint=hint)

    def at(self, line: int, column: int, message: str, *, hint: str = "") -> Mistake:
        """A mistake at a line and column; a long line is cut, control characters are made visible."""
        full = self.lines[line - 1] if 0 < line <= len(self.lines) else ""
        full = "".join(c if c.isprintable() else " " if c in "\t\r" else "\N{REPLACEMENT CHARACTER}" for c in full)
        excerpt = full[:EXCERPT_CHARS].rstrip() if column <= EXCERPT_CHARS else ""
        return Mistake(self.file, line, column, message, excerpt, hint)
