"""``ginbon verify PLACE``: is a release whole, and what it says it is?"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import Annotated, Any

import typer


def verify(
    place: Annotated[
        Path, typer.Argument(metavar="PLACE", help="The folder of a release: the one that holds manifest.json.")
    ],
    as_json: Annotated[bool, typer.Option("--json", help="Print the verdict as one JSON object.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Tell no progress.")] = False,
) -> None:
    """Check a release: every byte, every count, every document.

    Compares SHA256SUMS and the manifest with the files, then reads the shards: columns, valid text, languages, splits,
    licences, and the record hashes up to the release's identity. Exit code 0: it holds. 1: it does not.
    """
    from ginbon.release.verify import verify as check

    verdict = check(place, beat=None if quiet else _Progress())
    if as_json:
        print(json.dumps(verdict.to_json(), indent=1))  # noqa: T201
    else:
        _show(verdict)
    if not verdict.ok:
        raise typer.Exit(1)


def _show(verdict: Any) -> None:
    for finding in verdict.findings:
        typer.echo(f"{'note: ' if finding.level == 'note' else ''}{finding.message}")
    what = f"{verdict.title} {verdict.version}".strip() or verdict.place
    if verdict.ok:
        typer.echo(
            f"{what} holds: {verdict.files:,} files, {verdict.bytes:,} bytes, {verdict.documents:,} documents, "
            f"identity {verdict.root}"
        )
    else:
        errors = sum(f.level == "error" for f in verdict.findings)
        typer.echo(f"{what} does not hold: {errors:,} {'thing is' if errors == 1 else 'things are'} wrong")


class _Progress:
    """A line on standard error every few seconds, once a check takes that long."""

    def __init__(self, every_s: float = 2.0) -> None:
        self._every_s = every_s
        self._next = time.monotonic() + every_s

    def __call__(self, done: int, total: int) -> None:
        if time.monotonic() >= self._next and total:
            self._next = time.monotonic() + self._every_s
            typer.echo(f"verifying: {done / total:.0%} of {total / 2e6:,.0f} MB", file=sys.stderr)
