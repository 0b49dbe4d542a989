"""A sample in few characters, for the tuning page: exact values, each distinct one once, deflated, as Base64.

What is packed, one after the other: the length of the excerpts' JSON (4 bytes, little-endian) and the JSON; a byte for
each document of the sample, 1 where it is kept; their words; then for each column its distinct values, in ascending
order, as differences from the one before, and for each document (the sample's, then the trusted ones) which of them it
has, in 1 byte where there are at most 256 and in 2 where there are more. A null is the value behind the last. Numbers
without a size are LEB128. Values are whole millionths, as rules compare them.
"""

from __future__ import annotations

import base64
import json
import zlib
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from ginbon.filters.rules import quantised
from ginbon.report.tune_excerpts import Excerpt
from ginbon.report.tune_sample import Sample


def pack(sample: Sample, trusted: pa.RecordBatch | None, begins: Sequence[Excerpt]) -> tuple[list[dict[str, Any]], str]:
    """What the columns are, and the packed bytes; ``trusted`` has the sample's columns.

    A column is ``signal``, ``distinct`` (values without null), ``null`` (whether there are any), ``first`` (the least
    value), ``unit`` (what the differences are multiples of).
    """
    said = json.dumps([[e.row, e.id, e.source, e.text, int(e.clipped)] for e in begins], ensure_ascii=False).encode()
    pieces = [len(said).to_bytes(4, "little"), said, sample.kept.astype(np.uint8).tobytes(), leb128(sample.words)]
    columns = []
    for name in sample.signals.schema.names:
        parts = [sample.signals.column(name)]
        if trusted is not None:
            parts.append(trusted.column(name))
        column, packed = _column(
            np.concatenate([quantised(part) for part in parts]),
            np.concatenate([np.asarray(part.is_null().to_numpy(zero_copy_only=False)) for part in parts]),
        )
        columns.append({"signal": name, **column})
        pieces.append(packed)
    deflate = zlib.compressobj(9, wbits=-15)
    return columns, base64.b64encode(deflate.compress(b"".join(pieces)) + deflate.flush()).decode()


def _column(values: Any, null: Any) -> tuple[dict[str, Any], bytes]:
    distinct, index = np.unique(values[~null], return_inverse=True)
    differences = np.diff(distinct)
    unit = int(np.gcd.reduce(differences)) if len(differences) else 1
    which = np.full(len(values), len(distinct))
    which[~null] = index
    size = np.uint8 if len(distinct) + bool(null.any()) <= 256 else np.uint16
    column = {
        "distinct": len(distinct),
        "null": bool(null.any()),
        "first": int(distinct[0]) if len(distinct) else 0,
        "unit": unit,
    }
    return column, leb128(differences // unit) + which.astype(size).astype(f"<u{size(0).itemsize}").tobytes()


def leb128(numbers: Iterable[int]) -> bytes:
    """Whole numbers of 0 and more, seven bits a byte, the lowest first."""
    packed = bytearray()
    for number in numbers:
        rest = int(number)
        while rest > 127:
            packed.append(rest & 127 | 128)
            rest >>= 7
        packed.append(rest)
    return bytes(packed)
