"""Sets of shingle hashes compared for what they are: how many two share, and which of a cluster belong together.

A set is a run of sorted, distinct 64-bit hashes.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ginbon.engine.compiling import helper, kernel, read, types, write
from ginbon.filters.kernel.trees import join

_i64 = read(types.int64)
_u64 = read(types.uint64)
_out_i64 = write(types.int64)
_out_i32 = write(types.int32)
_out_u64 = write(types.uint64)

WHOLE = 1_000_000
"""Similarities are counted in millionths."""

LOOKED_AT = 256
"""Leaders that a set is compared with, at most."""

BUCKETS = 32
"""Powers of two of how often a hash occurs in a cluster."""

TABLE = 2**24
"""Places in the table of a cluster's hashes, at most: hashes that meet there count as one, and are told apart later."""

_COUNT, _HEAD = 0, 1  # rows of ``table``: how often a hash occurs, and the last entry of its list
_LEADER, _NEXT, _MARK = 0, 1, 2  # rows of ``entries``: a leader, the entry before, half of the hash


@helper
def shared_by(hashes: Any, i: Any, stop: Any, j: Any, end: Any, needed: Any) -> Any:
    """How many hashes two sets share; something smaller than ``needed`` where they share fewer than that."""
    found = np.int64(0)
    while i < stop and j < end:
        if found + min(stop - i, end - j) < needed:
            break
        one, other = hashes[i], hashes[j]
        found += one == other
        i += one <= other
        j += other <= one
    return found


@helper
def slot_of(h: Any, size: Any) -> Any:
    """Where a hash is counted and listed, in a table of so many places (a power of two)."""
    return np.int64(h & np.uint64(size - 1))


@helper
def mark_of(h: Any) -> Any:
    """The other half of the hash."""
    return np.int32(np.int64(h >> np.uint64(32)) - 2**31)


@helper
def least(size: Any, threshold: Any) -> Any:
    """How many of its hashes a set must share with any that is so similar."""
    return (np.int64(size) * threshold + WHOLE - 1) // WHOLE


@helper
def bucket_of(count: Any) -> Any:
    """The power of two that a number reaches."""
    bucket = 0
    while count > 1:
        count >>= 1
        bucket += 1
    return bucket


@helper
def rarest(hashes: Any, start: Any, stop: Any, number: Any, table: Any, size: Any, tally: Any, out: Any) -> None:
    """The ``number`` hashes of a set that are rarest in its cluster (by powers of two), those of one power by value."""
    for b in range(BUCKETS + 1):
        tally[b] = 0
    for i in range(start, stop):
        tally[bucket_of(table[_COUNT, slot_of(hashes[i], size)]) + 1] += 1
    for b in range(BUCKETS):
        tally[b + 1] += tally[b]
    for i in range(start, stop):
        bucket = bucket_of(table[_COUNT, slot_of(hashes[i], size)])
        if tally[bucket] < number:
            out[tally[bucket]] = hashes[i]
        tally[bucket] += 1


@helper
def count(begin: Any, end: Any, starts: Any, stops: Any, hashes: Any, table: Any) -> Any:
    """Count the hashes of a cluster's sets in a table as large as they need; gives its size."""
    total = np.int64(0)
    for s in range(begin, end):
        total += stops[s] - starts[s]
    size = np.int64(1)
    while size < total and size < TABLE:
        size *= 2
    for k in range(size):
        table[_COUNT, k] = 0
        table[_HEAD, k] = -1
    for s in range(begin, end):
        for i in range(starts[s], stops[s]):
            table[_COUNT, slot_of(hashes[i], size)] += 1
    return size


@kernel(types.int64, _u64, _u64)
def shared(ones: Any, others: Any) -> Any:
    """How many hashes two sets share."""
    found = np.int64(0)
    i = 0
    j = 0
    while i < ones.shape[0] and j < others.shape[0]:
        one, other = ones[i], others[j]
        found += one == other
        i += one <= other
        j += other <= one
    return found


@kernel(
    types.int64,
    _i64,
    _i64,
    _i64,
    _u64,
    types.int64,
    write(types.int32, 2),
    write(types.int32, 2),
    _out_i32,
    _out_i64,
    _out_u64,
    _out_i64,
    _out_i64,
)
def lead(
    cluster_ends: Any,
    starts: Any,
    stops: Any,
    hashes: Any,
    threshold: int,
    table: Any,
    entries: Any,
    seen: Any,
    tally: Any,
    first: Any,
    parent: Any,
    likeness: Any,
) -> Any:
    """Join each set with the leaders of its cluster that are as similar to it as ``threshold`` (millionths) or more.

    Set i is ``hashes[starts[i]:stops[i]]``; the sets of cluster c are ``cluster_ends[c]`` to ``cluster_ends[c + 1]``,
    none of them empty. One that is similar to no leader before it is a leader itself. ``parent`` gets the smallest set
    that each is joined with, ``likeness`` its greatest similarity with a leader (a leader's own is ``WHOLE``). Gives
    how many pairs were compared.

    Two sets that are so similar share one of the few hashes that are rarest in their cluster: of each set all but
    ``least(size) - 1`` of them, in an order that is the same for all. So leaders are listed by those, and only leaders
    met there are compared, ``LOOKED_AT`` at most, those met by rarer hashes first.

    Source: Bayardo, Ma and Srikant 2007 (All-Pairs), Xiao et al. 2008 (PPJoin), prefix filtering.

    Scratch: ``table`` (2 x a power of two), ``entries`` (3 x all that a cluster can list), ``seen`` (a place for each
    set, -1), ``tally`` (``BUCKETS + 1``), ``first`` (as many as the largest set has).
    """
    compared = np.int64(0)
    for c in range(cluster_ends.shape[0] - 1):
        size = count(cluster_ends[c], cluster_ends[c + 1], starts, stops, hashes, table)
        listed = np.int32(0)
        for s in range(cluster_ends[c], cluster_ends[c + 1]):
            own = stops[s] - starts[s]
            few = own - least(own, threshold) + 1
            rarest(hashes, starts[s], stops[s], few, table, size, tally, first)
            looked = 0
            best = np.int64(-1)
            for k in range(few):
                entry = table[_HEAD, slot_of(first[k], size)]
                while entry >= 0 and looked < LOOKED_AT:
                    leader = entries[_LEADER, entry]
                    its_own = entries[_MARK, entry] == mark_of(first[k])
                    entry = entries[_NEXT, entry]
                    if not its_own or seen[leader] == s:
                        continue
                    seen[leader] = s
                    looked += 1
                    its = stops[leader] - starts[leader]
                    if min(own, its) < least(max(own, its), threshold):
                        continue
                    needed = ((own + its) * threshold + WHOLE + threshold - 1) // (WHOLE + threshold)
                    both = shared_by(hashes, starts[s], stops[s], starts[leader], stops[leader], needed)
                    compared += 1
                    if both >= needed:
                        join(parent, np.int64(leader), s)
                        best = max(best, both * WHOLE // (own + its - both))
            if best < 0:  # a leader
                best = np.int64(WHOLE)
                for k in range(few):
                    slot = slot_of(first[k], size)
                    entries[_LEADER, listed] = s
                    entries[_NEXT, listed] = table[_HEAD, slot]
                    entries[_MARK, listed] = mark_of(first[k])
                    table[_HEAD, slot] = listed
                    listed += 1
            likeness[s] = best
    return compared
