"""Runs of scripts that need a dictionary: where they are, and carrying them to ICU and its answer back."""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from ginbon.engine.compiling import helper, kernel, read, types, write
from ginbon.filters.kernel.roles import EXTENDS, decode

RUN_CHARS: Final = 8_192
"""A longer run is cut: a search by costs holds some 32 bytes for each character of its run."""

_u8 = read(types.uint8)
_u16 = read(types.uint16)
_i64 = read(types.int64)
_out_u8 = write(types.uint8)
_out_i64 = write(types.int64)

_NONE = np.uint8(0)
_INDIA = np.uint8(0xE0)  # first bytes of characters, and least second bytes of those behind the blocks
_AFTER_INDIA = np.uint8(0xB8)
_MARKS = np.uint8(0xE2)
_AFTER_MARKS = np.uint8(0xBA)


@helper
def _may_hold_runs(data: Any, start: int, end: int) -> Any:
    """Whether a byte may begin a character of such a script: all but two blocks that most texts meet and no such script
    is in, U+0800-0DFF (India) and U+2000-2E7F (marks). It looks at 32 bytes at a time, since all its numbers are bytes:
    ``|`` would make wider ones of them.
    """
    if end - start < 2:
        return False
    found = _NONE
    leads, afters = data[start : end - 1], data[start + 1 : end]
    for i in range(len(leads)):
        lead, after = leads[i], afters[i]
        least = _AFTER_INDIA if lead == _INDIA else _AFTER_MARKS if lead == _MARKS else _NONE
        found = max(found, lead if after >= least else _NONE)
    return found >= _INDIA


@kernel(types.int64, _u8, _i64, _u16, types.int64, _out_i64)
def find_runs(data: Any, offsets: Any, roles: Any, run_chars: Any, out: Any) -> int:
    """Write start and end byte of every run of dictionary characters, marks and joiners in it included.

    Returns how many there are; ``out`` has room for a run in four bytes, and one a text.
    """
    found = 0
    for row in range(offsets.shape[0] - 1):
        i = offsets[row]
        end = offsets[row + 1]
        if not _may_hold_runs(data, i, end):
            continue
        start = np.int64(-1)
        chars = 0
        while i < end:
            if start < 0:
                lead = data[i]
                if lead < 0xE0:  # a run begins with a character of three or four bytes
                    i += 1
                    continue
                if i + 1 < end and data[i + 1] < (0xB8 if lead == 0xE0 else 0xBA if lead == 0xE2 else 0):
                    i += 3
                    continue
            cp, size = decode(data, i, end)
            role = roles[cp]
            if role == 0 or (role & EXTENDS and start < 0):
                if start >= 0:
                    out[2 * found] = start
                    out[2 * found + 1] = i
                    found += 1
                start = np.int64(-1)
            elif not role & EXTENDS:
                if chars == run_chars and start >= 0:
                    out[2 * found] = start
                    out[2 * found + 1] = i
                    found += 1
                    start = np.int64(-1)
                if start < 0:
                    start = i
                    chars = 0
                chars += 1
            i += size
        if start >= 0:
            out[2 * found] = start
            out[2 * found + 1] = min(i, end)
            found += 1
    return found


@kernel(types.int64, _u8, _i64, _out_u8)
def gather(data: Any, runs: Any, out: Any) -> int:
    """Copy the runs behind each other into ``out``, a line feed after each; return the bytes written."""
    n = 0
    for k in range(runs.shape[0] // 2):
        for i in range(runs[2 * k], runs[2 * k + 1]):
            out[n] = data[i]
            n += 1
        out[n] = 10
        n += 1
    return n


@kernel(types.void, _u8, _i64, _i64, _out_u8)
def mark_starts(data: Any, runs: Any, boundaries: Any, starts: Any) -> None:
    """Set ``starts`` to 1 at the byte of ``data`` where ICU found a boundary.

    ``boundaries`` are UTF-16 positions, ascending, in the text that ``gather`` wrote.
    """
    unit = 0
    b = 0
    for k in range(runs.shape[0] // 2):
        for i in range(runs[2 * k], runs[2 * k + 1]):
            lead = data[i]
            if lead & 0xC0 == 0x80:
                continue
            while b < boundaries.shape[0] and boundaries[b] < unit:
                b += 1
            if b < boundaries.shape[0] and boundaries[b] == unit:
                starts[i] = 1
            unit += 2 if lead >= 0xF0 else 1
        unit += 1
