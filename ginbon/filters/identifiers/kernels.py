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


@helper
def _move_back(data: Any, first: int, at: int, length: int, table: Any) -> None:
    """Moves a mark of ``length`` bytes at ``at`` before the marks behind ``first`` whose combining class is higher."""
    rank = _int(table[_decode(data, at, at + length) >> 3]) >> CLASS_SHIFT
    place = at
    while place > first:
        low = place - 1
        while low > first and data[low] & 0xC0 == 0x80:
            low -= 1
        if _int(table[_decode(data, low, place) >> 3]) >> CLASS_SHIFT <= rank:
            break
        place = low
    for n in range(length):
        byte = data[at + n]
        for k in range(at + n, place + n, -1):
            data[k] = data[k - 1]
        data[place + n] = byte


@kernel(types.void, write(types.uint8), _I64, read(types.uint16), write(types.boolean), write(types.boolean))
def survey(data: Any, offsets: Any, table: Any, shouted: Any, loose: Any) -> None:
    """Which texts have letters in upper case only, and which may not be in NFC, by ``table`` (code point -> bits).

    Marks are put in canonical order on the way (vocalised Arabic hardly ever is): that is all that a text needs
    without characters that compose or may.
    """
    for text in range(len(offsets) - 1):
        at, stop = offsets[text], offsets[text + 1]
        seen = 0
        before = 0
        starter = at
        while at < stop:
            if data[at] < 0x80:
                seen |= table[data[at]]
                before = 0
                at += 1
                starter = at
                continue
            found = _decode(data, at, stop)
            bits = _int(table[found >> 3])
            rank = bits >> CLASS_SHIFT
            length = found & 7
            if rank == 0:
                starter = at + length
            if rank != 0 and rank < before:
                _move_back(data, starter, at, length, table)
            else:
                before = rank
            seen |= bits
            at += length
        shouted[text] = seen & (UPPER | LOWER) == UPPER
        loose[text] = seen & COMPOSES != 0


TOGETHER: Final = 8
"""Rows of weights that are summed as they are, in 16 bits; no sum of so many is larger (``langid`` sees to that)."""


@helper
def _add_once(seen: Any, found: int, weights: Any, log: float, total: Any) -> None:
    """Adds to ``total`` what ``found`` features weigh, each with ``log``. Behind them ``seen`` has room for a group.

    Each row waits for memory (29 MB of weights), so eight are asked for at a time. They are summed as whole numbers: a
    third of the work of floats. Groups are filled up with the last row, which is zeros.
    """
    for n in range(found, found + TOGETHER):
        seen[n] = len(weights) - 1
    for n in range(0, found, TOGETHER):
        a, b, c, d = _int(seen[n]), _int(seen[n + 1]), _int(seen[n + 2]), _int(seen[n + 3])
        e, f, g, h = _int(seen[n + 4]), _int(seen[n + 5]), _int(seen[n + 6]), _int(seen[n + 7])
        for k in range(len(total)):
            four = np.uint16(weights[a, k] + weights[b, k] + weights[c, k] + weights[d, k])
            more = np.uint16(weights[e, k] + weights[f, k] + weights[g, k] + weights[h, k])
            total[k] += log * np.float32(np.uint16(four + more))


@helper
def _add_each(seen: Any, found: int, weights: Any, factors: Any, total: Any) -> None:
    """Adds to ``total`` what ``found`` features weigh, each with its own factor. Behind them ``seen`` has room."""
    for n in range(found, found + TOGETHER):
        seen[n] = len(weights) - 1
        factors[n] = 0
    for n in range(0, found, 4):
        a, b, c, d = _int(seen[n]), _int(seen[n + 1]), _int(seen[n + 2]), _int(seen[n + 3])
        la, lb, lc, ld = factors[n], factors[n + 1], factors[n + 2], factors[n + 3]
        for k in range(len(total)):
            ab = la * np.float32(weights[a, k]) + lb * np.float32(weights[b, k])
            cd = lc * np.float32(weights[c, k]) + ld * np.float32(weights[d, k])
            total[k] += ab + cd


