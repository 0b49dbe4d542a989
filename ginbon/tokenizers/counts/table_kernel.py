"""A table of byte strings, each with a mark and a count, compiled: open addressing over slices of a text.

Kernels take all memory from their caller. ``add`` stops where a table is full, and goes on when called again.
"""

from __future__ import annotations

from typing import Any, Final

from ginbon.engine.compiling import helper, inlined, kernel, read, types, unsigned, write

HASH: Final = 0
START: Final = 1
SIZE: Final = 2
MARK: Final = 3
"""Columns of ``entries``: the hash of a string and its mark, its bytes in ``kept``, and the mark."""

ENTRIES: Final = 0
BYTES: Final = 1
"""Places in ``used``."""

_u8 = read(types.uint8)
_i64 = read(types.int64)
_i32 = read(types.int32)
_u64 = read(types.uint64)
_out_u8 = write(types.uint8)
_out_i32 = write(types.int32)
_out_i64 = write(types.int64)
_out_u64 = write(types.uint64)
_out_i64x2 = write(types.int64, 2)


@inlined
def mixed(value: Any) -> Any:
    """All bits of a hash in its low ones."""
    value = (value ^ (value >> 32 & 0xFFFFFFFF)) * 0x9E3779B97F4A7C1
    return value ^ (value >> 29 & 0x7FFFFFFFF)


@helper
def hash_of(data: Any, first: Any, end: Any, mark: Any) -> Any:
    """64 bits of a slice and its mark."""
    value = 1469598103934665603 + mark
    for i in range(unsigned(first), unsigned(end)):
        value = (value ^ data[i]) * 1099511628211
    return mixed(value)


@helper
def is_same(entries: Any, kept: Any, entry: Any, value: Any, data: Any, first: Any, size: Any, mark: Any) -> Any:
    """Whether an entry is a slice with this mark."""
    if entries[entry, HASH] != value or entries[entry, SIZE] != size or entries[entry, MARK] != mark:
        return False
    start, i = unsigned(entries[entry, START]), unsigned(0)
    while i < unsigned(size) and kept[start + i] == data[unsigned(first) + i]:
        i += unsigned(1)
    return i == unsigned(size)


@helper
def entry_of(
    data: Any, first: Any, end: Any, mark: Any, slots: Any, entries: Any, counts: Any, kept: Any, used: Any
) -> Any:
    """The entry of a slice, made where there is none; -1 where there is no room."""
    last = slots.shape[0] - 1
    value = hash_of(data, first, end, mark)
    size = end - first
    slot = value & last
    while slots[slot] >= 0 and not is_same(entries, kept, slots[slot], value, data, first, size, mark):
        slot = (slot + 1) & last
    entry = int(slots[slot])
    if entry < 0:
        entry = used[ENTRIES]
        start = used[BYTES]
        if entry == entries.shape[0] or start + size > kept.shape[0]:
            return -1
        slots[slot] = entry
        entries[entry, HASH] = value
        entries[entry, START] = start
        entries[entry, SIZE] = size
        entries[entry, MARK] = mark
        for k in range(unsigned(size)):
            kept[unsigned(start) + k] = data[unsigned(first) + k]
        counts[entry] = 0
        used[ENTRIES] = entry + 1
        used[BYTES] = start + size
    return entry


@kernel(
    types.int64,
    _u8,
    types.int64,
    _i64,
    _i32,
    _u64,
    types.int64,
    _out_i32,
    _out_i64x2,
    _out_u64,
    _out_u8,
    _out_i64,
)
def add(
    data: Any,
    begin: Any,
    ends: Any,
    marks: Any,
    amounts: Any,
    done: Any,
    slots: Any,
    entries: Any,
    counts: Any,
    kept: Any,
    used: Any,
) -> int:
    """Count the slices that end at ``ends`` and begin where the one before ended (the first at ``begin``).

    Those before ``done`` are passed over; gives how many are done, fewer than all where there is no room.
    """
    first = begin if done == 0 else ends[done - 1]
    for i in range(done, ends.shape[0]):
        entry = entry_of(data, first, ends[i], marks[i], slots, entries, counts, kept, used)
        if entry < 0:
            return int(i)
        counts[entry] += amounts[i]
        first = ends[i]
    return int(ends.shape[0])


@kernel(types.void, _out_i64x2, types.int64, _out_i32)
def index(entries: Any, n: Any, slots: Any) -> None:
    """Enter ``n`` distinct entries into empty slots."""
    mask = slots.shape[0] - 1
    for entry in range(n):
        slot = entries[entry, HASH] & mask
        while slots[slot] >= 0:
            slot = (slot + 1) & mask
        slots[slot] = entry


@kernel(types.int64, _u8, _i64, types.int64, _out_i32, _out_i64x2, _out_u64, _out_u8, _out_i64, _out_i32)
def place(
    data: Any, ends: Any, done: Any, slots: Any, entries: Any, counts: Any, kept: Any, used: Any, places: Any
) -> int:
    """Write the entry of each slice with the mark 0 to ``places``; otherwise as ``add``."""
    first = 0 if done == 0 else ends[done - 1]
    for i in range(done, ends.shape[0]):
        entry = entry_of(data, first, ends[i], 0, slots, entries, counts, kept, used)
        if entry < 0:
            return int(i)
        places[i] = entry
        first = ends[i]
    return int(ends.shape[0])


@kernel(types.void, _i32, _u64, _out_i64)
def add_up(places: Any, amounts: Any, sums: Any) -> None:
    """Add amounts to what stands at some places."""
    for i in range(places.shape[0]):
        sums[unsigned(places[i])] += types.int64(amounts[i])
