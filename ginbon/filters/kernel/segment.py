"""Runs of scripts that need a dictionary: where they are, and where words begin in them.

ICU cuts the runs; these kernels gather them from an Arrow buffer into one text and carry the answer back.
"""

from __future__ import annotations

from typing import Any, Final

from ginbon.filters.kernel.cache import prepare

prepare()

import numpy as np  # noqa: E402
from numba import njit, types  # noqa: E402

from ginbon.filters.kernel import classes as c  # noqa: E402

RUN_CHARS: Final = 8_192
"""A longer run is cut: a dictionary search holds some 30 bytes for each character of its run."""

_u8 = types.Array(types.uint8, 1, "C", readonly=True)
_u16 = types.Array(types.uint16, 1, "C", readonly=True)
_i64 = types.Array(types.int64, 1, "C", readonly=True)
_out_u8 = types.Array(types.uint8, 1, "C")
_out_i64 = types.Array(types.int64, 1, "C")

_DICTIONARY = np.uint16(c.DICTIONARY)
_EXTEND = np.uint16(c.EXTEND)
_FORMAT = np.uint16(c.FORMAT)
_MASK = np.uint16(c.CLASS_MASK)


@njit(
    types.int64(_u8, _i64, _u16, types.int64, _out_i64),
    cache=True,
    nogil=True,
    error_model="numpy",
)
def find_runs(data: Any, offsets: Any, table: Any, run_chars: int, out: Any) -> int:
    """Write start and end of every run of dictionary characters (marks and joiners included); return how many.

    ``out`` is filled as far as it goes (pairs of byte positions in ``data``), so a first call with an empty one counts.
    """
    found = 0
    room = out.shape[0] // 2
    for row in range(offsets.shape[0] - 1):
        i = offsets[row]
        end = offsets[row + 1]
        start = -1
        chars = 0
        while i < end:
            lead = data[i]
            # Every character of these scripts has three or four bytes; those inside a run may have two (U+0300).
            if lead < 0x80 or (lead < 0xE0 and start < 0):
                size = 1
                cp = np.int64(lead)
                if lead >= 0xC0:
                    size = 2
                    cp = np.int64(0)
            elif lead < 0xE0:
                size = 2
                cp = np.int64(lead & 31) << 6 | (data[i + 1] & 63) if i + 1 < end else np.int64(0)
            elif lead < 0xF0:
                size = 3
                cp = np.int64(0)
                if i + 2 < end:
                    cp = np.int64(lead & 15) << 12 | np.int64(data[i + 1] & 63) << 6 | (data[i + 2] & 63)
            else:
                size = 4
                cp = np.int64(0)
                if i + 3 < end and lead < 0xF5:
                    cp = (
                        np.int64(lead & 7) << 18
                        | np.int64(data[i + 1] & 63) << 12
                        | np.int64(data[i + 2] & 63) << 6
                        | (data[i + 3] & 63)
                    )
                    cp = cp if cp < 0x110000 else np.int64(0)
            kind = table[cp] & _MASK
            if kind == _DICTIONARY:
                if start >= 0 and chars >= run_chars:
                    if found < room:
                        out[2 * found] = start
                        out[2 * found + 1] = i
                    found += 1
                    start = -1
                if start < 0:
                    start = i
                    chars = 0
                chars += 1
            elif start >= 0:
                if kind in (_EXTEND, _FORMAT):
                    chars += 1
                else:
                    if found < room:
                        out[2 * found] = start
                        out[2 * found + 1] = i
                    found += 1
                    start = -1
            i += size
        if start >= 0:
            if found < room:
                out[2 * found] = start
                out[2 * found + 1] = end
            found += 1
    return found


@njit(types.int64(_u8, _i64, _out_u8), cache=True, nogil=True, error_model="numpy")
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


@njit(types.void(_u8, _i64, _i64, _out_u8), cache=True, nogil=True, error_model="numpy")
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
