"""Names in a run folder that several commands read, and the order of the stages."""

from __future__ import annotations

from typing import Final

RECIPE: Final = "recipe.yaml"
RESOLVED: Final = "resolved.json"
TIMINGS: Final = "timings.json"
LEDGER: Final = "ledger.json"

ORDER: Final = (
    "collect",
    "shuffle",
    "match",
    "join",
    "cluster",
    "gather",
    "verify",
    "decontaminate",
    "spread",
    "recur",
    "trim",
    "decide",
    "rank",
    "choose",
    "select",
    "plan-shards",
    "write",
    "index",
    "list-index",
    "weigh",
    "leak",
    "count",
    "share-counts",
    "merge-counts",
    "sweep",
    "train",
    "extend",
    "measure",
    "compare",
    "report",
    "seal",
)
"""All stages, in the order in which they are carried out; a recipe may need fewer."""

INTERMEDIATE: Final = (
    "parts",
    "documents",
    "signals",
    "sketches",
    "clusters",
    "overlaps",
    "cuts",
    "verdicts",
    "fates",
    "shards",
    "counts",
    "progress",
)
"""What a run keeps only to go on from."""
