"""Parallel text from files: folders of line-aligned files, tables with a column for each language, the UDHR's table.

    flores/eng_Latn.txt.zst, flores/hin_Deva.txt.zst ...     a version a file, line by line (.txt, packed or not)
    ntrex/DOCUMENT_IDS.txt                                    beside them, the document of each line (may be missing)
    phrases.tsv, phrases.jsonl, phrases.parquet               a column for each language, ``document`` for the document
    udhr.tsv.zst                                              udhr_key, article, paragraph, text: a paragraph a row
    parallel/                                                 a folder of such folders and tables: a set of each

A set is called like its folder or file.
"""

from __future__ import annotations

import lzma
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pyarrow as pa

from ginbon.errors import SurroundingsError, UserError
from ginbon.languages import codes
from ginbon.tokenizers.parallel.aligned import Aligned, Version, align
from ginbon.tokenizers.reading import open_packed

DOCUMENTS: Final = "DOCUMENT_IDS"
"""Name of the file, without endings, that tells the document of each line."""

INDEX: Final = "languages.tsv"
"""An index beside the sets; not a set itself."""

_PACKED: Final = (".zst", ".gz", ".bz2", ".xz")
_TABLES: Final = (".tsv", ".jsonl", ".ndjson", ".parquet")
_NO_LANGUAGE: Final = frozenset({"id", "url", "document", "document_id", "doc", "line", "source", "domain", "topic"})
"""Columns that are never a language, though some are codes of one (``id``: write ``ind_Latn``)."""

_UDHR: Final = ("udhr_key", "iso639_3", "iso15924", "article", "paragraph", "text")


@dataclass(frozen=True)
class _Read:
    """What a place holds before it is aligned."""

    name: str
    versions: Sequence[Version]
    documents: Sequence[str] = ()
    notes: Sequence[str] = ()


def read_parallel(
    places: Sequence[Path | str] | Path | str, *, pivot: str = "", languages: Sequence[str] = ()
) -> list[Aligned]:
    """The sets of aligned lines that places hold.

    ``pivot`` is the language the others are compared with (left out: English); ``languages`` keeps these and the
    pivot. Raises ``UserError`` for places that are not there or hold nothing aligned, for line counts that differ, a
    missing pivot, a language that is in no set.
    """
    given = [places] if isinstance(places, (str, Path)) else list(places)
    sets: list[Aligned] = []
    for place in given:
        for found in _places(Path(place)):
            read = _read(found)
            sets.append(
                align(
                    read.name,
                    read.versions,
                    pivot=pivot,
                    languages=languages,
                    documents=read.documents,
                    notes=read.notes,
                )
            )
    _check(sets, languages)
    return sets


def _check(sets: Sequence[Aligned], languages: Sequence[str]) -> None:
    names = [one.name for one in sets]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise UserError(f"two sets are called {twice[0]!r}; rename a folder or file, so that results tell them apart")
    there = {label for one in sets for label in one.versions} | {
        v.language for one in sets for v in one.versions.values()
    }
    for language in languages:
        if language not in there and codes.resolve(language) not in there:
            raise UserError(f"{language}: in none of the sets {', '.join(names)}; --language takes por_Latn, por or pt")


def _places(place: Path) -> list[Path]:
    """The folders and tables that are sets."""
    if place.is_file():
        if _ending(place) not in _TABLES:
            raise UserError(
                f"{place}: expected a folder of <language>.txt files, or a table (.tsv, .jsonl, .parquet) with a "
                "column for each language"
            )
        return [place]
    if not place.is_dir():
        raise UserError(
            f"{place}: no such file or folder; parallel text is a folder of <language>.txt files or a table"
        )
    if _line_files(place):
        return [place]
    inside = sorted(p for p in place.iterdir() if not p.name.startswith(".") and p.name != INDEX)
    found = [p for p in inside if (p.is_dir() and _line_files(p)) or (p.is_file() and _ending(p) in _TABLES)]
    if not found:
        raise UserError(
            f"{place}: no parallel text here; looked for <language>.txt files (packed with zst, gz, bz2 or xz or "
            "not), tables (.tsv, .jsonl, .parquet), and folders of these"
        )
    return found


def _line_files(folder: Path) -> dict[str, Path]:
    """The ``.txt`` files of a folder by what stands before their endings."""
    files = sorted(f for f in folder.iterdir() if f.is_file() and _ending(f) == ".txt" and not f.name.startswith("."))
    found: dict[str, Path] = {}
    for file in files:
        label = _stem(file)
        if label in found:
            raise UserError(f"{folder}: {label} is here twice, as {found[label].name} and {file.name}; remove one")
        found[label] = file
    return {label: f for label, f in found.items() if label == DOCUMENTS or _is_label(label)}


def _is_label(name: str) -> bool:
    """Whether a file may be a language's lines: a known language, or written like one (``xyz_Latn``)."""
    return codes.resolve(name) is not None or (len(name) > 3 and name[3] == "_" and name[:3].isalpha())


def _plain(file: Path) -> str:
    name = file.name
    for ending in _PACKED:
        name = name.removesuffix(ending)
    return name


