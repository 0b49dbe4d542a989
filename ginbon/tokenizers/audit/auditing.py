"""Audit a tokenizer's file: unreachable tokens, junk and leaks, clashes; and how many tokens each script has."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Final

import numpy as np

from ginbon.tokenizers.audit.artefact import Artefact, open_artefact
from ginbon.tokenizers.audit.content import content
from ginbon.tokenizers.audit.findings import Audit, Found, findings
from ginbon.tokenizers.audit.pieces import Pieces
from ginbon.tokenizers.audit.reach import reach
from ginbon.tokenizers.audit.structure import structure
from ginbon.tokenizers.audit.unicode import by_script, unicode
from ginbon.tokenizers.protocol import Tokenizer

EXAMPLES: Final = 10


def audit(tokenizer: Tokenizer, *, examples: int = EXAMPLES, names: Iterable[str] = ()) -> Audit:
    """Everything that is found in a tokenizer, with at most ``examples`` tokens of each kind.

    ``names`` are names of people to look for among the tokens, case aside. Floors have nothing to find but scripts.
    """
    artefact = open_artefact(tokenizer)
    pieces = Pieces(artefact)
    held = frozenset(name.strip().casefold() for name in names if name.strip())
    found = _found(artefact, pieces, held) if artefact.model != "floor" else ()
    return Audit(
        name=tokenizer.name,
        tokenizer=tokenizer.kind,
        sha256=tokenizer.sha256,
        vocabulary=tokenizer.vocabulary.size,
        facts=_facts(artefact, pieces),
        scripts=by_script(pieces),
        findings=findings(found, tokenizer.vocabulary, examples=examples),
        not_checked=_not_checked(artefact, held),
    )


def _found(artefact: Artefact, pieces: Pieces, names: frozenset[str]) -> Iterator[Found]:
    yield from structure(artefact, pieces)
    yield from reach(artefact, pieces)
    yield from content(artefact, pieces, names=names)
    yield from unicode(pieces)


def _facts(artefact: Artefact, pieces: Pieces) -> dict[str, Any]:
    vocabulary = artefact.vocabulary
    return {
        "model": artefact.model,
        "ids": len(vocabulary.pieces),
        "text_tokens": len(pieces),
        "partial_utf8_tokens": len(pieces.partial),
        "fallback_bytes": len(artefact.fallback_bytes),
        "control_tokens": len(vocabulary.control),
        "unknown_tokens": len(vocabulary.unknown),
        "added_tokens": len(artefact.added),
        "merges": artefact.merges,
    }


def _not_checked(artefact: Artefact, names: frozenset[str]) -> tuple[str, ...]:
    said = []
    if not names:
        said.append("names of people: no list was given (--names)")
    if artefact.model == "ranks" and artefact.made(np.zeros(0, np.int64)) is None:
        said.append("whether merges lead to tokens: every byte that could tell is in longer tokens")
    return tuple(said)
