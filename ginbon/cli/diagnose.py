"""``ginbon tokenizers diagnose``: why a tokenizer charges a language what it does, and what to do about it."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from rich.console import Console

    from ginbon.tokenizers.diagnosis import Curve, Diagnosis

_BAR = 18
"""Cells of a bar of the curve, so that two stand in 80 columns."""


def diagnose(
    spec: Annotated[
        str,
        typer.Argument(metavar="TOKENIZER", help="A file, a folder, o200k_base, organisation/name on the hub."),
    ],
    language: Annotated[str, typer.Option("--language", "-l", help="The language: hin_Deva, hin, hi or Hindi.")],
    parallel: Annotated[
        list[Path] | None,
        typer.Option(
            "--parallel",
            "-p",
            help="Parallel text: folders of hin_Deva.txt files, or tables; left out: that of the data folder.",
        ),
    ] = None,
    text: Annotated[
        list[Path] | None,
        typer.Option("--text", "-t", help="More text to learn merges from: files, a folder, a run or a release."),
    ] = None,
    pivot: Annotated[str, typer.Option(help="What the language is compared with; left out: English.")] = "",
    measure: Annotated[
        str, typer.Option(help="Name of the parallel set that is measured; left out: flores, else the longest.")
    ] = "",
    hidden: Annotated[int, typer.Option(help="Hidden size of the model, for the cost of new tokens.")] = 4_096,
    pattern: Annotated[str, typer.Option(help="Split pattern of a rank file that is not known by its hash.")] = "",
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="Also write a page (HTML) to this file.")
    ] = None,
    seed: Annotated[int, typer.Option(help="What intervals and the choice of text come from.")] = 1,
    offline: Annotated[bool, typer.Option("--offline", help="Use local files and caches only.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the diagnosis as one JSON object.")] = False,
) -> None:
    """Take apart what a tokenizer charges a language, and end in one recommendation.

    It tells what UTF-8, the split pattern and the vocabulary each add to the premium, the floor under which no
    vocabulary gets, and the premium after 250 to 16,000 more tokens with their cost. Lines that are measured and text
    that merges are learned from are never the same.

    Example: ginbon tokenizers diagnose o200k_base --language Amharic --parallel flores
    """
    from ginbon.tokenizers.diagnosis import diagnose as diagnose_tokenizer
    from ginbon.tokenizers.diagnosis import gather
    from ginbon.tokenizers.specs import TokenizerSpec, load, locate

    located = locate(TokenizerSpec(spec, pattern=pattern), network=not offline)
    material = gather(parallel or [], language, pivot=pivot, measure=measure, text=text or [], seed=seed)
    found = diagnose_tokenizer(load(located), material, hidden=hidden, seed=seed)
    if output is not None:
        from ginbon.engine.files import write_whole
        from ginbon.report.diagnosis import page_of_diagnosis

        write_whole(output, page_of_diagnosis(found).encode())
        typer.echo(str(output), file=sys.stderr)
    if as_json:
        print(json.dumps(found.to_json(), ensure_ascii=False, sort_keys=True, indent=1))  # noqa: T201
    else:
        _show(found)


def _show(found: Diagnosis) -> None:
    from rich.console import Console
    from rich.text import Text

    from ginbon.tokenizers.diagnosis import wording

    console = Console(width=None if sys.stdout.isatty() else 80, highlight=False)
    material = found.material
    name = wording.name_of(material.language)
    console.print(Text(f"{found.subject.name} on {name} ({material.language})", "bold"))
    console.print(Text(f"{len(material.measured):,} lines of {material.measured_set}, against {material.pivot}", "dim"))
    console.print()
    _bullets(console, found.advice.headline, found.advice.because, style="bold")
    console.print(Text(f"To blame: {wording.BLAME[found.cause]}."))
    _show_parts(console, found)
    for finding in wording.findings(found):
        details = [f"{detail.text}: {', '.join(detail.examples)}" for detail in finding.details]
        _bullets(console, finding.text, details)
    if found.own is not None:
        _show_curves(console, found.own, found.repaired)
    _explain(found)


def _bullets(console: Console, text: str, details: Sequence[str], style: str = "") -> None:
    """A paragraph, and what belongs to it below."""
    from rich.table import Table
    from rich.text import Text

    console.print(Text(text, style))
    rows = Table.grid(padding=(0, 1))
    for detail in details:
        rows.add_row(" -", Text(detail))
    if details:
        console.print(rows)
    console.print()


def _show_parts(console: Console, found: Diagnosis) -> None:
    from rich import box
    from rich.table import Table

    from ginbon.tokenizers.diagnosis import wording
    from ginbon.tokenizers.diagnosis.parts import PARTS

    table = Table(box=box.SIMPLE, pad_edge=False, show_header=False)
    signs = {"byte_premium": "= ", "premium_over_bytes": "x ", "premium_floor": "= ", "headroom": "x "}
    for part, metric in PARTS.items():
        estimate = getattr(found.parts, part)
        if estimate.value is not None:
            said = signs.get(part, "") + part.replace("_", " ")
            table.add_row(said, wording.figure(estimate), metric.unit)
    for honest, estimate in found.honesty.items():
        said = "-" if estimate.value is None else f"{estimate.value:.1%}"
        table.add_row(honest.replace("-", " "), said, "")
    console.print(table)


def _show_curves(console: Console, own: Curve, repaired: Curve | None) -> None:
    """A row for each number of tokens: its cost, and for each pattern the premium and a bar with the floor in it."""
    from rich import box
    from rich.table import Table

    curves = [curve for curve in (own, repaired) if curve is not None]
    most = max(point.premium.value or 0.0 for curve in curves for point in curve.points)
    table = Table(box=box.SIMPLE, pad_edge=False)
    table.add_column("new tokens", justify="right")
    table.add_column("MB (bf16)", justify="right")
    for name in ("own pattern", "repaired")[: len(curves)]:
        table.add_column(f"{name}: premium", no_wrap=True)
    points = {point.k: point for curve in curves for point in curve.points}
    for k in sorted(points):
        cells = [_bar(curve, k, most) for curve in curves]
        table.add_row(f"{k:,}", f"{points[k].megabytes:,.0f}", *cells)
    console.print(table)


def _bar(curve: Curve, k: int, most: float) -> str:
    point = curve.at(k)
    if point.k != k or point.premium.value is None:
        return ""
    cells = ["█"] * max(round(_BAR * point.premium.value / most), 1) if most else []
    cells += [" "] * (_BAR - len(cells))
    if curve.floor.value is not None:
        cells[min(round(_BAR * curve.floor.value / most), _BAR - 1)] = "│"
    return f"{point.premium.value:5.2f} {''.join(cells)}"


def _explain(found: Diagnosis) -> None:
    from ginbon.tokenizers.comparison import WORDS
    from ginbon.tokenizers.diagnosis import wording
    from ginbon.tokenizers.units import what_is_drawn

    material = found.material
    drawn = what_is_drawn(material.drawn, material.block)
    learned = ", ".join(material.sources) or "nothing"
    talk = [
        f"Brackets: 95 % bootstrap interval over {drawn}. The stroke in a bar is the floor.",
        f"Merges learned from: {learned}; {len(material.training):,} lines, none of them measured.",
        f"Words: {WORDS}.",
        wording.thresholds(),
        *(f"Note: {note}" for note in found.notes),
        *(f"{found.subject.name}: {oddity.code}: {oddity.detail}" for oddity in found.subject.oddities),
    ]
    typer.echo("\n".join(talk), file=sys.stderr)
