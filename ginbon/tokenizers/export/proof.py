"""Show that files written in other formats give the ids of their source, text by text and id by id."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np

from ginbon.errors import ProofError
from ginbon.tokenizers.backends.base import printable
from ginbon.tokenizers.export.probes import Probe
from ginbon.tokenizers.protocol import Encoded, TextColumn, Tokenizer

BATCH: Final = 2_048
SPACE: Final = "\N{LOWER ONE EIGHTH BLOCK}"
EXCERPT: Final = 60
_LINE_ENDS: Final = {ord(c): f"\\u{ord(c):04x}" for c in "\x85\u2028\u2029\x7f"}


@dataclass
class Proof:
    """What was compared: texts, their UTF-8 bytes and tokens; main scripts; what decodes to other text than it was."""

    texts: int = 0
    bytes: int = 0
    tokens: int = 0
    scripts: Counter[str] = field(default_factory=Counter)
    altered: list[str] = field(default_factory=list)
    """Names of texts that come back changed because they are normalised."""

    altered_texts: int = 0

    def to_json(self) -> dict[str, Any]:
        """Plain values; the first names of altered texts."""
        return {
            "texts": self.texts,
            "bytes": self.bytes,
            "tokens": self.tokens,
            "scripts": dict(sorted(self.scripts.items())),
            "differences": 0,
        }


@dataclass(frozen=True)
class Fixture:
    """A text with the ids that every conforming reader gives it, special tokens left out."""

    name: str
    text: str
    ids: tuple[int, ...]

    def line(self) -> bytes:
        """A line of ``fixtures.jsonl``; what some readers take for a line end (U+2028) is escaped."""
        said = json.dumps({"name": self.name, "text": self.text, "ids": list(self.ids)}, ensure_ascii=False)
        return said.translate(_LINE_ENDS).encode() + b"\n"


def prove(
    source: Tokenizer, written: Mapping[str, Tokenizer], texts: Iterable[Probe], *, keep: int, proof: Proof
) -> Iterator[Fixture]:
    """Compare every text, add to ``proof``, and give the fixtures: all built-in probes, and ``keep`` texts of a script.

    Raises ``ProofError`` at the first text of which an id differs, or that does not come back.
    """
    kept: Counter[str] = Counter()
    for batch in _batches(texts):
        column = TextColumn([one.text for one in batch])
        encoded = source.encode_batch(column)
        if not _same(encoded, source.encode_batch(column)):
            raise ProofError(f"{source.name}: gives other ids for the same texts when asked twice; nothing was written")
        for form, tokenizer in written.items():
            _compare(form, tokenizer, source, batch, column, encoded)
        scripts = _scripts(column)
        proof.texts += len(batch)
        proof.bytes += len(column.data)
        proof.tokens += len(encoded.ids)
        proof.scripts.update(scripts)
        _note_altered(source, batch, encoded, proof)
        for n, (one, script) in enumerate(zip(batch, scripts, strict=True)):
            own = not one.name.startswith("text/")
            if own or kept[script] < keep:
                kept[script] += not own
                yield Fixture(one.name, one.text, tuple(_row(encoded, n)))


def same_on_pieces(source: Tokenizer, written: Mapping[str, Tokenizer]) -> int:
    """Compare the text of every token that is whole characters; returns how many were.

    Where all are encoded alike, a token is reached by its own text in every format or in none.
    """
    probes = [Probe(f"token/{i}", text) for i, text in _piece_texts(source)]
    for batch in _batches(probes):
        column = TextColumn([one.text for one in batch])
        encoded = source.encode_batch(column)
        for form, tokenizer in written.items():
            _differ(form, tokenizer, source, batch, encoded, tokenizer.encode_batch(column))
    return len(probes)


def _piece_texts(tokenizer: Tokenizer) -> Iterator[tuple[int, str]]:
    for i, piece in enumerate(tokenizer.vocabulary.pieces):
        try:
            text = piece.decode()
        except UnicodeDecodeError:
            continue
        if text:
            yield i, text


def _compare(
    form: str, tokenizer: Tokenizer, source: Tokenizer, batch: Sequence[Probe], column: TextColumn, expected: Encoded
) -> None:
    found = tokenizer.encode_batch(column)
    _differ(form, tokenizer, source, batch, expected, found)
    normal = tokenizer.normalise(column).strings
    for one, back, said in zip(batch, tokenizer.decode_batch(found), normal, strict=True):
        if back not in (said, said.replace(SPACE, " ")):
            place = _first_difference(back, said)
            raise ProofError(
                f"{form}: the text {one.name} does not come back: at character {place:,} of {_shown(one.text)} it has "
                f"{_shown(back[place : place + 8])} for {_shown(said[place : place + 8])}. Nothing was written",
                form=form,
            )


def _differ(
    form: str, tokenizer: Tokenizer, source: Tokenizer, batch: Sequence[Probe], expected: Encoded, found: Encoded
) -> None:
    """Raise for the first id that differs."""
    if _same(expected, found):
        return
    for n, one in enumerate(batch):
        wanted, got = _row(expected, n), _row(found, n)
        if wanted == got:
            continue
        place = _first_difference(wanted, got)
        raise ProofError(
            f"{form}: other ids than its source ({source.name}) for the text {one.name}, {_shown(one.text)}: token "
            f"{place:,} is {_token(tokenizer, got, place)}, of the source {_token(source, wanted, place)}. "
            "Nothing was written; leave this format out, or export as the source's own",
            form=form,
        )


def _first_difference(one: Sequence[Any], other: Sequence[Any]) -> int:
    """The first place at which two differ; the end of the shorter one where it begins the other."""
    unlike = (i for i, (a, b) in enumerate(zip(one, other, strict=False)) if a != b)
    return next(unlike, min(len(one), len(other)))


def _token(tokenizer: Tokenizer, ids: Sequence[int], place: int) -> str:
    if place >= len(ids):
        return "none (the text ends)"
    pieces = tokenizer.vocabulary.pieces
    piece = pieces[ids[place]] if ids[place] < len(pieces) else b""
    return f"{ids[place]} ({_shown(piece.decode('utf-8', 'backslashreplace'))})"


def _note_altered(source: Tokenizer, batch: Sequence[Probe], encoded: Encoded, proof: Proof) -> None:
    for one, back in zip(batch, source.decode_batch(encoded), strict=True):
        if back != one.text:
            proof.altered_texts += 1
            if len(proof.altered) < 20:
                proof.altered.append(one.name)


def _scripts(column: TextColumn) -> list[str]:
    from ginbon.filters.identify import main_scripts

    return [str(script) for script in main_scripts(column.column).names]


def _same(one: Encoded, other: Encoded) -> bool:
    return np.array_equal(one.offsets, other.offsets) and np.array_equal(one.ids, other.ids)


def _row(encoded: Encoded, n: int) -> list[int]:
    row: list[int] = encoded.ids[encoded.offsets[n] : encoded.offsets[n + 1]].tolist()
    return row


def _batches(texts: Iterable[Probe]) -> Iterator[list[Probe]]:
    batch: list[Probe] = []
    for one in texts:
        batch.append(one)
        if len(batch) == BATCH:
            yield batch
            batch = []
    if batch:
        yield batch


def _shown(text: str) -> str:
    return f"‹{printable(text[:EXCERPT])}{'…' if len(text) > EXCERPT else ''}›"
