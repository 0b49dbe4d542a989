"""The diagnosis of one tokenizer on one language: what the premium is made of, what would buy it back, what to do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, Final

import numpy as np

from ginbon.languages import codes
from ginbon.tokenizers.comparison import WORDS, collapse
from ginbon.tokenizers.diagnosis.advice import LIMITS, Advice, Cause, advise, cause
from ginbon.tokenizers.diagnosis.curve import GRID, HIDDEN, MIN_COUNT, Curve, curve
from ginbon.tokenizers.diagnosis.letters import Letters, letters
from ginbon.tokenizers.diagnosis.material import Material
from ginbon.tokenizers.diagnosis.parts import Parts, parts
from ginbon.tokenizers.diagnosis.repair import gate, repaired
from ginbon.tokenizers.diagnosis.seams import Seams, seams
from ginbon.tokenizers.metrics import HONESTY, METRICS, Estimate, Measures, measure
from ginbon.tokenizers.parallel.measured import beside
from ginbon.tokenizers.protocol import Oddity, Tokenizer
from ginbon.tokenizers.specs import FLOORS
from ginbon.tokenizers.units import CONFIDENCE, REPLICATES

SCHEMA: Final = "ginbon.diagnosis"
VERSION: Final = 1

_WRONG: Final = 0.001
"""A pattern that cuts fewer of the graphemes, and none at joiners, has nothing to be repaired."""


@dataclass(frozen=True)
class Subject:
    """The tokenizer, and what must be known about it."""

    name: str
    kind: str
    sha256: str
    vocabulary: int
    oddities: tuple[Oddity, ...]


@dataclass(frozen=True)
class Diagnosis:
    """All that is found. ``seams`` is None without a split pattern; ``repaired`` also where nothing is to repair;
    ``own`` without text to learn from. ``honesty`` has the figures that stand beside every premium.
    """

    subject: Subject
    material: Material
    counts: Mapping[str, int]
    honesty: Mapping[str, Estimate]
    collapsed: str
    parts: Parts
    seams: Seams | None
    letters: Letters
    gate: str
    sharing: int
    own: Curve | None
    repaired: Curve | None
    cause: Cause
    advice: Advice
    notes: tuple[str, ...]
    seed: int
    hidden: int

    @property
    def estimated(self) -> bool:
        """Whether the curve is an estimate: nothing in the tokenizer tells which merges it could have."""
        return self.seams is None

    def to_json(self) -> dict[str, Any]:
        """The published result: ``ginbon.diagnosis``, version 1; the same bytes for the same input."""
        material = self.material
        return {
            "schema": SCHEMA,
            "version": VERSION,
            "tokenizer": asdict(self.subject),
            "language": material.language,
            "pivot": material.pivot,
            "measured": {
                "set": material.measured_set,
                "lines": len(material.measured),
                "bytes": self.counts["bytes"],
                "units": int(material.unit.max(initial=-1)) + 1,
            },
            "learned_from": {
                "sources": list(material.sources),
                "lines": len(material.training),
                "bytes": int(material.training.offsets[-1]),
                "least_count": MIN_COUNT,
            },
            "words": WORDS,
            "interval": {
                "confidence": CONFIDENCE,
                "replicates": REPLICATES,
                "drawn": material.drawn,
                "block": material.block,
            },
            "seed": self.seed,
            "hidden_size": self.hidden,
            "counts": dict(self.counts),
            "honesty": {name: estimate.to_json() for name, estimate in self.honesty.items()},
            "collapsed": self.collapsed or None,
            "parts": self.parts.to_json(),
            "split_pattern": self.seams.to_json() if self.seams else None,
            "vocabulary": self.letters.to_json(),
            "gate": {"pattern": self.gate, "languages_of_the_script": self.sharing},
            "curves": {
                "estimated": self.estimated,
                "own": self.own.to_json() if self.own else None,
                "repaired": self.repaired.to_json() if self.repaired else None,
            },
            "limits": LIMITS.to_json(),
            "cause": self.cause,
            "recommendation": {**self.advice.to_json(), "headline": self.advice.headline},
            "notes": list(self.notes),
        }


def diagnose(
    tokenizer: Tokenizer,
    material: Material,
    *,
    grid: Sequence[int] = GRID,
    hidden: int = HIDDEN,
    seed: int = 1,
) -> Diagnosis:
    """Diagnose a tokenizer on a language. ``material.gather`` reads what it needs from parallel text."""
    measures = _measure(tokenizer, material, seed)
    found = parts(measures)
    honesty = {name: METRICS[name].compute(measures) for name in HONESTY}
    collapsed = collapse(honesty)
    hopeless = _hopeless(tokenizer, collapsed)
    script = material.language.partition("_")[2]
    pre = tokenizer.pre_tokens(material.measured)
    cuts = seams(pre.texts, pre.starts, material.language) if pre is not None else None
    other = repaired(tokenizer, script) if cuts is not None and _is_wrong(cuts) else None
    curves: list[Curve | None] = [None, None]
    if len(material.training) and not hopeless:
        for n, one in enumerate((tokenizer, other)):
            if one is not None:
                lines, unit = material.measured, material.unit
                curves[n] = curve(one, material.training, lines, unit, measures, grid=grid, hidden=hidden)
    own, better = curves
    advice = advise(found.premium.value, found.premium_floor.value, hopeless, own, better)
    blamed = cause(found.premium.value, found.premium_floor.value, found.headroom.value, advice)
    return Diagnosis(
        subject=Subject(
            tokenizer.name, tokenizer.kind, tokenizer.sha256, tokenizer.vocabulary.size, tokenizer.oddities
        ),
        material=material,
        counts={name: measures.total(name) for name in measures.columns},
        honesty=honesty,
        collapsed=collapsed,
        parts=found,
        seams=cuts,
        letters=letters(tokenizer.vocabulary, script, material.measured, tokenizer.encode_batch(material.measured)),
        gate=gate(script) if other is not None else "",
        sharing=sum(one.script == script for one in codes.every()),
        own=own,
        repaired=better,
        cause="collapsed" if collapsed else blamed,
        advice=replace(advice, estimated=cuts is None),
        notes=material.notes,
        seed=seed,
        hidden=hidden,
    )


def _measure(tokenizer: Tokenizer, material: Material, seed: int) -> Measures:
    """Counts of each unit, with those of the pivot's lines beside them."""
    own = measure(tokenizer, material.measured, material.language, seed=seed)
    pivot = measure(tokenizer, material.pivot_lines, material.pivot, seed=seed)
    return beside(own, pivot, np.ones(len(material.unit), np.bool_), material.unit, block=material.block)


def _hopeless(tokenizer: Tokenizer, collapsed: str) -> str:
    """Why no extension can help, or nothing."""
    if collapsed:
        return f"it collapses on this language: {collapsed}"
    return "it is a floor to measure against: it has no vocabulary" if tokenizer.kind in FLOORS else ""


def _is_wrong(cuts: Seams) -> bool:
    return cuts.grapheme_cut_share > _WRONG or cuts.joiners_cut > 0
