"""The reference page of the metrics, from their own words."""

from __future__ import annotations

from importlib import import_module
from inspect import getdoc
from types import ModuleType
from typing import Any

from ginbon.tokenizers.metrics import METRICS, MORPHEME_METRICS, encode_speed, gini, morphemes, price_factor
from ginbon.tokenizers.metrics.measures import COLUMNS
from ginbon.tokenizers.metrics.metric import Metric

_LEAD = """\
# Metrics of tokenizers

Written from the code by `python -m ginbon.tokenizers.metrics.page`; a test keeps it current.
[How to compare tokenizers](../how-to/compare-tokenizers.md); [the format of results](comparison-format.md).

Every figure is a fraction of sums over all documents; its interval is the middle 95 % of 1,000 bootstrap replicates.
A replicate draws documents with replacement (beyond 2,048 documents: units of them), alike for every tokenizer.
Lines of parallel text without documents are drawn in [blocks](../how-to/compare-tokenizers.md#intervals).
Texts are encoded without special tokens.
A tokenizer with an unknown rate above 1 % or lost text above 5 % has collapsed: it is marked, and has no rank.
A rank is 1 + the number of tokenizers that need fewer tokens for the same text beyond doubt; ties share a rank.

On parallel text `pivot_tokens`, `pivot_bytes`, ... are those of the pivot's side of the same lines; elsewhere the
metrics that need them have no value.

## What is counted in each document

| count | what |
| --- | --- |
"""

_GOLD = """
Of a gold segmentation (`measure_morphemes`), a word being a document:

| count | what |
| --- | --- |
"""


def page() -> str:
    """Markdown: what is counted, then each metric's module."""
    counts = "".join(f"| `{name}` | {what} |\n" for name, what in COLUMNS.items())
    across = "".join(_across(module) for module in (gini, price_factor, encode_speed))
    sections = "".join(_section(metric) for metric in (*METRICS.values(), *MORPHEME_METRICS.values()))
    gold = "".join(f"| `{name}` | {what} |\n" for name, what in morphemes.COLUMNS.items())
    return _LEAD + counts + _GOLD + gold + sections + across


def _section(metric: Metric) -> str:
    name = metric.name
    module = import_module(f"ginbon.tokenizers.metrics.{name.replace('-', '_')}")
    better = {"lower": "lower", "higher": "higher", "neither": "neither direction"}[metric.direction]
    facts = f"`{metric.formula}`, {metric.unit}; better: {better}.\n"
    return f"\n## {name}\n\n{facts}\n{_text(module)}\n"


def _across(module: Any) -> str:
    """A figure over several languages or tokenizers."""
    facts = f"`{module.FORMULA}`, {module.UNIT}; better: {getattr(module, 'DIRECTION', 'lower')}.\n"
    return f"\n## {module.NAME}\n\n{facts}\n{_text(module)}\n"


def _text(module: ModuleType) -> str:
    return (getdoc(module) or "").replace("<", "&lt;")


if __name__ == "__main__":
    print(page(), end="")  # noqa: T201
