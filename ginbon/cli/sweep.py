"""``ginbon tokenizers sweep``: many tokenizers from one counting pass, measured side by side, and one chosen."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ginbon.cli.labels import label_of, unknown_labels
from ginbon.cli.train import factors_of
from ginbon.cli.training_options import (
    AlphabetKind,
    CharacterCoverage,
    Development,
    Inputs,
    Languages,
    Memory,
    Quiet,
    Ratio,
    SpecialTokens,
    Threads,
    Unseen,
    bounds_of,
)
from ginbon.defaults import COVERAGE, SIZES, UNSEEN, WITHIN
from ginbon.errors import UserError

if TYPE_CHECKING:
    from ginbon.tokenizers.training.options import Parity


def sweep(
    inputs: Inputs,
    output: Annotated[Path, typer.Option("--output", "-o", help="Folder for the tokenizers, sweep.json and .html.")],
    kind: Annotated[
        list[str] | None,
        typer.Option(help="byte-bpe, bpe, unigram or parity-bpe; may be given again. Left out: byte-bpe and bpe."),
    ] = None,
    vocabulary: Annotated[
        list[int] | None,
        typer.Option(help=f"Tokens; may be given again. Left out: {', '.join(map(str, SIZES))}."),
    ] = None,
    balance: Annotated[
        list[float] | None,
        typer.Option(help="1: languages count as much as there is of them; 0: all the same; may be given again."),
    ] = None,
    mix: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME:WHAT=FACTOR,...", help="What languages and sources count in a mix; may be given again."
        ),
    ] = None,
    pattern: Annotated[
        list[str] | None,
        typer.Option(
            help="A split pattern: ginbon, ginbon+case, ginbon+latin, ginbon+punctuation; of text also o200k and "
            "others. May be given again."
        ),
    ] = None,
    language: Languages = None,
    held_out: Annotated[
        list[Path] | None,
        typer.Option(help="Text to measure on, which is not trained on; left out: the held-out split of a run."),
    ] = None,
    parallel: Annotated[
        list[Path] | None,
        typer.Option("--parallel", "-p", help="Parallel text: what each language is charged beside the pivot."),
    ] = None,
    pivot: Annotated[
        str, typer.Option(help="With --parallel: left out, English where it is trained on, else the largest language.")
    ] = "",
    within: Annotated[
        float, typer.Option(min=0, max=1, help="Share of tokens above the fewest that is good enough.")
    ] = WITHIN,
    hidden: Annotated[int, typer.Option(min=1, help="Hidden size of the model, for what a vocabulary costs.")] = 4_096,
    character_coverage: CharacterCoverage = COVERAGE,
    alphabet: AlphabetKind = "seen",
    unseen: Unseen = UNSEEN,
    special_token: SpecialTokens = None,
    development: Development = None,
    ratio: Ratio = None,
    global_merges: Annotated[
        list[int] | None, typer.Option(min=0, help="parity-bpe: so many first merges are plain; may be given again.")
    ] = None,
    window: Annotated[
        list[int] | None,
        typer.Option(
            min=0, help="parity-bpe: of so many merges none chooses over twice its share; may be given again."
        ),
    ] = None,
    sample_bytes: Annotated[
        int, typer.Option(min=1, help="Most held-out text to measure, of each language.")
    ] = 1_000_000,
    seed: Annotated[int, typer.Option(min=0, help="What the sample and the intervals come from.")] = 1,
    threads: Threads = 2,
    memory: Memory = "2 GB",
    quiet: Quiet = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print sweep.json.")] = False,
) -> None:
    """Train tokenizers of many kinds, sizes, balances and patterns, measure all on held-out text, and choose one.

    Text is counted once; sizes of one kind share their learning. What is in the folder already is not trained again.

    Example: ginbon tokenizers sweep runs/ours -o sweep --vocabulary 16000 --vocabulary 32000 --balance 0.3 --balance 1
    """
    from ginbon.cli.meter import Meter
    from ginbon.engine.files import canonical_json, write_whole
    from ginbon.report.sweep import page_of_sweep
    from ginbon.tokenizers.reading import Gauge
    from ginbon.tokenizers.sweep import SweepOptions, left_over
    from ginbon.tokenizers.sweep import sweep as sweep_tokenizers
    from ginbon.tokenizers.training.options import SHORT

    if pivot and not parallel:
        raise UserError("--pivot is of parallel text; name that too with --parallel")
    parities = _parities(development, factors_of("ratio", ratio or ()), global_merges or [0], window or [0])
    told = {"--development": development, "--ratio": ratio, "--global-merges": global_merges, "--window": window}
    if "parity-bpe" not in (kind or ()) and (idle := [option for option, said in told.items() if said]):
        raise UserError(f"{idle[0]} is for parity-bpe; name that kind too with --kind, beside the others wanted")
    usual, languages = SweepOptions(), [label_of(one) for one in language or ()]
    options = SweepOptions(
        kinds=tuple(SHORT.get(one, one) for one in kind) if kind else usual.kinds,  # type: ignore[arg-type]
        vocabularies=tuple(vocabulary or usual.vocabularies),
        balances=tuple(balance or usual.balances),
        patterns=tuple(pattern or usual.patterns),
        mixes=dict(map(_mix, mix or ())),
        languages=tuple(languages),
        character_coverage=character_coverage,
        special_tokens=tuple(special_token or ()),
        alphabet=alphabet,  # type: ignore[arg-type]
        unseen=unseen,
        parities=parities,
    )
    with Meter(quiet=quiet, as_json=as_json) as meter, meter.step("sweep") as step:
        done = sweep_tokenizers(
            inputs,
            output,
            options,
            held_out=held_out or (),
            parallel=parallel or (),
            pivot=pivot,
            language=languages[0] if len(languages) == 1 else "",
            within=within,
            hidden=hidden,
            sample_bytes=sample_bytes,
            seed=seed,
            threads=threads,
            told=step.say,
            gauge=Gauge(step.read),
            bounds=bounds_of(memory, output),
        )
    write_whole(output / "sweep.html", page_of_sweep(done).encode())
    if as_json:
        print(canonical_json(done.to_json()).decode())  # noqa: T201
    else:
        from ginbon.cli.sweep_tables import show

        show(done, output)
    for note in unknown_labels(language for own in done.counts.values() for language, _ in own.strata):
        typer.echo(f"note: {note}", file=sys.stderr)
    if left := left_over(output, done):
        typer.echo(
            f"note: {output} also has tokenizers of earlier sweeps, which are not in these tables: {', '.join(left)}. "
            "Ask for them again to have them there, or remove their folders",
            file=sys.stderr,
        )


def _parities(
    development: Path | None, ratio: dict[str, float], global_merges: list[int], windows: list[int]
) -> tuple[Parity, ...]:
    """By development text and by ratios, whatever is given, each with each number of plain merges and each window."""
    from ginbon.tokenizers.training.options import Parity

    ways = [Parity(str(development))] * bool(development) + [Parity(ratio=ratio)] * bool(ratio)
    return tuple(
        replace(way, global_merges=plain, window=window)
        for way in ways
        for plain in dict.fromkeys(global_merges)
        for window in dict.fromkeys(windows)
    )


def _mix(said: str) -> tuple[str, dict[str, float]]:
    """``press:news=2,web=0.5``."""
    name, _, rest = said.partition(":")
    if not name or not rest:
        raise UserError(f"--mix {said}: expected NAME:WHAT=FACTOR,..., as in press:news=2,web=0.5")
    return name, factors_of("mix", rest.split(","))
