"""What counts hold: no text may be counted twice, in whatever files its counts come."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace

from ginbon.errors import UserError
from ginbon.tokenizers.counts.counts import Counts, Holding


def add_up(given: Sequence[tuple[str, Counts]]) -> Counts:
    """The sum of counts, each with the name of where it is from, which remembers what it holds.

    Raises ``UserError`` as ``check_apart`` and ``Counts.merge`` do.
    """
    check_apart([(name, counts.held) for name, counts in given])
    return Counts.merge([replace(counts, holds=counts.held) for _, counts in given])


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
