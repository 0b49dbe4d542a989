"""Applying merges to types, compiled: of the pairs that may be joined the one learned first, from left to right."""

from __future__ import annotations

from typing import Any, Final

from ginbon.engine.compiling import helper, kernel, read, types, write
from ginbon.tokenizers.bpe.kernel.ranks import rank_of, slot_of

SYMBOL: Final = 0
BEFORE: Final = 1
AFTER: Final = 2
"""Columns of ``links``, one for each token of the type at hand: the token (-1: joined to its left neighbour), and its
neighbours."""

_i32 = write(types.int32)
_i64 = write(types.int64)
_i32x2 = write(types.int32, 2)
_given_i32 = read(types.int32)
_given_i64 = read(types.int64)
_given_i32x2 = read(types.int32, 2)


@kernel(types.void, _given_i32x2, _i64, _i32)
def index(pairs: Any, keys: Any, ranks: Any) -> None:
    """Enter the pairs into a table whose size is a power of two; of a pair that is there twice the first counts."""
    mask = keys.shape[0] - 1
    for rank in range(pairs.shape[0]):
        key = int(pairs[rank, 0]) << 32 | int(pairs[rank, 1])
        slot = slot_of(key, mask)
        while ranks[slot] >= 0 and keys[slot] != key:
            slot = (slot + 1) & mask
        if ranks[slot] < 0:
            keys[slot] = key
            ranks[slot] = rank


@helper
def push(heap: Any, size: Any, entry: Any) -> Any:
    """Add an entry to a heap whose least comes first; gives its new size."""
    at = size
    while at > 0:
        parent = (at - 1) // 2
        if heap[parent] <= entry:
            break
        heap[at] = heap[parent]
        at = parent
    heap[at] = entry
    return size + 1


@helper
def pop(heap: Any, size: Any) -> Any:
    """Take the first entry away; gives the new size."""
    size -= 1
    entry = heap[size]
    at = 0
    while True:
        child = 2 * at + 1
        if child >= size:
            break
        if child + 1 < size and heap[child + 1] < heap[child]:
            child += 1
        if heap[child] >= entry:
            break
        heap[at] = heap[child]
        at = child
    heap[at] = entry
    return size


@helper
def consider(links: Any, keys: Any, ranks: Any, heap: Any, size: Any, at: Any) -> Any:
    """Put the pair that begins at a token into the heap, where it is one that is merged."""
    after = links[at, AFTER]
    if at < 0 or after < 0:
        return size
    rank = rank_of(keys, ranks, links[at, SYMBOL], links[after, SYMBOL])
    if rank < 0:
        return size
    return push(heap, size, int(rank) << 32 | int(at))


@helper
def merge_type(links: Any, n: Any, pairs: Any, first_id: Any, keys: Any, ranks: Any, heap: Any) -> Any:
    """Merge the ``n`` tokens of a type; gives how many are left."""
    size = 0
    for at in range(n - 1):
        size = consider(links, keys, ranks, heap, size, at)
    left = n
    while size > 0:
        rank, at = heap[0] >> 32, heap[0] & 0xFFFFFFFF
        size = pop(heap, size)
        after = links[at, AFTER]
        if after < 0 or links[at, SYMBOL] != pairs[rank, 0] or links[after, SYMBOL] != pairs[rank, 1]:
            continue
        links[at, SYMBOL] = first_id + rank
        links[after, SYMBOL] = -1
        beyond = links[after, AFTER]
        links[at, AFTER] = beyond
        if beyond >= 0:
            links[beyond, BEFORE] = at
        left -= 1
        if links[at, BEFORE] >= 0:
            size = consider(links, keys, ranks, heap, size, links[at, BEFORE])
        size = consider(links, keys, ranks, heap, size, at)
    return left


@kernel(
    types.void,
    _given_i64,
    _given_i32,
    _given_i32x2,
    types.int64,
    _i64,
    _i32,
    _i32x2,
    _i64,
    _i32,
    _i64,
)
def apply(
    offsets: Any,
    ids: Any,
    pairs: Any,
    first_id: Any,
    keys: Any,
    ranks: Any,
    links: Any,
    heap: Any,
    out: Any,
    sizes: Any,
) -> None:
    """Merge every type: its tokens are written to ``out`` one after another, and their number to ``sizes``.

    ``links`` and ``heap`` are as long as the longest type, the heap three times.
    """
    end = 0
    for row in range(sizes.shape[0]):
        first, n = offsets[row], offsets[row + 1] - offsets[row]
        for i in range(n):
            links[i, SYMBOL] = ids[first + i]
            links[i, BEFORE] = i - 1
            links[i, AFTER] = i + 1 if i + 1 < n else -1
        sizes[row] = merge_type(links, n, pairs, first_id, keys, ranks, heap)
        at = 0 if n else -1
        while at >= 0:
            out[end] = links[at, SYMBOL]
            end += 1
            at = links[at, AFTER]
