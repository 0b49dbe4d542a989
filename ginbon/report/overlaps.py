"""What documents share with evaluation sets: by set for the report, and by document for ``ginbon why``."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from ginbon.corpus import parquet
from ginbon.engine.files import read_json
from ginbon.engine.parts import PARTS, STAGE_RECORD, read_parts
from ginbon.filters.contamination.decontaminate import LOOKED, OVERLAPPING
from ginbon.filters.contamination.index import SPANS
from ginbon.report.text import clip

STAGE = "decontaminate"
EXCERPT_CHARS = 300


def has_sets(folder: Path) -> bool:
    """Whether the run's recipe has evaluation sets: what an earlier one measured says nothing of this one."""
    recipe = (read_json(folder / "resolved.json") or {}).get("recipe", {})
    return bool(recipe.get("evaluation", {}).get("sets"))


def by_set(folder: Path) -> list[dict[str, Any]]:
    """A row a set: the digest of its files, how many documents share a run with it, how many items they hold a run of,
    and what was looked for.
    """
    parts = read_parts(folder, STAGE) if has_sets(folder) else []
    documents: Counter[str] = Counter()
    found: list[pa.Table] = []
    for part in parts:
        documents.update(part.facts[OVERLAPPING])
        if part.facts[OVERLAPPING]:
            found += [_items(folder / file.path) for file in part.files]
    items = _distinct(found)
    looked: Mapping[str, Any] = parts[0].facts[LOOKED] if parts else {}
    sets = (read_json(folder / PARTS / STAGE / STAGE_RECORD) or {}).get("fingerprint", {}).get("sets", {})
    return [
        {"set": name, "sha256": sets[name][0], "documents": documents[name], "found_items": items[name], **counts}
        for name, counts in sorted(looked.items())
    ]


def _items(path: Path) -> pa.Table:
    """Set and item of every span of a part, each pair once."""
    spans = pc.list_flatten(parquet.read_table(path, [SPANS]).column(SPANS).combine_chunks())
    pairs = pa.table({name: pc.struct_field(spans, name) for name in ("set", "item")})
    return pairs.group_by(["set", "item"]).aggregate([])


def _distinct(pairs: list[pa.Table]) -> Counter[str]:
    if not pairs:
        return Counter()
    distinct = pa.concat_tables(pairs).group_by(["set", "item"]).aggregate([])
    return Counter({row["values"]: row["counts"] for row in pc.value_counts(distinct.column("set")).to_pylist()})


def of_document(row: Mapping[str, Any], text: str) -> list[dict[str, Any]]:
    """The spans of a row of ``overlaps/``, each with its piece of the text."""
    raw = text.encode()
    return [
        {**span, "text": clip(raw[span["position"] : span["position"] + span["length"]].decode(), EXCERPT_CHARS)}
        for span in row.get(SPANS) or []
    ]
