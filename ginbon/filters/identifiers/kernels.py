"""Compiled loops of identification: main scripts, samples, and the scores of a byte automaton with naive Bayes.

All read the UTF-8 that Arrow holds. Bytes that are no UTF-8 are stepped over one by one, and nothing is read past a
text's end.
"""

from __future__ import annotations

from typing import Any, Final

from ginbon.engine.kernels import prepare

prepare()

import numpy as np  # noqa: E402
from numba import njit, types  # noqa: E402

_int: Any = np.int64


def _read(kind: Any, dimensions: int = 1) -> Any:
    return types.Array(kind, dimensions, "C", readonly=True)


_U8, _I64 = _read(types.uint8), _read(types.int64)
_OPTIONS: Final[dict[str, Any]] = {"cache": True, "nogil": True, "error_model": "numpy"}


@njit(types.int64(_U8, types.int64, types.int64), **_OPTIONS)
def _decode(data: Any, at: int, stop: int) -> Any:
    """The code point at ``at`` times 8 plus its length in bytes; code point 0xFFFD and length 1 where there is none."""
    lead = _int(data[at])
    if lead < 0x80:
        return lead * 8 + 1
    if lead < 0xC2 or lead > 0xF4:
        return 0xFFFD * 8 + 1
    length = 2 if lead < 0xE0 else 3 if lead < 0xF0 else 4
    if at + length > stop:
        return 0xFFFD * 8 + 1
    code = lead & (0x7F >> length)
    for n in range(1, length):
        byte = _int(data[at + n])
        if byte & 0xC0 != 0x80:
            return 0xFFFD * 8 + 1
        code = (code << 6) | (byte & 0x3F)
    if code > 0x10FFFF:
        return 0xFFFD * 8 + 1
    return code * 8 + length


@njit(types.void(_U8, _I64, _U8, types.int64, types.int64[:, ::1]), **_OPTIONS)
def count_letters(data: Any, offsets: Any, table: Any, latin: int, counts: Any) -> None:
    """Letters of each script in each text: row ``counts[text]`` by the numbers in ``table`` (code point -> script)."""
    for text in range(len(offsets) - 1):
        at, stop = offsets[text], offsets[text + 1]
        ascii_letters = 0
        while at < stop:
            byte = data[at]
            if byte < 0x80:
                lower = byte | 32
                ascii_letters += 1 if 97 <= lower <= 122 else 0
                at += 1
                continue
            found = _decode(data, at, stop)
            counts[text, table[found >> 3]] += 1
            at += found & 7
        counts[text, latin] += ascii_letters
        counts[text, 0] = 0


@njit(types.int64(_U8, _I64, types.int64, types.int64, types.uint8[::1], types.int64[::1]), **_OPTIONS)
def sample(data: Any, offsets: Any, limit: int, pieces: int, out: Any, out_offsets: Any) -> Any:
    """Copies a bounded sample of each text: all of it up to ``limit`` bytes, else so many pieces, evenly spread.

    The pieces are cut between code points and joined by a line end. Returns the bytes written; ``out`` must hold
    ``min(length, limit) + pieces`` bytes a text.
    """
    end = 0
    length = limit // pieces
    for text in range(len(offsets) - 1):
        start, stop = offsets[text], offsets[text + 1]
        whole = stop - start <= limit
        for piece in range(1 if whole else pieces):
            low, high = start, stop
            if not whole:
                low = start + piece * (stop - start - length) // (pieces - 1)
                high = low + length
                while low < high and data[low] & 0xC0 == 0x80:
                    low += 1
                while high < stop and high > low and data[high] & 0xC0 == 0x80:
                    high -= 1
            if piece > 0:
                out[end] = 10
                end += 1
            for at in range(low, high):
                out[end] = data[at]
                end += 1
        out_offsets[text + 1] = end
    return end


