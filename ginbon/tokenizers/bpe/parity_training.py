"""Train byte-level BPE that charges several languages alike, from counts.

trained = train_parity_bpe(counts, 32_000, dev={"hin_Deva": hindi_lines, "tam_Taml": tamil_lines})
tokenizer_json(trained.tokenizer)
trained.to_json()   # who chose the merges, what each language pays
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from ginbon.errors import UserError
from ginbon.tokenizers.bpe.allowed import Allowed
from ginbon.tokenizers.bpe.learning import learn
from ginbon.tokenizers.bpe.lines import same_lines, types_of
from ginbon.tokenizers.bpe.parity import ParityMerges, learn_parity
from ginbon.tokenizers.bpe.training import END_OF_TEXT, byte_bpe, merges_in
from ginbon.tokenizers.bpe.types import Merges, Types
from ginbon.tokenizers.counts import Counts
from ginbon.tokenizers.export.source import ByteBpe
from ginbon.tokenizers.metrics.gini import gini

SCHEMA: Final = "ginbon.parity"
VERSION: Final = 1

_POINTS: Final = 101
"""Points of the curves in the record."""

_MANY: Final = 2
"""Times its equal share that a language may choose, and half of all, before a note says so; as a window's alpha."""


@dataclass(frozen=True)
class ParityTraining:
    """A tokenizer, and how it came to charge languages as it does.

    ``lines`` is the number of lines of development text, 0 where ratios were given instead.
    """

    tokenizer: ByteBpe
    learned: ParityMerges
    options: Mapping[str, Any]
    lines: int

    def to_json(self) -> dict[str, Any]:
        """The record: ``ginbon.parity``, version 1; plain values, the same for the same counts and options.

        ``chose`` is how many merges were a language's choice; ``tokens`` what it paid on the development text (without
        one: on its training text) before the first merge and after the last, and ``curve`` what it paid in between.
        """
        learned = self.learned
        points = np.unique(np.linspace(0, len(learned), _POINTS).astype(np.int64))
        chose = {name: int((learned.chosen_by == place).sum()) for place, name in enumerate(learned.languages)}
        return {
            "schema": SCHEMA,
            "version": VERSION,
            "options": dict(self.options),
            "merges": len(learned),
            "chosen_by_all": int((learned.chosen_by < 0).sum()),
            "measured_on": "development text" if self.lines else "training text",
            "lines": self.lines or None,
            "gini": float(gini(learned.paid[-1])) if self.lines else None,
            "languages": [
                {"language": name, "chose": chose[name], "tokens": [int(paid[0]), int(paid[-1])]}
                for name, paid in zip(learned.languages, learned.paid.T, strict=True)
            ],
            "curve": {
                "merges": points.tolist(),
                "tokens": {n: learned.paid[points, i].tolist() for i, n in enumerate(learned.languages)},
            },
            "notes": self.notes,
        }

    @property
    def notes(self) -> list[str]:
        """What a person should know: which language took so many merges that the others pay for it."""
        learned = self.learned
        by_one = learned.chosen_by[learned.chosen_by >= 0]
        often = [(name, int((by_one == place).sum())) for place, name in enumerate(learned.languages)]
        if len(by_one) < len(often) or self.options["window"]:
            return []
        return [
            f"{name} chose {n:,} of {len(by_one):,} merges, of so little use to it that the others wait. "
            "Its training text is probably of another kind than what is measured, or too little; give it more, or a "
            "window"
            for name, n in often
            if n > max(_MANY * len(by_one) / len(often), len(by_one) / 2)
        ]


def train_parity_bpe(
    counts: Counts,
    vocabulary: int,
    *,
    dev: Mapping[str, Sequence[str]] | None = None,
    ratio: Mapping[str, float] | None = None,
    global_merges: int = 0,
    window: int | None = None,
    alpha: float = 2.0,
    special_tokens: Sequence[str] = (END_OF_TEXT,),
    min_count: int = 2,
    max_token_bytes: int | None = None,
) -> ParityTraining:
    """A tokenizer of at most ``vocabulary`` tokens, the 256 bytes and the special ones included.

    ``dev`` is the development text: the same lines in every language of the counts, none of which is measured on later;
    lines that are blank in a language are left out of all. The other options are those of ``learn_parity``. Raises
    ``UserError`` for lines that are not aligned, languages that differ, neither ``dev`` nor ``ratio``, and where there
    is no room for the bytes and special tokens.
    """
    merges = merges_in(vocabulary, special_tokens)
    if counts.normalisation != "none":
        raise UserError(f"counts of text in {counts.normalisation}; expected counts of text as it is")
    languages = sorted({language for language, _ in counts.strata})
    lines = same_lines(dev) if dev is not None else {}
    measured = {language: types_of(own, counts.pattern, counts.finer) for language, own in lines.items()}
    learned = learn_parity(
        {language: _of(counts, language) for language in languages},
        merges,
        dev=None if dev is None else measured,
        ratio=ratio,
        global_merges=global_merges,
        window=window,
        alpha=alpha,
        min_count=min_count,
        allowed=_allowed(max_token_bytes),
    )
    options = {
        "vocabulary": vocabulary,
        "ratio": None if ratio is None else dict(sorted(ratio.items())),
        "global_merges": global_merges,
        "window": window,
        "alpha": alpha,
        "min_count": min_count,
        "max_token_bytes": max_token_bytes,
        "special_tokens": list(special_tokens),
    }
    tokenizer = byte_bpe(learned.merges, pattern=counts.pattern, finer=counts.finer, special_tokens=special_tokens)
    return ParityTraining(tokenizer, learned, options, max((len(own) for own in lines.values()), default=0))


def plain_beside(counts: Counts, trained: ParityTraining) -> Merges:
    """Plain byte-pair encoding from the same counts: as many merges, under the same limits."""
    options = trained.options
    allowed = _allowed(options["max_token_bytes"])
    return learn(counts.types(), len(trained.learned), min_count=options["min_count"], allowed=allowed)


def _allowed(max_token_bytes: int | None) -> Allowed:
    return Allowed() if max_token_bytes is None else Allowed(max_token_bytes)


def _of(counts: Counts, language: str) -> Types:
    """What a language is trained on, from all its sources."""
    return counts.of(lambda stratum: stratum[0] == language).types()
