"""``ginbon calibrate``: from text that you trust to a pack."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from ginbon.filters.calibrate import Calibration, Judged
    from ginbon.filters.calibrate.calibrate import Compared
    from ginbon.filters.calibrate.intervals import Share


def calibrate(
    trusted: Annotated[
        list[str],
        typer.Argument(
            metavar="TRUSTED",
            help="Text that you trust: JSONL, Parquet, text, HTML (packed or not), folders, globs; - is stdin.",
        ),
    ],
    language: Annotated[str, typer.Option(help="The language that it is in, in any spelling.")],
    web: Annotated[
        list[str] | None,
        typer.Option(help="A sample of the web as it comes, for what the rules remove; may be given again."),
    ] = None,
    budget: Annotated[float, typer.Option(help="Share of trusted text that all rules together may drop.")] = 0.01,
    method: Annotated[
        str, typer.Option(help="How thresholds are found: ginbon, mean-std, quantile, tail, median-ratio.")
    ] = "ginbon",
    compare: Annotated[bool, typer.Option("--compare", help="Compare the methods on the same documents.")] = False,
    output: Annotated[Path | None, typer.Option("--output", "-o", help="The pack to write (.yaml).")] = None,
    force: Annotated[bool, typer.Option("--force", help="Overwrite the pack if it is there.")] = False,
    text: Annotated[str, typer.Option(help="The column of a table that holds the text.")] = "text",
    document: Annotated[str, typer.Option(help="What a document of a text file is: file, line or block.")] = "file",
    limit: Annotated[int, typer.Option(min=1, help="Read at most so many documents of each input.")] = 50_000,
    held_out: Annotated[float, typer.Option(help="Share of trusted documents that thresholds are judged on.")] = 0.3,
    seed: Annotated[int, typer.Option(help="What the split and the intervals come from.")] = 1,
    trust_language: Annotated[
        bool, typer.Option("--trust-language", help="Do not ask the identifier whether it is the language.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Derive a pack from text that you trust, and say what each rule costs.

    Thresholds come from one part of the documents; the other part says what share of good text they drop. Those that
    would drop more than the budget are set so that they keep it. The pack goes into a recipe as `pack: FILE`.

    Example: ginbon calibrate good/*.jsonl --language por_Latn --web crawl.jsonl -o por_Latn.yaml
    """
    from ginbon.cli.display import print_json
    from ginbon.errors import UserError
    from ginbon.filters.calibrate import METHODS, Options
    from ginbon.run.calibrate import calibrate_files, check_place, write_pack

    if method not in METHODS:
        raise UserError(f"--method is one of {', '.join(METHODS)}; found {method!r}")
    if document not in ("file", "line", "block"):
        raise UserError(f"--document is file, line or block; found {document!r}")
    if output is not None:
        check_place(output, force=force)
    found = calibrate_files(
        trusted,
        language,
        web=web or [],
        options=Options(method, budget, held_out, seed, trust_language),  # type: ignore[arg-type]
        compare=compare,
        text=text,
        document=document,  # type: ignore[arg-type]
        limit=limit,
    )
    if output is not None:
        write_pack(found.pack, output)
    if as_json:
        print_json(found.to_json())
    else:
        _show(found, output)


def _show(found: Calibration, output: Path | None) -> None:
    from rich.console import Console

    console = Console(highlight=False, width=None if sys.stdout.isatty() else 140)
    pack, after = found.pack, found.after
    console.print(_rules(found))
    if found.compared:
        console.print(_methods(found.compared))
    for rule in found.flagged:
        _flag(console, rule)
    likely = ", ".join(f"{label} {share:.1%}" for label, share in found.identified)
    together = f"all rules together drop {_share(after.trusted)} of held-out trusted text"
    of_web = f" and {_share(after.web)} of the web sample" if after.web else ""
    lines = (
        f"{pack.label} ({pack.name}): {found.derived_from:,} documents to derive from, {after.trusted.of:,} held out",
        f"method {found.options.method}, starting from {found.base}",
        f"{together}{of_web}; before: {_share(found.before.trusted)}",
        f"{len(pack.stop_words)} stop words; the identifier says {likely}",
    )
    for line in lines:
        console.print(line, markup=False, soft_wrap=True)
    if output is not None:
        console.print(f"written to {output}", markup=False, soft_wrap=True)
    for note in found.notes:
        print(f"ginbon: {note}", file=sys.stderr)  # noqa: T201


def _rules(found: Calibration) -> Any:
    from rich import box
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for name in ("rule", "keeps", "95 % interval", "documents", "dropped before", "dropped now"):
        table.add_column(name, justify="left" if name == "rule" else "right", no_wrap=name == "rule")
    with_web = found.after.web is not None
    if with_web:
        table.add_column("of the web", justify="right")
    table.add_column("")
    for rule in found.rules:
        cells = [rule.rule, _at(rule), _interval(rule), f"{rule.threshold.documents:,}"]
        cells += [f"{rule.before.value:.1%}", f"{rule.trusted.value:.1%}"]
        if with_web:
            cells.append(f"{rule.web.value:.1%}" if rule.web else "")
        table.add_row(*cells, "look" if rule.flags else "", style="yellow" if rule.flags else None)
    return table


def _methods(compared: tuple[Compared, ...]) -> Any:
    from rich import box
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for name in ("thresholds", "held-out trusted text dropped", "web removed"):
        table.add_column(name, justify="left" if name == "thresholds" else "right")
    for row in compared:
        table.add_row(row.name, _share(row.trusted), _share(row.web) if row.web else "")
    return table


def _flag(console: Any, rule: Judged) -> None:
    console.print(f"{rule.rule}: {'; '.join(rule.flags)}", markup=False, style="yellow", soft_wrap=True)
    for lost in rule.lost:
        console.print(f"    {lost.value:<8.4g} {lost.id}  {lost.begins}", markup=False, soft_wrap=True)


def _share(share: Share) -> str:
    low, high = share.interval
    return f"{share.value:.1%} [{low:.1%}, {high:.1%}]"


def _at(rule: Judged) -> str:
    from ginbon.filters.rules import RULES

    at = rule.threshold.at
    if at == "off":
        return "off"
    if isinstance(at, tuple):
        return f"{at[0]:g} to {at[1]:g}"
    return f"{RULES[rule.rule].keep_if} {at:g}"


def _interval(rule: Judged) -> str:
    interval = rule.threshold.interval
    if interval is None:
        return ""
    low, high = interval
    if isinstance(low, tuple) and isinstance(high, tuple):
        return f"{low[0]:.3g}-{low[1]:.3g}, {high[0]:.3g}-{high[1]:.3g}"
    return f"{low:.3g}-{high:.3g}"
