"""Evaluation sets as they lie in local files: JSON lines (also packed) and Parquet; each row is an item.

An item's texts are the strings below its fields, at any depth: a question, each of its choices, each of its answers.
Nothing of a file is passed over: what is no JSON, cut short or not there is an error that says where.
"""

from __future__ import annotations

import bz2
import gzip
import hashlib
import lzma
import zlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import orjson
import pyarrow as pa
import pyarrow.parquet as pq

from ginbon.corpus.readers.streams import compression_of
from ginbon.corpus.readers.zst import zstd
from ginbon.errors import SurroundingsError, UserError
from ginbon.recipes.values import shown

_PARQUET: Final = b"PAR1"
_ROWS: Final = 8_192
_MARK: Final = b"\xef\xbb\xbf"
_SHOWN: Final = 12


@dataclass(frozen=True)
class Items:
    """The texts of a set, and the item of each (numbers from 0, in the order of the files and rows); ``items`` of them
    there are, some perhaps without a text.
    """

    texts: pa.Array
    item: npt.NDArray[np.int64]
    items: int

    @classmethod
    def of(cls, texts: Iterable[str]) -> Items:
        """Each text an item of its own; a lone surrogate is a question mark."""
        found = [text.encode("utf-8", "replace").decode("utf-8") for text in texts]
        return cls(pa.array(found, pa.large_string()), np.arange(len(found)), len(found))


class NoFieldError(UserError):
    """No row of a file has a field that was asked for."""

    def __init__(self, message: str, field: str) -> None:
        super().__init__(message)
        self.field = field


@dataclass(frozen=True)
class EvaluationSet:
    """A set: its files, the fields that are looked at (None: all), and the digest of what the files hold."""

    name: str
    files: tuple[str, ...]
    fields: tuple[str, ...] | None
    sha256: str

    def read(self) -> Items:
        """Its items; raises ``UserError`` where the files are no longer those of the digest."""
        if (now := digest_files(self.files)) != self.sha256:
            raise UserError(
                f"the evaluation set {self.name} changed since the run was started: its digest is {now[:12]}…, it was "
                f"{self.sha256[:12]}…. Run the same command again"
            )
        return read_items(self.files, self.fields)


def digest_files(files: Sequence[str | Path]) -> str:
    """SHA-256 of the SHA-256 of each file, in their order; where they lie and what they are called is not in it."""
    joined = hashlib.sha256()
    for path in files:
        with _readable(path), Path(path).open("rb") as file:
            joined.update(hashlib.file_digest(file, "sha256").digest())
    return joined.hexdigest()


def read_items(files: Sequence[str | Path], fields: Sequence[str] | None = None) -> Items:
    """The items of some files, of all their fields or only these.

    A row may lack a field, or have it as null; a file none of whose rows has it is a ``UserError``, as are a file
    without rows, one that is cut short or damaged, and a line that is no JSON object.
    """
    texts: list[str] = []
    of: list[int] = []
    items = 0
    for path in files:
        seen: dict[str, None] = {}
        before = items
        for row in _rows(path, fields):
            seen.update(dict.fromkeys(row))
            for name in row if fields is None else fields:
                own = list(_strings(row.get(name)))
                texts += own
                of += [items] * len(own)
            items += 1
        _check_fields(path, fields, seen, rows=items - before)
    return Items(pa.array(texts, pa.large_string()), np.array(of, np.int64), items)


def _check_fields(path: str | Path, fields: Sequence[str] | None, seen: dict[str, None], *, rows: int) -> None:
    if not rows:
        raise UserError(f"{path} holds no items: it has no rows. Take it out, or bring the whole file")
    missing = [name for name in fields or () if name not in seen]
    if missing:
        near = get_close_matches(missing[0], seen, n=1)
        hint = f"did you mean `{near[0]}`? " if near else ""
        there = ", ".join(list(seen)[:_SHOWN]) + (", …" if len(seen) > _SHOWN else "")
        message = f"{path}: none of its {rows:,} rows has the field `{missing[0]}`; {hint}there are: {there}"
        raise NoFieldError(message, missing[0])


def _strings(value: Any) -> Iterator[str]:
    """The texts below a value, in its order."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for below in value.values():
            yield from _strings(below)
    elif isinstance(value, list | tuple):
        for below in value:
            yield from _strings(below)


def _rows(path: str | Path, fields: Sequence[str] | None) -> Iterator[dict[str, Any]]:
    with _readable(path):
        with Path(path).open("rb") as file:
            is_parquet = file.read(len(_PARQUET)) == _PARQUET
        yield from _parquet_rows(path, fields) if is_parquet else _json_rows(path)


def _parquet_rows(path: str | Path, fields: Sequence[str] | None) -> Iterator[dict[str, Any]]:
    try:
        with pq.ParquetFile(path, memory_map=False) as file:
            names = [n for n in file.schema_arrow.names if fields is None or n in fields]
            if not names and file.metadata.num_rows:
                _check_fields(path, fields, dict.fromkeys(file.schema_arrow.names), rows=file.metadata.num_rows)
            for batch in file.iter_batches(_ROWS, columns=names, use_threads=False):
                yield from batch.to_pylist()
    except (pa.ArrowException, OSError) as error:
        what = str(error).partition("\n")[0]
        raise UserError(f"{path} is cut short or damaged ({what}). Bring the whole file again") from error


def _json_rows(path: str | Path) -> Iterator[dict[str, Any]]:
    kind = compression_of(path)
    module: Any = {"gz": gzip, "bz2": bz2, "xz": lzma, "zst": zstd()}.get(kind)
    broken = (EOFError, gzip.BadGzipFile, zlib.error, lzma.LZMAError, zstd().ZstdError, ValueError)
    number = 0
    with Path(path).open("rb") if module is None else module.open(path) as file:
        try:
            for number, line in enumerate(file, 1):
                if plain := line.removeprefix(_MARK if number == 1 else b"").strip():
                    yield _parsed(path, number, plain)
        except broken as error:
            raise UserError(
                f"{path} is cut short or damaged behind line {number:,} ({error}). Bring the whole file again"
            ) from error


def _parsed(path: str | Path, number: int, line: bytes) -> dict[str, Any]:
    try:
        row = orjson.loads(line)
    except orjson.JSONDecodeError as error:
        raise UserError(
            f"{path}:{number}:{error.colno}: {error.msg}. An evaluation set is JSON lines (an object each) or Parquet"
        ) from None
    if not isinstance(row, dict):
        raise UserError(f"{path}:{number}:1: expected a JSON object, with the item's fields; found {shown(row)}")
    return row


@contextmanager
def _readable(path: str | Path) -> Iterator[None]:
    """What the system says against reading a file, in our words."""
    try:
        yield
    except OSError as error:
        raise SurroundingsError(
            f"{path} cannot be read: {error.strerror or error}. Make it readable, and run the same command again"
        ) from error
