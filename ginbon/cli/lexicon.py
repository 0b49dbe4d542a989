"""``ginbon tokenizers lexicon``: what tokenizers charge for a culture's own words."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ginbon.cli.labels import label_of

if TYPE_CHECKING:
    from rich.console import Console

    from ginbon.tokenizers.lexicon import Charged, LexiconCost
    from ginbon.tokenizers.metrics import Estimate

_COLUMNS = (
    ("tokens/term", "tokens", "{:.2f}"),
    ("in the text", "tokens_in_text", "{:.2f}"),
    ("one token", "one", "{:.0%}"),
    ("one or two", "one_or_two", "{:.0%}"),
    ("x common words", "against_common", "{:.2f}"),
    ("unknown", "unknown", "{:.1%}"),
    ("round trip", "round_trip", "{:.0%}"),
)
_WITH_INTERVAL = ("tokens", "against_common")


def lexicon(
    specs: Annotated[
        list[str],
        typer.Argument(
            metavar="TOKENIZER",
            help="Tokenizers: files, folders, o200k_base, organisation/name on the hub, bytes, chars.",
        ),
    ],
    terms: Annotated[
        str,
        typer.Option(
            help="Terms: .tsv (term, category, language, gloss), .jsonl, .txt, hunspell .dic, CLDR .json, .po, a pack."
        ),
    ],
    text: Annotated[
        list[Path] | None,
        typer.Option("--text", "-t", help="Text to find the terms in: files, a folder, a run or a release."),
    ] = None,
    language: Annotated[
        str, typer.Option(help="Language of text that does not say its own; of text and terms that do: only this one.")
    ] = "",
    worst: Annotated[int, typer.Option(min=0, help="How many of the most expensive terms to show.")] = 100,
    csv: Annotated[Path | None, typer.Option(help="Write a row for each term to this file.")] = None,
    pattern: Annotated[str, typer.Option(help="Split pattern of rank files that are not known by their hash.")] = "",
    seed: Annotated[int, typer.Option(help="What intervals and the choice of common words come from.")] = 1,
    offline: Annotated[bool, typer.Option("--offline", help="Use local files and caches only.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as one JSON object.")] = False,
) -> None:
    """What tokenizers charge for names, places, foods, kin terms: in running text, against words as common and long."""
    from ginbon.engine.files import write_whole
    from ginbon.tokenizers.lexicon import charge_lexicon, read_lexicon
    from ginbon.tokenizers.reading import Reading, find
    from ginbon.tokenizers.specs import TokenizerSpec, load_all

    label = label_of(language)
    held = read_lexicon(terms, language=label)
    files = find(text) if text else ()
    tokenizers = load_all([TokenizerSpec(spec, pattern=pattern) for spec in specs], network=not offline)
    read = Reading(files, language=label, languages=frozenset([label] if label else []))
    cost = charge_lexicon(tokenizers, held, read, seed=seed, worst=worst)
    if csv:
        write_whole(csv, cost.to_csv().encode())
    if as_json:
        print(json.dumps(cost.to_json(), ensure_ascii=False, sort_keys=True, indent=1))  # noqa: T201
    else:
        _show(cost)


def _show(cost: LexiconCost) -> None:
    from rich.console import Console

    console = Console(width=None if sys.stdout.isatty() else 180)
    occurring = sum(1 for present in cost.present if present.occurrences)
    typer.echo(
        f"{len(cost.present):,} terms, {occurring:,} of them in {cost.corpus['documents']:,} documents "
        f"({cost.corpus['words']:,} words)."
    )
    for one in cost.tokenizers:
        _show_categories(console, one)
        _show_worst(console, cost, one)
    _explain(cost)


def _show_categories(console: Console, one: Charged) -> None:
    from rich import box
    from rich.table import Table

    table = Table(title=f"{one.name}: by category", title_justify="left", box=box.SIMPLE_HEAD)
    table.add_column("category", no_wrap=True)
    for heading in ("terms", "occur", "matched", *(heading for heading, _, _ in _COLUMNS)):
        table.add_column(heading, justify="right")
    for category in one.categories:
        counts = [f"{n:,}" for n in (category.terms, category.occurring, category.matched)]
        figures = [_figure(category.figures[name], form, name in _WITH_INTERVAL) for _, name, form in _COLUMNS]
        table.add_row(_plain(category.name), *counts, *figures)
    console.print(table)
    for category in one.categories:
        if category.collapsed:
            typer.echo(f"{one.name} collapsed on {category.name}: {category.collapsed}.", file=sys.stderr)


def _show_worst(console: Console, cost: LexiconCost, one: Charged) -> None:
    from rich import box
    from rich.table import Table

    rows = one.worst(cost.worst)
    if not rows:
        return
    table = Table(
        title=f"{one.name}: the {len(rows)} that need most tokens for each grapheme", title_justify="left",
        box=box.SIMPLE_HEAD,
    )  # fmt: skip
    for heading in ("term", "category"):
        table.add_column(heading)
    for heading in ("tokens", "graphemes", "common words", "occurs"):
        table.add_column(heading, justify="right")
    for n in rows:
        present = cost.present[n]
        common = one.common[n]
        table.add_row(
            _plain(present.term.text),
            _plain(present.term.category),
            f"{one.charges.tokens[n]:.2f}",
            f"{present.graphemes}",
            "-" if common != common else f"{common:.2f}",
            f"{present.occurrences:,}",
        )
    console.print(table)


def _explain(cost: LexiconCost) -> None:
    said = cost.to_json()
    lines = [
        f"Tokens of a term: {said['counted']}.",
        f"Terms that do not occur are counted in {said['carrier']!r}.",
        f"Common words: {said['matching']}.",
        "Brackets: 95 % bootstrap interval over terms (--json has those of all figures).",
        *(f"{count:,} left out: {reason}." for reason, count in cost.lexicon.left_out),
        *(f"{note}." for note in cost.lexicon.notes),
        *(f"{one.name}: {oddity.code}: {oddity.detail}" for one in cost.tokenizers for oddity in one.oddities),
    ]
    typer.echo("\n".join(lines), file=sys.stderr)


def _plain(text: str) -> str:
    """A stranger's text in a table: no control characters, no markup."""
    from rich.markup import escape

    from ginbon.tokenizers.backends.base import printable

    return escape(printable(text))


def _figure(estimate: Estimate, form: str, interval: bool) -> str:
    if estimate.value is None:
        return "-"
    said = form.format(estimate.value)
    if not interval or estimate.low is None or estimate.high is None:
        return said
    return f"{said} [{form.format(estimate.low)}-{form.format(estimate.high)}]".replace("[", r"\[")
