"""Tokens that no text becomes, told apart by cause; and tokens that are no whole characters."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from ginbon.tokenizers.audit.artefact import Artefact
from ginbon.tokenizers.audit.findings import Found
from ginbon.tokenizers.audit.pieces import Pieces
from ginbon.tokenizers.audit.surroundings import whole_in
from ginbon.tokenizers.protocol import Encoded, Flags, Int64s, TextColumn


def reach(artefact: Artefact, pieces: Pieces) -> Iterator[Found]:
    """Every token whose own text does not become it alone; every one that merges do not lead to.

    A text is encoded as it is inside a longer one, without a prefix space. The cause is the first that holds: it is not
    written in the byte alphabet; normalisation changes the text; an added token is found in it; another token with the
    same bytes comes out; the model makes other tokens of it even without a split pattern (and does not look up whole
    pre-tokens); else the split pattern cuts it, everywhere or only where its text stands alone.
    """
    encoded = artefact.inside(pieces.strings)
    itself = _alone(encoded, pieces.ids)
    made = artefact.made(pieces.ids)
    if made is not None:
        yield Found("whole-only", pieces.ids[itself & ~made])
    yield from _unreachable(artefact, pieces, encoded, np.flatnonzero(~itself), made)
    yield from _partial(artefact, pieces)
    characters = {piece.encode() for piece in pieces.strings if len(piece) == 1}
    idle = [i for i in sorted(artefact.fallback_bytes) if artefact.vocabulary.pieces[i] in characters]
    yield Found("idle-byte", np.array(idle, np.int64))


def _alone(encoded: Encoded, ids: Int64s) -> Flags:
    """For each text whether it became its one token."""
    alone: Flags = encoded.counts == 1
    alone[alone] = encoded.ids[encoded.offsets[:-1][alone]] == ids[alone]
    return alone


def _unreachable(
    artefact: Artefact, pieces: Pieces, encoded: Encoded, rows: Int64s, made: Flags | None
) -> Iterator[Found]:
    vocabulary = artefact.vocabulary.pieces
    added = {a.id for a in artefact.added}
    causes: dict[str, dict[int, str]] = {}
    normal = artefact.tokenizer.normalise(TextColumn([pieces.strings[row] for row in rows.tolist()])).strings
    for row, seen in zip(rows.tolist(), normal, strict=True):
        own, text = int(pieces.ids[row]), pieces.strings[row]
        ids = encoded.ids[encoded.offsets[row] : encoded.offsets[row + 1]].tolist()
        note = "becomes " + " + ".join(repr(vocabulary[i].decode("utf-8", "backslashreplace")) for i in ids[:4])
        if own in artefact.unwritable:
            cause = "alphabet"
        elif seen != text:
            cause = "normaliser"
        elif added.intersection(ids):
            cause = "added"
        elif len(ids) == 1 and vocabulary[ids[0]] == vocabulary[own]:
            cause, note = "twin", f"becomes token {ids[0]}"
        elif made is not None and not made[row] and not artefact.looks_up_whole:
            cause = "model"
        else:
            cause = "split"
        causes.setdefault(cause, {})[own] = note + (" ..." if len(ids) > 4 else "")
    yield from _inside_only(artefact, causes)
    for cause, notes in causes.items():
        yield Found(f"unreachable-{cause}", np.array(list(notes), np.int64), notes)


def _inside_only(artefact: Artefact, causes: dict[str, dict[int, str]]) -> Iterator[Found]:
    """Takes out of ``causes`` what the split pattern leaves whole inside other text."""
    cut = causes.get("split", {})
    own = list(cut)
    whole = whole_in(artefact.tokenizer, [artefact.vocabulary.pieces[i].decode() for i in own])
    notes = {own[n]: f"{cut.pop(own[n])}; whole in {context!r}" for n, context in whole.items()}
    yield Found("inside-only", np.array(list(notes), np.int64), notes)


def _partial(artefact: Artefact, pieces: Pieces) -> Iterator[Found]:
    made = artefact.made(pieces.partial)
    if made is None:
        yield Found("partial-utf8", pieces.partial)
        return
    yield Found("partial-utf8", pieces.partial[made])
    yield Found("partial-unreachable", pieces.partial[~made])
