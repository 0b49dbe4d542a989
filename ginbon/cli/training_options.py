"""Options that ``train``, ``merge-counts`` and ``sweep`` have in common."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from ginbon.tokenizers.counts import Bounds

Inputs = Annotated[
    list[Path],
    typer.Argument(metavar="RUN|COUNTS|TEXT", help="Runs, releases, files of counts, or text to count."),
]
Languages = Annotated[
    list[str] | None,
    typer.Option(
        "--language", "-l", help="These languages only (por_Latn); may be given again. One: that of text without label."
    ),
]
CharacterCoverage = Annotated[
    float, typer.Option(help="Share of the text's characters that have tokens of their own; the rest are bytes.")
]
AlphabetKind = Annotated[
    str, typer.Option("--alphabet", help="byte-bpe: characters never cut: those seen, all of the language, or none.")
]
Unseen = Annotated[int, typer.Option(min=0, help="With --alphabet language: likely characters that were not seen.")]
SpecialTokens = Annotated[
    list[str] | None,
    typer.Option("--special-token", help="A token that text never becomes; may be given again."),
]
Development = Annotated[
    Path | None, typer.Option(metavar="PLACE", help="parity-bpe: parallel text that tells what each language pays.")
]
Ratio = Annotated[
    list[str] | None,
    typer.Option(
        metavar="LANGUAGE=BYTES", help="parity-bpe without such text: bytes of the same content in each language."
    ),
]
Threads = Annotated[int, typer.Option(min=1, help="Threads that count text; the result is the same.")]
Memory = Annotated[
    str, typer.Option(help="Memory that counts may take, such as '2 GB'; the rest waits on the disk beside the output.")
]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Show no progress.")]

LEAST_MEMORY = 64_000_000


def bounds_of(memory: str, output: Path) -> Bounds:
    """What ``--memory`` says; what does not fit goes to the disk of the output."""
    from ginbon.errors import UserError
    from ginbon.recipes.values import parse_size
    from ginbon.tokenizers.counts import Bounds

    try:
        size = parse_size(memory)
    except UserError as error:
        raise UserError(f"--memory: {error}") from error
    if size < LEAST_MEMORY:
        raise UserError(f"--memory {memory}: expected 64 MB or more")
    place = output.absolute()
    return Bounds(next(folder for folder in place.parents if folder.is_dir()), size)
