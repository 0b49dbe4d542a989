"""Record hashes and Merkle roots: what a release says, whatever wrote its files.

The record hash of a document is SHA-256 over a canonical serialisation of its ``RELEASED`` columns, so that it is equal
for equal documents whatever Parquet writer, row group, dictionary or compression holds them. It is at once the leaf of
an RFC 6962 Merkle tree over a shard. ``docs/reference/release-format.md`` has the serialisation byte by byte.

Columns are serialised whole, by Arrow and numpy; only SHA-256 itself is called once a record.
"""

from __future__ import annotations

import hashlib
import itertools
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from ginbon.corpus.schema import RELEASED
from ginbon.errors import UserError

RECORD_FORMAT: Final = "ginbon-record/1"
"""Name of the serialisation; part of what is hashed."""

HASH_BYTES: Final = 32
_LEAF: Final = b"\x00"
_NODE: Final = b"\x01"
_HEAD: Final = np.dtype([("present", "u1"), ("word", "<u8")])  # packed: 9 bytes before the body of every value
_NAN: Final = 0x7FF8000000000000

Hashes = npt.NDArray[np.uint8]


def record_hashes(batch: pa.RecordBatch) -> Hashes:
    """The record hash of each row, shape ``(rows, 32)``; columns are found by name, others than RELEASED are ignored.

    Raises ``UserError`` where a column is missing. Costs one copy of the batch.
    """
    missing = [name for name in RELEASED.names if name not in batch.schema.names]
    if missing:
        raise UserError(f"record hashes need the columns of RELEASED; missing: {', '.join(missing)}")
    start = pa.scalar(_LEAF + RECORD_FORMAT.encode() + b"\n", pa.large_binary())
    values = [_serialise(batch.column(name)) for name in RELEASED.names]
    return _sha256_each(_join([start, *values], batch.num_rows))


def merkle_root(leaves: Hashes) -> bytes:
    """The RFC 6962 tree hash over leaf hashes of shape ``(n, 32)``, in their order; SHA-256 of nothing where n = 0."""
    if len(leaves) == 0:
        return hashlib.sha256().digest()
    level = np.ascontiguousarray(leaves, dtype=np.uint8).tobytes()
    while len(level) > HASH_BYTES:
        # pairing neighbours and carrying an odd last one up gives the same tree as splitting at powers of two
        paired = len(level) // (2 * HASH_BYTES) * (2 * HASH_BYTES)
        sha256 = hashlib.sha256
        nodes = [sha256(_NODE + level[i : i + 64]).digest() for i in range(0, paired, 64)]
        level = b"".join(nodes) + level[paired:]
    return level


def root_of_roots(roots: list[bytes]) -> bytes:
    """The identity of a release: the tree hash whose entries are the shards' roots, in the manifest's order."""
    leaves = b"".join(hashlib.sha256(_LEAF + root).digest() for root in roots)
    return merkle_root(np.frombuffer(leaves, np.uint8).reshape(-1, HASH_BYTES))


def _sha256_each(values: pa.Array) -> Hashes:
    """SHA-256 of each binary value."""
    sha256 = hashlib.sha256
    data = memoryview(values.buffers()[2] or b"")
    ends = _offsets(values).tolist()
    digests = b"".join([sha256(data[a:b]).digest() for a, b in itertools.pairwise(ends)])
    return np.frombuffer(digests, np.uint8).reshape(-1, HASH_BYTES)


def _serialise(column: pa.Array) -> pa.Array:
    """Each value of a column as bytes (``large_binary``): present, word, body."""
    kind = column.type
    if pa.types.is_dictionary(kind):
        return _serialise(column.dictionary_decode())
    if pa.types.is_struct(kind):
        return _serialise_struct(column)
    if pa.types.is_list(kind) or pa.types.is_large_list(kind):
        return _serialise_list(column)
    if pa.types.is_timestamp(kind):
        column = column.cast(pa.timestamp("s", tz="UTC"))  # raises where a finer unit would be lost
        return _with_body(column, _as_words(column.cast(pa.int64()), np.int64))
    if pa.types.is_integer(kind):
        return _with_body(column, _as_words(column.cast(pa.int64()), np.int64))
    if pa.types.is_floating(kind):
        return _with_body(column, _as_words(column.cast(pa.float64()), np.float64))
    if pa.types.is_string(kind) or pa.types.is_large_string(kind):
        column = column.cast(pa.large_string()).cast(pa.large_binary())
    elif pa.types.is_fixed_size_binary(kind):
        column = column.cast(pa.binary()).cast(pa.large_binary())
    body = pc.fill_null(column.cast(pa.large_binary()), b"")
    return _with_body(column, np.diff(_offsets(body)), body)


def _serialise_struct(column: pa.StructArray) -> pa.Array:
    fields = [_serialise(field) for field in column.flatten()]  # flatten hands nulls of the struct down
    body = _join(fields, len(column))
    if column.null_count:
        body = pc.if_else(column.is_valid(), body, pa.scalar(b"", pa.large_binary()))
    return _with_body(column, np.full(len(column), len(fields)), body)


def _serialise_list(column: pa.ListArray) -> pa.Array:
    items = _serialise(column.flatten())  # flatten leaves out what lies behind nulls and outside a slice
    counts = pc.fill_null(pc.list_value_length(column), 0).to_numpy(zero_copy_only=False).astype(np.int64)
    ends = np.concatenate([[0], np.cumsum(counts)])
    body = _binary(_offsets(items)[ends], items.buffers()[2])
    return _with_body(column, counts, body)


def _as_words(column: pa.Array, dtype: type) -> npt.NDArray[np.uint64]:
    """Numbers as 64 bits; every NaN the same bits."""
    values = pc.fill_null(column, 0).to_numpy(zero_copy_only=False).astype(dtype, copy=False)
    words = np.array(values).view(np.uint64)
    if dtype is np.float64:
        words[np.isnan(values)] = _NAN
    return words


def _with_body(column: pa.Array, words: npt.NDArray[Any], body: pa.Array | None = None) -> pa.Array:
    """Heads of 9 bytes (present, word), each followed by its body."""
    heads = np.zeros(len(column), _HEAD)
    heads["present"] = present = column.is_valid().to_numpy(zero_copy_only=False)
    heads["word"] = np.where(present, words, 0)  # null is nine zero bytes
    offsets = np.arange(len(column) + 1, dtype=np.int64) * _HEAD.itemsize
    head = _binary(offsets, pa.py_buffer(heads))
    return head if body is None else _join([head, body], len(column))


def _join(parts: list[Any], rows: int) -> pa.Array:
    """Parts of each row, one after another; scalars stand for every row."""
    if rows == 0:
        return pa.array([], pa.large_binary())
    return pc.binary_join_element_wise(*parts, pa.scalar(b"", pa.large_binary()))


def _binary(offsets: npt.NDArray[np.int64], data: pa.Buffer | None) -> pa.Array:
    offsets = np.ascontiguousarray(offsets, dtype=np.int64)
    return pa.Array.from_buffers(
        pa.large_binary(), len(offsets) - 1, [None, pa.py_buffer(offsets), data or pa.py_buffer(b"")]
    )


def _offsets(values: pa.Array) -> npt.NDArray[np.int64]:
    """The ``n + 1`` offsets of a ``large_binary`` array into its data buffer."""
    if len(values) == 0:
        return np.zeros(1, np.int64)
    offsets: npt.NDArray[np.int64] = np.frombuffer(values.buffers()[1], np.int64)
    return offsets[values.offset : values.offset + len(values) + 1]
