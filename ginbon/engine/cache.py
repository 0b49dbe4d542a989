"""What is made once on a machine and read from then on: arrays in a file of their own, mapped, so processes share them.

The cache is the user's own folder (``$XDG_CACHE_HOME/ginbon``, ``~/.cache/ginbon``, on macOS ``~/Library/Caches``). Any
of it may be deleted at any time: what is missing, cut short or altered is made again.
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from ginbon.engine.files import whole_file
from ginbon.errors import SurroundingsError

Arrays = Mapping[str, npt.NDArray[Any]]

_ALIGNMENT: Final = 64
_HEADER_BYTES: Final = 4096
"""A file begins with so many bytes of JSON: what the arrays are, where each begins, and the SHA-256 of them all."""


def root() -> Path:
    """The cache folder, which may not exist yet."""
    base = os.environ.get("XDG_CACHE_HOME") or (
        Path.home() / "Library" / "Caches" if sys.platform == "darwin" else Path.home() / ".cache"
    )
    return Path(base) / "ginbon"


def writable(folder: Path) -> bool:
    """True if a file can be made in the folder; a folder in a shared place must be ours."""
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        with tempfile.TemporaryFile(dir=folder):
            pass
        return not hasattr(os, "getuid") or folder.stat().st_uid == os.getuid()
    except (OSError, RuntimeError):
        return False


def arrays(name: str, key: str, make: Callable[[], Arrays]) -> Arrays:
    """Read-only arrays: those kept under ``name`` for this ``key``, else those that ``make`` gives, which are kept.

    ``key`` must change with everything that the arrays depend on (a digest of the source, versions, the layout). They
    are compared with their SHA-256 whenever they are opened (1 ms a megabyte). Where the cache cannot be written, they
    are made each time.
    """
    folder = root() / "arrays"
    path = folder / f"{name}-{hashlib.sha256(key.encode()).hexdigest()[:20]}.bin"
    if (kept := _read(path, key)) is not None:
        return kept
    made = make()
    if writable(folder):
        try:
            _write(path, key, made)
        except SurroundingsError:  # a full disk: the cache is a comfort, not a need
            return made
        return _read(path, key) or made
    return made


def _write(path: Path, key: str, found: Arrays) -> None:
    digest, entries, place = hashlib.sha256(), [], _HEADER_BYTES
    blocks = []
    for name, array in found.items():
        raw = np.ascontiguousarray(array)
        block = raw.tobytes() + b"\0" * (-raw.nbytes % _ALIGNMENT)
        entries.append([name, raw.dtype.str, list(raw.shape), place])
        digest.update(block)
        blocks.append(block)
        place += len(block)
    header = json.dumps({"key": key, "sha256": digest.hexdigest(), "arrays": entries}).encode()
    assert len(header) <= _HEADER_BYTES, "too many arrays, or too long a key, for the header"
    with whole_file(path) as file:
        file.write(header.ljust(_HEADER_BYTES))
        for block in blocks:
            file.write(block)


def _read(path: Path, key: str) -> Arrays | None:
    try:
        whole = np.memmap(path, np.uint8, mode="r")
        header = json.loads(whole[:_HEADER_BYTES].tobytes())
        if header["key"] != key or hashlib.sha256(whole[_HEADER_BYTES:].data).hexdigest() != header["sha256"]:
            return None
        return {name: _view(whole, kind, shape, place) for name, kind, shape, place in header["arrays"]}
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _view(whole: npt.NDArray[np.uint8], kind: str, shape: list[int], place: int) -> npt.NDArray[Any]:
    dtype = np.dtype(kind)
    size = int(np.prod(shape, dtype=np.int64)) * dtype.itemsize
    return np.asarray(whole[place : place + size]).view(dtype).reshape(shape)
