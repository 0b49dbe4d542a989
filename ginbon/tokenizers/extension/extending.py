"""Extend a partner's tokenizer for one language: tokens that continue its merges, locked to the language's script."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

import numpy as np

from ginbon.errors import UserError
from ginbon.tokenizers.backends.huggingface import HuggingFaceTokenizer
from ginbon.tokenizers.backends.rank_settings import RankSettings
from ginbon.tokenizers.backends.sentencepiece import SentencePieceTokenizer
from ginbon.tokenizers.backends.tiktoken import RankTokenizer, read_ranks
from ginbon.tokenizers.bpe import Types
from ginbon.tokenizers.diagnosis.pieces import pieces
from ginbon.tokenizers.export.probes import built_in
from ginbon.tokenizers.extension import byte_level, sentence_pieces
from ginbon.tokenizers.extension.base import Base
from ginbon.tokenizers.extension.compared import differs
from ginbon.tokenizers.extension.neighbours import Spared, spare, together
from ginbon.tokenizers.extension.tokens import NewTokens, counts_digest, learn_tokens, reaches
from ginbon.tokenizers.guards import Guard, guard
from ginbon.tokenizers.protocol import Int64s, TextColumn, Tokenizer

Split = Literal["auto", "gate", "keep"]

WORTHWHILE: Final = 0.05
"""A gate must take away at least this share of the pre-tokens, the floor under every vocabulary; else the partner's
own pattern is kept, which promises more and which every consumer knows already."""

_LOOKED_AT: Final = 20_000
"""Lines that the floor is told from."""


@dataclass(frozen=True)
class Options:
    """``tokens`` at most; ``split`` keeps the pattern, gates it, or chooses by the floor; rows are padded to a multiple
    of ``pad_to``; a pair must occur ``min_count`` times; new ids begin at ``first_id`` (0: behind all others)."""

    tokens: int
    split: Split = "auto"
    pad_to: int = 128
    first_id: int = 0
    min_count: int = 2

    def __post_init__(self) -> None:
        if self.tokens < 1 or self.pad_to < 1 or self.min_count < 1:
            raise UserError("--tokens, --pad-to and --min-count must be at least 1")
        if self.split not in ("auto", "gate", "keep"):
            raise UserError(f"--split {self.split}: expected auto, gate or keep")


@dataclass(frozen=True)
class Floor:
    """Pre-tokens of the training text behind the own pattern and behind the gate: no vocabulary needs fewer tokens.
    ``gated`` is None where nothing can be gated."""

    own: int
    gated: int | None
    tokens: int

    @property
    def says(self) -> Literal["gate", "keep"]:
        """Whether tokens can help enough without a gate."""
        return "gate" if self.gated is not None and self.gated <= self.own * (1 - WORTHWHILE) else "keep"


@dataclass(frozen=True, eq=False)
class Extension:
    """An extended tokenizer. ``files`` are those that hold it, the first of the base's own kind; ``missing`` says why
    a format cannot be written. ``used`` counts each new token in the training text."""

    base: Base
    language: str
    guard: Guard
    gated: bool
    floor: Floor | None
    new: NewTokens
    rows: int
    files: dict[str, bytes]
    missing: dict[str, str]
    tokenizer: Tokenizer
    used: Int64s
    lines: int
    bytes: int
    types: int
    counts_sha256: str
    spared: Spared | None = None

    @property
    def file(self) -> str:
        """Name of the file that the certificate is about."""
        return next(iter(self.files))


def extend(
    base: Base, language: str, training: TextColumn, options: Options, *, neighbours: TextColumn | None = None
) -> Extension:
    """Add tokens for a language (``tam_Taml``), learned from ``training``.

    ``neighbours`` are lines that must not become longer. Raises ``UserError`` where the text holds nothing to learn,
    or a gate is asked for that cannot be.
    """
    script = language.partition("_")[2]
    own = guard(script)
    if not own.ranges:
        raise UserError(
            f"{language}: no characters are known of the script {script!r}; name the language with its script"
        )
    if base.source is None:
        return _extend_pieces(base, language, own, training, options)
    first_id = _first_id(base, options)
    floor, behind = _behind(base.tokenizer, own, training, options.split)
    types = pieces(behind, training).types
    spelled = base.tokenizer.vocabulary.pieces

    def learn(forbidden: frozenset[bytes], more: Types) -> NewTokens:
        return learn_tokens(
            together(types, more),
            options.tokens,
            own,
            base=spelled,
            first_id=first_id,
            min_count=options.min_count,
            forbidden=forbidden,
            reached=lambda new: _reached(base, new),
        )

    spared = spare(learn, base.tokenizer, behind, neighbours) if neighbours is not None else None
    new = spared.tokens if spared else learn(frozenset(), _none())
    _require(new, language, training)
    gated = behind is not base.tokenizer
    rows = _padded(first_id + len(new), options.pad_to)
    files, missing = byte_level.files(base, new, own if gated else None, rows)
    tokenizer = opened(files)
    files, missing = _agreeing(files, missing, tokenizer, training)
    return Extension(
        base, language, own, gated, floor, new, rows, files, missing, tokenizer, new.used(types),
        **_learned_from(training, types, spelled), spared=spared,
    )  # fmt: skip


def _extend_pieces(base: Base, language: str, own: Guard, training: TextColumn, options: Options) -> Extension:
    """SentencePiece: there is no split pattern, so nothing to gate and no floor, and nothing ever becomes longer."""
    if options.split == "gate" or options.first_id:
        raise UserError(
            f"{base.name}: a SentencePiece model has no split pattern to gate, and its ids are the order of its "
            "pieces; leave --split and --first-id out"
        )
    vocabulary = base.tokenizer.vocabulary
    types = pieces(base.tokenizer, training).types
    new = sentence_pieces.learn_pieces(types, options.tokens, own, vocabulary, base.data, min_count=options.min_count)
    _require(new, language, training)
    files = {"tokenizer.model": sentence_pieces.model(base.data, new)}
    rows = _padded(new.first_id + len(new), options.pad_to)
    tokenizer = opened(files)
    ids = tokenizer.encode_batch(training).ids.astype(np.int64) - new.first_id
    used = np.bincount(ids[ids >= 0], minlength=len(new)).astype(np.int64)
    return Extension(
        base, language, own, False, None, new, rows, files, {}, tokenizer, used,
        **_learned_from(training, types, vocabulary.pieces),
    )  # fmt: skip


def opened(files: dict[str, bytes]) -> Tokenizer:
    """The tokenizer that the first of some files holds."""
    name, data = next(iter(files.items()))
    digest = hashlib.sha256(data).hexdigest()
    if name.endswith(".model"):
        return SentencePieceTokenizer("extended", digest, data, name)
    if name.endswith(".json"):
        return HuggingFaceTokenizer("extended", digest, data, name)
    from pathlib import Path

    settings = RankSettings.read(files[f"{name}.json"], Path(f"{name}.json"), sha256=digest)
    return RankTokenizer("extended", digest, read_ranks(data, name), settings)


def _agreeing(
    files: dict[str, bytes], missing: dict[str, str], tokenizer: Tokenizer, training: TextColumn
) -> tuple[dict[str, bytes], dict[str, str]]:
    """The files without a format that gives other ids: merging by rank is not always what listed merges do."""
    first = next(iter(files))
    other = next((name for name in files if not name.startswith(first)), "")
    if not other:
        return files, missing
    some = TextColumn([*training.strings[:_LOOKED_AT], *(probe.text for probe in built_in())])
    rest = {name: data for name, data in files.items() if name.startswith(other)}
    changed = differs(tokenizer.encode_batch(some), opened(rest).encode_batch(some))
    if not changed.any():
        return files, missing
    line = some.strings[int(changed.argmax())]
    why = f"{int(changed.sum()):,} of {len(some):,} lines would have other ids, among them {line[:60]!r}"
    form = "tokenizer.json" if other.endswith("json") else "tiktoken"
    return {name: data for name, data in files.items() if name not in rest}, {**missing, form: why}


def _behind(tokenizer: Tokenizer, own: Guard, training: TextColumn, split: Split) -> tuple[Floor, Tokenizer]:
    """The floor with and without a gate, and the base's vocabulary behind the pattern that is chosen."""
    some = TextColumn(training.column.slice(0, _LOOKED_AT))
    gated = byte_level.behind(tokenizer, own)
    floor = Floor(
        _pre_tokens(tokenizer, some),
        _pre_tokens(gated, some) if gated else None,
        int(tokenizer.count_batch(some).sum()),
    )
    chosen = floor.says if split == "auto" else split
    if chosen == "keep":
        return floor, tokenizer
    if gated is None:
        raise UserError(f"{tokenizer.name}: no regular expression splits its text, so there is nothing to gate")
    return floor, gated


