"""The manifest of a release: what it holds, file by file, and its identity; and ``SHA256SUMS`` beside it.

``manifest.json`` names every file but itself and ``SHA256SUMS``; ``SHA256SUMS`` names every file but itself, for people
without Ginbon (``sha256sum -c SHA256SUMS``). Both are read as a stranger's: bounded, strict, nothing opened by a name
that was not checked. ``docs/reference/release-format.md`` describes every field.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any, Final

from ginbon.engine.files import canonical_json
from ginbon.errors import VerifyError
from ginbon.release.names import refuse_twins, shown, unsafe
from ginbon.release.records import RECORD_FORMAT, root_of_roots

MANIFEST: Final = "manifest.json"
SUMS: Final = "SHA256SUMS"
CARD: Final = "README.md"
FORMAT: Final = "ginbon-release/1"
UNKNOWN: Final = "unknown"
"""Stands for a null licence in counts; unknown is never "free"."""

MAX_LIST_BYTES: Final = 64 * 2**20
"""Largest ``manifest.json`` or ``SHA256SUMS`` that is read: some 200,000 files."""

_MAX_INTEGER: Final = 2**53  # what every JSON reader holds exactly
_SHA256: Final = re.compile(r"[0-9a-f]{64}")
_SUM: Final = re.compile(r"([0-9a-f]{64}) [ *](.+)")
_KINDS: Final = ("data", "tokenizer", "report", "index", "weights", "card")


@dataclass(frozen=True)
class ReleasedFile:
    """A file of a release; what follows ``kind`` is filled for ``data`` only.

    ``text_bytes`` and ``words`` count the documents' text; ``root`` is the Merkle root of the record hashes (hex).
    ``signals`` are the columns behind those of every release, in their order.
    """

    path: str
    bytes: int
    sha256: str
    kind: str
    language: str = ""  # por_Latn
    split: str = ""  # train | held_out
    rows: int = 0
    text_bytes: int = 0
    words: int = 0
    root: str = ""
    licences: Mapping[str, int] = field(default_factory=dict)
    sources: Mapping[str, int] = field(default_factory=dict)
    signals: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Plain values; data fields only for data, ``signals`` only where there are any."""
        value = asdict(self)
        value["signals"] = list(self.signals)
        if not self.signals:
            del value["signals"]
        return value if self.kind == "data" else {k: value[k] for k in ("path", "bytes", "sha256", "kind")}


@dataclass(frozen=True)
class Count:
    """Documents, bytes of their text, words."""

    documents: int = 0
    bytes: int = 0
    words: int = 0

    def __add__(self, other: Count) -> Count:
        return Count(self.documents + other.documents, self.bytes + other.bytes, self.words + other.words)


@dataclass(frozen=True)
class Manifest:
    """What a release says of itself. ``languages`` lists those of the recipe, with or without documents."""

    title: str
    version: str
    namespace: str
    publisher: str
    ginbon: str  # version of the program
    recipe: str  # hash of the resolved recipe
    languages: tuple[str, ...]
    files: tuple[ReleasedFile, ...]

    @property
    def shards(self) -> list[ReleasedFile]:
        """The files with documents, in the order of their paths."""
        return [f for f in self.files if f.kind == "data"]

    @property
    def root(self) -> str:
        """The release's identity, from the shards' roots."""
        return root_of_roots([bytes.fromhex(f.root) for f in self.shards]).hex()

    def count(self, language: str | None = None, split: str | None = None) -> Count:
        """What there is of a language, of a split, of both, or of all."""
        chosen = [f for f in self.shards if language in (None, f.language) and split in (None, f.split)]
        return sum((Count(f.rows, f.text_bytes, f.words) for f in chosen), Count())

    def tally(self, column: str, language: str | None = None) -> dict[str, int]:
        """Documents by ``licences`` or ``sources``, most first."""
        sums: dict[str, int] = {}
        for file in self.shards:
            if language in (None, file.language):
                for name, documents in getattr(file, column).items():
                    sums[name] = sums.get(name, 0) + documents
        return dict(sorted(sums.items(), key=lambda item: (-item[1], item[0])))

    def splits(self, language: str) -> list[str]:
        """The splits that have documents, ``train`` first."""
        present = {f.split for f in self.shards if f.language == language}
        return [s for s in ("train", "held_out") if s in present]

    def to_json(self) -> dict[str, Any]:
        """The value of ``manifest.json``: no times, hosts or absolute paths."""
        languages = {
            language: {split: asdict(self.count(language, split)) for split in ("train", "held_out")}
            for language in self.languages
        }
        return {
            "format": FORMAT,
            "records": RECORD_FORMAT,
            "title": self.title,
            "version": self.version,
            "namespace": self.namespace,
            "publisher": self.publisher,
            "ginbon": self.ginbon,
            "recipe": self.recipe,
            "root": self.root,
            **asdict(self.count()),
            "languages": languages,
            "licences": self.tally("licences"),
            "sources": self.tally("sources"),
            "files": [f.to_json() for f in self.files],
        }

    def to_bytes(self) -> bytes:
        """The file itself."""
        return canonical_json(self.to_json()) + b"\n"


