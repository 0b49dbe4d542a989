"""``ginbon dedup``: rows without copies."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from ginbon.filters.duplicates.compare import Piece
    from ginbon.run.clusters import Explained
    from ginbon.run.dedup import Found, Wanted
    from ginbon.run.start import Options

_PREFER = "Which copy is best: first (of the inputs as given), longest, newest or oldest; may be given several times."


def dedup(
    inputs: Annotated[
        list[str],
        typer.Argument(metavar="INPUT", help="JSONL (packed or not) and Parquet files, folders, globs."),
    ],
    output: Annotated[Path | None, typer.Option("--output", "-o", help="The folder to write.")] = None,
    text: Annotated[str, typer.Option(help="The column that holds the text.")] = "text",
    url: Annotated[str | None, typer.Option(help="A column of addresses: one address is one document.")] = None,
    date: Annotated[str | None, typer.Option(help="A column of dates, for newest and oldest.")] = None,
    prefer: Annotated[list[str] | None, typer.Option(help=_PREFER)] = None,
    ngram: Annotated[int, typer.Option(min=1, max=50, help="Words in a shingle.")] = 5,
    bands: Annotated[int, typer.Option(min=1, max=256, help="Bands of hashes; documents that share one match.")] = 14,
    rows: Annotated[int, typer.Option(min=1, max=64, help="Hashes in a band.")] = 8,
    seed: Annotated[int, typer.Option(min=0, help="Every hash comes from it.")] = 1,
    verify: Annotated[
        float | None, typer.Option(help="Jaccard similarity by which clusters are checked, above 0 and up to 1.")
    ] = None,
    only_exact: Annotated[
        bool, typer.Option("--only-exact", help="Find only texts that are equal but for case and white space.")
    ] = False,
    words: Annotated[
        str, typer.Option(help="unicode: words of any language; spaces: the text was cut into words before.")
    ] = "unicode",
    against: Annotated[
        list[str] | None, typer.Option(help="A folder with the index of another corpus: leave out what is there.")
    ] = None,
    index: Annotated[bool, typer.Option("--index", help="Write an index of what is kept to OUTPUT/index.")] = False,
    workers: Annotated[int | None, typer.Option(min=0, help="Worker processes; else one a core.")] = None,
    verify_inputs: Annotated[
        bool, typer.Option("--verify-inputs", help="Compare the hashes of all inputs, not their times only.")
    ] = False,
    explain: Annotated[
        str | None, typer.Option(help="Show the cluster of this document; INPUT is the folder that was written.")
    ] = None,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No progress.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object and nothing else.")] = False,
) -> None:
    """Write the rows of tables without copies: exact ones, near ones, and those of one address.

    OUTPUT/kept holds the input's files without the copies, every row as it was; OUTPUT/copies.parquet says of each
    document that has a copy which one is kept instead, and by which rule. The same command goes on where it stopped.

    Examples: ginbon dedup news/*.jsonl.zst -o deduplicated; ginbon dedup deduplicated --explain 'a.jsonl#5120'
    """
    from ginbon.errors import UserError
    from ginbon.filters.duplicates.sketch import Near
    from ginbon.run.dedup import Wanted
    from ginbon.run.start import Options

    if explain is not None:
        _explain(inputs, explain, as_json=as_json)
        return
    if output is None:
        raise UserError("name the folder to write with --output")
    near = None if only_exact else Near(ngram, bands, rows, seed)
    choices = tuple(_one_of("--prefer", p, ("first", "longest", "newest", "oldest")) for p in prefer or ())
    wanted = Wanted(
        text=text,
        url=url,
        date=date,
        near=near,
        verify=verify,
        words=_one_of("--words", words, ("unicode", "spaces")),
        prefer=choices,
        against=tuple(against or ()),
        index=index,
    )
    options = Options(verify_inputs=verify_inputs) if workers is None else Options(workers, verify_inputs=verify_inputs)
    found = _carry_out(inputs, output, wanted, options, quiet=quiet, as_json=as_json)
    _print(found, as_json=as_json)


def _one_of(option: str, value: str, choices: tuple[str, ...]) -> Any:
    from ginbon.errors import UserError

    if value not in choices:
        raise UserError(f"{option} is one of {', '.join(choices)}; found {value!r}")
    return value


def _carry_out(
    inputs: list[str], output: Path, wanted: Wanted, options: Options, *, quiet: bool, as_json: bool
) -> Found:
    from ginbon.cli.display import Stopper, display_for
    from ginbon.run.dedup import dedup as carry_out
    from ginbon.run.start import Listener

    shown = display_for(output, quiet=quiet, as_json=as_json)
    stopper = Stopper(shown.told, here=options.workers == 0)
    listener = Listener(began=shown.began, looked=shown.looked, ended=shown.ended, told=shown.told, stop=stopper)
    try:
        with stopper.listening():
            return carry_out(inputs, output, wanted, options=options, listener=listener)
    finally:
        shown.close()


def _print(found: Found, *, as_json: bool) -> None:
    import sys

    from rich.console import Console

    from ginbon.cli.display import print_json

    if as_json:
        told = {
            "documents": found.documents,
            "kept": found.kept,
            "clusters": found.clusters,
            "left_out": found.lost,
            "verified": found.verified.to_json() if found.verified else None,
            "rejects": found.rejects,
            "damages": list(found.damages),
        }
        print_json({"schema": "ginbon-dedup/1", "folder": str(found.folder), **told})
        return
    console = Console(highlight=False)
    reasons = ", ".join(f"{n:,} {rule}" for rule, n in found.lost.items()) or "none is a copy"
    console.print(
        f"{found.documents:,} documents, {found.kept:,} kept, {found.clusters:,} clusters: {reasons}", soft_wrap=True
    )
    if (effect := found.verified) is not None:
        mean = f", mean Jaccard {effect.mean:.3f}" if effect.mean is not None else ""
        console.print(
            f"verified: {effect.compared:,} pairs compared, {effect.let_go:,} of {effect.documents:,} documents let "
            f"go, {effect.clusters_before:,} clusters became {effect.clusters:,}{mean}",
            soft_wrap=True,
        )
    console.print(f"kept    {found.folder / 'kept'}", markup=False, soft_wrap=True)
    console.print(f"copies  {found.folder / 'copies.parquet'}", markup=False, soft_wrap=True)
    notes = [*found.damages, *found.warnings]
    if found.rejects:
        notes.append(f"{found.rejects:,} rows were no documents (empty, broken or too large); they were copied as is")
    for note in notes:
        print(f"ginbon: {note}", file=sys.stderr)  # noqa: T201


def _explain(inputs: list[str], document: str, *, as_json: bool) -> None:
    from ginbon.cli.display import print_json
    from ginbon.errors import UserError
    from ginbon.run.clusters import explain_copies

    if len(inputs) != 1:
        raise UserError("to explain a document, name the one folder that `ginbon dedup` wrote")
    found = explain_copies(Path(inputs[0]), document)
    if as_json:
        print_json({"schema": "ginbon-dedup-cluster/1", **_json(found)})
    else:
        _show(found)


def _json(found: Explained) -> dict[str, Any]:
    members = [
        {
            "document": m.document,
            "kept": m.kept,
            "rule": m.rule,
            "jaccard": m.jaccard,
            "differences": [{"kind": p.kind, "text": p.text} for p in m.pieces if p.kind in ("removed", "added")],
        }
        for m in found.members
    ]
    return {"cluster": found.cluster, "size": found.size, "members": members}


def _show(found: Explained) -> None:
    from rich.console import Console
    from rich.text import Text

    console = Console(highlight=False)
    console.print(Text(f"{found.size:,} documents"), style="bold")
    for member in found.members:
        line = Text(member.document, "green" if member.kept else "")
        line.append("  is kept" if member.kept else f"  {member.rule}, Jaccard {member.jaccard:.3f}", "dim")
        console.print(line)
        if member.pieces:
            console.print(Text.assemble("  ", *(_marked(p) for p in member.pieces)), soft_wrap=False)
    if found.size > len(found.members):
        console.print(f"and {found.size - len(found.members):,} more", style="dim")


def _marked(piece: Piece) -> tuple[str, str]:
    """The piece as text with a style; the marks tell removed from added where there are no colours."""
    shown = {
        "same": (piece.text, ""),
        "removed": (f"[-{piece.text}-]", "red"),
        "added": (f"[+{piece.text}+]", "green"),
        "left out": (" … ", "dim"),
    }
    return shown[piece.kind]