UPPER, LOWER, COMPOSES = 1, 2, 4
"""Bits of a code point: upper case; lower or title case; may not be in NFC. The rest is its combining class."""
CLASS_SHIFT: Final = 3


@njit(types.void(_U8, _I64, _read(types.uint16), types.boolean[::1], types.boolean[::1]), **_OPTIONS)
def survey(data: Any, offsets: Any, table: Any, shouted: Any, loose: Any) -> None:
    """Which texts have letters in upper case only, and which may not be in NFC, by ``table`` (code point -> bits)."""
    for text in range(len(offsets) - 1):
        at, stop = offsets[text], offsets[text + 1]
        seen = 0
        before = 0
        while at < stop:
            if data[at] < 0x80:
                seen |= table[data[at]]
                before = 0
                at += 1
                continue
            found = _decode(data, at, stop)
            bits = _int(table[found >> 3])
            rank = bits >> CLASS_SHIFT
            if rank != 0 and rank < before:
                bits |= COMPOSES
            before = rank
            seen |= bits
            at += found & 7
        shouted[text] = seen & (UPPER | LOWER) == UPPER
        loose[text] = seen & COMPOSES != 0


@njit(
    types.void(
        types.int32[::1], types.int32[::1], types.int64, _read(types.float32, 2), _read(types.float32),
        types.float32[::1],
    ),
    **_OPTIONS,
)  # fmt: skip
def _add_up(counts: Any, seen: Any, found: int, weights: Any, logs: Any, total: Any) -> None:
    """Adds to ``total`` what the ``found`` features of one text weigh, and forgets their counts.

    Four rows at a time: each waits for memory (57 MB of weights), and the sums are read and written a quarter as often.
    """
    classes = len(total)
    fours = found - found % 4
    for n in range(0, fours, 4):
        a, b, c, d = _int(seen[n]), _int(seen[n + 1]), _int(seen[n + 2]), _int(seen[n + 3])
        la, lb, lc, ld = logs[counts[a]], logs[counts[b]], logs[counts[c]], logs[counts[d]]
        for k in range(classes):
            total[k] += (la * weights[a, k] + lb * weights[b, k]) + (lc * weights[c, k] + ld * weights[d, k])
    for n in range(fours, found):
        a = _int(seen[n])
        la = logs[counts[a]]
        for k in range(classes):
            total[k] += la * weights[a, k]
    for n in range(found):
        counts[seen[n]] = 0


_NOTHING: Final = -25.0
"""Logarithm of a probability beside the likeliest one from which it counts as none."""

ABSENT: Final = -2
"""The language of a piece that a text has not."""


@njit(types.int64(_read(types.int32), types.int32[::1], types.int32[::1]), **_OPTIONS)
def _count(occurrences: Any, counts: Any, seen: Any) -> Any:
    """Counts features; ``seen`` lists the different ones. Returns how many they are."""
    found = 0
    for feature in occurrences:
        if counts[feature] == 0:
            seen[found] = feature
            found += 1
        counts[feature] += 1
    return found


@njit(
    types.int64(types.float32[::1], types.int64, types.float64, _read(types.int64), types.float64, types.float64[::1]),
    **_OPTIONS,
)  # fmt: skip
def _surely(total: Any, classes: int, scale: float, languages: Any, sure: float, sums: Any) -> Any:
    """The language (by ``languages``, class -> number) whose probability is at least ``sure``; -1 where none is."""
    most = total[0]
    for k in range(1, classes):
        most = max(most, total[k])
    sums[:] = 0
    together = 0.0
    for k in range(classes):
        below = scale * (total[k] - most)
        if below > _NOTHING:
            share = np.exp(below)
            together += share
            sums[languages[k]] += share
    best = 0
    for k in range(1, len(sums)):
        if sums[k] > sums[best]:
            best = k
    return _int(best) if sums[best] >= sure * together else _int(-1)


