"""What kernels ask about tokens: their bytes, whether some bytes are a token already, and whether they may be one."""

from __future__ import annotations

from typing import Any

import numpy as np

from ginbon.engine.compiling import helper, inlined
from ginbon.tokenizers.bpe.kernel.layout import HASH, LENGTH, START, STATE


@inlined
def step(value: Any, byte: Any) -> Any:
    """The hash of some bytes and one more."""
    value = (value ^ byte) * 1099511628211
    return value ^ (value >> 29 & 0x7FFFFFFFF)


@helper
def spell(pieces: Any, data: Any, left: Any, right: Any, token: Any, at: Any) -> Any:
    """Write the bytes of a pair to ``at`` on, as those of ``token``."""
    size = 0
    for part in (left, right):
        start = pieces[part, START]
        for i in range(pieces[part, LENGTH]):
            data[at + size] = data[start + i]
            size += 1
    pieces[token, START] = at
    pieces[token, LENGTH] = size


@helper
def remember(pieces: Any, data: Any, table: Any, token: Any) -> Any:
    """Put a token into the table of pieces; false where its bytes are another token's."""
    value = 1469598103934665603
    start, size = pieces[token, START], pieces[token, LENGTH]
    for i in range(size):
        value = step(value, np.int64(data[start + i]))
    pieces[token, HASH] = value
    mask = table.shape[0] - 1
    slot = value & mask
    while table[slot] >= 0:
        other = table[slot]
        if pieces[other, HASH] == value and pieces[other, LENGTH] == size:
            same = True
            for i in range(size):
                if data[pieces[other, START] + i] != data[start + i]:
                    same = False
                    break
            if same:
                return False
        slot = (slot + 1) & mask
    table[slot] = token
    return True


@helper
def walk(pieces: Any, data: Any, automaton: Any, state: Any, token: Any) -> Any:
    """The automaton's state after a token's bytes."""
    start = pieces[token, START]
    for i in range(start, start + pieces[token, LENGTH]):
        state = automaton[state, data[i]]
    return state


@helper
def is_allowed(pieces: Any, data: Any, automaton: Any, accepts: Any, left: Any, right: Any, max_bytes: Any) -> Any:
    """Whether a pair may become a token."""
    if pieces[left, LENGTH] + pieces[right, LENGTH] > max_bytes:
        return False
    return accepts[walk(pieces, data, automaton, pieces[left, STATE], right)]
