"""Copying the rows of a table but some: lines byte for byte, Parquet with all of its columns."""

from __future__ import annotations

import bz2
import gzip
import lzma
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from ginbon.corpus.collector import Account, Reading
from ginbon.corpus.readers.lines import Block, read_blocks
from ginbon.corpus.readers.streams import compression_of
from ginbon.engine.extents import Piece
from ginbon.errors import DamageError

_LINE_FEED: Final = 10


def copy_lines(piece: Piece, lost: pa.StructArray, file: Any, reading: Reading) -> None:
    """Write the lines that start in a piece but those at the places ``lost`` (frame, inner), compressed as they were.

    What is no document (blank lines, broken ones) is copied too. Raises ``DamageError`` for a line that is too long to
    be held.
    """
    frames = pc.struct_field(lost, "frame").to_numpy(zero_copy_only=False)
    inner = pc.struct_field(lost, "inner").to_numpy(zero_copy_only=False)
    by_frame = {int(frame): inner[frames == frame] for frame in np.unique(frames)}
    kind = compression_of(piece.path, name=piece.name)
    with _packed(file, kind) as out:
        for block in read_blocks(piece, reading=reading, account=Account()):
            if not isinstance(block, Block):
                raise DamageError(
                    f"{piece.name}: the line at byte {block.decoded_offset:,} has {block.size:,} bytes; at most "
                    f"{reading.max_document_bytes:,} are held. Split it, or take the file out"
                )
            out.write(_without(block, by_frame))


def _without(block: Block, lost: dict[int, npt.NDArray[np.int64]]) -> bytes:
    """The block's bytes without the lines at these places, by their frames."""
    data = np.frombuffer(block.data, np.uint8)
    ends = np.flatnonzero(data == _LINE_FEED) + 1
    if not len(ends) or ends[-1] < len(data):
        ends = np.append(ends, len(data))
    starts = np.concatenate([[0], ends[:-1]])
    which = np.searchsorted([m.at for m in block.marks], starts, "right") - 1
    keep = np.ones(len(starts), np.bool_)
    for index, mark in enumerate(block.marks):
        mine = which == index
        keep[mine] &= ~np.isin(mark.inner + starts[mine] - mark.at, lost.get(mark.raw_offset, ()))
    return block.data if keep.all() else data[np.repeat(keep, ends - starts)].tobytes()


@contextmanager
def _packed(file: Any, kind: str) -> Iterator[Any]:
    """Something to write to whose bytes reach the file in that compression, the same at any time."""
    if kind == "plain":
        yield file
        return
    made: dict[str, Any] = {
        "zst": lambda: pa.CompressedOutputStream(pa.PythonFile(file, "w"), "zstd"),
        "gz": lambda: gzip.GzipFile(filename="", mode="wb", compresslevel=6, fileobj=file, mtime=0),
        "bz2": lambda: bz2.BZ2File(file, "wb"),
        "xz": lambda: lzma.LZMAFile(file, "wb"),  # noqa: SIM115 - it is closed below
    }
    with made[kind]() as out:
        yield out


def copy_rows(piece: Piece, lost: npt.NDArray[np.int64], file: Any) -> None:
    """Write the rows of a Parquet file, or of some of its row groups, but those with these numbers in the file."""
    with pq.ParquetFile(piece.path, page_checksum_verification=True, memory_map=False) as source:
        groups = range(piece.start, piece.stop) if piece.unit == "row_groups" else range(source.num_row_groups)
        first = sum(source.metadata.row_group(i).num_rows for i in range(groups.start))
        options: dict[str, Any] = {"compression": _codec(source), "write_page_checksum": True, "store_schema": True}
        with pq.ParquetWriter(pa.PythonFile(file, "w"), source.schema_arrow, **options) as writer:
            for group in groups:
                table = source.read_row_group(group, use_threads=False)
                keep = ~np.isin(np.arange(first, first + table.num_rows), lost)
                first += table.num_rows
                writer.write_table(table if keep.all() else table.filter(pa.array(keep)))


def _codec(source: pq.ParquetFile) -> str:
    """The compression of the first column; zstd where the file has none to look at."""
    metadata = source.metadata
    if not metadata.num_row_groups or not metadata.num_columns:
        return "zstd"
    name = str(metadata.row_group(0).column(0).compression).lower()
    return "none" if name == "uncompressed" else name
