"""Texts to train and measure on: the shards of a run or release, or files of any of the usual tables.

Every document has an identity (its own, or file and line), a language label and a source, so that a sample can be
chosen by hash and balanced. Files are read in the order given; nothing is kept.
"""

from __future__ import annotations

import bz2
import gzip
import lzma
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from ginbon.errors import SurroundingsError, UserError
from ginbon.languages import codes

SCHEMA: Final = pa.schema(
    [("id", pa.string()), ("text", pa.large_string()), ("language", pa.string()), ("source", pa.string())]
)
"""What is read: ``language`` is written ``por_Latn``, whatever the file calls it (``pt``), but as it stands there where
no table knows it; ``und`` where nobody says. ``source`` is empty where unknown."""

UNKNOWN: Final = "und"
BATCH_ROWS: Final = 2_048

Read = Callable[[], Iterator[pa.RecordBatch]]
"""Reads the same documents each time it is called, as batches of ``SCHEMA``."""

_NAMES: Final = {
    ".parquet": "parquet",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".json": "jsonl",
    ".txt": "lines",
    ".text": "lines",
    "": "lines",
}
_PACKED: Final = (".zst", ".gz", ".bz2", ".xz")


def _nobody(gauge: Gauge) -> None:
    """Looks at no gauge."""


@dataclass
class Gauge:
    """How far a reading has come, for a display: of the files' bytes on the disk ``passed`` of ``size``, in which were
    so many documents and bytes of text. ``looked`` is called after each batch and file."""

    looked: Callable[[Gauge], None] = _nobody
    size: int = 0
    passed: int = 0
    documents: int = 0
    bytes: int = 0

    def add(self, batch: pa.RecordBatch, passed: int) -> None:
        """So much more was read."""
        self.documents += batch.num_rows
        self.bytes += batch["text"].nbytes
        self.passed = passed
        self.looked(self)


@dataclass
class _Place:
    """Where in a file a reading is: a row of a table, or a byte of the file as it lies on the disk."""

    file: Path
    row: int = 0
    rows: int = 0
    raw: Any = None

    @property
    def passed(self) -> int:
        """Bytes of the file, on the disk."""
        if self.raw is not None:
            return int(self.raw.tell())
        return self.file.stat().st_size * self.row // max(self.rows, 1)