def _ending(file: Path) -> str:
    return Path(_plain(file)).suffix.lower()


def _stem(file: Path) -> str:
    return Path(_plain(file)).stem


def _read(place: Path) -> _Read:
    try:
        if place.is_dir():
            return _read_folder(place)
        columns = _parquet(place) if _ending(place) == ".parquet" else _table(place)
        return _read_table(place, columns)
    except (OSError, EOFError, lzma.LZMAError) as error:
        raise SurroundingsError(f"{place}: {error}; put it right and run the same command again") from error
    except (pa.ArrowInvalid, UnicodeDecodeError) as error:
        raise UserError(f"{place}: not what its name says, or damaged: {error}") from error


def _read_folder(folder: Path) -> _Read:
    files = _line_files(folder)
    documents = _lines(files.pop(DOCUMENTS)) if DOCUMENTS in files else ()
    return _Read(folder.resolve().name, [_version(label, _lines(f)) for label, f in files.items()], documents)


def _lines(file: Path) -> list[str]:
    """The lines of a file; the end of the last one begins no other."""
    with open_packed(file) as opened:
        data = opened.read()
    try:
        lines = data.decode("utf-8-sig").split("\n")  # type: ignore[union-attr]
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise UserError(f"{file}:{line}: not UTF-8 ({error.reason}); convert the file first") from error
    if lines[-1] == "":
        lines.pop()
    return [line.removesuffix("\r") for line in lines]


def _version(label: str, lines: Sequence[str]) -> Version:
    return Version(label, pa.array(lines, pa.large_string()))


def _read_table(file: Path, columns: Mapping[str, Sequence[Any]]) -> _Read:
    """A column a language; or the UDHR's rows."""
    if set(_UDHR) <= columns.keys():
        return _udhr(file, columns)
    documents = next((columns[n] for n in ("document", "document_id", "doc") if n in columns), ())
    labels = [n for n in columns if n.lower() not in _NO_LANGUAGE and _is_label(n)]
    others = [n for n in columns if n not in labels and n not in ("document", "document_id", "doc")]
    if not labels:
        raise UserError(f"{file}: no column is called like a language (por_Latn) among {', '.join(columns) or 'none'}")
    if strange := next((n for n in labels for v in columns[n] if v is not None and not isinstance(v, str)), None):
        raise UserError(f"{file}: the column {strange!r} holds something that is no text")
    notes = [f"columns that are no language were left out: {', '.join(others)}"] if others else []
    versions = [_version(n, [_one_line(v) for v in columns[n]]) for n in labels]
    return _Read(_stem(file), versions, [str(d) for d in documents], notes)


def _one_line(value: str | None) -> str:
    return value or ""


def _udhr(file: Path, columns: Mapping[str, Sequence[Any]]) -> _Read:
    """The Universal Declaration: a line for each article and paragraph, an article a document."""
    held: dict[str, dict[tuple[str, str], str]] = {}
    labels: dict[str, str] = {}
    for key, code, script, article, paragraph, text in zip(*(columns[n] for n in _UDHR), strict=True):
        held.setdefault(key, {})[article, paragraph] = text
        more = key.removeprefix(code).removeprefix("_")
        labels[key] = f"{code}_{script}" + (f"_{more}" if more else "")
    order = sorted({place for lines in held.values() for place in lines}, key=_place)
    versions = [_version(labels[key], [lines.get(place, "") for place in order]) for key, lines in held.items()]
    return _Read(_stem(file), versions, [article for article, _ in order])


def _place(place: tuple[str, str]) -> tuple[int, int]:
    article, paragraph = place
    return (-1 if article == "title" else int(article)), int(paragraph)


def _parquet(file: Path) -> dict[str, list[Any]]:
    import pyarrow.parquet as pq

    columns: dict[str, list[Any]] = pq.read_table(file).to_pydict()
    return columns


def _table(file: Path) -> dict[str, list[Any]]:
    rows = _tsv(file) if _ending(file) == ".tsv" else _jsonl(file)
    columns: dict[str, list[Any]] = {}
    for number, row in enumerate(rows):
        for name in row:
            columns.setdefault(name, [None] * number)
        for name, values in columns.items():
            values.append(row.get(name))
    return columns


def _tsv(file: Path) -> Iterator[dict[str, str]]:
    """Rows by the names in the first line. Tabs part the cells; nothing is quoted."""
    rows = (line.split("\t") for line in _lines(file))
    names = next(rows, [])
    for number, cells in enumerate(rows, 2):
        if len(cells) != len(names):
            raise UserError(f"{file}:{number}: {len(cells)} cells, but the first line names {len(names)} columns")
        yield dict(zip(names, cells, strict=True))


def _jsonl(file: Path) -> Iterator[dict[str, Any]]:
    import orjson

    with open_packed(file) as opened:
        for number, line in enumerate(opened, 1):
            if not line.strip():
                continue
            try:
                row = orjson.loads(line)
            except orjson.JSONDecodeError as error:
                raise UserError(f"{file}:{number}: no JSON: {error}") from error
            if not isinstance(row, dict):
                raise UserError(f"{file}:{number}: expected an object with a key for each language")
            yield row