_NOTHING: Final = -12.0
"""Logarithm of a probability beside the likeliest one from which it counts as none."""

ABSENT: Final = -2
"""The language of a piece that a text has not."""


@helper
def _surely(total: Any, classes: int, scale: float, languages: Any, sure: float, sums: Any) -> Any:
    """The language (by ``languages``, class -> number) whose probability is at least ``sure``; -1 where none is."""
    most = _most(total, classes)
    least = most + np.float32(_NOTHING / scale)
    for k in range(len(sums)):
        sums[k] = 0
    together = 0.0
    best = 0
    for k in range(classes):
        if total[k] > least:
            share = np.exp(scale * (total[k] - most))
            together += share
            language = languages[k]
            sums[language] += share
            if sums[language] > sums[best]:
                best = language
    return _int(best) if sums[best] >= sure * together else _int(-1)


@helper
def _most(values: Any, stop: int) -> Any:
    """The largest of the first values; four at a time, since each comparison waits for the one before."""
    a = b = c = d = values[0]
    fours = stop - stop % 4
    for k in range(0, fours, 4):
        a, b = max(a, values[k]), max(b, values[k + 1])
        c, d = max(c, values[k + 2]), max(d, values[k + 3])
    for k in range(fours, stop):
        a = max(a, values[k])
    return max(a, b, c, d)


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
    number.

    What is found is written whether it counts or not, and the place moves on only where it does: a branch that nobody
    can predict would cost more than the write. So do the helpers below.
    """
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
            found = lanes[n, _FOUND]
            hits[n, 0, found] = feature
            hits[n, 1, found] = step
            lanes[n, _FOUND] = found + (1 if feature >= 0 else 0)


_WITHIN, _COUNT, _TAKEN = 0, 1, 2
"""Of a feature: its count in a piece, in the pieces so far, and the sum of the logarithms that it had in them."""


@helper
def _weigh_piece(
    hits: Any, first: int, last: int, weights: Any, logs: Any, known: Any, seen: Any, factors: Any, total: Any
) -> Any:
    """Makes ``total`` what the features of a piece weigh above the least; returns the sum of their logarithms."""
    for k in range(len(total)):
        total[k] = 0
    once, often = seen[0], seen[1]
    found = 0
    for n in range(first, last):
        feature = hits[n]
        within = known[feature, _WITHIN]
        once[found] = feature
        found += 1 if within == 0 else 0
        known[feature, _WITHIN] = within + 1
    ones = others = 0
    logarithms = np.float32(0)
    for n in range(found):
        feature = once[n]
        count = known[feature, _WITHIN]
        log = logs[_int(count)]
        logarithms += log
        known[feature, _WITHIN] = 0
        known[feature, _COUNT] += count
        known[feature, _TAKEN] += log
        once[ones] = feature
        ones += 1 if count == 1 else 0
        often[others], factors[others] = feature, log
        others += 0 if count == 1 else 1
    _add_once(once, ones, weights, logs[1], total)
    _add_each(often, others, weights, factors, total)
    return logarithms


@helper
def _correct(hits: Any, found: int, weights: Any, logs: Any, known: Any, seen: Any, factors: Any, whole: Any) -> Any:
    """Makes ``whole``, the sum over the pieces, that of the text, where a feature in several pieces weighs less.

    Forgets what is ``known``. Returns what is to be added to the sum of the logarithms.
    """
    logarithms = np.float32(0)
    others = 0
    for n in range(found):
        feature = hits[n]
        more = logs[_int(known[feature, _COUNT])] - known[feature, _TAKEN]  # 0 where it was met before
        known[feature, _COUNT] = known[feature, _TAKEN] = 0
        logarithms += more
        seen[others], factors[others] = feature, more
        others += 1 if more != 0 else 0
    _add_each(seen, others, weights, factors, whole)
    return logarithms


@kernel(
    types.void, _U8, _I64, read(types.uint32), read(types.uint32), read(types.int32), read(types.uint16, 2),
    read(types.float32, 2), read(types.int64), read(types.float64), read(types.float32), write(types.float32, 2),
    write(types.int32, 2), write(types.float32), write(types.int32, 3), write(types.int64, 2), write(types.float32, 2),
    write(types.float64), write(types.float32, 2), write(types.int16, 2),
)  # fmt: skip
def bayes_scores(
    data: Any,
    offsets: Any,
    moves: Any,
    rows: Any,
    features: Any,
    weights: Any,
    classes: Any,
    languages: Any,
    settings: Any,
    logs: Any,
    known: Any,
    seen: Any,
    factors: Any,
    hits: Any,
    lanes: Any,
    sums: Any,
    by_language: Any,
    scores: Any,
    surely: Any,
) -> None:
    """Log-posterior of each class for each text: prior plus the sum of ``log1p(count) * weight`` of its features.

    The automaton reads bytes: ``state = moves[rows[state] * 256 + byte]``; entering a state with ``features[state] >=
    0`` counts that feature. A text without features scores 0 everywhere. ``classes`` are the priors and the least
    weight of each class; ``weights`` of features are what is above that. Their rows may be wider than those of
    ``scores``; what is beyond stays unread.

    Each text is cut into as many equal pieces as ``surely`` has columns (fewer of a short one), and each is scored by
    itself: ``surely`` gets the number of its language, -1 where none is sure enough, ``ABSENT`` where there is no
    piece. ``settings`` are sharpness, exponent (see ``langid``), the probability from which a piece is sure, and the
    least bytes of a piece.

    ``logs`` is ``log1p`` of counts up to the longest text's bytes, times the unit of ``weights``. Scratch: ``known`` (a
    feature each x 4, all 0: a line of memory holds what is known of one), ``seen`` (2 x the longest text's bytes and
    ``TOGETHER``), ``factors`` (as many), ``hits`` (``GROUP`` x 2 x those bytes), ``lanes`` (``GROUP`` x 2), ``sums``
    (2 x as wide as ``weights``), ``by_language`` (a language each).
    """
    texts = len(offsets) - 1
    prior, least = classes[0], classes[1]
    whole, total = sums[0], sums[1]
    for group in range(0, texts, GROUP):
        together = min(GROUP, texts - group)
        for lane in range(0, together, LANES):
            number = min(LANES, together - lane)
            _read(data, offsets, group + lane, number, moves, rows, features, hits[lane:], lanes[lane:])
        for lane in range(together):
            text = group + lane
            found = lanes[lane, _FOUND]
            for k in range(len(whole)):
                whole[k] = 0
            size = offsets[text + 1] - offsets[text]
            pieces = max(1, min(surely.shape[1], size // _int(settings[3])))
            logarithms = np.float32(0)
            first = _int(0)
            for piece in range(pieces):
                low, high = size * piece // pieces, size * (piece + 1) // pieces
                last = first
                while last < found and hits[lane, 1, last] < high:
                    last += 1
                surely[text, piece] = -1
                if last > first:
                    log = _weigh_piece(hits[lane, 0], first, last, weights, logs, known, seen, factors, total)
                    logarithms += log
                    for k in range(len(whole)):
                        whole[k] += total[k]
                        total[k] += prior[k] + log * least[k]
                    scale = settings[0] / (high - low) ** settings[1]
                    surely[text, piece] = _surely(total, scores.shape[1], scale, languages, settings[2], by_language)
                first = last
            for piece in range(pieces, surely.shape[1]):
                surely[text, piece] = ABSENT
            logarithms += _correct(hits[lane, 0], found, weights, logs, known, seen[0], factors, whole)
            for k in range(scores.shape[1]):
                scores[text, k] = prior[k] + logarithms * least[k] + whole[k] if found > 0 else 0
