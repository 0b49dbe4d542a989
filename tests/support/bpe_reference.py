"""Byte-pair encoding in plain Python, as slow as it is plain: what the compiled one must equal."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence

Row = tuple[int, ...]
Pair = tuple[int, int]


def joined(row: Row, pair: Pair, token: int) -> Row:
    """A row with a pair joined, from left to right."""
    out: list[int] = []
    i = 0
    while i < len(row):
        if row[i : i + 2] == pair:
            out.append(token)
            i += 2
        else:
            out.append(row[i])
            i += 1
    return tuple(out)


def learn(
    rows: Sequence[Row],
    counts: Sequence[int],
    merges: int,
    *,
    base: Sequence[bytes],
    min_count: int = 2,
    allowed: Callable[[bytes], bool] = lambda piece: True,
) -> tuple[list[Pair], list[int]]:
    """The pairs in the order in which they are merged, and how many tokens each saves."""
    rows, pieces = list(rows), list(base)
    pairs: list[Pair] = []
    gains: list[int] = []
    while len(pairs) < merges:
        found = {pair for row in rows for pair in itertools.pairwise(row)}
        gain = {
            pair: sum(n * (len(row) - len(joined(row, pair, -1))) for row, n in zip(rows, counts, strict=True))
            for pair in found
            if pieces[pair[0]] + pieces[pair[1]] not in pieces and allowed(pieces[pair[0]] + pieces[pair[1]])
        }
        frequent = [pair for pair in gain if gain[pair] >= min_count]
        if not frequent:
            break
        best = min(frequent, key=lambda pair: (-gain[pair], pair))
        rows = [joined(row, best, len(pieces)) for row in rows]
        pieces.append(pieces[best[0]] + pieces[best[1]])
        pairs.append(best)
        gains.append(gain[best])
    return pairs, gains
