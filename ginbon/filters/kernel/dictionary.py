"""ICU's dictionaries in one array, where a step from a letter to the next is one look into memory.

ICU keeps its words in compact tries of 8 or 16-bit units (``BytesTrie``, ``UCharsTrie``), which are read here and laid
out as a double array (Aoe 1989): node ``s`` has a child for ``label`` if slot ``base(s) + label`` says that its parent
is ``s``. A slot is one 64-bit number, so that a step touches one line of cache.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from ginbon.engine.compiling import helper, kernel, read, types, write
from ginbon.filters.kernel.roles import NODE_BITS, VALUE_BITS

_i32 = read(types.int32)
_out_i32 = write(types.int32)
_out_u64 = write(types.uint64)

_BASE_SHIFT = np.uint64(VALUE_BITS)
_PARENT_SHIFT = np.uint64(VALUE_BITS + NODE_BITS)

# Leads of ICU's tries: what they mean is documented in its bytestrie.h and ucharstrie.h.
_BRANCH_LINEAR: Final = 5  # a branch of up to so many children is a list


@helper
def _number(units: Any, at: Any, lead: Any, wide: Any) -> Any:
    """A value or distance that begins with ``lead``, the unit before ``at``: the number and where it ends."""
    if wide:
        if lead < 0x4000:
            return np.int64(lead), at
        if lead < 0x7FFF:
            return np.int64(lead - 0x4000) << 16 | units[at], at + 1
        return np.int64(units[at]) << 16 | units[at + 1], at + 2
    if lead < 0x51:
        return np.int64(lead - 0x10), at
    if lead < 0x6C:
        return np.int64(lead - 0x51) << 8 | units[at], at + 1
    if lead < 0x7E:
        return np.int64(lead - 0x6C) << 16 | np.int64(units[at]) << 8 | units[at + 1], at + 2
    number = np.int64(0)
    size = 3 if lead == 0x7E else 4
    for k in range(size):
        number = number << 8 | units[at + k]
    return number, at + size


@helper
def _jump(units: Any, at: Any, wide: Any) -> Any:
    """Where the smaller half of a branch is, and where the distance to it ends."""
    lead = np.int64(units[at])
    at += 1
    if wide:
        if lead < 0xFC00:
            return at + lead, at
        if lead < 0xFFFF:
            return at + 1 + ((lead - 0xFC00) << 16 | units[at]), at + 1
        return at + 2 + (np.int64(units[at]) << 16 | units[at + 1]), at + 2
    if lead < 0xC0:
        return at + lead, at
    size = 1 if lead < 0xF0 else 2 if lead < 0xFE else 3 if lead == 0xFE else 4
    distance = lead - 0xC0 if size == 1 else lead - 0xF0 if size == 2 else np.int64(0)
    for k in range(size):
        distance = distance << 8 | units[at + k]
    return at + size + distance, at + size


@helper
def _enter(units: Any, at: Any, wide: Any) -> Any:
    """Value of the node at ``at`` (-1: none), where its children are described (-1: none), and the lead of that."""
    lead = np.int64(units[at])
    at += 1
    if not wide:
        if lead < 0x20:
            return np.int64(-1), at, lead
        value, at = _number(units, at, lead >> 1, wide)
        if lead & 1:
            return value, np.int64(-1), np.int64(0)
        return value, at + 1, np.int64(units[at])
    if lead & 0x8000:
        value, at = _number(units, at, lead & 0x7FFF, wide)
        return value, np.int64(-1), np.int64(0)
    if lead < 0x40:
        return np.int64(-1), at, lead
    if lead < 0x4040:
        return (lead >> 6) - 1, at, lead & 63
    if lead < 0x7FC0:
        return ((lead & 0x7FC0) - 0x4040) << 10 | units[at], at + 1, lead & 63
    return np.int64(units[at]) << 16 | units[at + 1], at + 2, lead & 63


@helper
def _branch(
    units: Any, at: Any, lead: Any, wide: Any, labels: Any, places: Any, rests: Any, stack: Any, nodes: Any
) -> Any:
    """Append the children of a branch. ``stack`` holds halves that are still to be read: place and size."""
    size = lead
    if lead == 0:
        size = np.int64(units[at])
        at += 1
    size += 1
    depth = 0
    while True:
        while size > _BRANCH_LINEAR:
            half, at = _jump(units, at + 1, wide)
            stack[depth] = half
            stack[depth + 1] = size >> 1
            depth += 2
            size -= size >> 1
        while size > 1:
            labels[nodes] = units[at]
            lead = np.int64(units[at + 1])
            rests[nodes] = 0
            if lead & (0x8000 if wide else 1):  # the value is here, and nothing follows
                places[nodes] = at + 1
                _, at = _number(units, at + 2, lead & 0x7FFF if wide else lead >> 1, wide)
            else:
                distance, at = _number(units, at + 2, lead if wide else lead >> 1, wide)
                places[nodes] = at + distance
            nodes += 1
            size -= 1
        labels[nodes] = units[at]
        places[nodes] = at + 1
        rests[nodes] = 0
        nodes += 1
        if depth == 0:
            return nodes
        depth -= 2
        at = np.int64(stack[depth])
        size = np.int64(stack[depth + 1])


@kernel(types.int64, _i32, types.int64, _out_i32, _out_i32, _out_i32, _out_i32, _out_i32, _out_i32, _out_i32)
def expand(
    units: Any, wide: Any, first: Any, count: Any, labels: Any, values: Any, places: Any, rests: Any, stack: Any
) -> int:
    """Nodes of ICU's trie in order of depth: node ``k`` has children ``first[k]`` to ``first[k] + count[k]``.

    ``labels`` are the units that lead to a node, ``values`` of its word or -1. Returns the number of nodes; every array
    has room for as many as ``units``, and one. ``places``, ``rests`` and ``stack`` are scratch.
    """
    linear = 0x30 if wide else 0x10
    places[0] = 0
    rests[0] = 0  # units still to be met of a run that has one child after another
    nodes = 1
    k = 0
    while k < nodes:
        at = np.int64(places[k])
        rest = np.int64(rests[k])
        first[k] = nodes
        values[k] = -1
        if rest == 0:
            value, at, lead = _enter(units, at, wide)
            values[k] = value
            if at < 0:
                count[k] = 0
                k += 1
                continue
            if lead < linear:
                nodes = _branch(units, at, lead, wide, labels, places, rests, stack, nodes)
                count[k] = nodes - first[k]
                k += 1
                continue
            rest = lead - linear + 1
        labels[nodes] = units[at]
        places[nodes] = at + 1
        rests[nodes] = rest - 1
        nodes += 1
        count[k] = 1
        k += 1
    return nodes


@helper
def _free(links: Any, at: Any) -> Any:
    """The first free slot from ``at`` on; links are shortened on the way."""
    end = at
    while links[end] != end:
        end = links[end]
    while links[at] != end:
        following = links[at]
        links[at] = end
        at = following
    return end


@kernel(types.int64, types.int64, _i32, _i32, _i32, _i32, types.int64, _out_i32, _out_i32, _out_i32, _out_u64)
def lay_out(
    nodes: Any,
    first: Any,
    count: Any,
    labels: Any,
    values: Any,
    root: Any,
    slots: Any,
    links: Any,
    hints: Any,
    out: Any,
) -> Any:
    """Put the nodes of ``expand`` into ``out``, node 0 at ``root``; returns the last slot used, or -1 if out is full.

    ``slots``, as long as the nodes, is scratch. ``links``, as long as ``out``, leads to free slots, and ``hints`` says
    from where to try for a node of so many children; both are kept from one dictionary to the next.
    """
    last: Any = root
    slots[0] = root
    out[root] = np.uint64(values[0] + 1)
    links[root] = root + 1
    for k in range(nodes):
        children: Any = np.int64(first[k])
        end = children + count[k]
        if children == end:
            continue
        lowest: Any = np.int64(labels[children])
        highest = lowest
        for j in range(children + 1, end):
            lowest = min(lowest, np.int64(labels[j]))
            highest = max(highest, np.int64(labels[j]))
        width = min(end - children, hints.shape[0] - 1)
        at = max(hints[width], lowest + 1)  # a base of 0 means: no children
        while True:
            at = _free(links, at)
            base = at - lowest
            if base + highest + 1 >= out.shape[0]:
                return -1
            j = children
            while j < end and links[base + labels[j]] == base + labels[j]:
                j += 1
            if j == end:
                break
            at += 1
        hints[width] = at
        out[slots[k]] |= np.uint64(base) << _BASE_SHIFT
        for j in range(children, end):
            slot = base + labels[j]
            links[slot] = slot + 1
            slots[j] = slot
            out[slot] = np.uint64(slots[k] + 1) << _PARENT_SHIFT | np.uint64(values[j] + 1)
        last = max(last, base + highest)
    return last
