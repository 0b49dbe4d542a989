"""What to train, as plain values: planning a run imports no trainer."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final, Literal, get_args

from ginbon.defaults import BALANCE, COVERAGE, UNSEEN, VOCABULARY
from ginbon.errors import UserError

Kind = Literal["sentencepiece-unigram", "sentencepiece-bpe", "byte-bpe", "parity-bpe"]
KINDS: Final[tuple[str, ...]] = get_args(Kind)

SHORT: Final[Mapping[str, Kind]] = {
    "unigram": "sentencepiece-unigram",
    "bpe": "sentencepiece-bpe",
    "byte-bpe": "byte-bpe",
    "parity-bpe": "parity-bpe",
}
"""Kinds by the names that commands and folders use."""

Alphabet = Literal["seen", "language", "none"]
ALPHABETS: Final[tuple[str, ...]] = get_args(Alphabet)

REVISION: Final = 5
"""Raised by hand when the same counts and options give another tokenizer."""

MIN_VOCABULARY: Final = 300
"""256 bytes, the special tokens, and room for something to learn."""


@dataclass(frozen=True)
class Parity:
    """What makes languages pay alike (``bpe.parity_training``): ``development`` is a folder or table of parallel text,
    or else ``ratio`` says how far each language's text is to be compressed beside the others. The first
    ``global_merges`` are plain; of any ``window`` merges (0: no limit) no language chooses more than ``alpha`` times
    its equal share.
    """

    development: str = ""
    ratio: Mapping[str, float] = field(default_factory=dict)
    global_merges: int = 0
    window: int = 0
    alpha: float = 2.0

    @property
    def short(self) -> str:
        """What names it among others: ``ratio-g2000-w100``; nothing where only development text is said."""
        said = (
            "ratio" * bool(self.ratio),
            self.global_merges and f"g{self.global_merges}",
            self.window and f"w{self.window}",
        )
        return "-".join(part for part in said if part)


@dataclass(frozen=True)
class TrainOptions:
    """What to train.

    ``vocabulary`` counts all tokens, special ones and bytes included. ``languages`` (``por_Latn``) are those to train
    on; empty = all. A language's share of the training text is its bytes to the power of ``balance``: 1 takes the text
    as it is, 0 gives every language the same. ``weights`` multiply what languages (``por_Latn``) and sources count.
    ``character_coverage`` is the share of the text's characters that get tokens of their own (for byte-level BPE of its
    graphemes, what readers take for one character); the rest are written as bytes. ``alphabet`` (byte-level BPE) says
    which graphemes are never cut: those seen, or beside them all that the languages are written with and ``unseen``
    likely ones, or none. ``special_tokens`` are tokens that text never becomes, beside the usual ones (``<unk>``,
    ``<s>``, ``</s>``; ``<|endoftext|>`` for byte-level BPE). ``finer`` are split patterns that cut on what the counts'
    own one cuts, in this order, by name (``ginbon.tokenizers.patterns.FINER``) or as they are. ``parity`` is for the
    kind ``parity-bpe``, which needs it.
    """

    name: str
    kind: Kind
    vocabulary: int = VOCABULARY
    languages: tuple[str, ...] = ()
    balance: float = BALANCE
    weights: Mapping[str, float] = field(default_factory=dict)
    character_coverage: float = COVERAGE
    special_tokens: tuple[str, ...] = ()
    finer: tuple[str, ...] = ()
    alphabet: Alphabet = "seen"
    unseen: int = UNSEEN
    parity: Parity | None = None

    def __post_init__(self) -> None:
        if problem := self._problem():
            raise UserError(f"tokenizer {self.name}: {problem}")

    def _problem(self) -> str:
        """What cannot be meant, else nothing."""
        if self.kind not in KINDS:
            return f"unknown kind {self.kind!r}; expected one of {', '.join(dict.fromkeys([*SHORT, *KINDS]))}"
        if self.kind == "parity-bpe":
            parity = self.parity or Parity()
            if bool(parity.development) == bool(parity.ratio):
                return (
                    "parity-bpe needs parallel text to develop on, or ratios, and not both: with neither the language "
                    "with most text would choose nearly all merges"
                )
        elif self.parity is not None:
            return f"parallel text, ratios, global merges and windows are for parity-bpe, not for {self.kind}"
        if not MIN_VOCABULARY <= self.vocabulary <= 1_000_000:
            return f"a vocabulary of {self.vocabulary:,}; expected {MIN_VOCABULARY:,} to 1,000,000"
        if self.alphabet not in ALPHABETS:
            return f"unknown alphabet {self.alphabet!r}; expected one of {', '.join(ALPHABETS)}"
        if self.alphabet != "seen" and self.kind != "byte-bpe":
            return f"alphabet {self.alphabet!r} is for byte-bpe, not for {self.kind}"
        if self.unseen != UNSEEN and self.alphabet != "language":
            return "characters that were not seen are in the alphabet 'language' only; name it, or leave 'unseen' out"
        if not 0 <= self.unseen <= max(UNSEEN, self.vocabulary):
            return f"{self.unseen:,} unseen characters; expected 0 to {max(UNSEEN, self.vocabulary):,}"
        if not 0 <= self.balance <= 1:
            return f"balance {self.balance}; expected 0 (every language the same) to 1 (as the text is)"
        for name, weight in self.weights.items():
            if not (math.isfinite(weight) and weight >= 0):
                return f"weight {weight} of {name}; expected a number of 0 or more"
        if not 0.98 <= self.character_coverage <= 1:  # what SentencePiece takes
            return f"character_coverage {self.character_coverage}; expected 0.98 to 1"
        if not re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,99}", self.name) or self.name == "comparison":
            return (
                "its name must have up to 100 letters, digits, '.', '-' or '_' (it names a folder), and not be "
                "'comparison'"
            )
        return ""

    @property
    def kind_and_settings(self) -> tuple[object, ...]:
        """All but name, text and size: what tokenizers have in common that one learning can serve."""
        parity = tuple(asdict(self.parity).items()) if self.parity else ()
        shared = (self.kind, self.character_coverage, self.special_tokens, self.alphabet, self.unseen)
        return *shared, str(parity)

    @property
    def file(self) -> str:
        """The name of the trained file."""
        return "tokenizer.model" if self.kind.startswith("sentencepiece") else "tokenizer.json"

    @property
    def format(self) -> str:
        """The export format that the trained file is in."""
        return "model" if self.kind.startswith("sentencepiece") else "tokenizer.json"

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return {
            **vars(self),
            "languages": list(self.languages),
            "weights": dict(self.weights),
            "special_tokens": list(self.special_tokens),
            "finer": list(self.finer),
            "parity": asdict(self.parity) if self.parity else None,
        }

    def told(self) -> dict[str, Any]:
        """The same for a record: it names parallel text, and not where it lies."""
        said = self.to_json()
        return {
            **said,
            "parity": {**said["parity"], "development": Path(said["parity"]["development"]).name}
            if self.parity
            else None,
        }
