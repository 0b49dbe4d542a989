"""What fairness costs: parity-aware beside plain byte-pair encoding, from the same counts, as large, on the same lines.

The lines are parallel and held out: neither trained on nor development text. Gini is that of ``metrics.gini`` over
tokens per line.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from ginbon.errors import UserError
from ginbon.tokenizers.block_length import common_block
from ginbon.tokenizers.bpe.lines import same_lines, tokens_of
from ginbon.tokenizers.bpe.parity_training import ParityTraining, plain_beside
from ginbon.tokenizers.bpe.types import Int64s, Merges
from ginbon.tokenizers.counts import Counts
from ginbon.tokenizers.metrics import Estimate
from ginbon.tokenizers.metrics.gini import gini
from ginbon.tokenizers.protocol import TextColumn
from ginbon.tokenizers.units import UNITS, interval, unit_of, weights

SCHEMA: Final = "ginbon.parity-cost"
VERSION: Final = 1


@dataclass(frozen=True)
class LanguageCost:
    """Tokens of a language's lines under both tokenizers."""

    language: str
    plain: int
    parity: int

    @property
    def change(self) -> float:
        """What parity adds (or saves: below 0), as a share of plain."""
        return self.parity / self.plain - 1


@dataclass(frozen=True)
class ParityCost:
    """Both tokenizers on the same ``lines`` lines of every language, a balanced text.

    Intervals are 95 % bootstrap intervals over blocks of ``block`` lines that follow one another, the same ones being
    drawn for all languages and for both tokenizers. Uneven draws make a Gini larger, never smaller, so a small one may
    lie at the lower end of its interval.
    """

    lines: int
    languages: tuple[LanguageCost, ...]
    plain_gini: Estimate
    parity_gini: Estimate
    change: Estimate
    """Of all tokens, as a share of plain."""
    block: int

    @property
    def plain(self) -> int:
        """Tokens of all languages."""
        return sum(one.plain for one in self.languages)

    @property
    def parity(self) -> int:
        """Tokens of all languages."""
        return sum(one.parity for one in self.languages)

    def to_json(self) -> dict[str, Any]:
        """The published result: ``ginbon.parity-cost``, version 1. Languages' figures are tokens per line."""
        return {
            "schema": SCHEMA,
            "version": VERSION,
            "lines": self.lines,
            "block": self.block,
            "gini": {"plain": self.plain_gini.to_json(), "parity": self.parity_gini.to_json()},
            "tokens": {"plain": self.plain, "parity": self.parity, "change": self.change.to_json()},
            "languages": [
                {
                    "language": one.language,
                    "plain": one.plain / self.lines,
                    "parity": one.parity / self.lines,
                    "change": one.change,
                }
                for one in self.languages
            ],
        }

    def table(self) -> str:
        """The figures as lines for a terminal: tokens per line of each language and of all, then Gini."""
        width = max(len("tokens per line"), *(len(one.language) for one in self.languages))
        rows = [(one.language, one.plain, one.parity) for one in self.languages]
        per_line = [
            f"{name:<{width}} {plain / lines:>10.2f} {parity / lines:>10.2f} {parity / plain - 1:>+10.1%}"
            for name, plain, parity, lines in (
                *((*row, self.lines) for row in rows),
                ("all", self.plain, self.parity, self.lines * len(rows)),
            )
        ]
        head = f"{'tokens per line':<{width}} {'plain':>10} {'parity':>10} {'change':>10}"
        unfair = f"{'Gini':<{width}} {self.plain_gini.value:>10.4f} {self.parity_gini.value:>10.4f}"
        return "\n".join([head, *per_line, unfair])


def parity_cost(
    counts: Counts, trained: ParityTraining, lines: Mapping[str, Sequence[str]], *, seed: int = 1
) -> ParityCost:
    """What a tokenizer that was trained from these counts costs beside a plain one, which is trained here.

    ``lines`` are the same lines in each language; ones that are blank in a language are left out of all. Raises
    ``UserError`` where they are not aligned, and for counts that were cut on by finer patterns.
    """
    if counts.finer:
        raise UserError("these counts were cut on by finer patterns; compare the two tokenizers' files instead")
    return compare(plain_beside(counts, trained), trained.learned.merges, lines, pattern=counts.pattern, seed=seed)


def compare(
    plain: Merges, parity: Merges, lines: Mapping[str, Sequence[str]], *, pattern: str, seed: int = 1
) -> ParityCost:
    """The cost of some merges beside others, behind the same split pattern."""
    texts = same_lines(lines)
    tokens = np.array([[tokens_of(merges, own, pattern) for own in texts.values()] for merges in (plain, parity)])
    block = _block(texts)
    drawn = _drawn(tokens, seed, block)
    sums = tokens.sum(axis=2)
    number = tokens.shape[2]
    before, after = (_estimate(float(gini(sums[i])), gini(drawn[i]), number) for i in (0, 1))
    (plain_all, parity_all), (plain_drawn, parity_drawn) = sums.sum(axis=1).tolist(), drawn.sum(axis=1)
    return ParityCost(
        number,
        tuple(LanguageCost(name, int(a), int(b)) for name, a, b in zip(texts, *sums, strict=True)),
        before,
        after,
        _estimate(parity_all / plain_all - 1, parity_drawn / plain_drawn - 1, number),
        block,
    )


def _block(texts: Mapping[str, TextColumn]) -> int:
    """Lines that depend on each other, by the bytes of each language beside those of all."""
    sizes = [np.diff(own.offsets) for own in texts.values()]
    return common_block(sizes, np.sum(sizes, axis=0), [np.ones(len(own), np.bool_) for own in sizes])


def _drawn(tokens: Int64s, seed: int, block: int) -> Any:
    """Sums over the lines that each replicate of the bootstrap holds: (tokenizers, languages, replicates)."""
    lines = tokens.shape[2]
    number = min(lines, UNITS)
    units = np.zeros((lines, number))
    units[np.arange(lines), unit_of(np.arange(lines, dtype=np.int64))] = 1
    return (tokens @ units) @ weights(number, seed, block).T


def _estimate(value: float, draws: Any, lines: int) -> Estimate:
    if lines < 2:
        return Estimate(value, None, None, lines)
    low, high = interval(draws)
    return Estimate(value, min(low, value), max(high, value), lines)
