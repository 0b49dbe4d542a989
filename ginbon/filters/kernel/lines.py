"""Taking lines out of texts."""

from __future__ import annotations

from typing import Any

import numpy as np

from ginbon.engine.compiling import kernel, read, types, write
from ginbon.filters.kernel.reading import is_blank
from ginbon.filters.kernel.tally import RULE_MASK, RULE_SHIFT

_u8 = read(types.uint8)
_u16 = read(types.uint16)
_i64 = read(types.int64)
_out_u8 = write(types.uint8)
_out_i64 = write(types.int64)


@kernel(types.int64, _u8, _i64, _u16, _u8, types.int64, _out_u8, _out_i64, _out_i64, _out_i64)
def cut_lines(
    data: Any, offsets: Any, table: Any, line_left: Any, wanted: int, out: Any, ends: Any, spans: Any, span_ends: Any
) -> int:
    """Copy the texts without the lines whose ``line_left`` lacks the bit ``wanted``; return the bytes written.

    ``ends`` and ``span_ends`` are rows + 1; ``spans`` gets rule, position and length of what is cut: lines that one
    rule cuts, with none left between them, are one span. Where a text loses lines, blank ones in a row become one, and
    those at its start and end go.
    """
    n = 0
    line = 0
    cuts = 0
    for row in range(offsets.shape[0] - 1):
        start = offsets[row]
        end = offsets[row + 1]
        first = n
        first_cut = cuts
        blank = False
        rule = np.uint8(0)  # of the line before, if it was cut
        i = start
        while i < end:
            stop = i
            while stop < end and data[stop] != 10:
                stop += 1
            if is_blank(data, i, stop, table):
                blank = n > first
            elif line_left[line] & wanted:
                line += 1
                rule = np.uint8(0)
                if n > first:
                    out[n] = 10
                    n += 1
                if blank:
                    out[n] = 10
                    n += 1
                    blank = False
                for k in range(i, stop):
                    out[n] = data[k]
                    n += 1
            else:
                cuts_it = np.uint8(line_left[line] >> RULE_SHIFT & RULE_MASK)
                if cuts_it != rule:
                    rule = cuts_it
                    spans[3 * cuts] = rule
                    spans[3 * cuts + 1] = i - start
                    cuts += 1
                spans[3 * cuts - 1] = stop - start - spans[3 * cuts - 2]
                line += 1
            i = stop + 1
        if cuts == first_cut:  # untouched, with all its blank lines
            n = first
            for k in range(start, end):
                out[n] = data[k]
                n += 1
        ends[row + 1] = n
        span_ends[row + 1] = cuts
    return n
