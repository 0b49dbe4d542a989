"""``ginbon tokenizers export`` and ``check``: a tokenizer in other formats with its proof, and the proof run again."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated

import typer


def export(
    spec: Annotated[
        str, typer.Argument(metavar="TOKENIZER", help="A file, a folder, o200k_base, organisation/name on the hub.")
    ],
    output: Annotated[Path, typer.Option("--output", "-o", help="New folder for the files and their proof.")],
    format: Annotated[
        list[str] | None,
        typer.Option(help="tokenizer.json, tiktoken or model; may be given again. Left out: all that can hold it."),
    ] = None,
    text: Annotated[
        list[Path] | None,
        typer.Option(
            "--text", "-t", help="Text to compare ids on: files, a folder, a run or a release; may be given again."
        ),
    ] = None,
    keep: Annotated[
        int, typer.Option(min=0, help="Texts of each script that are kept as fixtures; 0 keeps built-in probes only.")
    ] = 5,
    pattern: Annotated[str, typer.Option(help="Split pattern of a rank file that is not known by its hash.")] = "",
    name: Annotated[str, typer.Option(help="What it is called; left out: the source's name.")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="Print export.json.")] = False,
) -> None:
    """Write a tokenizer in every format that can hold it, and prove each id by id.

    One id that differs from the source's, or a gate that does not hold, and nothing is written (exit code 1).
    """
    from ginbon.tokenizers.export.exporting import export as export_tokenizer
    from ginbon.tokenizers.reading import Reading, find
    from ginbon.tokenizers.specs import TokenizerSpec

    read = Reading(find(text)) if text else None
    done = export_tokenizer(
        TokenizerSpec(spec, pattern=pattern), output, formats=tuple(format or ()), texts=read, keep=keep, name=name
    )
    record = done.record
    for form, reason in record["left_out"].items():
        typer.echo(f"not written: {form}: {reason}", file=sys.stderr)
    if as_json:
        print(json.dumps(record, ensure_ascii=False, sort_keys=True, indent=1))  # noqa: T201
        return
    proof = record["proof"]
    typer.echo(
        f"{output}: {', '.join(record['formats'])}; same ids on {proof['texts']:,} texts ({proof['tokens']:,} tokens, "
        f"{len(proof['scripts'])} scripts) and on the texts of {proof['token_texts']:,} tokens; "
        f"{proof['fixtures']:,} fixtures"
    )
    altered = record["normalisation"]["altered_texts"]
    if altered:
        of = f"{altered:,} of {proof['texts']:,} texts"
        typer.echo(f"note: {of} decode to other text than was encoded (normalisation)", file=sys.stderr)
    for code, found in record["gates"]["unreachable"]["inherited"].items():
        typer.echo(f"note: {found['count']:,} tokens of the source: {code}", file=sys.stderr)


def check(
    place: Annotated[
        str, typer.Argument(metavar="FOLDER|FILE", help="An exported folder, or any tokenizer's folder or file.")
    ],
    pattern: Annotated[str, typer.Option(help="Split pattern of a rank file that is not known by its hash.")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="Print the verdict as one JSON object.")] = False,
) -> None:
    """Check a tokenizer: hashes and fixtures of an exported folder; of any other soundness, and what its record says.

    Exit code 0: it holds. 1: it does not.
    """
    from ginbon.tokenizers.export.checking import check as check_tokenizer

    done = check_tokenizer(place, pattern=pattern)
    if as_json:
        print(json.dumps(done.to_json(), ensure_ascii=False, sort_keys=True, indent=1))  # noqa: T201
    else:
        for finding in done.findings:
            typer.echo(f"{'note: ' if finding.level == 'note' else ''}{finding.message}")
        wrong = sum(finding.level == "error" for finding in done.findings)
        fixtures = f", {done.fixtures:,} fixtures" if done.fixtures else ""
        typer.echo(
            f"{done.place} holds: {done.name}, SHA-256 {done.sha256[:12]}…{fixtures}"
            if done.ok
            else f"{done.place} does not hold: {wrong:,} {'thing is' if wrong == 1 else 'things are'} wrong"
        )
    if not done.ok:
        raise typer.Exit(1)