def _pre_tokens(tokenizer: Tokenizer, texts: TextColumn) -> int:
    found = tokenizer.pre_tokens(texts)
    return int(found.counts.sum()) if found is not None else len(texts)


def _reached(base: Base, new: Sequence[bytes]) -> list[bool]:
    joins = byte_level.joins(base, list(new), [])
    if not base.by_rank:  # a listed merge is reached wherever its two sides are
        return [True] * len(new)
    return [reaches((piece[n : n + 1] for n in range(len(piece))), joins) for piece in new]


def _first_id(base: Base, options: Options) -> int:
    if options.first_id and options.first_id < base.first_free:
        raise UserError(f"--first-id {options.first_id}: ids below {base.first_free} are taken in {base.name}")
    return options.first_id or base.first_free


def _require(new: NewTokens, language: str, training: TextColumn) -> None:
    if not len(new):
        raise UserError(
            f"{language}: the text ({len(training):,} lines, {int(training.offsets[-1]):,} bytes) holds no pair in "
            "this script that occurs often enough to be a token; give more text"
        )


def _learned_from(training: TextColumn, types: Types, spelled: Sequence[bytes]) -> dict[str, Any]:
    return {
        "lines": len(training),
        "bytes": int(training.offsets[-1]),
        "types": len(types),
        "counts_sha256": counts_digest(types, spelled),
    }


def _padded(size: int, multiple: int) -> int:
    return -(-size // multiple) * multiple


def _none() -> Types:
    return Types(np.zeros(1, np.int64), np.zeros(0, np.int32), np.zeros(0, np.int64))
