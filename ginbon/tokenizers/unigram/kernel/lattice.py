"""All ways to cut the types into pieces, compiled: how often each piece is expected, and what would stand in its place.

``node[at]`` is the longest piece that a text has at a position, ``links[piece]`` its symbols and the next shorter piece
(its parent) in one number: so all pieces that begin at a position are found without a look at the text. Sums are kept
as whole numbers, which add up to the same in any order.
"""

from __future__ import annotations

from typing import Any, Final

from ginbon.engine.compiling import helper, kernel, read, types, write

SIZE_BITS: Final = 8
SIZE_MASK: Final = 255
"""``links[piece]`` is ``parent << SIZE_BITS | symbols``; the parent of a single symbol is -1."""

TINY: Final = 2.0**-200
HUGE: Final = 2.0**200
"""Where the probability of all that stands before a position falls below the one, it is multiplied by the other."""

_i32 = read(types.int32)
_i64 = read(types.int64)
_f64 = read(types.float64)
_out_f64 = write(types.float64)
_out_i64 = write(types.int64)


@helper
def forward(node: Any, begin: Any, n: Any, links: Any, chances: Any, before: Any, longest: Any) -> None:
    """The probability of the first ``i`` symbols of a text, in all ways to cut them, in ``before[i]``.

    Where it is tiny it is multiplied by a huge number from there on, and stands negative as a sign.
    """
    for i in range(1, n + 1):
        before[i] = 0.0
    before[0] = 1.0
    for i in range(n):
        here = before[i]
        if here < TINY:
            for k in range(i, min(i + longest, n + 1)):
                before[k] *= HUGE
            here = before[i]
            before[i] = -here
        piece = node[begin + i]
        while piece >= 0:
            link = links[piece]
            before[i + (link & SIZE_MASK)] += here * chances[piece]
            piece = link >> SIZE_BITS


@kernel(
    types.void,
    _i32,
    _i64,
    _i64,
    types.int64,
    types.int64,
    _i64,
    _f64,
    types.int64,
    types.float64,
    _out_f64,
    _out_f64,
    _out_i64,
)
def expect(
    node: Any,
    ends: Any,
    counts: Any,
    first: Any,
    last: Any,
    links: Any,
    chances: Any,
    longest: Any,
    scale: Any,
    before: Any,
    after: Any,
    expected: Any,
) -> None:
    """Add to ``expected`` how often each piece stands in the types from ``first`` to ``last``, times ``scale``.

    The share of all cuts of a type in which a piece stands at a place is rounded to a multiple of ``1 / scale``.
    ``before`` and ``after`` have room for the longest type, and ``longest`` more.
    """
    for row in range(first, last):
        begin = ends[row - 1] + 1 if row else 0
        n = ends[row] - begin
        times = counts[row]
        forward(node, begin, n, links, chances, before, longest)
        after[n] = scale / before[n]
        for i in range(n - 1, -1, -1):
            here = before[i]
            scaled = here < 0
            if scaled:
                here = -here
            total = 0.0
            piece = node[begin + i]
            while piece >= 0:
                link = links[piece]
                share = chances[piece] * after[i + (link & SIZE_MASK)]
                total += share
                expected[piece] += int(here * share + 0.5) * times
                piece = link >> SIZE_BITS
            after[i] = total
            if scaled:
                for k in range(i, min(i + longest, n + 1)):
                    after[k] *= HUGE


@kernel(types.void, _i32, _i64, _i64, _i64, _f64, _out_f64, _out_i64, _out_f64, _out_i64)
def without(
    node: Any,
    places: Any,
    sizes: Any,
    links: Any,
    logs: Any,
    best: Any,
    back: Any,
    likelihood: Any,
    parts: Any,
) -> None:
    """What each piece would be cut into if it were gone: the likeliest pieces of its text (Viterbi).

    ``likelihood`` is the logarithm of their probability, ``parts`` their number; single symbols are passed over.
    ``places`` is where a piece's text stands. ``best`` and ``back`` have room for the longest piece, and one more.
    """
    for piece in range(places.shape[0]):
        n = sizes[piece]
        if n == 1:
            continue
        begin = places[piece]
        best[0] = 0.0
        best[1 : n + 1] = -1e300
        for i in range(n):
            part = node[begin + i]
            while part >= 0:
                link = links[part]
                end = i + (link & SIZE_MASK)
                if end <= n and part != piece and best[i] + logs[part] > best[end]:
                    best[end] = best[i] + logs[part]
                    back[end] = part
                part = link >> SIZE_BITS
        likelihood[piece] = best[n]
        at = n
        while at > 0:
            parts[piece] += 1
            at -= links[back[at]] & SIZE_MASK
