"""What one tokenizer charges for terms: the tokens that cover each, where it stands in running text."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ginbon.tokenizers.lexicon.gathering import Contexts
from ginbon.tokenizers.metrics import Estimate
from ginbon.tokenizers.protocol import Encoded, Flags, Int64s, TextColumn, Tokenizer
from ginbon.tokenizers.units import UNITS, interval, unit_of, weights

Floats = NDArray[np.float64]

_BATCH: Final = 4_096


@dataclass(frozen=True)
class Covered:
    """For each context: how many tokens cover the target; -1 where it cannot be told.

    A token that reaches beyond the target on either side covers it too. ``unknown`` is the share of unknown tokens
    among them, or in the whole context where it cannot be told; ``exact`` where the context comes back as it was when
    it is decoded.
    """

    tokens: Int64s
    unknown: Floats
    exact: Flags


@dataclass(frozen=True)
class Charges:
    """Means over the contexts of each target; NaN for a target of which it cannot be told where its tokens begin."""

    tokens: Floats
    one: Floats
    """Share of the contexts in which it is one token."""
    two: Floats
    """Share in which it is one or two."""
    unknown: Floats
    """Share of unknown tokens."""
    exact: Floats
    """Share of the contexts that come back as they were."""


def cover(tokenizer: Tokenizer, contexts: Contexts) -> Covered:
    """The tokens over each context's target."""
    parts = [_cover(tokenizer, contexts, first) for first in range(0, len(contexts.texts), _BATCH)]
    if not parts:
        return Covered(np.zeros(0, np.int64), np.zeros(0), np.zeros(0, np.bool_))
    return Covered(*(np.concatenate([getattr(p, name) for p in parts]) for name in ("tokens", "unknown", "exact")))


def _cover(tokenizer: Tokenizer, contexts: Contexts, begin: int) -> Covered:
    texts = TextColumn(contexts.texts[begin : begin + _BATCH])
    encoded = tokenizer.encode_batch(texts)
    first, last, known = _spans(
        tokenizer.starts(texts, encoded),
        encoded,
        texts,
        np.array(contexts.start[begin : begin + _BATCH], np.int64) + texts.offsets[:-1],
        np.array(contexts.stop[begin : begin + _BATCH], np.int64) + texts.offsets[:-1],
    )
    unknown = np.concatenate([np.zeros(1, np.int64), np.cumsum(tokenizer.vocabulary.unknown_flags[encoded.ids])])
    decoded = tokenizer.decode_batch(encoded)
    exact = np.fromiter((a == b for a, b in zip(texts.strings, decoded, strict=True)), np.bool_, len(texts))
    begins, ends = np.where(known, first, encoded.offsets[:-1]), np.where(known, last, encoded.offsets[1:])
    share = (unknown[ends] - unknown[begins]) / np.maximum(ends - begins, 1)
    return Covered(np.where(known, last - first, -1), share, exact)


def _spans(
    starts: Int64s, encoded: Encoded, texts: TextColumn, begin: Int64s, end: Int64s
) -> tuple[Int64s, Int64s, Flags]:
    """The first token that covers each stretch, the one behind the last, and whether that can be told."""
    row = np.repeat(np.arange(len(texts)), encoded.counts)
    told = np.ones(len(texts), np.bool_)
    told[row[starts < 0]] = False
    starts = np.where(told[row], starts, texts.offsets[row])
    ends = np.append(starts[1:], texts.offsets[-1])
    if len(starts):
        final = encoded.offsets[1:][encoded.counts > 0] - 1
        ends[final] = texts.offsets[1:][encoded.counts > 0]
    first = np.clip(np.searchsorted(ends, begin, "right"), encoded.offsets[:-1], encoded.offsets[1:])
    last = np.clip(np.searchsorted(starts, end, "left"), first, encoded.offsets[1:])
    return first, last, told & (last > first)


def charge(covered: Covered, contexts: Contexts, targets: int) -> Charges:
    """Means over the contexts of each of so many targets."""
    target = np.array(contexts.target, np.int64)
    known, every = covered.tokens >= 0, np.ones(len(target), np.bool_)
    return Charges(
        tokens=_means(target, covered.tokens, known, targets),
        one=_means(target, covered.tokens == 1, known, targets),
        two=_means(target, covered.tokens <= 2, known, targets),
        unknown=_means(target, covered.unknown, every, targets),
        exact=_means(target, covered.exact, every, targets),
    )


def _means(target: Int64s, values: Int64s | Floats | Flags, used: Flags, targets: int) -> Floats:
    """The mean of the used values of each target; NaN where there is none."""
    number = np.bincount(target[used], minlength=targets)
    sums = np.bincount(target[used], weights=values[used].astype(np.float64), minlength=targets)
    means: Floats = np.divide(sums, number, out=np.full(targets, np.nan), where=number > 0)
    return means


def mean_of(values: Floats, *, seed: int) -> Estimate:
    """The mean over terms, with its bootstrap interval over terms; terms of which nothing is known are left out."""
    return ratio_of(values, np.ones(len(values)), seed=seed)


def ratio_of(over: Floats, under: Floats, *, seed: int) -> Estimate:
    """The sum of one over the sum of the other, for the terms that have both; the interval draws terms."""
    both = ~(np.isnan(over) | np.isnan(under))
    over, under = over[both], under[both]
    below = float(under.sum())
    if not below:
        return Estimate(None, None, None, len(over))
    value = float(over.sum()) / below
    if len(over) < 2:
        return Estimate(value, None, None, len(over))
    units = min(len(over), UNITS)
    unit = unit_of(np.arange(len(over)))
    drawn = weights(units, seed)
    above = drawn @ np.bincount(unit, weights=over, minlength=units)
    beneath = drawn @ np.bincount(unit, weights=under, minlength=units)
    some = beneath > 0
    low, high = interval(above[some] / beneath[some])
    return Estimate(value, min(low, value), max(high, value), len(over))
