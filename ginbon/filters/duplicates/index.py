"""The index of a corpus: hashes of its documents, so that another corpus can leave out what is already there.

A folder with ``index.json`` (what it is, and every file with its size and SHA-256), ``hashes-*.parquet`` (hash and
document number, sorted by hash) and ``documents-*.parquet`` (number and id). It holds no text, so it can be handed to
those who may not have the texts. ``docs/reference/index-format.md`` tells the format.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from ginbon.corpus import parquet
from ginbon.engine.files import Written, read_json
from ginbon.engine.parts import changes, digest, read_parts
from ginbon.engine.stage import Result, Task, Work
from ginbon.errors import UserError
from ginbon.filters.duplicates.hashing import Hashes
from ginbon.filters.duplicates.numbering import DocumentPart, Numbers, document_parts
from ginbon.filters.duplicates.shuffle import SHUFFLED_HASH, Keys, hashes_in, join, range_of, ranges
from ginbon.filters.duplicates.sketch import Near
from ginbon.filters.kernel import classes

FORMAT: Final = "ginbon-index"
VERSION: Final = 1
INDEX: Final = "index"
HEADER: Final = "index.json"

ROWS: Final = 2**20
DOCUMENT: Final = pa.schema([("document", pa.int64()), ("id", pa.string())])

Ids = Literal["id", "locator"]
"""What a document is called: by its id in a run, by its place where rows of tables are deduplicated."""


def made_with(keys: Keys, near: Near) -> dict[str, Any]:
    """What two indexes must have in common for their hashes to mean the same."""
    return {"exact": keys.exact, "url": keys.url, "bands": keys.bands, "near": near.fingerprint(), **_unicode()}


def _unicode() -> dict[str, str]:
    return {"unicode": classes.unicode_version()}


@dataclass(frozen=True)
class Known:
    """An index to deduplicate against, looked at by ``open_index``.

    ``digest`` is the hash of its header, which holds the hashes of all of its files. Its documents have negative
    numbers here: number ``n`` of the index is ``base - n``.
    """

    path: str
    name: str
    digest: str
    base: int
    documents: int
    files: tuple[tuple[str, int, str], ...]

    def hashes(self, index: int, of: int) -> Iterator[tuple[Hashes, Numbers]]:
        """The hashes of one range of ``of``, with the numbers that their documents have here."""
        for name in self._named("hashes-"):
            path = Path(self.path) / name
            with told_as_damage(path), parquet.open_parquet(path) as file:
                for group in range(file.num_row_groups):
                    found = file.metadata.row_group(group).column(0).statistics
                    lowest, highest = range_of(np.array([found.min, found.max], np.uint64), of)
                    if lowest <= index <= highest:
                        table = file.read_row_group(group, use_threads=False)
                        hashes, numbers = (table.column(n).to_numpy() for n in SHUFFLED_HASH.names)
                        mine = range_of(hashes, of) == index
                        yield hashes[mine], self.base - numbers[mine]

    def _named(self, beginning: str) -> list[str]:
        return [name for name, _, _ in self.files if Path(name).name.startswith(beginning)]

    def ids(self, numbers: Numbers) -> dict[int, str]:
        """The ids of documents, by the numbers that they have here."""
        wanted = pa.array(self.base - numbers[(numbers <= self.base) & (numbers > self.base - self.documents)])
        found: dict[int, str] = {}
        for file in self._named("documents-") if len(wanted) else ():
            with told_as_damage(Path(self.path) / file):
                for batch in _with_any(Path(self.path) / file, wanted.to_numpy()):
                    some = batch.filter(pc.is_in(batch.column("document"), value_set=wanted))
                    pairs = zip(some.column("document").to_pylist(), some.column("id").to_pylist(), strict=True)
                    found |= {self.base - number: name for number, name in pairs}
        return found


def _with_any(path: Path, wanted: Numbers) -> Iterator[pa.Table]:
    """The row groups that may hold a document with one of these numbers."""
    wanted = np.sort(wanted)
    with parquet.open_parquet(path) as file:
        for group in range(file.num_row_groups):
            span = file.metadata.row_group(group).column(0).statistics
            if np.searchsorted(wanted, span.min) < np.searchsorted(wanted, span.max, "right"):
                yield file.read_row_group(group, use_threads=False)


def open_indexes(paths: Sequence[str | Path], keys: Keys, near: Near) -> tuple[Known, ...]:
    """The indexes in these folders, checked: the format's version, how they were made, every file with its size.

    Raises ``UserError`` that says what is wrong with which, and what to do.
    """
    found, base = [], -1
    for path in paths:
        header = _header(Path(path))
        _check(Path(path), header, made_with(keys, near))
        files = tuple((f["name"], f["bytes"], f["sha256"]) for f in header["files"])
        space = int(header["numbers"])
        found.append(Known(str(path), header["name"], _digest(header), base, space, files))
        base -= space
    return tuple(found)


def ids_in(known: Iterable[Known], numbers: Numbers) -> dict[int, str]:
    """The ids of the documents of any of the indexes, by the numbers that they have here."""
    return {number: name for index in known for number, name in index.ids(numbers).items()}


def _digest(header: dict[str, Any]) -> str:
    return digest({k: v for k, v in header.items() if k != "name"})


def _header(path: Path) -> dict[str, Any]:
    header = read_json(path / HEADER)
    if not isinstance(header, dict) or header.get("format") != FORMAT:
        raise UserError(f"{path}: no index of Ginbon is there ({HEADER} is missing or says something else)")
    if header.get("version") != VERSION:
        raise UserError(
            f"{path}: an index of version {header.get('version')}; this Ginbon reads version {VERSION}. "
            "Ask for one that this version made, or take a Ginbon that reads it"
        )
    return header


def _check(path: Path, header: dict[str, Any], wanted: dict[str, Any]) -> None:
    made = header["made_with"]
    differ = changes(made, wanted)
    if differ:
        raise UserError(
            f"{path}: its hashes were made otherwise (there -> here): {'; '.join(differ)}. Copies would not be found. "
            "Set the same here, or make the index again"
        )
    for file in header["files"]:
        place = path / file["name"]
        size = place.stat().st_size if place.is_file() else None
        if size is None:
            raise UserError(f"{place}: this part of the index is missing; bring the folder again, whole")
        if size != file["bytes"]:
            raise UserError(
                f"{place}: {size:,} bytes are there, {HEADER} says {file['bytes']:,}. The copy was cut short or "
                "changed; bring the file again"
            )


def verify_index(path: Path) -> None:
    """Read every byte of an index and compare its hashes; raises ``UserError`` for the first that differs."""
    for file in _header(path)["files"]:
        with told_as_damage(path / file["name"]), (path / file["name"]).open("rb") as stream:
            found = hashlib.file_digest(stream, "sha256").hexdigest()
        if found != file["sha256"]:
            raise UserError(
                f"{path / file['name']}: SHA-256 is {found[:12]}…, {HEADER} says {file['sha256'][:12]}…; "
                "bring the file again"
            )


@contextmanager
def told_as_damage(path: Path) -> Iterator[None]:
    """Tell what the Parquet reader says of a damaged file as trouble with that part of an index."""
    try:
        yield
    except (pa.ArrowException, OSError) as error:
        if isinstance(error, MemoryError):
            raise
        reason = str(error).partition("\n")[0]
        raise UserError(f"{path}: this part of the index cannot be read ({reason}); bring it again") from error


@dataclass(frozen=True)
class Index:
    """The stage ``index``: the hashes of the documents that are kept, by ranges, and their ids.

    Documents that are called by ``id`` are kept as a run's fates say, by ``locator`` as ``dedup`` chose. There is no
    task where it is not ``wanted``.
    """

    keys: Keys
    near: Near
    ids: Ids = "id"
    wanted: bool = True
    name: str = "index"
    outputs: tuple[str, ...] = (f"{INDEX}/parts",)

    def fingerprint(self) -> dict[str, Any]:
        """How the hashes were made."""
        return {"revision": 1, **made_with(self.keys, self.near)}

    def tasks(self, folder: Path) -> list[Task]:
        """A task for each range of hashes, which also lists the ids of its share of the parts."""
        if not self.wanted:
            return []
        parts = document_parts(folder)
        number = ranges(sum(p.rows for p in parts) * len(self.keys))
        inputs = {
            "sketches": digest([p.file("sketches").sha256 for p in parts]),
            "kept": digest([p.digest for p in read_parts(folder, "select" if self.ids == "id" else "choose")]),
        }
        return [Task(f"range-{i:05d}", inputs, {"range": i, "of": number}) for i in range(number)]

    def run(self, task: Task, work: Work) -> Result:
        """Write the hashes of one range in order, and the ids of some documents."""
        index, of = task.arguments["range"], task.arguments["of"]
        parts = document_parts(work.folder)
        kept = _kept(work.folder, parts, self.ids)
        hashes: list[Hashes] = []
        numbers: list[Numbers] = []
        for h, n in hashes_in(work.folder, self.keys, index, of):
            mine = kept[n]
            hashes.append(h[mine])
            numbers.append(n[mine])
        values, documents = join(hashes, np.uint64), join(numbers, np.int64)
        order = np.lexsort((documents, values))
        _write(work, f"{INDEX}/parts/hashes-{index:05d}.parquet", SHUFFLED_HASH, values[order], documents[order])
        share = [p for i, p in enumerate(parts) if i * of // len(parts) == index]
        with work.write(f"{INDEX}/parts/documents-{index:05d}.parquet") as file, parquet.Writer(file, DOCUMENT) as out:
            for part in share:
                out.write(self._ids(work.folder, part, kept))
        return Result(facts={"documents": int(kept.sum()), "numbers": len(kept)})

    def _ids(self, folder: Path, part: DocumentPart, kept: npt.NDArray[np.bool_]) -> pa.RecordBatch:
        where = "documents" if self.ids == "id" else "sketches"
        rows = np.flatnonzero(kept[part.first : part.first + part.rows])
        names = parquet.read_table(folder / part.file(where).path, [self.ids]).column(0).take(pa.array(rows))
        return pa.RecordBatch.from_arrays([pa.array(rows + part.first), names.combine_chunks()], schema=DOCUMENT)


def _kept(folder: Path, parts: list[DocumentPart], ids: Ids) -> npt.NDArray[np.bool_]:
    """Which documents are kept, a byte each."""
    kept = np.ones(sum(p.rows for p in parts), np.bool_)
    if ids == "locator":
        for path in (f.path for p in read_parts(folder, "choose") for f in p.files):
            for batch in parquet.read_batches(folder / path, ["document", "survives"]):
                kept[batch.filter(pc.invert(batch.column("survives"))).column("document").to_numpy()] = False
        return kept
    for part in parts:
        fates = parquet.read_table(folder / "fates" / f"{part.name}.parquet", ["fate"]).column("fate").combine_chunks()
        mine = pc.equal(fates.dictionary_decode(), "kept").to_numpy(zero_copy_only=False)
        kept[part.first : part.first + part.rows] = mine
    return kept


def _write(work: Work, path: str, schema: pa.Schema, *columns: Any) -> None:
    with work.write(path) as file, parquet.Writer(file, schema, rows=ROWS) as writer:
        writer.write(pa.RecordBatch.from_arrays([pa.array(c) for c in columns], schema=schema))


@dataclass(frozen=True)
class ListIndex:
    """The stage ``list-index``: puts the parts of the index together under one header. One small task.

    ``title`` is what the corpus is called; None: there is no index, and no task.
    """

    keys: Keys
    near: Near
    title: str | None
    name: str = "list-index"
    outputs: tuple[str, ...] = ()

    def fingerprint(self) -> dict[str, Any]:
        """What the header says."""
        return {"revision": 1, "title": self.title, "version": VERSION}

    def tasks(self, folder: Path) -> list[Task]:
        """One task."""
        if self.title is None:
            return []
        return [Task("index", {"parts": digest([p.digest for p in read_parts(folder, "index")])})]

    def run(self, task: Task, work: Work) -> Result:
        """Write ``index/index.json``."""
        parts = read_parts(work.folder, "index")
        files = [_listed(file) for part in parts for file in part.files]
        header = {
            "format": FORMAT,
            "version": VERSION,
            "name": self.title,
            "made_with": made_with(self.keys, self.near),
            "documents": parts[0].facts["documents"] if parts else 0,
            "numbers": parts[0].facts["numbers"] if parts else 0,
            "files": sorted(files, key=lambda f: f["name"]),
        }
        work.write_json(f"{INDEX}/{HEADER}", header)
        return Result(facts={"documents": header["documents"]})


def _listed(file: Written) -> dict[str, Any]:
    return {"name": file.path.removeprefix(f"{INDEX}/"), "bytes": file.bytes, "sha256": file.sha256}
