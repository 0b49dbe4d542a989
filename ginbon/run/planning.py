"""The plan of a run: which files each source has, and the extents that they are read in."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

from ginbon.corpus.collector import collector
from ginbon.corpus.inputs import expand
from ginbon.corpus.readers.streams import compression_of
from ginbon.engine.extents import Extent, Piece
from ginbon.engine.files import canonical_json, read_json, write_json
from ginbon.errors import Mistake, RecipeError, UserError
from ginbon.recipes.model import Recipe
from ginbon.recipes.sources import DatasetsSource, Source

PLAN: Final = "plan.json"
SAMPLE_PLACES: Final = 8
"""Places that a sample is drawn from, evenly spread: of each source at least, and of each large file of lines."""


@dataclass(frozen=True)
class InputPlan:
    """The extents of all sources in the order of (source, file, offset), and what was noticed on the way."""

    extents: tuple[Extent, ...]
    files: dict[str, int]
    warnings: tuple[str, ...] = ()

    def raw_bytes(self, source: str | None = None) -> int:
        """Bytes to read, of one source or of all."""
        return sum(e.raw_bytes for e in self.extents if source in (None, e.source))

    def to_json(self) -> dict[str, Any]:
        """For ``plan.json``."""
        return {
            "version": 1,
            "files": self.files,
            "warnings": list(self.warnings),
            "extents": [e.to_json() for e in self.extents],
        }


def plan_inputs(recipe: Recipe) -> InputPlan:
    """Expand the paths of every source and cut its files into extents.

    Raises ``RecipeError`` with all mistakes at once: patterns that reach nothing, names that cannot be stored.
    """
    extents: list[Extent] = []
    files: dict[str, int] = {}
    warnings: list[str] = []
    mistakes = []
    for name, source in recipe.sources.items():
        try:
            planned, number, noticed = _plan_source(source, recipe.folder)
        except RecipeError:
            raise
        except UserError as error:
            mistakes += _mistakes(recipe, name, source, str(error))
            continue
        extents += planned
        files[name] = number
        warnings += [f"{name}: {w}" for w in noticed]
    if mistakes:
        raise RecipeError(mistakes)
    return InputPlan(tuple(extents), files, tuple(warnings))


def _mistakes(recipe: Recipe, name: str, source: Source, message: str) -> list[Mistake]:
    """One mistake a pattern, at its own place; the last line is what to do about all of them."""
    lines = message.splitlines()
    hint = lines.pop() if len(lines) > 1 and not any(lines[-1].startswith(f"{p}:") for p in source.paths) else ""
    found = []
    for line in lines:
        index = next((n for n, pattern in enumerate(source.paths) if line.startswith(f"{pattern}:")), None)
        key = f"sources.{name}.paths" + ("" if index is None else f".{index}")
        found.append(recipe.mistake(key, line, hint=hint))
    return found


def _plan_source(source: Source, folder: Path) -> tuple[list[Extent], int, tuple[str, ...]]:
    paths = getattr(source, "paths", [])
    if isinstance(source, DatasetsSource) and (folder / source.dataset).is_dir():
        source = source.model_copy(update={"dataset": str(folder / source.dataset)})
    if not paths:
        return collector(source.collector).extents(source, []), 0, ()
    inputs = expand(paths, root=folder)
    return collector(source.collector).extents(source, list(inputs.files)), len(inputs.files), inputs.warnings


def sampled(plan: InputPlan, documents: int) -> tuple[InputPlan, dict[str, int]]:
    """A plan of evenly spread places of each source, and how many documents to take from each of its places.

    A place is a piece of the full plan: many small files are many places. A large plain JSONL file is entered at
    several places; a file of another kind that is one piece is read from its beginning.
    """
    chosen: list[Extent] = []
    limits: dict[str, int] = {}
    for name in plan.files:
        pieces = [piece for e in plan.extents if e.source == name for piece in _places(e)]
        number = min(len(pieces), max(SAMPLE_PLACES, documents))
        chosen += [Extent(name, (pieces[i * len(pieces) // number],)) for i in range(number)]
        limits[name] = max(1, -(-documents // max(1, number)))
    return replace(plan, extents=tuple(chosen)), limits


def _places(extent: Extent) -> list[Piece]:
    """The extent's pieces; those of plain JSON lines cut again, for a line can be found from anywhere."""
    found: list[Piece] = []
    for piece in extent.pieces:
        lines = piece.unit == "bytes" and piece.name.lower().endswith((".jsonl", ".ndjson"))
        if lines and piece.size > SAMPLE_PLACES and compression_of(piece.path, name=piece.name) == "plain":
            step = (piece.stop - piece.start) / SAMPLE_PLACES
            cuts = [piece.start + int(i * step) for i in range(SAMPLE_PLACES)] + [piece.stop]
            found += [replace(piece, start=a, stop=b) for a, b in pairwise(cuts)]
        else:
            found.append(piece)
    return found


def store_plan(folder: Path, plan: InputPlan) -> None:
    """Write ``plan.json`` if it differs from what is there."""
    value = plan.to_json()
    found = read_json(folder / PLAN)
    if found is None or canonical_json(found) != canonical_json(value):
        write_json(folder / PLAN, value)
