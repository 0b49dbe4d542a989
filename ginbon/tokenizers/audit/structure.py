"""Ids, bytes, merges, scores and special tokens: whether the file is sound."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from math import isfinite
from typing import Final

import numpy as np

from ginbon.tokenizers.audit.artefact import Artefact
from ginbon.tokenizers.audit.findings import Found
from ginbon.tokenizers.audit.pieces import Pieces
from ginbon.tokenizers.backends.base import printable
from ginbon.tokenizers.protocol import Int64s

ABSURD_SCORE: Final = -1e6

BYTES_OF_UTF8: Final = tuple(b for b in range(256) if b not in (0xC0, 0xC1) and b < 0xF5)
"""Bytes that valid UTF-8 can hold."""

_LOOKALIKE: Final = (
    r"^(<\|[^|<>]+\|>|<\x{FF5C}[^\x{FF5C}<>]+\x{FF5C}>|</?s>|<(pad|unk|bos|eos|mask|cls|sep)>"
    r"|\[/?(INST|SYS|PAD|CLS|SEP|MASK|UNK|BOS|EOS)\])$"
)


def structure(artefact: Artefact, pieces: Pieces) -> Iterator[Found]:
    """Everything about ids, bytes, merges, scores and special tokens."""
    yield from _bytes(artefact)
    yield from _ids(artefact, pieces)
    yield from _special(artefact, pieces)
    yield Found("empty-merge", others=tuple(f"merge of {printable(m)!r}" for m in artefact.empty_merges))
    yield from _scores(artefact)


def _bytes(artefact: Artefact) -> Iterator[Found]:
    single = {piece[0] for piece in artefact.vocabulary.pieces if len(piece) == 1}
    if artefact.byte_level or artefact.fallback_bytes:
        yield Found("missing-bytes", others=tuple(f"0x{b:02X}" for b in BYTES_OF_UTF8 if b not in single))
    elif artefact.loses_text:
        yield Found("no-byte-fallback", others=("the whole vocabulary",))


def _ids(artefact: Artefact, pieces: Pieces) -> Iterator[Found]:
    vocabulary = artefact.vocabulary
    shared = {i: "also " + ", ".join(map(repr, tokens[1:])) for i, tokens in artefact.shared.items()}
    yield Found("shared-id", np.array(list(shared), np.int64), shared)
    first: dict[bytes, int] = {}
    twins: dict[int, str] = {}
    for i in np.concatenate([pieces.ids, pieces.partial]).tolist():
        twin = first.setdefault(vocabulary.pieces[i], i)
        if twin != i:
            twins[i] = f"as token {twin}"
    yield Found("duplicate-piece", np.array(sorted(twins), np.int64), twins)
    known = vocabulary.control | vocabulary.unknown
    yield Found("id-hole", _array(i for i, piece in enumerate(vocabulary.pieces) if not piece and i not in known))


def _special(artefact: Artefact, pieces: Pieces) -> Iterator[Found]:
    conflicts = {
        a.id: f"{a.text!r} is also token {a.model_id}" for a in artefact.added if a.model_id not in (None, a.id)
    }
    yield Found("added-conflict", np.array(sorted(conflicts), np.int64), conflicts)
    special = {a.id: repr(a.text) for a in artefact.added if a.special}
    yield Found("special-in-text", np.array(sorted(special), np.int64), special)
    yield Found("added-text", _array(a.id for a in artefact.added if not a.special))
    letters = [a.id for a in artefact.added if not a.special and not a.single_word and a.text.isalpha()]
    yield Found("added-in-words", _array(letters))
    added = {a.id for a in artefact.added}
    alike = pieces.ids[pieces.matching(_LOOKALIKE)]
    yield Found("special-lookalike", _array(i for i in alike.tolist() if i not in added))


def _scores(artefact: Artefact) -> Iterator[Found]:
    scores = artefact.scores
    absurd = {i: f"score {s:g}" for i, s in scores.items() if not isfinite(s) or s <= ABSURD_SCORE}
    yield Found("score-absurd", np.array(list(absurd), np.int64), absurd)
    if artefact.model == "bpe":
        times = Counter(scores.values())
        tied = {i: f"score {s:g}, {times[s]} pieces" for i, s in scores.items() if times[s] > 1}
        yield Found("score-tied", np.array(list(tied), np.int64), tied)


def _array(ids: object) -> Int64s:
    return np.fromiter(ids, np.int64)  # type: ignore[call-overload, no-any-return]
