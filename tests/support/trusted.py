"""Trusted text as documents: FLORES (nothing is derived from it), and what packs are derived from, for comparison."""

from __future__ import annotations

import random
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from backports import zstd

from ginbon.languages import codes

SEED = 20200522


@dataclass(frozen=True)
class TrustedText:
    """The documents of one language, as we call it; ``name`` is the source's own label."""

    label: str
    name: str
    documents: list[str]


def flores(shared: Path) -> list[TrustedText]:
    """FLORES of every language, cut alike: documents of five to twelve sentences, paragraphs of one to four.

    Sentences stand in their order; neighbours are of the same article in groups of a few.
    """
    found = []
    for path in sorted((shared / "parallel" / "flores").glob("*.txt.zst")):
        name = path.name.removesuffix(".txt.zst")
        lines = zstd.decompress(path.read_bytes()).decode("utf-8").rstrip("\n").split("\n")
        joint = "" if name.partition("_")[2] in ("Hans", "Hant", "Jpan", "Khmr", "Mymr", "Tibt") else " "
        label = codes.resolve(name)
        assert label is not None, f"FLORES has {name}, which codes do not know"
        documents = ["\n".join(joint.join(lines[i] for i in part) for part in cut) for cut in _cuts(len(lines))]
        found.append(TrustedText(label, name, documents))
    return found


def ntrex(shared: Path) -> list[TrustedText]:
    """NTREX of every language: its news items, a sentence a line."""
    folder = shared / "parallel" / "ntrex"
    ids = (folder / "DOCUMENT_IDS.txt").read_text(encoding="utf-8").split("\n")
    found = []
    for path in sorted(folder.glob("*.txt.zst")):
        name = path.name.removesuffix(".txt.zst")
        lines = zstd.decompress(path.read_bytes()).decode("utf-8").rstrip("\n").split("\n")
        label = codes.resolve("_".join(name.split("_")[:2]))
        items: dict[str, list[str]] = {}
        for key, line in zip(ids, lines, strict=False):
            items.setdefault(key, []).append(line)
        if label is not None:
            found.append(TrustedText(label, name, ["\n".join(item) for item in items.values()]))
    return found


def stories(shared: Path) -> list[TrustedText]:
    """Children's stories as they are."""
    import json

    found: dict[str, list[str]] = {}
    data = zstd.decompress((shared / "docs" / "stories.jsonl.zst").read_bytes()).decode("utf-8")
    rows: list[dict[str, Any]] = [json.loads(line) for line in data.split("\n") if line]
    for row in rows:
        found.setdefault(f"{row['language']}_{row['script']}", []).append(row["text"])
    known = {name: codes.resolve(name) for name in found}
    return [TrustedText(label, name, found[name]) for name, label in sorted(known.items()) if label]


@cache
def _cuts(lines: int) -> list[list[list[int]]]:
    """Documents as lists of paragraphs as lists of lines; the rest too short for a document joins the last one."""
    chance = random.Random(SEED)
    found: list[list[list[int]]] = []
    at = 0
    while lines - at >= 5:
        end = min(lines, at + chance.randint(5, 12))
        if lines - end < 5:
            end = lines
        paragraphs = []
        while at < end:
            stop = min(end, at + chance.randint(1, 4))
            paragraphs.append(list(range(at, stop)))
            at = stop
        found.append(paragraphs)
    return found
