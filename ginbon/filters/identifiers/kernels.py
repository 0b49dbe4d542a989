"""Compiled loops of identification: main scripts, samples, and the scores of a byte automaton with naive Bayes.

All read the UTF-8 that Arrow holds. Bytes that are no UTF-8 are stepped over one by one, and nothing is read past a
text's end.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from ginbon.engine.compiling import helper, kernel, read, types, write

_int: Any = np.int64

_U8, _I64 = read(types.uint8), read(types.int64)


@helper
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


@kernel(types.void, _U8, _I64, _U8, types.int64, write(types.int64, 2))
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


@kernel(types.int64, _U8, _I64, types.int64, types.int64, write(types.uint8), write(types.int64))
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


@kernel(types.void, _U8, _I64, read(types.uint16), write(types.boolean), write(types.boolean))
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


@helper
def _add_up(counts: Any, seen: Any, found: int, weights: Any, prior: Any, logs: Any, total: Any) -> None:
    """Makes ``total`` the prior and what the ``found`` features of one text weigh, and forgets their counts.

    Four rows at a time: each waits for memory (29 MB of weights), and the sums are read and written a quarter as often.
    ``logs`` hold the unit of the weights.
    """
    classes = len(total)
    for k in range(classes):
        total[k] = prior[k]
    fours = found - found % 4
    for n in range(0, fours, 4):
        a, b, c, d = _int(seen[n]), _int(seen[n + 1]), _int(seen[n + 2]), _int(seen[n + 3])
        la, lb, lc, ld = logs[counts[a]], logs[counts[b]], logs[counts[c]], logs[counts[d]]
        for k in range(classes):
            ab = la * np.float32(weights[a, k]) + lb * np.float32(weights[b, k])
            cd = lc * np.float32(weights[c, k]) + ld * np.float32(weights[d, k])
            total[k] += ab + cd
    for n in range(fours, found):
        a = _int(seen[n])
        la = logs[counts[a]]
        for k in range(classes):
            total[k] += la * np.float32(weights[a, k])
    for n in range(found):
        counts[seen[n]] = 0


_NOTHING: Final = -12.0
"""Logarithm of a probability beside the likeliest one from which it counts as none."""

ABSENT: Final = -2
"""The language of a piece that a text has not."""


@helper
def _count(hits: Any, first: int, last: int, counts: Any, seen: Any) -> Any:
    """Counts the features of some hits; ``seen`` lists the different ones. Returns how many they are."""
    found = 0
    for n in range(first, last):
        feature = hits[n]
        if counts[feature] == 0:
            seen[found] = feature
            found += 1
        counts[feature] += 1
    return found


@helper
def _surely(total: Any, classes: int, scale: float, languages: Any, sure: float, sums: Any) -> Any:
    """The language (by ``languages``, class -> number) whose probability is at least ``sure``; -1 where none is."""
    most = total[0]
    for k in range(1, classes):
        most = max(most, total[k])
    for k in range(len(sums)):
        sums[k] = 0
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


_STATE, _FOUND = 0, 1

LANES: Final = 8
"""Texts read side by side: a step of the automaton waits for memory (39 MB of moves), and eight wait together."""

GROUP: Final = 64
"""Texts that are read before their features are added up: moves and weights would drive each other from the cache."""


@helper
def _read(
    data: Any, offsets: Any, first: int, texts: int, moves: Any, rows: Any, features: Any, hits: Any, lanes: Any
) -> None:
    """Takes some texts through the automaton: ``hits`` gets each one's features and their places, ``lanes`` their
    number."""
    steps = 0
    for n in range(texts):
        steps = max(steps, offsets[first + n + 1] - offsets[first + n])
        lanes[n, _STATE] = 0
        lanes[n, _FOUND] = 0
    for step in range(steps):
        for n in range(texts):
            at = offsets[first + n] + step
            if at >= offsets[first + n + 1]:
                continue
            state = _int(moves[_int(rows[lanes[n, _STATE]]) * 256 + data[at]])
            lanes[n, _STATE] = state
            feature = features[state]
            if feature >= 0:
                found = lanes[n, _FOUND]
                hits[n, 0, found] = feature
                hits[n, 1, found] = step
                lanes[n, _FOUND] = found + 1


@kernel(
    types.void, _U8, _I64, read(types.uint32), read(types.uint32), read(types.int32), read(types.int16, 2),
    read(types.float32), read(types.int64), read(types.float64), read(types.float32), write(types.int32),
    write(types.int32), write(types.int32, 3), write(types.int64, 2), write(types.float32), write(types.float64),
    write(types.float32, 2), write(types.int16, 2),
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
    logs: Any,
    counts: Any,
    seen: Any,
    hits: Any,
    lanes: Any,
    total: Any,
    sums: Any,
    scores: Any,
    surely: Any,
) -> None:
    """Log-posterior of each class for each text: prior plus the sum of ``log1p(count) * weight`` of its features.

    The automaton reads bytes: ``state = moves[rows[state] * 256 + byte]``; entering a state with ``features[state] >=
    0`` counts that feature. A text without features scores 0 everywhere. Rows of ``weights`` and ``prior`` may be wider
    than those of ``scores``; what is beyond stays unread.

    Each text is also cut into as many equal pieces as ``surely`` has columns (fewer of a short one), and each is scored
    by itself: ``surely`` gets the number of its language, -1 where none is sure enough, ``ABSENT`` where there is no
    piece. ``settings`` are sharpness, exponent (see ``langid``), the probability from which a piece is sure, and the
    least bytes of a piece.

    ``logs`` is ``log1p`` of counts up to the longest text's bytes, times the unit of ``weights``. Scratch: ``counts``
    (a feature each, all 0), ``seen`` (the longest text's bytes), ``hits`` (``GROUP`` x 2 x those), ``lanes``
    (``GROUP`` x 2), ``total`` (as wide as ``weights``), ``sums`` (a language each).
    """
    classes = scores.shape[1]
    texts = len(offsets) - 1
    for group in range(0, texts, GROUP):
        together = min(GROUP, texts - group)
        for lane in range(0, together, LANES):
            _read(
                data,
                offsets,
                group + lane,
                min(LANES, together - lane),
                moves,
                rows,
                features,
                hits[lane:],
                lanes[lane:],
            )
        for lane in range(together):
            text = group + lane
            found = lanes[lane, _FOUND]
            if found == 0:
                for k in range(classes):
                    scores[text, k] = 0
            else:
                different = _count(hits[lane, 0], 0, found, counts, seen)
                _add_up(counts, seen, different, weights, prior, logs, total)
                for k in range(classes):
                    scores[text, k] = total[k]
            size = offsets[text + 1] - offsets[text]
            pieces = max(1, min(surely.shape[1], size // _int(settings[3])))
            first = _int(0)
            for piece in range(surely.shape[1]):
                if piece >= pieces:
                    surely[text, piece] = ABSENT
                    continue
                low, high = size * piece // pieces, size * (piece + 1) // pieces
                last = first
                while last < found and hits[lane, 1, last] < high:
                    last += 1
                surely[text, piece] = -1
                if last > first:
                    different = _count(hits[lane, 0], first, last, counts, seen)
                    _add_up(counts, seen, different, weights, prior, logs, total)
                    scale = settings[0] / (high - low) ** settings[1]
                    surely[text, piece] = _surely(total, classes, scale, languages, settings[2], sums)
                first = last
