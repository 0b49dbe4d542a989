"""Is a release whole, and what it says it is? A pure verifier: it reads, and gives a verdict with everything it found.

Nothing is trusted before it was checked (rule R6): names before anything is opened under them, sizes before reading,
SHA-256 before a file is parsed, page checksums as pages are read. The text itself is checked last: schema, UTF-8,
languages, splits, licences, words of the card, and the record hashes up to the release's root.
"""

from __future__ import annotations

import hashlib
import os
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from ginbon.errors import SurroundingsError, UserError, VerifyError
from ginbon.release import card
from ginbon.release.columns import labels, schema_differences, tally
from ginbon.release.manifest import (
    CARD,
    MANIFEST,
    MAX_LIST_BYTES,
    SUMS,
    Manifest,
    ReleasedFile,
    parse_manifest,
    parse_sums,
)
from ginbon.release.names import open_plainly, shown
from ginbon.release.records import merkle_root, record_hashes

ERROR: Final = "error"
NOTE: Final = "note"

FOREIGN: Final = (".git/", ".gitattributes", ".cache/")
"""What hub and git leave in a copy: noted, and no fault of the release."""

MAX_EXTRA: Final = 1_000
"""Undeclared files that are named one by one."""

_BATCH_ROWS: Final = 8_192
_CHUNK: Final = 2**20
_MAX_CARD_BYTES: Final = 16 * 2**20

Beat = Callable[[int, int], None]
"""Told after every step: bytes hashed or checked so far, and in all."""


@dataclass(frozen=True)
class Finding:
    """One thing that was found: where (a path in the release), what, and whether it is an error or a note."""

    path: str
    kind: str  # missing | changed | extra | unsafe | list | card | schema | rows | text | labels | licences | records
    message: str
    level: str = ERROR

    def to_json(self) -> dict[str, str]:
        """Plain values."""
        return dict(vars(self))


@dataclass
class Verdict:
    """What ``verify`` found. ``ok`` where nothing is an error; ``root`` is the identity that the manifest states."""

    place: str
    findings: list[Finding] = field(default_factory=list)
    title: str = ""
    version: str = ""
    root: str = ""
    files: int = 0
    bytes: int = 0
    documents: int = 0

    @property
    def ok(self) -> bool:
        """Whether the release is whole and what it says it is."""
        return all(f.level != ERROR for f in self.findings)

    def add(self, path: str, kind: str, message: str, level: str = ERROR) -> None:
        """Note a finding."""
        self.findings.append(Finding(path, kind, message, level))

    def to_json(self) -> dict[str, Any]:
        """The value of ``ginbon verify --json``."""
        told = {k: v for k, v in vars(self).items() if k != "findings"}
        return {"format": "ginbon-verdict/1", "ok": self.ok, **told, "findings": [f.to_json() for f in self.findings]}


def verify(place: Path, *, beat: Beat | None = None) -> Verdict:
    """Check the release in a folder; never stops at the first thing that is wrong.

    Raises ``UserError`` where ``place`` is no folder, ``SurroundingsError`` where it cannot be read.
    """
    if not place.is_dir():
        raise UserError(f"{place} is no folder; ginbon verify takes the folder that holds {MANIFEST}")
    if not any((place / name).exists() for name in (MANIFEST, SUMS)):
        inner = f"; the release of this run is {place / 'release'}" if (place / "release" / MANIFEST).exists() else ""
        raise UserError(f"{place} is no release: it has neither {MANIFEST} nor {SUMS}{inner}")
    verdict = Verdict(str(place))
    try:
        _verify(place, verdict, beat or (lambda done, total: None))
    except OSError as error:
        raise SurroundingsError(
            f"{error.filename or place}: {error.strerror}; nothing can be said of the rest"
        ) from error
    verdict.findings.sort(key=lambda f: (f.level != ERROR, f.path, f.kind))
    return verdict


def _verify(place: Path, verdict: Verdict, beat: Beat) -> None:
    present = _walk(place, verdict)
    sums = _read_list(place, SUMS, parse_sums, verdict)
    manifest = _read_list(place, MANIFEST, parse_manifest, verdict)
    if MANIFEST not in present and (place / "release" / MANIFEST).is_file():
        verdict.add(MANIFEST, "missing", f"this is a run folder; its release is {place / 'release'}", NOTE)
    if manifest is None:
        entries = {}
    else:
        entries = {f.path: f for f in manifest.files}
        verdict.title, verdict.version, verdict.root = manifest.title, manifest.version, manifest.root
    expected = sorted({*(sums or {}), *entries, *((MANIFEST,) if sums is not None else ())} - {SUMS})
    _extra(present - {*expected, SUMS, MANIFEST}, verdict)
    weigh = {name: os.lstat(place / name).st_size for name in expected if name in present}
    total, done = 2 * sum(weigh.values()), 0
    good = set()
    for name in expected:
        if sums is not None and manifest is not None:
            _listed_twice(name, sums, entries, verdict)
        if _bytes_hold(place, name, (sums or {}).get(name), entries.get(name), present, verdict):
            good.add(name)
        done += weigh.get(name, 0)
        beat(done, total)
    for name, file in entries.items():
        if name in good and file.kind == "data":
            _check_shard(place, file, verdict)
            verdict.documents += file.rows
        done += weigh.get(name, 0)
        beat(done, total)
    if manifest is not None and CARD in good:
        _check_card(place, manifest, verdict)


