"""``ginbon tokenizers``: train tokenizers, and compare, diagnose, extend and export any."""

from __future__ import annotations

import typer

from ginbon.cli.audit import audit
from ginbon.cli.compare import compare
from ginbon.cli.diagnose import diagnose
from ginbon.cli.export import check, export
from ginbon.cli.extend import certify, extend
from ginbon.cli.lexicon import lexicon
from ginbon.cli.sweep import sweep
from ginbon.cli.train import merge_counts, train

app = typer.Typer(no_args_is_help=True, help="Train tokenizers, and compare any of them on any text.")

for _command in (train, sweep, merge_counts, compare, diagnose, audit, lexicon, export, check, extend, certify):
    app.command()(_command)
