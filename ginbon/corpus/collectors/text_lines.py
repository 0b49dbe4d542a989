"""UTF-8 lines as documents, a block at a time without a Python loop: for files with a sentence or paragraph a line."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from ginbon.corpus.collectors.columns import Rows
from ginbon.corpus.readers.lines import Block
from ginbon.corpus.readers.streams import locate

Places = npt.NDArray[np.int64]

TAKEN = {"text": ("text",)}
"""What a mapper is told of a batch of lines."""

_SPACE = np.zeros(256, bool)
_SPACE[list(b" \t\n\r\x0b\x0c")] = True


@dataclass(frozen=True)
class Lines:
    """The lines of a block that are candidates for documents, and those that damage cut; blank lines are neither."""

    batch: pa.RecordBatch
    rows: Rows
    ends: Places  # of the candidates: behind the line end, in the block
    cut: list[tuple[int, int]]  # start and stop in the block


def split_lines(block: Block, name: str, *, mark: int) -> Lines:
    """The lines of a block; ``mark`` bytes of a byte-order mark are left out if the block begins the file."""
    data = np.frombuffer(block.data, np.uint8)
    starts, stops, ends = line_bounds(data)
    if mark and block.place(0) == (0, 0):
        starts[0] += mark
    filled = np.concatenate(([0], np.cumsum(~_SPACE[data])))
    some = filled[stops] > filled[starts]
    torn = np.zeros(len(starts), bool)
    torn[0] |= block.head_cut
    torn[-1] |= block.tail_cut
    good = some & ~torn
    cut = [(int(starts[i]), int(stops[i])) for i in np.flatnonzero(torn & (stops > starts))]
    begins, ceases = starts[good], stops[good]
    rows = Rows(locators(block, begins, name), ceases - begins)
    return Lines(pa.RecordBatch.from_arrays([_texts(data, begins, ceases)], ["text"]), rows, ends[good], cut)


def line_bounds(data: npt.NDArray[np.uint8]) -> tuple[Places, Places, Places]:
    """Where each line starts, stops (without its end) and ends (behind its end)."""
    ends = np.flatnonzero(data == 10) + 1
    if not len(ends) or ends[-1] < len(data):
        ends = np.append(ends, len(data))
    starts = np.concatenate(([0], ends[:-1]))
    stops = ends - (data[ends - 1] == 10)
    stops = stops - ((stops < ends) & (stops > starts) & (data[stops - 1] == 13))
    return starts, stops, ends


def locators(block: Block, begins: Places, name: str) -> list[str]:
    """Where in the file each of these bytes of a block is."""
    which = np.searchsorted([m.at for m in block.marks], begins, "right") - 1
    raw = np.array([m.raw_offset for m in block.marks])[which].tolist()
    inner = (np.array([m.inner - m.at for m in block.marks])[which] + begins).tolist()
    return [locate(name, r, i) for r, i in zip(raw, inner, strict=True)]


def _texts(data: npt.NDArray[np.uint8], starts: Places, stops: Places) -> pa.Array:
    """The bytes between these places as strings, unchecked."""
    edges = np.zeros(len(data) + 1, np.int8)
    np.add.at(edges, starts, 1)
    np.subtract.at(edges, stops, 1)
    inside = np.cumsum(edges[:-1], dtype=np.int8).astype(bool)
    offsets = np.concatenate(([0], np.cumsum(stops - starts)))
    buffers = [None, pa.py_buffer(offsets.astype(np.int64)), pa.py_buffer(data[inside])]
    return pa.Array.from_buffers(pa.large_string(), len(starts), buffers)
