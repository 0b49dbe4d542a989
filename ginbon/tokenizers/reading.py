"""Texts to train and measure on: the shards of a run or release, or files of any of the usual tables.

Every document has an identity (its own, or file and line), a language label and a source, so that a sample can be
chosen by hash and balanced. Files are read in the order given; nothing is kept.
"""

from __future__ import annotations

import bz2
import gzip
import lzma
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
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
"""What is read: ``language`` is written ``por_Latn``, ``und`` where nobody says; ``source`` is empty where unknown."""

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


@dataclass(frozen=True)
class Reading:
    """Files to read, in order, and what is known about their documents.

    ``language`` is given to documents that do not say theirs. ``languages`` keeps only these; empty = all. ``split``
    keeps the documents of a released split (``train``, ``held_out``) where files tell it; empty = all.
    """

    files: tuple[Path, ...]
    language: str = ""
    languages: frozenset[str] = frozenset()
    split: str = ""

    def __call__(self) -> Iterator[pa.RecordBatch]:
        """The documents, batch by batch."""
        for file in self.files:
            for batch in _read(file, self.language or UNKNOWN, self.split):
                kept = self._kept(batch) if self.languages else batch
                if kept.num_rows:
                    yield kept

    def _kept(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        """Documents in one of the languages, however their label spells it (``ori_Orya`` is ``ory_Orya``)."""
        said = batch["language"].unique().to_pylist()
        own = [label for label in said if label in self.languages or codes.resolve(label) in self.languages]
        return batch.filter(pc.is_in(batch["language"], pa.array(own, pa.string())))


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


def _read(file: Path, language: str, split: str) -> Iterator[pa.RecordBatch]:
    kind = _format(file) or _NAMES[""]
    try:
        if kind == "parquet":
            yield from _parquet(file, language, split)
        elif kind == "jsonl":
            yield from _batches(file, _jsonl(file, language, split))
        else:
            yield from _batches(file, _lines(file, language))
    except (OSError, EOFError, lzma.LZMAError) as error:
        raise SurroundingsError(f"{file}: {error}; put the file right and run the same command again") from error
    except UnicodeDecodeError as error:
        raise UserError(
            f"{file}: not UTF-8 (byte 0x{error.object[error.start]:02x}). If it is text in another encoding, write it "
            "as UTF-8 first (iconv -t utf-8); text files, JSONL and Parquet are read"
        ) from error
    except pa.ArrowInvalid as error:
        raise UserError(f"{file}: cannot be read as Parquet: {error}") from error


def _parquet(file: Path, language: str, split: str) -> Iterator[pa.RecordBatch]:
    parquet = pq.ParquetFile(file)
    names = set(parquet.schema_arrow.names)
    if "text" not in names:
        counts = "; counts of pre-tokens are no text: name such files themselves, where counts are taken"
        hint = counts if {"pre_token", "count"} <= names else ""
        raise UserError(f"{file}: no column 'text' among {', '.join(sorted(names))}{hint}")
    columns = [n for n in ("id", "text", "language", "script", "source", "split") if n in names]
    rows = 0
    for batch in parquet.iter_batches(BATCH_ROWS, columns=columns):
        first, rows = rows, rows + batch.num_rows
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


def open_packed(file: Path) -> Any:
    """A file's bytes, unpacked by its ending."""
    if file.suffix == ".zst":
        from backports import zstd

        return zstd.open(file, "rb")
    openers: dict[str, Any] = {".gz": gzip.open, ".bz2": bz2.open, ".xz": lzma.open}
    return openers[file.suffix](file, "rb") if file.suffix in openers else file.open("rb")


def _jsonl(file: Path, language: str, split: str) -> Iterator[tuple[str, str, str, str]]:
    import orjson

    with open_packed(file) as lines:
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


def _lines(file: Path, language: str) -> Iterator[tuple[str, str, str, str]]:
    """A document a line; blank lines are none."""
    with open_packed(file) as lines:
        for number, line in enumerate(lines, 1):
            if text := line.decode("utf-8-sig" if number == 1 else "utf-8").rstrip("\r\n"):
                yield f"{file.name}:{number}", text, language, ""


def _batches(file: Path, rows: Iterable[tuple[str, str, str, str]]) -> Iterator[pa.RecordBatch]:
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
