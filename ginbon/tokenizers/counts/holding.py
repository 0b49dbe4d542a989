"""What counts hold: no text may be counted twice, in whatever files its counts come."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import replace

from ginbon.errors import UserError
from ginbon.languages import codes
from ginbon.tokenizers.counts.arrays import Stratum
from ginbon.tokenizers.counts.counts import Counts, Holding, wanted_of
from ginbon.tokenizers.counts.pile import add_up
from ginbon.tokenizers.counts.runs import Bounds


def together(
    given: Sequence[tuple[str, Counts]], *, languages: Collection[str] = (), bounds: Bounds | None = None
) -> Counts:
    """The sum of counts, each with the name of where it is from, which remembers what it holds.

    Each language is called by its one label; what no table knows stays. ``languages`` keeps only these. Raises
    ``UserError`` as ``check_apart`` and ``add_up`` do.
    """
    wanted = wanted_of(languages)

    def name(stratum: Stratum) -> Stratum | None:
        return (codes.resolve(stratum[0]) or stratum[0], stratum[1]) if wanted(stratum[0]) else None

    if len(given) == 1 and all(name(stratum) == stratum for stratum in given[0][1].strata):
        return given[0][1]
    held = [_called(counts.held, name) for _, counts in given]
    check_apart([(place, own) for (place, _), own in zip(given, held, strict=True)])
    found = add_up([counts for _, counts in given], bounds, name=name)
    if len(given) == 1 and not given[0][1].holds:
        return found
    return replace(found, holds=frozenset().union(*held))


def _called(held: Collection[Holding], name: Callable[[Stratum], Stratum | None]) -> frozenset[Holding]:
    """The same of languages by the names that they have in a sum."""
    called = ((sha256, name((language, ""))) for sha256, language in held)
    return frozenset((sha256, own[0]) for sha256, own in called if own)


def check_apart(given: Sequence[tuple[str, Collection[Holding]]]) -> None:
    """Raises ``UserError`` where two of some counts, each with a name, hold the same: it would count twice."""
    for n, (name, held) in enumerate(given):
        for other, before in given[:n]:
            if both := set(held) & set(before):
                raise UserError(_twice(name, other, set(held), set(before), both))


def _twice(name: str, other: str, held: set[Holding], before: set[Holding], both: set[Holding]) -> str:
    if held == before:
        return f"{name}: the same counts were given before ({other}), and would count twice; name them once"
    if both == held:
        return f"{name}: what it counts is in {other} already, and would count twice; leave {name} out"
    if both == before:
        return f"{name}: what {other} counts is in it already, and would count twice; leave {other} out"
    languages = ", ".join(sorted({language for _, language in both}))
    return (
        f"{name}: holds text in {languages} that {other} holds too, which would count twice; add up the counts that "
        "they were made of instead"
    )