def parse_manifest(data: bytes) -> Manifest:
    """The manifest in a stranger's bytes; raises ``VerifyError`` with the first thing that is wrong.

    Unknown fields are left alone; an unknown format is refused, with both names.
    """
    value = _load(data)
    if value.get("format") != FORMAT:
        raise VerifyError(
            f"{MANIFEST}: format {shown(value.get('format'))}; this ginbon reads {FORMAT}; use a newer one"
        )
    if value.get("records") != RECORD_FORMAT:
        raise VerifyError(
            f"{MANIFEST}: records {shown(value.get('records'))}; this version of ginbon reads {RECORD_FORMAT}"
        )
    entries = value.get("files")
    if not isinstance(entries, list):
        raise VerifyError(f"{MANIFEST}: 'files' is no list")
    files = tuple(_file(entry, number) for number, entry in enumerate(entries, 1))
    refuse_twins(MANIFEST, [f.path for f in files])
    languages = value.get("languages")
    if not isinstance(languages, dict) or any(unsafe(name) or "/" in name for name in languages):
        raise VerifyError(f"{MANIFEST}: 'languages' must map labels such as por_Latn to counts")
    if unlisted := sorted({f.language for f in files if f.language} - languages.keys()):
        raise VerifyError(f"{MANIFEST}: 'languages' lacks {', '.join(unlisted)}, which its files have")
    texts = {}
    for name in ("title", "version", "namespace", "publisher", "ginbon", "recipe"):
        text = value.get(name)
        if not isinstance(text, str):
            raise VerifyError(f"{MANIFEST}: '{name}' is {shown(text)}, not a text")
        texts[name] = text
    manifest = Manifest(**texts, languages=tuple(sorted(languages)), files=files)
    _check_sums(manifest, value)
    return manifest


def _load(data: bytes) -> dict[str, Any]:
    try:
        value = json.loads(data, object_pairs_hook=_no_twice, parse_int=_small_integer, parse_constant=_no_constant)
    except RecursionError as error:
        raise VerifyError(f"{MANIFEST}: nested too deeply") from error
    except ValueError as error:
        raise VerifyError(f"{MANIFEST}: no valid JSON: {shown(str(error), limit=200)}") from error
    if not isinstance(value, dict):
        raise VerifyError(f"{MANIFEST}: no JSON object")
    return value


