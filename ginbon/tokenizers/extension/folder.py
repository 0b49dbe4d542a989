"""The folder that a partner gets, and how it is checked again."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

from ginbon.engine.files import canonical_json, write_whole
from ginbon.errors import UserError
from ginbon.tokenizers.extension.base import Base
from ginbon.tokenizers.extension.certificate import SCHEMA, VERSION, certificate, with_findings
from ginbon.tokenizers.extension.extending import Extension, opened
from ginbon.tokenizers.extension.figures import Figures
from ginbon.tokenizers.extension.handover import consumers, mapping, tokens_table
from ginbon.tokenizers.extension.proof import Check, check
from ginbon.tokenizers.extension.replay import Run, replay
from ginbon.tokenizers.guards import Guard
from ginbon.tokenizers.parallel import Aligned

CERTIFICATE: Final = "certificate.json"


@dataclass(frozen=True)
class Certified:
    """A certificate, the facts of its proof as they were found now, and the run, where there was parallel text."""

    certificate: dict[str, Any]
    checks: list[Check]
    run: Run | None

    @property
    def holds(self) -> bool:
        """Whether all of the proof holds, and no line without a guarded character changed."""
        return all(one.holds for one in self.checks) and (self.run is None or not self.run.total("free_changed"))

    @property
    def as_said(self) -> bool:
        """Whether the run found what the certificate says; true where one of the two was not made on that text."""
        before = self.certificate.get("run")
        if self.run is None or not before or before["text"] != self.run.to_json()["text"]:
            return True
        return bool(before == self.run.to_json())


def certify(made: Extension, sets: Sequence[Aligned] = ()) -> Certified:
    """Prove an extension from its files, and run it over parallel text."""
    said = certificate(made)
    beside = made.files.get(f"{made.file}.json", b"")
    checks = check(made.base.data, made.files[made.file], said, (b"", beside))
    run = replay(made.base.tokenizer, made.tokenizer, made.guard, sets) if sets else None
    return Certified(said, checks, run)


def write(made: Extension, certified: Certified, figures: Figures | None, folder: Path) -> dict[str, Any]:
    """Write the folder, the certificate last; gives the certificate. Raises where the proof does not hold."""
    if failed := [one for one in certified.checks if not one.holds]:
        raise UserError(
            f"{made.base.name}: the extension is not what it should be, so nothing was written: {failed[0].name}: "
            f"{failed[0].found}"
        )
    if folder.is_dir() and any(folder.iterdir()):
        raise UserError(f"{folder}: this folder is not empty; choose another, or remove it first")
    said = with_findings(certified.certificate, checks=certified.checks, run=certified.run, figures=figures)
    for name, data in made.files.items():
        write_whole(folder / name, data)
    write_whole(folder / "tokens.tsv", tokens_table(made))
    write_whole(folder / "mapping.jsonl", mapping(made))
    write_whole(folder / "README.md", consumers(made, certified.run, figures))
    write_whole(folder / CERTIFICATE, canonical_json(said) + b"\n")
    return said


def recertify(folder: Path, base: Base, sets: Sequence[Aligned] = ()) -> Certified:
    """Check a folder against the base that it was made from, trusting nothing in it but what its certificate claims."""
    said = read_certificate(folder)
    name = said["extended"]["file"]
    files = {name: _read(folder / name)}
    beside = folder / f"{name}.json"
    if beside.is_file():
        files[beside.name] = _read(beside)
    try:
        checks = check(base.data, files[name], said, (b"", files.get(beside.name, b"")))
    except (KeyError, TypeError, ValueError, IndexError) as error:
        raise UserError(
            f"{folder / name}: cannot be read as the certificate says ({error!r}); one of the two is damaged"
        ) from error
    for other, digest in sorted(said["also"].items()):
        found = sha256(_read(folder / Path(other).name)).hexdigest()
        checks.append(Check(f"{other} file", found == digest, f"SHA-256 {found}"))
    run = None
    if sets and all(one.holds for one in checks):
        guard = Guard(said["script"], tuple((int(a, 16), int(b, 16)) for a, b in said["guard"]))
        run = replay(base.tokenizer, opened(files), guard, sets)
    return Certified(said, checks, run)


def read_certificate(folder: Path) -> dict[str, Any]:
    """The certificate of a folder; raises ``UserError`` where there is none that can be read."""
    try:
        said: Mapping[str, Any] = json.loads(_read(folder / CERTIFICATE))
        if said["schema"] != SCHEMA or said["version"] != VERSION:
            raise ValueError(f"expected {SCHEMA}, version {VERSION}")
        name = said["extended"]["file"]
        if Path(name).name != name:
            raise ValueError(f"the file {name!r} is not in the folder")
    except (KeyError, TypeError, ValueError) as error:
        raise UserError(
            f"{folder / CERTIFICATE}: no certificate of an extension, or a damaged one ({error!r})"
        ) from error
    return dict(said)


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise UserError(f"{path}: {error.strerror}; the folder is not whole: make the extension again") from error