_LANES: Final = 4
"""Texts read side by side: a step of the automaton waits for memory (39 MB of moves), and four wait together. A quarter
less time than one by one; eight gain nothing more."""


@njit(
    types.void(
        _U8, _I64, _read(types.uint32), _read(types.uint32), _read(types.int32),
        _read(types.float32, 2), _read(types.float32), _read(types.int64), _read(types.float64),
        types.float32[:, ::1], types.int16[:, ::1],
    ),
    **_OPTIONS,
)  # fmt: skip
def bayes_scores(
    data: Any,
    offsets: Any,
    moves: Any,
    rows: Any,
    features: Any,
    weights: Any,
    prior: Any,
    languages: Any,
    settings: Any,
    scores: Any,
    surely: Any,
) -> None:
    """Log-posterior of each class for each text: prior plus the sum of ``log1p(count) * weight`` of its features.

    The automaton reads bytes: ``state = moves[rows[state] * 256 + byte]``; entering a state with ``features[state] >=
    0`` counts that feature. A text without features scores 0 everywhere. Rows of ``weights`` may be wider than
    ``prior``; what is beyond stays unread.

    Each text is also cut into as many equal pieces as ``surely`` has columns (fewer of a short one), and each is scored
    by itself: ``surely`` gets the number of its language, -1 where none is sure enough, ``ABSENT`` where there is no
    piece. ``settings`` are sharpness, exponent (see ``langid``), the probability from which a piece is sure, and the
    least bytes of a piece.
    """
    texts = len(offsets) - 1
    longest = 0
    for text in range(texts):
        longest = max(longest, offsets[text + 1] - offsets[text])
    counts = np.zeros(weights.shape[0], np.int32)
    seen = np.empty(longest, np.int32)
    logs = np.log1p(np.arange(longest + 1)).astype(np.float32)
    total = np.empty(weights.shape[1], np.float32)
    sums = np.zeros(languages.max() + 1, np.float64)
    hits = np.empty((_LANES, longest), np.int32)
    places = np.empty((_LANES, longest), np.int32)
    found = np.zeros(_LANES, np.int64)
    state = np.zeros(_LANES, np.uint32)
    for group in range(0, texts, _LANES):
        lanes = min(_LANES, texts - group)
        steps = 0
        for lane in range(lanes):
            steps = max(steps, offsets[group + lane + 1] - offsets[group + lane])
            state[lane] = 0
            found[lane] = 0
        for step in range(steps):
            for lane in range(lanes):
                at = offsets[group + lane] + step
                if at >= offsets[group + lane + 1]:
                    continue
                state[lane] = moves[_int(rows[state[lane]]) * 256 + data[at]]
                feature = features[state[lane]]
                if feature >= 0:
                    hits[lane, found[lane]] = feature
                    places[lane, found[lane]] = step
                    found[lane] += 1
        for lane in range(lanes):
            text = group + lane
            size = offsets[text + 1] - offsets[text]
            if found[lane] == 0:
                scores[text, :] = 0
            else:
                total[:] = 0
                total[: len(prior)] = prior
                _add_up(counts, seen, _count(hits[lane, : found[lane]], counts, seen), weights, logs, total)
                scores[text, :] = total[: len(prior)]
            pieces = max(1, min(surely.shape[1], size // _int(settings[3])))
            first = 0
            for piece in range(surely.shape[1]):
                if piece >= pieces:
                    surely[text, piece] = ABSENT
                    continue
                low, high = size * piece // pieces, size * (piece + 1) // pieces
                last = first
                while last < found[lane] and places[lane, last] < high:
                    last += 1
                surely[text, piece] = -1
                if last > first:
                    total[:] = 0
                    total[: len(prior)] = prior
                    _add_up(counts, seen, _count(hits[lane, first:last], counts, seen), weights, logs, total)
                    scale = settings[0] / (high - low) ** settings[1]
                    surely[text, piece] = _surely(total, len(prior), scale, languages, settings[2], sums)
                first = last