def _no_twice(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise VerifyError(f"{MANIFEST}: the key {shown(twice)} stands twice in one object")
    return value


def _small_integer(digits: str) -> int:
    if len(digits) > 17 or not 0 <= int(digits) <= _MAX_INTEGER:
        raise VerifyError(f"{MANIFEST}: the number {shown(digits)} is not between 0 and {_MAX_INTEGER:,}")
    return int(digits)


def _no_constant(name: str) -> Any:
    raise VerifyError(f"{MANIFEST}: {name} is no number")


def _file(entry: Any, number: int) -> ReleasedFile:
    where = f"{MANIFEST}: file {number:,}"
    if not isinstance(entry, dict):
        raise VerifyError(f"{where} is {shown(entry)}, not an object")
    reason = unsafe(entry.get("path"))
    if reason:
        raise VerifyError(f"{where}: the name {shown(entry.get('path'))} {reason}")
    where += f" ({entry['path']})"
    if entry["path"] in (MANIFEST, SUMS):
        raise VerifyError(f"{where}: the lists themselves are not listed")
    values = {f.name: entry[f.name] for f in fields(ReleasedFile) if f.name in entry}
    for name in ("bytes", "rows", "text_bytes", "words"):
        if name in values and type(values[name]) is not int:
            raise VerifyError(f"{where}: {name} is {shown(values[name])}, not an integer")
    for name in ("sha256", "root"):
        if name in values and not (isinstance(values[name], str) and _SHA256.fullmatch(values[name])):
            raise VerifyError(f"{where}: {name} is {shown(values[name])}, not 64 hex digits of a SHA-256")
    for name in ("licences", "sources"):
        counts = values.get(name, {})
        if not isinstance(counts, dict) or any(type(n) is not int for n in counts.values()):
            raise VerifyError(f"{where}: {name} must map names to numbers of documents")
    if "signals" in values:
        values["signals"] = _signals(values["signals"], where)
    needed = {"path", "bytes", "sha256", "kind"}
    if values.get("kind") == "data":
        needed |= {"language", "split", "rows", "text_bytes", "words", "root", "licences", "sources"}
        if unsafe(values.get("language")) or values.get("split") not in ("train", "held_out"):
            raise VerifyError(f"{where}: no language such as por_Latn, or a split that is not train or held_out")
    elif values.get("kind") not in _KINDS:
        raise VerifyError(f"{where}: kind is {shown(values.get('kind'))}, not one of {', '.join(_KINDS)}")
    if missing := sorted(needed - values.keys()):
        raise VerifyError(f"{where}: without {', '.join(missing)}")
    return ReleasedFile(**values)


def _signals(value: Any, where: str) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(v, str) and "/" in v and len(v) <= 200 for v in value):
        raise VerifyError(f"{where}: signals must be a list of columns such as walk/words, not {shown(value)}")
    if len(set(value)) != len(value):
        raise VerifyError(f"{where}: signals names a column twice")
    return tuple(value)


def _check_sums(manifest: Manifest, value: Mapping[str, Any]) -> None:
    """The totals that the manifest states must be those of its files."""
    own = manifest.to_json()
    for name in ("documents", "bytes", "words", "root", "licences", "sources", "languages"):
        if value.get(name) != own[name]:
            raise VerifyError(
                f"{MANIFEST}: '{name}' is {shown(json.dumps(value.get(name)))}, but its files sum up to "
                f"{shown(json.dumps(own[name]))}"
            )


def format_sums(sums: Mapping[str, str]) -> bytes:
    """``SHA256SUMS`` as ``sha256sum -c`` reads it: ``<hash>  <path>`` a line, in the order of the paths."""
    return "".join(f"{sums[path]}  {path}\n" for path in sorted(sums)).encode("ascii")


def parse_sums(data: bytes) -> dict[str, str]:
    """Path -> SHA-256; raises ``VerifyError`` naming the first line that is none."""
    sums: dict[str, str] = {}
    lines = data.split(b"\n")
    if lines and lines[-1] == b"":
        lines.pop()
    for number, line in enumerate(lines, 1):
        match = _SUM.fullmatch(line.decode("utf-8", "backslashreplace"))
        if match is None:
            raise VerifyError(
                f"{SUMS}:{number}: {shown(line.decode('utf-8', 'backslashreplace'))} is no line of sha256sum"
            )
        if reason := unsafe(match[2]):
            raise VerifyError(f"{SUMS}:{number}: the name {shown(match[2])} {reason}")
        if match[2] in sums or match[2] == SUMS:
            raise VerifyError(f"{SUMS}:{number}: {match[2]} stands there twice, or lists itself")
        sums[match[2]] = match[1]
    refuse_twins(SUMS, sums)
    return sums
