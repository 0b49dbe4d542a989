"""What a person sees of a comparison on parallel text: a table over all languages, then chosen languages in detail."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import typer

from ginbon.cli.narrow import fitting, tell

if TYPE_CHECKING:
    from rich.table import Table

_DETAILS: Final = (
    ("premium", "premium", "{:.2f}"),
    ("byte premium", "byte-premium", "{:.2f}"),
    ("over bytes", "premium-over-bytes", "{:.2f}"),
    ("floor", "premium-floor", "{:.2f}"),
    ("tokens/word", "fertility", "{:.2f}"),
    ("words in 8k", "context-words", "{:,.0f}"),
    ("in 128k", "context-words-128k", "{:,.0f}"),
    ("price", "price-factor", "{:.2f}"),
    ("unknown", "unknown-rate", "{:.1%}"),
    ("lost", "lost-text", "{:.1%}"),
    ("round trip", "round-trip", "{:.1%}"),
)
_HEADS: Final = tuple(head for head, _, _ in _DETAILS)
_WITH_INTERVAL: Final = ("premium",)
_SPARED: Final = (
    "in 128k",
    "words in 8k",
    "over bytes",
    "byte premium",
    "tokens/word",
    "floor",
    "tokens/line",
    "price",
)

_SUMMARY: Final = (
    "vocabulary", "median\npremium", "above\n2", "above\n4", "Gini", "worst", "cheapest\nin", "collapsed",
    "unknown\nup to", "lost\nup to", "round trip\nfrom",
)  # fmt: skip
_SPARED_OF_SUMMARY: Final = (_SUMMARY[6], _SUMMARY[3], _SUMMARY[0], _SUMMARY[2], _SUMMARY[7], _SUMMARY[4], _SUMMARY[5])
"""What a narrow terminal does without, the first of them first; never of what makes the other figures worthless."""

_NOTES: Final = (
    "Premium: tokens per token of the pivot on the same lines; brackets: 95 % bootstrap interval over them.",
    "Rank: by tokens for the same text; equal ranks: no difference beyond doubt. Cheapest in: rank 1 in so many.",
    "Collapsed: versions whose figures are worthless (unknown or lost text); only the last three columns hold them,",
    "which are the worst of all versions.",
)


def show(result: Mapping[str, Any], shown: Mapping[str, Sequence[str]], folder: Path) -> None:
    """Print the tables; what must be known to read them goes to standard error."""
    from rich.console import Console

    console = Console(width=None if sys.stdout.isatty() else 200, highlight=False)
    sets = result["sets"]
    details = [(one, label) for one in sets for label in shown.get(one["name"], ())]
    unsaid = fitting(console, lambda without: [_summary(result, one, without) for one in sets], _SPARED_OF_SUMMARY)
    unseen = fitting(console, lambda without: [_detail(result, *which, without) for which in details], _SPARED)
    for one in sets:
        console.print(_summary(result, one, unsaid))
        for label in shown.get(one["name"], ()):
            console.print(_detail(result, one, label, unseen))
    left_out = [*(h for h in _SUMMARY if h in unsaid), *(h for h in ("tokens/line", *_HEADS) if h in unseen)]
    tell(dict.fromkeys(left_out), "results.json")
    _explain(result)
    console.print(f"page     {folder / 'observatory.html'}", markup=False, soft_wrap=True)
    console.print(f"results  {folder / 'results.json'}, .csv and .tex", markup=False, soft_wrap=True)


def _table(title: str) -> Table:
    from rich import box
    from rich.table import Table

    table = Table(title=title, title_justify="left", box=box.SIMPLE_HEAD)
    table.add_column("tokenizer", overflow="fold")
    return table


def _summary(result: Mapping[str, Any], one: Mapping[str, Any], without: Sequence[str]) -> Table:
    from ginbon.tokenizers.parallel.tables import WORST, extreme, ordered

    table = _table(f"{one['name']}: {one['lines']:,} lines in {len(one['versions']):,} versions; pivot {one['pivot']}")
    for head in _SUMMARY:
        if head not in without:
            table.add_column(head, justify="left" if head == "worst" else "right", no_wrap=True)
    cards = {card["name"]: card for card in result["tokenizers"]}
    for name in ordered(result, one):
        measured = one["tokenizers"][name]
        over = measured["overview"]
        figures = (
            f"{cards[name]['vocabulary']:,}",
            _figure(over["median-premium"], "{:.2f}"),
            *(_said(over[f"above-{n}"]["value"], "{:.0f}") for n in (2, 4)),
            _figure(over["gini"], "{:.3f}"),
            f"{over['worst']} {over['worst-premium']:.1f}" if over["worst"] else "-",
            _said(over["cheapest-in"], "{}"),
            str(len(over["collapsed"])),
            *(_said(extreme(measured, metric, worst), "{:.1%}") for metric, worst in WORST.items()),
        )
        kept = (said for head, said in zip(_SUMMARY, figures, strict=True) if head not in without)
        table.add_row(name, *kept)
    return table


def _detail(result: Mapping[str, Any], one: Mapping[str, Any], label: str, without: Sequence[str]) -> Table:
    from ginbon.tokenizers.parallel.tables import by_rank, cells

    place = next(n for n, version in enumerate(one["versions"]) if version["label"] == label)
    version = one["versions"][place]
    table = _table(
        f"{one['name']} {label}, {version['name']}: {version['lines']:,} lines, {version['words']:,} words, "
        f"{version['bytes']:,} bytes"
    )
    columns = [c for c in _DETAILS if c[1] in result["metrics"] and c[0] not in without]
    counted = ("tokens/line",) if "tokens/line" not in without else ()
    for head in ("rank", *counted, *(head for head, _, _ in columns)):
        table.add_column(head, justify="right", no_wrap=True)
    for name in by_rank(one, place):
        measured = one["tokenizers"][name]
        collapsed = label in measured["collapsed"]
        rank = "collapsed" if collapsed else _said(measured["ranks"][place], "{}", "")
        per_line = measured["totals"]["tokens"][place] / max(version["lines"], 1)
        figures = []
        for _, metric, form in columns:
            parts = dict(zip(("value", "low", "high"), cells(measured, metric, place), strict=True))
            figures.append(_figure(parts, form) if metric in _WITH_INTERVAL else _said(parts["value"], form))
        table.add_row(name, rank, *(f"{per_line:.1f}" for _ in counted), *figures)
    return table


def _explain(result: Mapping[str, Any]) -> None:
    lines = [
        *_NOTES,
        f"Words: {result['words']}.",
    ]
    for one in result["sets"]:
        for name, measured in one["tokenizers"].items():
            collapsed = measured["collapsed"]
            if collapsed:
                label, why = next(iter(collapsed.items()))
                more = f" and {len(collapsed) - 1:,} more" if len(collapsed) > 1 else ""
                lines.append(f"{name} collapsed on {one['name']} {label}{more}: {why}.")
    for card in result["tokenizers"]:
        lines += [f"{card['name']}: {oddity['code']}: {oddity['detail']}" for oddity in card["oddities"]]
    typer.echo("\n".join(lines), file=sys.stderr)


def _figure(estimate: Mapping[str, float | None], form: str) -> str:
    said = _said(estimate["value"], form)
    if estimate["value"] is None or estimate["low"] is None:
        return said
    return f"{said} [{form.format(estimate['low'])}-{form.format(estimate['high'])}]"


def _said(value: float | None, form: str, nothing: str = "-") -> str:
    return nothing if value is None else form.format(value)
