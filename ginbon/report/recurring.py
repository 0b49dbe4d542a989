"""What was taken out of documents because others have it: how much, and the most frequent of it as it is written."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from ginbon.corpus import parquet
from ginbon.engine.parts import read_parts
from ginbon.filters.duplicates.recur import most_frequent
from ginbon.report.text import clip

CLIP_CHARS: Final = 280


def recurring_lines(folder: Path, decided: Mapping[str, Any]) -> dict[str, Any] | None:
    """The figures of a run that looks for recurring lines, from the fingerprint of its ``decide``; else None.

    ``languages`` has documents that lost something, lines or sentences (``units``) and bytes, of all documents that
    were collected, those that the rules drop too; ``frequent`` the most frequent, in how many documents each is, and
    one of them.
    """
    rule = decided.get("cuts")
    if not rule:
        return None
    parts = {name: facts for part in read_parts(folder, "trim") for name, facts in part.facts["parts"].items()}
    languages: dict[str, Counter[str]] = {}
    for name, facts in parts.items():
        sums = languages.setdefault(name.partition("/")[0], Counter())
        sums.update({key: facts[key] for key in ("documents", "units", "bytes")})
    rows = [{"language": label, **sums} for label, sums in languages.items() if sums["documents"]]
    return {
        "rule": rule,
        "recurring": sum(part.facts["recurring"] for part in read_parts(folder, "recur")),
        "languages": sorted(rows, key=lambda row: (-row["bytes"], row["language"])),
        "frequent": _frequent(folder, parts),
    }


def _frequent(folder: Path, parts: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The most frequent, each as the document with the smallest id has it."""
    best: dict[str, tuple[list[Any], str]] = {}
    for name, facts in parts.items():
        for key, place in facts["examples"].items():
            best[key] = min(best.get(key, (place, name)), (place, name))
    found = []
    for number, documents in most_frequent(folder):
        if (place := best.get(f"{number:016x}")) is not None:
            found.append({"documents": documents, **_example(folder, *place)})
    return found


def _example(folder: Path, place: list[Any], name: str) -> dict[str, Any]:
    _, row, position, length = place
    columns = ["id", "source", "url", "text"]
    (document,) = next(parquet.read_rows(folder / "documents" / f"{name}.parquet", row, row + 1, columns)).to_pylist()
    text = document["text"].encode()[position : position + length].decode().strip()
    return {
        "text": clip(text, CLIP_CHARS),
        "clipped": len(text) > CLIP_CHARS,
        "language": name.partition("/")[0],
        "id": document["id"],
        "source": document["source"],
        "url": (document["url"] or "")[:CLIP_CHARS] or None,
    }
