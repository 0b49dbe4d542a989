"""The record hash in plain Python, one value after another, as docs/reference/release-format.md says it."""

from __future__ import annotations

import hashlib
import math
import struct
from datetime import datetime
from typing import Any

import pyarrow as pa

from ginbon.corpus.schema import RELEASED


def record_hash(row: dict[str, Any]) -> bytes:
    """SHA-256 over the canonical serialisation of one record."""
    body = b"".join(value_bytes(row[field.name], field.type) for field in RELEASED)
    return hashlib.sha256(b"\x00ginbon-record/1\n" + body).digest()


def value_bytes(value: Any, kind: pa.DataType) -> bytes:
    """Present, word, body."""
    if value is None:
        return bytes(9)
    if pa.types.is_dictionary(kind):
        return value_bytes(value, kind.value_type)
    if pa.types.is_struct(kind):
        return _head(kind.num_fields) + b"".join(value_bytes(value[f.name], f.type) for f in kind)
    if pa.types.is_list(kind):
        return _head(len(value)) + b"".join(value_bytes(item, kind.value_type) for item in value)
    if isinstance(value, datetime):
        return b"\x01" + struct.pack("<q", int(value.timestamp()))
    if isinstance(value, float):
        return (
            b"\x01" + struct.pack("<Q", 0x7FF8000000000000) if math.isnan(value) else b"\x01" + struct.pack("<d", value)
        )
    if isinstance(value, int):
        return b"\x01" + struct.pack("<q", value)
    data = value.encode() if isinstance(value, str) else value
    return _head(len(data)) + data


def _head(word: int) -> bytes:
    return b"\x01" + struct.pack("<Q", word)


def tree_hash(leaves: list[bytes]) -> bytes:
    """RFC 6962, 2.1, over leaf hashes, word for word."""
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return leaves[0]
    k = 1
    while k * 2 < len(leaves):
        k *= 2
    return hashlib.sha256(b"\x01" + tree_hash(leaves[:k]) + tree_hash(leaves[k:])).digest()
