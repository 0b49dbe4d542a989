"""What lies beside a tokenizer that was not exported: the record of its training, the certificate of its extension."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from ginbon.errors import UserError

MAX_BYTES: Final = 2**26


@dataclass(frozen=True)
class Recorded:
    """A record, the hashes of files that it tells, and what it says of them in a few words."""

    name: str
    sha256: Mapping[str, str]
    about: str

    def wrong(self, folder: Path) -> Iterator[tuple[str, str]]:
        """Each file that is absent or another one, and what to know about it."""
        for name, told in sorted(self.sha256.items()):
            path = folder / name
            if not path.is_file():
                yield name, f"{name}: {self.name} tells of it, and it is not there; get the folder again"
                continue
            with path.open("rb") as file:
                found = hashlib.file_digest(file, "sha256").hexdigest()
            if found != told:
                yield name, f"{name}: SHA-256 is {found}, {self.name} says {told}: one of the two is another's"


def recorded(folder: Path) -> list[Recorded]:
    """The records in a folder. Raises ``UserError`` for one that cannot be read."""
    readers = {"training.json": _training, "certificate.json": _certificate}
    return [_read(folder / name, read) for name, read in readers.items() if (folder / name).is_file()]


def _read(path: Path, read: Callable[[Any], Recorded]) -> Recorded:
    try:
        if path.stat().st_size > MAX_BYTES:
            raise ValueError(f"{path.stat().st_size:,} bytes; at most {MAX_BYTES:,} are read")
        found = read(json.loads(path.read_bytes()))
        for name, sha256 in found.sha256.items():
            if Path(name).name != name or len(sha256) != 64:
                raise ValueError(f"the entry {name!r}")
    except (KeyError, TypeError, ValueError, AttributeError, RecursionError) as error:
        raise UserError(f"{path}: damaged, or not written by Ginbon ({error}); get the folder again") from error
    return found


def _training(said: Any) -> Recorded:
    _expect(said, "ginbon.training")
    languages = sorted({one["language"] for one in said["text"]})
    shown = ", ".join(languages[:6]) + f" and {len(languages) - 6:,} more" * (len(languages) > 6)
    about = f"{said['options']['kind']}, {said['vocabulary']:,} tokens, trained on text in {shown or 'no language'}"
    return Recorded("training.json", {said["file"]: said["sha256"]}, about)


def _certificate(said: Any) -> Recorded:
    _expect(said, "ginbon.extension-certificate")
    files = {said["extended"]["file"]: said["extended"]["sha256"], **said["also"]}
    about = (
        f"{said['base']['name']} with {len(said['tokens']):,} more tokens for {said['language']}; what it claims "
        "besides is proven by `ginbon tokenizers certify`"
    )
    return Recorded("certificate.json", files, about)


def _expect(said: Any, schema: str) -> None:
    if said["schema"] != schema:
        raise ValueError(f"the schema {said['schema']!r}; expected {schema}")
