"""``ginbon measure``: the signals of any text, for looking at them elsewhere."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from ginbon.run.measure import Measured, Summary


def measure(
    inputs: Annotated[
        list[str],
        typer.Argument(
            metavar="INPUT",
            help="JSONL, Parquet, CSV, text, WARC, HTML or wiki dumps (packed or not), folders, globs; - is stdin.",
        ),
    ],
    language: Annotated[str, typer.Option(help="The language whose pack says what words and stop words are.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="The Parquet file to write.")],
    text: Annotated[str, typer.Option(help="The column of a table that holds the text.")] = "text",
    document: Annotated[str, typer.Option(help="What a document of a text file is: file, line or block.")] = "file",
    limit: Annotated[int | None, typer.Option(min=1, help="Stop after so many documents.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Measure every signal on every document of an input, and write them as a Parquet file.

    The figures are those that a run would decide by; no document is dropped. The file's metadata says which pack and
    which versions they are of. A table of their quantiles is shown.

    Example: ginbon measure corpus/*.jsonl.zst --language por_Latn -o signals.parquet
    """
    from ginbon.cli.display import print_json
    from ginbon.errors import UserError
    from ginbon.run.measure import languages, summarise
    from ginbon.run.measure import measure as write_signals

    if document not in ("file", "line", "block"):
        raise UserError(f"--document is file, line or block; found {document!r}")
    measured = write_signals(
        inputs,
        language=language,
        output=output,
        text=text,
        document=document,  # type: ignore[arg-type]
        limit=limit,
        told=lambda documents: _progress(documents, quiet=as_json),
    )
    _progress(None, quiet=as_json)
    rows = summarise(output)
    if as_json:
        print_json(_json(measured, rows, languages(output)))
    else:
        _show(measured, rows, languages(output))


def _progress(documents: int | None, *, quiet: bool) -> None:
    import sys

    if not quiet and sys.stderr.isatty():
        sys.stderr.write("\r\x1b[K" if documents is None else f"\r{documents:,} documents")
        sys.stderr.flush()


def _json(measured: Measured, rows: list[Summary], looks_like: dict[str, int]) -> dict[str, object]:
    from ginbon.run.measure import QUANTILES, origin

    account = measured.account
    return {
        "schema": "ginbon-measure/1",
        "file": str(measured.path),
        "documents": account.documents,
        "rejected": account.rejects,
        "damaged_bytes": account.damaged_bytes,
        "warnings": account.warnings,
        "languages": looks_like,
        "origin": origin(measured.path),
        "quantiles": list(QUANTILES),
        "signals": [
            {"signal": r.signal, "unit": r.unit, "documents": r.documents, "mean": r.mean, "values": list(r.quantiles)}
            for r in rows
        ],
    }


def _show(measured: Measured, rows: list[Summary], looks_like: dict[str, int]) -> None:
    import sys

    from rich.console import Console
    from rich.table import Table

    from ginbon.run.measure import QUANTILES

    account = measured.account
    console = Console(highlight=False, width=None if sys.stdout.isatty() else 140)
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="bold", pad_edge=False)
    table.add_column("signal", no_wrap=True)
    heads = {0.0: "least", 0.5: "median", 1.0: "most"}
    for head in ("mean", *(heads.get(q, f"{q:.0%}") for q in QUANTILES)):
        table.add_column(head, justify="right")
    for row in rows:
        table.add_row(row.signal, *(_figure(value) for value in (row.mean, *row.quantiles)))
    console.print(table)
    few = ", ".join(f"{label} {n:,}" for label, n in list(looks_like.items())[:5])
    console.print(f"{account.documents:,} documents, which look like: {few}", markup=False)
    console.print(f"written to {measured.path}", markup=False, soft_wrap=True)
    notes = [measured.pack.fallback] if measured.pack.fallback else []
    if account.rejects:
        notes.append(f"{account.rejects:,} records were no documents (empty, broken or too large)")
    if account.damaged_bytes:
        notes.append(f"{account.damaged_bytes:,} bytes could not be read")
    for note in [*notes, *account.warnings]:
        print(f"ginbon: {note}", file=sys.stderr)  # noqa: T201


def _figure(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}" if abs(value) >= 0.001 else f"{value:.1g}"
