"""Check a tokenizer: an exported folder against its hashes and fixtures, another file by what lies beside it.

A vocabulary is never trusted by its label. A file is loaded by a process of its own first, within limits of work and
memory; only then here.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal

from ginbon.errors import GinbonError, SurroundingsError, UserError
from ginbon.tokenizers.export.exporting import FIXTURES, SCHEMA, VERSION
from ginbon.tokenizers.export.formats import MAIN_FILE, load_written
from ginbon.tokenizers.export.probes import built_in
from ginbon.tokenizers.export.records import recorded
from ginbon.tokenizers.protocol import TextColumn, Tokenizer
from ginbon.tokenizers.specs import ENCODINGS, EXPORT, Located, TokenizerSpec, load, locate
from ginbon.tokenizers.trial import digest, encode_elsewhere

MAX_RECORD_BYTES: Final = 2**26
MAX_FIXTURES_BYTES: Final = 2**28
SHOWN: Final = 5
"""Fixtures that fail, at most, of each format."""


@dataclass(frozen=True)
class Finding:
    """Something that is wrong, or (a note) good to know."""

    level: Literal["error", "note"]
    file: str
    message: str


@dataclass(frozen=True)
class Checked:
    """What was checked and what was found; it holds where nothing is wrong."""

    place: str
    name: str
    sha256: str
    fixtures: int
    findings: tuple[Finding, ...]

    @property
    def ok(self) -> bool:
        """Whether nothing is wrong."""
        return all(finding.level != "error" for finding in self.findings)

    def to_json(self) -> dict[str, Any]:
        """The published verdict: ``ginbon.tokenizer-check``, version 1."""
        return {
            "schema": "ginbon.tokenizer-check",
            "version": 1,
            "place": self.place,
            "name": self.name,
            "sha256": self.sha256,
            "ok": self.ok,
            "fixtures": self.fixtures,
            "findings": [
                {"level": one.level, "file": one.file, "message": one.message} for one in self.findings
            ],
        }  # fmt: skip


def check(place: str | Path, *, pattern: str = "") -> Checked:
    """Check an exported folder, another folder, a file or a named tokenizer. ``pattern`` is that of a lone rank file.

    Raises ``UserError`` where there is no tokenizer; what is wrong with one is a finding.
    """
    folder = Path(place)
    record = folder / EXPORT if folder.is_dir() else folder.with_name(EXPORT)
    if record.is_file() and (folder.is_dir() or folder.name in MAIN_FILE.values() or folder.name == EXPORT):
        return _exported(record.parent)
    return _lone(str(place), pattern)


def _exported(folder: Path) -> Checked:
    record = _record(folder)
    files: Mapping[str, Any] = record["files"]
    findings = list(_hashes(folder, files))
    fixtures: list[Mapping[str, Any]] = []
    if not findings:
        fixtures = list(_fixtures(folder / FIXTURES))
        for form in record["formats"]:
            findings += _conforms(folder, str(form), fixtures)
    findings += [
        Finding("note", file.name, f"{file.name}: not named in {EXPORT}; nothing is known about it")
        for file in sorted(folder.iterdir())
        if file.name not in files and file.name != EXPORT
    ]
    sha256 = hashlib.sha256((folder / EXPORT).read_bytes()).hexdigest()
    return Checked(str(folder), str(record.get("name", "")), sha256, len(fixtures), tuple(findings))


def _record(folder: Path) -> Mapping[str, Any]:
    path = folder / EXPORT
    try:
        if path.stat().st_size > MAX_RECORD_BYTES:
            raise UserError(f"{path}: {path.stat().st_size:,} bytes; at most {MAX_RECORD_BYTES:,} are read")
        record: dict[str, Any] = json.loads(path.read_bytes())
        if record["schema"] != SCHEMA or record["version"] != VERSION:
            raise ValueError(f"expected {SCHEMA}, version {VERSION}")
        for name, fact in record["files"].items():
            if "/" in name or "\\" in name or name in ("", ".", "..") or len(str(fact["sha256"])) != 64:
                raise ValueError(f"the entry {name!r}")
        if unknown := [form for form in record["formats"] if form not in MAIN_FILE]:
            raise ValueError(f"the format {unknown[0]!r}")
    except (KeyError, TypeError, ValueError, AttributeError, RecursionError) as error:
        raise UserError(f"{path}: damaged, or not written by Ginbon ({error}); fetch the folder again") from error
    return record


def _hashes(folder: Path, files: Mapping[str, Any]) -> Iterator[Finding]:
    """Every file that is absent or another than the one that was written."""
    for name, fact in sorted(files.items()):
        path = folder / name
        if path.is_symlink() or not path.is_file():
            yield Finding("error", name, f"{name}: is not there, or is no plain file; fetch the folder again")
            continue
        size = path.stat().st_size
        with path.open("rb") as file:
            found = hashlib.file_digest(file, "sha256").hexdigest()
        if found != fact["sha256"]:
            yield Finding(
                "error",
                name,
                f"{name}: SHA-256 is {found}, expected {fact['sha256']} ({size:,} of {fact.get('bytes', 0):,} bytes). "
                "It is another file than the one that was verified; fetch it again",
            )


def _fixtures(path: Path) -> Iterator[Mapping[str, Any]]:
    if not path.is_file() or path.stat().st_size > MAX_FIXTURES_BYTES:
        raise UserError(f"{path}: absent, or larger than {MAX_FIXTURES_BYTES:,} bytes; fetch the folder again")
    with path.open("rb") as file:
        for number, line in enumerate(file, 1):
            try:
                fixture = json.loads(line)
                yield {"name": str(fixture["name"]), "text": str(fixture["text"]), "ids": list(fixture["ids"])}
            except (KeyError, TypeError, ValueError, RecursionError) as error:
                raise UserError(f"{path}:{number}:1: no fixture (name, text, ids): {error!r}") from error


def _conforms(folder: Path, form: str, fixtures: list[Mapping[str, Any]]) -> Iterator[Finding]:
    """Every fixture of which a format gives other ids, the first few in full."""
    file = MAIN_FILE[form]
    texts = [one["text"] for one in fixtures]
    try:
        there = encode_elsewhere([folder / file], texts)[0]
        tokenizer = load_written(folder, form)
    except GinbonError as error:
        yield Finding("error", file, str(error))
        return
    encoded = tokenizer.encode_batch(TextColumn(texts))
    if there != digest(encoded):
        yield Finding("error", file, f"{file}: gives other ids in another process; do not use it")
    wrong = 0
    for n, one in enumerate(fixtures):
        ids = encoded.ids[encoded.offsets[n] : encoded.offsets[n + 1]].tolist()
        if ids != one["ids"]:
            wrong += 1
            if wrong <= SHOWN:
                yield Finding(
                    "error", file, f"{file}: the fixture {one['name']} has {_ids(one['ids'])}, found {_ids(ids)}"
                )
    if wrong > SHOWN:
        yield Finding("error", file, f"{file}: {wrong:,} of {len(fixtures):,} fixtures have other ids")


def _ids(ids: list[int]) -> str:
    return f"{ids[:8]}{' …' if len(ids) > 8 else ''} ({len(ids)})"


def _lone(place: str, pattern: str) -> Checked:
    """A file without fixtures: loaded within limits, audited, compared with its name and the records beside it."""
    from ginbon.tokenizers.audit.guarded import audit_file

    located = locate(TokenizerSpec(place, pattern=pattern))
    if located.path is None:
        raise UserError(f"{place}: a floor is no file that could be checked")
    findings = [*_label(located), *(told := list(_told(located.path, whole=Path(place).is_dir())))]
    texts = [probe.text for probe in built_in()]
    try:
        audit = audit_file(located)
        there = encode_elsewhere([located.path], texts, pattern=pattern)[0]
        findings += _stable(load(located), texts, there)
        for found in audit.errors:
            shown = "; ".join(example.note or example.shown for example in found.examples[:3])
            findings.append(Finding("error", located.path.name, f"{found.kind.code}: {found.kind.means} ({shown})"))
    except SurroundingsError:
        raise
    except GinbonError as error:
        findings.append(Finding("error", located.path.name, str(error)))
    if not told:
        findings.append(
            Finding("note", located.path.name, f"no {EXPORT} beside it: its hash is told, and nobody's word for it")
        )
    return Checked(place, located.name, located.sha256, 0, tuple(findings))


def _told(path: Path, *, whole: bool) -> Iterator[Finding]:
    """What the records in its folder say of a file, or of all that they tell where the ``whole`` folder is checked."""
    try:
        records = recorded(path.parent)
    except UserError as error:
        yield Finding("error", path.name, str(error))
        return
    for record in records:
        if whole or path.name in record.sha256:
            wrong = [(name, why) for name, why in record.wrong(path.parent) if whole or name == path.name]
            yield from (Finding("error", name, why) for name, why in wrong)
            if not wrong:
                yield Finding("note", record.name, f"as {record.name} says: {record.about}")


def _label(located: Located) -> Iterator[Finding]:
    """A file under the name of a published encoding that is not that encoding."""
    assert located.path is not None
    stem = located.path.name.removesuffix(".tiktoken")
    known = next((name for name, e in ENCODINGS.items() if e.sha256 == located.sha256), "")
    if stem in ENCODINGS and known != stem:
        yield Finding(
            "error",
            located.path.name,
            f"{located.path.name}: is not what its name says: SHA-256 is {located.sha256}, {stem} has "
            f"{ENCODINGS[stem].sha256}" + (f"; it is {known}" if known else ""),
        )
    elif known:
        yield Finding("note", located.path.name, f"it is the published {known}, by its SHA-256")


def _stable(tokenizer: Tokenizer, texts: list[str], there: str) -> Iterator[Finding]:
    column = TextColumn(texts)
    encoded = tokenizer.encode_batch(column)
    if there != digest(encoded):
        yield Finding("error", tokenizer.name, "gives other ids in another process; do not use it")
    for text, back in zip(tokenizer.normalise(column).strings, tokenizer.decode_batch(encoded), strict=True):
        if back not in (text, text.replace("\N{LOWER ONE EIGHTH BLOCK}", " ")):
            yield Finding("note", tokenizer.name, f"some text does not come back: {text[:40]!r} becomes {back[:40]!r}")
            return
