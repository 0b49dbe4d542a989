"""The few fields of a SentencePiece model file that its library does not tell: who made it, and what it normalises.

The file is a protocol buffer (``sentencepiece_model.proto``): ``trainer_spec`` is field 2 with ``input`` 1,
``model_prefix`` 2, ``byte_fallback`` 35; ``normalizer_spec`` is field 3 with ``name`` 1, ``add_dummy_prefix`` 3,
``remove_extra_whitespaces`` 4. Reading these takes less than a dependency on protobuf.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True)
class Settings:
    """How a model was made; defaults are those of the format."""

    paths: tuple[str, ...]
    byte_fallback: bool
    normalizer: str
    add_dummy_prefix: bool
    remove_extra_whitespaces: bool


def settings(data: bytes) -> Settings:
    """The settings in a model file; raises ``ValueError`` where the bytes are no protocol buffer."""
    trainer: list[tuple[int, int | bytes]] = []
    normalizer: list[tuple[int, int | bytes]] = []
    for number, value in fields(data):
        if number == 2 and isinstance(value, bytes):
            trainer.extend(fields(value))
        elif number == 3 and isinstance(value, bytes):
            normalizer.extend(fields(value))
    shape = dict(normalizer)
    name = shape.get(1, b"")
    return Settings(
        paths=tuple(v.decode("utf-8", "replace") for n, v in trainer if n in (1, 2) and isinstance(v, bytes) and v),
        byte_fallback=bool(dict(trainer).get(35, 0)),
        normalizer=name.decode("utf-8", "replace") if isinstance(name, bytes) and name else "unnamed",
        add_dummy_prefix=bool(shape.get(3, 1)),
        remove_extra_whitespaces=bool(shape.get(4, 1)),
    )


def fields(data: bytes) -> Iterator[tuple[int, int | bytes]]:
    """Field numbers and raw values of a message; fixed-width values are given as bytes."""
    for number, value, _ in spans(data):
        yield number, value


def spans(data: bytes) -> Iterator[tuple[int, int | bytes, bytes]]:
    """Field numbers, raw values and the bytes that both are written in; those of all fields are the message."""
    at = 0
    while at < len(data):
        begin = at
        key, at = _varint(data, at)
        wire = key & 7
        if wire == 0:
            value, at = _varint(data, at)
            yield key >> 3, value, data[begin:at]
            continue
        if wire == 2:
            size, at = _varint(data, at)
        elif wire in (1, 5):
            size = 8 if wire == 1 else 4
        else:
            raise ValueError(f"wire type {wire} at byte {at}")
        if at + size > len(data):
            raise ValueError(f"the field at byte {at} wants {size:,} bytes, {len(data) - at:,} are there")
        yield key >> 3, data[at : at + size], data[begin : at + size]
        at += size


def message(number: int, value: bytes) -> bytes:
    """A field that holds a message or a text."""
    return _written(number << 3 | 2) + _written(len(value)) + value


def whole(number: int, value: int) -> bytes:
    """A field that holds a whole number of 0 or more, or a truth."""
    return _written(number << 3) + _written(value)


def real(number: int, value: float) -> bytes:
    """A field that holds a 32-bit float."""
    return _written(number << 3 | 5) + struct.pack("<f", value)


def _written(value: int) -> bytes:
    said = bytearray()
    while value >= 0x80:
        said.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*said, value])


def _varint(data: bytes, at: int) -> tuple[int, int]:
    value = 0
    for shift in range(0, 70, 7):
        if at >= len(data):
            raise ValueError("the file ends inside a number")
        value |= (data[at] & 0x7F) << shift
        at += 1
        if data[at - 1] < 0x80:
            return value, at
    raise ValueError(f"a number at byte {at} has more than ten bytes")
