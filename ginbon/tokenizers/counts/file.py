"""Counts as a Parquet file: the same rows give the same bytes. Described in docs/reference/counts-format.md."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from ginbon.corpus.parquet import DENSE, Writer
from ginbon.engine.files import canonical_json, whole_file
from ginbon.errors import DamageError, SurroundingsError, UserError
from ginbon.tokenizers.counts.arrays import numbers
from ginbon.tokenizers.counts.columns import Columns
from ginbon.tokenizers.counts.counts import ROW_BYTES, Counts, Holding
from ginbon.tokenizers.counts.pile import add_up
from ginbon.tokenizers.counts.runs import Bounds

FORMAT: Final = "ginbon-counts"
VERSION: Final = 1
_KEY: Final = b"ginbon"
"""The key of the file's metadata under which our object stands."""

_ROWS: Final = 2**18
"""Rows of a row group: some 2 MB."""

NO_OBJECT: Final = (KeyError, ValueError, TypeError, RecursionError)
"""What a file without our object in its metadata, or with a hostile one, raises."""

_LEAST: Final[dict[str, int]] = {"threshold": 1, "dropped": 0}

_KINDS: Final = {"pattern": str, "normalisation": str, "unicode": str, "threshold": int, "dropped": int}

_LABEL: Final = pa.dictionary(pa.int32(), pa.string())
SCHEMA: Final = pa.schema(
    [
        pa.field("pre_token", pa.large_binary(), nullable=False),
        pa.field("language", _LABEL, nullable=False),
        pa.field("source", _LABEL, nullable=False),
        pa.field("count", pa.uint64(), nullable=False),
    ]
)


def write(counts: Counts, path: Path) -> str:
    """Write counts, whole or not at all; gives the SHA-256 of the file. Equal counts give equal bytes."""
    with whole_file(path) as file:
        write_to(counts, file)
    return file.hexdigest()


def write_to(counts: Counts, file: Any) -> None:
    """Write counts into an open file. Raises ``UserError`` for counts that were cut on: the format has one pattern."""
    if counts.finer:
        raise UserError("counts that were cut on are not written; write those they were made from, and cut again")
    about = {
        "format": FORMAT,
        "version": VERSION,
        "pattern": counts.pattern,
        "normalisation": counts.normalisation,
        "unicode": counts.unicode,
        "threshold": counts.threshold,
        "dropped": counts.dropped,
        "sha256": counts.sha256,
        "holds": _by_hash(counts.held),
    }
    schema = SCHEMA.with_metadata({_KEY: canonical_json(about)})
    labels = [pa.array([stratum[side] for stratum in counts.strata], pa.string()) for side in (0, 1)]
    with Writer(file, schema, rows=_ROWS, bytes=2**40, packing=DENSE) as writer:
        for first in range(0, len(counts), _ROWS):
            rows = slice(first, first + _ROWS)
            marks = pa.array(counts.marks[rows])
            columns = [
                counts.column[rows],
                *(pa.DictionaryArray.from_arrays(marks, label).dictionary_decode() for label in labels),
                pa.array(counts.counts[rows]),
            ]
            writer.write(pa.RecordBatch.from_arrays(columns, names=schema.names))


def is_counts(path: Path) -> bool:
    """Whether a file says that it holds counts."""
    try:
        _said(pq.read_schema(path).metadata)
    except (OSError, pa.ArrowInvalid, *NO_OBJECT):
        return False
    return True


def holdings_of(path: Path) -> frozenset[Holding]:
    """What a file of counts says that it holds; its rows are not read. Raises as ``read`` does."""
    with _opened(path) as file:
        return _holdings(path, _about(path, file.schema_arrow.metadata))


def pattern_of(path: Path) -> str:
    """The split pattern that a file of counts says it was cut by; its rows are not read. Raises as ``read`` does."""
    with _opened(path) as file:
        pattern: str = _about(path, file.schema_arrow.metadata)["pattern"]
    return pattern


def read(path: Path, bounds: Bounds | None = None) -> Counts:
    """Counts from a file; what would not fit ``bounds`` is laid on the disk.

    Raises ``SurroundingsError`` where it cannot be read, ``DamageError`` where its bytes are damaged, ``UserError``
    where it is something else or of a newer version.
    """
    with _opened(path) as file:
        said = _about(path, file.schema_arrow.metadata)
        try:
            counts = _rows_of(path, file, bounds)
        except UnicodeDecodeError as error:
            raise DamageError(f"{path}: a language or source is no text: {error}") from error
    about = {name: said[name] for name in _KINDS} | {"holds": _holdings(path, said)}
    if about["threshold"] > 1 and len(counts) and int(counts.counts.min()) < about["threshold"]:
        raise DamageError(f"{path}: says that every count is {about['threshold']} or more, and one is not")
    counts = replace(counts, **about)
    if said.get("sha256", counts.sha256) != counts.sha256:
        raise DamageError(f"{path}: its rows are not those that it was written with. Get it again")
    return counts


