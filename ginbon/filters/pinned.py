"""fastText model files: found where they lie, pinned by SHA-256, tried in a child, then loaded.

A model file is native input: it is never loaded unless its bytes have the pinned hash, and then first in a child
process with limits on memory and time, so that a file that hangs or eats the machine says so instead. It is opened
once, and that open file is hashed, tried and loaded: another one put in its place meanwhile is not looked at. Formats
that run code when they are read (pickle) are refused by their first bytes: only fastText's own format is taken.
"""

from __future__ import annotations

import hashlib
import os
import struct
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any, BinaryIO, Final

from ginbon.errors import MissingExtraError, SurroundingsError, UserError

MAGIC: Final = 793_712_314
VERSIONS: Final = range(1, 13)

LOAD_SECONDS: Final = 120
LOAD_MARGIN_BYTES: Final = 2 * 2**30
"""Memory that the trial load may take beyond twice the file."""

_TRIAL: Final = """
import resource, sys
limit = int(sys.argv[2])
resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
import fasttext
model = fasttext.load_model(sys.argv[1])
model.predict(["a"], k=1)
"""


@cache
def load(model: str, pin: str, *, role: str, seconds: int = LOAD_SECONDS) -> Any:
    """The model, loaded once a process after its hash was verified and a child has loaded it.

    ``model`` is what ``locate`` takes, ``pin`` 64 hexadecimal digits in any case, ``role`` what messages call it ("the
    identifier"). Raises ``UserError`` for a file that is missing, another, no model, or a bad one.
    """
    fasttext = library(f"{role} {model}")
    path = locate(model, role=role)
    pin = pin.lower()
    with _opened(path, role) as file:
        verify(path, file, pin)
        _try_load(path, file, seconds)
        loaded = fasttext.load_model(_rewound(file))
        verify(path, file, pin)  # it may have been written to since
    return loaded


def library(feature: str) -> Any:
    """The package ``fasttext``; where it is not installed, the error names what needs it and the extra to install."""
    try:
        import fasttext
    except ImportError as exc:
        raise MissingExtraError(feature, "fasttext-community", "fasttext") from exc
    return fasttext


@contextmanager
def _opened(path: Path, role: str) -> Iterator[BinaryIO]:
    try:
        with path.open("rb", buffering=0) as file:
            yield file
    except OSError as exc:
        raise SurroundingsError(f"{role}'s model {path} cannot be read: {exc.strerror}") from exc


def _rewound(file: BinaryIO) -> str:
    """A path to the open file itself, whatever has its name by now, to be read from the start."""
    file.seek(0)  # where opening /dev/fd gives the same open file again, it goes on where that stands
    return f"/dev/fd/{file.fileno()}"


def locate(model: str, *, role: str = "the identifier") -> Path:
    """The file of a model: the path itself, or the hub's local copy; never a download."""
    path = Path(model)
    if path.is_file():
        return path
    repository, _, file = model.partition(":")
    if repository.count("/") == 1 and not model.startswith((".", "/", "~")):
        try:
            from huggingface_hub import hf_hub_download

            return Path(hf_hub_download(repository, file or "model.bin", local_files_only=True))
        except ImportError as exc:
            raise MissingExtraError(f"the hub model {model}", "huggingface_hub", "fasttext") from exc
        except Exception as exc:
            raise UserError(
                f"{role} {model!r} is no file, and the hub's local copy has no {file or 'model.bin'!r} of it. "
                "Bring it with 'ginbon fetch', or name the file's path"
            ) from exc
    raise UserError(
        f"{role}'s model {model!r} was not found. Name a .bin or .ftz file, or a hub name (owner/name:file)"
    )


def verify(path: Path, file: BinaryIO, pin: str) -> None:
    """Refuse an open file whose SHA-256 is not the pin, or that is no fastText model."""
    if len(pin) != 64 or any(c not in "0123456789abcdef" for c in pin):
        raise UserError(f"the pin of {path} must be a SHA-256, 64 hexadecimal digits; it is {pin!r}")
    file.seek(0)
    head = file.read(8)
    digest = hashlib.sha256(head)
    while block := file.read(2**20):
        digest.update(block)
    if digest.hexdigest() != pin:
        raise UserError(
            f"{path}: SHA-256 is {digest.hexdigest()}, the recipe pins {pin}. The file is another model, or cut, "
            "or changed; fetch it again, or pin the new hash if the change is meant"
        )
    magic, version = struct.unpack("<ii", head) if len(head) == 8 else (0, 0)
    if magic != MAGIC or version not in VERSIONS:
        raise UserError(
            f"{path} is no fastText model: it begins with {head.hex() or 'nothing'}, a model begins with "
            f"{struct.pack('<i', MAGIC).hex()}. Other formats (pickle among them) are not loaded"
        )


def _try_load(path: Path, file: BinaryIO, seconds: int) -> None:
    """Load the open file in a child with limits; ``path`` is what messages call it."""
    limit = 2 * os.fstat(file.fileno()).st_size + LOAD_MARGIN_BYTES
    command = [sys.executable, "-c", _TRIAL, _rewound(file), str(limit)]
    advice = "The file has the pinned hash, so the pinned model itself is bad; pin another"
    try:
        done = subprocess.run(command, capture_output=True, timeout=seconds, check=False, pass_fds=[file.fileno()])
    except subprocess.TimeoutExpired as exc:
        raise UserError(
            f"{path} could not be loaded in {seconds} s, in a child process that was stopped. {advice}"
        ) from exc
    if done.returncode != 0:
        said = done.stderr.decode(errors="replace").strip().splitlines()
        reason = said[-1][:200] if said else f"it ended with {done.returncode}"
        raise UserError(
            f"{path} could not be loaded within {limit:,} bytes of memory, in a child process: {reason}. {advice}"
        )