@dataclass(frozen=True)
class Reading:
    """Files to read, in order, and what is known about their documents.

    ``language`` is given to documents that do not say theirs. ``languages`` keeps only these; empty = all. ``split``
    keeps the documents of a released split (``train``, ``held_out``) where files tell it; empty = all. ``gauge`` is
    told how far a reading is.
    """

    files: tuple[Path, ...]
    language: str = ""
    languages: frozenset[str] = frozenset()
    split: str = ""
    gauge: Gauge = field(default_factory=Gauge, compare=False)

    def __call__(self) -> Iterator[pa.RecordBatch]:
        """The documents, batch by batch."""
        sizes = [file.stat().st_size if file.is_file() else 0 for file in self.files]
        self.gauge.size += sum(sizes)
        for file, size in zip(self.files, sizes, strict=True):
            place, before = _Place(file), self.gauge.passed
            for batch in map(_resolved, _read(place, self.language or UNKNOWN, self.split)):
                kept = self._kept(batch) if self.languages else batch
                if kept.num_rows:
                    yield kept
                self.gauge.add(batch, before + place.passed)
            self.gauge.passed = before + size
            self.gauge.looked(self.gauge)

    def _kept(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        """Documents in one of the languages, however either side spells it."""
        own = {codes.resolve(label) or label for label in self.languages}
        return batch.filter(pc.is_in(batch["language"], pa.array(sorted(own), pa.string())))


def _resolved(batch: pa.RecordBatch) -> pa.RecordBatch:
    """The same documents, each language under its one label."""
    said = batch["language"].dictionary_encode()
    names = said.dictionary.to_pylist()
    labels = [codes.resolve(name) or name for name in names]
    if labels == names:
        return batch
    column = pa.array(labels, pa.string()).take(said.indices)
    return batch.set_column(batch.schema.get_field_index("language"), SCHEMA.field("language"), column)


def find(places: Sequence[Path | str], *, split: str = "") -> tuple[Path, ...]:
    """The files that places name: files as they are; in a run its shards, in a release its data, else all of a folder.

    Shards whose name tells another split than ``split`` are left out. Raises ``UserError`` for a place that is not
    there, or that holds nothing to read.
    """
    files: list[Path] = []
    for place in map(Path, places):
        if place.is_file():
            files.append(place)
            continue
        if not place.is_dir():
            raise UserError(f"{place}: no such file or folder; give JSONL, Parquet or text files, a run or a release")
        inside = next((place / name for name in ("shards", "data") if (place / name).is_dir()), place)
        found = sorted(f for f in inside.rglob("*") if f.is_file() and _format(f) and not f.name.startswith("."))
        kept = [f for f in found if not (split and f.suffix == ".parquet" and _split_of(f) not in ("", split))]
        if not kept:
            raise UserError(
                f"{place}: nothing to read here" + (f" of the split {split!r}" if found else "") + "; looked for "
                "Parquet, JSONL (.jsonl, .ndjson) and text files (.txt), packed with zst, gz, bz2 or xz or not"
            )
        files += kept
    return tuple(files)


def _split_of(file: Path) -> str:
    """The split that a shard's name tells, else nothing."""
    return next((s for s in ("train", "held_out") if file.name.startswith(s)), "")


def _format(file: Path) -> str | None:
    """``parquet``, ``jsonl``, ``lines``, or None for other files; by the name alone."""
    name = file.name.lower()
    for ending in _PACKED:
        name = name.removesuffix(ending)
    suffix = Path(name).suffix
    return _NAMES.get(suffix) if suffix else None


def _read(place: _Place, language: str, split: str) -> Iterator[pa.RecordBatch]:
    file = place.file
    kind = _format(file) or _NAMES[""]
    try:
        if kind == "parquet":
            yield from _parquet(place, language, split)
        elif kind == "jsonl":
            yield from _batches(_jsonl(place, language, split))
        else:
            yield from _batches(_lines(place, language))
    except (OSError, EOFError, lzma.LZMAError) as error:
        raise SurroundingsError(f"{file}: {error}; put the file right and run the same command again") from error
    except UnicodeDecodeError as error:
        raise UserError(
            f"{file}: not UTF-8 (byte 0x{error.object[error.start]:02x}). If it is text in another encoding, write it "
            "as UTF-8 first (iconv -t utf-8); text files, JSONL and Parquet are read"
        ) from error
    except pa.ArrowInvalid as error:
        raise UserError(f"{file}: cannot be read as Parquet: {error}") from error


def _parquet(place: _Place, language: str, split: str) -> Iterator[pa.RecordBatch]:
    file = place.file
    parquet = pq.ParquetFile(file)
    names = set(parquet.schema_arrow.names)
    if "text" not in names:
        counts = "; counts of pre-tokens are no text: name such files themselves, where counts are taken"
        hint = counts if {"pre_token", "count"} <= names else ""
        raise UserError(f"{file}: no column 'text' among {', '.join(sorted(names))}{hint}")
    columns = [n for n in ("id", "text", "language", "script", "source", "split") if n in names]
    place.rows = parquet.metadata.num_rows
    for batch in parquet.iter_batches(BATCH_ROWS, columns=columns):
        first, place.row = place.row, place.row + batch.num_rows
        kept = pc.is_valid(batch["text"])
        if split and "split" in columns:
            kept = pc.and_(kept, pc.fill_null(pc.equal(batch["split"].cast(pa.string()), split), False))
        ids = batch["id"] if "id" in columns else pa.array([f"{file.name}:{first + i}" for i in range(batch.num_rows)])
        source = _text(batch, "source") or pa.repeat(pa.scalar(""), batch.num_rows)
        arrays = [ids.cast(pa.string()), batch["text"], _labels(batch, language), source]
        arrays = [a.cast(f.type) for a, f in zip(arrays, SCHEMA, strict=True)]
        yield pa.RecordBatch.from_arrays(arrays, schema=SCHEMA).filter(kept)


def _text(batch: pa.RecordBatch, name: str) -> pa.Array | None:
    """A column as plain text with nulls as "", or None where it is not there."""
    return pc.fill_null(batch[name].cast(pa.string()), "") if name in batch.schema.names else None


def _labels(batch: pa.RecordBatch, language: str) -> pa.Array:
    """``por_Latn`` of each row: from the columns language and script, or from language alone."""
    said = _text(batch, "language")
    if said is None:
        return pa.repeat(pa.scalar(language), batch.num_rows)
    script = _text(batch, "script")
    if script is not None:
        joined = pc.binary_join_element_wise(said, script, "_")
        said = pc.if_else(pc.or_(pc.equal(script, ""), pc.match_substring(said, "_")), said, joined)
    return pc.if_else(pc.equal(said, ""), language, said)


@contextmanager
def open_packed(file: Path, place: _Place | None = None) -> Iterator[Any]:
    """A file's bytes, unpacked by its ending."""
    from backports import zstd

    openers: dict[str, Any] = {".zst": zstd.open, ".gz": gzip.open, ".bz2": bz2.open, ".xz": lzma.open}
    with file.open("rb") as raw, openers.get(file.suffix, nullcontext)(raw) as opened:
        if place is not None:
            place.raw = raw
        yield opened
    if place is not None:
        place.raw, place.row, place.rows = None, 1, 1


def _jsonl(place: _Place, language: str, split: str) -> Iterator[tuple[str, str, str, str]]:
    import orjson

    file = place.file
    with open_packed(file, place) as lines:
        for number, line in enumerate(lines, 1):
            if not line.strip():
                continue
            try:
                row = orjson.loads(line)
                text = row["text"]
            except (orjson.JSONDecodeError, KeyError, TypeError) as error:
                found = line[:60].decode(errors="replace").strip()
                why = f" ({error})" if isinstance(error, orjson.JSONDecodeError) else ""
                raise UserError(
                    f"{file}:{number}:1: expected an object with the key 'text', found {found!r}{why}"
                ) from error
            if not isinstance(text, str) or (split and row.get("split", split) != split):
                continue
            label = str(row.get("language") or language)
            if row.get("script") and "_" not in label:
                label = f"{label}_{row['script']}"
            yield str(row.get("id") or f"{file.name}:{number}"), text, label, str(row.get("source") or "")


def _lines(place: _Place, language: str) -> Iterator[tuple[str, str, str, str]]:
    """A document a line; blank lines are none."""
    file = place.file
    with open_packed(file, place) as lines:
        for number, line in enumerate(lines, 1):
            if text := line.decode("utf-8-sig" if number == 1 else "utf-8").rstrip("\r\n"):
                yield f"{file.name}:{number}", text, language, ""


def _batches(rows: Iterable[tuple[str, str, str, str]]) -> Iterator[pa.RecordBatch]:
    held: list[tuple[str, str, str, str]] = []
    size = 0
    for row in rows:
        held.append(row)
        size += len(row[1])
        if len(held) == BATCH_ROWS or size > 4 * 2**20:
            yield _batch(held)
            held, size = [], 0
    if held:
        yield _batch(held)


def _batch(rows: list[tuple[str, str, str, str]]) -> pa.RecordBatch:
    columns = zip(*rows, strict=True)
    arrays = [pa.array(list(c), f.type) for c, f in zip(columns, SCHEMA, strict=True)]
    return pa.RecordBatch.from_arrays(arrays, schema=SCHEMA)
