"""Columns of Arrow as arrays: where strings begin, and which of its distinct labels each row has."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from ginbon.tokenizers.counts.table import Int32s
from ginbon.tokenizers.protocol import Bytes, Int64s

Stratum = tuple[str, str]
"""Language and source."""


def marks_of(
    languages: Sequence[str] | pa.Array, sources: Sequence[str] | pa.Array
) -> tuple[Int32s, tuple[Stratum, ...]]:
    """The strata of some rows in order, and the place of each row's."""
    sides = [_encoded(labels) for labels in (languages, sources)]
    names = [side.dictionary.to_pylist() for side in sides]
    codes = [numbers(side.indices, np.int32).astype(np.int64) for side in sides]
    both = codes[0] * len(names[1]) + codes[1]
    both = pa.Array.from_buffers(pa.int64(), len(both), [None, pa.py_buffer(both)]).dictionary_encode()
    found = [divmod(code, len(names[1])) for code in both.dictionary.to_pylist()]
    given = [(names[0][one], names[1][other]) for one, other in found]
    strata = {stratum: place for place, stratum in enumerate(sorted(set(given)))}
    places = np.array([strata[stratum] for stratum in given], np.int32)
    return places[numbers(both.indices, np.int32)], tuple(strata)


def _encoded(labels: Sequence[str] | pa.Array) -> pa.DictionaryArray:
    """Labels as a dictionary and where each row's stands in it."""
    column = labels if isinstance(labels, pa.Array) else pa.array(labels, pa.string())
    return column if pa.types.is_dictionary(column.type) else column.dictionary_encode()


def numbers(column: pa.Array, kind: Any) -> NDArray[Any]:
    """The values of a column without nulls. pyarrow's own way imports pandas, which takes longer than reading."""
    data = column.buffers()[1]
    found: NDArray[Any] = np.frombuffer(data if len(column) else b"", kind)[column.offset : column.offset + len(column)]
    return found


def buffers(column: pa.LargeBinaryArray) -> tuple[Int64s, Bytes]:
    """Where each value of a column without nulls begins, and its bytes; the first begins at 0."""
    _, offsets, data = column.buffers()
    at = np.frombuffer(offsets, np.int64)[column.offset : column.offset + len(column) + 1] if len(column) else None
    if at is None:
        return np.zeros(1, np.int64), np.zeros(0, np.uint8)
    return at - at[0], np.frombuffer(data or b"", np.uint8)[at[0] : at[-1]]
