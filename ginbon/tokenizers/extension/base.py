"""The partner's tokenizer, as it is: its file, the tokenizer that runs it, and what its file says of merges and ids."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

from ginbon.errors import UserError
from ginbon.tokenizers.export import ByteBpe
from ginbon.tokenizers.export.formats import open_subject
from ginbon.tokenizers.protocol import Tokenizer
from ginbon.tokenizers.specs import TokenizerSpec, locate

KINDS: Final = ("huggingface", "tiktoken", "sentencepiece")
"""Kinds of file that are extended; the extended file has the same."""


@dataclass(frozen=True, eq=False)
class Base:
    """A tokenizer to extend.

    ``name`` is the spec that it was loaded by where that names a published one, else the file's name. ``source`` is the
    byte-level BPE in it (None for SentencePiece). ``sha256`` is that of ``data``, the file's bytes.
    """

    name: str
    kind: str
    file: str
    data: bytes
    sha256: str
    tokenizer: Tokenizer
    source: ByteBpe | None

    @cached_property
    def first_free(self) -> int:
        """The first id behind all others, those of special tokens included."""
        last = len(self.tokenizer.vocabulary.pieces)
        return max(last, self.source.size) if self.source is not None else last

    @property
    def by_rank(self) -> bool:
        """Whether any two neighbours that spell a token are merged, as rank files do it; else merges are listed."""
        return self.source is not None and self.source.merges is None


def read_base(spec: str | Mapping[str, Any] | TokenizerSpec, *, network: bool = False) -> Base:
    """The tokenizer that a spec names, to be extended.

    Raises ``UserError`` for kinds that cannot be: unigram models, whose pieces compete by probability (a new piece
    changes what others become), and files whose merges are not byte-level.
    """
    located = locate(spec, network=network)
    if located.kind not in KINDS:
        instead = "; give the same tokenizer as a tokenizer.json" if located.kind == "tekken" else ""
        raise UserError(
            f"{located.spec.tokenizer}: a tokenizer of the kind {located.kind} cannot be extended. Expected a "
            f"byte-level tokenizer.json, a .tiktoken rank file or a SentencePiece BPE .model{instead}"
        )
    subject = open_subject(located)
    assert located.path is not None and subject.tokenizer is not None
    if located.kind == "sentencepiece":
        from ginbon.tokenizers.extension.sentence_pieces import require_bpe

        require_bpe(subject.data, located.path)
    elif subject.bpe is None:
        raise UserError(f"{located.path}: {subject.why_not_bpe}; only byte-level BPE can be extended")
    return Base(
        located.name, located.kind, located.path.name, subject.data, located.sha256, subject.tokenizer, subject.bpe
    )