@contextmanager
def _opened(path: Path) -> Iterator[pq.ParquetFile]:
    """A Parquet file whose damage, found while it is read, is told as such."""
    try:
        with pq.ParquetFile(path, page_checksum_verification=True) as file:
            yield file
    except OSError as error:
        if isinstance(error, (FileNotFoundError, PermissionError, IsADirectoryError)):
            raise SurroundingsError(f"{path}: {error.strerror or error}") from error
        raise DamageError(f"{path}: {error}. The copy is damaged; get it again") from error
    except pa.ArrowInvalid as error:
        raise DamageError(f"{path}: no whole Parquet file: {str(error).rstrip('.')}. Get it again") from error


def _about(path: Path, metadata: Any) -> dict[str, Any]:
    """The file's own object, with the fields of ``Counts`` that it must tell."""
    try:
        said = _said(metadata)
    except NO_OBJECT:
        raise UserError(f"{path}: no counts of pre-tokens; expected a file that `ginbon` wrote as such") from None
    if said.get("version") != VERSION:
        raise UserError(f"{path}: counts of version {said.get('version')!r}; this Ginbon reads version {VERSION}")
    for name, kind in _KINDS.items():
        value: Any = said.get(name)
        too_low = isinstance(value, int) and value < _LEAST.get(name, value)
        if not isinstance(value, kind) or isinstance(value, bool) or too_low:
            least = f" of {_LEAST[name]} or more" if name in _LEAST else ""
            raise DamageError(f"{path}: metadata: {name} is {str(value)[:80]!r}; expected {kind.__name__}{least}")
    return said


def _by_hash(held: Collection[Holding]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for sha256, language in sorted(held):
        found.setdefault(sha256, []).append(language)
    return found


def _holdings(path: Path, said: dict[str, Any]) -> frozenset[Holding]:
    held = said.get("holds", {})
    try:
        found = frozenset((sha256, language) for sha256, languages in held.items() for language in languages)
        if any(len(sha256) != 64 or not isinstance(language, str) for sha256, language in found):
            raise ValueError
    except (AttributeError, TypeError, ValueError):
        raise DamageError(f"{path}: metadata: holds is {str(held)[:80]!r}; expected hashes and languages") from None
    return found


def _said(metadata: Any) -> dict[str, Any]:
    """Our own object in a file's metadata; raises one of ``NO_OBJECT`` where there is none."""
    said: dict[str, Any] = json.loads((metadata or {})[_KEY])
    if said["format"] != FORMAT:
        raise ValueError(said["format"])
    return said


def _rows_of(path: Path, file: pq.ParquetFile, bounds: Bounds | None) -> Counts:
    groups = range(file.num_row_groups)
    if bounds is None or _size(file) <= bounds.memory // 4:
        return _of_columns(path, file.read())
    columns = Columns(bounds.folder)
    if all(columns.add(_of_columns(path, file.read_row_group(group))) for group in groups):
        return columns.counts()
    return add_up((_of_columns(path, file.read_row_group(group)) for group in groups), bounds)


def _size(file: pq.ParquetFile) -> int:
    """About what the rows take in memory."""
    about = file.metadata
    sizes = (about.row_group(group).column(0).total_uncompressed_size for group in range(about.num_row_groups))
    return int(sum(sizes) + ROW_BYTES * about.num_rows)


def _of_columns(path: Path, table: pa.Table) -> Counts:
    """Counts from the columns of a file, put in order and added up where a row comes twice."""
    if not table.schema.equals(SCHEMA):
        raise DamageError(f"{path}: its columns are {table.schema.names}; expected {SCHEMA.names} of the usual types")
    if any(column.null_count for column in table.columns):
        raise DamageError(f"{path}: a value is null")
    return Counts.of_rows(
        table["pre_token"].combine_chunks(),
        table["language"].unify_dictionaries().combine_chunks(),
        table["source"].unify_dictionaries().combine_chunks(),
        numbers(table["count"].combine_chunks(), np.uint64),
    )
