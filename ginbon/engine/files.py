"""Whole files or none: a file appears under its final name only when it is complete and on the disk.

The bytes go to a temporary name in the same folder, are flushed and synced, and the name is changed last; then the
folder is synced, so that after a power cut there is either the old state or the new one.
"""

from __future__ import annotations

import errno
import hashlib
import io
import json
import os
import shutil
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from ginbon.errors import NoSpaceError, SurroundingsError

TEMPORARY: Final = ".tmp"
"""Ending of temporary names; they start with a dot and hold the writer's process number."""

_NO_SPACE = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


@dataclass(frozen=True)
class Written:
    """A file that is whole: path relative to the run folder, size, SHA-256 of the bytes that were handed over."""

    path: str
    bytes: int
    sha256: str


class HashingFile(io.RawIOBase):
    """A writable file that hashes what passes through it; what is hashed is what was meant, not what the disk holds."""

    def __init__(self, descriptor: int) -> None:
        super().__init__()
        self._descriptor = descriptor
        self._digest = hashlib.sha256()
        self.size = 0

    def writable(self) -> bool:
        """Always."""
        return True

    def write(self, data: Any) -> int:
        """Write all of ``data``, however many calls the system needs."""
        view = memoryview(data).cast("B")
        self._digest.update(view)
        done = 0
        while done < len(view):
            done += os.write(self._descriptor, view[done:])
        self.size += len(view)
        return len(view)

    def tell(self) -> int:
        """Bytes written so far."""
        return self.size

    def hexdigest(self) -> str:
        """SHA-256 of what was written."""
        return self._digest.hexdigest()


@contextmanager
def whole_file(path: Path) -> Iterator[HashingFile]:
    """A file to write to, which appears as ``path`` when the block ends well, and not at all otherwise.

    Raises ``NoSpaceError`` when the disk or a quota is full, ``SurroundingsError`` for other trouble of the system,
    each naming the folder.
    """
    temporary = path.with_name(f".{path.name[:200]}.{os.getpid()}{TEMPORARY}")
    with told_as_surroundings(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary.unlink(missing_ok=True)  # ours from an earlier life, or a trap: O_EXCL and O_NOFOLLOW refuse both
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o666)
        try:
            file = HashingFile(descriptor)
            yield file
            os.fsync(descriptor)
        except BaseException:
            os.close(descriptor)
            temporary.unlink(missing_ok=True)
            raise
        os.close(descriptor)
        temporary.replace(path)
        sync_folder(path.parent)


def write_whole(path: Path, data: bytes) -> None:
    """Write a small file, whole or not at all."""
    with whole_file(path) as file:
        file.write(data)


def write_json(path: Path, value: Any) -> None:
    """Write JSON with sorted keys and a newline at its end, whole or not at all."""
    write_whole(path, canonical_json(value) + b"\n")


def canonical_json(value: Any) -> bytes:
    """UTF-8 JSON with sorted keys: equal values give equal bytes."""
    return json.dumps(value, sort_keys=True, ensure_ascii=False, indent=1, allow_nan=False).encode()


def compact_json(value: Any) -> bytes:
    """The same on one line, in a tenth of the time: for what is large or many, and read by programs."""
    return json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()


def read_json(path: Path) -> Any:
    """The JSON value in a file of ours, or None where the file is absent or damaged (it is then made again)."""
    try:
        return json.loads(path.read_bytes())
    except (FileNotFoundError, NotADirectoryError, ValueError):
        return None


def sync_folder(folder: Path) -> None:
    """Make renames in a folder durable."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    except OSError as error:  # some network file systems refuse to sync folders
        if error.errno not in (errno.EINVAL, errno.ENOTSUP):
            raise
    finally:
        os.close(descriptor)


@contextmanager
def told_as_surroundings(path: Path) -> Iterator[None]:
    """Turn the system's errors into ours, with the folder, what is free there, and the next step.

    Want of memory is no trouble of the folder: it becomes a ``MemoryError``.
    """
    try:
        yield
    except OSError as error:
        if error.errno == errno.ENOMEM:
            raise MemoryError(str(error)) from error
        raise surroundings_error(error, path) from error


def surroundings_error(error: OSError, path: Path) -> SurroundingsError:
    """What an error of the system means to a person."""
    if error.errno in _NO_SPACE:
        return NoSpaceError(
            f"{path.parent}: {error.strerror} while writing {path.name} ({_free(path.parent)}). Nothing that was "
            "finished is lost; free space (or raise the limit) and run the same command again."
        )
    return SurroundingsError(
        f"{error.filename or path}: {error.strerror or error}. What is there is whole; put it right and run the same "
        "command again."
    )


def _free(folder: Path) -> str:
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    return f"{shutil.disk_usage(folder).free:,} bytes free there"


def remove_temporaries(folder: Path) -> None:
    """Remove what killed writers left in a folder under temporary names; call it only where nobody writes."""
    for path in folder.glob(f".*{TEMPORARY}"):
        path.unlink(missing_ok=True)


def foreign(folder: Path, own: Collection[str]) -> bool:
    """Whether a folder holds something that is neither called like these nor was left there by a killed writer."""
    return any(
        path.name not in own and not (path.name.startswith(".") and path.name.endswith(TEMPORARY))
        for path in folder.iterdir()
    )


def hash_ranges(path: Path, ranges: list[tuple[int, int]], beat: Callable[[int], None] | None = None) -> str:
    """SHA-256 of byte ranges ``(start, stop)`` of a file, one after another."""
    digest = hashlib.sha256()
    with path.open("rb", buffering=0) as file:
        for start, stop in ranges:
            file.seek(start)
            left = stop - start
            while left > 0 and (data := file.read(min(left, 2**20))):
                digest.update(data)
                left -= len(data)
                if beat is not None:
                    beat(len(data))
    return digest.hexdigest()
