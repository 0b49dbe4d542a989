"""The tokenizers' part of a report, from ``tokenizers/comparison.json`` (schema ``ginbon.comparison``)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

SCHEMA: Final = "ginbon.comparison"
SHOWN: Final = (
    ("fertility", "tokens per word"),
    ("continued-words", "words cut"),
    ("unknown-rate", "unknown"),
    ("lost-text", "lost"),
    ("round-trip", "round trip"),
)
"""Metrics in a language's table, beside bytes per token, with the words that stand above them."""

ROWS: Final = 240
"""Rows of all languages' tables together; further languages are in the overview and in the file."""

SHARES: Final = frozenset({"continued-words", "unknown-rate", "lost-text", "round-trip"})


def table(comparison: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """What the page shows, or None where nothing was compared.

    ``rows`` maps the first languages to their tokenizers, ranked first; ``overview`` has a row for each tokenizer and a
    cell (bytes per token) for each language; ``most`` is the largest bytes per token, at which bars are full.
    """
    if not comparison or comparison.get("schema") != SCHEMA or not comparison["rows"]:
        return None
    cards = {card["name"]: card for card in comparison["tokenizers"]}
    rows: dict[str, list[dict[str, Any]]] = {}
    for row in comparison["rows"]:
        rows.setdefault(row["language"], []).append({**row, **_of(row), "card": cards[row["tokenizer"]]})
    shown = dict(list(rows.items())[: max(1, ROWS // len(cards))])
    density = [r["density"][bound] for found in rows.values() for r in found for bound in ("value", "high")]
    return {
        "languages": list(rows),
        "rows": shown,
        "overview": [_overview(name, rows) for name in cards],
        "most": max((x for x in density if x is not None), default=0.0),
        "words": comparison["words"],
        "confidence": comparison["interval"]["confidence"],
        "cards": list(cards.values()),
    }


def _of(row: Mapping[str, Any]) -> dict[str, Any]:
    metrics = row["metrics"]
    nothing = {"value": None, "low": None, "high": None, "n": 0}
    cells = [{"name": name, "is_share": name in SHARES, **metrics.get(name, nothing)} for name, _ in SHOWN]
    return {"density": metrics.get("bytes-per-token", nothing), "cells": cells}


def _overview(name: str, rows: Mapping[str, list[dict[str, Any]]]) -> dict[str, Any]:
    cells = []
    for found in rows.values():
        own = next((r for r in found if r["tokenizer"] == name), None)
        cells.append(
            {
                "value": own["density"]["value"] if own else None,
                "best": bool(own and own["rank"] == 1),
                "collapsed": bool(own and own["collapsed"]),
            }
        )
    return {"name": name, "cells": cells}
