"""``ginbon tokenizers audit``: what is wrong in a tokenizer's file, what leaks from it, and who has tokens at all."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from ginbon.tokenizers.audit import Audit, Finding


def audit(
    spec: Annotated[
        str,
        typer.Argument(metavar="TOKENIZER", help="A file, a folder, o200k_base, organisation/name on the hub."),
    ],
    names: Annotated[
        Path | None, typer.Option(help="A file with a name of a person on each line, to look for among the tokens.")
    ] = None,
    examples: Annotated[int, typer.Option(min=1, max=100_000, help="Most tokens to show of each finding.")] = 5,
    pattern: Annotated[str, typer.Option(help="Split pattern of a rank file that is not known by its hash.")] = "",
    offline: Annotated[bool, typer.Option("--offline", help="Use local files and caches only.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the audit as one JSON object.")] = False,
) -> None:
    """Audit a tokenizer's file: unreachable tokens, junk, leaks, clashes; tokens of each script.

    Exit code 1 where there is an error.
    """
    from ginbon.tokenizers.audit.guarded import audit_file
    from ginbon.tokenizers.specs import TokenizerSpec

    done = audit_file(TokenizerSpec(spec, pattern=pattern), examples=examples, names=names, network=not offline)
    if as_json:
        print(json.dumps(done.to_json(), ensure_ascii=False, sort_keys=True, indent=1))  # noqa: T201
    else:
        _show(done)
    if done.errors:
        raise typer.Exit(1)


def _show(done: Audit) -> None:
    from rich.console import Console

    console = Console(width=None if sys.stdout.isatty() else 160, highlight=False, markup=False)
    console.print(f"{done.name} ({done.tokenizer}): {done.vocabulary:,} tokens, SHA-256 {done.sha256[:12]}…")
    for finding in done.findings:
        _show_finding(console, finding)
    if not done.findings:
        console.print("Nothing was found.")
    _show_scripts(console, done)
    for what in done.not_checked:
        typer.echo(f"not checked: {what}", file=sys.stderr)


def _show_finding(console: object, finding: Finding) -> None:
    kind = finding.kind
    said = [
        f"\n{kind.severity:7}  {kind.code}: {finding.count:,}",
        f"         rule: {kind.rule}",
        f"         means: {kind.means}",
        f"         do: {kind.advice}",
    ]
    for example in finding.examples:
        piece = f"{example.id:>9}  ‹{example.shown}›" if example.id is not None else " " * 9
        said.append(f"  {piece}  {example.note}".rstrip())
    console.print("\n".join(said), soft_wrap=True)  # type: ignore[attr-defined]


def _show_scripts(console: object, done: Audit) -> None:
    from ginbon.languages.codes import scripts

    names = scripts()
    some = [f"{names.get(code, code)} {count:,}" for code, count in done.scripts.items() if count]
    none = [names.get(code, code) for code, count in done.scripts.items() if not count]
    console.print(f"\nTokens that hold a character of a script: {', '.join(some) or 'none'}.")  # type: ignore[attr-defined]
    if none:
        console.print(f"Scripts of language packs without a token: {', '.join(none)}.")  # type: ignore[attr-defined]
