"""Documents of any input that the collectors read, for commands that only look: no recipe and no run folder.

What reads a file is told by its name: ``.jsonl``, ``.csv``, ``.parquet`` and the like are tables, ``.warc``, ``.html``
and ``.xml`` what they say, all else plain text or Markdown; any usual compression may stand behind. ``-`` is what comes
on standard input: lines of JSON where the first of them begins with a brace, else text.
"""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import groupby
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, BinaryIO, Final, Literal

import pyarrow as pa

from ginbon.corpus.collector import Account, Reading, collector
from ginbon.corpus.collectors.table import format_of
from ginbon.corpus.inputs import expand
from ginbon.errors import DamageError
from ginbon.recipes.sources import Columns, HtmlSource, MediawikiSource, Source, TableSource, TextSource, WarcSource

Document = Literal["file", "line", "block"]

STDIN: Final = "-"

_COMPRESSED: Final = (".gz", ".gzip", ".bz2", ".xz", ".zst", ".zstd")
_KINDS: Final = {
    ".warc": "warc",
    ".wet": "warc",
    ".arc": "warc",
    ".html": "html",
    ".htm": "html",
    ".xhtml": "html",
    ".xml": "mediawiki",
}


def read_texts(
    paths: Sequence[str | Path],
    *,
    text: str = "text",
    document: Document = "file",
    limit: int | None = None,
    account: Account | None = None,
) -> Iterator[pa.RecordBatch]:
    """The documents of files, folders and globs (relative to where we are), in batches of a few megabytes.

    Batches have the schema ``COLLECTED``; an id is a hash of the locator, so it is stable for the same files. ``text``
    names a table's column, ``document`` what one document of a text file is. At most ``limit`` documents are given.
    ``account`` grows with what was read, rejected and damaged. Raises ``UserError`` for a path that reaches nothing;
    ``DamageError`` where no document at all could be read and something was wrong.
    """
    balance = Account() if account is None else account
    with _places(paths) as places:
        files = expand(places, root=Path.cwd()).files
        for source, group in _sources(files, text, document):
            reader = collector(source.collector)
            for extent in reader.extents(source, group):
                left = None if limit is None else limit - balance.documents
                if left is not None and left <= 0:
                    return
                for harvest in reader.read(source, extent, Reading(namespace="sample", limit=left)):
                    balance.add(harvest.account)
                    if harvest.documents.num_rows:
                        yield harvest.documents
    if not balance.documents and (balance.rejects or balance.damages):
        raise DamageError(f"{', '.join(map(str, paths))}: no document in it. {_trouble(balance, text)}")


def kind_of(name: str) -> str:
    """The collector that reads a file of that name."""
    if format_of(name):
        return "table"
    lowered = name.lower()
    for suffix in _COMPRESSED:
        lowered = lowered.removesuffix(suffix)
    return _KINDS.get(Path(lowered).suffix, "text")


def _sources(
    files: Sequence[tuple[str, str, int]], text: str, document: Document
) -> Iterator[tuple[Source, list[tuple[str, str, int]]]]:
    """Files that follow each other and have the same kind, with the source that reads them."""
    for kind, group in groupby(files, key=lambda file: kind_of(file[1])):
        listed = list(group)
        common: dict[str, Any] = {"name": "sample", "paths": [path for path, _, _ in listed]}
        made: dict[str, Source] = {
            "table": TableSource(collector="table", columns=Columns(text=text), **common),
            "text": TextSource(collector="text", document=document, **common),
            "html": HtmlSource(collector="html", **common),
            "warc": WarcSource(collector="warc", **common),
            "mediawiki": MediawikiSource(collector="mediawiki", **common),
        }
        yield made[kind], listed


@contextmanager
def _places(paths: Sequence[str | Path]) -> Iterator[list[str]]:
    """The paths as the collectors take them; standard input becomes a file while it is read."""
    given = [str(path) for path in paths]
    if STDIN not in given:
        yield given
        return
    with TemporaryDirectory(prefix="ginbon-stdin-") as folder:
        spooled = str(_spool(sys.stdin.buffer, Path(folder)))
        yield [spooled if path == STDIN else path for path in given]


def _spool(stream: BinaryIO, folder: Path) -> Path:
    head = stream.read(2**16)
    path = folder / ("stdin.jsonl" if head.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{") else "stdin.txt")
    with path.open("wb") as file:
        file.write(head)
        shutil.copyfileobj(stream, file, 2**20)
    return path


def _trouble(account: Account, text: str) -> str:
    """What went wrong with an input that gave nothing, for a person."""
    if account.damages:
        first = account.damages[0]
        return f"{first.name}, byte {first.offset:,}: {first.reason}"
    return f"{account.rejects:,} records were refused; is the column with the text called {text!r}?"
