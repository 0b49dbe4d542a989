"""What is exported, and the files of each format that can hold it exactly."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from ginbon.engine.files import canonical_json
from ginbon.errors import UserError
from ginbon.tokenizers.backends.sentencepiece import SentencePieceTokenizer
from ginbon.tokenizers.export import pieces, readers
from ginbon.tokenizers.export.huggingface import tokenizer_json
from ginbon.tokenizers.export.ranks import rank_file
from ginbon.tokenizers.export.source import ByteBpe
from ginbon.tokenizers.protocol import Tokenizer
from ginbon.tokenizers.specs import ENCODINGS, Located, TokenizerSpec, load, locate, rank_settings

FORMATS: Final = ("tokenizer.json", "tiktoken", "model")
"""Hugging Face's, the rank file with its settings, SentencePiece's."""

MAIN_FILE: Final = {"tokenizer.json": "tokenizer.json", "tiktoken": "tokenizer.tiktoken", "model": "tokenizer.model"}
"""The file of a format that a loader is given."""


@dataclass(frozen=True)
class Subject:
    """A tokenizer to export: its one form where it is byte-level, and the tokenizer that its own library runs.

    ``data`` and ``own`` are its file and the format of that, where it has one of ours.
    """

    name: str
    kind: str
    sha256: str
    bpe: ByteBpe | None = None
    tokenizer: Tokenizer | None = None
    data: bytes = b""
    own: str = ""
    why_not_bpe: str = ""
    place: str = ""
    """Where its file lies: what must not be found in what is written."""


def open_subject(given: str | Mapping[str, Any] | TokenizerSpec | Located | ByteBpe, *, name: str = "") -> Subject:
    """From a tokenizer spec, or a ``ByteBpe`` that was made here (its first written format is then the measure)."""
    if isinstance(given, ByteBpe):
        written = tokenizer_json(given)
        return Subject(name or given.origin, "byte-bpe", hashlib.sha256(written).hexdigest(), bpe=given)
    located = given if isinstance(given, Located) else locate(given)
    if located.path is None:
        raise UserError(f"{located.name}: a floor is no tokenizer that could be exported")
    tokenizer, data = load(located), located.path.read_bytes()
    subject = Subject(
        name or located.name, located.kind, located.sha256, tokenizer=tokenizer, data=data, place=str(located.path)
    )
    if located.kind == "sentencepiece":
        return replace(subject, own="model", why_not_bpe="it is a SentencePiece model, which has no split pattern")
    if located.kind == "tekken":
        return replace(subject, bpe=readers.from_tekken(data, located.path))
    if located.kind == "tiktoken":
        settings = _with_published(rank_settings(located), located)
        return replace(subject, bpe=readers.from_ranks(data, settings, path=located.path))
    try:
        return replace(subject, own="tokenizer.json", bpe=readers.from_tokenizer_json(data, located.path))
    except UserError as error:
        return replace(subject, own="tokenizer.json", why_not_bpe=str(error).removeprefix(f"{located.path}: "))


def _with_published(settings: Any, located: Located) -> Any:
    """Special tokens of a published encoding, which its rank file does not say."""
    known = next((name for name, e in ENCODINGS.items() if e.sha256 == located.sha256), "")
    return replace(settings, special=readers.PUBLISHED_SPECIAL[known]) if known and not settings.special else settings


def written(subject: Subject, form: str) -> dict[str, bytes]:
    """The files of one format by name; raises ``UserError`` saying why it cannot hold this tokenizer exactly.

    A ``tokenizer.json`` is passed on as it is, a ``.model`` without its trainer's paths.
    """
    if form == "model":
        if subject.own != "model":
            raise UserError(
                f"{subject.name}: SentencePiece has no split pattern, and merges over its own word marks: a byte-level "
                "tokenizer cannot be a .model"
                if subject.bpe
                else f"{subject.name}: only a SentencePiece model is exported as .model"
            )
        return {MAIN_FILE[form]: pieces.without_private(subject.data)}
    if form == "tokenizer.json":
        if subject.own == "tokenizer.json":
            return {MAIN_FILE[form]: subject.data}
        if isinstance(subject.tokenizer, SentencePieceTokenizer):
            model = pieces.Model.read(subject.tokenizer)
            return {MAIN_FILE[form]: pieces.tokenizer_json(model, name=subject.name)}
        assert subject.bpe is not None
        return {MAIN_FILE[form]: tokenizer_json(subject.bpe)}
    if form != "tiktoken":
        raise UserError(f"{form}: no such format; known are {', '.join(FORMATS)}")
    if subject.bpe is None:
        raise UserError(f"{subject.name}: {subject.why_not_bpe}; a rank file cannot hold it")
    file = rank_file(subject.bpe)
    settings = file.settings.to_json(sha256=hashlib.sha256(file.data).hexdigest())
    return {MAIN_FILE[form]: file.data, f"{MAIN_FILE[form]}.json": canonical_json(settings) + b"\n"}


def load_written(folder: Path, form: str) -> Tokenizer:
    """The tokenizer of a format as its own library reads it from a folder."""
    path = folder / MAIN_FILE[form]
    sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
    if form == "tiktoken":  # by its settings, even where its hash is that of a published encoding
        from ginbon.tokenizers.backends.rank_settings import RankSettings
        from ginbon.tokenizers.backends.tiktoken import RankTokenizer, read_ranks

        beside = path.with_name(f"{path.name}.json")
        settings = RankSettings.read(beside.read_bytes(), beside, sha256=sha256)
        return RankTokenizer(form, sha256, read_ranks(path.read_bytes(), path), settings)
    kind = {"tokenizer.json": "huggingface", "model": "sentencepiece"}[form]
    return load(Located(TokenizerSpec(str(path)), form, kind, sha256, path), tried=True)
