"""What a sweep trains: every kind at every size, split pattern, balance and mix, as plain values."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import product
from typing import Final

from ginbon.defaults import BALANCE, COVERAGE, SIZES, UNSEEN, WITHIN
from ginbon.errors import UserError
from ginbon.tokenizers.patterns import FINER, GINBON, PATTERNS, known_pattern
from ginbon.tokenizers.training.options import SHORT, Alphabet, Kind, Parity, TrainOptions

HIDDEN: Final = 4_096
"""Hidden size of the model that the cost of a vocabulary is told for: that of the 7 to 8 billion parameter models."""

SAMPLE_BYTES: Final = 1_000_000
"""Held-out text of each language that is measured: a sweep has many tokenizers, and differences are paired."""

FILE: Final = "sweep.json"

_SHORT_OF: Final = {kind: short for short, kind in SHORT.items()}


@dataclass(frozen=True)
class Cut:
    """A split pattern, and those that cut on what it cuts: ``o200k``, ``ginbon+case``."""

    name: str
    pattern: str
    finer: tuple[str, ...] = ()

    @classmethod
    def of(cls, said: str) -> Cut:
        """From what a person writes: names joined by ``+``, of which the last may be a regular expression instead.

        The first is that of a pattern by which text is counted (``patterns.PATTERNS``), the others those that cut on
        (``patterns.FINER``). A regular expression alone is a pattern to count by. Raises ``UserError`` for what looks
        like a name and is none: as a regular expression it would cut at one word.
        """
        first, plus, rest = said.partition("+")
        unknown = [name for name in said.split("+") if known_pattern(name) == name and name not in FINER]
        if unknown and re.fullmatch(r"[\w+-]+", said):
            known = f"{', '.join(PATTERNS)}; to cut on ginbon+{', ginbon+'.join(FINER)}"
            raise UserError(f"split pattern {said}: no such name as {unknown[0]!r}; expected one of {known}")
        if first not in PATTERNS or not (rest or not plus):
            return cls(_named(said), known_pattern(said))
        finer: list[str] = []
        while rest:
            name, _, more = rest.partition("+")
            if name not in FINER:
                name, more = rest, ""
            finer.append(name)
            rest = more
        return cls("-".join([first, *map(_named, finer)]), known_pattern(first), tuple(finer))


def _named(pattern: str) -> str:
    """A pattern as a part of a folder's name: its own where it has one."""
    known = pattern in FINER or pattern in PATTERNS
    return pattern if known else f"pattern-{hashlib.sha256(pattern.encode()).hexdigest()[:8]}"


@dataclass(frozen=True)
class Arm:
    """One tokenizer of a sweep. Arms of one ``series`` differ in their size alone: a line of the curves."""

    series: str
    cut: Cut
    mix: str
    options: TrainOptions


@dataclass(frozen=True)
class Judging:
    """How tokenizers are measured and one is chosen: the rule's share, the model's hidden size, text, seed."""

    within: float = WITHIN
    hidden: int = HIDDEN
    sample_bytes: int = SAMPLE_BYTES
    seed: int = 1


@dataclass(frozen=True)
class SweepOptions:
    """What to train: each of ``kinds`` at each of ``vocabularies``, ``balances``, ``patterns`` and ``mixes``; the kind
    ``parity-bpe`` also with each of ``parities``.

    ``patterns`` are written as ``Cut.of`` reads them. ``mixes`` are weights of languages and sources by a name of
    one's own; without any, everything weighs what the balance makes of it. ``languages``, ``character_coverage`` and
    ``special_tokens`` are those of every tokenizer, ``alphabet`` and ``unseen`` of the kind ``byte-bpe``
    (``TrainOptions``).
    """

    kinds: tuple[Kind, ...] = ("byte-bpe", "sentencepiece-bpe")
    vocabularies: tuple[int, ...] = SIZES
    balances: tuple[float, ...] = (BALANCE,)
    patterns: tuple[str, ...] = ("ginbon",)
    mixes: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    languages: tuple[str, ...] = ()
    character_coverage: float = COVERAGE
    special_tokens: tuple[str, ...] = ()
    alphabet: Alphabet = "seen"
    unseen: int = UNSEEN
    parities: tuple[Parity, ...] = ()

    def arms(self) -> tuple[Arm, ...]:
        """Every tokenizer, a series after another, sizes ascending. Raises ``UserError`` where there is none."""
        cuts = [Cut.of(said) for said in dict.fromkeys(self.patterns)]
        mixes: Mapping[str, Mapping[str, float]] = self.mixes or {"": {}}
        several = product(self._kinds(), cuts, dict.fromkeys(self.balances), mixes.items())
        arms = [
            self._arm(kind, parity, cut, balance, mix, weights, size)
            for (kind, parity), cut, balance, (mix, weights) in several
            for size in sorted(set(self.vocabularies))
        ]
        if not arms:
            raise UserError("nothing to train: a sweep needs a kind, a vocabulary, a balance and a pattern")
        names = [arm.options.name for arm in arms]
        if twice := next((name for name in names if names.count(name) > 1), ""):
            raise UserError(
                f"two tokenizers of this sweep would be called {twice}; balances have six digits at most, and what "
                "makes languages pay alike is told by its ratios, its plain merges and its window"
            )
        return tuple(arms)

    def _kinds(self) -> Iterator[tuple[Kind, Parity | None]]:
        """Each kind, and what makes languages pay alike where it is one that needs that."""
        for kind in dict.fromkeys(self.kinds):
            for parity in self.parities if kind == "parity-bpe" and self.parities else (None,):
                yield kind, parity

    def _arm(
        self,
        kind: Kind,
        parity: Parity | None,
        cut: Cut,
        balance: float,
        mix: str,
        weights: Mapping[str, float],
        size: int,
    ) -> Arm:
        alike = parity.short if parity else ""
        parts = [
            _SHORT_OF.get(kind, kind),
            alike,
            "" if cut == Cut("ginbon", GINBON) else cut.name,
            f"b{balance:g}",
            mix,
        ]
        series = "-".join(part for part in parts if part)
        options = TrainOptions(
            name=f"{series}-{size}",
            kind=kind,
            vocabulary=size,
            languages=self.languages,
            balance=balance,
            weights=weights,
            character_coverage=self.character_coverage,
            special_tokens=self.special_tokens,
            finer=cut.finer,
            alphabet=self.alphabet if kind == "byte-bpe" else "seen",
            unseen=self.unseen if kind == "byte-bpe" else UNSEEN,
            parity=parity,
        )
        return Arm(series, cut, mix, options)
