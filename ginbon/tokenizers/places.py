"""Files and folders that a recipe names beside its sources: parallel text, others' counts."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from ginbon.errors import UserError
from ginbon.filters.contamination.items import digest_files


def digest_places(places: Sequence[Path]) -> str:
    """SHA-256 over the bytes of some files and of all files in folders; raises ``UserError`` for what is not there."""
    return digest_files([file for place in places for file in _files(place)]) if places else ""


def _files(place: Path) -> list[Path]:
    """A file, or the files of a folder, in order."""
    if not place.exists():
        raise UserError(f"{place}: no such file or folder")
    return [place] if place.is_file() else sorted(file for file in place.rglob("*") if file.is_file())
