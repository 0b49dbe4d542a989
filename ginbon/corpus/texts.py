"""Arrow text arrays as plain buffers, and back: what every compiled step begins and ends with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc


@dataclass(frozen=True)
class Texts:
    """The bytes of a ``large_string`` array: text ``i`` is ``data[offsets[i]:offsets[i + 1]]``.

    ``valid`` is null where no text is null. The bytes of a null text, if it has any, are not seen.
    """

    data: npt.NDArray[np.uint8]
    offsets: npt.NDArray[np.int64]
    valid: npt.NDArray[np.bool_] | None

    def __len__(self) -> int:
        return len(self.offsets) - 1

    def raw(self, row: int) -> bytes:
        """The UTF-8 of one text."""
        return self.data[self.offsets[row] : self.offsets[row + 1]].tobytes()


def view(array: Any) -> Texts:
    """The buffers of a string array, without a copy for ``large_string`` (slices and empty arrays included)."""
    if isinstance(array, pa.ChunkedArray):
        array = array.combine_chunks()
    if array.type != pa.large_string():
        array = pc.cast(array, pa.large_string())
    valid = None
    if array.null_count:
        valid = np.asarray(pc.is_valid(array).to_numpy(zero_copy_only=False))
        array = pc.fill_null(array, "")  # a null may hold bytes
    _, offsets, data = array.buffers()
    if len(array) == 0 or offsets is None:
        return Texts(np.zeros(0, np.uint8), np.zeros(1, np.int64), valid)
    starts = np.frombuffer(offsets, np.int64)[array.offset : array.offset + len(array) + 1]
    bytes_ = np.frombuffer(data, np.uint8) if data is not None and data.size else np.zeros(0, np.uint8)
    return Texts(bytes_, starts, valid)


def array(
    data: npt.NDArray[np.uint8], offsets: npt.NDArray[np.int64], valid: npt.NDArray[np.bool_] | None = None
) -> Any:
    """A ``large_string`` array over these buffers, without a copy; the bytes must be valid UTF-8."""
    mask = None
    nulls = 0
    if valid is not None:
        mask = pa.py_buffer(np.packbits(valid, bitorder="little"))
        nulls = int(len(valid) - valid.sum())
    buffers = [mask, pa.py_buffer(np.ascontiguousarray(offsets)), pa.py_buffer(data)]
    return pa.Array.from_buffers(pa.large_string(), len(offsets) - 1, buffers, null_count=nulls)


def replace(texts: Texts, changed: Mapping[int, bytes]) -> Texts:
    """The same texts with the rows of ``changed`` replaced; the runs between them are copied as blocks."""
    if not changed:
        return texts
    lengths = np.diff(texts.offsets)
    source: Any = memoryview(texts.data.data)
    pieces: list[Any] = []
    done = 0
    for row in sorted(changed):
        pieces += [source[int(texts.offsets[done]) : int(texts.offsets[row])], changed[row]]
        lengths[row] = len(changed[row])
        done = row + 1
    pieces.append(source[int(texts.offsets[done]) : int(texts.offsets[-1])])
    offsets = np.zeros(len(lengths) + 1, np.int64)
    np.cumsum(lengths, out=offsets[1:])
    return Texts(np.frombuffer(b"".join(pieces), np.uint8), offsets, texts.valid)