def _walk(place: Path, verdict: Verdict) -> set[str]:
    """All files below ``place``; symbolic links are findings and are not followed."""
    present = set()
    for folder, inner, files in os.walk(place, onerror=_raise):
        for name in [*files, *inner]:
            path = Path(folder) / name
            relative = path.relative_to(place).as_posix()
            if path.is_symlink():
                verdict.add(relative, "unsafe", f"{shown(relative)} is a symbolic link; a release has none")
            if name in files and not path.is_symlink():
                present.add(relative)
    return present


def _raise(error: OSError) -> None:
    raise error


def _extra(names: set[str], verdict: Verdict) -> None:
    for name in sorted(names)[:MAX_EXTRA]:
        foreign = name.startswith(FOREIGN)
        verdict.add(name, "extra", f"{shown(name)} is not in {MANIFEST}", NOTE if foreign else ERROR)
    if len(names) > MAX_EXTRA:
        verdict.add(".", "extra", f"{len(names) - MAX_EXTRA:,} more files are not in {MANIFEST}")


def _read_list(place: Path, name: str, parse: Callable[[bytes], Any], verdict: Verdict) -> Any:
    """``manifest.json`` or ``SHA256SUMS``, parsed; None with a finding where that cannot be."""
    try:
        return parse(_read(place, name, MAX_LIST_BYTES))
    except FileNotFoundError:
        verdict.add(name, "missing", f"{name} is missing; without it nothing tells what the release should hold")
    except VerifyError as error:
        verdict.add(name, "list", str(error))
    return None


def _read(place: Path, name: str, limit: int) -> bytes:
    with os.fdopen(open_plainly(place, name), "rb") as file:
        size = os.fstat(file.fileno()).st_size
        if size > limit:
            raise VerifyError(f"{name} has {size:,} bytes; at most {limit:,} are read")
        return file.read(limit)


def _listed_twice(name: str, sums: dict[str, str], entries: dict[str, ReleasedFile], verdict: Verdict) -> None:
    """Every file but the manifest is in both lists."""
    for who, other, listed in ((SUMS, MANIFEST, name in sums), (MANIFEST, SUMS, name in entries or name == MANIFEST)):
        if not listed:
            verdict.add(name, "list", f"{who} does not list {name}, {other} does")


def _bytes_hold(
    place: Path,
    name: str,
    listed: str | None,
    entry: ReleasedFile | None,
    present: set[str],
    verdict: Verdict,
) -> bool:
    """Whether a file has the bytes that both lists say; findings name the one that is different."""
    if name not in present:
        if name != MANIFEST:  # told already
            verdict.add(name, "missing", f"{name} is missing" + (f" ({entry.bytes:,} bytes)" if entry else ""))
        return False
    try:
        found, size = _hash(place, name, entry.bytes if entry else None)
    except VerifyError as error:
        verdict.add(name, "unsafe", str(error))
        return False
    claims = {who: h for who, h in ((SUMS, listed), (MANIFEST, entry.sha256 if entry else None)) if h is not None}
    wrong = {who: h for who, h in claims.items() if h != found}
    verdict.files += 1
    verdict.bytes += size
    if not wrong and (entry is None or size == entry.bytes):
        return bool(claims)
    if wrong and len(wrong) < len(claims):  # the file and one list agree: the other list was changed
        for who, claim in wrong.items():
            message = f"{who} says SHA-256 {claim[:12]}… for {name}; the file and the other list say {found[:12]}…"
            verdict.add(who, "changed", message)
        return False
    verdict.add(name, "changed", _changed(name, found, size, next(iter(wrong.values()), found), entry))
    return False


def _changed(name: str, found: str, size: int, claim: str, entry: ReleasedFile | None) -> str:
    if entry is not None and size != entry.bytes:
        longer = "longer" if size > entry.bytes else "shorter"
        return f"{name} is {longer} than published: {size:,} bytes, expected {entry.bytes:,}. Fetch it again."
    return f"{name} was changed: SHA-256 is {found[:12]}…, expected {claim[:12]}…. Fetch it again."


def _hash(place: Path, name: str, expected: int | None) -> tuple[str, int]:
    """SHA-256 and size; of a file that is longer than expected no more is read than that."""
    digest = hashlib.sha256()
    with os.fdopen(open_plainly(place, name), "rb", buffering=0) as file:
        size = os.fstat(file.fileno()).st_size
        if (expected is not None and size != expected) or (name == MANIFEST and size > MAX_LIST_BYTES):
            return "of another size", size
        while data := file.read(_CHUNK):
            digest.update(data)
    return digest.hexdigest(), size


