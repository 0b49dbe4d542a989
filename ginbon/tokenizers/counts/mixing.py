"""How much each language and source counts in a mix."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from ginbon.errors import UserError
from ginbon.languages import codes
from ginbon.tokenizers.counts.arrays import Stratum


def mix(sizes: Mapping[Stratum, float], *, balance: float, weights: Mapping[str, float]) -> dict[Stratum, float]:
    """By what the counts of each language and source are to be multiplied.

    A language's share of the bytes becomes its own to the power of ``balance``: 1 leaves them as they are, 0 makes all
    languages the same (temperature sampling; Conneau et al. 2020). ``weights`` multiply what a language or a source
    counts, the language's after the balance; a language may be spelt in any way (``pt``). All bytes together stay about
    as many. Six digits, so that they are the same on every machine.

    Raises ``UserError`` for a weight of what is not there.
    """
    weights = named(weights, sizes)
    languages = sorted({language for language, _ in sizes})  # floats are added up in one order everywhere
    if unknown := sorted(weights.keys() - set(languages) - {source for _, source in sizes}):
        raise UserError(
            f"a weight for {unknown[0]!r}, which is no language and no source of these counts; there are "
            f"{', '.join(languages)} and the sources {', '.join(sorted({s or '(none)' for _, s in sizes}))}"
        )
    own = {stratum: size * weights.get(stratum[1], 1.0) for stratum, size in sizes.items()}
    totals = {name: sum(size for (language, _), size in own.items() if language == name) for name in languages}
    wanted = {name: weights.get(name, 1.0) * total**balance if total else 0.0 for name, total in totals.items()}
    scale = sum(sizes.values()) / (sum(wanted.values()) or 1.0)
    return {
        (language, source): float(
            f"{weights.get(source, 1.0) * scale * wanted[language] / (totals[language] or 1.0):.6g}"
        )
        for language, source in sizes
    }


def named(weights: Mapping[str, float], strata: Iterable[Stratum]) -> dict[str, float]:
    """Weights by the names of languages and sources as they are there; what is not there keeps its name.

    Raises ``UserError`` where two of them are of one language.
    """
    strata = sorted(strata)
    there = {name for stratum in strata for name in stratum}
    labels = {codes.resolve(language) or language: language for language, _ in strata}
    found: dict[str, str] = {}
    for name in weights:
        own = name if name in there else labels.get(codes.resolve(name) or name, name)
        if found.setdefault(own, name) != name:
            raise UserError(f"{found[own]!r} and {name!r} are both {own}; give one of the two")
    return {own: weights[name] for own, name in found.items()}
