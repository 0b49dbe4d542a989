"""``ginbon tokenizers extend`` and ``certify``: a partner's tokenizer with tokens for a language, and its proof."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from ginbon.tokenizers.extension import Certified, Extension, Figures

Parallel = Annotated[
    list[Path] | None,
    typer.Option("--parallel", help="Aligned text in many languages: what changes there is run and counted."),
]
Pattern = Annotated[str, typer.Option(help="Split pattern of a rank file that is not known by its hash.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print the certificate.")]


def extend(
    base: Annotated[str, typer.Argument(metavar="BASE", help="The partner's tokenizer: a file, a folder, a name.")],
    language: Annotated[str, typer.Option("--language", "-l", help="Language to add tokens for (tam_Taml).")],
    tokens: Annotated[int, typer.Option(help="Most tokens to add.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="Folder for the extended tokenizer.")],
    text: Annotated[
        list[Path] | None, typer.Option("--text", "-t", help="Text to learn from: files, folders, runs or releases.")
    ] = None,
    parallel: Parallel = None,
    measure: Annotated[
        str, typer.Option(help="Set of the parallel text that is measured; nothing of it is learned from.")
    ] = "",
    pivot: Annotated[str, typer.Option(help="Language that premiums are told against; English if left out.")] = "",
    split: Annotated[
        str, typer.Option(help="auto: the floor decides; keep: the base's split pattern; gate: a branch in front.")
    ] = "auto",
    never_longer: Annotated[
        list[Path] | None,
        typer.Option("--never-longer", help="Text of neighbours in the same script, no line of which may grow."),
    ] = None,
    pad_to: Annotated[int, typer.Option(help="The embedding's rows are a multiple of this.")] = 128,
    first_id: Annotated[int, typer.Option(help="First new id; 0: behind all of the base and its special tokens.")] = 0,
    min_count: Annotated[int, typer.Option(help="Times that a pair must occur to become a token.")] = 2,
    pattern: Pattern = "",
    seed: Annotated[int, typer.Option(help="What the sample and the intervals come from.")] = 1,
    offline: Annotated[bool, typer.Option("--offline", help="Use local files and caches only.")] = False,
    as_json: AsJson = False,
) -> None:
    """Add tokens for a language to a partner's tokenizer; text in other scripts keeps its ids, proven and run.

    With --parallel the sets that are not measured are learned from too, where they have the language.
    """
    from ginbon.errors import UserError
    from ginbon.tokenizers.extension import Options, certify, extend, figures, read_base, write
    from ginbon.tokenizers.extension.material import lines_of, material
    from ginbon.tokenizers.parallel import read_parallel
    from ginbon.tokenizers.specs import TokenizerSpec

    options = Options(tokens, split, pad_to, first_id, min_count)  # type: ignore[arg-type]
    if output.is_dir() and any(output.iterdir()):
        raise UserError(f"{output}: this folder is not empty; choose another, or remove it first")
    if measure and not parallel:
        raise UserError(f"--measure {measure}: is a set of parallel text; name that too with --parallel")
    if not text and not parallel:
        raise UserError("nothing to learn from: give --text, or --parallel with sets besides the measured one")
    given = read_base(TokenizerSpec(base, pattern=pattern), network=not offline)
    found = material(language, text or [], parallel or [], measure=measure, pivot=pivot, seed=seed)
    others = lines_of(never_longer) if never_longer else None
    made = extend(given, found.language, found.training, options, neighbours=others)
    fewer = f" of {tokens:,}: the text allows no more" if len(made.new) < tokens else ""
    _tell(f"{made.base.name}: {len(made.new):,} tokens learned{fewer}; proving and running them")
    certified = certify(made, read_parallel(parallel, pivot=pivot) if parallel else ())
    shown = figures(given.tokenizer, made.tokenizer, found.measured, seed=seed) if found.measured else None
    said = write(made, certified, shown, output)
    if as_json:
        print(json.dumps(said, ensure_ascii=False, sort_keys=True))  # noqa: T201
    else:
        _show_extension(made, shown, output)
        _show_certified(certified)
    if not certified.holds or (made.spared is not None and made.spared.longer):
        raise typer.Exit(1)


def certify(
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="Folder of an extended tokenizer.")],
    base: Annotated[
        str, typer.Option(help="The tokenizer it was made from: a file, a folder, a name; left out: as it was named.")
    ] = "",
    parallel: Parallel = None,
    pivot: Annotated[str, typer.Option(help="As the run was made with; English if left out.")] = "",
    pattern: Pattern = "",
    offline: Annotated[bool, typer.Option("--offline", help="Use local files and caches only.")] = False,
    as_json: AsJson = False,
) -> None:
    """Check the certificate of an extended tokenizer from the two files alone, and run it over parallel text."""
    from dataclasses import asdict

    from ginbon.tokenizers.extension import read_base, read_certificate, recertify
    from ginbon.tokenizers.parallel import read_parallel
    from ginbon.tokenizers.specs import TokenizerSpec

    name = base or read_certificate(folder)["base"]["name"]
    given = read_base(TokenizerSpec(name, pattern=pattern), network=not offline)
    certified = recertify(folder, given, read_parallel(parallel, pivot=pivot) if parallel else ())
    if as_json:
        found: dict[str, Any] = {
            "holds": certified.holds,
            "as_said": certified.as_said,
            "proof": [asdict(check) for check in certified.checks],
            "run": certified.run.to_json() if certified.run else None,
        }
        print(json.dumps(found, ensure_ascii=False, sort_keys=True))  # noqa: T201
    else:
        _show_certified(certified)
        if certified.run is not None and not certified.as_said:
            typer.echo("The run found something else than the certificate says of the same text.")
    if not (certified.holds and certified.as_said):
        raise typer.Exit(1)


def _tell(text: str) -> None:
    typer.echo(text, file=sys.stderr)


def _show_extension(made: Extension, figures: Figures | None, output: Path) -> None:
    last = made.new.first_id + len(made.new) - 1
    typer.echo(f"{output}: {len(made.new):,} tokens for {made.language}, ids {made.new.first_id} to {last}")
    if made.floor is not None and made.floor.gated is not None:
        typer.echo(
            f"Floor before any token: {made.floor.own:,} pre-tokens behind the own split pattern, "
            f"{made.floor.gated:,} behind a gate; {'gated' if made.gated else 'the own pattern is kept'}"
        )
    for name, reason in made.missing.items():
        typer.echo(f"No {name} file: {reason}")
    if figures is not None:
        for name, one in figures.before.items():
            typer.echo(
                f"{name} on {figures.measured.name}: {_figure(one)} before, {_figure(figures.after[name])} after"
            )
    if made.spared is not None:
        spared = made.spared
        typer.echo(
            f"Neighbours: {spared.longer:,} of {spared.lines:,} lines longer; {len(spared.forbidden):,} tokens "
            f"forbidden, {len(spared.taught):,} words learned from besides"
        )


def _figure(estimate: Any) -> str:
    if estimate.value is None:
        return "-"
    interval = f" [{estimate.low:.3f}, {estimate.high:.3f}]" if estimate.low is not None else ""
    return f"{estimate.value:.3f}{interval}"


def _show_certified(certified: Certified) -> None:
    for check in certified.checks:
        typer.echo(f"{'holds' if check.holds else 'FAILS'}  {check.name}: {check.found}")
    run = certified.run
    if run is None:
        return
    typer.echo(
        f"Run over {run.total('lines'):,} lines in {len(run.versions):,} versions: {run.total('free'):,} without the "
        f"script, {run.total('free_changed'):,} of them changed; {run.total('changed'):,} with it changed, "
        f"{run.total('shorter'):,} shorter, {run.total('longer'):,} longer"
    )
    for name, version in run.touched:
        typer.echo(
            f"  {name}/{version.label}: {version.changed:,} of {version.lines:,} changed, {version.shorter:,} shorter, "
            f"{version.longer:,} longer; tokens {version.tokens_after / max(version.tokens_before, 1):.3f} of before"
        )
    if run.worst is not None:
        name, worst = run.worst
        typer.echo(f"Worst case: {name}/{worst.label}, line {worst.worst}, longer by {worst.worst_by}")
