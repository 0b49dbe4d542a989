"""``ginbon tokenizers compare``: tokenizers side by side, on any text or on parallel text."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ginbon.cli.labels import label_of

if TYPE_CHECKING:
    from ginbon.run.compare import Compared
    from ginbon.tokenizers.specs import TokenizerSpec


def compare(
    specs: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[TOKENIZER]...",
            help="Tokenizers: files, folders, o200k_base, organisation/name on the hub, bytes, chars.",
        ),
    ] = None,
    every: Annotated[
        bool, typer.Option("--all", help="Also every vocabulary in the data folder, and bytes and chars.")
    ] = False,
    text: Annotated[
        list[Path] | None,
        typer.Option("--text", "-t", help="Text to measure on: files, a folder, a run or a release."),
    ] = None,
    parallel: Annotated[
        list[Path] | None,
        typer.Option("--parallel", "-p", help="Parallel text to measure on: folders of por_Latn.txt files, or tables."),
    ] = None,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="With --parallel: folder for results.json, .csv and .tex.")
    ] = None,
    pivot: Annotated[
        str, typer.Option(help="With --parallel: what languages are compared with; left out: English.")
    ] = "",
    language: Annotated[
        list[str] | None,
        typer.Option(
            help="Only this language; may be given again with --parallel. With --text also the language of text that "
            "does not say its own."
        ),
    ] = None,
    show: Annotated[
        list[str] | None, typer.Option(help="With --parallel: a language to show in detail; may be given again.")
    ] = None,
    price: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME=PRICE", help="With --parallel: a tokenizer's price for a million tokens."),
    ] = None,
    pattern: Annotated[str, typer.Option(help="Split pattern of rank files that are not known by their hash.")] = "",
    sample_bytes: Annotated[int, typer.Option(help="With --text: most text to measure, of each language.")] = 4_000_000,
    seed: Annotated[int, typer.Option(help="What the sample and the intervals come from.")] = 1,
    offline: Annotated[bool, typer.Option("--offline", help="Use local files and caches only.")] = False,
    workers: Annotated[
        int | None, typer.Option(help="With --parallel: worker processes; left out: all cores; 0: none.")
    ] = None,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Show no progress.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the comparison as one JSON object.")] = False,
) -> None:
    """Compare tokenizers on the same text: cost with intervals, and what is lost beside it.

    On parallel text (--parallel), what each charges a language for what it charges the pivot for the same content.
    Of a run or release, the split `held_out` is read.
    """
    from ginbon.errors import UserError
    from ginbon.run.compare import Compared, every_tokenizer
    from ginbon.tokenizers.parallel.stage import Places
    from ginbon.tokenizers.specs import TokenizerSpec

    if bool(text) == bool(parallel):
        raise UserError("name the text to measure on: either --text (any text) or --parallel (the same in languages)")
    if not specs and not every:
        raise UserError("name tokenizers to compare, or --all for every vocabulary in the data folder")
    given = {"--output": output, "--pivot": pivot, "--show": show, "--price": price, "--workers": workers}
    if text:
        if strange := next((name for name, value in given.items() if value), None):
            raise UserError(f"{strange} goes with --parallel, not with --text")
        if len(language or []) > 1:
            raise UserError("with --text, --language names one language")
    named = [TokenizerSpec(spec, pattern=pattern) for spec in [*(specs or []), *(every_tokenizer() if every else [])]]
    if text:
        label = label_of((language or [""])[0])
        _on_text(named, text, label, sample_bytes=sample_bytes, seed=seed, network=not offline, as_json=as_json)
        return
    if output is None:
        raise UserError("name the folder to write results to with --output")
    compared = Compared(
        Places(tuple(map(str, parallel or [])), pivot, tuple(language or [])),
        named,
        show=tuple(show or ()),
        prices=_prices(price or []),
        seed=seed,
        network=not offline,
    )
    _on_parallel(compared, output, workers, quiet=quiet, as_json=as_json)


def _on_text(
    specs: list[TokenizerSpec],
    text: list[Path],
    label: str,
    *,
    sample_bytes: int,
    seed: int,
    network: bool,
    as_json: bool,
) -> None:
    from ginbon.cli.comparison_tables import show
    from ginbon.tokenizers.comparison import compare as compare_tokenizers
    from ginbon.tokenizers.reading import Reading, find
    from ginbon.tokenizers.specs import load_all

    files = find(text, split="held_out")
    tokenizers = load_all(specs, network=network)
    read = Reading(files, language=label, languages=frozenset([label] if label else []), split="held_out")
    comparison = compare_tokenizers(tokenizers, read, sample_bytes=sample_bytes, seed=seed)
    if as_json:
        print(json.dumps(comparison.to_json(), ensure_ascii=False, sort_keys=True, indent=1))  # noqa: T201
    else:
        show(comparison)


def _on_parallel(compared: Compared, output: Path, workers: int | None, *, quiet: bool, as_json: bool) -> None:
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # workers share the cores
    from ginbon.cli.display import Stopper, display_for, print_json
    from ginbon.cli.premium_tables import show
    from ginbon.run.compare import compare_in
    from ginbon.run.start import Listener, Options

    options = Options() if workers is None else Options(workers=workers)
    shown = display_for(output, quiet=quiet, as_json=as_json)
    stopper = Stopper(shown.told, here=options.workers == 0)
    listener = Listener(began=shown.began, looked=shown.looked, ended=shown.ended, told=shown.told, stop=stopper)
    try:
        with stopper.listening():
            result, detailed = compare_in(output, compared, options=options, listener=listener)
    finally:
        shown.close()
    if as_json:
        print_json(result)
    else:
        show(result, detailed, output)


def _prices(given: list[str]) -> dict[str, float]:
    """``NAME=2.5``: prices by tokenizer."""
    from ginbon.errors import UserError

    prices: dict[str, float] = {}
    for one in given:
        name, _, price = one.rpartition("=")
        try:
            prices[name] = float(price)
        except ValueError:
            name = ""
        if not name:
            raise UserError(f"--price {one}: expected a tokenizer's name, = and a price for a million tokens")
    return prices
