"""Whole graphemes: merges that spell each grapheme of an alphabet, before any other is learned.

A tokenizer that begins with them never cuts a grapheme of the alphabet, whatever stands around it. For a merge is
added only of two neighbours inside one grapheme that stand at its beginning, and what follows that beginning belongs
to it in every text (UAX #29 looks back, never further on): so no merge joins two graphemes, what a grapheme becomes
does not depend on its neighbours, and what is learned behind joins whole tokens. Flags are the exception: of three
regional indicators in a row only counting from the first tells which two are one, and merges do not count.

Each is spelt from left to right from what the merges before it make of it, so that beginnings are shared: a conjunct
with a vowel sign goes on from the conjunct, a character of three bytes from the two that sixty-four characters begin
with.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise

import numpy as np
import pyarrow as pa

from ginbon.errors import UserError
from ginbon.filters import words
from ginbon.tokenizers.bpe.allowed import Allowed
from ginbon.tokenizers.bpe.applying import apply
from ginbon.tokenizers.bpe.learning import learn
from ginbon.tokenizers.bpe.lesson import Lesson, study
from ginbon.tokenizers.bpe.types import BYTES, Int64s, Merges, Types


def spell(alphabet: Iterable[str]) -> Merges:
    """Merges from bytes after which each string of an alphabet is one token: its characters first, by code point;
    then what has several, the shorter before the longer.

    They were learned from no corpus: their ``counts`` are 0. Raises ``UserError`` for what is not one grapheme.
    """
    strings = sorted(set(alphabet), key=lambda string: (len(string), string))
    _check_graphemes(strings)
    pieces: list[bytes] = list(BYTES)
    merged: dict[tuple[int, int], int] = {}
    for string in _in_order(strings):
        token, *others = _encode(string, merged)
        for other in others:
            merged[token, other] = len(pieces)
            pieces.append(pieces[token] + pieces[other])
            token = merged[token, other]
    pairs = np.array(list(merged), np.int32).reshape(-1, 2)
    return Merges(len(BYTES), pairs, np.zeros(len(pairs), np.int64), tuple(pieces[len(BYTES) :]), 0)


def _check_graphemes(strings: Sequence[str]) -> None:
    numbers = np.diff(words.grapheme_boundaries(pa.array(strings, pa.large_string())).ends)
    if wrong := [string for string, number in zip(strings, numbers.tolist(), strict=True) if number != 1]:
        raise UserError(
            f"{len(wrong):,} strings of an alphabet are not one grapheme, {wrong[0]!r} is the first; "
            "ginbon.filters.words.graphemes cuts text into graphemes"
        )


def _in_order(strings: Sequence[str]) -> Iterator[bytes]:
    for char in sorted({char for string in strings for char in string}):
        yield char.encode()
    for string in strings:
        if len(string) > 1:
            yield string.encode()


def _encode(string: bytes, merged: dict[tuple[int, int], int]) -> list[int]:
    """Tokens of some bytes: of the pairs that can be joined the one that was added first, again and again."""
    tokens = list(string)
    while joined := [(merged[pair], at) for at, pair in enumerate(pairwise(tokens)) if pair in merged]:
        new, at = min(joined)
        tokens[at : at + 2] = [new]
    return tokens


def learn_behind(
    spelt: Merges, types: Types, merges: int, *, min_count: int = 2, allowed: Allowed | None = None
) -> Merges:
    """Merges that were spelt, then up to ``merges`` that are learned from what they leave of some types of bytes.

    The counts of those that were spelt are what they save of these types.
    """
    left = _spelt(spelt, types)
    learned = learn(left, merges, base=(*BYTES, *spelt.pieces), min_count=min_count, allowed=allowed)
    return _both(spelt, left, learned, types)


class Course:
    """Learning behind spelt merges from the same types of bytes, however often they occur and whatever was spelt.

    What is learned first makes all that follows faster (``Lesson``); the merges are those of ``learn_behind``.
    """

    def __init__(self) -> None:
        self._lesson: Lesson | None = None

    def learn_behind(self, spelt: Merges, types: Types, merges: int, *, min_count: int = 2) -> Merges:
        """As of ``learn_behind``."""
        lesson = self._lesson
        if lesson is not None and lesson.knows(types, len(spelt) + merges):
            return lesson.again(types.counts, merges, given=spelt, min_count=min_count)
        left = _spelt(spelt, types)
        lesson = study(left, merges, base=(*BYTES, *spelt.pieces), min_count=min_count)
        learned = _both(spelt, left, lesson.merges, types)
        self._lesson = Lesson(types, learned, lesson.became, asked=len(spelt) + merges)
        return learned


def _spelt(spelt: Merges, types: Types) -> Types:
    if not len(spelt):
        return types
    left = apply(spelt, types)
    return Types(left.offsets, left.ids, types.counts)


def _both(spelt: Merges, types: Types, learned: Merges, given: Types) -> Merges:
    """What was spelt and what was learned behind it from ``types``, that were first as they are ``given``."""
    return Merges(
        spelt.first_id,
        np.concatenate([spelt.pairs, learned.pairs]),
        np.concatenate([_saved(spelt, types), learned.counts]),
        (*spelt.pieces, *learned.pieces),
        given.tokens,
    )


def _saved(spelt: Merges, types: Types) -> Int64s:
    """How often each merge took place to give the tokens of some types."""
    if not len(spelt):
        return np.zeros(0, np.int64)
    often = np.zeros(spelt.first_id + len(spelt), np.int64)
    np.add.at(often, types.ids, np.repeat(types.counts, types.sizes))
    for new, (left, right) in reversed(list(enumerate(spelt.pairs.tolist(), spelt.first_id))):
        often[left] += often[new]
        often[right] += often[new]
    return often[spelt.first_id :]
