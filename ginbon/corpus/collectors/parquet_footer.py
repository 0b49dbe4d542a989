"""What a Parquet footer says about row groups, and whether a page carries a checksum; read from the bytes.

pyarrow gives the same figures, but its accessor of a column chunk ends the whole process on some damaged footers
(26.0: four of 1,500 flipped bits, an exception that its C++ does not catch), so that figures are taken here and
pyarrow only reads pages, where it raises as it should. The layout is that of the Parquet format's
``parquet.thrift``, in Thrift's compact protocol.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Any, Final

_MAX_DEPTH: Final = 32


@dataclass(frozen=True)
class Chunk:
    """A column's pages in one row group: where they begin, their bytes as stored and unpacked."""

    path: str
    start: int
    packed_bytes: int
    plain_bytes: int


@dataclass(frozen=True)
class Group:
    """A row group: rows, and its column chunks in the order of the schema's leaves."""

    rows: int
    chunks: tuple[Chunk, ...]

    @property
    def start(self) -> int:
        """Where its first page begins."""
        return min((c.start for c in self.chunks), default=4)


def read_footer(raw: bytes) -> tuple[int, list[Group]]:
    """The number of rows and the row groups that a footer (without its length and magic) says; ``ValueError`` if
    not one."""
    fields, _ = _struct(raw, 0, 0)
    try:
        return _number(fields[3]), [_group(g) for g in fields[4]]
    except (KeyError, TypeError, IndexError, AttributeError) as error:
        raise ValueError(f"the footer lacks what every footer has ({error})") from error


def has_checksum(header: bytes) -> bool:
    """Whether a page carries a CRC, by the first bytes of its header: its fourth field."""
    try:
        fields, _ = _struct(header, 0, 0, until=4)
    except ValueError:
        return False
    return 4 in fields


def _group(fields: dict[int, Any]) -> Group:
    return Group(rows=_number(fields[3]), chunks=tuple(_chunk(c) for c in fields.get(1, [])))


def _chunk(fields: dict[int, Any]) -> Chunk:
    if fields.get(1):
        raise ValueError("a column is said to be in another file")
    told = fields[3]
    dictionary = told.get(11)
    first = _number(told[9])
    start = min(first, _number(dictionary)) if dictionary else first
    path = ".".join(key.decode("utf-8", "replace") for key in told[3])
    return Chunk(path=path, start=start, packed_bytes=_number(told[7]), plain_bytes=_number(told[6]))


def _number(value: Any) -> int:
    """A field that must hold a number; a flipped bit may make it a list or a string."""
    if type(value) is not int:
        raise TypeError(f"a {type(value).__name__} where a number belongs")
    return value


def _varint(raw: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        if at >= len(raw) or shift > 63:
            raise ValueError("the footer ends inside a number")
        byte = raw[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
        shift += 7


def _struct(raw: bytes, at: int, depth: int, *, until: int | None = None) -> tuple[dict[int, Any], int]:
    """The fields of a struct by number, and where it ends; ``until`` stops after that field."""
    if depth > _MAX_DEPTH:
        raise ValueError("the footer is nested too deeply")
    fields: dict[int, Any] = {}
    number = 0
    while True:
        if at >= len(raw):
            raise ValueError("the footer ends inside a struct")
        head = raw[at]
        at += 1
        if head == 0:
            return fields, at
        if head >> 4:
            number += head >> 4
        else:
            zigzag, at = _varint(raw, at)
            number = (zigzag >> 1) ^ -(zigzag & 1)
        kind = head & 15
        if kind in (1, 2):
            fields[number] = kind == 1
        else:
            fields[number], at = _value(raw, at, kind, depth)
        if until is not None and number >= until:
            return fields, at


def _value(raw: bytes, at: int, kind: int, depth: int) -> tuple[Any, int]:
    if kind in (4, 5, 6):
        zigzag, at = _varint(raw, at)
        return (zigzag >> 1) ^ -(zigzag & 1), at
    if kind == 8:
        size, at = _varint(raw, at)
        if at + size > len(raw):
            raise ValueError("the footer ends inside a string")
        return raw[at : at + size], at + size
    if kind in (9, 10):
        return _list(raw, at, depth)
    if kind == 12:
        return _struct(raw, at, depth + 1)
    if kind in (1, 2, 3):
        return raw[at : at + 1], at + 1
    if kind == 7:
        return struct.unpack_from("<d", raw, at)[0] if at + 8 <= len(raw) else 0.0, at + 8
    raise ValueError(f"the footer holds a value of unknown kind {kind}")


def _list(raw: bytes, at: int, depth: int) -> tuple[list[Any], int]:
    if at >= len(raw):
        raise ValueError("the footer ends inside a list")
    head = raw[at]
    size, kind = head >> 4, head & 15
    at += 1
    if size == 15:
        size, at = _varint(raw, at)
    if size > len(raw) - at:
        raise ValueError("the footer ends inside a list")
    values = []
    for _ in range(size):
        value, at = _value(raw, at, kind, depth)
        values.append(value)
    return values, at
