"""``ginbon tokenizers train`` and ``merge-counts``: tokenizers from counts, and counts from text and other counts."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ginbon.cli.labels import label_of, unknown_labels
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
from ginbon.defaults import BALANCE, COVERAGE, UNSEEN, VOCABULARY
from ginbon.errors import UserError

if TYPE_CHECKING:
    from ginbon.cli.meter import Meter
    from ginbon.tokenizers.counts import Bounds, Counts


def train(
    inputs: Inputs,
    output: Annotated[Path, typer.Option("--output", "-o", help="Folder for the tokenizer and its training.json.")],
    kind: Annotated[
        str, typer.Option(help="byte-bpe, parity-bpe (languages pay alike), or SentencePiece's unigram or bpe.")
    ] = "byte-bpe",
    vocabulary: Annotated[int, typer.Option(help="Tokens, special ones and bytes included.")] = VOCABULARY,
    name: Annotated[str, typer.Option(help="What it is called; left out: the output folder's name.")] = "",
    language: Languages = None,
    balance: Annotated[
        float, typer.Option(help="1: languages count as much as there is of them; 0: all the same.")
    ] = BALANCE,
    weight: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME=FACTOR", help="What a language or source counts (por_Latn=2); may be given again."),
    ] = None,
    character_coverage: CharacterCoverage = COVERAGE,
    alphabet: AlphabetKind = "seen",
    unseen: Unseen = UNSEEN,
    special_token: SpecialTokens = None,
    finer: Annotated[
        list[str] | None,
        typer.Option(help="case, latin, punctuation or an expression: cuts on what ours cuts; may be given again."),
    ] = None,
    development: Development = None,
    ratio: Ratio = None,
    global_merges: Annotated[int, typer.Option(min=0, help="parity-bpe: so many first merges are plain.")] = 0,
    window: Annotated[
        int, typer.Option(min=0, help="parity-bpe: of so many merges none chooses over twice its share; 0: no limit.")
    ] = 0,
    export: Annotated[
        bool, typer.Option(help="Write it in every format that can hold it, proven id by id, with fixtures.")
    ] = True,
    threads: Threads = 2,
    memory: Memory = "2 GB",
    quiet: Quiet = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print training.json.")] = False,
) -> None:
    """Train a tokenizer. The same counts and options give the same bytes on every machine.

    Of a run, what it counted is read; of a release, the split `train`. Text is counted first.
    """
    from ginbon.cli.display import size as shown_size
    from ginbon.cli.meter import Meter
    from ginbon.engine.files import canonical_json, write_whole
    from ginbon.tokenizers.training.options import SHORT, Parity, TrainOptions
    from ginbon.tokenizers.training.proving import files_of, prove
    from ginbon.tokenizers.training.train import train as train_tokenizer

    languages = [label_of(one) for one in language or ()]
    options = TrainOptions(
        name=name or output.resolve().name,
        kind=SHORT.get(kind, kind),  # type: ignore[arg-type]
        vocabulary=vocabulary,
        languages=tuple(languages),
        balance=balance,
        weights=factors_of("weight", weight or ()),
        character_coverage=character_coverage,
        special_tokens=tuple(special_token or ()),
        finer=tuple(finer or ()),
        alphabet=alphabet,  # type: ignore[arg-type]
        unseen=unseen,
        parity=Parity(str(development or ""), factors_of("ratio", ratio or ()), global_merges, window)
        if development or ratio or global_merges or window
        else None,
    )
    bounds = bounds_of(memory, output)
    if any((output / file).exists() for file in ("tokenizer.json", "tokenizer.model")):
        raise UserError(f"{output}: there is a tokenizer in this folder already; choose another, or remove it first")
    with Meter(quiet=quiet, as_json=as_json) as meter:
        counts = _gather(inputs, languages, threads, meter, bounds)
        notes = unknown_labels(language for language, _ in counts.strata)
        with meter.step("train", f"learning {vocabulary:,} tokens from {len(counts):,} pre-tokens"):
            trained = train_tokenizer(counts, options)
        if export:
            with meter.step("prove", "writing it in every format that can hold it"):
                left_out = prove(trained, output).left_out
            notes += [f"not written as {form}: {reason}" for form, reason in left_out.items()]
        else:
            for file, data in files_of(trained).items():
                write_whole(output / file, data)
    for note in [*notes, *trained.record["notes"]]:
        typer.echo(f"note: {note}", file=sys.stderr)
    if as_json:
        print(canonical_json(trained.record).decode())  # noqa: T201
        return
    size = sum(share["bytes"] for share in trained.record["text"])
    typer.echo(
        f"{output / options.file}: {trained.record['vocabulary']:,} tokens from {shown_size(size)} of text; "
        f"SHA-256 {trained.record['sha256'][:12]}…"
    )


def merge_counts(
    inputs: Inputs,
    output: Annotated[Path, typer.Option("--output", "-o", help="The file to write (counts.parquet).")],
    language: Languages = None,
    least: Annotated[
        int, typer.Option(min=1, help="Leave out what occurs less often, before counts leave the house.")
    ] = 1,
    pattern: Annotated[
        str, typer.Option(help="Split pattern that text is cut by: ginbon, o200k, cl100k, ... or a regular expression.")
    ] = "ginbon",
    threads: Threads = 2,
    memory: Memory = "2 GB",
    quiet: Quiet = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print what was written as one JSON object.")] = False,
) -> None:
    """Add up counts of pre-tokens: of runs, of files of counts, and of text, which is counted first.

    Tokenizers are trained from counts; two institutions can exchange them where the text must stay.
    """
    from ginbon.cli.display import size as shown_size
    from ginbon.cli.meter import Meter
    from ginbon.tokenizers.counts import thresholded, write

    if output.exists():
        raise UserError(f"{output}: is there already; choose another name, or remove it first")
    bounds = bounds_of(memory, output)
    with Meter(quiet=quiet, as_json=as_json) as meter:
        counts = _gather(inputs, [label_of(one) for one in language or ()], threads, meter, bounds, pattern=pattern)
    for note in unknown_labels(language for language, _ in counts.strata):
        typer.echo(f"note: {note}", file=sys.stderr)
    counts = thresholded(counts, least, bounds) if least > 1 else counts
    if not len(counts):
        raise UserError(f"--least {least:,}: every pre-token occurs less often, so nothing would be left; choose less")
    write(counts, output)
    size = sum(counts.bytes.values())
    if counts.threshold == 1:
        typer.echo(
            "note: they hold what occurs once, in scripts without spaces whole sentences; before they leave the house, "
            "leave out what is rare (--least)",
            file=sys.stderr,
        )
    if as_json:
        said = {
            "schema": "ginbon.merge-counts",
            "version": 1,
            "file": str(output),
            "sha256": counts.sha256,
            "rows": len(counts),
            "pre_tokens": counts.total,
            "bytes": int(size),
            "threshold": counts.threshold,
            "dropped": counts.dropped,
        }
        print(json.dumps(said, sort_keys=True, indent=1))  # noqa: T201
        return
    languages = sorted({language for language, _ in counts.strata})
    typer.echo(
        f"{output}: {len(counts):,} pre-tokens that stand for {shown_size(size)} of text in {', '.join(languages)}; "
        f"SHA-256 {counts.sha256[:12]}…"
    )
    if counts.dropped:
        typer.echo(f"left out here and before: {counts.dropped:,} occurrences of what is rare")


def _gather(
    inputs: Sequence[Path],
    languages: Sequence[str],
    threads: int,
    meter: Meter,
    bounds: Bounds,
    *,
    pattern: str = "ginbon",
) -> Counts:
    from ginbon.tokenizers.counts.gathering import gather
    from ginbon.tokenizers.patterns import known_pattern
    from ginbon.tokenizers.reading import Gauge

    own, pattern = languages[0] if len(languages) == 1 else "", known_pattern(pattern)
    with meter.step("count") as step:
        return gather(
            inputs,
            language=own,
            languages=languages,
            pattern=pattern,
            threads=threads,
            gauge=Gauge(step.read),
            bounds=bounds,
        )


def factors_of(option: str, said: Sequence[str]) -> dict[str, float]:
    """``por_Latn=2`` of each option."""
    found = {}
    for one in said:
        name, _, factor = one.rpartition("=")
        try:
            found[name] = float(factor)
        except ValueError:
            name = ""
        if not name:
            raise UserError(f"--{option} {one}: expected NAME=FACTOR with a number, as in por_Latn=2")
    return found
