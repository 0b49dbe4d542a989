"""Tables with one document a row: JSONL, CSV, TSV, Parquet and Arrow, told apart by the recipe or the file's name.

Columns are mapped by the recipe, with presets for known data sets. Each format has its module; what they share is the
mapping in ``columns``.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Final, cast

from ginbon.corpus.collector import Account, Harvest, Reading
from ginbon.corpus.collectors.columns import Mapper
from ginbon.engine.extents import COMPRESSED_EXTENT_BYTES, EXTENT_BYTES, Extent, Piece, group
from ginbon.recipes.model import DatasetsSource, Source, TableSource

_COMPRESSED: Final = (".gz", ".gzip", ".bz2", ".xz", ".zst", ".zstd")
_FORMATS: Final = {
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".json": "jsonl",
    ".csv": "csv",
    ".tsv": "tsv",
    ".tab": "tsv",
    ".parquet": "parquet",
    ".pq": "parquet",
    ".arrow": "arrow",
    ".feather": "arrow",
    ".ipc": "arrow",
    ".arrows": "arrow",
}


def format_of(name: str) -> str | None:
    """The table format that a file's name says, with or without a compression behind it; null where it says none."""
    lowered = name.lower()
    for suffix in _COMPRESSED:
        lowered = lowered.removesuffix(suffix)
    return next((kind for suffix, kind in _FORMATS.items() if lowered.endswith(suffix)), None)


class TableCollector:
    """Rows of tables -> documents."""

    name = "table"
    revision = 1

    def extents(self, source: Source, files: list[tuple[str, str, int]]) -> list[Extent]:
        """Large files are cut (row groups, byte ranges, frames), small ones share an extent, in the order given."""
        assert isinstance(source, TableSource)
        planned = []
        for path, name, size in files:
            kind = source.format or format_of(name)
            planned.append((kind, pieces_of(kind, path, name, size)))
        return group_pieces(source.name, planned)

    def read(self, source: Source, extent: Extent, reading: Reading) -> Iterator[Harvest]:
        """The extent's pieces, one after the other."""
        assert isinstance(source, TableSource)
        left = reading.limit
        for piece in extent.pieces:
            kind = source.format or format_of(piece.name)
            for harvest in read_piece(source, kind, piece, replace(reading, limit=left), collector=self.name):
                left = None if left is None else left - harvest.account.documents
                yield harvest
            if left is not None and left <= 0:
                return


def pieces_of(kind: str | None, path: str, name: str, size: int) -> list[Piece]:
    """Where a file of that format can be cut."""
    if kind == "parquet":
        from ginbon.corpus.collectors.parquet import parquet_pieces

        return parquet_pieces(path, name, size)
    if kind == "arrow":
        from ginbon.corpus.collectors.arrow import arrow_pieces

        return arrow_pieces(path, name, size)
    if kind == "jsonl":
        from ginbon.corpus.readers.streams import pieces

        return pieces(path, name, size)
    return [Piece(path, name, 0, size, size)]


def group_pieces(source: str, planned: list[tuple[str | None, list[Piece]]]) -> list[Extent]:
    """Extents over the pieces of files with their formats: small ones share one, in the order given."""
    return group(source, ((piece, _weight(piece, kind)) for kind, pieces in planned for piece in pieces))


def _weight(piece: Piece, kind: str | None) -> int:
    """Plain bytes that a piece stands for, about: compressed ones count as four, a range of groups as an extent."""
    packed = kind == "parquet" or piece.name.lower().endswith(_COMPRESSED)
    if piece.unit != "bytes":
        return EXTENT_BYTES
    return (piece.stop - piece.start) * (EXTENT_BYTES // COMPRESSED_EXTENT_BYTES if packed else 1)


def read_piece(
    source: TableSource | DatasetsSource, kind: str | None, piece: Piece, reading: Reading, *, collector: str
) -> Iterator[Harvest]:
    """The documents of a piece of a file of that format; a file of no known format is one reject."""
    if kind == "parquet":
        from ginbon.corpus.collectors.parquet import read_parquet

        return read_parquet(source, piece, reading, collector=collector)
    if kind == "arrow":
        from ginbon.corpus.collectors.arrow import read_arrow

        return read_arrow(source, piece, reading, collector=collector)
    if kind in ("csv", "tsv"):
        from ginbon.corpus.collectors.delimited import read_delimited

        return read_delimited(source, piece, reading, collector=collector, quotes=kind == "csv")
    if kind == "jsonl":
        from ginbon.corpus.collectors.jsonl import read_jsonl

        return read_jsonl(cast(TableSource, source), piece, reading, collector=collector)  # it asks for columns only
    return iter([_unknown(source, piece, reading, collector)])


def _unknown(source: TableSource | DatasetsSource, piece: Piece, reading: Reading, collector: str) -> Harvest:
    """A file whose name says no format becomes one reject."""
    size = piece.size
    account = Account(raw_bytes=size, intact_bytes=size, decoded_bytes=size, rejected_bytes=size)
    known = ", ".join(_FORMATS)
    detail = f"the name says no table format ({known}); say `format` in the recipe, or take the file out of `paths`"
    mapper = Mapper(source, reading, collector=collector, taken={}, name=piece.name)
    return mapper.refuse(account, rule="unknown-format", detail=detail, locator=piece.name, size=size)