def _check_shard(place: Path, file: ReleasedFile, verdict: Verdict) -> None:
    """A shard whose bytes hold: is its content what the manifest says?"""
    try:
        with os.fdopen(open_plainly(place, file.path), "rb") as opened:
            _check_content(pq.ParquetFile(opened, page_checksum_verification=True), file, verdict)
    except (pa.ArrowException, OSError, VerifyError) as error:
        verdict.add(file.path, "schema", f"{file.path} cannot be read as Parquet: {shown(str(error), limit=300)}")


def _check_content(shard: pq.ParquetFile, file: ReleasedFile, verdict: Verdict) -> None:
    if shard.metadata.num_rows != file.rows:
        found = shard.metadata.num_rows
        verdict.add(file.path, "rows", f"{file.path} has {found:,} documents, {MANIFEST} says {file.rows:,}")
        return
    if differences := schema_differences(shard.schema_arrow, file.signals):
        verdict.add(file.path, "schema", f"{file.path}: {'; '.join(differences)}")
        return
    found = _Content(file.path)
    for batch in _batches(shard):
        found.add(batch, verdict)
    for other in sorted(found.labels - {(file.language, file.split)}):
        verdict.add(file.path, "labels", f"{file.path} holds documents of {other[0]} {other[1]}")
    if found.text_bytes != file.text_bytes:
        message = f"{file.path} holds {found.text_bytes:,} bytes of text, {MANIFEST} says {file.text_bytes:,}"
        verdict.add(file.path, "rows", message)
    for what, counted in (("licences", found.licences), ("sources", found.sources)):
        if dict(counted) != dict(getattr(file, what)):
            message = f"{file.path}: {what} are {dict(counted)}, {MANIFEST} says {dict(getattr(file, what))}"
            verdict.add(file.path, "licences" if what == "licences" else "rows", shown(message, limit=500))
    if (root := merkle_root(found.hashes()).hex()) != file.root:
        message = f"{file.path}: the root of its record hashes is {root[:12]}…, {MANIFEST} says {file.root[:12]}…"
        verdict.add(file.path, "records", message)
    if found.not_normal:
        message = f"{file.path}: {found.not_normal:,} texts are not in Unicode form NFC"
        verdict.add(file.path, "text", message, NOTE)


class _Content:
    """What a shard's documents add up to."""

    def __init__(self, path: str) -> None:
        self.path = path
        self.rows = self.text_bytes = self.not_normal = 0
        self.labels: set[tuple[str, str]] = set()
        self.licences: Counter[str] = Counter()
        self.sources: Counter[str] = Counter()
        self._hashes: list[Any] = []

    def add(self, batch: pa.RecordBatch, verdict: Verdict) -> None:
        """Add documents; text that is no Unicode, or missing, is a finding with its row."""
        try:
            batch.validate(full=True)
        except pa.ArrowInvalid as error:
            rows = f"rows {self.rows + 1:,} to {self.rows + batch.num_rows:,}"
            verdict.add(self.path, "text", f"{self.path}, {rows}: {shown(str(error), limit=300)}")
            self.rows += batch.num_rows
            return
        for name in ("id", "text"):
            if batch.column(name).null_count:
                row = self.rows + 1 + batch.column(name).is_null().to_pylist().index(True)
                verdict.add(self.path, "text", f"{self.path}:{row}: the document has no {name}")
        if twice := batch.num_rows - pc.count_distinct(batch.column("id")).as_py():
            verdict.add(self.path, "rows", f"{self.path}: {twice:,} documents have the id of another")
        text = batch.column("text")
        self.text_bytes += pc.sum(pc.binary_length(text)).as_py() or 0
        self.not_normal += _not_normal(text)
        self.labels |= labels(batch)
        self.licences.update(tally(batch.column("licence")))
        self.sources.update(tally(batch.column("source")))
        self._hashes.append(record_hashes(batch))
        self.rows += batch.num_rows

    def hashes(self) -> Any:
        """All record hashes, in the order of the rows."""
        return np.concatenate(self._hashes) if self._hashes else np.zeros((0, 32), np.uint8)


def _batches(shard: pq.ParquetFile) -> Iterator[pa.RecordBatch]:
    for table in shard.iter_batches(batch_size=_BATCH_ROWS):
        if table.num_rows:
            yield table


def _not_normal(text: pa.Array) -> int:
    """Texts that NFC would change; plain ASCII is never one."""
    import unicodedata

    other = text.filter(pc.invert(pc.string_is_ascii(text.fill_null(""))))
    return sum(not unicodedata.is_normalized("NFC", value) for value in other.to_pylist())


def _check_card(place: Path, manifest: Manifest, verdict: Verdict) -> None:
    with suppress(FileNotFoundError):
        try:
            text = _read(place, CARD, _MAX_CARD_BYTES).decode()
        except (UnicodeDecodeError, VerifyError) as error:
            verdict.add(CARD, "card", f"{CARD} cannot be read: {error}")
            return
        for sentence in card.disagreements(text, manifest):
            verdict.add(CARD, "card", f"{CARD}: {sentence}")
