"""What a recipe says of tokenizers: trained, swept over, extended, compared."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from ginbon.defaults import BALANCE, COVERAGE, SIZES, UNSEEN, VOCABULARY, WITHIN
from ginbon.recipes.sources import Model
from ginbon.recipes.values import Label, Line, Name, Place, TokenizerName


class TokenizerParity(Model):
    """How languages come to pay alike: parallel text to develop on, or ratios."""

    development: Place | None = None
    """A folder or table of parallel text, the same lines in every language."""
    ratio: dict[Label, Annotated[float, Field(gt=0)]] = {}
    """Without such text: the bytes that the same content takes in each language; only proportions count."""
    global_merges: Annotated[int, Field(ge=0)] = 0
    """So many first merges are those of a plain tokenizer."""
    window: Annotated[int, Field(ge=0)] = 0
    """Of any so many merges in a row no language chooses more than `alpha` times its equal share; 0: no limit."""
    alpha: Annotated[float, Field(ge=1)] = 2
    """See `window`."""


class TrainTokenizer(Model):
    """A tokenizer to train on the kept text."""

    name: Name
    """Its name; also its folder's."""
    kind: Literal["sentencepiece-unigram", "sentencepiece-bpe", "byte-bpe", "parity-bpe"]
    """Which trainer; `parity-bpe` is a `byte-bpe` under which languages pay alike, and needs `parity`."""
    vocabulary: Annotated[int, Field(ge=300, le=1_000_000)] = VOCABULARY
    """Tokens in the vocabulary, special ones and bytes included."""
    languages: list[Label] | None = None
    """Which of the recipe's languages; left out = all."""
    balance: Annotated[float, Field(ge=0, le=1)] = BALANCE
    """A language's share of the training text is its bytes to this power: 1 takes the text as it is, 0 gives every
    language the same."""
    weights: dict[Line, Annotated[float, Field(ge=0)]] = {}
    """What languages (`por_Latn`) and sources count, by name; 1 where nothing is said."""
    character_coverage: Annotated[float, Field(ge=0.98, le=1)] = COVERAGE
    """Share of the text's characters that get a token of their own; the rest are written as bytes."""
    alphabet: Literal["seen", "language", "none"] = "seen"
    """For `byte-bpe`: which characters are never cut: those seen, all that the languages are written with, or none."""
    unseen: Annotated[int, Field(ge=0)] = UNSEEN
    """With `alphabet: language`: likely characters that were not seen."""
    special_tokens: list[Line] = []
    """Tokens that text never becomes, beside the usual ones."""
    finer: list[Line] = []
    """Split patterns that cut on what ours cuts, in this order: `case`, `latin`, `punctuation`, or a regular
    expression."""
    parity: TokenizerParity | None = None
    """For `parity-bpe`."""


class ExtendTokenizer(Model):
    """A partner's tokenizer to extend for one language, learned from the kept text."""

    name: Name
    """Its name; also its folder's."""
    base: TokenizerName
    """The partner's tokenizer, as in `compare`."""
    language: Label
    """Which of the recipe's languages."""
    tokens: Annotated[int, Field(ge=1, le=1_000_000)]
    """Most tokens to add."""
    split: Literal["auto", "gate", "keep"] = "auto"
    """`gate` puts a branch for the language's script in front of the partner's split pattern, `keep` does not, `auto`
    does where tokens alone cannot help."""
    parallel: list[Place] = []
    """Folders of parallel text: one set is measured, the others are learned from too, all are run."""


class SweepTokenizers(Model):
    """Tokenizers of every combination, from the run's counts: measured on the held-out documents, and one chosen."""

    kinds: Annotated[list[Literal["byte-bpe", "sentencepiece-bpe", "sentencepiece-unigram"]], Field(min_length=1)] = [
        "byte-bpe",
        "sentencepiece-bpe",
    ]
    """Which trainers."""
    vocabularies: Annotated[list[Annotated[int, Field(ge=300, le=1_000_000)]], Field(min_length=1)] = list(SIZES)
    """Tokens in the vocabulary; of one kind all sizes share a learning."""
    balances: Annotated[list[Annotated[float, Field(ge=0, le=1)]], Field(min_length=1)] = [BALANCE]
    """As `balance` of a tokenizer to train."""
    patterns: Annotated[list[Annotated[str, Field(pattern=r"^ginbon(\+.+)?$")]], Field(min_length=1)] = ["ginbon"]
    """Split patterns: `ginbon`, or with what cuts on what it cuts: `ginbon+case`, `ginbon+latin`,
    `ginbon+punctuation`."""
    languages: list[Label] | None = None
    """Which of the recipe's languages; left out = all."""
    within: Annotated[float, Field(ge=0, le=1)] = WITHIN
    """The smallest vocabulary is taken whose tokens are at most this share above the fewest."""


class Tokenizers(Model):
    """Tokenizers: those trained and extended here, and those they are compared with."""

    train: list[TrainTokenizer] = []
    """What is trained."""
    counts: list[Place] = []
    """Counts of others (`ginbon tokenizers merge-counts`), added to those of the kept text."""
    share_counts: Annotated[int, Field(ge=2)] | None = None
    """Put the counts of the kept text into the release, without what occurs less often than this."""
    sweep: SweepTokenizers | None = None
    """Many tokenizers side by side, in `sweep/`, to choose from; they are no part of the release."""
    extend: list[ExtendTokenizer] = []
    """Partners' tokenizers to extend; they are no part of the release, since the base is somebody else's."""
    export: bool = True
    """Write each in every format that can hold it, proven id by id, with fixtures for those who load it."""
    compare: list[TokenizerName] = []
    """Others to measure beside them: `o200k_base`, a file or folder, a hub name; or a mapping of `tokenizer` and what
    else is to be said of it (`name`, `pattern`, `sha256`)."""
