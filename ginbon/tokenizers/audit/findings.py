"""What an audit finds: findings of a kind with examples, and a summary by script."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np

from ginbon.tokenizers.audit.kinds import KINDS, Kind
from ginbon.tokenizers.backends.base import printable
from ginbon.tokenizers.protocol import Int64s, Vocabulary

SCHEMA: Final = "ginbon.audit"
VERSION: Final = 1


@dataclass(frozen=True)
class Found:
    """Tokens of one kind, in the order in which they are shown; ``notes`` says more of some.

    What is no token (a field of the file) is in ``others``, as lines to show.
    """

    code: str
    ids: Int64s = field(default_factory=lambda: np.zeros(0, np.int64))
    notes: Mapping[int, str] = field(default_factory=dict)
    others: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.ids) + len(self.others)


@dataclass(frozen=True)
class Example:
    """One token: its id (None for what is no token), its bytes, and what there is to say about it."""

    id: int | None
    piece: bytes
    note: str = ""

    @property
    def shown(self) -> str:
        """The piece for a terminal: spaces as they are, control characters and lone bytes escaped."""
        try:
            return printable(self.piece.decode())
        except UnicodeDecodeError:
            return printable(self.piece.decode("utf-8", "backslashreplace"))

    def to_json(self) -> dict[str, Any]:
        """Plain values; ``bytes`` in hexadecimal."""
        return {"id": self.id, "piece": self.shown, "bytes": self.piece.hex(), "note": self.note or None}


@dataclass(frozen=True)
class Finding:
    """How many tokens are of a kind, and the first of them."""

    kind: Kind
    count: int
    examples: tuple[Example, ...]

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        kind = self.kind
        return {
            "code": kind.code,
            "severity": kind.severity,
            "count": self.count,
            "rule": kind.rule,
            "means": kind.means,
            "advice": kind.advice,
            "examples": [example.to_json() for example in self.examples],
        }


@dataclass(frozen=True)
class Audit:
    """All that was found in one tokenizer.

    ``scripts`` counts the tokens that hold at least one character of a script (ISO 15924), for every script that a
    language pack is written in and every other that has a token. ``not_checked`` says what could not be.
    """

    name: str
    tokenizer: str
    sha256: str
    vocabulary: int
    facts: Mapping[str, Any]
    scripts: Mapping[str, int]
    findings: tuple[Finding, ...]
    not_checked: tuple[str, ...] = ()

    @property
    def errors(self) -> tuple[Finding, ...]:
        """Findings that make the answer "no"."""
        return tuple(f for f in self.findings if f.kind.severity == "error")

    def finding(self, code: str) -> Finding | None:
        """The finding of that kind, or None where there is nothing of it."""
        return next((f for f in self.findings if f.kind.code == code), None)

    def to_json(self) -> dict[str, Any]:
        """The published result: ``ginbon.audit``, version 1; the same bytes for the same file."""
        return {
            "schema": SCHEMA,
            "version": VERSION,
            "name": self.name,
            "tokenizer": self.tokenizer,
            "sha256": self.sha256,
            "vocabulary": self.vocabulary,
            "facts": dict(self.facts),
            "scripts": dict(self.scripts),
            "findings": [finding.to_json() for finding in self.findings],
            "not_checked": list(self.not_checked),
        }


def findings(found: Iterable[Found], vocabulary: Vocabulary, *, examples: int) -> tuple[Finding, ...]:
    """Findings with their first examples, in the order of ``KINDS``: what has nothing is left out."""
    held = {one.code: one for one in found if len(one)}
    return tuple(_finding(kind, held[code], vocabulary, examples) for code, kind in KINDS.items() if code in held)


def _finding(kind: Kind, found: Found, vocabulary: Vocabulary, examples: int) -> Finding:
    tokens = [Example(i, _piece(vocabulary, i), found.notes.get(i, "")) for i in found.ids[:examples].tolist()]
    others = [Example(None, b"", note) for note in found.others[:examples]]
    return Finding(kind, len(found), (*tokens, *others)[:examples])


def _piece(vocabulary: Vocabulary, i: int) -> bytes:
    """The bytes of a token; empty for an id that a file names and the library does not know."""
    return vocabulary.pieces[i] if i < len(vocabulary.pieces) else b""
