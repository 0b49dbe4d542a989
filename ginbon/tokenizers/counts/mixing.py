"""How much each language and source counts in a mix."""

from __future__ import annotations

from collections.abc import Mapping

from ginbon.errors import UserError
from ginbon.tokenizers.counts.counts import Stratum


def mix(sizes: Mapping[Stratum, float], *, balance: float, weights: Mapping[str, float]) -> dict[Stratum, float]:
    """By what the counts of each language and source are to be multiplied.

    A language's share of the bytes becomes its own to the power of ``balance``: 1 leaves them as they are, 0 makes all
    languages the same (temperature sampling; Conneau et al. 2020). ``weights`` multiply what a language (``por_Latn``)
    or a source counts, the language's after the balance. All bytes together stay about as many. Six digits, so that
    they are the same on every machine.

    Raises ``UserError`` for a weight of what is not there.
    """
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
